// ADD to XOR, CMP, TEST, INC, DEC, NEG, NOT, MUL, DIV and the decimal adjusts.
#include "cpu/interp/host_alu.h"
#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

#define RINGSHIFT_OPERATION(type, function)                                                                            \
    struct type {                                                                                                      \
        template <typename T>                                                                                          \
        static T apply(T a, T b, u32& flags) {                                                                         \
            return host::function<T>(a, b, flags);                                                                     \
        }                                                                                                              \
    };
RINGSHIFT_OPERATION(Add, add)
RINGSHIFT_OPERATION(Adc, adc)
RINGSHIFT_OPERATION(Sub, sub)
RINGSHIFT_OPERATION(Sbb, sbb)
RINGSHIFT_OPERATION(And, bit_and)
RINGSHIFT_OPERATION(Or, bit_or)
RINGSHIFT_OPERATION(Xor, bit_xor)
#undef RINGSHIFT_OPERATION

template <typename Operation, typename T, typename Destination, typename Source>
Step binary(Cpu& cpu, const Insn& insn) {
    const T b = GUEST_TRY((read_operand<T, Source, 1>(cpu, insn)));
    return modify<T, Destination>(cpu, insn,
                                  [b](T a, u32& flags) { return Operation::template apply<T>(a, b, flags); });
}

/// The result goes nowhere: CMP and TEST.
template <typename Operation, typename T, typename Destination, typename Source>
Step compare(Cpu& cpu, const Insn& insn) {
    const T a = GUEST_TRY((read_operand<T, Destination, 0>(cpu, insn)));
    const T b = GUEST_TRY((read_operand<T, Source, 1>(cpu, insn)));
    u32 flags = cpu.state.arithmetic_flags;
    Operation::template apply<T>(a, b, flags);
    cpu.state.arithmetic_flags = flags;
    return Flow::next;
}

template <typename Operation, bool stores>
Handler select_binary(const Insn& insn) {
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        const auto pick = [&]<typename Destination, typename Source>() -> Handler {
            if constexpr (stores)
                return binary<Operation, T, Destination, Source>;
            else
                return compare<Operation, T, Destination, Source>;
        };
        const bool immediate = insn.op(1).kind == OperandKind::immediate;
        if (in_memory(insn.op(0)))
            return immediate ? pick.template operator()<InMemory, Immediate>()
                             : pick.template operator()<InMemory, InRegister>();
        if (immediate) return pick.template operator()<InRegister, Immediate>();
        return in_memory(insn.op(1)) ? pick.template operator()<InRegister, InMemory>()
                                     : pick.template operator()<InRegister, InRegister>();
    });
}

struct Inc {
    template <typename T>
    static T apply(T a, u32& flags) {
        return host::inc<T>(a, flags);
    }
};
struct Dec {
    template <typename T>
    static T apply(T a, u32& flags) {
        return host::dec<T>(a, flags);
    }
};
struct Neg {
    template <typename T>
    static T apply(T a, u32& flags) {
        return host::neg<T>(a, flags);
    }
};
struct Not {
    template <typename T>
    static T apply(T a, u32&) {
        return static_cast<T>(~a);
    }
};

template <typename Operation, typename T, typename Destination>
Step unary(Cpu& cpu, const Insn& insn) {
    return modify<T, Destination>(cpu, insn, [](T a, u32& flags) { return Operation::template apply<T>(a, flags); });
}

template <typename Operation>
Handler select_unary(const Insn& insn) {
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        return in_memory(insn.op(0)) ? unary<Operation, T, InMemory> : unary<Operation, T, InRegister>;
    });
}

/// The result of a multiplication or division: into AX, DX:AX or EDX:EAX.
template <typename T>
void set_accumulator(CpuState& state, u32 low, u32 high) {
    if constexpr (sizeof(T) == 1) {
        state.set_reg<u16>(Gpr::ax, static_cast<u16>(low));
    } else {
        state.set_reg<T>(Gpr::ax, static_cast<T>(low));
        state.set_reg<T>(Gpr::dx, static_cast<T>(high));
    }
}

