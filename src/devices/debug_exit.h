// isa-debug-exit: a guest test ends the virtual machine with a status of its choice.
#pragma once

#include "base/device.h"

namespace ringshift {

class DebugExit final : public Device {
  public:
    /// `exit` is given the status of the process, odd and never 0: `(value << 1) | 1`.
    explicit DebugExit(std::function<void(int status)> exit)
        : m_ports([](u64, unsigned) { return u64{0}; },
                  [exit = std::move(exit)](u64 offset, unsigned, u64 value) {
                      if (offset == 0) exit(static_cast<int>((value & 0x3FFFFFFF) << 1 | 1));
                  }) {}

    RegisterBlock& ports() { return m_ports; } ///< ports F4-F7 by custom

    std::string_view name() const override { return "debugexit"; }
    void reset() override {}
    void archive(Archive&) override {}

  private:
    FunctionRegisters m_ports;
};

} // namespace ringshift
