// Guest memory as instructions see it: segment check, TLB, and the slow path. Inline because every memory operand of
// the interpreter comes through here.
#pragma once

#include "cpu/cpu.h"

namespace ringshift {

namespace detail {
inline bool within(const Segment& segment, u32 offset, unsigned size, i64 span) {
    return static_cast<i64>(static_cast<u32>(offset - segment.low)) + static_cast<i64>(size - 1) <= span;
}
} // namespace detail

template <typename T>
Maybe<T> Cpu::read(SegmentName name, u32 offset) {
    const Segment& segment = state.segment(name);
    if (!detail::within(segment, offset, sizeof(T), segment.read_span)) [[unlikely]]
        return segment_fault(name);
    const LinearAddr address(static_cast<u32>(segment.base + offset));
    T value;
    if (const u8* host = mmu.fast_read(address, sizeof(T), state.cpl == 3)) [[likely]] {
        std::memcpy(&value, host, sizeof(T));
        return value;
    }
    if (!read_slow(address, &value, sizeof(T))) return Raised{};
    return value;
}

template <typename T>
Maybe<void> Cpu::write(SegmentName name, u32 offset, T value) {
    const Segment& segment = state.segment(name);
    if (!detail::within(segment, offset, sizeof(T), segment.write_span)) [[unlikely]]
        return segment_fault(name);
    const LinearAddr address(static_cast<u32>(segment.base + offset));
    if (u8* host = mmu.fast_write(address, sizeof(T), state.cpl == 3)) [[likely]] {
        std::memcpy(host, &value, sizeof(T));
        return {};
    }
    if (!write_slow(address, &value, sizeof(T))) return Raised{};
    return {};
}

inline Maybe<const u8*> Cpu::view(SegmentName name, u32 offset, unsigned size, u8* buffer) {
    const Segment& segment = state.segment(name);
    if (!detail::within(segment, offset, size, segment.read_span)) [[unlikely]]
        return segment_fault(name);
    const LinearAddr address(static_cast<u32>(segment.base + offset));
    if (const u8* host = mmu.fast_read(address, size, state.cpl == 3)) [[likely]]
        return host;
    if (!read_slow(address, buffer, size)) return Raised{};
    return buffer;
}

template <typename T>
Maybe<Cpu::Place<T>> Cpu::open(SegmentName name, u32 offset) {
    const Segment& segment = state.segment(name);
    if (!detail::within(segment, offset, sizeof(T), segment.write_span)) [[unlikely]]
        return segment_fault(name);
    Place<T> place{};
    place.linear = LinearAddr(static_cast<u32>(segment.base + offset));
    place.host = mmu.fast_write(place.linear, sizeof(T), state.cpl == 3);
    if (place.host) [[likely]] {
        std::memcpy(&place.value, place.host, sizeof(T));
        return place;
    }
    if (!check_access(place.linear, sizeof(T), {AccessKind::Write, data_privilege()}).ok) return Raised{};
    if (!read_slow(place.linear, &place.value, sizeof(T))) return Raised{};
    return place;
}

template <typename T>
Maybe<void> Cpu::store(const Place<T>& place, T value) {
    if (place.host) [[likely]] {
        std::memcpy(place.host, &value, sizeof(T));
        return {};
    }
    if (!write_slow(place.linear, &value, sizeof(T))) return Raised{};
    return {};
}

template <typename T>
Maybe<T> Cpu::read_system(LinearAddr address) {
    T value{};
    if (const u8* host = mmu.fast_read(address, sizeof(T), false)) [[likely]] {
        std::memcpy(&value, host, sizeof(T));
        return value;
    }
    const MemoryOutcome outcome =
        mmu.read(address, {reinterpret_cast<u8*>(&value), sizeof value}, Privilege::ImplicitSupervisor);
    if (!outcome.ok) return raise_page_fault(outcome);
    return value;
}

template <typename T>
Maybe<void> Cpu::write_system(LinearAddr address, T value) {
    if (u8* host = mmu.fast_write(address, sizeof(T), false)) [[likely]] {
        std::memcpy(host, &value, sizeof(T));
        return {};
    }
    const MemoryOutcome outcome =
        mmu.write(address, {reinterpret_cast<const u8*>(&value), sizeof value}, Privilege::ImplicitSupervisor);
    if (!outcome.ok) return raise_page_fault(outcome);
    return {};
}

template <typename T>
Maybe<void> Cpu::push(T value) {
    const u32 sp = stack_pointer();
    const u32 top = stack_offset(sp - static_cast<u32>(sizeof(T)));
    GUEST_TRY(write<T>(SegmentName::ss, top, value));
    set_stack_pointer(top);
    return {};
}

template <typename T>
Maybe<T> Cpu::peek(u32 displacement) {
    return read<T>(SegmentName::ss, stack_offset(stack_pointer() + displacement));
}

} // namespace ringshift
