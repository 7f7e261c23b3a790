// Fixed-width integers and the two address types that must never be mixed up.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace ringshift {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

inline constexpr u64 page_size = 4096;
inline constexpr u64 page_mask = page_size - 1;

/// A guest linear address: after segmentation, before paging (SDM vol. 3A, 3.1).
struct LinearAddr {
    u64 value = 0;
    constexpr LinearAddr() = default;
    constexpr explicit LinearAddr(u64 v) : value(v) {}
    constexpr auto operator<=>(const LinearAddr&) const = default;
    constexpr LinearAddr operator+(u64 n) const { return LinearAddr(value + n); }
    constexpr u64 page() const { return value >> 12; }
    constexpr u64 offset() const { return value & page_mask; }
};

/// A guest physical address: after paging and A20.
struct PhysAddr {
    u64 value = 0;
    constexpr PhysAddr() = default;
    constexpr explicit PhysAddr(u64 v) : value(v) {}
    constexpr auto operator<=>(const PhysAddr&) const = default;
    constexpr PhysAddr operator+(u64 n) const { return PhysAddr(value + n); }
    constexpr u64 page() const { return value >> 12; }
    constexpr u64 offset() const { return value & page_mask; }
};

} // namespace ringshift
