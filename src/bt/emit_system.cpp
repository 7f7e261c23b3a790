// Sensitive instructions on virtual state: those of Ring 0, and those that would leak the host's state without
// trapping.
//
// IF, DF and the rest of EFLAGS' upper part are bits of CpuState::system_flags. One bit of a word is changed without
// touching the arithmetic flags by rotating it to the top, shifting it out by LEA, which lets another in at the bottom,
// and rotating back.
//
// STI is done in place only while no interrupt waits and another instruction of the block follows: what STI's shadow
// would delay cannot happen before that instruction is done.
#include "bt/fpu_form.h"
#include "bt/translator.h"

#include <bit>

namespace ringshift::bt {

namespace {

using enum Mnemonic;

/// A segment register other than SS is loaded by the interpreter's handler; the block goes on if the translator may
/// still address the segment as before.
Step load_segment_in_place(Cpu& cpu, const Insn& insn) {
    const Segment& segment = cpu.state.segments[insn.op(0).slot];
    const SegmentClass before = classify(segment);
    const Step step = handler_for(insn)(cpu, insn);
    return step.flow == Flow::stop && classify(segment) == before ? Step(Flow::next) : step;
}

/// .. and where nobody minds what it becomes, it goes on anyway.
Step load_free_segment(Cpu& cpu, const Insn& insn) {
    const Step step = handler_for(insn)(cpu, insn);
    return step.flow == Flow::stop ? Step(Flow::next) : step;
}

/// STI while an interrupt waits, and the HLT that its shadow covers. Together they are done in the block: what looks
/// around between them would only step HLT carefully.
Step enable_and_halt(Cpu& cpu, const Insn& insn) {
    CpuState& state = cpu.state;
    const Insn& halt = insn_of(cpu, *(reinterpret_cast<const Runtime*>(cpu.mmu.engine_space().data())->site + 1));
    const Step enabled = handler_for(insn)(cpu, insn);
    if (enabled.flow == Flow::fault || state.shadow != Shadow::sti) return enabled;
    state.rip = static_cast<u32>(state.rip + insn.length);
    state.shadow = Shadow::none;
    --state.budget;
    const Step halted = handler_for(halt)(cpu, halt);
    if (halted.flow == Flow::fault) return halted;
    state.rip = static_cast<u32>(state.rip + halt.length);
    return Flow::branch;
}

bool is_data_segment_load(const Insn& in) {
    const bool loads = in.mnemonic == MOV || in.mnemonic == POP;
    if (!loads || in.op(0).kind != OperandKind::segment) return false;
    const auto name = static_cast<SegmentName>(in.op(0).slot);
    return name != SegmentName::cs && name != SegmentName::ss;
}

} // namespace

Site Translator::make_site(u32 i, u32 rip) const {
    const DecodedInsn& decoded = m_block->insns[i];
    const Insn& in = decoded.insn;
    Site site{
        .handler = decoded.handler, .block = m_block, .rip = rip, .number = static_cast<u8>(i), .length = in.length};
    const Stretch& stretch = stretch_of(i);
    const bool counted = !stretch.check_at || i > *stretch.check_at;
    site.credit = static_cast<u16>(static_cast<u32>(m_options.slack()) + (counted ? stretch.end : stretch.first) - i);
    site.uncounted = counted ? 0 : 1;
    site.watches_fpu = changes_fpu_readiness(in);
    switch (in.mnemonic) {
    // These ask for attention themselves if time or interrupts are affected.
    case IN:
    case OUT:
    case LGDT:
    case LIDT: site.continues = 1; break;
    default:
        if (m_options.native && is_data_segment_load(in))
            site.handler = m_mode->free_segments >> in.op(0).slot & 1 ? load_free_segment : load_segment_in_place;
        break;
    }
    return site;
}

/// CLI and STI act on IF itself, without a fault (SDM vol. 2, CLI).
bool Translator::owns_interrupt_flag() const {
    if (!m_mode->protected_mode) return true;
    return !m_mode->v86 && m_mode->cpl <= m_mode->iopl;
}

void Translator::emit_change_system_flag(u32 bit, bool on) {
    auto& a = m_e.a;
    const u32 number = static_cast<u32>(std::countr_zero(bit));
    a.mov(x86::r9d, RINGSHIFT_STATE(system_flags, 4));
    a.rorx(x86::r9d, x86::r9d, number + 1);
    a.lea(x86::r9d, x86::ptr(x86::r9, x86::r9, 0, on ? 1 : 0));
    a.rorx(x86::r9d, x86::r9d, 32 - number);
    a.mov(RINGSHIFT_STATE(system_flags, 4), x86::r9d);
}

void Translator::emit_handler_later(u32 i, const asmjit::Label& entry, const asmjit::Label& after, const char* why) {
    m_e.later([this, i, entry, after, why] {
        m_e.mark(i, Provenance::helper, why);
        m_e.a.bind(entry);
        emit_call_of_site(i);
        m_e.a.jmp(after);
    });
}

bool Translator::emit_system(u32 i) {
    const Insn& in = insn(i);
    switch (in.mnemonic) {
    case CLI:
        if (!owns_interrupt_flag()) return false;
        m_e.mark(i, Provenance::expand, "sensitive: clears the virtual IF");
        emit_change_system_flag(flag::if_, false);
        return true;
    case STI: return emit_sti(i);
    case CLD:
        m_e.mark(i, Provenance::expand, "clears the virtual DF; the host's stays clear");
        emit_change_system_flag(flag::df, false);
        return true;
    case STD:
        m_e.mark(i, Provenance::expand, "sets the virtual DF; the host's stays clear");
        emit_change_system_flag(flag::df, true);
        return true;
    case PUSHF:
    case PUSHFD: return emit_push_flags(i);
    case POPF:
    case POPFD: return emit_pop_flags(i);
    case MOV: return emit_move_from_system(i);
    default: return false;
    }
}

bool Translator::emit_sti(u32 i) {
    auto& a = m_e.a;
    if (!owns_interrupt_flag() || i + 1 == m_block->insns.size()) return false;
    if (m_options.go_on && insn(i + 1).mnemonic == HLT) {
        m_sites[i].handler = enable_and_halt;
        m_called |= u64{2} << i; // it looks there
    }
    auto quiet = a.newLabel();
    auto busy = a.newLabel();
    auto after = a.newLabel();
    m_e.mark(i, Provenance::guard, "an interrupt may be waiting: then the engine has to look");
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::ecx, attention_word());
    a.jecxz(x86::ecx, quiet);
    a.mov(x86::rcx, x86::r12);
    a.jmp(busy);
    a.bind(quiet);
    a.mov(x86::rcx, x86::r12);
    m_e.mark(i, Provenance::expand, "sensitive: sets the virtual IF");
    emit_change_system_flag(flag::if_, true);
    a.bind(after);
    emit_handler_later(i, busy, after, "an interrupt waits");
    return true;
}