/// AL, AX or EAX times the operand, into AX, DX:AX or EDX:EAX.
template <typename T, typename Source, bool is_signed>
Step multiply(Cpu& cpu, const Insn& insn) {
    const T b = GUEST_TRY((read_operand<T, Source, 0>(cpu, insn)));
    CpuState& state = cpu.state;
    u32 low = state.reg<T>(Gpr::ax), high = 0;
    if constexpr (is_signed)
        host::accumulator_imul<T>(low, high, b, state.arithmetic_flags);
    else
        host::accumulator_mul<T>(low, high, b, state.arithmetic_flags);
    set_accumulator<T>(state, low, high);
    return Flow::next;
}

/// Whether the quotient of the accumulator by `b` fits (SDM vol. 2A, DIV and IDIV).
template <typename T, bool is_signed>
bool quotient_fits(u64 dividend, T b) {
    constexpr unsigned width = 8 * sizeof(T);
    if (b == 0) return false;
    if constexpr (is_signed) {
        using S = std::make_signed_t<T>;
        const i64 value = static_cast<i64>(dividend << (64 - 2 * width)) >> (64 - 2 * width);
        const i64 divisor = static_cast<S>(b);
        if (divisor == -1 && value == std::numeric_limits<i64>::min()) return false;
        const i64 quotient = value / divisor;
        return quotient == static_cast<S>(quotient);
    } else {
        return dividend / b <= static_cast<T>(~T{0});
    }
}

template <typename T, typename Source, bool is_signed>
Step divide(Cpu& cpu, const Insn& insn) {
    const T b = GUEST_TRY((read_operand<T, Source, 0>(cpu, insn)));
    CpuState& state = cpu.state;
    u32 low, high = 0;
    u64 dividend;
    if constexpr (sizeof(T) == 1) {
        low = state.reg<u16>(Gpr::ax);
        dividend = low;
    } else {
        low = state.reg<T>(Gpr::ax);
        high = state.reg<T>(Gpr::dx);
        dividend = (static_cast<u64>(high) << (8 * sizeof(T))) | low;
    }
    if (!quotient_fits<T, is_signed>(dividend, b)) return cpu.raise(Vector::divide_error);
    if constexpr (is_signed)
        host::accumulator_idiv<T>(low, high, b, state.arithmetic_flags);
    else
        host::accumulator_div<T>(low, high, b, state.arithmetic_flags);
    set_accumulator<T>(state, low, high);
    return Flow::next;
}

template <bool is_division, bool is_signed>
Handler select_accumulator(const Insn& insn) {
    return by_size(insn.op(0).size, [&]<typename T>() -> Handler {
        if constexpr (is_division)
            return in_memory(insn.op(0)) ? divide<T, InMemory, is_signed> : divide<T, InRegister, is_signed>;
        else
            return in_memory(insn.op(0)) ? multiply<T, InMemory, is_signed> : multiply<T, InRegister, is_signed>;
    });
}

/// IMUL r, r/m and IMUL r, r/m, imm.
template <typename T, typename Source, bool three_operands>
Step multiply_truncated(Cpu& cpu, const Insn& insn) {
    const T source = GUEST_TRY((read_operand<T, Source, 1>(cpu, insn)));
    const T a = three_operands ? static_cast<T>(insn.immediate) : reg_at<T>(cpu.state, insn.op(0).slot);
    const T result = host::imul<T>(a, source, cpu.state.arithmetic_flags);
    set_reg_at<T>(cpu.state, insn.op(0).slot, result);
    return Flow::next;
}

template <typename T>
Handler select_truncated(const Insn& insn) {
    if (insn.operand_count == 3)
        return in_memory(insn.op(1)) ? multiply_truncated<T, InMemory, true> : multiply_truncated<T, InRegister, true>;
    return in_memory(insn.op(1)) ? multiply_truncated<T, InMemory, false> : multiply_truncated<T, InRegister, false>;
}

// --- Decimal adjusts: not available to 64-bit code, so by hand (SDM vol. 2A)
// -----------------------------------------------

/// SF, ZF and PF of a byte; CF, AF and OF are the caller's.
u32 sign_zero_parity(u8 value) {
    u32 flags = 0;
    host::bit_or<u8>(value, 0, flags);
    return flags & (flag::sf | flag::zf | flag::pf);
}

