// Moves, exchanges, extensions, conditional moves and sets, addresses, flags to and from AH.
#include "cpu/interp/conditions.h"
#include "cpu/interp/far.h"
#include "cpu/interp/host_alu.h"
#include "cpu/interp/operands.h"
#include "cpu/interp/system.h"

#include <bit>

namespace ringshift {

namespace {

template <typename T, typename Destination, typename Source>
Step move(Cpu& cpu, const Insn& insn) {
    const T value = GUEST_TRY((read_operand<T, Source, 1>(cpu, insn)));
    GUEST_TRY((write_operand<T, Destination, 0>(cpu, insn, value)));
    return Flow::next;
}

/// MOVZX and MOVSX: To from From.
template <typename To, typename From, typename Source, bool is_signed>
Step extend(Cpu& cpu, const Insn& insn) {
    const From value = GUEST_TRY((read_operand<From, Source, 1>(cpu, insn)));
    if constexpr (is_signed)
        set_reg_at<To>(cpu.state, insn.op(0).slot, static_cast<To>(static_cast<std::make_signed_t<From>>(value)));
    else
        set_reg_at<To>(cpu.state, insn.op(0).slot, static_cast<To>(value));
    return Flow::next;
}

template <typename To, typename From, bool is_signed>
Handler select_extend_from(const Insn& insn) {
    return in_memory(insn.op(1)) ? extend<To, From, InMemory, is_signed> : extend<To, From, InRegister, is_signed>;
}

template <bool is_signed>
Handler select_extend(const Insn& insn) {
    if (insn.op(0).size == 2)
        return insn.op(1).size == 1 ? select_extend_from<u16, u8, is_signed>(insn)
                                    : select_extend_from<u16, u16, is_signed>(insn);
    return insn.op(1).size == 1 ? select_extend_from<u32, u8, is_signed>(insn)
                                : select_extend_from<u32, u16, is_signed>(insn);
}

template <typename T>
Step load_address(Cpu& cpu, const Insn& insn) {
    set_reg_at<T>(cpu.state, insn.op(0).slot, static_cast<T>(cpu.effective_offset(insn)));
    return Flow::next;
}

template <typename T>
Step exchange_registers(Cpu& cpu, const Insn& insn) {
    const T a = reg_at<T>(cpu.state, insn.op(0).slot);
    const T b = reg_at<T>(cpu.state, insn.op(1).slot);
    set_reg_at<T>(cpu.state, insn.op(0).slot, b);
    set_reg_at<T>(cpu.state, insn.op(1).slot, a);
    return Flow::next;
}

/// The register may be operand 0 or 1.
template <typename T>
Step exchange_memory(Cpu& cpu, const Insn& insn) {
    const u8 slot = in_memory(insn.op(0)) ? insn.op(1).slot : insn.op(0).slot;
    const auto place = GUEST_TRY(open_memory<T>(cpu, insn));
    GUEST_TRY(cpu.store(place, reg_at<T>(cpu.state, slot)));
    set_reg_at<T>(cpu.state, slot, place.value);
    return Flow::next;
}

template <typename T, typename Destination>
Step exchange_add(Cpu& cpu, const Insn& insn) {
    const u8 slot = insn.op(1).slot;
    const T source = reg_at<T>(cpu.state, slot);
    u32 flags = cpu.state.arithmetic_flags;
    if constexpr (std::is_same_v<Destination, InMemory>) {
        const auto place = GUEST_TRY(open_memory<T>(cpu, insn));
        GUEST_TRY(cpu.store(place, host::add<T>(place.value, source, flags)));
        set_reg_at<T>(cpu.state, slot, place.value);
    } else {
        const T old = reg_at<T>(cpu.state, insn.op(0).slot);
        set_reg_at<T>(cpu.state, slot, old);
        set_reg_at<T>(cpu.state, insn.op(0).slot, host::add<T>(old, source, flags));
    }
    cpu.state.arithmetic_flags = flags;
    return Flow::next;
}

/// The destination is written in either case, with its own value if the comparison failed (SDM vol. 2A, CMPXCHG).
template <typename T, typename Destination>
Step compare_exchange(Cpu& cpu, const Insn& insn) {
    CpuState& state = cpu.state;
    const T accumulator = state.reg<T>(Gpr::ax);
    const T replacement = reg_at<T>(state, insn.op(1).slot);
    u32 flags = state.arithmetic_flags;
    T old;
    if constexpr (std::is_same_v<Destination, InMemory>) {
        const auto place = GUEST_TRY(open_memory<T>(cpu, insn));
        old = place.value;
        host::sub<T>(accumulator, old, flags);
        GUEST_TRY(cpu.store(place, (flags & flag::zf) ? replacement : old));
    } else {
        old = reg_at<T>(state, insn.op(0).slot);
        host::sub<T>(accumulator, old, flags);
        if (flags & flag::zf) set_reg_at<T>(state, insn.op(0).slot, replacement);
    }
    if (!(flags & flag::zf)) state.set_reg<T>(Gpr::ax, old);
    state.arithmetic_flags = flags;
    return Flow::next;
}

Step compare_exchange_8_bytes(Cpu& cpu, const Insn& insn) {
    CpuState& state = cpu.state;
    const auto place = GUEST_TRY(open_memory<u64>(cpu, insn));
    const u64 expected = (static_cast<u64>(state.reg<u32>(Gpr::dx)) << 32) | state.reg<u32>(Gpr::ax);
    const u64 replacement = (static_cast<u64>(state.reg<u32>(Gpr::cx)) << 32) | state.reg<u32>(Gpr::bx);
    const bool equal = place.value == expected;
    GUEST_TRY(cpu.store(place, equal ? replacement : place.value));
    if (equal) {
        state.arithmetic_flags |= flag::zf;
    } else {
        state.arithmetic_flags &= ~flag::zf;
        state.set_reg<u32>(Gpr::ax, static_cast<u32>(place.value));
        state.set_reg<u32>(Gpr::dx, static_cast<u32>(place.value >> 32));
    }
    return Flow::next;
}

template <typename T>
Step byte_swap(Cpu& cpu, const Insn& insn) {
    const u8 slot = insn.op(0).slot;
    if constexpr (sizeof(T) == 4)
        set_reg_at<u32>(cpu.state, slot, __builtin_bswap32(reg_at<u32>(cpu.state, slot)));
    else
        set_reg_at<u16>(cpu.state, slot, 0); // undefined by the manual; silicon clears the register
    return Flow::next;
}

template <typename T>
Step move_swapped(Cpu& cpu, const Insn& insn) { // MOVBE
    const auto swap = [](T v) {
        return static_cast<T>(sizeof(T) == 2 ? __builtin_bswap16(static_cast<u16>(v)) : __builtin_bswap32(v));
    };
    if (in_memory(insn.op(0))) {
        GUEST_TRY(write_memory<T>(cpu, insn, swap(reg_at<T>(cpu.state, insn.op(1).slot))));
    } else {
        set_reg_at<T>(cpu.state, insn.op(0).slot, swap(GUEST_TRY(read_memory<T>(cpu, insn))));
    }
    return Flow::next;
}

/// The source is read even if the condition is false; a 32-bit destination is written either way.
template <Condition condition, typename T, typename Source>
Step move_if(Cpu& cpu, const Insn& insn) {
    const T value = GUEST_TRY((read_operand<T, Source, 1>(cpu, insn)));
    if (holds<condition>(cpu.state.arithmetic_flags)) set_reg_at<T>(cpu.state, insn.op(0).slot, value);
    return Flow::next;
}

template <Condition condition>
Handler select_move_if(const Insn& insn) {
    if (insn.op(0).size == 2)
        return in_memory(insn.op(1)) ? move_if<condition, u16, InMemory> : move_if<condition, u16, InRegister>;
    return in_memory(insn.op(1)) ? move_if<condition, u32, InMemory> : move_if<condition, u32, InRegister>;
}

template <Condition condition, typename Destination>
Step set_if(Cpu& cpu, const Insn& insn) {
    const u8 value = holds<condition>(cpu.state.arithmetic_flags) ? 1 : 0;
    GUEST_TRY((write_operand<u8, Destination, 0>(cpu, insn, value)));
    return Flow::next;
}

Step sign_extend_byte(Cpu& cpu, const Insn&) { // CBW
    cpu.state.set_reg<u16>(Gpr::ax, static_cast<u16>(static_cast<i8>(cpu.state.reg<u8>(Gpr::ax))));
    return Flow::next;
}
Step sign_extend_word(Cpu& cpu, const Insn&) { // CWDE
    cpu.state.set_reg<u32>(Gpr::ax, static_cast<u32>(static_cast<i16>(cpu.state.reg<u16>(Gpr::ax))));
    return Flow::next;
}
Step sign_to_dx(Cpu& cpu, const Insn&) { // CWD
    cpu.state.set_reg<u16>(Gpr::dx, (cpu.state.reg<u16>(Gpr::ax) & 0x8000) ? 0xFFFF : 0);
    return Flow::next;
}
Step sign_to_edx(Cpu& cpu, const Insn&) { // CDQ
    cpu.state.set_reg<u32>(Gpr::dx, (cpu.state.reg<u32>(Gpr::ax) & 0x80000000) ? 0xFFFFFFFF : 0);
    return Flow::next;
}

Step translate_byte(Cpu& cpu, const Insn& insn) { // XLAT: AL = [eBX + AL]
    u32 offset = cpu.state.reg<u32>(Gpr::bx) + cpu.state.reg<u8>(Gpr::ax);
    if (insn.address_size == 2) offset &= 0xFFFF;
    cpu.state.set_reg<u8>(Gpr::ax, GUEST_TRY(cpu.read<u8>(insn.memory.segment, offset)));
    return Flow::next;
}

constexpr u32 flags_in_ah = flag::sf | flag::zf | flag::af | flag::pf | flag::cf;

Step load_ah_from_flags(Cpu& cpu, const Insn&) {
    set_reg_at<u8>(cpu.state, 1, static_cast<u8>((cpu.state.arithmetic_flags & flags_in_ah) | flag::always_one));
    return Flow::next;
}
Step store_ah_into_flags(Cpu& cpu, const Insn&) {
    u32& flags = cpu.state.arithmetic_flags;
    flags = (flags & ~flags_in_ah) | (reg_at<u8>(cpu.state, 1) & flags_in_ah);
    return Flow::next;
}
Step clear_carry(Cpu& cpu, const Insn&) {
    cpu.state.arithmetic_flags &= ~flag::cf;
    return Flow::next;
}
Step set_carry(Cpu& cpu, const Insn&) {
    cpu.state.arithmetic_flags |= flag::cf;
    return Flow::next;
}
Step complement_carry(Cpu& cpu, const Insn&) {
    cpu.state.arithmetic_flags ^= flag::cf;
    return Flow::next;
}
Step set_al_from_carry(Cpu& cpu, const Insn&) { // SALC
    cpu.state.set_reg<u8>(Gpr::ax, (cpu.state.arithmetic_flags & flag::cf) ? 0xFF : 0);
    return Flow::next;
}
Step no_operation(Cpu&, const Insn&) { return Flow::next; }

} // namespace

namespace select {
Handler mov(const Insn& insn) {
    for (const std::size_t n : {0, 1}) {
        switch (insn.op(n).kind) {
        case OperandKind::segment: return select_mov_segment(insn);
        case OperandKind::control: return select_mov_control(insn);
        case OperandKind::debug: return select_mov_debug(insn);
        default: break;
        }
    }
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        const bool immediate = insn.op(1).kind == OperandKind::immediate;
        if (in_memory(insn.op(0))) return immediate ? move<T, InMemory, Immediate> : move<T, InMemory, InRegister>;
        if (immediate) return move<T, InRegister, Immediate>;
        return in_memory(insn.op(1)) ? move<T, InRegister, InMemory> : move<T, InRegister, InRegister>;
    });
}
Handler movzx(const Insn& insn) { return select_extend<false>(insn); }
Handler movsx(const Insn& insn) { return select_extend<true>(insn); }
Handler lea(const Insn& insn) {
    if (!in_memory(insn.op(1)) && insn.op(1).kind != OperandKind::none) return nullptr;
    return insn.op(0).size == 2 ? load_address<u16> : load_address<u32>;
}
Handler xchg(const Insn& insn) {
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        return insn.has_memory() ? exchange_memory<T> : exchange_registers<T>;
    });
}
Handler xadd(const Insn& insn) {
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        return in_memory(insn.op(0)) ? exchange_add<T, InMemory> : exchange_add<T, InRegister>;
    });
}
Handler cmpxchg(const Insn& insn) {
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        return in_memory(insn.op(0)) ? compare_exchange<T, InMemory> : compare_exchange<T, InRegister>;
    });
}
Handler cmpxchg8b(const Insn&) { return compare_exchange_8_bytes; }
Handler bswap(const Insn& insn) { return insn.op(0).size == 2 ? byte_swap<u16> : byte_swap<u32>; }
Handler movbe(const Insn& insn) { return insn.op(0).size == 2 ? move_swapped<u16> : move_swapped<u32>; }
Handler cbw(const Insn&) { return sign_extend_byte; }
Handler cwde(const Insn&) { return sign_extend_word; }
Handler cwd(const Insn&) { return sign_to_dx; }
Handler cdq(const Insn&) { return sign_to_edx; }
Handler xlat(const Insn&) { return translate_byte; }
Handler lahf(const Insn&) { return load_ah_from_flags; }
Handler sahf(const Insn&) { return store_ah_into_flags; }
Handler clc(const Insn&) { return clear_carry; }
Handler stc(const Insn&) { return set_carry; }
Handler cmc(const Insn&) { return complement_carry; }
Handler salc(const Insn&) { return set_al_from_carry; }
Handler nop(const Insn&) { return no_operation; }

#define RINGSHIFT_CONDITION(suffix)                                                                                    \
    Handler cmov##suffix(const Insn& insn) { return select_move_if<Condition::suffix>(insn); }                         \
    Handler set##suffix(const Insn& insn) {                                                                            \
        return in_memory(insn.op(0)) ? set_if<Condition::suffix, InMemory> : set_if<Condition::suffix, InRegister>;    \
    }
RINGSHIFT_ALL_CONDITIONS(RINGSHIFT_CONDITION)
#undef RINGSHIFT_CONDITION
} // namespace select

} // namespace ringshift
