// Between a network card and the host: the NAT, the capture, the cable, and the moments at which frames go in.
#pragma once

#include "base/result.h"
#include "machine/capture.h"
#include "machine/config.h"
#include "machine/nat.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ringshift {

class Network {
  public:
    /// The machine, as the network sees it. All but `post` are used on the machine's thread.
    struct Guest {
        std::function<u64()> now;                             ///< virtual ns
        std::function<bool()> can_receive;                    ///< the card has room
        std::function<void(std::vector<u8> frame)> receive;   ///< into the card, between two instructions
        std::function<void()> pump_soon;                      ///< calls pump() between two instructions
        std::function<void(std::function<void()> work)> post; ///< any thread
    };
    /// `watch`: a thread of its own tells when sockets become ready; else pump() has to be called now and then.
    /// `epoch`: ns since 1970 at virtual time 0, for the capture.
    static Result<std::unique_ptr<Network>> create(const NetworkConfig& config, bool watch, u64 epoch, Guest guest);
    ~Network();

    /// The card's host side.
    void card_sent(std::span<const u8> frame);
    void card_ready();
    /// Between two instructions, unless the guest is paused: moves what can be moved, and waits for more.
    void pump();
    void set_connected(bool connected);

  private:
    Network(bool connected, u64 epoch, Guest guest)
        : m_guest(std::move(guest)), m_epoch(epoch), m_connected(connected) {}
    void arrived(std::span<const u8> frame);
    void capture(std::span<const u8> frame);
    void watch();
    void wake_watcher();

    Guest m_guest;
    u64 m_epoch;
    bool m_connected;
    std::unique_ptr<Nat> m_nat;
    std::unique_ptr<Capture> m_capture;
    std::deque<std::vector<u8>> m_waiting; ///< for the card to have room

    // The watching thread.
    std::thread m_thread;
    int m_wake = -1; ///< eventfd
    std::mutex m_mutex;
    std::condition_variable m_changed;
    Nat::Wait m_wait;
    bool m_wanted = false; ///< m_wait is to be waited for
    bool m_ending = false;
};

} // namespace ringshift
