#include "frontend/control/control_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ringshift {

using nlohmann::json;

namespace {

/// A client that leaves so much unread is disconnected.
constexpr std::size_t most_output = 4u << 20;
/// At the end, for clients that are slow to read.
constexpr int farewell_ms = 500;
/// Until a client is let in that had to wait: a guest can hold all files of the process by connections to the network.
constexpr int full_ms = 200;

void close_fd(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

/// Takes away a socket file without a server; the error says what is in the way.
Result<> clear_path(const std::string& path, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return Unit{};
    if (!S_ISSOCK(status.st_mode))
        return make_error("{} exists and is no socket: give --control another path, or remove it", path);
    int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool served = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close_fd(probe);
    if (served) return make_error("the control socket {} belongs to another running machine", path);
    if (::unlink(path.c_str()) != 0) return errno_error(errno, fmt::format("cannot replace the socket {}", path));
    return Unit{};
}

} // namespace

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return make_error("the path of a socket has at most {} characters: {}", sizeof address.sun_path - 1, path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

// ---- Opening and closing -------------------------------------------------------------------------------------------

Result<std::unique_ptr<ControlSocket>> ControlSocket::start(Session& session, const std::string& path) {
    const sockaddr_un address = TRY(unix_address(path));
    TRY(clear_path(path, address));
    int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0) return errno_error(errno, "cannot create a control socket");
    ::fchmod(listener, 0600); // the mode that bind() gives the file
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener, static_cast<int>(most_clients)) != 0) {
        const int error = errno;
        close_fd(listener);
        return errno_error(error, fmt::format("cannot open the control socket {}", path));
    }
    return std::unique_ptr<ControlSocket>(new ControlSocket(session, path, listener));
}

ControlSocket::ControlSocket(Session& session, std::string path, int listener)
    : m_session(session), m_path(std::move(path)), m_listener(listener),
      m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      m_target{session, [this](const std::function<void()>& work) { return m_session.on_guest(work, &m_ending); },
               std::make_shared<QmpJobs>([this](const std::string& id, const std::string& status) {
                   emit("JOB_STATUS_CHANGE", {{"id", id}, {"status", status}});
               })} {
    m_session.add_listener(*this);
    m_thread = std::thread([this] { serve(); });
}

ControlSocket::~ControlSocket() {
    m_ending = true;
    const u64 one = 1;
    (void)!::write(m_wake, &one, sizeof one);
    m_thread.join();
    for (const auto& client : m_clients) ::close(client->fd);
    close_fd(m_wake);
    close_fd(m_listener);
    ::unlink(m_path.c_str());
}

// ---- Events --------------------------------------------------------------------------------------------------------

void ControlSocket::emit(std::string_view name, json data) {
    {
        const std::lock_guard lock(m_mutex);
        m_events.push_back(qmp_text(qmp_event(name, std::move(data))));
    }
    const u64 one = 1;
    (void)!::write(m_wake, &one, sizeof one);
}

void ControlSocket::machine_event(MachineEvent event) {
    switch (event) {
    case MachineEvent::paused: return emit("STOP", nullptr);
    case MachineEvent::resumed: return emit("RESUME", nullptr);
    case MachineEvent::power_button: return emit("POWERDOWN", nullptr);
    case MachineEvent::reset_by_guest: return emit("RESET", {{"guest", true}, {"reason", "guest-reset"}});
    case MachineEvent::reset_by_host: return emit("RESET", {{"guest", false}, {"reason", "host-qmp-system-reset"}});
    }
}

void ControlSocket::session_ended(const char* reason, bool by_guest) {
    emit("SHUTDOWN", {{"guest", by_guest}, {"reason", reason}});
}

void ControlSocket::send_events() {
    std::vector<std::string> events;
    {
        const std::lock_guard lock(m_mutex);
        events.swap(m_events);
    }
    for (const auto& client : m_clients) {
        if (!client->conversation.wants_events() || client->leaving) continue;
        for (const std::string& event : events) client->output += event;
        limit_output(*client);
    }
}

void ControlSocket::limit_output(Client& client) {
    if (client.output.size() <= most_output) return;
    client.output.clear();
    client.leaving = true;
}

// ---- Serving -------------------------------------------------------------------------------------------------------

void ControlSocket::serve() {
    bool full = false; // the process has all the files that it may have
    for (;;) {
        const bool ending = m_ending;
        send_events();
        for (const auto& client : m_clients) write(*client);
        std::erase_if(m_clients, [](const auto& client) {
            const bool gone = client->leaving && client->output.empty();
            if (gone) close_fd(client->fd);
            return gone;
        });
        std::vector<pollfd> fds = {{m_listener, static_cast<short>(ending || full ? 0 : POLLIN), 0},
                                   {m_wake, POLLIN, 0}};
        bool unsent = false;
        for (const auto& client : m_clients) {
            unsent |= !client->output.empty() && !client->leaving;
            const int wanted = (ending ? 0 : POLLIN) | (client->output.empty() ? 0 : POLLOUT);
            fds.push_back({client->fd, static_cast<short>(wanted), 0});
        }
        if (ending && !unsent) return;
        const int ready = ::poll(fds.data(), fds.size(), ending ? farewell_ms : full ? full_ms : -1);
        if ((ready < 0 && errno != EINTR) || (ending && ready == 0)) return;
        u64 count = 0;
        if (fds[1].revents != 0) (void)!::read(m_wake, &count, sizeof count);
        for (std::size_t i = 0; i < m_clients.size(); ++i)
            if ((fds[i + 2].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read(*m_clients[i]);
        full = fds[0].revents != 0 && !welcome();
    }
}

/// False: who wants to come in has to wait, and would be there again at once.
bool ControlSocket::welcome() {
    int fd = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    if (m_clients.size() >= most_clients) {
        const std::string refusal = qmp_text(qmp_error(
            "GenericError", fmt::format("{} clients are connected already, which is the most", most_clients)));
        (void)!::send(fd, refusal.data(), refusal.size(), MSG_NOSIGNAL);
        close_fd(fd);
        return true;
    }
    m_clients.push_back(std::make_unique<Client>());
    m_clients.back()->fd = fd;
    m_clients.back()->output = QmpConversation::greeting();
    return true;
}

void ControlSocket::read(Client& client) {
    std::array<char, 16384> bytes;
    const ssize_t n = ::recv(client.fd, bytes.data(), bytes.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        client.leaving = true;
        client.output.clear();
        return;
    }
    if (client.leaving) return;
    const bool good = client.stream.feed({bytes.data(), static_cast<std::size_t>(n)}, [&](std::string_view text) {
        client.output += client.conversation.answer(text, m_target);
    });
    if (!good) {
        client.output += qmp_text(qmp_error("GenericError", "a text without end: the connection is closed"));
        client.leaving = true;
    }
    limit_output(client);
}

void ControlSocket::write(Client& client) {
    while (!client.output.empty()) {
        const ssize_t n = ::send(client.fd, client.output.data(), client.output.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) {
            client.leaving = true;
            client.output.clear();
            return;
        }
        client.output.erase(0, static_cast<std::size_t>(n));
    }
}

} // namespace ringshift
