// Function 3 of PIIX4 (82371AB): ACPI power management, its timer, and an SMBus without devices.
#pragma once

#include "devices/byte_registers.h"
#include "devices/pci.h"

#include <optional>

namespace ringshift {

/// PCI 8086:7113. Its two I/O blocks are not behind BARs but behind registers of its own: PMBASE (40h, enabled by bit 0
/// of PMREGMISC, 80h) and SMBBA (90h, enabled by bit 0 of SMBHSTCFG, D2h).
class Piix4Pm final : public Device, public PciFunction {
  public:
    static constexpr u64 timer_hz = 3'579'545;
    static constexpr u16 pm_size = 64;
    static constexpr u16 smbus_size = 16;
    // Offsets in the power management block, for the FADT.
    static constexpr u16 pm1_event_offset = 0x00;
    static constexpr u16 pm1_control_offset = 0x04;
    static constexpr u16 pm_timer_offset = 0x08;
    static constexpr u16 gpe0_offset = 0x0C;
    // What the FADT names as SMI_CMD values: there is no SMM, writing them to port B2 switches SCI_EN directly.
    static constexpr u8 acpi_enable = 0xF1;
    static constexpr u8 acpi_disable = 0xF0;

    struct Wires {
        IrqLine& sci; ///< IRQ 9, level
        /// The guest has entered a sleep state; `type` is SLP_TYP (0 is soft off, S5, on this chip).
        std::function<void(u8 type)> sleep_requested;
        /// One of pm_registers() and smbus_registers() is to be at `base` in port space from now on, or nowhere.
        std::function<void(RegisterBlock& block, std::optional<u16> base, u16 size)> ports_moved;
    };
    Piix4Pm(Clock& clock, Wires wires);

    RegisterBlock& pm_registers() { return m_pm_ports; }
    RegisterBlock& smbus_registers() { return m_smbus_ports; }
    RegisterBlock& smi_command() { return m_smi_ports; } ///< ports B2-B3

    /// The user has pushed the power button; an ACPI guest shuts itself down.
    void press_power_button();
    /// The RTC's alarm, which is an ACPI event of its own.
    void rtc_alarm();

    std::string_view name() const override { return "piix4pm"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    u8 read_pm(unsigned offset);
    void write_pm(unsigned offset, u8 value);
    void write_control(u8 value);
    u8 read_smbus(unsigned offset) const;
    void write_smbus(unsigned offset, u8 value);
    void write_smi(unsigned offset, u8 value);
    void config_written(u8 offset, unsigned size) override;
    void move_ports();

    u64 timer() const { return ticks_at(m_clock.now(), timer_hz); }
    /// Notes whether the timer's highest bit has changed since the last look.
    void collect_overflow();
    void update_sci();

    Clock& m_clock;
    Wires m_wires;
    TimerId m_overflow_timer;
    u64 m_timer_read = 0; // timer() at the moment of the current access: all bytes must be of the same count
    ByteRegisters m_pm_bytes;
    FunctionRegisters m_pm_ports;
    ByteRegisters m_smbus_ports;
    ByteRegisters m_smi_ports;
    std::optional<u16> m_pm_base; // where the machine has the blocks: follows from configuration space
    std::optional<u16> m_smbus_base;
    struct State {
        u16 status = 0;
        u16 enable = 0;
        u16 control = 0;
        u16 gpe_enable = 0;
        u64 overflows = 0;              // changes of the timer's highest bit that `status` has told
        std::array<u8, pm_size> rest{}; // registers that are only memory
        std::array<u8, smbus_size> smbus{};
        std::array<u8, 2> smi{};
    } m_state;
};

} // namespace ringshift