/// EFLAGS is put together from the host's flags and the virtual ones. RF is 0 wherever generated code runs.
bool Translator::emit_push_flags(u32 i) {
    auto& a = m_e.a;
    const unsigned size = insn(i).operand_size;
    if (m_mode->v86 || !can_address(SegmentName::ss, Intent::write)) return false;
    m_e.mark(i, Provenance::expand, "EFLAGS: the host's arithmetic flags, the guest's virtual IF and all the others");
    a.mov(x86::r12, x86::rax);
    a.lahf(); // with the constant bit 1
    a.seto(x86::al);
    a.movzx(x86::r10d, x86::al);
    a.rorx(x86::r10d, x86::r10d, 21); // to bit 11
    a.movzx(x86::eax, x86::ah);
    a.lea(x86::r10d, x86::ptr(x86::r10, x86::rax));
    a.mov(x86::rax, x86::r12);
    a.mov(x86::r9d, RINGSHIFT_STATE(system_flags, 4));
    a.lea(x86::r10d, x86::ptr(x86::r10, x86::r9));
    a.mov(m_e.in_runtime(offsetof(Runtime, scratch), 8), x86::r10);
    auto after = a.newLabel();
    const HostAddress top = emit_stack_operand(i, size, size, Intent::write, after);
    a.mov(x86::r10, m_e.in_runtime(offsetof(Runtime, scratch), 8));
    if (size == 4)
        a.mov(host_memory(top, 4), x86::r10d);
    else
        a.mov(host_memory(top, 2), x86::r10w);
    emit_release(0u - size);
    a.bind(after);
    return true;
}

