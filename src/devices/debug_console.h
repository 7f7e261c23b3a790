// Port E9: what is written goes to the host; a read answers E9, by which guests find it.
#pragma once

#include "devices/byte_registers.h"

namespace ringshift {

class DebugConsole final : public Device {
  public:
    explicit DebugConsole(ByteSink& sink)
        : m_ports(
              1, [](unsigned) { return u8{0xE9}; }, [&sink](unsigned, u8 value) { sink.put(value); }) {}

    RegisterBlock& ports() { return m_ports; } ///< port E9

    std::string_view name() const override { return "debugcon"; }
    void reset() override {}
    void archive(Archive&) override {}

  private:
    ByteRegisters m_ports;
};

} // namespace ringshift
