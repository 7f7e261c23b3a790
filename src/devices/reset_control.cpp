#include "devices/reset_control.h"

namespace ringshift {

namespace {
enum : u8 { hard_reset = 0x02, start = 0x04, writable = 0x06 };
}

ResetControl::ResetControl(std::function<void(ResetType)> reset_requested)
    : m_reset_requested(std::move(reset_requested)),
      m_ports(
          1, [this](unsigned) { return m_state.value; }, [this](unsigned, u8 value) { write(value); }) {}

void ResetControl::reset() { m_state = {}; }

// The reset happens when bit 2 goes from 0 to 1 (PIIX3 data sheet, "RC: Reset Control Register").
void ResetControl::write(u8 value) {
    const bool rises = (value & start) && !(m_state.value & start);
    m_state.value = value & writable;
    if (rises) m_reset_requested(value & hard_reset ? ResetType::Hard : ResetType::Cpu);
}

void ResetControl::archive(Archive& ar) { ar(m_state.value); }

} // namespace ringshift