/// SDM vol. 2B, POPF, table 4-15. In place if nothing but IF, DF and the arithmetic flags change. Once the image is
/// read nothing can fault, so the guest's flags are free.
bool Translator::emit_pop_flags(u32 i) {
    auto& a = m_e.a;
    const unsigned size = insn(i).operand_size;
    if (m_mode->v86 || !can_address(SegmentName::ss, Intent::read)) return false;
    u32 poppable = flag::tf | flag::df | flag::nt;
    if (size == 4) poppable |= flag::ac | flag::id;
    if (owns_interrupt_flag()) poppable |= flag::if_;
    if (m_mode->cpl == 0) poppable |= flag::iopl;
    const u32 in_place = poppable & (flag::if_ | flag::df);

    auto after = a.newLabel();
    auto unusual = a.newLabel();
    m_e.mark(i, Provenance::expand, "pop an image of EFLAGS");
    const HostAddress top = emit_stack_operand(i, 0, size, Intent::read, after);
    if (size == 4)
        a.mov(x86::r9d, host_memory(top, 4));
    else
        a.movzx(x86::r9d, host_memory(top, 2));
    m_e.mark(i, Provenance::guard, "TF, IOPL, NT, AC or ID would change: not in place");
    a.mov(x86::r10d, RINGSHIFT_STATE(system_flags, 4));
    a.mov(x86::r11d, x86::r10d);
    a.xor_(x86::r11d, x86::r9d);
    a.test(x86::r11d, poppable & ~in_place);
    a.jnz(unusual);
    if (in_place & flag::if_) {
        auto masked = a.newLabel();
        m_e.mark(i, Provenance::guard, "IF on while an interrupt waits: the engine has to look");
        a.test(x86::r9d, flag::if_);
        a.jz(masked);
        a.cmp(attention_word(), 0);
        a.jne(unusual);
        a.bind(masked);
    }
    m_e.mark(i, Provenance::expand, "sensitive: IF and DF go to the virtual flags");
    a.and_(x86::r10d, ~in_place);
    a.mov(x86::r11d, x86::r9d);
    a.and_(x86::r11d, in_place);
    a.or_(x86::r10d, x86::r11d);
    a.mov(RINGSHIFT_STATE(system_flags, 4), x86::r10d);
    m_e.mark(i, Provenance::expand, "the arithmetic flags become the host's");
    a.mov(x86::r12, x86::rax);
    a.mov(x86::eax, x86::r9d);
    a.shr(x86::r9d, 11);
    a.and_(x86::r9d, 1);
    a.add(x86::r9b, 0x7F); // OF
    a.mov(x86::ah, x86::al);
    a.sahf();
    a.mov(x86::rax, x86::r12);
    emit_release(size);
    a.bind(after);
    emit_handler_later(i, unusual, after, "POPF that changes more than IF and DF");
    return true;
}

/// MOV from CRn, and from a segment register to a general one.
bool Translator::emit_move_from_system(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    if (in.op(0).kind != OperandKind::gpr) return false;
    const unsigned to = in.op(0).slot >> 3;
    if (in.op(1).kind == OperandKind::segment) {
        const auto name = static_cast<SegmentName>(in.op(1).slot);
        m_e.mark(i, Provenance::expand, "sensitive: the guest's selector, not the host's");
        a.movzx(x86::r9d, segment_field(name, offsetof(Segment, selector), 2));
        if (in.op(0).size == 4)
            a.mov(guest32(to), x86::r9d);
        else
            a.mov(guest16(to), x86::r9w);
        return true;
    }
    if (in.op(1).kind != OperandKind::control || m_mode->cpl != 0 || in.op(0).size != 4) return false;
    x86::Mem from;
    switch (in.op(1).slot) {
    case 0: from = RINGSHIFT_STATE(cr0, 4); break;
    case 2: from = RINGSHIFT_STATE(cr2, 4); break;
    case 3: from = RINGSHIFT_STATE(cr3, 4); break;
    default: return false; // CR4 is not in every model
    }
    m_e.mark(i, Provenance::expand, "sensitive: the virtual control register");
    a.mov(guest32(to), from);
    return true;
}

} // namespace ringshift::bt
