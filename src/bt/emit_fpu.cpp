// x87, MMX and SSE instructions as themselves, on the host's FPU.
//
// The guest's FPU state is in one of two places: in CpuState, or in the host's registers of the same names. Generated
// code brings it in when it first needs it, and it stays there across linked blocks; whenever C++ is to run, a stub
// takes it out again, so C++ always finds its own MXCSR and control word, an empty x87 stack, and the guest's state in
// memory. Two words say what is where: sse_away and x87_away. XMM registers and MXCSR come alone, by plain moves; the
// x87 part comes by FXRSTOR and brings the XMM registers along (x87 in the host means SSE in the host).
//
// A block looks at those words before its first instruction of each sort and then knows. Site::fpu_loaded is what it
// knows behind an instruction: where a handler did that instruction after all (a TLB miss, say), the helper stub brings
// as much back before it returns. Behind an instruction that is always done by its handler the block knows nothing.
//
// What may run this way is part of the block's mode (fpu_form.cpp): no exception of the FPU's can be due. An
// instruction that changes that leaves the block (Site::watches_fpu). FLDCW, which compilers put around conversions to
// integers, runs natively if it leaves all exceptions masked.
//
// FIP, FCS, FOP, FDP and FDS are the guest's own: the host's hold host addresses. Only the last x87 instruction before
// somebody looks has to write them, so a block remembers which one that is and writes at its end. If a handler is
// called before, the helper stub writes them: the site says from which instructions (Site::unsettled_code and
// unsettled_data). FDP can be computed late because the registers of its address still have their values; before one of
// them changes, it is written.
#include "bt/fpu_form.h"
#include "bt/reencode.h"
#include "bt/translator.h"
#include "cpu/isa/policy.h"

namespace ringshift::bt {

namespace {

using enum Mnemonic;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
x86::Mem in_fpu(std::size_t offset, u32 size) { return in_state(offsetof(CpuState, fpu) + offset, size); }
#pragma GCC diagnostic pop

} // namespace

bool Translator::runs_fpu_natively(const Insn& in) {
    return in.mnemonic == MOVSD || in.mnemonic == CMPSD || policy(in.mnemonic).strategy == Strategy::Native;
}

bool Translator::emit_fpu(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(i);
    const FpuForm form = fpu_form(in);
    if (!m_options.fpu || form.needs == 0 || (form.needs & ~m_mode->controls) != 0) return false;
    if (in.mnemonic == FWAIT) { // no exception is pending
        m_e.mark(i, Provenance::native, "nothing to wait for: all exceptions are masked");
        return true;
    }
    const Operand* memory = in.memory_operand();
    const Intent intent = form.writes ? Intent::write : Intent::read;
    if (memory && !can_address(in.memory.segment, intent)) return false;
    emit_load_fpu(i, form.needs);
    auto after = a.newLabel();
    HostAddress address;
    if (memory) {
        address = emit_operand(i, memory->size, intent, after, form.aligned);
    }
    if (in.mnemonic == FLDCW) {
        emit_load_control_word(i, address, after);
    } else {
        m_e.mark(i, Provenance::native,
                 address.window ? "itself, in the memory window"
                 : memory       ? "itself, on host memory"
                                : "re-encoded as itself");
        embed_access(reencode_fpu(in, address), address);
    }
    a.bind(after);
    if (form.pointers) {
        m_unsettled_code = i;
        if (memory) m_unsettled_data = i;
    }
    return true;
}

void Translator::emit_load_fpu(u32 i, u16 needs) {
    if (m_fpu_loaded & (needs & fpu_ready::x87 ? fpu_ready::x87 : fpu_ready::sse)) return;
    auto& a = m_e.a;
    const bool x87 = (needs & fpu_ready::x87) != 0;
    m_e.mark(i, Provenance::guard, "the guest's FPU state, unless it is in the host's registers already");
    auto here = a.newLabel();
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::ecx, m_e.in_runtime(x87 ? offsetof(Runtime, x87_away) : offsetof(Runtime, sse_away), 4));
    a.jecxz(x86::ecx, here);
    a.call(m_e.in_runtime(x87 ? offsetof(Runtime, load_x87) : offsetof(Runtime, load_sse), 8));
    a.bind(here);
    a.mov(x86::rcx, x86::r12);
    m_fpu_loaded = x87 ? fpu_ready::all : fpu_ready::sse;
}

