// A PS/2 mouse with wheel and five buttons (IntelliMouse Explorer). Part of the I8042 device, which archives it.
#pragma once

#include "base/device.h"
#include "devices/ps2_queue.h"

#include <array>

namespace ringshift {

class Ps2Mouse {
  public:
    /// `ready` is called when the mouse has got something to send.
    Ps2Mouse(Clock& clock, std::function<void()> ready);

    /// Counts to the right, down, and of the wheel away from the user.
    void move(int dx, int dy, int wheel);
    /// 0 left, 1 right, 2 middle, 3 and 4 the side buttons.
    void button(unsigned index, bool pressed);
    /// Whether a guest driver has switched the mouse on; a host may leave its pointer free until then.
    bool reporting() const { return m_state.reporting; }

    bool has_byte() const { return !m_state.queue.empty(); }
    u8 take();
    /// A command or its parameter from the controller.
    void write(u8 value);

    void reset();
    void archive(Archive& ar);

  private:
    void set_defaults();
    void command(u8 value);
    void set_sample_rate(u8 rate);
    void schedule();
    void report(u64 late_ns);
    bool changed() const;
    /// The packet of what has happened since the last one, as events or as an answer.
    void make_packet(bool as_answer);

    Clock& m_clock;
    std::function<void()> m_ready;
    TimerId m_report_timer;
    struct State {
        Ps2Queue queue{64};
        u8 id = 0; // 0 plain, 3 wheel, 4 five buttons
        u8 pending = 0;
        u8 last_sent = 0;
        u8 resolution = 2;
        u8 sample_rate = 100;
        std::array<u8, 3> last_rates{}; // the knock that turns the wheel on
        bool scaling = false;
        bool remote = false;
        bool wrap = false;
        bool reporting = false;
        bool scheduled = false;
        u8 buttons = 0;
        u8 sent_buttons = 0;
        i32 dx = 0, dy = 0, wheel = 0; // since the last packet
    } m_state;
};

} // namespace ringshift
