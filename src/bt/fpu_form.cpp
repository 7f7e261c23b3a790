#include "bt/fpu_form.h"

namespace ringshift::bt {

namespace {

using enum Mnemonic;

constexpr u16 x87_exceptions = 0x3F;
constexpr u32 mxcsr_masks = 0x1F80;

bool is_x87(const Insn& insn) { return insn.opcode_map == 0 && (insn.opcode & 0xF8) == 0xD8; }

bool has_operand(const Insn& insn, OperandKind kind) {
    for (const Operand& op : insn.operands)
        if (op.kind == kind) return true;
    return false;
}

FpuForm x87_form(const Insn& insn) {
    FpuForm form{.needs = fpu_ready::x87, .pointers = true};
    switch (insn.mnemonic) {
    case FST:
    case FSTP:
    case FIST:
    case FISTP:
    case FISTTP:
    case FBSTP: form.writes = true; break;
    case FNSTCW:
    case FNSTSW:
        form.writes = true;
        form.pointers = false;
        break;
    case FLDCW:
    case FNCLEX: form.pointers = false; break;
    default: break;
    }
    return form;
}

/// 16-byte operands of SSE are aligned (SDM vol. 2A, table 2-21), but for these.
bool may_be_misaligned(const Insn& insn) {
    switch (insn.mnemonic) {
    case MOVUPS:
    case MOVUPD:
    case MOVDQU:
    case LDDQU:
    case PCMPESTRI:
    case PCMPESTRM:
    case PCMPISTRI:
    case PCMPISTRM: return true;
    default: return false;
    }
}

FpuForm vector_form(const Insn& insn) {
    FpuForm form;
    if (has_operand(insn, OperandKind::mmx) || insn.mnemonic == EMMS) form.needs |= fpu_ready::x87;
    if (has_operand(insn, OperandKind::xmm)) form.needs |= fpu_ready::sse;
    const Operand* memory = insn.memory_operand();
    switch (insn.mnemonic) {
    case CVTPS2PI:
    case CVTTPS2PI:
    case CVTPD2PI:
    case CVTTPD2PI:
        form.needs = fpu_ready::all;
        break; // from memory too: MXCSR rounds
    // Processors differ on whether these touch the x87 state if there is no MMX operand.
    case CVTPI2PS:
    case CVTPI2PD:
        if (memory) return {};
        break;
    default: break;
    }
    form.writes = memory && insn.op(0).kind == OperandKind::memory;
    form.aligned = memory && memory->size == 16 && !may_be_misaligned(insn);
    return form;
}

} // namespace

/// No exception of theirs can be delivered, neither #NM nor #UD for the instruction nor #MF nor #XM for what it
/// computes: CR0 and CR4 allow it, and all floating-point exceptions are masked (then none is pending either).
u16 fpu_readiness(const CpuState& state) {
    if (state.cr0 & (cr0::em | cr0::ts)) return 0;
    u16 ready = 0;
    if ((state.fpu.fcw & x87_exceptions) == x87_exceptions) ready |= fpu_ready::x87;
    if ((state.cr4 & cr4::osfxsr) && (state.fpu.mxcsr & mxcsr_masks) == mxcsr_masks) ready |= fpu_ready::sse;
    return ready;
}

bool is_fpu(const Insn& insn) {
    if (insn.opcode_map == 1 && (insn.opcode == 0x2C || insn.opcode == 0x2D)) return true; // CVTxx2SI from memory
    return is_x87(insn) || insn.mnemonic == FWAIT || insn.mnemonic == EMMS || has_operand(insn, OperandKind::mmx) ||
           has_operand(insn, OperandKind::xmm);
}

FpuForm fpu_form(const Insn& insn) {
    if (is_x87(insn)) return x87_form(insn);
    if (insn.mnemonic == FWAIT) return {.needs = fpu_ready::x87};
    return vector_form(insn);
}

bool changes_fpu_readiness(const Insn& insn) {
    switch (insn.mnemonic) {
    case FLDCW:
    case FLDENV:
    case FNINIT:
    case FNSAVE:
    case FNSTENV:
    case FRSTOR:
    case FXRSTOR:
    case LDMXCSR:
    case CLTS:
    case LMSW: return true;
    default: return has_operand(insn, OperandKind::control);
    }
}

u8 written_registers(const Insn& insn) {
    const auto destination = [&](std::size_t n) {
        const Operand& op = insn.op(n);
        return static_cast<u8>(op.kind == OperandKind::gpr ? 1u << (op.slot >> 3) : 0u);
    };
    constexpr u8 stack_pointer = 1 << 4;
    switch (insn.mnemonic) {
    case CMP:
    case TEST:
    case BT:
    case NOP: return 0;
    case MOV:
    case MOVZX:
    case MOVSX:
    case LEA:
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
    case ROR: return destination(0);
    case PUSH: return stack_pointer;
    case POP: return static_cast<u8>(destination(0) | stack_pointer);
    default: break;
    }
    if (!is_fpu(insn)) return 0xFF;
    if (insn.mnemonic == PCMPESTRI || insn.mnemonic == PCMPISTRI) return 1 << 1; // ECX
    return destination(0);
}

u8 address_registers(const Insn& insn) {
    const auto bit = [](u8 reg) { return reg == MemoryOperand::no_register ? 0u : 1u << reg; };
    return static_cast<u8>(bit(insn.memory.base) | bit(insn.memory.index));
}

} // namespace ringshift::bt
