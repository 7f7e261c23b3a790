#include "frontend/gdb_stub.h"

#include "base/log.h"
#include "frontend/gdb_packets.h"
#include "frontend/gdb_registers.h"
#include "frontend/session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ringshift {

namespace {

/// Errno values as the protocol has them; gdb only shows them.
constexpr const char *error_syntax = "E16", *error_fault = "E0e", *error_refused = "E01";
constexpr std::size_t largest_transfer = 0x2000; ///< bytes of memory in one packet
/// gdb's own signal numbers.
constexpr int signal_interrupt = 2, signal_trap = 5;

void drain(int event_fd) {
    u64 count = 0;
    (void)!::read(event_fd, &count, sizeof count);
}

void wake(int event_fd) {
    const u64 one = 1;
    (void)!::write(event_fd, &one, sizeof one);
}

} // namespace

// ---- Listening -----------------------------------------------------------------------------------------------------

Result<std::unique_ptr<GdbStub>> GdbStub::start(Session& session, u16 port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return errno_error(errno, "cannot create a socket for gdb");
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        const int error = errno;
        ::close(listener);
        return errno_error(error,
                           fmt::format("cannot wait for gdb on port {} of localhost (--gdb 0 takes a free one)", port));
    }
    const std::string notice = fmt::format("paused; in gdb: target remote localhost:{}", ntohs(address.sin_port));
    tell("{}", notice);
    session.set_notice(notice);
    return std::unique_ptr<GdbStub>(new GdbStub(session, listener));
}

GdbStub::GdbStub(Session& session, int listener)
    : m_session(session), m_listener(listener), m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    session.machine().set_paused(true);
    session.set_debug_stop([this] { wake(m_wake); });
    m_thread = std::thread([this] { serve(); });
}

GdbStub::~GdbStub() {
    m_ending = true;
    wake(m_wake);
    m_thread.join();
    ::close(m_wake);
    ::close(m_listener);
}

