// Diagnostic messages to standard error, by level. The level and the sink are properties of the process's terminal,
// so this is the one process-wide state of base; no result may depend on it.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

namespace ringshift {

enum class LogLevel { Error, Warning, Info, Debug };

void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);
void log_message(LogLevel level, std::string_view message);
/// Replaces standard error as the place where messages go (a full-screen terminal front end needs it); null restores
/// it.
void set_log_sink(std::function<void(LogLevel, std::string_view)> sink);

/// One line to standard error, whether or not anybody reads it: a closed pipe is no error.
void tell_line(std::string_view line);

/// Tells the user something that he asked for or has to know, as "ringshift: ..." on standard error.
template <typename... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
    tell_line("ringshift: " + fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (log_enabled(level)) log_message(level, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace ringshift
