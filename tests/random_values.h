// Random operands with the corner cases of integers and of the floating-point formats.
#pragma once

#include "base/types.h"

#include <array>
#include <cstring>
#include <random>

namespace ringshift {

class RandomValues {
  public:
    explicit RandomValues(u64 seed) : m_random(seed) {}
    u64 bits() { return m_random(); }
    unsigned below(std::size_t n) { return static_cast<unsigned>(m_random() % n); }
    bool chance(unsigned n) { return below(n) == 0; }
    u32 integer();
    u32 f32();
    u64 f64();
    u64 f64_or_pair() { return below(2) ? f64() : f32() | u64{f32()} << 32; }
    std::array<u8, 10> f80();

  private:
    std::mt19937_64 m_random;
};

inline u32 RandomValues::integer() {
    static constexpr u32 corners[] = {0,      1,      2,      0x7F,       0x80,       0xFF,
                                      0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    return chance(3) ? corners[below(std::size(corners))] : static_cast<u32>(m_random());
}

inline u32 RandomValues::f32() {
    static constexpr u32 corners[] = {0,          0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000,
                                      0x7FC00000, 0x7F800001, 0xFFA00000, 1,          0x007FFFFF, 0x00800000,
                                      0x7F7FFFFF, 0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x00800001, 0x33800000};
    return below(3) ? corners[below(std::size(corners))] : static_cast<u32>(m_random());
}

inline u64 RandomValues::f64() {
    static constexpr u64 corners[] = {0,
                                      u64{1} << 63,
                                      0x3FF0000000000000,
                                      0xBFF0000000000000,
                                      0x7FF0000000000000,
                                      0x7FF8000000000000,
                                      0x7FF0000000000001,
                                      1,
                                      0x000FFFFFFFFFFFFF,
                                      0x0010000000000000,
                                      0x7FEFFFFFFFFFFFFF,
                                      0x41E0000000000000,
                                      0x43E0000000000000,
                                      0x3810000000000000,
                                      0x36A0000000000000,
                                      0x380FFFFFFFFFFFFF,
                                      0x47EFFFFFFFFFFFFF};
    return below(3) ? corners[below(std::size(corners))] : m_random();
}

inline std::array<u8, 10> RandomValues::f80() {
    static constexpr u16 exponents[] = {0, 1, 0x3FFF, 0x4000, 0x7FFE, 0x7FFF, 0x401E, 0x403E, 0x3C01, 0x3F81, 0x43FE};
    static constexpr u64 significands[] = {0,
                                           u64{1} << 63,
                                           0xC000000000000000,
                                           ~u64{0},
                                           1,
                                           0x8000000000000001,
                                           0x4000000000000000,
                                           0xFFFFFFFFFFFFF800,
                                           0xFFFFFF0000000000};
    u64 significand = below(3) ? significands[below(std::size(significands))] : m_random();
    const u16 exponent = below(4) ? exponents[below(std::size(exponents))] : static_cast<u16>(m_random() & 0x7FFF);
    if (below(4) && exponent) significand |= u64{1} << 63;
    const u16 high = static_cast<u16>(exponent | below(2) << 15);
    std::array<u8, 10> value;
    std::memcpy(value.data(), &significand, 8);
    std::memcpy(value.data() + 8, &high, 2);
    return value;
}

} // namespace ringshift
