// System control port A (92h): fast A20 gate and fast CPU reset.
#pragma once

#include "devices/byte_registers.h"

namespace ringshift {

class Port92 final : public Device {
  public:
    /// `set_a20` and `reset_requested` are called when the guest asks for it, between two instructions of the guest.
    Port92(std::function<void(bool)> set_a20, std::function<void()> reset_requested);

    RegisterBlock& ports() { return m_ports; } ///< port 92
    /// The A20 gate has another driver, the keyboard controller; the machine tells each what the other did.
    void note_a20(bool enabled);

    std::string_view name() const override { return "port92"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    u8 read() const;
    void write(u8 value);

    std::function<void(bool)> m_set_a20;
    std::function<void()> m_reset_requested;
    ByteRegisters m_ports;
    struct State {
        u8 value = 0x02;
    } m_state;
};

} // namespace ringshift
