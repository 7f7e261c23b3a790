// IBM PS/2 keyboard (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards").
#include "devices/ps2_keyboard.h"

#include "devices/scan_codes.h"

namespace ringshift {

namespace {

enum : u8 { ack = 0xFA, resend = 0xFE, self_test_passed = 0xAA, echo = 0xEE };
enum : u8 {
    set_leds = 0xED,
    select_set = 0xF0,
    identify = 0xF2,
    set_typematic = 0xF3,
    enable = 0xF4,
    disable = 0xF5,
    defaults = 0xF6,
    all_typematic = 0xF7,
    all_make_break = 0xF8,
    all_make = 0xF9,
    all_typematic_make_break = 0xFA,
    key_typematic = 0xFB,
    key_make = 0xFD,
    reset_command = 0xFF
};

constexpr u16 left_ctrl = 0x1D, right_ctrl = 0xE01D, left_alt = 0x38, right_alt = 0xE038, left_shift = 0x2A,
              right_shift = 0x36;
// Room that presses leave for the releases of the keys that are down.
constexpr std::size_t room_for_press = 128;

/// The place of a key in the set of keys that are down: 0-7F plain, 80-FF with E0; Pause stands at FF.
u8 slot(u16 code) {
    if (code == key_pause) return 0xFF;
    return static_cast<u8>((code & 0x7F) | (code >> 8 == 0xE0 ? 0x80 : 0));
}

u64 repeat_delay_ns(u8 typematic) { return ((typematic >> 5 & 3) + 1u) * 250'000'000ull; }

// Period = (8 + A) * 2^B / 240 seconds.
u64 repeat_period_ns(u8 typematic) {
    return (8ull + (typematic & 7)) * (1ull << (typematic >> 3 & 3)) * 1'000'000'000 / 240;
}

} // namespace

Ps2Keyboard::Ps2Keyboard(Clock& clock, std::function<void()> ready)
    : m_clock(clock), m_ready(std::move(ready)),
      m_repeat_timer(clock.create_timer("keyboard.repeat", [this](u64 late_ns) { repeat(late_ns); })) {}

void Ps2Keyboard::reset() {
    m_state = {};
    m_clock.cancel(m_repeat_timer);
}

void Ps2Keyboard::set_defaults() {
    m_state.typematic = State{}.typematic;
    m_state.set = 2;
    m_state.set3_breaks = true;
    m_state.set3_repeats = true;
    m_state.repeating = 0;
    m_clock.cancel(m_repeat_timer);
    m_state.queue.clear_events();
}

// ---- keys ---------------------------------------------------------------------------------------------------------

bool Ps2Keyboard::is_down(u16 code) const { return m_state.down[slot(code) / 64] >> slot(code) % 64 & 1; }

bool Ps2Keyboard::ready_for_key() const { return m_state.scanning && m_state.queue.events() < 8; }

void Ps2Keyboard::key(u16 code, bool pressed) {
    const u16 prefix = code >> 8;
    const bool known =
        code == key_pause || ((prefix == 0 || prefix == 0xE0) && (code & 0x80) == 0 && (code & 0x7F) != 0);
    if (!known || is_down(code) == pressed) return;
    if (pressed && m_state.queue.event_room() < room_for_press) return;
    m_state.down[slot(code) / 64] ^= u64{1} << slot(code) % 64;
    if (!m_state.scanning) return;
    send(code, pressed);
    if (pressed && code != key_pause) {
        m_state.repeating = code;
        m_clock.arm(m_repeat_timer, m_clock.now() + repeat_delay_ns(m_state.typematic));
    } else if (code == m_state.repeating) {
        m_state.repeating = 0;
        m_clock.cancel(m_repeat_timer);
    }
}

void Ps2Keyboard::repeat(u64) {
    if (m_state.repeating == 0 || !m_state.scanning) return;
    // A guest that does not read gets no pile of repeats.
    if (m_state.queue.events() == 0 && (m_state.set != 3 || m_state.set3_repeats)) send(m_state.repeating, true);
    m_clock.arm(m_repeat_timer, m_clock.now() + repeat_period_ns(m_state.typematic));
}

void Ps2Keyboard::send(u16 code, bool make) {
    if (m_state.set == 3) {
        const u8 set3 = set3_code(code);
        if (set3 == 0) return;
        if (make) m_state.queue.add_event({set3});
        if (!make && m_state.set3_breaks) m_state.queue.add_event({0xF0, set3});
    } else if (code == key_pause) {
        if (make) send_pause();
    } else if (code == key_print_screen) {
        send_print_screen(make);
    } else {
        send_code(code >> 8 ? 0xE0 : 0, static_cast<u8>(code & 0x7F), make);
    }
    m_ready();
}

// Has no break code; with Ctrl it is the Break key (E0 46).
void Ps2Keyboard::send_pause() {
    Ps2Queue& queue = m_state.queue;
    if (is_down(left_ctrl) || is_down(right_ctrl)) {
        send_code(0xE0, 0x46, true);
        send_code(0xE0, 0x46, false);
    } else if (m_state.set == 1) {
        queue.add_event({0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5});
    } else {
        queue.add_event({0xE1, 0x14, 0x77, 0xE1, 0xF0, 0x14, 0xF0, 0x77});
    }
}

// With Alt it is SysRq; without Shift and Ctrl it brings a Shift of its own.
void Ps2Keyboard::send_print_screen(bool make) {
    if (is_down(left_alt) || is_down(right_alt)) return send_code(0, 0x54, make);
    const bool own_shift = !(is_down(left_shift) || is_down(right_shift) || is_down(left_ctrl) || is_down(right_ctrl));
    if (make && own_shift) send_code(0xE0, left_shift, true);
    send_code(0xE0, 0x37, make);
    if (!make && own_shift) send_code(0xE0, left_shift, false);
}

void Ps2Keyboard::send_code(u8 prefix, u8 set1, bool make) {
    Ps2Queue& queue = m_state.queue;
    if (m_state.set == 1) {
        const u8 code = static_cast<u8>(set1 | (make ? 0 : 0x80));
        prefix ? queue.add_event({prefix, code}) : queue.add_event({code});
        return;
    }
    const u8 code = set2_code(set1);
    if (make) {
        prefix ? queue.add_event({prefix, code}) : queue.add_event({code});
    } else {
        prefix ? queue.add_event({prefix, 0xF0, code}) : queue.add_event({0xF0, code});
    }
}

u8 Ps2Keyboard::take() { return m_state.last_sent = m_state.queue.take(); }

// ---- commands -----------------------------------------------------------------------------------------------------

void Ps2Keyboard::write(u8 value) {
    // A byte that is a command ends the wait for a parameter.
    if (m_state.pending != 0 && value < set_leds) {
        parameter(value);
    } else {
        m_state.pending = 0;
        command(value);
    }
    if (has_byte()) m_ready();
}

void Ps2Keyboard::command(u8 value) {
    Ps2Queue& queue = m_state.queue;
    switch (value) {
    case echo: return queue.answer(echo);
    case resend: return queue.answer(m_state.last_sent);
    case set_leds:
    case select_set:
    case set_typematic: m_state.pending = value; break;
    case identify:
        for (const int byte : {0xFA, 0xAB, 0x83}) queue.answer(static_cast<u8>(byte));
        return;
    case enable:
        queue.clear_events();
        m_state.scanning = true;
        break;
    case disable:
        set_defaults();
        m_state.scanning = false;
        break;
    case defaults: set_defaults(); break;
    case all_typematic:
    case all_make_break:
    case all_make:
    case all_typematic_make_break:
        m_state.set3_breaks = value == all_make_break || value == all_typematic_make_break;
        m_state.set3_repeats = value == all_typematic || value == all_typematic_make_break;
        break;
    case reset_command:
        set_defaults();
        queue.clear();
        m_state.leds = 0;
        m_state.scanning = true;
        queue.answer(ack);
        return queue.answer(self_test_passed);
    default:
        if (value < key_typematic || value > key_make) return queue.answer(resend);
        m_state.pending = value; // followed by key codes up to the next command
        break;
    }
    queue.answer(ack);
}

void Ps2Keyboard::parameter(u8 value) {
    Ps2Queue& queue = m_state.queue;
    const u8 command_ = m_state.pending;
    if (command_ < key_typematic) m_state.pending = 0;
    switch (command_) {
    case set_leds: m_state.leds = value & 7; break;
    case set_typematic: m_state.typematic = value & 0x7F; break;
    case select_set:
        if (value > 3) return queue.answer(resend);
        queue.answer(ack);
        if (value == 0) return queue.answer(m_state.set);
        queue.clear_events();
        m_state.set = value;
        return;
    default: break; // the mode of single keys in set 3 is not kept
    }
    queue.answer(ack);
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Ps2Keyboard::archive(Archive& ar) {
    State& s = m_state;
    ar(s.queue, s.set, s.pending, s.last_sent, s.leds, s.typematic, s.scanning, s.set3_breaks, s.set3_repeats,
       s.repeating, s.down);
    ar.check(s.set >= 1 && s.set <= 3, "scan code set");
    ar.check(s.typematic < 0x80, "typematic rate");
}

} // namespace ringshift
