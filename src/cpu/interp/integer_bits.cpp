// Shifts, rotates, bit tests, bit scans.
#include "cpu/interp/host_alu.h"
#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

#define RINGSHIFT_OPERATION(type, function)                                                                            \
    struct type {                                                                                                      \
        template <typename T, typename Where>                                                                          \
        static T by_cl(T a, u8 count, u32& flags) {                                                                    \
            if constexpr (std::is_same_v<Where, InMemory>)                                                             \
                return host::function##_memory<T>(a, count, flags);                                                    \
            else                                                                                                       \
                return host::function<T>(a, count, flags);                                                             \
        }                                                                                                              \
        template <typename T, typename Where, u8 count>                                                                \
        static T by_immediate(T a, u32& flags) {                                                                       \
            if constexpr (std::is_same_v<Where, InMemory>)                                                             \
                return host::function##_memory_immediate<T, count>(a, flags);                                          \
            else                                                                                                       \
                return host::function##_immediate<T, count>(a, flags);                                                 \
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

#define RINGSHIFT_OPERATION(type, function)                                                                            \
    struct type {                                                                                                      \
        template <typename T>                                                                                          \
        static T by_cl(T a, T fill, u8 count, u32& flags) {                                                            \
            return host::function<T>(a, fill, count, flags);                                                           \
        }                                                                                                              \
        template <typename T, u8 count>                                                                                \
        static T by_immediate(T a, T fill, u32& flags) {                                                               \
            return host::function##_immediate<T, count>(a, fill, flags);                                               \
        }                                                                                                              \
    };
RINGSHIFT_OPERATION(Shld, shld)
RINGSHIFT_OPERATION(Shrd, shrd)
#undef RINGSHIFT_OPERATION

/// Counts are masked to 5 bits (SDM vol. 2B, SAL); those of immediates when the handler is chosen.
template <typename Operation, typename T, typename Destination>
Step shift_by_cl(Cpu& cpu, const Insn& insn) {
    const u8 count = cpu.state.reg<u8>(Gpr::cx);
    return modify<T, Destination>(
        cpu, insn, [count](T a, u32& flags) { return Operation::template by_cl<T, Destination>(a, count, flags); });
}
template <typename Operation, typename T, typename Destination, u8 count>
Step shift_by_immediate(Cpu& cpu, const Insn& insn) {
    return modify<T, Destination>(
        cpu, insn, [](T a, u32& flags) { return Operation::template by_immediate<T, Destination, count>(a, flags); });
}

template <typename Operation, typename T, typename Destination>
Step double_shift_by_cl(Cpu& cpu, const Insn& insn) {
    const u8 count = cpu.state.reg<u8>(Gpr::cx);
    const T fill = reg_at<T>(cpu.state, insn.op(1).slot);
    return modify<T, Destination>(cpu, insn,
                                  [=](T a, u32& flags) { return Operation::template by_cl<T>(a, fill, count, flags); });
}
template <typename Operation, typename T, typename Destination, u8 count>
Step double_shift_by_immediate(Cpu& cpu, const Insn& insn) {
    const T fill = reg_at<T>(cpu.state, insn.op(1).slot);
    return modify<T, Destination>(
        cpu, insn, [fill](T a, u32& flags) { return Operation::template by_immediate<T, count>(a, fill, flags); });
}

using Counts = std::make_integer_sequence<u8, 32>;

template <typename Operation, typename T, typename Destination, u8... counts>
Handler pick_shift(u32 count, std::integer_sequence<u8, counts...>) {
    static constexpr Handler handlers[] = {shift_by_immediate<Operation, T, Destination, counts>...};
    return handlers[count & 31];
}
template <typename Operation, typename T, typename Destination, u8... counts>
Handler pick_double_shift(u32 count, std::integer_sequence<u8, counts...>) {
    static constexpr Handler handlers[] = {double_shift_by_immediate<Operation, T, Destination, counts>...};
    return handlers[count & 31];
}

template <typename Operation>
Handler select_shift(const Insn& insn) {
    const bool by_cl = insn.op(1).kind == OperandKind::gpr;
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        const auto pick = [&]<typename Destination>() -> Handler {
            return by_cl ? shift_by_cl<Operation, T, Destination>
                         : pick_shift<Operation, T, Destination>(insn.immediate, Counts{});
        };
        return in_memory(insn.op(0)) ? pick.template operator()<InMemory>() : pick.template operator()<InRegister>();
    });
}

template <typename Operation>
Handler select_double_shift(const Insn& insn) {
    const bool by_cl = insn.op(2).kind == OperandKind::gpr;
    const auto pick = [&]<typename T, typename Destination>() -> Handler {
        return by_cl ? double_shift_by_cl<Operation, T, Destination>
                     : pick_double_shift<Operation, T, Destination>(insn.immediate, Counts{});
    };
    if (insn.op(0).size == 2)
        return in_memory(insn.op(0)) ? pick.template operator()<u16, InMemory>()
                                     : pick.template operator()<u16, InRegister>();
    return in_memory(insn.op(0)) ? pick.template operator()<u32, InMemory>()
                                 : pick.template operator()<u32, InRegister>();
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
Handler shld(const Insn& insn) { return select_double_shift<Shld>(insn); }
Handler shrd(const Insn& insn) { return select_double_shift<Shrd>(insn); }
Handler bt(const Insn& insn) { return select_bit<Bt>(insn); }
Handler bts(const Insn& insn) { return select_bit<Bts>(insn); }
Handler btr(const Insn& insn) { return select_bit<Btr>(insn); }
Handler btc(const Insn& insn) { return select_bit<Btc>(insn); }
Handler bsf(const Insn& insn) { return select_scan<Bsf>(insn); }
Handler bsr(const Insn& insn) { return select_scan<Bsr>(insn); }
Handler popcnt(const Insn& insn) { return select_scan<Popcnt>(insn); }
} // namespace select

} // namespace ringshift
