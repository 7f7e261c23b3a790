#include "frontend/front_end.h"

#include "frontend/terminal.h"
#include "frontend/window_module.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace ringshift {

namespace {

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != 0;
}

bool uses_stdio(const Options& options) {
    return std::find(options.serial.begin(), options.serial.end(), "stdio") != options.serial.end();
}

/// Without a screen, something else shows what the guest does.
bool can_be_alone(const Options& options) {
    const auto shows = [](const std::string& where) { return where != "none"; };
    return !options.script.empty() || options.timeout || !options.control.empty() ||
           std::any_of(options.serial.begin(), options.serial.end(), shows);
}

Result<> check_terminal_is_free(const Options& options) {
    if (uses_stdio(options))
        return make_error("--display terminal and --serial stdio both want this terminal: leave one out, or give "
                          "--serial pty");
    if (options.debug_console == "-")
        return make_error("--display terminal and --debugcon - both want this terminal: give --debugcon a file");
    return Unit{};
}

Result<std::unique_ptr<FrontEnd>> open_automatically(const Options& options) {
    std::string reason = "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)";
    if (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) {
        auto window = open_window(options);
        if (window.ok()) return window;
        reason = window.error().message;
    }
    if (uses_stdio(options)) return std::unique_ptr<FrontEnd>{};
    if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && check_terminal_is_free(options).ok()) {
        auto terminal = open_terminal(options);
        if (terminal.ok()) return terminal;
        reason += "; " + terminal.error().message;
    }
    if (can_be_alone(options)) return std::unique_ptr<FrontEnd>{};
    return make_error("{}. In a terminal use --display terminal; without any screen, --headless", reason);
}

} // namespace

Result<std::unique_ptr<FrontEnd>> open_front_end(const Options& options) {
    switch (options.display) {
    case DisplayKind::none: return std::unique_ptr<FrontEnd>{};
    case DisplayKind::automatic: return open_automatically(options);
    case DisplayKind::terminal: TRY(check_terminal_is_free(options)); return open_terminal(options);
    case DisplayKind::sdl: break;
    }
    auto window = open_window(options);
    if (!window.ok())
        return make_error("{}. In a terminal use --display terminal; without any screen, --headless",
                          window.error().message);
    return window;
}

} // namespace ringshift
