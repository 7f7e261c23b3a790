// Blocks that check themselves.
//
// Some code is written to all the time: trampolines that get a new constant before each call, code that is generated
// anew where it was. To be told of each such write, and to forget and find the block again, costs more than to run it.
// A block that has changed before compares its own bytes at entry instead. Nothing is marked for it, so that writes to
// it are as fast as any; and immediates of its simple instructions are no part of the comparison, but are read where
// they stand. If a compared byte differs, the block is left as if the budget did not cover it, and the engine drops it.
//
// What runs is what was compared: such a block writes no memory before its last instruction.
#include "bt/fpu_form.h"
#include "bt/translator.h"
#include "cpu/isa/policy.h"

namespace ringshift::bt {

namespace {

using enum Mnemonic;

/// MOV and arithmetic on a whole register with an immediate of 32 bits.
bool has_simple_immediate(const Insn& in) {
    switch (in.mnemonic) {
    case MOV:
    case ADD:
    case ADC:
    case SUB:
    case SBB:
    case AND:
    case OR:
    case XOR:
    case CMP:
    case TEST:
        return in.op(0).kind == OperandKind::gpr && in.op(0).size == 4 && in.op(1).kind == OperandKind::immediate &&
               in.immediate_field.size == 4;
    default: return false;
    }
}

/// Surely writes no memory, and is done in place.
bool only_computes(const Insn& in) {
    switch (in.mnemonic) {
    case MOV:
    case ADD:
    case ADC:
    case SUB:
    case SBB:
    case AND:
    case OR:
    case XOR:
    case INC:
    case DEC:
    case NEG:
    case NOT:
    case SHL:
    case SHR:
    case SAR:
    case ROL:
    case ROR:
        return in.op(0).kind == OperandKind::gpr && in.op(1).kind != OperandKind::segment &&
               in.op(1).kind != OperandKind::control && in.op(1).kind != OperandKind::debug;
    case MOVZX:
    case MOVSX:
    case CMP:
    case TEST:
    case IMUL:
    case MUL:
    case LEA:
    case NOP:
    case CDQ:
    case CWDE:
    case BSWAP:
    case POP: return in.mnemonic != POP || (in.op(0).kind == OperandKind::gpr);
    default: return is_conditional_jump(in.mnemonic);
    }
}

} // namespace

bool may_check_itself(const Block& block) {
    if (block.second) return false;
    for (std::size_t i = 0; i + 1 < block.insns.size(); ++i)
        if (!only_computes(block.insns[i].insn)) return false;
    const Insn& last = block.insns.back().insn;
    return last.mnemonic != Mnemonic::invalid && (only_computes(last) || last.mnemonic == RET || last.mnemonic == JMP);
}

std::vector<bool> compared_bytes(const Block& block) {
    std::vector<bool> compared;
    for (const DecodedInsn& decoded : block.insns) {
        const Insn& in = decoded.insn;
        const std::size_t start = compared.size();
        compared.resize(start + in.length, true);
        if (!has_simple_immediate(in)) continue;
        for (std::size_t i = 0; i < in.immediate_field.size; ++i)
            compared[start + in.immediate_field.offset + i] = false;
    }
    return compared;
}

bool Translator::reads_own_immediate(u32 i) const { return m_block->own_bytes && has_simple_immediate(insn(i)); }

/// With RCX in r12.
void Translator::emit_self_check(const asmjit::Label& refused) {
    auto& a = m_e.a;
    m_e.mark(0, Provenance::guard, "written to before: are the bytes still those that were translated?");
    const std::vector<bool> compared = compared_bytes(*m_block);
    for (u32 at = 0; at < compared.size();) {
        if (!compared[at]) {
            ++at;
            continue;
        }
        u32 end = at;
        while (end < compared.size() && compared[end] && end - at < 4) ++end;
        const u32 size = end - at == 3 ? 2 : end - at;
        u32 expected = 0;
        for (u32 i = 0; i < size; ++i) {
            const std::size_t n = at + i;
            expected |= u32{m_block->guest[n]} << (8 * i);
        }
        auto same = a.newLabel();
        a.mov(x86::r9, reinterpret_cast<u64>(m_block->own_bytes));
        if (size == 4)
            a.mov(x86::ecx, x86::dword_ptr(x86::r9, static_cast<i32>(at)));
        else
            a.movzx(x86::ecx, x86::Mem(x86::r9, static_cast<i32>(at), size));
        a.lea(x86::ecx, x86::ptr(x86::rcx, static_cast<i32>(0 - expected)));
        a.jecxz(x86::ecx, same);
        a.jmp(refused);
        a.bind(same);
        at += size;
    }
}

void Translator::emit_with_own_immediate(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    u32 at = in.immediate_field.offset;
    for (u32 k = 0; k < i; ++k) at += insn(k).length;
    m_e.mark(i, Provenance::rewrite, "the immediate as it stands in the guest's code now");
    a.mov(x86::r9, reinterpret_cast<u64>(m_block->own_bytes));
    a.mov(x86::r9d, x86::dword_ptr(x86::r9, static_cast<i32>(at)));
    m_e.mark(i, Provenance::native, "itself, with that");
    const x86::Gp to = guest32(in.op(0).slot >> 3);
    switch (in.mnemonic) {
    case MOV: a.mov(to, x86::r9d); break;
    case ADD: a.add(to, x86::r9d); break;
    case ADC: a.adc(to, x86::r9d); break;
    case SUB: a.sub(to, x86::r9d); break;
    case SBB: a.sbb(to, x86::r9d); break;
    case AND: a.and_(to, x86::r9d); break;
    case OR: a.or_(to, x86::r9d); break;
    case XOR: a.xor_(to, x86::r9d); break;
    case CMP: a.cmp(to, x86::r9d); break;
    default: a.test(to, x86::r9d); break;
    }
}

} // namespace ringshift::bt
