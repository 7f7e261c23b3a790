#include "native_cpu.h"

#include <cerrno>
#include <cstring>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ringshift {

Result<NativeCpu> NativeCpu::start(const std::string& runner) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) return errno_error(errno, "pipe");
    signal(SIGPIPE, SIG_IGN);
    const int pid = fork();
    if (pid < 0) return errno_error(errno, "fork");
    if (pid == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        for (const int fd : {to[0], to[1], from[0], from[1]}) close(fd);
        execl(runner.c_str(), runner.c_str(), nullptr);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    NativeCpu cpu;
    cpu.m_pid = pid;
    cpu.m_in = to[1];
    cpu.m_out = from[0];
    return cpu;
}

NativeCpu::NativeCpu(NativeCpu&& other) noexcept
    : m_pid(std::exchange(other.m_pid, -1)), m_in(std::exchange(other.m_in, -1)),
      m_out(std::exchange(other.m_out, -1)) {}

NativeCpu::~NativeCpu() {
    if (m_pid < 0) return;
    close(m_in);
    close(m_out);
    kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
}

Result<UserProgram> NativeCpu::run(const UserProgram& program) {
    request ask{};
    ask.bits = program.bits;
    std::memcpy(ask.gpr, program.state.gpr, sizeof ask.gpr);
    ask.eip = program.state.eip;
    ask.eflags = program.state.eflags;
    const auto send = [&](const void* data, std::size_t size) {
        const u8* at = static_cast<const u8*>(data);
        while (size > 0) {
            const ssize_t n = write(m_in, at, size);
            if (n <= 0) return false;
            at += n;
            size -= static_cast<std::size_t>(n);
        }
        return true;
    };
    const auto receive = [&](void* data, std::size_t size) {
        u8* at = static_cast<u8*>(data);
        while (size > 0) {
            const ssize_t n = read(m_out, at, size);
            if (n <= 0) return false;
            at += n;
            size -= static_cast<std::size_t>(n);
        }
        return true;
    };
    UserProgram after;
    after.bits = program.bits;
    if (!send(&ask, sizeof ask) || !send(program.arena.data(), ARENA_SIZE) ||
        !receive(&after.state, sizeof after.state) || !receive(after.arena.data(), ARENA_SIZE))
        return make_error("the native runner has died");
    return after;
}

} // namespace ringshift
