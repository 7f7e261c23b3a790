// What the status line says: the engine's speed, messages for a few seconds, an error of the host until the guest runs
// on, the lights, and what to press next.
#pragma once

#include "frontend/sdl/canvas.h"
#include "frontend/view.h"

#include <mutex>
#include <string>

namespace ringshift {

/// Whom the guest's mouse follows.
enum class MouseUse { free, captured, pointing };

class StatusLine {
  public:
    static constexpr u64 message_ns = 5'000'000'000;

    explicit StatusLine(std::string engine) : m_engine(std::move(engine)) {}
    /// Any thread.
    void say(std::string message, u64 duration_ns = message_ns);
    /// An empty one: it is over.
    void set_host_error(std::string error) { m_host_error = std::move(error); }
    void show(Canvas& canvas, const Look& look, const std::string& speed, MouseUse mouse);

  private:
    struct Light {
        u64 uses = 0, until = 0;
        bool on(u64 uses_now, u64 now);
    };
    Canvas::Lights lights(const Look& look);

    std::string m_engine;
    std::string m_host_error;
    Light m_disk_light, m_network_light;
    std::mutex m_mutex; ///< of the following
    std::string m_message;
    u64 m_message_until = 0;
};

} // namespace ringshift
