#include "base/log.h"
#include "frontend/bench_cache.h"
#include "frontend/bench_nano.h"
#include "frontend/boot_files.h"
#include "frontend/cli.h"
#include "frontend/control/control_socket.h"
#include "frontend/control/ctl.h"
#include "frontend/explain.h"
#include "frontend/front_end.h"
#include "frontend/gdb_stub.h"
#include "frontend/session.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include <unistd.h>

using namespace ringshift;

namespace {

void say_and_end(std::string_view text) {
    (void)!::write(STDERR_FILENO, text.data(), text.size()); // there is no memory for anything better
    ::_exit(exit_status::error);
}

/// What ends in std::terminate() for want of something that the host has not: the disks are as after a power cut, which
/// loses nothing that the guest had flushed. Anything else is our own mistake.
[[noreturn]] void explain_terminate() {
    try {
        if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
        say_and_end(
            "ringshift: the host has no memory left for this: give the guest less (--memory-size, --cache-size), "
            "or lift the limit (ulimit -v)\n");
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::resource_unavailable_try_again)
            say_and_end("ringshift: the host starts no more threads: lift the limits on processes and memory (ulimit "
                        "-u, ulimit -v)\n");
    } catch (...) {
    }
    std::abort();
}

Result<int> run(Options options) {
    if (options.command == Options::Command::explain) return explain_file(options);
    if (options.command == Options::Command::bench_cache) return bench_cache(options);
    if (options.command == Options::Command::bench_nano) return bench_nano(options);
    if (options.command == Options::Command::control) return control_machine(options);
    if (options.command == Options::Command::other) return options.action();
    if (options.command == Options::Command::run) {
        const std::vector<std::string> lines = TRY(choose_boot(options));
        if (!options.quiet)
            for (const std::string& line : lines) tell("{}", line);
    }
    const auto session = TRY(Session::create(std::move(options)));
    std::unique_ptr<GdbStub> gdb;
    if (session->options().gdb_port) gdb = TRY(GdbStub::start(*session, *session->options().gdb_port));
    const auto front_end = TRY(open_front_end(session->options()));
    std::unique_ptr<ControlSocket> control; // last: what clients ask for needs run() to be called
    if (!session->options().control.empty()) control = TRY(ControlSocket::start(*session, session->options().control));
    session->set_interactive(front_end || control);
    if (!front_end) return session->run(nullptr);
    return session->run([&] { front_end->run(*session); });
}

} // namespace

int main(int argc, char** argv) {
    std::set_terminate(explain_terminate);
    // A file that may not become larger (ulimit -f) is an error of its write.
    std::signal(SIGXFSZ, SIG_IGN);
    block_ending_signals();
    auto parsed = parse_command_line(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto result = run(std::move(std::get<Options>(parsed)));
    if (result.ok()) return result.value();
    tell("{}", result.error().message);
    return exit_status::error;
}
