#include "devices/port92.h"

namespace ringshift {

namespace {
enum : u8 { fast_reset = 0x01, fast_a20 = 0x02 };
}

Port92::Port92(std::function<void(bool)> set_a20, std::function<void()> reset_requested)
    : m_set_a20(std::move(set_a20)), m_reset_requested(std::move(reset_requested)),
      m_ports(
          1, [this](unsigned) { return read(); }, [this](unsigned, u8 value) { write(value); }) {}

void Port92::reset() { m_state = {}; }

u8 Port92::read() const { return m_state.value; }

void Port92::write(u8 value) {
    const u8 before = m_state.value;
    m_state.value = value;
    if ((before ^ value) & fast_a20) m_set_a20(value & fast_a20);
    // A pulse on INIT at the rising edge of the bit.
    if ((value & fast_reset) && !(before & fast_reset)) m_reset_requested();
}

void Port92::note_a20(bool enabled) {
    m_state.value = static_cast<u8>((m_state.value & ~fast_a20) | (enabled ? fast_a20 : 0));
}

void Port92::archive(Archive& ar) { ar(m_state.value); }

} // namespace ringshift
