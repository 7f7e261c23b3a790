#include "bt/reasons.h"

#include "cpu/isa/policy.h"

#include <algorithm>

namespace ringshift::bt {

namespace {

bool has(const Insn& insn, OperandKind kind) {
    return std::any_of(insn.operands.begin(), insn.operands.end(),
                       [kind](const Operand& op) { return op.kind == kind; });
}

/// What reads or changes state that the host keeps for itself, and would fault, or answer with the host's state.
const char* sensitive_reason(const Insn& insn) {
    using enum Mnemonic;
    switch (insn.mnemonic) {
    case CLI:
    case STI: return "sensitive: IOPL, VME and waiting interrupts decide what becomes of the virtual IF";
    case PUSHF:
    case PUSHFD: return "sensitive: pushes the virtual EFLAGS, not the host's";
    case POPF:
    case POPFD: return "sensitive: privilege decides which of the virtual flags change";
    case INT:
    case INT3:
    case INTO:
    case INT1: return "sensitive: goes through a gate of the guest's IDT to its handler";
    case IRET:
    case IRETD: return "sensitive: returns from the guest's handler with CS, EIP, EFLAGS and perhaps the stack";
    case SYSENTER: return "sensitive: enters Ring 0 where the guest's SYSENTER MSRs say";
    case SYSEXIT: return "sensitive: leaves Ring 0 for the address in EDX with the stack in ECX";
    case LGDT: return "sensitive: loads the virtual GDTR";
    case LIDT: return "sensitive: loads the virtual IDTR";
    case LLDT: return "sensitive: loads the virtual LDTR from a descriptor";
    case LTR: return "sensitive: loads the virtual task register and marks its TSS busy";
    case SGDT: return "sensitive: would show the host's GDTR; stores the virtual one";
    case SIDT: return "sensitive: would show the host's IDTR; stores the virtual one";
    case SLDT: return "sensitive: would show the host's LDTR; stores the virtual one";
    case STR: return "sensitive: would show the host's task register; stores the virtual one";
    case SMSW: return "sensitive: would show the host's CR0; stores the virtual one";
    case LMSW: return "sensitive: changes the virtual CR0: the mode may become another";
    case CLTS: return "sensitive: clears TS in the virtual CR0";
    case LAR: return "sensitive: would look into the host's descriptor tables; reads access rights from the guest's";
    case LSL: return "sensitive: would look into the host's descriptor tables; reads a limit from the guest's";
    case VERR:
    case VERW: return "sensitive: would look into the host's descriptor tables; asks the guest's";
    case INVLPG: return "sensitive: forgets one page of the guest's translations";
    case INVD:
    case WBINVD: return "privileged: checked; the caches are the host's business";
    case HLT: return "sensitive: the virtual CPU waits for an interrupt, the host's goes on";
    case IN:
    case OUT:
    case INSB:
    case INSW:
    case INSD:
    case OUTSB:
    case OUTSW:
    case OUTSD: return "sensitive: a virtual device answers, if IOPL or the I/O bitmap allow it";
    case RDTSC:
    case RDTSCP: return "sensitive: virtual time, not the host's";
    case RDPMC: return "sensitive: there are no virtual performance counters";
    case CPUID: return "sensitive: describes the virtual CPU, not the host's";
    case RDMSR: return "sensitive: reads a virtual model-specific register";
    case WRMSR: return "sensitive: writes a virtual model-specific register";
    default: break;
    }
    if (has(insn, OperandKind::control)) return "sensitive: a virtual control register; paging or the mode may change";
    if (has(insn, OperandKind::debug)) return "sensitive: a virtual debug register";
    return nullptr;
}

const char* segment_reason(const Insn& insn) {
    using enum Mnemonic;
    switch (insn.mnemonic) {
    case LDS:
    case LES:
    case LFS:
    case LGS:
    case LSS: return "sensitive: loads a segment register from a descriptor of the guest's";
    case CALL:
    case JMP:
    case RET:
        if (has(insn, OperandKind::far_pointer) || insn.opcode == 0xCA || insn.opcode == 0xCB ||
            (insn.opcode == 0xFF && ((insn.modrm >> 3) & 1) != 0))
            return "sensitive: loads CS from a descriptor of the guest's, perhaps through a gate";
        return nullptr;
    case PUSH:
        return insn.op(0).kind == OperandKind::segment ? "sensitive: pushes the guest's selector, not the host's"
                                                       : nullptr;
    case MOV:
    case POP:
        if (insn.op(0).kind == OperandKind::segment)
            return "sensitive: loads a segment register from a descriptor of the guest's";
        return nullptr;
    default: return nullptr;
    }
}

} // namespace

const char* handler_reason(const Insn& insn) {
    using enum Mnemonic;
    if (const char* reason = sensitive_reason(insn)) return reason;
    if (const char* reason = segment_reason(insn)) return reason;
    if (insn.element_size != 0) return "a string instruction: the interpreter does its repetitions in bulk";
    switch (insn.mnemonic) {
    case invalid: return "no instruction of this CPU: #UD";
    case AAA:
    case AAD:
    case AAM:
    case AAS:
    case ARPL:
    case BOUND:
    case DAA:
    case DAS:
    case PUSHA:
    case PUSHAD:
    case POPA:
    case POPAD:
    case SALC: return "does not exist in 64-bit mode: done by the interpreter's handler";
    default: break;
    }
    if (policy(insn.mnemonic).feature != Feature::base && policy(insn.mnemonic).strategy == Strategy::Native)
        return "done by the interpreter's handler: an exception may be due, or its feature is switched off";
    return "done by the interpreter's handler";
}

} // namespace ringshift::bt
