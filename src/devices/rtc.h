// MC146818 real-time clock with its battery-backed CMOS memory, 256 bytes in two banks.
#pragma once

#include "devices/byte_registers.h"

#include <array>

namespace ringshift {

/// Time and memory are kept over reset(), as by the battery.
class Rtc final : public Device {
  public:
    /// The clock starts at `epoch_seconds` since 1970, in whatever zone the guest expects (UTC or local), 0..9999 AD.
    Rtc(Clock& clock, IrqLine& irq, i64 epoch_seconds);

    RegisterBlock& ports() { return m_ports; }                   ///< ports 70-71
    RegisterBlock& extended_ports() { return m_extended_ports; } ///< ports 72-73: index 0..255

    /// Memory as the firmware finds it. `index` 0x0E..0xFF; the clock's own registers cannot be set.
    void set_cmos(u8 index, u8 value);
    u8 cmos(u8 index) const { return m_state.memory[index]; }
    /// Port 70 bit 7: the board keeps NMIs from the CPU.
    bool nmi_masked() const { return m_state.nmi_masked; }

    std::string_view name() const override { return "rtc"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    struct Fields {
        unsigned second, minute, hour, weekday, day, month, year, century;
    };
    void set_time(i64 epoch_seconds);
    unsigned decode(u8 value) const;
    u8 encode(unsigned value) const;
    Fields fields() const;
    void set_fields(const Fields& f);
    void tick();
    bool alarm_matches() const;

    u8 read_data(u8 index);
    u8 read_flags();
    void write_data(u8 index, u8 value);
    void write_a(u8 value);
    void write_b(u8 value);
    bool divider_held() const;
    bool update_in_progress() const;
    u64 period_ticks() const;
    u64 periods_passed() const;
    void collect_periodic();
    u64 next_update() const;
    void on_update();
    void arm_update();
    void arm_periodic();
    void raise(u8 flag);
    void update_irq();

    Clock& m_clock;
    IrqLine& m_irq;
    TimerId m_update_timer;
    TimerId m_periodic_timer;
    ByteRegisters m_ports;
    ByteRegisters m_extended_ports;
    struct State {
        std::array<u8, 256> memory{};
        u8 index = 0;
        u8 extended_index = 0;
        bool nmi_masked = false;
        i64 divider_base = 0; // ns: when the divider chain was at zero; may be before power-on
        u64 updates = 0;      // seconds since divider_base that the time has been advanced by
        u64 periods = 0;      // periodic interrupts since divider_base that the flag has told
    } m_state;
};

} // namespace ringshift
