// PS/2 mouse (IBM Personal System/2 Hardware Interface Technical Reference, "Mouse") with Microsoft's wheel extensions.
#include "devices/ps2_mouse.h"

#include <algorithm>

namespace ringshift {

namespace {

enum : u8 { ack = 0xFA, nack = 0xFE, self_test_passed = 0xAA };
enum : u8 {
    scaling_1 = 0xE6,
    scaling_2 = 0xE7,
    set_resolution = 0xE8,
    status_request = 0xE9,
    stream_mode = 0xEA,
    read_data = 0xEB,
    leave_wrap = 0xEC,
    enter_wrap = 0xEE,
    remote_mode = 0xF0,
    identify = 0xF2,
    set_rate = 0xF3,
    enable = 0xF4,
    disable = 0xF5,
    defaults = 0xF6,
    resend = 0xFE,
    reset_command = 0xFF
};

constexpr i32 largest_backlog = 4096;

// Two-to-one scaling is a table for small motions (PS/2 Technical Reference, "Set Scaling 2:1").
i32 scaled(i32 value) {
    static constexpr i32 small[] = {0, 1, 1, 3, 6, 9};
    const i32 magnitude = std::abs(value);
    const i32 result = magnitude < 6 ? small[magnitude] : 2 * magnitude;
    return value < 0 ? -result : result;
}

} // namespace

Ps2Mouse::Ps2Mouse(Clock& clock, std::function<void()> ready)
    : m_clock(clock), m_ready(std::move(ready)),
      m_report_timer(clock.create_timer("mouse.report", [this](u64 late_ns) { report(late_ns); })) {}

void Ps2Mouse::reset() {
    m_state = {};
    m_clock.cancel(m_report_timer);
}

void Ps2Mouse::set_defaults() {
    m_state.resolution = 2;
    m_state.sample_rate = 100;
    m_state.scaling = false;
    m_state.remote = false;
    m_state.reporting = false;
    m_state.dx = m_state.dy = m_state.wheel = 0;
    m_state.queue.clear_events();
}

// ---- motion -------------------------------------------------------------------------------------------------------

void Ps2Mouse::move(int dx, int dy, int wheel) {
    const auto add = [](i32& total, int value) {
        total =
            std::clamp(total + std::clamp(value, -largest_backlog, largest_backlog), -largest_backlog, largest_backlog);
    };
    add(m_state.dx, dx);
    add(m_state.dy, dy);
    add(m_state.wheel, wheel);
    schedule();
}

void Ps2Mouse::button(unsigned index, bool pressed) {
    if (index >= 5) return;
    // A click shorter than the sampling interval still is one: what was not reported yet goes first.
    const bool streaming = m_state.reporting && !m_state.remote && !m_state.wrap;
    if (streaming && m_state.buttons != m_state.sent_buttons && m_state.queue.event_room() >= 4) make_packet(false);
    const u8 bit = static_cast<u8>(1u << index);
    m_state.buttons = static_cast<u8>(pressed ? m_state.buttons | bit : m_state.buttons & ~bit);
    schedule();
    if (has_byte()) m_ready();
}

bool Ps2Mouse::changed() const {
    const bool wheel = m_state.id != 0 && m_state.wheel != 0;
    return m_state.dx || m_state.dy || wheel || m_state.buttons != m_state.sent_buttons;
}

void Ps2Mouse::schedule() {
    if (!m_state.reporting || m_state.remote || m_state.wrap || m_state.scheduled || !changed()) return;
    m_state.scheduled = true;
    m_clock.arm(m_report_timer, m_clock.now() + 1'000'000'000 / m_state.sample_rate);
}

void Ps2Mouse::report(u64) {
    m_state.scheduled = false;
    if (!m_state.reporting || m_state.remote || m_state.wrap || !changed()) return;
    if (m_state.queue.events() == 0) {
        make_packet(false);
        m_ready();
    }
    schedule(); // the rest, or again when the guest has read
}

void Ps2Mouse::make_packet(bool as_answer) {
    State& s = m_state;
    const i32 dx = std::clamp(s.dx, -255, 255);
    const i32 dy = std::clamp(s.dy, -255, 255);
    const i32 wheel = std::clamp(s.wheel, -7, 7);
    s.dx -= dx;
    s.dy -= dy;
    s.wheel = s.id ? s.wheel - wheel : 0;
    s.sent_buttons = s.buttons;
    i32 x = dx;
    i32 y = -dy; // the mouse counts upwards
    if (s.scaling && !as_answer) {
        x = std::clamp(scaled(x), -255, 255);
        y = std::clamp(scaled(y), -255, 255);
    }
    const u8 first = static_cast<u8>(0x08 | (s.buttons & 7) | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0));
    u8 fourth = static_cast<u8>(-wheel);
    if (s.id == 4) fourth = static_cast<u8>((fourth & 0x0F) | (s.buttons & 0x18) << 1);
    const u8 bytes[] = {first, static_cast<u8>(x), static_cast<u8>(y), fourth};
    if (as_answer) {
        for (unsigned i = 0; i < (s.id ? 4u : 3u); ++i) s.queue.answer(bytes[i]);
    } else if (s.id) {
        s.queue.add_event({bytes[0], bytes[1], bytes[2], bytes[3]});
    } else {
        s.queue.add_event({bytes[0], bytes[1], bytes[2]});
    }
}

u8 Ps2Mouse::take() { return m_state.last_sent = m_state.queue.take(); }

// ---- commands -----------------------------------------------------------------------------------------------------

void Ps2Mouse::write(u8 value) {
    State& s = m_state;
    if (s.wrap && value != reset_command && value != leave_wrap) {
        s.queue.answer(value);
    } else if (s.pending == set_rate && value >= 1 && value <= 200) {
        s.pending = 0;
        s.queue.answer(ack);
        set_sample_rate(value);
    } else if (s.pending == set_resolution && value <= 3) {
        s.pending = 0;
        s.queue.answer(ack);
        s.resolution = value;
    } else if (s.pending != 0 && value < scaling_1) {
        s.pending = 0;
        s.queue.answer(nack);
    } else {
        s.pending = 0;
        command(value);
    }
    schedule();
    if (has_byte()) m_ready();
}

void Ps2Mouse::set_sample_rate(u8 rate) {
    State& s = m_state;
    s.sample_rate = rate;
    s.last_rates = {s.last_rates[1], s.last_rates[2], rate};
    if (s.last_rates == std::array<u8, 3>{200, 100, 80}) s.id = 3;
    if (s.last_rates == std::array<u8, 3>{200, 200, 80}) s.id = 4;
}

void Ps2Mouse::command(u8 value) {
    State& s = m_state;
    if (value == resend) return s.queue.answer(s.last_sent);
    s.queue.answer(value >= scaling_1 ? ack : nack);
    switch (value) {
    case scaling_1: s.scaling = false; break;
    case scaling_2: s.scaling = true; break;
    case set_resolution:
    case set_rate: s.pending = value; break;
    case status_request:
        s.queue.answer(static_cast<u8>((s.remote ? 0x40 : 0) | (s.reporting ? 0x20 : 0) | (s.scaling ? 0x10 : 0) |
                                       (s.buttons & 1 ? 4 : 0) | (s.buttons & 4 ? 2 : 0) | (s.buttons & 2 ? 1 : 0)));
        s.queue.answer(s.resolution);
        s.queue.answer(s.sample_rate);
        break;
    case stream_mode: s.remote = false; break;
    case read_data: make_packet(true); break;
    case leave_wrap: s.wrap = false; break;
    case enter_wrap: s.wrap = true; break;
    case remote_mode: s.remote = true; break;
    case identify: s.queue.answer(s.id); break;
    case enable: s.reporting = true; break;
    case disable: s.reporting = false; break;
    case defaults: set_defaults(); break;
    case reset_command: {
        const u8 buttons = s.buttons; // the user's fingers
        reset();
        s.buttons = s.sent_buttons = buttons;
        for (const int byte : {0xFA, 0xAA, 0x00}) s.queue.answer(static_cast<u8>(byte));
        break;
    }
    default: break;
    }
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Ps2Mouse::archive(Archive& ar) {
    State& s = m_state;
    ar(s.queue, s.id, s.pending, s.last_sent, s.resolution, s.sample_rate, s.last_rates, s.scaling, s.remote, s.wrap);
    ar(s.reporting, s.scheduled, s.buttons, s.sent_buttons, s.dx, s.dy, s.wheel);
    const auto small = [](i32 value) { return value >= -largest_backlog && value <= largest_backlog; };
    ar.check(s.id == 0 || s.id == 3 || s.id == 4, "mouse type");
    ar.check(s.sample_rate >= 1 && s.sample_rate <= 200 && s.resolution <= 3, "mouse rate");
    ar.check(s.buttons < 32 && s.sent_buttons < 32, "mouse buttons");
    ar.check(small(s.dx) && small(s.dy) && small(s.wheel), "mouse motion");
}

} // namespace ringshift
