// The host's own arithmetic with the host's own flags: one function for each operation, in all sizes.
//
// The guest's instruction set is the host's, so flags are never computed by hand: the host executes the same operation,
// and LAHF and SETO read what it did. That includes the flags which the manual leaves undefined; they are those of this
// silicon, in the interpreter as in translated code (docs/design.md, "Facts once"). Where an operation leaves flags
// unchanged, or where flags are undefined and silicon may leave them, the guest's flags are first put into the host's.
//
// Flags travel as CpuState::arithmetic_flags: CF PF AF ZF SF OF at their architectural places.
#pragma once

#include "base/types.h"

namespace ringshift::host {

// AH after LAHF holds SF ZF AF PF CF in place; AL after SETO is OF.
inline u32 flags_from_ax(u32 ax) { return ((ax >> 8) & 0xD5) | ((ax & 1) << 11); }
inline u32 flags_to_ax(u32 flags) { return ((flags & 0xD5) << 8) | ((flags >> 11) & 1); }

#define RINGSHIFT_SAVE_FLAGS "lahf\n\tseto %%al"
// OF becomes AL's bit 0 by overflowing a signed byte; SAHF sets the others and leaves OF.
#define RINGSHIFT_LOAD_FLAGS "addb $0x7f, %%al\n\tsahf\n\t"

/// a = a OP b for ADD, SUB, AND, OR, XOR: flags do not depend on old flags.
#define RINGSHIFT_BINARY(name, mnemonic)                                                                               \
    template <typename T>                                                                                              \
    inline T name(T a, T b, u32& flags) {                                                                              \
        u32 ax;                                                                                                        \
        asm(mnemonic " %[b], %[a]\n\t" RINGSHIFT_SAVE_FLAGS : [a] "+q"(a), "=&a"(ax) : [b] "q"(b) : "cc");             \
        flags = flags_from_ax(ax);                                                                                     \
        return a;                                                                                                      \
    }
RINGSHIFT_BINARY(add, "add")
RINGSHIFT_BINARY(sub, "sub")
RINGSHIFT_BINARY(bit_and, "and")
RINGSHIFT_BINARY(bit_or, "or")
RINGSHIFT_BINARY(bit_xor, "xor")
#undef RINGSHIFT_BINARY

/// a = a OP b with the old flags as input: they are operands (ADC, SBB), or some of them stay (bit tests, of a place
/// already reduced to the operand), or the manual leaves some undefined and silicon may leave them. A bit scan of zero
/// leaves `a`.
#define RINGSHIFT_BINARY_WITH_FLAGS(name)                                                                              \
    template <typename T>                                                                                              \
    inline T name(T a, T b, u32& flags) {                                                                              \
        u32 ax = flags_to_ax(flags);                                                                                   \
        asm(RINGSHIFT_LOAD_FLAGS #name " %[b], %[a]\n\t" RINGSHIFT_SAVE_FLAGS                                          \
            : [a] "+q"(a), "+&a"(ax)                                                                                   \
            : [b] "q"(b)                                                                                               \
            : "cc");                                                                                                   \
        flags = flags_from_ax(ax);                                                                                     \
        return a;                                                                                                      \
    }
RINGSHIFT_BINARY_WITH_FLAGS(adc)
RINGSHIFT_BINARY_WITH_FLAGS(sbb)
RINGSHIFT_BINARY_WITH_FLAGS(bt)
RINGSHIFT_BINARY_WITH_FLAGS(bts)
RINGSHIFT_BINARY_WITH_FLAGS(btr)
RINGSHIFT_BINARY_WITH_FLAGS(btc)
RINGSHIFT_BINARY_WITH_FLAGS(bsf)
RINGSHIFT_BINARY_WITH_FLAGS(bsr)
RINGSHIFT_BINARY_WITH_FLAGS(imul)
RINGSHIFT_BINARY_WITH_FLAGS(popcnt)
#undef RINGSHIFT_BINARY_WITH_FLAGS

/// a = OP a; INC and DEC keep CF, so the old flags are input.
#define RINGSHIFT_UNARY(name, mnemonic)                                                                                \
    template <typename T>                                                                                              \
    inline T name(T a, u32& flags) {                                                                                   \
        u32 ax = flags_to_ax(flags);                                                                                   \
        asm(RINGSHIFT_LOAD_FLAGS mnemonic " %[a]\n\t" RINGSHIFT_SAVE_FLAGS : [a] "+q"(a), "+&a"(ax) : : "cc");         \
        flags = flags_from_ax(ax);                                                                                     \
        return a;                                                                                                      \
    }
RINGSHIFT_UNARY(inc, "inc")
RINGSHIFT_UNARY(dec, "dec")
RINGSHIFT_UNARY(neg, "neg")
#undef RINGSHIFT_UNARY

/// a = a shifted or rotated by `count`; the host masks it to 5 bits, a count of zero changes nothing. Register and
/// memory destinations, CL and immediate counts are different instructions to the host: for counts over 1 each may
/// leave another OF. The suffix is spelled out because clang has no operand modifier for it.
#define RINGSHIFT_SHIFT_ASM(mnemonic, suffix, source, constraint, input)                                               \
    asm(RINGSHIFT_LOAD_FLAGS mnemonic suffix " " source ", %[a]\n\t" RINGSHIFT_SAVE_FLAGS                              \
        : [a] constraint(a), "+&a"(ax)                                                                                 \
        : input                                                                                                        \
        : "cc")
#define RINGSHIFT_SHIFT_SIZED(mnemonic, source, constraint, input)                                                     \
    if constexpr (sizeof(T) == 1)                                                                                      \
        RINGSHIFT_SHIFT_ASM(mnemonic, "b", source, constraint, input);                                                 \
    else if constexpr (sizeof(T) == 2)                                                                                 \
        RINGSHIFT_SHIFT_ASM(mnemonic, "w", source, constraint, input);                                                 \
    else                                                                                                               \
        RINGSHIFT_SHIFT_ASM(mnemonic, "l", source, constraint, input)
#define RINGSHIFT_SHIFT_BY_CL(name, mnemonic, constraint)                                                              \
    template <typename T>                                                                                              \
    inline T name(T a, u8 count, u32& flags) {                                                                         \
        u32 ax = flags_to_ax(flags);                                                                                   \
        RINGSHIFT_SHIFT_SIZED(mnemonic, "%%cl", constraint, "c"(count));                                               \
        flags = flags_from_ax(ax);                                                                                     \
        return a;                                                                                                      \
    }
#define RINGSHIFT_SHIFT_BY_IMMEDIATE(name, mnemonic, constraint)                                                       \
    template <typename T, u8 count>                                                                                    \
    inline T name(T a, u32& flags) {                                                                                   \
        u32 ax = flags_to_ax(flags);                                                                                   \
        RINGSHIFT_SHIFT_SIZED(mnemonic, "%[n]", constraint, [n] "i"(count));                                           \
        flags = flags_from_ax(ax);                                                                                     \
        return a;                                                                                                      \
    }
#define RINGSHIFT_SHIFT(name, mnemonic)                                                                                \
    RINGSHIFT_SHIFT_BY_CL(name, mnemonic, "+q")                                                                        \
    RINGSHIFT_SHIFT_BY_CL(name##_memory, mnemonic, "+m")                                                               \
    RINGSHIFT_SHIFT_BY_IMMEDIATE(name##_immediate, mnemonic, "+q")                                                     \
    RINGSHIFT_SHIFT_BY_IMMEDIATE(name##_memory_immediate, mnemonic, "+m")
RINGSHIFT_SHIFT(rol, "rol")
RINGSHIFT_SHIFT(ror, "ror")
RINGSHIFT_SHIFT(rcl, "rcl")
RINGSHIFT_SHIFT(rcr, "rcr")
RINGSHIFT_SHIFT(shl, "shl")
RINGSHIFT_SHIFT(shr, "shr")
RINGSHIFT_SHIFT(sar, "sar")
#undef RINGSHIFT_SHIFT
#undef RINGSHIFT_SHIFT_SIZED
#undef RINGSHIFT_SHIFT_ASM
#undef RINGSHIFT_SHIFT_BY_CL
#undef RINGSHIFT_SHIFT_BY_IMMEDIATE

/// Double-precision shifts, 16 and 32 bits.
#define RINGSHIFT_DOUBLE_SHIFT_BODY(mnemonic, source, input)                                                           \
    u32 ax = flags_to_ax(flags);                                                                                       \
    asm(RINGSHIFT_LOAD_FLAGS mnemonic " " source ", %[b], %[a]\n\t" RINGSHIFT_SAVE_FLAGS                               \
        : [a] "+r"(a), "+&a"(ax)                                                                                       \
        : [b] "r"(b), input                                                                                            \
        : "cc");                                                                                                       \
    flags = flags_from_ax(ax);                                                                                         \
    return a;
#define RINGSHIFT_DOUBLE_SHIFT(name, mnemonic)                                                                         \
    template <typename T>                                                                                              \
    inline T name(T a, T b, u8 count, u32& flags) {                                                                    \
        RINGSHIFT_DOUBLE_SHIFT_BODY(mnemonic, "%%cl", "c"(count))                                                      \
    }                                                                                                                  \
    template <typename T, u8 count>                                                                                    \
    inline T name##_immediate(T a, T b, u32& flags) {                                                                  \
        RINGSHIFT_DOUBLE_SHIFT_BODY(mnemonic, "%[n]", [n] "i"(count))                                                  \
    }
RINGSHIFT_DOUBLE_SHIFT(shld, "shld")
RINGSHIFT_DOUBLE_SHIFT(shrd, "shrd")
#undef RINGSHIFT_DOUBLE_SHIFT
#undef RINGSHIFT_DOUBLE_SHIFT_BODY

/// One-operand MUL, IMUL, DIV, IDIV. On entry `low` and `high` are the accumulator (AL or AX for bytes, with `high`
/// unused; DX:AX; EDX:EAX), on return the product, or the quotient and the remainder (bytes: AX as the instruction
/// leaves it in `low`). For divisions the caller has made sure that the host does not fault.
#define RINGSHIFT_ACCUMULATOR(name, mnemonic)                                                                          \
    template <typename T>                                                                                              \
    inline void name(u32& low, u32& high, T b, u32& flags) {                                                           \
        u32 ax = flags_to_ax(flags);                                                                                   \
        asm(RINGSHIFT_LOAD_FLAGS "movl %[low], %%eax\n\t" mnemonic                                                     \
                                 " %[b]\n\tmovl %%eax, %[low]\n\t" RINGSHIFT_SAVE_FLAGS                                \
            : "+&a"(ax), [low] "+&r"(low), "+&d"(high)                                                                 \
            : [b] "q"(b)                                                                                               \
            : "cc");                                                                                                   \
        flags = flags_from_ax(ax);                                                                                     \
    }
RINGSHIFT_ACCUMULATOR(accumulator_mul, "mul")
RINGSHIFT_ACCUMULATOR(accumulator_imul, "imul")
RINGSHIFT_ACCUMULATOR(accumulator_div, "div")
RINGSHIFT_ACCUMULATOR(accumulator_idiv, "idiv")
#undef RINGSHIFT_ACCUMULATOR
#undef RINGSHIFT_SAVE_FLAGS
#undef RINGSHIFT_LOAD_FLAGS

} // namespace ringshift::host
