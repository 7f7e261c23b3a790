#include "frontend/boot_files.h"
#include "frontend/cli.h"
#include "frontend/session.h"

#include <cstdio>

using namespace ringshift;

namespace {

Result<int> run(Options options) {
    if (options.command == Options::Command::run) {
        const std::vector<std::string> lines = TRY(choose_boot(options));
        if (!options.quiet)
            for (const std::string& line : lines) fmt::print(stderr, "ringshift: {}\n", line);
    }
    const auto session = TRY(Session::create(std::move(options)));
    return session->run(nullptr);
}

} // namespace

int main(int argc, char** argv) {
    block_ending_signals();
    auto parsed = parse_command_line(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto result = run(std::move(std::get<Options>(parsed)));
    if (result.ok()) return result.value();
    fmt::print(stderr, "ringshift: {}\n", result.error().message);
    return exit_status::error;
}
