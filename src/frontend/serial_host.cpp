#include "frontend/serial_host.h"

#include "base/log.h"
#include "machine/machine.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace ringshift {

namespace {

constexpr u8 control_a = 1;
constexpr std::size_t most_kept = 4096;

/// Of the terminal on standard input before set_raw(); there is only one.
termios saved_terminal{};

Result<int> open_pty() {
    const int fd = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || ::grantpt(fd) != 0 || ::unlockpt(fd) != 0)
        return errno_error(errno, "cannot create a pseudo-terminal");
    std::array<char, 128> name{};
    if (::ptsname_r(fd, name.data(), name.size()) != 0) return errno_error(errno, "cannot name the pseudo-terminal");
    termios settings{};
    if (::tcgetattr(fd, &settings) == 0) {
        ::cfmakeraw(&settings);
        ::tcsetattr(fd, TCSANOW, &settings);
    }
    tell("serial port on {}", name.data());
    return fd;
}

} // namespace

Result<std::unique_ptr<SerialHost>> SerialHost::open(unsigned port, const std::string& where) {
    int in = -1;
    int out = -1;
    if (where == "stdio") {
        in = STDIN_FILENO;
        out = STDOUT_FILENO;
    } else if (where == "pty") {
        in = out = TRY(open_pty());
    } else if (where.starts_with("file:")) {
        const std::string path = where.substr(5);
        out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (out < 0) return errno_error(errno, fmt::format("cannot write {}", path));
    }
    std::unique_ptr<SerialHost> host(new SerialHost(port, in, out));
    host->m_is_stdio = where == "stdio";
    return host;
}

SerialHost::~SerialHost() {
    stop_input();
    flush();
    if (!m_is_stdio && m_out >= 0) ::close(m_out);
}

void SerialHost::put(u8 byte) {
    if (m_out < 0) return;
    m_output.push_back(byte);
    if (byte == '\n' || m_output.size() >= most_kept) flush();
}

void SerialHost::flush() {
    for (std::size_t done = 0; done < m_output.size();) {
        const ssize_t n = ::write(m_out, m_output.data() + done, m_output.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break; // nobody listens any more
        done += static_cast<std::size_t>(n);
    }
    m_output.clear();
}

void SerialHost::set_raw(bool raw) {
    if (!m_is_stdio || raw == m_raw || ::isatty(m_in) == 0) return;
    if (raw) {
        ::tcgetattr(m_in, &saved_terminal);
        termios settings = saved_terminal;
        ::cfmakeraw(&settings);
        settings.c_oflag |= OPOST;
        ::tcsetattr(m_in, TCSANOW, &settings);
    } else {
        ::tcsetattr(m_in, TCSANOW, &saved_terminal);
    }
    m_raw = raw;
}

void SerialHost::start_input(Machine& machine) {
    if (m_in < 0 || ::pipe2(m_wake, O_CLOEXEC) != 0) return;
    set_raw(true);
    m_thread = std::thread([this, &machine] { read_input(machine); });
}

void SerialHost::stop_input() {
    if (m_thread.joinable()) {
        const char byte = 0;
        (void)!::write(m_wake[1], &byte, 1);
        m_thread.join();
    }
    for (int& fd : m_wake) {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
    set_raw(false);
}

/// Interprets Ctrl-A on a terminal; false: the user wants to end.
bool SerialHost::take(Machine& machine, std::vector<u8> bytes) {
    std::vector<u8> input;
    for (const u8 byte : bytes) {
        if (m_raw && !m_escaped && byte == control_a) {
            m_escaped = true;
            continue;
        }
        if (m_escaped && byte == 'x') {
            machine.stop();
            return false;
        }
        m_escaped = false;
        input.push_back(byte);
    }
    machine.post([&machine, port = m_port, input] { machine.serial_input(port, input); });
    return true;
}

void SerialHost::read_input(Machine& machine) {
    for (;;) {
        std::array<pollfd, 2> fds = {{{m_in, POLLIN, 0}, {m_wake[0], POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
        if (fds[1].revents != 0) return;
        if (fds[0].revents == 0) continue;
        std::array<u8, 256> buffer{};
        const ssize_t n = ::read(m_in, buffer.data(), buffer.size());
        if (n <= 0) {
            if (m_is_stdio) return;
            // Nobody has the pseudo-terminal open: look again later.
            pollfd wake{m_wake[0], POLLIN, 0};
            if (::poll(&wake, 1, 200) != 0) return;
            continue;
        }
        if (!take(machine, {buffer.data(), buffer.data() + n})) return;
    }
}

} // namespace ringshift
