#include "frontend/sdl/status_line.h"

#include "machine/speed.h"

#include <utility>

namespace ringshift {

namespace {
constexpr u64 light_ns = 120'000'000; ///< a light stays on for as long
} // namespace

void StatusLine::say(std::string message, u64 duration_ns) {
    const std::lock_guard lock(m_mutex);
    m_message = std::move(message);
    m_message_until = host_time_ns() + duration_ns;
}

bool StatusLine::Light::on(u64 uses_now, u64 now) {
    if (std::exchange(uses, uses_now) != uses_now) until = now + light_ns;
    return now < until;
}

Canvas::Lights StatusLine::lights(const Look& look) {
    const u64 now = host_time_ns();
    Canvas::Lights lights = {{"disk", m_disk_light.on(look.statistics.disk_uses, now)}};
    if (look.has_network)
        lights.emplace_back(look.connected ? "net" : "net off",
                            m_network_light.on(look.statistics.network_frames, now));
    return lights;
}

void StatusLine::show(Canvas& canvas, const Look& look, const std::string& speed, MouseUse mouse) {
    std::string left = fmt::format("{}: {}", m_engine, look.paused ? "paused" : speed);
    if (look.speed_limit.any()) left += fmt::format(", limit {}", to_string(look.speed_limit));
    std::string right = mouse == MouseUse::captured   ? "Ctrl+Alt+G releases the mouse"
                        : mouse == MouseUse::pointing ? "Ctrl+Alt+H: keys"
                                                      : "click: mouse   Ctrl+Alt+H: keys";
    const std::lock_guard lock(m_mutex);
    if (host_time_ns() < m_message_until) {
        left = m_message;
        right.clear();
    } else if (!m_host_error.empty()) {
        left = m_host_error + " - paused; Ctrl+Alt+P tries again";
        right.clear();
    } else if (look.paused) {
        right = "Ctrl+Alt+P: run on";
    }
    canvas.set_status(left, right, lights(look));
}

} // namespace ringshift
