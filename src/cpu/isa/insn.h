// One decoded instruction: what the interpreter executes and the translator rewrites. Made by isa/decoder only, and
// never changed but for `kept`.
#pragma once

#include "base/types.h"

#include <array>

namespace ringshift {

/// Our own mnemonics, one for each row of policy.def.
enum class Mnemonic : u16 {
    invalid, ///< #UD: not an instruction, or not one of this CPU model
#define INSN(mnemonic, ...) mnemonic,
#include "cpu/isa/policy.def"
#undef INSN
};

/// Register numbers as encoded (SDM vol. 2A, 2.1.5).
enum class Gpr : u8 { ax, cx, dx, bx, sp, bp, si, di };
enum class SegmentName : u8 { es, cs, ss, ds, fs, gs };

enum class OperandKind : u8 {
    none,
    gpr,         ///< Operand::slot is a byte offset into the register file
    memory,      ///< Insn::memory
    immediate,   ///< Insn::immediate, sign- or zero-extended to 32 bits as the instruction defines
    relative,    ///< Insn::immediate is the signed displacement from the next instruction
    far_pointer, ///< Insn::immediate: offset; Insn::immediate2: selector
    segment,     ///< Operand::slot is a SegmentName
    control,     ///< CRn
    debug,       ///< DRn
    st,          ///< x87 stack register ST(n)
    mmx,
    xmm,
};

struct Operand {
    OperandKind kind = OperandKind::none;
    u8 slot =
        0; ///< register number; for gpr the byte offset in the register file: 8 * n, and 8 * n + 1 for AH, CH, DH, BH
    u16 size = 0; ///< bytes
};

/// [segment: base + (index << scale) + displacement], computed modulo the address size.
struct MemoryOperand {
    static constexpr u8 no_register = 16;  ///< the register file's slot 16 is always zero
    u8 base = no_register;                 ///< register number
    u8 index = no_register;                ///< register number
    u8 scale = 0;                          ///< log2, 0 to 3
    SegmentName segment = SegmentName::ds; ///< after prefixes and defaults
    u32 displacement = 0;                  ///< sign-extended to 32 bits
};

enum class RepeatPrefix : u8 { none, rep, repne };

/// Operands are the explicit ones in Intel order (destination first), and also those implicit ones that an assembler
/// writes: AL/eAX of `ADD AL, imm8`, `IN AL, DX`, `MOV AL, moffs`, the count CL or 1 of shifts, ST(0) of `FADD ST(0),
/// ST(i)`. Hidden operands (stack, string pointers, MUL's EDX:EAX, flags) are not listed. String instructions have no
/// operands listed: their element size is in `element_size`, the (overridable) source segment in `memory.segment`.
struct Insn {
    Mnemonic mnemonic = Mnemonic::invalid;
    u8 length = 0;       ///< bytes, 1 to 15
    u8 operand_size = 4; ///< 2 or 4: the effective operand-size attribute (byte forms show in Operand::size)
    u8 address_size = 4; ///< 2 or 4
    u8 element_size = 0; ///< string and I/O string instructions: 1, 2 or 4
    bool lock = false; ///< a LOCK prefix, on an instruction and operand that allow it (else the instruction is invalid)
    RepeatPrefix repeat = RepeatPrefix::none; ///< F3 or F2 in front, where they are not part of the opcode
    u8 operand_count = 0;
    std::array<Operand, 3> operands{};
    MemoryOperand memory;
    u32 immediate = 0;
    u32 immediate2 = 0; ///< ENTER's level, a far pointer's selector
    u8 opcode_map = 0;  ///< 0: one byte, 1: 0F, 2: 0F38, 3: 0F3A
    u8 opcode = 0;
    u8 modrm = 0;               ///< zero where there is none
    u8 mandatory_prefix = 0;    ///< 66, F2 or F3 where it selects the instruction (SSE); else 0
    std::array<u8, 15> bytes{}; ///< as fetched
    /// Where in `bytes` the displacement and the (first) immediate stand; size 0: none.
    struct Field {
        u8 offset = 0;
        u8 size = 0;
    };
    Field displacement_field;
    Field immediate_field;
    bool immediate_signed = false; ///< `immediate` is sign-extended from its field
    /// What its handler looked up when it was first executed and keeps here from then on; null before. The only field
    /// that changes, and no part of what the instruction is. Good for the Cpu that executed it; copies may carry it.
    mutable const void* kept = nullptr;

    const Operand& op(std::size_t n) const { return operands[n]; }
    /// The operand that `memory` describes, or null.
    const Operand* memory_operand() const {
        for (const Operand& operand : operands)
            if (operand.kind == OperandKind::memory) return &operand;
        return nullptr;
    }
    bool has_memory() const { return memory_operand() != nullptr; }
};

} // namespace ringshift
