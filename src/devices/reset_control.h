// PIIX3's reset control register (CF9h).
#pragma once

#include "devices/byte_registers.h"

namespace ringshift {

enum class ResetType {
    Cpu, ///< INIT: the CPU alone
    Hard ///< RESET#: the whole board
};

/// One byte at CF9, inside the doubleword of PCI's CF8: the machine routes byte accesses here.
class ResetControl final : public Device {
  public:
    explicit ResetControl(std::function<void(ResetType)> reset_requested);

    RegisterBlock& ports() { return m_ports; } ///< port CF9

    std::string_view name() const override { return "resetctl"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    void write(u8 value);

    std::function<void(ResetType)> m_reset_requested;
    ByteRegisters m_ports;
    struct State {
        u8 value = 0;
    } m_state;
};

} // namespace ringshift
