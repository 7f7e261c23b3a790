// Integer instructions: re-emitted with their operands rewritten; the stack; the flags register.
#include "bt/fpu_form.h"
#include "bt/reencode.h"
#include "bt/translator.h"

namespace ringshift::bt {

namespace {

using enum Mnemonic;

bool reads_only(Mnemonic m) {
    return m == CMP || m == TEST || m == BT || m == MUL || m == IMUL || m == DIV || m == IDIV;
}

/// Operands that the re-encoder knows.
bool plain_operands(const Insn& in) {
    for (const Operand& op : in.operands) {
        const bool plain = op.kind == OperandKind::none || op.kind == OperandKind::gpr ||
                           op.kind == OperandKind::memory || op.kind == OperandKind::immediate;
        if (!plain) return false;
    }
    return true;
}

/// A memory operand of these is not accessed.
bool touches_nothing(Mnemonic m) {
    return m == NOP || m == PAUSE || m == PREFETCHNTA || m == PREFETCHT0 || m == PREFETCHT1 || m == PREFETCHT2;
}

/// Of an instruction with a memory operand.
bool writes_operand(const Insn& in) {
    const bool is_destination = in.op(0).kind == OperandKind::memory || in.mnemonic == XCHG;
    return is_destination && !reads_only(in.mnemonic);
}

/// Instructions that emit_native() and emit_stack() do in place whatever their operands, as long as those are plain.
bool in_place(Mnemonic m) {
    switch (m) {
    case MOV:
    case MOVZX:
    case MOVSX:
    case ADD:
    case ADC:
    case SUB:
    case SBB:
    case AND:
    case OR:
    case XOR:
    case CMP:
    case TEST:
    case INC:
    case DEC:
    case NEG:
    case NOT:
    case SHL:
    case SHR:
    case SAR:
    case ROL:
    case ROR:
    case IMUL:
    case MUL:
    case LEA:
    case NOP:
    case CDQ:
    case CWDE:
    case BSWAP:
    case PUSH:
    case POP: return true;
    default: return m >= SETO && m <= CMOVNLE;
    }
}

bool is_bit_test(Mnemonic m) { return m == BT || m == BTS || m == BTR || m == BTC; }

} // namespace

bool Translator::emit_native(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    if (touches_nothing(in.mnemonic)) return true;
    if (reads_own_immediate(i)) {
        emit_with_own_immediate(i);
        return true;
    }
    if (in.mnemonic == LEA) return emit_lea(i);
    if (in.mnemonic == DIV || in.mnemonic == IDIV) return emit_divide(i);
    if (in.mnemonic == XLAT) return false;
    if (!plain_operands(in)) return emit_system(i);
    const Encodable how = encodable(in);
    if (how == Encodable::no) return false;
    const Operand* memory = in.memory_operand();
    if (!memory) {
        m_e.mark(i, Provenance::native, "re-encoded as itself");
        embed_access(reencode(in, {}), {});
        return true;
    }
    // A register as bit offset reaches beyond the operand.
    if (is_bit_test(in.mnemonic) && in.op(1).kind == OperandKind::gpr) return false;
    const Intent intent = writes_operand(in) ? Intent::write : Intent::read;
    if (!can_address(in.memory.segment, intent)) return false;
    if (asks_device(i)) {
        emit_device_access(i);
        return true;
    }
    auto after = a.newLabel();
    HostAddress at;
    if (how == Encodable::rotated) {
        m_e.mark(i, Provenance::rewrite, "the guest's address");
        emit_effective_offset(in); // which may be made of the very register that is rotated
        at = emit_lookup(i, in.memory.segment, x86::r9, memory->size, intent, after);
    } else {
        at = emit_operand(i, memory->size, intent, after);
    }
    m_e.mark(i, Provenance::native, at.window ? "itself, in the memory window" : "itself, on host memory");
    if (how == Encodable::rotated) {
        const auto high = guest32(rotated_register(in));
        if (at.window) at.miss = emit_rotate_back_later(i, high, asmjit::Label(at.miss)).id();
        a.rorx(high, high, 8);
        embed_access(reencode(in, at), at);
        a.rorx(high, high, 24);
    } else {
        embed_access(reencode(in, at), at);
    }
    a.bind(after);
    return true;
}

/// Where an access that faults goes while a register is rotated.
asmjit::Label Translator::emit_rotate_back_later(u32 i, x86::Gp high, const asmjit::Label& miss) {
    auto back = m_e.a.newLabel();
    m_e.later([this, i, high, back, miss] {
        m_e.mark(i, Provenance::helper, "the register as it was");
        m_e.a.bind(back);
        m_e.a.rorx(high, high, 24);
        m_e.a.jmp(miss);
    });
    return back;
}

SharingFacts Translator::sharing_facts(u32 i) const {
    const Insn& in = insn(i);
    const Operand* memory = in.memory_operand();
    SharingFacts facts;
    if (is_fpu(in)) {
        const FpuForm form = fpu_form(in);
        facts.stays = m_options.fpu && runs_fpu_natively(in) && form.needs != 0 &&
                      (form.needs & ~m_mode->controls) == 0 && in.mnemonic != FLDCW;
        facts.writes = form.writes;
        facts.aligned = form.aligned;
        facts.accesses = memory != nullptr;
    } else {
        facts.stays = in_place(in.mnemonic) && plain_operands(in);
        const bool plain = in.mnemonic != LEA && in.mnemonic != NOP && in.mnemonic != PUSH && in.mnemonic != POP;
        facts.accesses = plain && memory && encodable(in) == Encodable::yes;
        facts.writes = memory && writes_operand(in);
    }
    if (facts.accesses) {
        facts.size = memory->size;
        facts.accesses = in.address_size == 4 && facts.size >= 1 && facts.size <= 16 &&
                         can_address(in.memory.segment, facts.writes ? Intent::write : Intent::read);
    }
    if (asks_device(i)) facts.stays = false;
    if (looks_at_marks(i, facts.size)) facts.accesses = false;
    return facts;
}

bool Translator::emit_lea(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    if (!in.has_memory()) return false;
    m_e.mark(i, Provenance::native, "address arithmetic on the same registers");
    const unsigned to = in.op(0).slot >> 3;
    if (m_options.few_moves && in.op(0).size == 4 && in.address_size == 4 &&
        in.memory.base != MemoryOperand::no_register) {
        emit_effective_offset(in, guest32(to));
        return true;
    }
    emit_effective_offset(in);
    if (in.op(0).size == 4)
        a.mov(guest32(to), x86::r9d);
    else
        a.mov(guest16(to), x86::r9w);
    return true;
}

/// Divisions that cannot fault, decided without flags, run as themselves; the others go to the handler. Unsigned: the
/// upper half is below the divisor. Signed: the dividend is the sign extension of its lower half, and the divisor is
/// neither 0 nor -1.
bool Translator::emit_divide(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const bool from_memory = in.op(0).kind == OperandKind::memory;
    if (in.op(0).size != 4) return false;
    if (from_memory && !can_address(in.memory.segment, Intent::read)) return false;
    auto after = a.newLabel();
    auto slow = a.newLabel();
    x86::Gp divisor = x86::r10d;
    if (from_memory) {
        const HostAddress at = emit_operand_address(i, 4, Intent::read, after);
        a.mov(x86::r10d, host_memory(at, 4));
    } else {
        a.mov(x86::r10d, guest32(in.op(0).slot >> 3));
    }
    m_e.mark(i, Provenance::guard, "a division that may fault is left to the handler");
    a.mov(x86::r12, x86::rcx);
    if (in.mnemonic == DIV) {
        a.mov(x86::r11d, x86::r10d);
        a.not_(x86::r11);
        a.lea(x86::rcx, x86::ptr(x86::rdx, x86::r11, 0, 1)); // EDX - divisor
        a.rorx(x86::rcx, x86::rcx, 32);
        a.jecxz(x86::ecx, slow);
    } else {
        // (divisor + 1) / 2 of 32 bits is zero for -1 and 0.
        a.lea(x86::r11d, x86::ptr(x86::r10, 1));
        a.rorx(x86::r11, x86::r11, 1);
        a.mov(x86::ecx, x86::r11d);
        a.jecxz(x86::ecx, slow);
        a.movsxd(x86::r11, x86::eax);
        a.rorx(x86::r11, x86::r11, 32);
        a.mov(x86::r11d, x86::r11d); // the sign of EAX, 32 times
        a.not_(x86::r11);
        a.lea(x86::ecx, x86::ptr(x86::rdx, x86::r11, 0, 1)); // EDX - it
        auto safe = a.newLabel();
        a.jecxz(x86::ecx, safe);
        a.bind(slow);
        auto miss = a.newLabel();
        a.jmp(miss);
        a.bind(safe);
        m_e.later([this, i, miss, after] {
            m_e.mark(i, Provenance::helper, "a division that may fault");
            m_e.a.bind(miss);
            emit_handler_instead(i, after);
        });
    }
    a.mov(x86::rcx, x86::r12);
    m_e.mark(i, Provenance::native, "itself");
    if (in.mnemonic == DIV) {
        a.div(x86::edx, x86::eax, divisor);
        auto over = a.newLabel();
        a.short_().jmp(over);
        a.bind(slow);
        a.mov(x86::rcx, x86::r12);
        emit_call_of_site(i);
        a.bind(over);
    } else {
        a.idiv(x86::edx, x86::eax, divisor);
    }
    a.bind(after);
    return true;
}

// ---- The stack -----------------------------------------------------------------------------------------------------

x86::Gp Translator::emit_stack_offset(u32 below) {
    auto& a = m_e.a;
    if (m_mode->stack32) {
        if (below == 0) return x86::r8;
        a.lea(x86::r9d, x86::ptr(x86::r8, -static_cast<i32>(below)));
        return x86::r9;
    }
    a.lea(x86::r9d, x86::ptr(x86::r8, -static_cast<i32>(below)));
    a.movzx(x86::r9d, x86::r9w);
    return x86::r9;
}

bool Translator::stack_in_window(u32 i) const {
    const bool flat = m_mode->segments[static_cast<std::size_t>(SegmentName::ss)] == SegmentClass::flat;
    return flat && m_mode->stack32 && through_window(i);
}

HostAddress Translator::emit_stack_operand(u32 i, u32 below, unsigned size, Intent intent, const asmjit::Label& after) {
    if (!stack_in_window(i)) return emit_stack_lookup(i, below, size, intent, after);
    HostAddress at = emit_in_window(i, SegmentName::ss, x86::r8, size, intent, after);
    at.displacement = 0u - below;
    return at;
}

/// A constant that is added to 64 bits costs recent processors nothing: the sum is made while the instruction is
/// renamed. The upper half of r8 may be anything then, which neither 32-bit addresses nor 32-bit operations see;
/// whatever does clears it first.
bool Translator::stack_is_wide() const { return m_options.wide_stack && m_mode->windows && m_mode->stack32; }

void Translator::emit_release(u32 bytes) {
    auto& a = m_e.a;
    if (stack_is_wide()) {
        a.lea(x86::r8, x86::ptr(x86::r8, static_cast<i32>(bytes)));
    } else if (m_mode->stack32) {
        a.lea(x86::r8d, x86::ptr(x86::r8, static_cast<i32>(bytes)));
    } else {
        a.lea(x86::r11d, x86::ptr(x86::r8, static_cast<i32>(bytes)));
        a.mov(x86::r8w, x86::r11w);
    }
}

bool Translator::emit_stack(u32 i) {
    switch (insn(i).mnemonic) {
    case PUSH: return emit_push(i);
    case POP: return emit_pop(i);
    default: return false;
    }
}

bool Translator::emit_push(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const unsigned size = in.operand_size;
    const Operand& op = in.op(0);
    if (!can_address(SegmentName::ss, Intent::write)) return false;
    if (op.kind != OperandKind::gpr && op.kind != OperandKind::immediate && op.kind != OperandKind::memory)
        return false;
    if (op.kind == OperandKind::memory && !can_address(in.memory.segment, Intent::read)) return false;
    auto after = a.newLabel();
    const bool keeps_r9 = m_options.few_moves && stack_in_window(i);
    if (op.kind == OperandKind::memory) {
        const HostAddress from = emit_operand_address(i, size, Intent::read, after);
        if (size == 4)
            a.mov(x86::r9d, host_memory(from, 4));
        else
            a.movzx(x86::r9d, host_memory(from, 2));
        if (!keeps_r9) a.mov(m_e.in_runtime(offsetof(Runtime, scratch), 8), x86::r9);
    }
    m_e.mark(i, Provenance::expand, "push: a store below the guest's stack pointer");
    const HostAddress top = emit_stack_operand(i, size, size, Intent::write, after);
    x86::Gp from_memory = x86::r9;
    if (op.kind == OperandKind::memory && !keeps_r9) {
        from_memory = x86::r10;
        a.mov(from_memory, m_e.in_runtime(offsetof(Runtime, scratch), 8));
    }
    const x86::Mem place = host_memory(top, size);
    if (op.kind == OperandKind::gpr) {
        const unsigned number = op.slot >> 3;
        if (size == 4)
            a.mov(place, guest32(number));
        else
            a.mov(place, guest16(number));
    } else if (op.kind == OperandKind::immediate) {
        a.mov(place, size == 4 ? static_cast<i32>(in.immediate) : static_cast<i32>(in.immediate & 0xFFFF));
    } else {
        if (size == 4)
            a.mov(place, from_memory.r32());
        else
            a.mov(place, from_memory.r16());
    }
    emit_release(0u - size);
    a.bind(after);
    return true;
}

bool Translator::emit_pop(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const unsigned size = in.operand_size;
    if (in.op(0).kind != OperandKind::gpr || !can_address(SegmentName::ss, Intent::read)) return false;
    auto after = a.newLabel();
    m_e.mark(i, Provenance::expand, "pop: a load, then the stack pointer");
    const HostAddress top = emit_stack_operand(i, 0, size, Intent::read, after);
    const x86::Mem place = host_memory(top, size);
    const unsigned number = in.op(0).slot >> 3;
    if (m_options.few_moves && size == 4 && number != 4) {
        a.mov(guest32(number), place);
        emit_release(size);
        a.bind(after);
        return true;
    }
    if (size == 4)
        a.mov(x86::r10d, place);
    else
        a.movzx(x86::r10d, place);
    emit_release(size);
    if (size == 4)
        a.mov(guest32(number), x86::r10d);
    else
        a.mov(guest16(number), x86::r10w);
    a.bind(after);
    return true;
}

} // namespace ringshift::bt
