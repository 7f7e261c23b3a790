// Port 80: the last power-on self-test code; written also as a short delay by every operating system.
#pragma once

#include "devices/byte_registers.h"

namespace ringshift {

/// A latch of one byte; serves as well for port ED, the other delay port.
class PostCode final : public Device {
  public:
    explicit PostCode(std::string_view name = "post80")
        : m_name(name),
          m_ports(
              1, [this](unsigned) { return m_state.code; }, [this](unsigned, u8 value) { m_state.code = value; }) {}

    RegisterBlock& ports() { return m_ports; }
    u8 code() const { return m_state.code; }

    std::string_view name() const override { return m_name; }
    void reset() override { m_state = {}; }
    void archive(Archive& ar) override { ar(m_state.code); }

  private:
    std::string m_name;
    ByteRegisters m_ports;
    struct State {
        u8 code = 0;
    } m_state;
};

} // namespace ringshift
