#include "devices/pci.h"

#include <bit>

namespace ringshift {

namespace {
constexpr u8 command = 0x04, status = 0x06, header_type = 0x0E, bar0 = 0x10, rom_bar = 0x30, interrupt_line = 0x3C,
             interrupt_pin = 0x3D;
constexpr u8 status_interrupt = 8;
constexpr u16 command_io = 1, command_memory = 2, command_master = 4, command_interrupt_disable = 1u << 10;

constexpr u8 bar_offset(unsigned index) {
    return index == PciFunction::rom_index ? rom_bar : static_cast<u8>(bar0 + 4 * index);
}
} // namespace

PciFunction::PciFunction(const Identity& identity) {
    define(0x00, 2, identity.vendor, 0);
    define(0x02, 2, identity.device, 0);
    define(command, 2, 0, command_io | command_memory | command_master | command_interrupt_disable);
    define(status, 2, 0, 0);
    define_write_clear(status, 2, 0xF900);
    define(0x08, 4, (identity.class_code << 8) | identity.revision, 0);
    define(0x0C, 2, 0, 0xFFFF); // cache line size, latency timer
    define(header_type, 1, identity.multifunction ? 0x80 : 0, 0);
    define(0x2C, 2, identity.subsystem_vendor, 0);
    define(0x2E, 2, identity.subsystem, 0);
    define(interrupt_line, 1, 0, identity.interrupt_pin ? 0xFF : 0);
    define(interrupt_pin, 1, identity.interrupt_pin, 0);
}

void PciFunction::define(u8 offset, unsigned size, u32 value, u32 writable) {
    for (unsigned i = 0; i < size; ++i) {
        m_initial[offset + i] = m_config[offset + i] = static_cast<u8>(value >> (8 * i));
        m_writable[offset + i] = static_cast<u8>(writable >> (8 * i));
    }
}

void PciFunction::define_write_clear(u8 offset, unsigned size, u32 bits) {
    for (unsigned i = 0; i < size; ++i) m_write_clear[offset + i] = static_cast<u8>(bits >> (8 * i));
}

void PciFunction::add_bar(unsigned index, BarKind kind, u32 size) {
    ASSERT(index < m_bars.size() && std::has_single_bit(size) && kind != BarKind::none);
    m_bars[index] = {kind, size};
    const u32 flags = kind == BarKind::io ? 1u : kind == BarKind::prefetchable_memory ? 8u : 0u;
    const u32 writable = ~(size - 1) | (index == rom_index ? 1u : 0u);
    define(bar_offset(index), 4, flags, writable);
}

u32 PciFunction::config_value(u8 offset, unsigned size) const {
    u32 value = 0;
    for (unsigned i = 0; i < size; ++i) value |= static_cast<u32>(m_config[(offset + i) & 0xFF]) << (8 * i);
    return value;
}

void PciFunction::set_config(u8 offset, unsigned size, u32 value) {
    for (unsigned i = 0; i < size; ++i) m_config[(offset + i) & 0xFF] = static_cast<u8>(value >> (8 * i));
}

u32 PciFunction::config_read(u8 offset, unsigned size) { return config_value(offset, size); }

void PciFunction::config_write(u8 offset, unsigned size, u32 value) {
    for (unsigned i = 0; i < size; ++i) {
        const u8 at = static_cast<u8>(offset + i);
        const u8 byte = static_cast<u8>(value >> (8 * i));
        u8& old = m_config[at];
        old = static_cast<u8>((old & ~m_writable[at]) | (byte & m_writable[at]));
        old = static_cast<u8>(old & ~(byte & m_write_clear[at]));
    }
    update_mappings();
    if (m_interrupt && m_bus && offset < command + 2 && offset + size > command) m_bus->interrupt_changed();
    config_written(offset, size);
}

PciFunction::Mapping PciFunction::mapping(unsigned index) const {
    const Bar& bar = m_bars[index];
    Mapping result{.enabled = false, .address = 0, .size = bar.size, .kind = bar.kind};
    if (bar.kind == BarKind::none) return result;
    const u32 value = config_value(bar_offset(index), 4);
    const u32 space = bar.kind == BarKind::io ? command_io : command_memory;
    result.address = value & ~(bar.size - 1);
    result.enabled = (m_config[command] & space) && result.address != 0;
    if (index == rom_index) result.enabled = result.enabled && (value & 1);
    // Where a guest sizes a BAR all address bits are ones; nothing is there, nor beyond port space.
    if (result.address == static_cast<u32>(~(bar.size - 1))) result.enabled = false;
    if (bar.kind == BarKind::io && result.address + result.size > 0x10000) result.enabled = false;
    return result;
}

void PciFunction::update_mappings() {
    if (!m_bus) return;
    for (unsigned i = 0; i < m_bars.size(); ++i) {
        if (m_bars[i].kind == BarKind::none) continue;
        const Mapping wanted = mapping(i);
        Mapping& now = m_mapped[i];
        if (wanted.enabled == now.enabled && (!wanted.enabled || wanted.address == now.address)) continue;
        if (now.enabled) m_bus->m_mapper.unmap(*this, i);
        if (wanted.enabled) m_bus->m_mapper.map(*this, i, wanted.kind, wanted.address, wanted.size);
        now = wanted;
    }
}

void PciFunction::set_interrupt(bool level) {
    if (m_interrupt == level) return;
    m_interrupt = level;
    m_config[status] = static_cast<u8>((m_config[status] & ~status_interrupt) | (level ? status_interrupt : 0));
    if (m_bus) m_bus->interrupt_changed();
}

void PciFunction::reset_config() {
    m_config = m_initial;
    update_mappings();
    set_interrupt(false);
}

void PciFunction::archive_config(Archive& ar) {
    ar(m_config, m_interrupt);
    if (!ar.is_loading()) return;
    for (unsigned i = 0; i < m_config.size(); ++i) {
        // What the guest cannot write and no device changes is the identity: a snapshot of another board.
        if (i < 4) ar.check(m_config[i] == m_initial[i], "PCI identity");
    }
    if (ar.ok()) update_mappings();
}

PciBus::PciBus(PciMapper& mapper, RegisterBlock* reset_control)
    : m_mapper(mapper), m_reset_control(reset_control),
      m_ports([this](u64 offset, unsigned size) { return read(offset, size); },
              [this](u64 offset, unsigned size, u64 value) { write(offset, size, value); }) {}

void PciBus::add(unsigned device, unsigned function_number, PciFunction& function) {
    ASSERT(device < 32 && function_number < 8);
    const u8 slot = static_cast<u8>(device * 8 + function_number);
    ASSERT(!m_functions.contains(slot), "two PCI functions at {:02x}", slot);
    m_functions[slot] = &function;
    function.m_bus = this;
    function.m_slot = slot;
    function.update_mappings();
}

void PciBus::reset() { m_state = State{}; }

PciFunction* PciBus::selected() {
    if (!(m_state.address & 0x80000000) || (m_state.address & 0x00FF0000)) return nullptr; // bus 0 only
    const auto it = m_functions.find(static_cast<u8>(m_state.address >> 8));
    return it == m_functions.end() ? nullptr : it->second;
}

u64 PciBus::read(u64 offset, unsigned size) {
    if (offset < 4) {
        if (offset == 0 && size == 4) return m_state.address;
        return m_reset_control && offset == 1 && size == 1 ? m_reset_control->read(0, 1) : ~u64{0};
    }
    PciFunction* function = selected();
    if (!function) return ~u64{0};
    const u8 at = static_cast<u8>((m_state.address & 0xFC) + (offset - 4));
    u64 value = 0;
    if (at % size == 0) return function->config_read(at, size);
    for (unsigned i = 0; i < size; ++i) value |= u64{function->config_read(static_cast<u8>(at + i), 1)} << (8 * i);
    return value;
}

void PciBus::write(u64 offset, unsigned size, u64 value) {
    if (offset < 4) {
        if (offset == 0 && size == 4)
            m_state.address = static_cast<u32>(value) & 0x80FFFFFC;
        else if (m_reset_control && offset == 1 && size == 1)
            m_reset_control->write(0, 1, value);
        return;
    }
    PciFunction* function = selected();
    if (!function) return;
    const u8 at = static_cast<u8>((m_state.address & 0xFC) + (offset - 4));
    if (at % size == 0) {
        function->config_write(at, size, static_cast<u32>(value));
        return;
    }
    for (unsigned i = 0; i < size; ++i)
        function->config_write(static_cast<u8>(at + i), 1, static_cast<u8>(value >> (8 * i)));
}

void PciBus::interrupt_changed() {
    if (!m_router) return;
    std::array<bool, 4> levels{};
    for (const auto& [slot, function] : m_functions) {
        const u8 pin = function->m_config[interrupt_pin];
        const bool disabled = function->config_value(command, 2) & command_interrupt_disable;
        if (!function->m_interrupt || disabled || pin == 0) continue;
        levels[((slot >> 3) + pin - 2u) & 3] = true; // the slots of this board rotate INTA#-INTD#
    }
    for (unsigned i = 0; i < 4; ++i) m_router->set_pirq(i, levels[i]);
}

void PciBus::archive(Archive& ar) { ar(m_state.address); }

} // namespace ringshift
