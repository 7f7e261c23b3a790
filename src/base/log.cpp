#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>

namespace ringshift {

namespace {
std::atomic<LogLevel> current_level{LogLevel::Warning};
std::mutex sink_mutex;
std::function<void(LogLevel, std::string_view)> current_sink;
} // namespace

void set_log_level(LogLevel level) { current_level = level; }

bool log_enabled(LogLevel level) { return level <= current_level.load(std::memory_order_relaxed); }

void set_log_sink(std::function<void(LogLevel, std::string_view)> sink) {
    const std::lock_guard lock(sink_mutex);
    current_sink = std::move(sink);
}

void log_message(LogLevel level, std::string_view message) {
    static constexpr const char* names[] = {"error", "warning", "info", "debug"};
    const std::lock_guard lock(sink_mutex);
    if (current_sink) {
        current_sink(level, message);
    } else {
        tell("{}: {}", names[static_cast<int>(level)], message);
    }
}

void tell_line(std::string_view line) { std::fputs((std::string(line) + "\n").c_str(), stderr); }

} // namespace ringshift
