// With overflow or underflow unmasked, silicon sets PE if the result rounded with an unbounded exponent is inexact (SDM
// vol. 1, 4.9.1.4 and 4.9.1.5); run masked, it is always set together with OE and UE. The x87 has such an exponent:
// with its precision control set to the operand's format it rounds to 24 or 53 bits and has 15 bits of exponent. So the
// rare instruction that is about to raise one of the two is repeated there, element by element, for this one flag.
#include "cpu/interp/fpu/simd_precision.h"

#include <cstring>

namespace ringshift::fpu {

namespace {

enum class Operation : u8 { add, subtract, multiply, divide, convert };

constexpr u16 x87_precision_flag = 0x20;

struct Rounded {
    bool inexact;     ///< to 24 or 53 bits, exponent unbounded
    bool too_large;   ///< for the format
    bool tiny;        ///< below the format's smallest normal number, and not zero
    bool store_loses; ///< inexact as a number of the format
};

/// One operation in the format of `bytes` (4 or 8), from double or single precision operands.
Rounded round_on_x87(Operation operation, double a, double b, unsigned bytes, u32 mxcsr) {
    const u16 rounding = static_cast<u16>((mxcsr >> 13 & 3) << 10);
    const u16 control = static_cast<u16>(0x7F | rounding | (bytes == 8 ? 0x200 : 0));
    u16 first = 0, second = 0;
    std::array<u8, 16> extended{};
    u64 stored = 0;
#define RINGSHIFT_ON_X87(operation)                                                                                    \
    asm volatile("fninit\n\tfldcw %[control]\n\tfldl %[b]\n\tfldl %[a]\n\t" operation "\n\tfnstsw %[first]\n\t"        \
                 "fld %%st(0)\n\tfstpt %[extended]\n\tcmpl $8, %[bytes]\n\tje 1f\n\tfsts %[stored]\n\tjmp 2f\n"        \
                 "1:\tfstl %[stored]\n2:\tfnstsw %[second]\n\tfninit"                                                  \
                 : [first] "=m"(first), [second] "=m"(second), [extended] "=m"(extended), [stored] "=m"(stored)        \
                 : [control] "m"(control), [a] "m"(a), [b] "m"(b), [bytes] "r"(bytes)                                  \
                 : "cc")
    switch (operation) {
    case Operation::add: RINGSHIFT_ON_X87("faddp"); break;
    case Operation::subtract: RINGSHIFT_ON_X87("fsub %%st(1), %%st"); break;
    case Operation::multiply: RINGSHIFT_ON_X87("fmulp"); break;
    case Operation::divide: RINGSHIFT_ON_X87("fdiv %%st(1), %%st"); break;
    case Operation::convert: RINGSHIFT_ON_X87("fld1\n\tfmulp"); break; // rounds to the precision control
    }
#undef RINGSHIFT_ON_X87
    u64 significand = 0;
    u16 exponent = 0;
    std::memcpy(&significand, extended.data(), 8);
    std::memcpy(&exponent, extended.data() + 8, 2);
    exponent &= 0x7FFF;
    const int unbiased = exponent - 16383, largest = bytes == 8 ? 1023 : 127;
    return {(first & x87_precision_flag) != 0, exponent != 0x7FFF && unbiased > largest,
            significand != 0 && unbiased < 1 - largest, (second & x87_precision_flag) != 0};
}

/// Element n as a double, denormals as zeros under DAZ.
double element(const u8* operand, unsigned n, unsigned bytes, u32 mxcsr) {
    constexpr u32 denormals_are_zeros = 0x40;
    double wide = 0;
    bool denormal = false;
    if (bytes == 8) {
        u64 bits = 0;
        std::memcpy(&bits, operand + 8 * n, 8);
        denormal = (bits << 1 >> 53) == 0;
        std::memcpy(&wide, &bits, 8);
    } else {
        u32 bits = 0;
        float narrow = 0;
        std::memcpy(&bits, operand + 4 * n, 4);
        denormal = (bits << 1 >> 24) == 0;
        std::memcpy(&narrow, &bits, 4);
        wide = narrow;
    }
    return denormal && (mxcsr & denormals_are_zeros) ? 0 : wide;
}

bool element_is_inexact(const Rounded& r, u32 mxcsr) {
    constexpr u32 overflow_mask = 0x400, underflow_mask = 0x800, flush_to_zero = 0x8000;
    if (r.too_large && !(mxcsr & overflow_mask)) return r.inexact;
    if (r.tiny && !(mxcsr & underflow_mask)) return r.inexact;
    return r.inexact || r.store_loses || (r.tiny && (mxcsr & flush_to_zero));
}

} // namespace

bool precision_with_unbounded_exponent(const Insn& insn, const u8* a, const u8* b, u32 mxcsr, bool masked) {
    const u8 prefix = insn.mandatory_prefix;
    const bool horizontal = insn.opcode == 0x7C || insn.opcode == 0x7D, alternating = insn.opcode == 0xD0;
    if (insn.opcode_map != 1) return masked;
    const bool converting = insn.opcode == 0x5A;
    const bool is_double = converting || prefix == 0x66 || (prefix == 0xF2 && !horizontal && !alternating);
    const bool scalar = (prefix == 0xF2 || prefix == 0xF3) && !horizontal && !alternating;
    const unsigned source = is_double ? 8 : 4, count = scalar ? 1 : 16 / source;
    Operation operation;
    switch (insn.opcode) {
    case 0x58:
    case 0x7C: operation = Operation::add; break;
    case 0x5C:
    case 0x7D: operation = Operation::subtract; break;
    case 0x59: operation = Operation::multiply; break;
    case 0x5E: operation = Operation::divide; break;
    case 0x5A: operation = Operation::convert; break;
    case 0xD0: operation = Operation::add; break;
    default: return masked;
    }
    bool inexact = false;
    for (unsigned i = 0; i < count; ++i) {
        const u8 *left = a, *right = b;
        unsigned left_index = i, right_index = i;
        if (horizontal) { // pairs of the first operand, then of the second
            left = right = i < count / 2 ? a : b;
            left_index = 2 * (i % (count / 2));
            right_index = left_index + 1;
        }
        if (converting) left = b;
        const Operation which = alternating && i % 2 == 0 ? Operation::subtract : operation;
        const Rounded rounded =
            round_on_x87(which, element(left, left_index, source, mxcsr), element(right, right_index, source, mxcsr),
                         converting ? 4 : source, mxcsr);
        inexact |= element_is_inexact(rounded, mxcsr);
    }
    return inexact;
}

} // namespace ringshift::fpu