/// A control word with an exception unmasked is left to the handler.
void Translator::emit_load_control_word(u32 i, HostAddress address, const asmjit::Label& after) {
    auto& a = m_e.a;
    auto masked = a.newLabel();
    auto unmasked = a.newLabel();
    m_e.mark(i, Provenance::guard, "all exceptions stay masked");
    a.movzx(x86::r10d, host_memory(address, 2));
    a.mov(m_e.in_runtime(offsetof(Runtime, scratch), 4), x86::r10d);
    a.not_(x86::r10d);
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::ecx, 26); // leaves the six mask bits
    a.shlx(x86::ecx, x86::r10d, x86::ecx);
    a.jecxz(x86::ecx, masked);
    a.mov(x86::rcx, x86::r12);
    a.jmp(unmasked);
    a.bind(masked);
    a.mov(x86::rcx, x86::r12);
    m_e.mark(i, Provenance::native, "itself, on what was read");
    a.fldcw(m_e.in_runtime(offsetof(Runtime, scratch), 2));
    emit_handler_later(i, unmasked, after, "a control word that unmasks exceptions");
}

/// Before instruction i: what it would make impossible to write later is written, and its site is told of the rest.
void Translator::prepare_x87_pointers(u32 i) {
    const Insn& in = insn(i);
    const Policy& row = policy(in.mnemonic);
    if (row.strategy == Strategy::Expand && (row.facts & fact::Branch) != 0)
        emit_settle_x87_pointers(i);
    else if (m_unsettled_data && (row.strategy == Strategy::Native || row.strategy == Strategy::Expand) &&
             (written_registers(in) & address_registers(insn(*m_unsettled_data))) != 0)
        emit_settle_x87_data(i);
    m_sites[i].unsettled_code = static_cast<u8>(m_unsettled_code.value_or(Site::nobody));
    m_sites[i].unsettled_data = static_cast<u8>(m_unsettled_data.value_or(Site::nobody));
}

void Translator::emit_settle_x87_data(u32 i) {
    auto& a = m_e.a;
    const Insn& in = insn(*std::exchange(m_unsettled_data, std::nullopt));
    m_e.mark(i, Provenance::rewrite, "the guest's FDP and FDS");
    emit_effective_offset(in);
    a.mov(in_fpu(offsetof(FpuState, fdp), 4), x86::r9d);
    a.movzx(x86::r9d, segment_field(in.memory.segment, offsetof(Segment, selector), 2));
    a.mov(in_fpu(offsetof(FpuState, fds), 2), x86::r9w);
}

void Translator::emit_settle_x87_pointers(u32 i) {
    if (m_unsettled_data) emit_settle_x87_data(i);
    if (!m_unsettled_code) return;
    auto& a = m_e.a;
    const u32 of = *std::exchange(m_unsettled_code, std::nullopt);
    const u32 opcode = (insn(of).opcode & 7u) << 8 | insn(of).modrm;
    m_e.mark(i, Provenance::rewrite, "the guest's FIP, FCS and FOP");
    // With the tags in front of it, which are the host's now: an immediate of 16 bits would be slow to decode.
    static_assert(offsetof(FpuState, fop) == offsetof(FpuState, ftw) + 2);
    a.mov(in_fpu(offsetof(FpuState, ftw), 4), opcode << 16);
    a.mov(in_fpu(offsetof(FpuState, fip), 4), m_sites[of].rip);
    a.movzx(x86::r9d, segment_field(SegmentName::cs, offsetof(Segment, selector), 2));
    a.mov(in_fpu(offsetof(FpuState, fcs), 2), x86::r9w);
}

} // namespace ringshift::bt
