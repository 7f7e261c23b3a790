// A PS/2 keyboard: three scan code sets, typematic repeat, LEDs. Part of the I8042 device, which archives it.
#pragma once

#include "base/device.h"
#include "devices/ps2_queue.h"

#include <array>

namespace ringshift {

/// Keys are named by their make code in scan code set 1, with E0 in the upper byte where it has that prefix.
/// Print Screen is E037, Pause is E11D; what these two really send depends on the modifiers and is made here.
inline constexpr u16 key_print_screen = 0xE037;
inline constexpr u16 key_pause = 0xE11D;

class Ps2Keyboard {
  public:
    /// `ready` is called when the keyboard has got something to send.
    Ps2Keyboard(Clock& clock, std::function<void()> ready);

    /// A key goes down or up. Unknown codes, and repeats of a key that is down, are ignored: the keyboard repeats
    /// itself.
    void key(u16 set1_code, bool pressed);
    /// Whether a key typed now would come through.
    bool ready_for_key() const;
    /// Bit 0 Scroll Lock, 1 Num Lock, 2 Caps Lock.
    u8 leds() const { return m_state.leds; }

    bool has_byte() const { return !m_state.queue.empty(); }
    u8 take();
    /// A command or its parameter from the controller.
    void write(u8 value);

    void reset();
    void archive(Archive& ar);

  private:
    void set_defaults();
    void command(u8 value);
    void parameter(u8 value);
    bool is_down(u16 code) const;
    void send(u16 code, bool make);
    void send_pause();
    void send_print_screen(bool make);
    void send_code(u8 prefix, u8 set1, bool make);
    void repeat(u64 late_ns);

    Clock& m_clock;
    std::function<void()> m_ready;
    TimerId m_repeat_timer;
    struct State {
        Ps2Queue queue{256};
        u8 set = 2;
        u8 pending = 0; // the command that waits for its parameter
        u8 last_sent = 0;
        u8 leds = 0;
        u8 typematic = 0x2B;
        bool scanning = true;
        bool set3_breaks = true;
        bool set3_repeats = true;
        u16 repeating = 0; // the key held down last, or 0
        std::array<u64, 4> down{};
    } m_state;
};

} // namespace ringshift
