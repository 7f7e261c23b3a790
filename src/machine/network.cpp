// How frames move. What the guest sends goes to the NAT at once, inside the instruction that rang the card's bell:
// nothing of it can be seen by the guest. What the NAT has for the guest is input: it waits in a queue, and pump() puts
// it into the card between two instructions, as far as the card has room; the rest stays until the card says that it
// has some again.
//
// Paced mode: a thread waits for the NAT's sockets and posts pump() when one is ready, and a frame sent by the guest
// asks for it too. The NAT itself is used on the machine's thread only. The thread waits for what the last pump() has
// left to wait for, and not again before the next one.
//
// Deterministic mode: pump() is called at the ticks of virtual time. The guest's run is then a function of what arrived
// at which tick, but that is the host's doing: two runs with a network are equal only if the outside world was.
#include "machine/network.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ringshift {

namespace {
/// Beyond this frames for a card without room are dropped, as a switch would do.
constexpr std::size_t longest_queue = 4096;

bool equal(const std::vector<pollfd>& a, const std::vector<pollfd>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const pollfd& x, const pollfd& y) { return x.fd == y.fd && x.events == y.events; });
}
} // namespace

Result<std::unique_ptr<Network>> Network::create(const NetworkConfig& config, bool watch, u64 epoch, Guest guest) {
    std::unique_ptr<Network> network(new Network(config.connected, epoch, std::move(guest)));
    Network* self = network.get();
    network->m_nat =
        TRY(Nat::create(config.forwards, {.now = network->m_guest.now,
                                          .deliver = [self](std::span<const u8> frame) { self->arrived(frame); }}));
    if (!config.capture.empty()) network->m_capture = TRY(Capture::create(config.capture));
    if (!watch) return network;
    network->m_wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (network->m_wake < 0) return errno_error(errno, "cannot set up the network");
    network->m_thread = std::thread([self] { self->watch(); });
    return network;
}

Network::~Network() {
    if (m_thread.joinable()) {
        {
            const std::lock_guard lock(m_mutex);
            m_ending = true;
        }
        wake_watcher();
        m_thread.join();
    }
    if (m_wake >= 0) ::close(m_wake);
}

void Network::capture(std::span<const u8> frame) {
    if (m_capture) m_capture->add(m_epoch + m_guest.now(), frame);
}

void Network::card_sent(std::span<const u8> frame) {
    if (!m_connected) return;
    capture(frame);
    m_nat->send(frame);
    m_guest.pump_soon();
}

void Network::card_ready() {
    if (!m_waiting.empty()) m_guest.pump_soon();
}

void Network::arrived(std::span<const u8> frame) {
    if (!m_connected || m_waiting.size() >= longest_queue) return;
    m_waiting.emplace_back(frame.begin(), frame.end());
}

void Network::set_connected(bool connected) {
    m_connected = connected;
    if (!connected) m_waiting.clear();
}

void Network::pump() {
    m_nat->poll();
    while (!m_waiting.empty() && m_guest.can_receive()) {
        std::vector<u8> frame = std::move(m_waiting.front());
        m_waiting.pop_front();
        capture(frame);
        m_guest.receive(std::move(frame));
    }
    if (m_capture) m_capture->flush();
    if (!m_thread.joinable()) return;
    Nat::Wait wait = m_nat->wait();
    bool changed = false;
    {
        const std::lock_guard lock(m_mutex);
        changed = !m_wanted || wait.timeout_ms != m_wait.timeout_ms || !equal(wait.sockets, m_wait.sockets);
        m_wait = std::move(wait);
        m_wanted = true;
    }
    if (changed) wake_watcher();
}

void Network::wake_watcher() {
    m_changed.notify_one();
    const u64 one = 1;
    (void)!::write(m_wake, &one, sizeof one);
}

/// The thread: waits for sockets, has pump() called, waits until that has happened.
void Network::watch() {
    std::vector<pollfd> sockets;
    for (;;) {
        int timeout = -1;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_wanted || m_ending; });
            if (m_ending) return;
            sockets = m_wait.sockets;
            timeout = m_wait.timeout_ms;
        }
        u64 woken = 0;
        sockets.push_back({m_wake, POLLIN, 0});
        const int ready = ::poll(sockets.data(), sockets.size(), timeout);
        if (ready < 0) continue; // EINTR
        if (sockets.back().revents != 0 && ::read(m_wake, &woken, sizeof woken) > 0 && ready == 1) continue;
        {
            const std::lock_guard lock(m_mutex);
            m_wanted = false;
        }
        m_guest.post([this] { pump(); });
    }
}

} // namespace ringshift
