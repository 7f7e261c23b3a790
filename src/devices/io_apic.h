// The IO-APIC 82093AA: 24 inputs that become messages to the local APICs.
#pragma once

#include "base/device.h"
#include "devices/apic_bus.h"

#include <array>

namespace ringshift {

/// Inputs are wires: reset() forgets their levels, so the machine resets the IO-APIC before the devices that drive it.
class IoApic final : public Device, public ApicEoiListener {
  public:
    static constexpr unsigned input_count = 24;
    static constexpr u64 register_space = 0x1000;

    explicit IoApic(ApicBus& bus);

    IrqLine& input(unsigned n) { return m_inputs[n]; }
    RegisterBlock& registers() { return m_registers; } ///< 4 KiB at FEC00000
    void end_of_interrupt(u8 vector) override;

    std::string_view name() const override { return "ioapic"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    struct Input final : IrqLine {
        IoApic* apic = nullptr;
        unsigned n = 0;
        void set(bool level) override { apic->set_input(n, level); }
    };

    u32 read(u64 offset);
    void write(u64 offset, u32 value);
    u32 read_indirect() const;
    void write_indirect(u32 value);
    void set_input(unsigned n, bool level);
    bool send(u64 entry);
    void service_level(unsigned n);

    ApicBus& m_bus;
    std::array<Input, input_count> m_inputs;
    FunctionRegisters m_registers;
    struct State {
        u8 select = 0;
        u8 id = 0;
        u32 lines = 0;
        std::array<u64, input_count> entries;
        State();
    } m_state;
};

} // namespace ringshift
