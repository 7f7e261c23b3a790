// The local APIC of one CPU (xAPIC).
#pragma once

#include "base/device.h"
#include "devices/apic_bus.h"

#include <array>
#include <bit>

namespace ringshift {

/// 256 interrupt vectors, as the IRR, ISR and TMR hold them.
struct VectorSet {
    std::array<u32, 8> words{};
    bool test(u8 vector) const { return words[vector / 32] >> vector % 32 & 1; }
    void set(u8 vector) { words[vector / 32] |= u32{1} << vector % 32; }
    void clear(u8 vector) { words[vector / 32] &= ~(u32{1} << vector % 32); }
    /// The highest vector in the set, or -1.
    int highest() const {
        for (int i = 7; i >= 0; --i) {
            const u32 word = words[static_cast<unsigned>(i)];
            if (word) return i * 32 + 31 - std::countl_zero(word);
        }
        return -1;
    }
    void archive(Archive& ar) { ar(words); }
};

class LocalApic final : public Device, public ApicAgent {
  public:
    /// The clock of the timer, before its divider.
    static constexpr u64 bus_hz = 100'000'000;
    static constexpr u64 register_space = 0x1000;
    static constexpr u64 default_base = 0xFEE0'0000;
    /// acknowledge(): the interrupt is the PIC's.
    static constexpr int ask_pic = -1;

    /// The wires to the CPU. `init` and `startup` (a SIPI with its vector) only happen between instructions.
    struct CpuWires {
        IrqLine& intr; ///< high while an interrupt can be acknowledged, if the CPU's IF allows
        std::function<void()> nmi;
        std::function<void()> init;
        std::function<void(u8 vector)> startup;
    };
    /// `name` as in Device::name(): "lapic0". The bootstrap processor's LINT0 starts as ExtINT (virtual wire mode).
    LocalApic(std::string_view name, u8 id, bool bootstrap, Clock& clock, ApicBus& bus, CpuWires wires);

    IrqLine& lint0() { return m_lint0; } ///< from the PIC
    IrqLine& lint1() { return m_lint1; } ///< NMI

    /// The interrupt acknowledge of the CPU, while INTR is high: the vector, or ask_pic.
    int acknowledge();

    /// 4 KiB at base(), while enabled(); the machine moves and removes it.
    RegisterBlock& registers() { return m_registers; }
    /// IA32_APIC_BASE (MSR 1Bh).
    u64 base_msr() const { return m_state.base_msr; }
    /// Whether the value is allowed; if not (reserved bits, x2APIC) nothing has happened and the guest gets #GP.
    bool write_base_msr(u64 value);
    u64 base() const { return m_state.base_msr & ~u64{0xFFF}; }
    bool enabled() const;
    u8 id() const { return m_state.id; }
    u8 task_priority() const { return m_state.tpr; }
    /// CR8 in long mode writes bits 7:4 of the task priority.
    void set_task_priority(u8 value);
    /// What an INIT does: everything but the ID and IA32_APIC_BASE.
    void init_reset();

    bool matches(const ApicMessage& message) const override;
    u8 processor_priority() const override;
    bool accept(const ApicMessage& message) override;

    std::string_view name() const override { return m_name; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    enum Lvt : unsigned { lvt_timer, lvt_thermal, lvt_performance, lvt_lint0, lvt_lint1, lvt_error, lvt_count };
    struct Lint final : IrqLine {
        LocalApic* apic = nullptr;
        unsigned n = 0;
        void set(bool level) override { apic->set_lint(n, level); }
    };

    bool software_enabled() const;
    int deliverable() const;
    bool ext_int_pending() const;
    void request(u8 vector, bool level_triggered);
    void update_intr();
    void set_lint(unsigned n, bool level);
    void end_of_interrupt();
    void error(u32 bit);
    void send_ipi();

    u32 read(u64 offset);
    void write(u64 offset, u32 value);
    void write_spurious(u32 value);
    void write_lvt(unsigned entry, u32 value);

    u64 timer_tick_ns() const;
    bool timer_periodic() const;
    bool timer_requests() const; ///< whether an expiry would request an interrupt that is not requested yet
    u32 timer_count(u64 now) const;
    void restart_timer(u32 count, u64 now);
    void advance_timer(u64 now);
    void arm_timer(u64 now);

    std::string m_name;
    u8 m_initial_id;
    bool m_bootstrap;
    Clock& m_clock;
    ApicBus& m_bus;
    CpuWires m_wires;
    TimerId m_timer;
    Lint m_lint0;
    Lint m_lint1;
    FunctionRegisters m_registers;
    struct State {
        u64 base_msr = default_base;
        u8 id = 0;
        u8 tpr = 0;
        u32 ldr = 0;
        u32 dfr = 0xFFFF'FFFF;
        u32 spurious = 0xFF;
        VectorSet irr, isr, tmr;
        u32 error_status = 0; // as the guest reads it
        u32 errors = 0;       // since its last write
        u32 icr_low = 0;
        u32 icr_high = 0;
        std::array<u32, lvt_count> lvt{};
        bool ext_int = false; // an ExtINT message of the IO-APIC waits for its acknowledge
        std::array<bool, 2> lint{};
        u32 initial_count = 0;
        u32 divide = 0;
        u32 start_count = 0; // the count that the timer had ...
        u64 start_ns = 0;    // ... at this time
    } m_state;
};

} // namespace ringshift
