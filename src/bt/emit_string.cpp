// String instructions as the host's own, through a memory window.
//
// The destination of a string instruction takes no segment override, so GS cannot help: for the time of the one host
// instruction RSI and RDI are host addresses, the window's base plus the guest's offset. The base is a multiple of
// 4 GiB, so the 32-bit move that takes it off again also wraps the offset as the guest's registers wrap. What runs over
// the window's end hits the guard behind it, and the handler does that element.
//
//     lea   r9, [rcx - 1]                each element counts one instruction; the block has counted one already
//     rorx  r9, r9, 64 - budget_shift
//     not   r9
//     lea   r9, [r9 + 1]                 what the budget changes by
//     lea   r11, [r13 + r9]
//     shrx  r11, r11, r14                zero if the budget covers it
//     mov   r10d, DF
//     pext  r10d, r10d, [system_flags]   zero if DF is clear; asks no flag and changes none
//     lea   r11d, [r11 + r10]
//     mov   r12, rcx
//     mov   ecx, r11d
//     jecxz go
//     jmp   handler
//  go:
//     mov   rcx, r12
//     lea   r13, [r13 + r9]
//     mov   r11, [window]
//     lea   rdi, [rdi + r11]
//     lea   rsi, [rsi + r11]
//     rep movsd
//     mov   edi, edi
//     mov   esi, esi
//
// A fault finds the registers at the element that has faulted. If the page can be mapped, the host's instruction goes
// on where it stopped; else the elements that are left go back to the budget, and the handler does them. What a
// comparison has not looked at goes back as well.
#include "bt/translator.h"

#include "bt/window_step.h"

namespace ringshift::bt {

namespace {

struct StringForm {
    u8 opcode = 0; ///< for bytes; 0: none of these
    bool source = false, destination = false, compares = false;
};

StringForm form_of(Mnemonic mnemonic) {
    using enum Mnemonic;
    switch (mnemonic) {
    case MOVSB:
    case MOVSW:
    case MOVSD: return {0xA4, true, true, false};
    case STOSB:
    case STOSW:
    case STOSD: return {0xAA, false, true, false};
    case LODSB:
    case LODSW:
    case LODSD: return {0xAC, true, false, false};
    case CMPSB:
    case CMPSW:
    case CMPSD: return {0xA6, true, true, true};
    case SCASB:
    case SCASW:
    case SCASD: return {0xAE, false, true, true};
    default: return {};
    }
}

constexpr u8 to_budget = 64 - budget_shift; ///< RORX by this is a shift left of what is small enough

} // namespace

bool Translator::emit_string(u32 i) {
    const Insn& in = insn(i);
    const StringForm form = form_of(in.mnemonic);
    const auto flat = [&](SegmentName s) {
        return m_mode->segments[static_cast<std::size_t>(s)] == SegmentClass::flat;
    };
    if (form.opcode == 0 || !m_options.strings || in.address_size != 4 || !through_window(i)) return false;
    if ((form.source && !flat(in.memory.segment)) || (form.destination && !flat(SegmentName::es))) return false;
    auto& a = m_e.a;
    const bool repeated = in.repeat != RepeatPrefix::none;
    auto by_handler = a.newLabel(), miss = a.newLabel(), go = a.newLabel(), after = a.newLabel();
    if (repeated) {
        m_e.mark(i, Provenance::guard, "no repetition at all");
        a.jecxz(x86::ecx, after);
        m_e.mark(i, Provenance::guard, "does the budget cover the repetitions?");
        a.lea(x86::r9, x86::ptr(x86::rcx, -1));
        a.rorx(x86::r9, x86::r9, to_budget);
        a.not_(x86::r9);
        a.lea(x86::r9, x86::ptr(x86::r9, 1));
        a.lea(x86::r11, x86::ptr(budget_register, x86::r9));
        a.shrx(x86::r11, x86::r11, table_base);
    }
    m_e.mark(i, Provenance::guard, "is DF clear? PEXT asks no flag and changes none");
    a.mov(x86::r10d, u32{flag::df});
    a.pext(x86::r10d, x86::r10d, RINGSHIFT_STATE(system_flags, 4));
    if (repeated) a.lea(x86::r10d, x86::ptr(x86::r11, x86::r10));
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::ecx, x86::r10d);
    a.jecxz(x86::ecx, go);
    a.jmp(by_handler);
    a.bind(go);
    a.mov(x86::rcx, x86::r12);
    if (repeated) a.lea(budget_register, x86::ptr(budget_register, x86::r9));
    m_e.mark(i, Provenance::rewrite, "the window's base is added: host addresses");
    a.mov(x86::r11, m_e.in_runtime(offsetof(Runtime, window), 8));
    if (form.destination) a.lea(x86::rdi, x86::ptr(x86::rdi, x86::r11));
    if (form.source) a.lea(x86::rsi, x86::ptr(x86::rsi, x86::r11));
    m_e.mark(i, Provenance::native, "the guest's own instruction");
    emit_host_string(in, form.opcode, miss);
    m_e.mark(i, Provenance::rewrite, "the base is taken off again");
    emit_guest_offsets(form.source, form.destination);
    if (repeated && form.compares) {
        m_e.mark(i, Provenance::guard, "what was not looked at goes back to the budget");
        a.rorx(x86::r9, x86::rcx, to_budget);
        a.lea(budget_register, x86::ptr(budget_register, x86::r9));
    }
    a.bind(after);
    m_sites[i].handler = step_beside_window;
    m_e.later([this, i, form, repeated, by_handler, miss, after] {
        auto& a = m_e.a;
        m_e.mark(i, Provenance::helper,
                 "the window has nothing there (a device, a page fault, code): the handler does what is left");
        a.bind(miss);
        emit_guest_offsets(form.source, form.destination);
        if (repeated) {
            a.lea(x86::r9, x86::ptr(x86::rcx, -1));
            a.rorx(x86::r9, x86::r9, to_budget);
            a.lea(budget_register, x86::ptr(budget_register, x86::r9));
        }
        emit_call_of_site(i);
        a.jmp(after);
        m_e.mark(i, Provenance::helper, "too many repetitions, or backwards: the handler does the instruction");
        a.bind(by_handler);
        emit_handler_instead(i, after);
    });
    return true;
}

/// With host addresses in RSI and RDI. A fault leads to `miss`.
void Translator::emit_host_string(const Insn& in, u8 opcode, const asmjit::Label& miss) {
    m_accesses.push_back({{.offset = m_e.offset(), .insn = static_cast<u16>(m_insn)}, miss.id()});
    if (in.repeat != RepeatPrefix::none) m_e.a.db(in.repeat == RepeatPrefix::rep ? 0xF3 : 0xF2);
    if (in.element_size == 2) m_e.a.db(0x66);
    m_e.a.db(in.element_size == 1 ? opcode : opcode + 1);
}

void Translator::emit_guest_offsets(bool source, bool destination) {
    if (destination) m_e.a.mov(x86::edi, x86::edi);
    if (source) m_e.a.mov(x86::esi, x86::esi);
}

} // namespace ringshift::bt