void GdbStub::serve() {
    while (!m_ending) {
        std::array<pollfd, 2> fds = {{{m_listener, POLLIN, 0}, {m_wake, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
        if (fds[1].revents != 0) {
            if (!m_ending) drain(m_wake);
            continue;
        }
        if (fds[0].revents == 0) continue;
        const int socket = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        const int yes = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        m_packets = std::make_unique<GdbPackets>(socket, m_wake);
        serve_connection();
        m_packets.reset();
    }
}

void GdbStub::serve_connection() {
    m_leaving = false;
    m_signal = signal_trap;
    if (!on_guest([this] { m_session.machine().set_paused(true); })) return;
    while (!m_leaving && !m_ending) {
        const GdbPackets::Arrival arrival = m_packets->wait();
        switch (arrival.kind) {
        case GdbPackets::Arrival::Kind::closed: detach(); return;
        case GdbPackets::Arrival::Kind::woken:
            if (m_ending) return;
            drain(m_wake);
            break;
        case GdbPackets::Arrival::Kind::interrupt: break; // already stopped
        case GdbPackets::Arrival::Kind::packet:
            m_packets->send(answer(arrival.packet));
            if (arrival.packet == "QStartNoAckMode") m_packets->stop_acknowledging();
            break;
        }
    }
}

/// False: the guest has ended, and `work` will not be done.
bool GdbStub::on_guest(const std::function<void()>& work) { return m_session.on_guest(work, &m_ending); }

// ---- Packets -------------------------------------------------------------------------------------------------------

std::string GdbStub::answer(std::string_view packet) {
    if (packet.empty()) return {};
    const std::string_view rest = packet.substr(1);
    switch (packet.front()) {
    case '?': return stop_reply();
    case 'g': return read_registers();
    case 'G': return write_registers(rest);
    case 'p': return read_register(rest);
    case 'P': return write_register(rest);
    case 'm': return read_memory(rest);
    case 'M': return write_memory(rest, false);
    case 'X': return write_memory(rest, true);
    case 'Z': return change_point(rest, true);
    case 'z': return change_point(rest, false);
    case 'c': return resume(false, rest);
    case 's': return resume(true, rest);
    case 'H':
    case 'T': return "OK"; // there is one thread
    case 'q':
    case 'Q': return query(packet);
    case 'k':
        m_leaving = true;
        m_session.quit();
        return "OK";
    case 'D':
        m_leaving = true;
        detach();
        return "OK";
    case 'v':
        if (packet == "vCont?") return "vCont;c;C;s;S";
        if (packet.starts_with("vCont;")) return resume_actions(packet.substr(6));
        if (packet.starts_with("vKill")) {
            m_leaving = true;
            m_session.quit();
            return "OK";
        }
        return {};
    default: return {};
    }
}

std::string GdbStub::query(std::string_view packet) {
    if (packet.starts_with("qSupported"))
        return fmt::format("PacketSize={:x};qXfer:features:read+;QStartNoAckMode+;vContSupported+",
                           2 * largest_transfer + 64);
    if (packet == "QStartNoAckMode") return "OK";
    if (packet == "qAttached") return "1";
    if (packet == "qC") return "QC1";
    if (packet == "qfThreadInfo") return "m1";
    if (packet == "qsThreadInfo") return "l";
    constexpr std::string_view features = "qXfer:features:read:target.xml:";
    if (packet.starts_with(features)) {
        std::string_view range = packet.substr(features.size());
        const auto offset = take_number(range, ',');
        const auto length = take_number(range, '\0');
        if (!offset || !length) return error_syntax;
        if (*offset == 0 && !describe()) return error_refused;
        const std::string& xml = m_description;
        if (*offset >= xml.size()) return "l";
        // The description has no byte that would need an escape.
        const std::string part = xml.substr(*offset, std::min<std::size_t>(*length, 2 * largest_transfer));
        return (*offset + part.size() < xml.size() ? "m" : "l") + part;
    }
    constexpr std::string_view command = "qRcmd,";
    if (packet.starts_with(command)) {
        const auto bytes = from_hex(packet.substr(command.size()));
        if (!bytes) return error_syntax;
        const std::string output = monitor(std::string(bytes->begin(), bytes->end()));
        return output.empty() ? "OK" : to_hex(output);
    }
    return {};
}

bool GdbStub::describe() {
    return on_guest(
        [this] { m_description = gdb_target_description(m_session.machine().debugger().registers().code_is_32bit); });
}

// ---- Registers and memory ------------------------------------------------------------------------------------------

std::string GdbStub::read_registers() {
    DebugRegisters registers;
    if (!on_guest([&] { registers = m_session.machine().debugger().registers(); })) return error_refused;
    std::vector<u8> bytes(gdb_register_offset(gdb_register_count()));
    for (unsigned n = 0; n < gdb_register_count(); ++n)
        gdb_get_register(registers, n, std::span(bytes).subspan(gdb_register_offset(n)));
    return to_hex(bytes);
}

std::string GdbStub::write_registers(std::string_view hex) {
    const auto bytes = from_hex(hex);
    if (!bytes) return error_syntax;
    const bool done = on_guest([&] {
        Debugger& debugger = m_session.machine().debugger();
        DebugRegisters registers = debugger.registers();
        for (unsigned n = 0; n < gdb_register_count(); ++n) {
            if (gdb_register_offset(n) + gdb_register_size(n) > bytes->size()) break;
            gdb_set_register(registers, n, std::span(*bytes).subspan(gdb_register_offset(n)));
        }
        debugger.set_registers(registers);
    });
    return done ? "OK" : error_refused;
}

std::string GdbStub::read_register(std::string_view text) {
    const auto number = take_number(text, '\0');
    if (!number || *number >= gdb_register_count()) return error_syntax;
    std::vector<u8> bytes(gdb_register_size(*number));
    const bool done =
        on_guest([&] { gdb_get_register(m_session.machine().debugger().registers(), *number, std::span<u8>(bytes)); });
    return done ? to_hex(bytes) : error_refused;
}

std::string GdbStub::write_register(std::string_view text) {
    const auto number = take_number(text, '=');
    const auto bytes = from_hex(text);
    if (!number || *number >= gdb_register_count() || !bytes || bytes->size() != gdb_register_size(*number))
        return error_syntax;
    bool allowed = false;
    const bool done = on_guest([&] {
        Debugger& debugger = m_session.machine().debugger();
        DebugRegisters registers = debugger.registers();
        allowed = gdb_set_register(registers, *number, *bytes);
        if (allowed) debugger.set_registers(registers);
    });
    return done && allowed ? "OK" : error_refused;
}

std::string GdbStub::read_memory(std::string_view text) {
    const auto address = take_number(text, ',');
    const auto length = take_number(text, '\0');
    if (!address || !length) return error_syntax;
    std::vector<u8> bytes(std::min<std::size_t>(*length, largest_transfer));
    std::size_t count = 0;
    if (!on_guest([&] { count = m_session.machine().debugger().read_memory(*address, bytes); })) return error_refused;
    if (count == 0 && !bytes.empty()) return error_fault;
    return to_hex(std::span(bytes).first(count));
}

std::string GdbStub::write_memory(std::string_view text, bool binary) {
    const auto address = take_number(text, ',');
    const auto length = take_number(text, ':');
    if (!address || !length) return error_syntax;
    const auto bytes = binary ? unescape(text) : from_hex(text);
    if (!bytes || bytes->size() != *length) return error_syntax;
    std::size_t count = 0;
    if (!on_guest([&] { count = m_session.machine().debugger().write_memory(*address, *bytes); })) return error_refused;
    return count == bytes->size() ? "OK" : error_fault;
}

// ---- Breakpoints and watchpoints -----------------------------------------------------------------------------------

std::string GdbStub::change_point(std::string_view text, bool insert) {
    const auto type = take_number(text, ',');
    const auto address = take_number(text, ',');
    const auto size = take_number(text, ';');
    if (!type || !address || !size) return error_syntax;
    if (*type > 4) return {};
    const auto change = [insert](auto& list, const auto& point) {
        const auto found = std::find(list.begin(), list.end(), point);
        if (insert && found == list.end()) list.push_back(point);
        if (!insert && found != list.end()) list.erase(found);
    };
    if (*type <= 1) {
        change(m_breakpoints, *address);
    } else {
        static constexpr std::array kinds = {WatchKind::write, WatchKind::read, WatchKind::access};
        change(m_watches, Watch{*address, *size, kinds[*type - 2]});
    }
    return on_guest([this] { apply_points(); }) ? "OK" : error_refused;
}

/// On the guest's thread.
void GdbStub::apply_points() {
    Debugger& debugger = m_session.machine().debugger();
    debugger.set_breakpoints(m_breakpoints);
    debugger.set_watches(m_watches);
}

void GdbStub::detach() {
    m_breakpoints.clear();
    m_watches.clear();
    on_guest([this] {
        apply_points();
        m_session.machine().set_paused(false);
    });
}

// ---- Running -------------------------------------------------------------------------------------------------------

/// "s:1;c": the action for our only thread is the first.
std::string GdbStub::resume_actions(std::string_view actions) {
    const char action = actions.empty() ? '\0' : actions.front();
    if (action == 's' || action == 'S') return resume(true, {});
    if (action == 'c' || action == 'C') return resume(false, {});
    return error_syntax;
}

std::string GdbStub::resume(bool step, std::string_view address) {
    const auto target = take_number(address, '\0');
    drain(m_wake);
    const bool running = on_guest([&] {
        Machine& machine = m_session.machine();
        if (target) {
            DebugRegisters registers = machine.debugger().registers();
            registers.eip = *target - registers.segment_bases[1];
            machine.debugger().set_registers(registers);
        }
        if (step) machine.debugger().step_on_resume();
        machine.set_paused(false);
    });
    return running ? wait_for_stop() : "W00";
}

std::string GdbStub::wait_for_stop() {
    for (;;) {
        const GdbPackets::Arrival arrival = m_packets->wait();
        switch (arrival.kind) {
        case GdbPackets::Arrival::Kind::woken:
            if (m_session.ended() || m_ending) {
                m_leaving = true;
                return "W00";
            }
            drain(m_wake);
            m_signal = signal_trap;
            return stop_reply();
        case GdbPackets::Arrival::Kind::interrupt:
            on_guest([this] { m_session.machine().set_paused(true); });
            drain(m_wake);
            m_signal = signal_interrupt;
            return stop_reply();
        case GdbPackets::Arrival::Kind::closed:
            m_leaving = true;
            detach();
            return {};
        case GdbPackets::Arrival::Kind::packet: break; // nothing can be asked of a running guest
        }
    }
}

std::string GdbStub::stop_reply() {
    std::string reply = fmt::format("T{:02x}thread:1;", m_signal);
    std::optional<Watch> hit;
    if (m_signal == signal_trap) on_guest([&] { hit = m_session.machine().debugger().hit(); });
    if (hit) {
        const char* kind = hit->kind == WatchKind::write ? "watch" : hit->kind == WatchKind::read ? "rwatch" : "awatch";
        reply += fmt::format("{}:{:x};", kind, hit->address);
    }
    return reply;
}

// ---- monitor -------------------------------------------------------------------------------------------------------

std::string GdbStub::show_registers() {
    DebugRegisters r;
    if (!on_guest([&] { r = m_session.machine().debugger().registers(); })) return "the guest has ended\n";
    return register_table(r);
}

std::string GdbStub::monitor(std::string_view command) {
    if (command == "info registers") return show_registers();
    if (command == "reset") {
        on_guest([this] { m_session.machine().reset(); });
        return "the machine is at its reset vector; gdb's registers are old until the next stop or flushregs\n";
    }
    if (command.starts_with("save ")) {
        const std::string path(command.substr(5));
        std::string message = "the guest has ended\n";
        on_guest([&] {
            const Result<> saved = m_session.machine().save(path);
            message = saved.ok() ? "saved " + path + "\n" : saved.error().message + "\n";
        });
        return message;
    }
    return fmt::format("{}monitor info registers   general, segment and control registers\n"
                       "monitor reset            reset the machine\n"
                       "monitor save FILE        write a snapshot; ringshift resume FILE goes on from it\n",
                       command == "help" ? "" : fmt::format("there is no command \"{}\"\n", command));
}

} // namespace ringshift
