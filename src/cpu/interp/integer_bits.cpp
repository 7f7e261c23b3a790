// Shifts, rotates, bit tests, bit scans.
#include "cpu/interp/host_alu.h"
#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

#define RINGSHIFT_OPERATION(type, function)                                                                            \
    struct type {                                                                                                      \
        template <typename T>                                                                                          \
        static T apply(T a, u8 count, u32& flags) {                                                                    \
            return host::function<T>(a, count, flags);                                                                 \
        }                                                                                                              \
    };
RINGSHIFT_OPERATION(Rol, rol)
RINGSHIFT_OPERATION(Ror, ror)
RINGSHIFT_OPERATION(Rcl, rcl)
RINGSHIFT_OPERATION(Rcr, rcr)
RINGSHIFT_OPERATION(Shl, shl)
RINGSHIFT_OPERATION(Shr, shr)
RINGSHIFT_OPERATION(Sar, sar)
#undef RINGSHIFT_OPERATION

/// The count is CL or an immediate, both masked to 5 bits by the host's own instruction.
template <typename Operation, typename T, typename Destination, typename Count>
Step shift(Cpu& cpu, const Insn& insn) {
    u8 count;
    if constexpr (std::is_same_v<Count, Immediate>)
        count = static_cast<u8>(insn.immediate);
    else
        count = cpu.state.reg<u8>(Gpr::cx);
    return modify<T, Destination>(cpu, insn,
                                  [count](T a, u32& flags) { return Operation::template apply<T>(a, count, flags); });
}

template <typename Operation>
Handler select_shift(const Insn& insn) {
    const bool by_cl = insn.op(1).kind == OperandKind::gpr;
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        if (in_memory(insn.op(0)))
            return by_cl ? shift<Operation, T, InMemory, InRegister> : shift<Operation, T, InMemory, Immediate>;
        return by_cl ? shift<Operation, T, InRegister, InRegister> : shift<Operation, T, InRegister, Immediate>;
    });
}

template <typename T, typename Destination, bool right>
Step double_shift(Cpu& cpu, const Insn& insn) {
    const u8 count = insn.op(2).kind == OperandKind::gpr ? cpu.state.reg<u8>(Gpr::cx) : static_cast<u8>(insn.immediate);
    const T fill = reg_at<T>(cpu.state, insn.op(1).slot);
    return modify<T, Destination>(cpu, insn, [=](T a, u32& flags) {
        return right ? host::shrd<T>(a, fill, count, flags) : host::shld<T>(a, fill, count, flags);
    });
}

template <bool right>
Handler select_double_shift(const Insn& insn) {
    if (insn.op(0).size == 2)
        return in_memory(insn.op(0)) ? double_shift<u16, InMemory, right> : double_shift<u16, InRegister, right>;
    return in_memory(insn.op(0)) ? double_shift<u32, InMemory, right> : double_shift<u32, InRegister, right>;
}

struct Bt {
    static constexpr bool stores = false;
    template <typename T>
    static T apply(T a, T index, u32& flags) {
        return host::bt<T>(a, index, flags);
    }
};
struct Bts {
    static constexpr bool stores = true;
    template <typename T>
    static T apply(T a, T index, u32& flags) {
        return host::bts<T>(a, index, flags);
    }
};
struct Btr {
    static constexpr bool stores = true;
    template <typename T>
    static T apply(T a, T index, u32& flags) {
        return host::btr<T>(a, index, flags);
    }
};
struct Btc {
    static constexpr bool stores = true;
    template <typename T>
    static T apply(T a, T index, u32& flags) {
        return host::btc<T>(a, index, flags);
    }
};

/// With a memory operand and a register index the operand is a bit string: the index is signed and may reach far beyond
/// the addressed word (SDM vol. 2A, BT).
template <typename Operation, typename T>
Step bit_in_memory(Cpu& cpu, const Insn& insn) {
    constexpr T mask = 8 * sizeof(T) - 1;
    u32 offset = cpu.effective_offset(insn);
    T index;
    if (insn.op(1).kind == OperandKind::gpr) {
        index = reg_at<T>(cpu.state, insn.op(1).slot);
        const auto signed_index = static_cast<i32>(static_cast<std::make_signed_t<T>>(index));
        constexpr int shift = sizeof(T) == 2 ? 4 : 5;
        offset += static_cast<u32>((signed_index >> shift) * static_cast<i32>(sizeof(T)));
        if (insn.address_size == 2) offset &= 0xFFFF;
    } else {
        index = static_cast<T>(insn.immediate);
    }
    index &= mask;
    u32 flags = cpu.state.arithmetic_flags;
    if constexpr (Operation::stores) {
        const auto place = GUEST_TRY(cpu.open<T>(insn.memory.segment, offset));
        GUEST_TRY(cpu.store(place, Operation::template apply<T>(place.value, index, flags)));
    } else {
        const T value = GUEST_TRY(cpu.read<T>(insn.memory.segment, offset));
        Operation::template apply<T>(value, index, flags);
    }
    cpu.state.arithmetic_flags = flags;
    return Flow::next;
}

