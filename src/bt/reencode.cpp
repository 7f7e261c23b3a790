// Opcodes that mean something else in 64-bit mode never get here as they are: INC and DEC of one byte become FF /0 and
// /1, MOV with a direct offset becomes the ModRM form, 82 becomes 80. All others that policy.def allows keep their
// opcode.
#include "bt/reencode.h"

#include "base/result.h"

namespace ringshift::bt {

namespace {

bool is_high_byte(const Operand& op) { return op.kind == OperandKind::gpr && (op.slot & 1) != 0; }
bool is_stack_pointer(const Operand& op) { return op.kind == OperandKind::gpr && op.size >= 2 && op.slot == 32; }

/// ModRM.reg is part of the opcode.
bool is_group(const Insn& insn) {
    if (insn.opcode_map == 0) {
        switch (insn.opcode) {
        case 0x80:
        case 0x81:
        case 0x82:
        case 0x83:
        case 0x8F:
        case 0xC0:
        case 0xC1:
        case 0xC6:
        case 0xC7:
        case 0xD0:
        case 0xD1:
        case 0xD2:
        case 0xD3:
        case 0xF6:
        case 0xF7:
        case 0xFE:
        case 0xFF: return true;
        default: return false;
        }
    }
    return insn.opcode_map == 1 && (insn.opcode == 0xBA || insn.opcode == 0xC7);
}

/// Bytes of the immediate, from the opcode (SDM vol. 2D, appendix A).
unsigned immediate_size(const Insn& insn) {
    const u8 op = insn.opcode;
    if (insn.opcode_map == 3) return 1;
    if (insn.opcode_map == 1)
        return op == 0xA4 || op == 0xAC || op == 0xBA || op == 0xC2 || (op >= 0xC4 && op <= 0xC6) ||
                       (op >= 0x70 && op <= 0x73)
                   ? 1
                   : 0;
    if (insn.opcode_map != 0) return 0;
    if (op < 0x40) return (op & 7) == 4 ? 1 : (op & 7) == 5 ? insn.operand_size : 0;
    if (op >= 0xB0 && op <= 0xB7) return 1;
    if (op >= 0xB8 && op <= 0xBF) return insn.operand_size;
    const bool test = ((insn.modrm >> 3) & 7) < 2;
    switch (op) {
    case 0x6B:
    case 0x80:
    case 0x82:
    case 0x83:
    case 0xA8:
    case 0xC0:
    case 0xC1:
    case 0xC6: return 1;
    case 0x69:
    case 0x81:
    case 0xA9:
    case 0xC7: return insn.operand_size;
    case 0xF6: return test ? 1 : 0;
    case 0xF7: return test ? insn.operand_size : 0;
    default: return 0;
    }
}

bool has_modrm(const Insn& insn) {
    const u8 op = insn.opcode;
    if (insn.opcode_map == 1) return op < 0xC8 || op > 0xCF;
    if (insn.opcode_map != 0) return true;
    if (op < 0x40) return (op & 7) < 4;
    return (op >= 0x63 && op <= 0x6B && (op & 1) != 0 && op >= 0x69) || (op >= 0x80 && op <= 0x8F) || op == 0xC0 ||
           op == 0xC1 || op == 0xC6 || op == 0xC7 || (op >= 0xD0 && op <= 0xD3) || op == 0xF6 || op == 0xF7 ||
           op == 0xFE || op == 0xFF;
}

/// Of an SSE instruction with a general register: whether that is in ModRM.reg (MOVMSKPS, PMOVMSKB, PEXTRW, CVTxx2SI).
bool has_general_register_in_reg(const Insn& insn) {
    if (insn.opcode_map != 1 || insn.op(0).kind != OperandKind::gpr) return false;
    return insn.opcode == 0x50 || insn.opcode == 0xD7 || insn.opcode == 0xC5 || insn.opcode == 0x2C ||
           insn.opcode == 0x2D;
}

/// ModRM.mod of an address in a window. Base 5 or 13 without displacement would mean something else.
u8 window_mod(HostAddress address) {
    if (address.base == HostAddress::no_base) return 0;
    if (address.displacement == 0 && (address.base & 7) != 5) return 0;
    return static_cast<u32>(address.displacement + 0x80) < 0x100 ? 1 : 2;
}

/// RSP and r12 as base, an index or no base at all; everything else has no need of it, but only windows leave it out.
bool has_sib(HostAddress address) {
    return !address.window || address.index != HostAddress::no_index || (address.base & 7) == 4 ||
           address.base == HostAddress::no_base;
}

/// ModRM without ModRM.reg.
u8 memory_form(HostAddress address) {
    if (address.window) return static_cast<u8>(window_mod(address) << 6 | (has_sib(address) ? 4 : address.base & 7));
    return address.index == HostAddress::no_index ? 0x84 : 0x04;
}

void put_bytes(Encoded& e, u32 value, unsigned count) {
    for (; count != 0; --count, value >>= 8) e.put(static_cast<u8>(value));
}

/// SIB and displacement. Outside of windows no form without displacement has base 5 or 13: the engine's base is r11.
void put_address(Encoded& e, HostAddress address) {
    const u8 base = address.base == HostAddress::no_base ? 5 : address.base & 7;
    if (has_sib(address)) e.put(static_cast<u8>((address.scale << 6) | ((address.index & 7) << 3) | base));
    if (address.window) {
        const u8 mod = window_mod(address);
        put_bytes(e, address.displacement, mod == 1 ? 1 : mod == 2 || address.base == HostAddress::no_base ? 4 : 0);
    } else if (address.index == HostAddress::no_index) {
        put_bytes(e, address.displacement, 4);
    }
}

/// REX bits for the registers of an address; 0: none is needed.
u8 address_rex(HostAddress address) {
    const u8 base = address.base == HostAddress::no_base ? 0 : address.base;
    const u8 bits = static_cast<u8>((base >> 3) | ((address.index >> 3) << 1));
    return bits != 0 || !address.window ? static_cast<u8>(0x40 | bits) : u8{0};
}

void put_window_prefixes(Encoded& e, const Insn& insn, HostAddress address) {
    if (!address.window || !insn.has_memory()) return;
    if (!address.home) e.put(0x65); // GS
    e.put(0x67);                    // 32-bit address
}

bool is_direct_offset(const Insn& insn) { return insn.opcode_map == 0 && insn.opcode >= 0xA0 && insn.opcode <= 0xA3; }

} // namespace

Encodable encodable(const Insn& insn) {
    bool high = false, stack_pointer = false;
    for (const Operand& op : insn.operands) {
        high = high || is_high_byte(op);
        stack_pointer = stack_pointer || is_stack_pointer(op);
    }
    if (!high) return Encodable::yes;
    if (stack_pointer) return Encodable::no;
    if (!insn.has_memory()) return Encodable::yes;
    // CMPXCHG has AL beside its register operand.
    return insn.mnemonic == Mnemonic::CMPXCHG ? Encodable::no : Encodable::rotated;
}

unsigned rotated_register(const Insn& insn) {
    for (const Operand& op : insn.operands)
        if (is_high_byte(op)) return op.slot >> 3;
    return 0;
}

Encoded reencode(const Insn& insn, HostAddress address) {
    Encoded e;
    put_window_prefixes(e, insn, address);
    if (insn.lock) e.put(0xF0);
    bool narrow = false;
    for (const Operand& op : insn.operands)
        narrow = narrow || (op.kind == OperandKind::gpr || op.kind == OperandKind::memory ? op.size == 2 : false);
    const bool implicit_size = insn.operand_count == 0 && insn.opcode_map == 0; // CBW and its kind
    if (insn.operand_size == 2 && (narrow || implicit_size)) e.put(0x66);
    if (insn.mandatory_prefix != 0) e.put(insn.mandatory_prefix);

    u8 opcode = insn.opcode;
    u8 modrm = insn.modrm;
    bool with_modrm = has_modrm(insn);
    bool group = is_group(insn);
    if (insn.opcode_map == 0) {
        if (opcode >= 0x40 && opcode <= 0x4F) {
            modrm = static_cast<u8>(0xC0 | (opcode & 0xF));
            opcode = 0xFF;
            with_modrm = group = true;
        } else if (is_direct_offset(insn)) {
            opcode = static_cast<u8>(opcode == 0xA0 ? 0x8A : opcode == 0xA1 ? 0x8B : opcode == 0xA2 ? 0x88 : 0x89);
            modrm = 0;
            with_modrm = true;
        } else if (opcode == 0x82) {
            opcode = 0x80;
        }
    }
    const bool memory = insn.has_memory();
    bool stack_pointer = false;
    for (const Operand& op : insn.operands) stack_pointer = stack_pointer || is_stack_pointer(op);
    u8 rex = 0;
    u8 reg = (modrm >> 3) & 7;
    const u8 rm = modrm & 7;
    if (with_modrm) {
        if (!group && reg == 4 && stack_pointer) {
            rex |= 0x44;
            reg = 0;
        } else if (memory && !group && encodable(insn) == Encodable::rotated) {
            reg &= 3;
        }
        u8 rm_out = rm;
        if (memory) {
            rex |= address_rex(address);
        } else if (rm == 4 && stack_pointer) {
            rex |= 0x41;
            rm_out = 0;
        }
        modrm = static_cast<u8>((memory ? memory_form(address) : 0xC0 | rm_out) | (reg << 3));
    } else if (stack_pointer && (opcode & 7) == 4) { // the register is in the opcode; it becomes r8
        rex |= 0x41;
        opcode = static_cast<u8>(opcode & ~7);
    }
    if (rex != 0) e.put(rex);
    if (insn.opcode_map != 0) e.put(0x0F);
    if (insn.opcode_map == 2) e.put(0x38);
    if (insn.opcode_map == 3) e.put(0x3A);
    e.put(opcode);
    if (with_modrm) {
        e.put(modrm);
        if (memory) put_address(e, address);
    }
    u32 immediate = insn.immediate;
    for (unsigned i = immediate_size(insn); i != 0; --i, immediate >>= 8) e.put(static_cast<u8>(immediate));
    return e;
}

Encoded reencode_fpu(const Insn& insn, HostAddress address) {
    Encoded e;
    put_window_prefixes(e, insn, address);
    if (insn.mandatory_prefix != 0) e.put(insn.mandatory_prefix);
    const bool memory = insn.has_memory();
    u8 rex = 0;
    u8 reg = (insn.modrm >> 3) & 7;
    u8 rm = insn.modrm & 7;
    bool stack_pointer = false;
    for (const Operand& op : insn.operands) stack_pointer = stack_pointer || is_stack_pointer(op);
    if (stack_pointer && has_general_register_in_reg(insn)) {
        rex |= 0x44;
        reg = 0;
    } else if (stack_pointer) {
        rex |= 0x41;
        rm = 0;
    }
    if (memory) rex |= address_rex(address);
    if (rex != 0) e.put(rex);
    if (insn.opcode_map != 0) e.put(0x0F);
    if (insn.opcode_map == 2) e.put(0x38);
    if (insn.opcode_map == 3) e.put(0x3A);
    e.put(insn.opcode);
    if (insn.mnemonic == Mnemonic::EMMS) return e;
    e.put(static_cast<u8>((memory ? memory_form(address) : 0xC0 | rm) | (reg << 3)));
    if (memory) put_address(e, address);
    if (insn.opcode_map != 0 && immediate_size(insn) != 0) e.put(static_cast<u8>(insn.immediate));
    return e;
}

} // namespace ringshift::bt
