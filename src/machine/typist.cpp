#include "machine/typist.h"

#include "machine/timeline.h"

#include <algorithm>

namespace ringshift {

namespace {

/// Between two key events. Firmware and boot loaders poll the keyboard; 20 ms is a fast human.
constexpr u64 pace_ns = 20'000'000;

u16 device_code(Key key) {
    if (key == Key::pause) return key_pause;
    const u8 code = static_cast<u8>(key);
    return (code & 0x80) != 0 ? static_cast<u16>(0xE000 | (code & 0x7F)) : code;
}

} // namespace

static_assert(UsbTablet::extent == Input::pointer_extent);

Typist::Typist(Timeline& timeline, I8042& keyboard, UsbTablet* tablet)
    : m_timeline(timeline), m_keyboard(keyboard), m_tablet(tablet),
      m_timer(timeline.create_transient_timer([this](u64) { next(); })) {}

void Typist::key(Key key, bool down) { m_keyboard.key(device_code(key), down); }

void Typist::type(const std::vector<Chord>& chords) {
    const bool idle = m_events.empty();
    for (const Chord& chord : chords) {
        for (const Key key : chord) m_events.push_back({key, true});
        for (auto key = chord.rbegin(); key != chord.rend(); ++key) m_events.push_back({*key, false});
    }
    if (idle && !m_events.empty()) m_timeline.arm(m_timer, m_timeline.now() + pace_ns);
}

void Typist::next() {
    if (m_events.empty()) return;
    if (m_keyboard.ready_for_key()) {
        key(m_events.front().key, m_events.front().down);
        m_events.pop_front();
    }
    if (!m_events.empty()) m_timeline.arm(m_timer, m_timeline.now() + pace_ns);
}

void Typist::mouse(int dx, int dy, int wheel, u8 buttons) {
    if (dx != 0 || dy != 0 || wheel != 0) m_keyboard.mouse_move(dx, dy, wheel);
    static constexpr std::array<u8, 3> order = {mouse_button::left, mouse_button::right, mouse_button::middle};
    for (unsigned i = 0; i < order.size(); ++i)
        if (((buttons ^ m_buttons) & order[i]) != 0) m_keyboard.mouse_button(i, (buttons & order[i]) != 0);
    m_buttons = buttons;
}

void Typist::point(int x, int y, int wheel, u8 buttons) {
    if (m_tablet != nullptr) m_tablet->point(x, y, wheel, buttons);
}

} // namespace ringshift
