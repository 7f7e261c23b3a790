#include "machine/nat.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <slirp/libslirp.h>

#include <cerrno>
#include <cstdlib>

namespace ringshift {

namespace {

constexpr u32 no_timeout = ~u32{0};

in_addr address(const char* text) {
    in_addr result{};
    ::inet_pton(AF_INET, text, &result);
    return result;
}

short host_events(int events) {
    int result = 0;
    if (events & SLIRP_POLL_IN) result |= POLLIN;
    if (events & SLIRP_POLL_OUT) result |= POLLOUT;
    if (events & SLIRP_POLL_PRI) result |= POLLPRI;
    return static_cast<short>(result);
}

int slirp_events(short events) {
    int result = 0;
    if (events & POLLIN) result |= SLIRP_POLL_IN;
    if (events & POLLOUT) result |= SLIRP_POLL_OUT;
    if (events & POLLPRI) result |= SLIRP_POLL_PRI;
    if (events & POLLERR) result |= SLIRP_POLL_ERR;
    if (events & POLLHUP) result |= SLIRP_POLL_HUP;
    return result;
}

} // namespace

struct Nat::Stack {
    Slirp* slirp = nullptr;
    World world;
    Wait wait;

    ~Stack() {
        if (slirp != nullptr) ::slirp_cleanup(slirp);
    }

    void fill() {
        wait.sockets.clear();
        u32 timeout = no_timeout;
        ::slirp_pollfds_fill(
            slirp, &timeout,
            [](int fd, int events, void* opaque) {
                auto& sockets = static_cast<Stack*>(opaque)->wait.sockets;
                sockets.push_back({fd, host_events(events), 0});
                return static_cast<int>(sockets.size()) - 1;
            },
            this);
        wait.timeout_ms = timeout == no_timeout ? -1 : static_cast<int>(std::min<u32>(timeout, 60'000));
    }
};

namespace {

// libslirp's view of us. It asks for timers only for IPv6, which is off.
const SlirpCb callbacks = {
    .send_packet = [](const void* frame, size_t length, void* opaque) -> ssize_t {
        static_cast<Nat::World*>(opaque)->deliver({static_cast<const u8*>(frame), length});
        return static_cast<ssize_t>(length);
    },
    .guest_error = [](const char* message, void*) { log(LogLevel::Debug, "network: {}", message); },
    .clock_get_ns = [](void* opaque) { return static_cast<int64_t>(static_cast<Nat::World*>(opaque)->now()); },
    .timer_new = [](SlirpTimerCb, void*, void*) -> void* { return nullptr; },
    .timer_free = [](void*, void*) {},
    .timer_mod = [](void*, int64_t, void*) {},
    .register_poll_fd = [](int, void*) {},
    .unregister_poll_fd = [](int, void*) {},
    .notify = [](void*) {},
    .init_completed = nullptr,
    .timer_new_opaque = nullptr,
};

Result<> add_forward(Slirp* slirp, const ForwardConfig& forward) {
    const in_addr guest = forward.guest_address.empty() ? in_addr{} : address(forward.guest_address.c_str());
    if (::slirp_add_hostfwd(slirp, forward.udp, address(forward.host_address.c_str()), forward.host_port, guest,
                            forward.guest_port) == 0)
        return Unit{};
    if (errno == EADDRINUSE)
        return make_error("port {} of {} is taken by another program, so it cannot be forwarded: choose another one",
                          forward.host_port, forward.host_address);
    if (errno == EACCES)
        return make_error("port {} cannot be forwarded: ports below 1024 are for root; choose another one",
                          forward.host_port);
    return errno_error(errno,
                       fmt::format("port {} of {} cannot be forwarded", forward.host_port, forward.host_address));
}

} // namespace

Nat::Nat(std::unique_ptr<Stack> stack) : m_stack(std::move(stack)) {}

Nat::~Nat() = default;

Result<std::unique_ptr<Nat>> Nat::create(const std::vector<ForwardConfig>& forwards, World world) {
    auto stack = std::make_unique<Stack>();
    stack->world = std::move(world);
    SlirpConfig config{};
    config.version = 1;
    config.in_enabled = true;
    config.vnetwork = address("10.0.2.0");
    config.vnetmask = address("255.255.255.0");
    config.vhost = address("10.0.2.2");
    config.vdhcp_start = address("10.0.2.15");
    config.vnameserver = address("10.0.2.3");
    config.vhostname = "ringshift";
    stack->slirp = ::slirp_new(&config, &callbacks, &stack->world);
    if (stack->slirp == nullptr) return make_error("the network cannot be set up; --network none does without");
    for (const ForwardConfig& forward : forwards) TRY(add_forward(stack->slirp, forward));
    return std::unique_ptr<Nat>(new Nat(std::move(stack)));
}

void Nat::send(std::span<const u8> frame) {
    ::slirp_input(m_stack->slirp, frame.data(), static_cast<int>(frame.size()));
}

void Nat::poll() {
    m_stack->fill();
    auto& sockets = m_stack->wait.sockets;
    const int ready = ::poll(sockets.data(), sockets.size(), 0);
    ::slirp_pollfds_poll(
        m_stack->slirp, ready < 0,
        [](int index, void* opaque) {
            return slirp_events(static_cast<Stack*>(opaque)->wait.sockets[static_cast<std::size_t>(index)].revents);
        },
        m_stack.get());
}

Nat::Wait Nat::wait() {
    m_stack->fill();
    return m_stack->wait;
}

} // namespace ringshift