template <bool subtract>
Step decimal_adjust(Cpu& cpu, const Insn&) { // DAA, DAS
    CpuState& state = cpu.state;
    const u8 old_al = state.reg<u8>(Gpr::ax);
    const bool old_cf = state.arithmetic_flags & flag::cf;
    u8 al = old_al;
    u32 flags = 0;
    const auto adjust = [&](u8 by) { al = static_cast<u8>(subtract ? al - by : al + by); };
    if ((old_al & 0xF) > 9 || (state.arithmetic_flags & flag::af)) {
        const bool carry = subtract ? old_al < 6 : old_al > 0xF9;
        adjust(6);
        flags |= flag::af;
        if (old_cf || carry) flags |= flag::cf;
    }
    if (old_al > 0x99 || old_cf) {
        adjust(0x60);
        flags |= flag::cf;
    }
    state.set_reg<u8>(Gpr::ax, al);
    state.arithmetic_flags = flags | sign_zero_parity(al);
    return Flow::next;
}

template <bool subtract>
Step ascii_adjust(Cpu& cpu, const Insn&) { // AAA, AAS
    CpuState& state = cpu.state;
    u16 ax = state.reg<u16>(Gpr::ax);
    u32 flags = 0;
    if ((ax & 0xF) > 9 || (state.arithmetic_flags & flag::af)) {
        ax = static_cast<u16>(subtract ? ax - 0x106 : ax + 0x106);
        flags = flag::af | flag::cf;
    }
    ax &= 0xFF0F;
    state.set_reg<u16>(Gpr::ax, ax);
    state.arithmetic_flags = flags | sign_zero_parity(static_cast<u8>(ax));
    return Flow::next;
}

Step ascii_adjust_multiply(Cpu& cpu, const Insn& insn) { // AAM
    const u8 base = static_cast<u8>(insn.immediate);
    if (base == 0) return cpu.raise(Vector::divide_error);
    const u8 al = cpu.state.reg<u8>(Gpr::ax);
    const u8 low = al % base;
    cpu.state.set_reg<u16>(Gpr::ax, static_cast<u16>(((al / base) << 8) | low));
    cpu.state.arithmetic_flags = sign_zero_parity(low);
    return Flow::next;
}

Step ascii_adjust_divide(Cpu& cpu, const Insn& insn) { // AAD
    const u16 ax = cpu.state.reg<u16>(Gpr::ax);
    const u8 low = static_cast<u8>((ax & 0xFF) + (ax >> 8) * static_cast<u8>(insn.immediate));
    cpu.state.set_reg<u16>(Gpr::ax, low);
    cpu.state.arithmetic_flags = sign_zero_parity(low);
    return Flow::next;
}

} // namespace

namespace select {
Handler add(const Insn& insn) { return select_binary<Add, true>(insn); }
Handler adc(const Insn& insn) { return select_binary<Adc, true>(insn); }
Handler sub(const Insn& insn) { return select_binary<Sub, true>(insn); }
Handler sbb(const Insn& insn) { return select_binary<Sbb, true>(insn); }
Handler bit_and(const Insn& insn) { return select_binary<And, true>(insn); }
Handler bit_or(const Insn& insn) { return select_binary<Or, true>(insn); }
Handler bit_xor(const Insn& insn) { return select_binary<Xor, true>(insn); }
Handler cmp(const Insn& insn) { return select_binary<Sub, false>(insn); }
Handler test(const Insn& insn) { return select_binary<And, false>(insn); }
Handler inc(const Insn& insn) { return select_unary<Inc>(insn); }
Handler dec(const Insn& insn) { return select_unary<Dec>(insn); }
Handler neg(const Insn& insn) { return select_unary<Neg>(insn); }
Handler bit_not(const Insn& insn) { return select_unary<Not>(insn); }
Handler mul(const Insn& insn) { return select_accumulator<false, false>(insn); }
Handler div(const Insn& insn) { return select_accumulator<true, false>(insn); }
Handler idiv(const Insn& insn) { return select_accumulator<true, true>(insn); }
Handler imul(const Insn& insn) {
    if (insn.operand_count < 2) return select_accumulator<false, true>(insn);
    return insn.op(0).size == 2 ? select_truncated<u16>(insn) : select_truncated<u32>(insn);
}
Handler daa(const Insn&) { return decimal_adjust<false>; }
Handler das(const Insn&) { return decimal_adjust<true>; }
Handler aaa(const Insn&) { return ascii_adjust<false>; }
Handler aas(const Insn&) { return ascii_adjust<true>; }
Handler aam(const Insn&) { return ascii_adjust_multiply; }
Handler aad(const Insn&) { return ascii_adjust_divide; }
} // namespace select

} // namespace ringshift
