// Registers of one byte each, as on the 8-bit side of the ISA bus: a wider access is split into bytes, lowest first.
#pragma once

#include "base/device.h"

namespace ringshift {

class ByteRegisters final : public RegisterBlock {
  public:
    using Read = std::function<u8(unsigned offset)>;
    using Write = std::function<void(unsigned offset, u8 value)>;
    /// `count` registers; accesses beyond them read ones and are lost.
    ByteRegisters(unsigned count, Read read, Write write)
        : m_count(count), m_read(std::move(read)), m_write(std::move(write)) {}
    u64 read(u64 offset, unsigned size) override {
        u64 value = 0;
        for (unsigned i = 0; i < size; ++i) {
            const u64 byte = offset + i < m_count ? m_read(static_cast<unsigned>(offset) + i) : 0xFF;
            value |= byte << (8 * i);
        }
        return value;
    }
    void write(u64 offset, unsigned size, u64 value) override {
        for (unsigned i = 0; i < size && offset + i < m_count; ++i) {
            m_write(static_cast<unsigned>(offset) + i, static_cast<u8>(value >> (8 * i)));
        }
    }

  private:
    unsigned m_count;
    Read m_read;
    Write m_write;
};

} // namespace ringshift
