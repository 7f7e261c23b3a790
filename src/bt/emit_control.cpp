// Near branches: direct ones end in links, indirect ones in a probe.
//
// Calls and returns are paired: a guest CALL pushes the guest's return address on the guest's stack and then does a
// host CALL, a guest RET pops into r9 and does a host RET, so that the host's return predictor sees what the guest
// does. The host lands behind its last call and compares r9 with the address that this call pushed; a guest that did
// something else gets there by the probe. No guest value is ever a host return address, and a wrong landing costs time
// only.
//
// The return stack is forgotten whenever generated code is left, and everything that could make an entry invalid (a
// block destroyed or unlinked, a change of address space, mapping or mode) happens after leaving, or makes generated
// code be left. Where returns may land is known by page (LandingPages).
#include "bt/translator.h"

namespace ringshift::bt {

namespace {

std::optional<x86::CondCode> condition_of(Mnemonic mnemonic) {
    using enum Mnemonic;
    switch (mnemonic) {
    case JO: return x86::CondCode::kO;
    case JNO: return x86::CondCode::kNO;
    case JB: return x86::CondCode::kB;
    case JNB: return x86::CondCode::kAE;
    case JZ: return x86::CondCode::kZ;
    case JNZ: return x86::CondCode::kNZ;
    case JBE: return x86::CondCode::kBE;
    case JNBE: return x86::CondCode::kA;
    case JS: return x86::CondCode::kS;
    case JNS: return x86::CondCode::kNS;
    case JP: return x86::CondCode::kP;
    case JNP: return x86::CondCode::kNP;
    case JL: return x86::CondCode::kL;
    case JNL: return x86::CondCode::kGE;
    case JLE: return x86::CondCode::kLE;
    case JNLE: return x86::CondCode::kG;
    default: return std::nullopt;
    }
}

} // namespace

bool is_conditional_jump(Mnemonic mnemonic) { return condition_of(mnemonic).has_value(); }

bool returns_here(const Insn& in) {
    if (in.mnemonic != Mnemonic::CALL) return false;
    if (in.op(0).kind == OperandKind::relative) return in.immediate != 0;
    return in.op(0).kind == OperandKind::gpr ||
           (in.op(0).kind == OperandKind::memory && ((in.modrm >> 3) & 7) == 2); // else far
}

u32 Translator::relative_target(u32 i) const {
    const u32 target = next_rip(i) + insn(i).immediate;
    return insn(i).operand_size == 2 ? target & 0xFFFF : target;
}

bool Translator::emit_control(u32 i) {
    using enum Mnemonic;
    const Insn& in = insn(i);
    switch (in.mnemonic) {
    case JMP:
        if (in.op(0).kind != OperandKind::relative) return emit_indirect_jump(i);
        if (!jump_in_limit(relative_target(i))) return false;
        m_e.mark(i, Provenance::expand, "a jump becomes the block's exit");
        emit_direct_exit(relative_target(i));
        m_falls_through = false;
        return true;
    case CALL: return emit_call(i);
    case RET: return emit_return(i);
    case LOOP:
    case LOOPE:
    case LOOPNE:
    case JCXZ:
    case JECXZ: return emit_counted(i);
    default: return emit_jcc(i);
    }
}

bool Translator::emit_jcc(u32 i) {
    const auto condition = condition_of(insn(i).mnemonic);
    if (!condition || !jump_in_limit(relative_target(i))) return false;
    m_e.mark(i, Provenance::expand, "the guest's flags are the host's: the same condition, to the block's exit");
    if (i + 1 < m_block->insns.size())
        emit_side_exit(i, *condition, relative_target(i));
    else
        emit_conditional_exit(*condition, relative_target(i)); // translate() adds the exit to the next instruction
    return true;
}

/// LOOPcc and JCXZ: the counter is tested by JECXZ, which asks no flag.
bool Translator::emit_counted(u32 i) {
    using enum Mnemonic;
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const u32 target = relative_target(i);
    if (!jump_in_limit(target)) return false;
    const bool loops = in.mnemonic != JCXZ && in.mnemonic != JECXZ;
    const bool wide = in.address_size == 4;
    m_e.mark(i, Provenance::expand, "the counter is tested without flags");
    if (loops && wide) {
        a.lea(x86::ecx, x86::ptr(x86::rcx, -1));
    } else if (loops) {
        a.lea(x86::r9d, x86::ptr(x86::rcx, -1));
        a.mov(x86::cx, x86::r9w);
    }
    auto zero = a.newLabel();
    auto done = a.newLabel();
    if (!wide) {
        a.mov(x86::r12, x86::rcx);
        a.movzx(x86::ecx, x86::cx);
    }
    a.jecxz(x86::ecx, zero);
    if (!wide) a.mov(x86::rcx, x86::r12);
    if (loops) {
        auto differs = a.newLabel();
        if (in.mnemonic == LOOPE) a.jnz(differs);
        if (in.mnemonic == LOOPNE) a.jz(differs);
        emit_direct_exit(target);
        a.bind(zero);
        if (!wide) a.mov(x86::rcx, x86::r12);
        a.bind(differs);
    } else {
        a.short_().jmp(done);
        a.bind(zero);
        if (!wide) a.mov(x86::rcx, x86::r12);
        emit_direct_exit(target);
        a.bind(done);
    }
    return true;
}

bool Translator::emit_call(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const bool direct = in.op(0).kind == OperandKind::relative;
    const bool from_memory = in.op(0).kind == OperandKind::memory;
    const unsigned size = in.operand_size;
    if (!direct && !from_memory && in.op(0).kind != OperandKind::gpr) return false; // far
    if (from_memory && (((in.modrm >> 3) & 7) != 2 || !can_address(in.memory.segment, Intent::read))) return false;
    if (direct ? !jump_in_limit(relative_target(i)) : !any_target_in_limit(in)) return false;
    if (!can_address(SegmentName::ss, Intent::write)) return false;

    auto after = a.newLabel();
    if (!direct) {
        m_e.mark(i, Provenance::expand, "the call's target, kept until the return address is pushed");
        emit_indirect_target(i, after);
        if (!stack_in_window(i)) a.mov(m_e.in_runtime(offsetof(Runtime, scratch), 8), x86::r9);
    }
    m_e.mark(i, Provenance::expand, "push the guest's return address");
    const HostAddress top = emit_stack_operand(i, size, size, Intent::write, after);
    if (size == 4)
        a.mov(host_memory(top, 4), static_cast<i32>(next_rip(i)));
    else
        a.mov(host_memory(top, 2), next_rip(i) & 0xFFFF);
    emit_release(0u - size);
    if (!direct && !stack_in_window(i)) a.mov(x86::r9, m_e.in_runtime(offsetof(Runtime, scratch), 8));
    if (pairs(i)) {
        m_e.mark(i, Provenance::exit, "a call is a host call, so that the return will be predicted");
        if (direct) {
            emit_paired_call(relative_target(i));
            emit_landing(i);
        } else if (m_options.probe && m_options.inline_targets) {
            auto landing = a.newLabel();
            emit_own_target(
                i, [&](const x86::Mem& code) { a.call(code); }, &landing);
            a.bind(landing);
            emit_landing(i);
        } else {
            auto miss = a.newLabel();
            m_e.emit_probe_or(miss, [&](const x86::Mem& code) {
                emit_arrival(Level::probe);
                a.call(code);
                emit_landing(i);
            });
            m_e.later([this, i, miss] {
                m_e.mark(i, Provenance::exit, "ask the engine for the target");
                m_e.a.bind(miss);
                m_e.a.mov(RINGSHIFT_STATE(rip, 8), x86::r9);
                m_e.a.jmp(m_e.in_runtime(offsetof(Runtime, leave_indirect), 8));
            });
        }
    } else if (direct) {
        m_e.mark(i, Provenance::exit, "a call's target is the block's exit");
        emit_direct_exit(relative_target(i));
    } else {
        emit_indirect_exit();
    }
    if (i + 1 == m_block->insns.size()) {
        emit_no_successor(after);
        return true;
    }
    m_fpu_loaded = 0; // the function may have done anything
    emit_after_handler(i, after);
    return true;
}

void Translator::emit_after_handler(u32 i, const asmjit::Label& after) {
    m_e.later([this, i, after] {
        m_e.mark(i, Provenance::exit, "the handler has set RIP");
        m_e.a.bind(after);
        m_e.a.jmp(m_e.in_runtime(offsetof(Runtime, leave_indirect), 8));
    });
}

void Translator::emit_no_successor(const asmjit::Label& after) {
    emit_after_handler(static_cast<u32>(m_block->insns.size() - 1), after);
    m_falls_through = false;
}

bool Translator::pairs(u32 i) const { return m_options.pair_returns && m_options.link && returns_here(insn(i)); }

void Translator::emit_landing(u32 i) {
    auto& a = m_e.a;
    auto expected = a.newLabel();
    m_e.mark(i, Provenance::guard, "the return lands here: was it to this call's successor?");
    a.mov(x86::r12, x86::rcx);
    a.lea(x86::ecx, x86::ptr(x86::r9, -static_cast<i32>(next_rip(i))));
    a.jecxz(x86::ecx, expected);
    a.mov(x86::rcx, x86::r12);
    a.jmp(m_e.in_runtime(offsetof(Runtime, indirect), 8));
    if (i + 1 < m_block->insns.size()) {
        const Stretch& stretch = stretch_of(i + 1);
        auto near = a.newLabel();
        a.bind(near);
        if (stretch.checked && !stretch.check_at) {
            m_e.mark(i + 1, Provenance::exit, "the budget does not cover what comes: leave before it");
            a.mov(x86::rcx, x86::r12);
            emit_leave_for(next_rip(i));
        }
        m_e.mark(i, Provenance::guard, "yes");
        a.bind(expected);
        a.mov(x86::rcx, x86::r12);
        emit_stretch_entry(stretch, near);
        return;
    }
    a.bind(expected);
    a.mov(x86::rcx, x86::r12);
    m_e.mark(i, Provenance::exit, "on behind the call");
    emit_direct_exit(next_rip(i), Level::returned);
}

bool Translator::emit_return(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const unsigned size = in.operand_size;
    if (in.opcode == 0xCA || in.opcode == 0xCB) return false; // far
    if (!any_target_in_limit(in) || !can_address(SegmentName::ss, Intent::read)) return false;
    auto after = a.newLabel();
    m_e.mark(i, Provenance::expand, "pop the guest's return address");
    const HostAddress top = emit_stack_operand(i, 0, size, Intent::read, after);
    if (size == 4)
        a.mov(x86::r9d, host_memory(top, 4));
    else
        a.movzx(x86::r9d, host_memory(top, 2));
    emit_release(size + (in.operand_count > 0 ? in.immediate & 0xFFFF : 0));
    if (m_options.pair_returns && m_options.link) {
        m_e.mark(i, Provenance::exit, "a host return, to where the paired call checks the address in r9");
        a.ret();
    } else {
        emit_indirect_exit();
    }
    emit_no_successor(after);
    return true;
}

bool Translator::emit_indirect_jump(u32 i) {
    const Insn& in = insn(i);
    const bool from_memory = in.op(0).kind == OperandKind::memory;
    if (!from_memory && in.op(0).kind != OperandKind::gpr) return false;
    if (from_memory && (((in.modrm >> 3) & 7) != 4 || !can_address(in.memory.segment, Intent::read))) return false;
    if (!any_target_in_limit(in)) return false;
    auto after = m_e.a.newLabel();
    m_e.mark(i, Provenance::expand, "the jump's target");
    emit_indirect_target(i, after);
    emit_indirect_exit();
    emit_no_successor(after);
    return true;
}

/// The operand of a near indirect CALL or JMP, into r9.
void Translator::emit_indirect_target(u32 i, const asmjit::Label& after) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const unsigned size = in.operand_size;
    const bool from_memory = in.op(0).kind == OperandKind::memory;
    if (from_memory) {
        const HostAddress at = emit_operand_address(i, size, Intent::read, after);
        if (size == 4)
            a.mov(x86::r9d, host_memory(at, 4));
        else
            a.movzx(x86::r9d, host_memory(at, 2));
    } else if (size == 4) {
        a.mov(x86::r9d, guest32(in.op(0).slot >> 3));
    } else {
        a.movzx(x86::r9d, guest16(in.op(0).slot >> 3));
    }
}

} // namespace ringshift::bt
