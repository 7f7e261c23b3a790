// Guest instructions re-encoded for 64-bit mode: same operation, operands rewritten. Bytes are never copied; prefixes,
// REX, ModRM and SIB are made anew from the decoded instruction.
#pragma once

#include "cpu/isa/insn.h"

#include <array>
#include <optional>
#include <span>

namespace ringshift::bt {

/// A rewritten memory operand: [base + index], or without an index [base + displacement]; registers by their numbers.
struct HostAddress {
    static constexpr u8 no_index = 4; ///< as encoded
    static constexpr u8 no_base = 16; ///< only in a window
    u8 base = 11;
    u8 index = 9;
    u32 displacement = 0; ///< only without an index, or in a window
    /// In the memory window: [base + index * 2^scale + displacement], computed modulo 2^32, by GS or `home` without.
    bool window = false;
    bool home = false;
    u8 scale = 0;
    u32 miss = 0; ///< window: the label where the instruction goes on if the access faults
};

struct Encoded {
    std::array<u8, 24> bytes{};
    u8 size = 0;
    void put(u8 byte) { bytes[size++] = byte; }
};

/// How the instruction's registers can be said in 64-bit mode.
enum class Encodable : u8 {
    no, ///< AH to BH beside the stack pointer or in a form that has no other register: call the handler
    yes,
    rotated, ///< AH to BH beside a memory operand: rotate that register by 8, use its low byte, rotate back
};

/// For instructions whose operands are general registers, one memory operand and immediates.
Encodable encodable(const Insn& insn);
/// Number of the register to rotate, if encodable() says so.
unsigned rotated_register(const Insn& insn);

/// The instruction with its memory operand, if any, at `address`.
Encoded reencode(const Insn& insn, HostAddress address);
/// The same for x87, MMX and SSE instructions: no general register but 32-bit ones.
Encoded reencode_fpu(const Insn& insn, HostAddress address);

} // namespace ringshift::bt
