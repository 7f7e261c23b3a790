// A server of gdb's remote serial protocol (gdb manual, appendix E) on a TCP port of localhost.
//
// It has a thread of its own, which owns the connection. What concerns the guest is done on the guest's thread, posted
// and waited for. The guest is paused from the start until gdb lets it run, and whenever gdb has it stopped. One gdb at
// a time; when it detaches or its connection ends, breakpoints are removed, the guest runs on and the next gdb may
// come.
#pragma once

#include "base/result.h"
#include "machine/debugger.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ringshift {

class GdbPackets;
class Session;

class GdbStub {
  public:
    /// Before Session::run(); pauses the guest. Port 0: a free one is chosen. Prints where it listens.
    static Result<std::unique_ptr<GdbStub>> start(Session& session, u16 port);
    /// After Session::run().
    ~GdbStub();

  private:
    GdbStub(Session& session, int listener);
    void serve();
    void serve_connection();
    bool on_guest(const std::function<void()>& work);

    // Packets; each returns the answer
    std::string answer(std::string_view packet);
    std::string query(std::string_view packet);
    bool describe();
    std::string read_registers();
    std::string write_registers(std::string_view hex);
    std::string read_register(std::string_view number);
    std::string write_register(std::string_view assignment);
    std::string read_memory(std::string_view range);
    std::string write_memory(std::string_view packet, bool binary);
    std::string change_point(std::string_view packet, bool insert);
    std::string resume_actions(std::string_view actions);
    std::string resume(bool step, std::string_view address);
    std::string monitor(std::string_view command);
    std::string show_registers();
    std::string stop_reply();
    std::string wait_for_stop();
    void apply_points();
    void detach();

    Session& m_session;
    int m_listener;
    int m_wake; ///< eventfd: the guest has stopped, or the stub ends
    std::unique_ptr<GdbPackets> m_packets;
    std::string m_description; ///< for this gdb
    std::vector<u32> m_breakpoints;
    std::vector<Watch> m_watches;
    int m_signal = 5;       ///< of the last stop, as gdb numbers them
    bool m_leaving = false; ///< this connection is to be closed
    std::atomic<bool> m_ending{false};
    std::thread m_thread;
};

} // namespace ringshift
