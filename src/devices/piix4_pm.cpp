// 82371AB (PIIX4) data sheet, chapter 7; ACPI 1.0b, 4.7.
//
// There is no SMM: APMC_EN of DEVACTB reads as set, which tells the firmware that SMM is set up already, and the ACPI
// enable and disable commands take effect in the chip. Events without SCI_EN would be SMIs and do nothing.
#include "devices/piix4_pm.h"

namespace ringshift {

namespace {

enum : u8 { pmbase = 0x40, devactb = 0x58, pmregmisc = 0x80, smbba = 0x90, smbhstcfg = 0xD2 };
enum : u16 {
    status_timer = 1u << 0,
    status_global = 1u << 5,
    status_power_button = 1u << 8,
    status_rtc = 1u << 10,
    status_bits = 0x8531,
    enable_bits = status_timer | status_global | status_power_button | status_rtc,
    control_sci = 1u << 0,
    control_sleep = 1u << 13,
    control_bits = 0x1C03
};
enum : unsigned {
    pm_status = 0x00,
    pm_enable = 0x02,
    pm_control = 0x04,
    pm_timer = 0x08,
    gpe_status = 0x0C,
    gpe_enable = 0x0E,
    processor_control = 0x10,
    global_enable = 0x20,
    global_control = 0x28,
    general_input = 0x30,
    general_output = 0x34,
    rest_end = 0x38
};
enum : unsigned { smbus_status = 0, smbus_control = 2 };
enum : u8 {
    smbus_device_error = 0x04,
    smbus_failed = 0x10,
    smbus_start = 0x40,
    smbus_kill = 0x02,
    smbus_status_bits = 0x1E
};

constexpr u64 overflow_ticks = 1u << 23; // half of the 24-bit timer
constexpr u64 apmc_enabled = 1u << 25;

constexpr u8 low(u16 value) { return static_cast<u8>(value); }
constexpr u8 high(u16 value) { return static_cast<u8>(value >> 8); }
constexpr u8 byte_of(u16 value, unsigned n) { return n ? high(value) : low(value); }
void set_byte(u16& value, unsigned n, u8 byte) {
    value = static_cast<u16>(n ? (value & 0x00FF) | byte << 8 : (value & 0xFF00) | byte);
}

} // namespace

Piix4Pm::Piix4Pm(Clock& clock, Wires wires)
    : PciFunction({.vendor = 0x8086,
                   .device = 0x7113,
                   .class_code = 0x068000,
                   .revision = 3,
                   .interrupt_pin = 1,
                   .subsystem_vendor = 0x1AF4,
                   .subsystem = 0x1100}),
      m_clock(clock), m_wires(std::move(wires)), m_overflow_timer(clock.create_timer("piix4pm.overflow",
                                                                                     [this](u64) {
                                                                                         collect_overflow();
                                                                                         update_sci();
                                                                                     })),
      m_pm_bytes(
          pm_size, [this](unsigned offset) { return read_pm(offset); },
          [this](unsigned offset, u8 value) { write_pm(offset, value); }),
      m_pm_ports(
          [this](u64 offset, unsigned size) {
              m_timer_read = timer();
              return m_pm_bytes.read(offset, size);
          },
          [this](u64 offset, unsigned size, u64 value) { m_pm_bytes.write(offset, size, value); }),
      m_smbus_ports(
          smbus_size, [this](unsigned offset) { return read_smbus(offset); },
          [this](unsigned offset, u8 value) { write_smbus(offset, value); }),
      m_smi_ports(
          2, [this](unsigned offset) { return m_state.smi[offset]; },
          [this](unsigned offset, u8 value) { write_smi(offset, value); }) {
    define(0x06, 2, 0x0280, 0);
    define(pmbase, 4, 1, 0xFFC0);
    define(devactb, 4, apmc_enabled, static_cast<u32>(~apmc_enabled));
    define(pmregmisc, 1, 0, 0x01);
    define(smbba, 4, 1, 0xFFF0);
    define(smbhstcfg, 1, 0, 0x0F);
    m_state.overflows = timer() / overflow_ticks;
}

void Piix4Pm::reset() {
    reset_config();
    m_state = {};
    m_state.overflows = timer() / overflow_ticks;
    move_ports();
    update_sci();
}

// ---- events -------------------------------------------------------------------------------------------------------

void Piix4Pm::press_power_button() {
    m_state.status |= status_power_button;
    update_sci();
}

void Piix4Pm::rtc_alarm() {
    m_state.status |= status_rtc;
    update_sci();
}

void Piix4Pm::collect_overflow() {
    const u64 overflows = timer() / overflow_ticks;
    if (overflows != m_state.overflows) m_state.status |= status_timer;
    m_state.overflows = overflows;
}

void Piix4Pm::update_sci() {
    const bool sci_enabled = m_state.control & control_sci;
    m_wires.sci.set(sci_enabled && (m_state.status & m_state.enable & enable_bits));
    if (sci_enabled && (m_state.enable & status_timer) && !(m_state.status & status_timer)) {
        m_clock.arm(m_overflow_timer, time_of_tick((m_state.overflows + 1) * overflow_ticks, timer_hz));
    } else {
        m_clock.cancel(m_overflow_timer);
    }
}

// ---- where the blocks are -----------------------------------------------------------------------------------------

void Piix4Pm::config_written(u8, unsigned) { move_ports(); }

void Piix4Pm::move_ports() {
    const auto place = [this](std::optional<u16>& at, RegisterBlock& block, u8 base, u32 mask, u8 enable, u16 size) {
        const u16 wanted = static_cast<u16>(config_value(base, 2) & mask);
        // Port 0 is where a base register stands that nobody has set.
        const std::optional<u16> to = (config_byte(enable) & 1) && wanted ? std::optional<u16>(wanted) : std::nullopt;
        if (to == at) return;
        at = to;
        m_wires.ports_moved(block, to, size);
    };
    place(m_pm_base, m_pm_ports, pmbase, 0xFFC0, pmregmisc, pm_size);
    place(m_smbus_base, m_smbus_ports, smbba, 0xFFF0, smbhstcfg, smbus_size);
}

// ---- read ---------------------------------------------------------------------------------------------------------

u8 Piix4Pm::read_pm(unsigned offset) {
    if (offset < pm_enable) {
        collect_overflow();
        update_sci();
        return byte_of(m_state.status, offset);
    }
    if (offset < pm_control) return byte_of(m_state.enable, offset - pm_enable);
    if (offset < pm_control + 2) return byte_of(m_state.control, offset - pm_control);
    if (offset >= pm_timer && offset < pm_timer + 3) return static_cast<u8>(m_timer_read >> (offset - pm_timer) * 8);
    if (offset >= gpe_enable && offset < processor_control) return byte_of(m_state.gpe_enable, offset - gpe_enable);
    return m_state.rest[offset];
}

// ---- write --------------------------------------------------------------------------------------------------------

void Piix4Pm::write_pm(unsigned offset, u8 value) {
    collect_overflow();
    if (offset < pm_enable) {
        u16 clear = 0;
        set_byte(clear, offset, value);
        m_state.status = static_cast<u16>(m_state.status & ~(clear & status_bits));
    } else if (offset < pm_control) {
        set_byte(m_state.enable, offset - pm_enable, value);
        m_state.enable &= enable_bits;
    } else if (offset == pm_control) {
        m_state.control = static_cast<u16>((m_state.control & 0xFF00) | (value & low(control_bits)));
    } else if (offset == pm_control + 1) {
        return write_control(value);
    } else if (offset >= gpe_enable && offset < processor_control) {
        set_byte(m_state.gpe_enable, offset - gpe_enable, value);
    } else {
        const bool memory = (offset >= processor_control && offset < processor_control + 4) ||
                            (offset >= global_enable && offset < general_input) ||
                            (offset >= general_output && offset < rest_end);
        if (memory) m_state.rest[offset] = value;
        // BIOS_RLS: the firmware releases the global lock.
        if (offset == global_control && (value & 2)) m_state.status |= status_global;
    }
    update_sci();
}

void Piix4Pm::write_control(u8 value) {
    m_state.control = static_cast<u16>((m_state.control & 0x00FF) | ((value << 8) & control_bits));
    update_sci();
    // SUS_EN is not kept: it starts the sleep.
    if (value & high(control_sleep)) m_wires.sleep_requested(value >> 2 & 7);
}

void Piix4Pm::write_smi(unsigned offset, u8 value) {
    m_state.smi[offset] = value;
    if (offset != 0) return;
    if (value == acpi_enable) m_state.control |= control_sci;
    if (value == acpi_disable) m_state.control = static_cast<u16>(m_state.control & ~control_sci);
    update_sci();
}

// ---- SMBus host: every address answers with silence ---------------------------------------------------------------

u8 Piix4Pm::read_smbus(unsigned offset) const { return m_state.smbus[offset]; }

void Piix4Pm::write_smbus(unsigned offset, u8 value) {
    auto& registers = m_state.smbus;
    if (offset == smbus_status) {
        registers[smbus_status] &= static_cast<u8>(~(value & smbus_status_bits));
    } else if (offset == smbus_control) {
        registers[smbus_control] = value & static_cast<u8>(~(smbus_start | smbus_kill));
        if (value & smbus_kill) registers[smbus_status] |= smbus_failed;
        if (value & smbus_start) registers[smbus_status] |= smbus_device_error;
    } else {
        registers[offset] = value;
    }
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Piix4Pm::archive(Archive& ar) {
    State& s = m_state;
    archive_config(ar);
    ar(s.status, s.enable, s.control, s.gpe_enable, s.overflows, s.rest, s.smbus, s.smi);
    ar.check((s.status & ~status_bits) == 0 && (s.enable & ~enable_bits) == 0 && (s.control & ~control_bits) == 0,
             "PM registers");
    ar.check(s.overflows < u64{1} << 32, "PM timer");
    if (ar.is_loading() && ar.ok()) move_ports();
}

} // namespace ringshift