template <typename Operation, typename T>
Step bit_in_register(Cpu& cpu, const Insn& insn) {
    const T index =
        insn.op(1).kind == OperandKind::gpr ? reg_at<T>(cpu.state, insn.op(1).slot) : static_cast<T>(insn.immediate);
    const T masked = index & static_cast<T>(8 * sizeof(T) - 1);
    const T result =
        Operation::template apply<T>(reg_at<T>(cpu.state, insn.op(0).slot), masked, cpu.state.arithmetic_flags);
    if constexpr (Operation::stores) set_reg_at<T>(cpu.state, insn.op(0).slot, result);
    return Flow::next;
}

template <typename Operation>
Handler select_bit(const Insn& insn) {
    if (insn.op(0).size == 2)
        return in_memory(insn.op(0)) ? bit_in_memory<Operation, u16> : bit_in_register<Operation, u16>;
    return in_memory(insn.op(0)) ? bit_in_memory<Operation, u32> : bit_in_register<Operation, u32>;
}

struct Bsf {
    template <typename T>
    static T apply(T destination, T source, u32& flags) {
        return host::bsf<T>(destination, source, flags);
    }
};
struct Bsr {
    template <typename T>
    static T apply(T destination, T source, u32& flags) {
        return host::bsr<T>(destination, source, flags);
    }
};
struct Popcnt {
    template <typename T>
    static T apply(T destination, T source, u32& flags) {
        return host::popcnt<T>(destination, source, flags);
    }
};

template <typename Operation, typename T, typename Source>
Step scan(Cpu& cpu, const Insn& insn) {
    const T source = GUEST_TRY((read_operand<T, Source, 1>(cpu, insn)));
    const T old = reg_at<T>(cpu.state, insn.op(0).slot);
    set_reg_at<T>(cpu.state, insn.op(0).slot, Operation::template apply<T>(old, source, cpu.state.arithmetic_flags));
    return Flow::next;
}

template <typename Operation>
Handler select_scan(const Insn& insn) {
    if (insn.op(0).size == 2)
        return in_memory(insn.op(1)) ? scan<Operation, u16, InMemory> : scan<Operation, u16, InRegister>;
    return in_memory(insn.op(1)) ? scan<Operation, u32, InMemory> : scan<Operation, u32, InRegister>;
}

} // namespace

namespace select {
Handler rol(const Insn& insn) { return select_shift<Rol>(insn); }
Handler ror(const Insn& insn) { return select_shift<Ror>(insn); }
Handler rcl(const Insn& insn) { return select_shift<Rcl>(insn); }
Handler rcr(const Insn& insn) { return select_shift<Rcr>(insn); }
Handler shl(const Insn& insn) { return select_shift<Shl>(insn); }
Handler shr(const Insn& insn) { return select_shift<Shr>(insn); }
Handler sar(const Insn& insn) { return select_shift<Sar>(insn); }
Handler shld(const Insn& insn) { return select_double_shift<false>(insn); }
Handler shrd(const Insn& insn) { return select_double_shift<true>(insn); }
Handler bt(const Insn& insn) { return select_bit<Bt>(insn); }
Handler bts(const Insn& insn) { return select_bit<Bts>(insn); }
Handler btr(const Insn& insn) { return select_bit<Btr>(insn); }
Handler btc(const Insn& insn) { return select_bit<Btc>(insn); }
Handler bsf(const Insn& insn) { return select_scan<Bsf>(insn); }
Handler bsr(const Insn& insn) { return select_scan<Bsr>(insn); }
Handler popcnt(const Insn& insn) { return select_scan<Popcnt>(insn); }
} // namespace select

} // namespace ringshift
