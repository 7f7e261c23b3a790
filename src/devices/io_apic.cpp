// 82093AA (Intel data sheet 290566); version 20h, which has the EOI register of later chips.
//
// An IrqLine carries whether the interrupt is asserted, not a voltage; the polarity bit, which tells the chip how to
// read the voltage, is therefore kept and changes nothing. An edge at a masked input is lost, as on the chip.
#include "devices/io_apic.h"

namespace ringshift {

namespace {

enum : u64 { select_register = 0x00, window_register = 0x10, eoi_register = 0x40 };
enum : u8 { index_id = 0, index_version = 1, index_arbitration = 2, index_entries = 0x10 };
constexpr u64 entry_logical = 1u << 11;
constexpr u64 entry_remote_irr = 1u << 14;
constexpr u64 entry_level = 1u << 15;
constexpr u64 entry_masked = 1u << 16;
constexpr u64 entry_writable = 0xFF00'0000'0001'AFFF;
constexpr u32 version = 0x20 | (IoApic::input_count - 1) << 16;

} // namespace

IoApic::State::State() { entries.fill(entry_masked); }

IoApic::IoApic(ApicBus& bus)
    : m_bus(bus), m_registers([this](u64 offset, unsigned) { return u64{read(offset)}; },
                              [this](u64 offset, unsigned, u64 value) { write(offset, static_cast<u32>(value)); }) {
    for (unsigned n = 0; n < input_count; ++n) {
        m_inputs[n].apic = this;
        m_inputs[n].n = n;
    }
}

void IoApic::reset() { m_state = {}; }

// ---- inputs -------------------------------------------------------------------------------------------------------

void IoApic::set_input(unsigned n, bool level) {
    const u32 bit = u32{1} << n;
    const bool rises = level && !(m_state.lines & bit);
    m_state.lines = level ? m_state.lines | bit : m_state.lines & ~bit;
    const u64 entry = m_state.entries[n];
    if (entry & entry_level) {
        service_level(n);
    } else if (rises && !(entry & entry_masked)) {
        send(entry);
    }
}

bool IoApic::send(u64 entry) {
    ApicMessage message;
    message.destination = static_cast<u8>(entry >> 56);
    message.logical = entry & entry_logical;
    message.mode = static_cast<DeliveryMode>(entry >> 8 & 7);
    message.vector = static_cast<u8>(entry);
    message.level_triggered = entry & entry_level;
    return m_bus.deliver(message);
}

// Remote IRR stands from the acceptance by a local APIC to its EOI, and keeps the input from asking again meanwhile.
void IoApic::service_level(unsigned n) {
    const u64 entry = m_state.entries[n];
    const bool active = m_state.lines >> n & 1;
    if (!active || !(entry & entry_level) || (entry & (entry_masked | entry_remote_irr))) return;
    const auto mode = static_cast<DeliveryMode>(entry >> 8 & 7);
    const bool ends_with_eoi = mode == DeliveryMode::Fixed || mode == DeliveryMode::LowestPriority;
    if (send(entry) && ends_with_eoi) m_state.entries[n] |= entry_remote_irr;
}

void IoApic::end_of_interrupt(u8 vector) {
    for (unsigned n = 0; n < input_count; ++n) {
        u64& entry = m_state.entries[n];
        if (static_cast<u8>(entry) != vector || !(entry & entry_remote_irr)) continue;
        entry &= ~entry_remote_irr;
        service_level(n);
    }
}

// ---- read ---------------------------------------------------------------------------------------------------------

u32 IoApic::read(u64 offset) {
    if (offset == select_register) return m_state.select;
    if (offset == window_register) return read_indirect();
    return 0;
}

u32 IoApic::read_indirect() const {
    switch (m_state.select) {
    case index_id:
    case index_arbitration: return u32{m_state.id} << 24;
    case index_version: return version;
    default: break;
    }
    const unsigned n = (m_state.select - index_entries) / 2u;
    if (m_state.select < index_entries || n >= input_count) return 0;
    return static_cast<u32>(m_state.select & 1 ? m_state.entries[n] >> 32 : m_state.entries[n]);
}

// ---- write --------------------------------------------------------------------------------------------------------

void IoApic::write(u64 offset, u32 value) {
    if (offset == select_register) m_state.select = static_cast<u8>(value);
    if (offset == window_register) write_indirect(value);
    if (offset == eoi_register) end_of_interrupt(static_cast<u8>(value));
}

void IoApic::write_indirect(u32 value) {
    if (m_state.select == index_id) m_state.id = value >> 24 & 0x0F;
    const unsigned n = (m_state.select - index_entries) / 2u;
    if (m_state.select < index_entries || n >= input_count) return;
    u64& entry = m_state.entries[n];
    const u64 written =
        m_state.select & 1 ? (entry & 0xFFFF'FFFF) | u64{value} << 32 : (entry & ~u64{0xFFFF'FFFF}) | value;
    entry = (entry & ~entry_writable) | (written & entry_writable);
    // Software that has no EOI register clears Remote IRR by making the input edge-triggered for a moment.
    if (!(entry & entry_level)) entry &= ~entry_remote_irr;
    service_level(n);
}

// ---- archive ------------------------------------------------------------------------------------------------------

void IoApic::archive(Archive& ar) {
    ar(m_state.select, m_state.id, m_state.lines, m_state.entries);
    ar.check(m_state.id < 16 && m_state.lines < 1u << input_count, "IO-APIC registers");
    for (const u64 entry : m_state.entries) {
        ar.check((entry & ~(entry_writable | entry_remote_irr)) == 0, "IO-APIC redirection entry");
    }
}

} // namespace ringshift
