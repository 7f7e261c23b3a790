// A 64-bit checksum against damage and for comparing states; not against forgery.
#pragma once

#include "base/types.h"

#include <span>

namespace ringshift {

class Checksum {
  public:
    /// Every call takes its bytes as a run of its own: the split matters, so use the same one on both sides.
    void add(std::span<const u8> bytes);
    void add(u64 value) { mix(value); }
    u64 value() const { return m_state; }

    static u64 of(std::span<const u8> bytes) {
        Checksum sum;
        sum.add(bytes);
        return sum.value();
    }

  private:
    // Each step is a bijection of the state for equal input and of the input for equal state, so no single changed
    // word can cancel out.
    void mix(u64 word) {
        m_state = (m_state ^ word) * 0x9E3779B97F4A7C15u;
        m_state ^= m_state >> 29;
    }
    u64 m_state = 0x243F6A8885A308D3u;
};

} // namespace ringshift
