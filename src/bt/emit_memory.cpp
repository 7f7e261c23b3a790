// Memory operands by soft TLB, without touching the guest's flags.
//
// The linear address is built in r9 (or stays in the guest register that is the whole address). JECXZ is the one
// conditional jump that asks no flag: tag + page of the last byte + 1 is zero if the access is fast (mmu/mmu.h,
// FastTlb). RCX waits in r12 meanwhile. On a miss the handler does the whole instruction.
//
//     lea   r11d, [r9 + size - 1]
//     shrx  r10d, r9d, r14d              page of the first byte: which entry
//     shrx  r11d, r11d, r14d             page of the last byte: what the entry must stand for
//     movzx r10d, r10w
//     mov   r12, rcx
//     mov   ecx, [tag + r10 * 4]
//     lea   ecx, [rcx + r11 + 1]
//     jecxz hit
//     jmp   miss
//  hit:
//     mov   rcx, r12
//     mov   r11, [addend + r10 * 8]      the operand is [r11 + r9]
//
// An operand that must be aligned does not cross a page; instead its low four bits are part of the condition.
//
// Where the mode says that there is a memory window (mmu/windows.cpp), GS is its base, and the operand is the guest's
// own with a GS prefix and a 32-bit address size: translation, wrapping at 4 GiB and the guest's limits come from the
// host's MMU. The window of one address space is at home (mmu/mmu_home.cpp): its base is 0, there is no GS prefix, and
// the operand is the guest's very own. What faults is in Block::accesses, with the place where the handler does the
// whole instruction; the engine's fault handler (engine_windows.cpp) leads there. That works because the access comes
// first: when it faults, nothing of the guest's has changed.
#include "bt/translator.h"

#include "bt/window_step.h"

#include <algorithm>

namespace ringshift::bt {

bool Translator::can_address(SegmentName segment, Intent intent) const {
    if (!m_options.inline_memory) return false;
    return segment != SegmentName::cs || (intent == Intent::read && m_mode->segments[1] != SegmentClass::checked);
}

void Translator::emit_effective_offset(const Insn& in, x86::Gp to) {
    auto& a = m_e.a;
    const MemoryOperand& m = in.memory;
    const bool has_base = m.base != MemoryOperand::no_register;
    const bool has_index = m.index != MemoryOperand::no_register;
    const i32 displacement = static_cast<i32>(m.displacement);
    if (has_base && has_index) {
        a.lea(to, x86::ptr(guest64(m.base), guest64(m.index), m.scale, displacement));
    } else if (has_base) {
        if (displacement != 0)
            a.lea(to, x86::ptr(guest64(m.base), displacement));
        else
            a.mov(to, guest32(m.base));
    } else if (has_index) {
        a.mov(x86::r9d, displacement);
        a.lea(x86::r9d, x86::ptr(x86::r9, guest64(m.index), m.scale));
    } else {
        a.mov(x86::r9d, displacement);
    }
    if (in.address_size == 2) a.movzx(x86::r9d, x86::r9w);
}

bool Translator::through_window(u32 i) const {
    if (!m_mode->windows || (m_block->looked_up >> i & 1) != 0) return false;
    // An MMX instruction empties the x87 stack before its access faults, and a store of ten bytes across two pages has
    // written to the first when the second faults; a guest must not see that.
    const bool ten_bytes = insn(i).mnemonic == Mnemonic::FSTP || insn(i).mnemonic == Mnemonic::FBSTP;
    return std::ranges::none_of(insn(i).operands, [&](const Operand& op) {
        return op.kind == OperandKind::mmx || (op.kind == OperandKind::memory && op.size == 10 && ten_bytes);
    });
}

HostAddress Translator::emit_operand_address(u32 i, unsigned size, Intent intent, const asmjit::Label& after,
                                             bool aligned) {
    const Insn& in = insn(i);
    const MemoryOperand& m = in.memory;
    const bool flat = m_mode->segments[static_cast<std::size_t>(m.segment)] == SegmentClass::flat;
    if (in.address_size == 4 && flat && through_window(i)) { // the guest's own operand
        HostAddress at{.window = true, .home = m_mode->home};
        const auto host = [](u8 reg) { return static_cast<u8>(guest32(reg).id()); };
        at.base = m.base == MemoryOperand::no_register ? HostAddress::no_base : host(m.base);
        at.index = m.index == MemoryOperand::no_register ? HostAddress::no_index : host(m.index);
        at.scale = static_cast<u8>(m.scale);
        at.displacement = m.displacement;
        at.miss = emit_window_miss_later(i, after).id();
        return at;
    }
    m_e.mark(i, Provenance::rewrite, "the guest's address");
    const bool is_register = in.address_size == 4 && m.base != MemoryOperand::no_register &&
                             m.index == MemoryOperand::no_register && m.displacement == 0;
    if (is_register && flat) return emit_lookup(i, m.segment, guest64(m.base), size, intent, after, aligned);
    emit_effective_offset(in);
    return emit_lookup(i, m.segment, x86::r9, size, intent, after, aligned);
}

HostAddress Translator::emit_lookup(u32 i, SegmentName segment, x86::Gp offset, unsigned size, Intent intent,
                                    const asmjit::Label& after, bool aligned) {
    if (through_window(i)) return emit_in_window(i, segment, offset, size, intent, after);
    watch_access(i, size, intent);
    const bool by_marks = intent == Intent::write && looks_at_marks(i, size);
    const LookupLabels labels{m_e.a.newLabel(), by_marks ? m_e.a.newLabel() : asmjit::Label(), m_e.a.newLabel()};
    const HostAddress address = emit_lookup_or(i, labels, segment, offset, size, intent, aligned);
    m_e.later([this, i, labels, address, size, after] {
        if (labels.other.isValid()) emit_look_at_marks(i, labels, x86::gpd(address.index), size);
        m_e.mark(i, Provenance::helper,
                 "not that easy (a device, a page fault, a TLB miss, code): the handler does the instruction");
        m_e.a.bind(labels.miss);
        emit_handler_instead(i, after);
    });
    return address;
}

HostAddress Translator::emit_in_window(u32 i, SegmentName segment, x86::Gp offset, unsigned size, Intent intent,
                                       const asmjit::Label& after) {
    const Mark reason = m_e.reason();
    const SegmentClass how = m_mode->segments[static_cast<std::size_t>(segment)];
    const asmjit::Label miss = emit_window_miss_later(i, after);
    if (how == SegmentClass::checked) {
        auto outside = m_e.a.newLabel();
        emit_limit_check(i, outside, segment, offset, size, intent);
        m_e.later([this, i, outside, miss] {
            m_e.mark(i, Provenance::helper, "outside of the segment: the handler does the instruction");
            m_e.a.bind(outside);
            m_e.a.mov(x86::rcx, x86::r12);
            m_e.a.jmp(miss);
        });
    }
    if (how != SegmentClass::flat) {
        emit_add_base(i, segment, offset);
        offset = x86::r9;
    }
    m_e.mark(reason);
    HostAddress at{.window = true, .home = m_mode->home};
    at.base = static_cast<u8>(offset.id());
    at.index = HostAddress::no_index;
    at.miss = miss.id();
    return at;
}

asmjit::Label Translator::emit_window_miss_later(u32 i, const asmjit::Label& after) {
    auto miss = m_e.a.newLabel();
    m_sites[i].handler = step_beside_window;
    m_e.later([this, i, miss, after] {
        m_e.mark(i, Provenance::helper,
                 "the window has nothing there (a device, a page fault, code): the handler does the instruction");
        m_e.a.bind(miss);
        emit_call_of_site(i);
        m_e.a.jmp(after);
    });
    return miss;
}

void Translator::note_access(HostAddress at) {
    m_accesses.push_back({{.offset = m_e.offset(), .insn = static_cast<u16>(m_insn)}, at.miss});
}

x86::Mem Translator::host_memory(HostAddress at, u32 size) {
    if (!at.window) {
        if (at.index == HostAddress::no_index) return x86::Mem(x86::r11, static_cast<i32>(at.displacement), size);
        return x86::Mem(x86::r11, x86::gpq(at.index), 0, 0, size);
    }
    const bool has_base = at.base != HostAddress::no_base;
    if (!has_base) m_e.a.mov(x86::r9d, at.displacement); // the assembler has no 32-bit address without a register
    const x86::Gp base = has_base ? x86::gpd(at.base) : x86::r9d;
    const i32 displacement = has_base ? static_cast<i32>(at.displacement) : 0;
    x86::Mem place = at.index != HostAddress::no_index
                         ? x86::Mem(base, x86::gpd(at.index), at.scale, displacement, size)
                         : x86::Mem(base, displacement, size);
    note_access(at);
    if (!at.home) place.setSegment(x86::gs);
    return place;
}

void Translator::emit_limit_check(u32 i, const asmjit::Label& miss, SegmentName segment, x86::Gp offset, unsigned size,
                                  Intent intent) {
    auto& a = m_e.a;
    m_e.mark(i, Provenance::guard, "is it within the segment's limit?");
    // span - (offset - low) - (size - 1): its upper half is zero if the access is within the limit.
    auto within = a.newLabel();
    const std::size_t span = intent == Intent::write ? offsetof(Segment, write_span) : offsetof(Segment, read_span);
    a.mov(x86::r10d, segment_field(segment, offsetof(Segment, low), 4));
    a.not_(x86::r10);
    a.lea(x86::r10d, x86::ptr(x86::r10, offset.r64(), 0, 1)); // offset - low, modulo 2^32
    a.not_(x86::r10);                                         // -(offset - low) - 1
    a.mov(x86::r12, x86::rcx);
    a.mov(x86::rcx, segment_field(segment, span, 8));
    a.lea(x86::rcx, x86::ptr(x86::rcx, x86::r10, 0, 2 - static_cast<i32>(size)));
    a.rorx(x86::rcx, x86::rcx, 32);
    a.jecxz(x86::ecx, within);
    a.jmp(miss);
    a.bind(within);
    a.mov(x86::rcx, x86::r12);
}

void Translator::emit_add_base(u32 i, SegmentName segment, x86::Gp offset) {
    m_e.mark(i, Provenance::rewrite, "the segment's base is added: a linear address");
    m_e.a.mov(x86::r10, segment_field(segment, offsetof(Segment, base), 8));
    m_e.a.lea(x86::r9d, x86::ptr(x86::r10, offset.r64()));
}

HostAddress Translator::emit_lookup_or(u32 i, const LookupLabels& labels, SegmentName segment, x86::Gp offset,
                                       unsigned size, Intent intent, bool aligned) {
    auto& a = m_e.a;
    const auto& [miss, other, hit] = labels;
    const Mark reason = m_e.reason();
    const SegmentClass how = m_mode->segments[static_cast<std::size_t>(segment)];
    if (how == SegmentClass::checked) emit_limit_check(i, miss, segment, offset, size, intent);
    if (how != SegmentClass::flat) {
        emit_add_base(i, segment, offset);
        offset = x86::r9;
    }
    const bool user = m_mode->cpl == 3;
    const std::size_t tag =
        intent == Intent::write ? offsetof(Mmu::FastTlb, write_tag) : offsetof(Mmu::FastTlb, read_tag);
    m_e.mark(i, Provenance::rewrite, "the pages of the first and the last byte");
    if (size > 1 && !(aligned && size == 16)) { // 16 aligned bytes cross no page
        a.lea(x86::r11d, x86::ptr(offset.r64(), static_cast<i32>(size) - 1));
        a.shrx(x86::r10d, offset.r32(), table_base.r32());
        a.shrx(x86::r11d, x86::r11d, table_base.r32());
        a.movzx(x86::r10d, x86::r10w);
    } else {
        a.shrx(x86::r11d, offset.r32(), table_base.r32());
        a.movzx(x86::r10d, x86::r11w);
    }
    m_e.mark(i, Provenance::guard,
             intent == Intent::write
                 ? "may the page be written without a look at it? JECXZ asks no flag; RCX waits in r12"
                 : "is the page in the TLB? JECXZ asks no flag; RCX waits in r12");
    a.mov(x86::r12, x86::rcx);
    if (aligned) { // the low four bits at the top: pages differ by less, so the sum is zero only if both are right
        const x86::Gp address = offset.id() == x86::Gp::kIdCx ? x86::r12d : offset.r32();
        a.mov(x86::ecx, 28);
        a.shlx(x86::ecx, address, x86::ecx);
        a.lea(x86::r11d, x86::ptr(x86::r11, x86::rcx));
    }
    a.mov(x86::ecx, m_e.in_tlb(user, tag, x86::r10, 2, 4));
    a.lea(x86::ecx, x86::ptr(x86::rcx, x86::r11, 0, 1));
    a.jecxz(x86::ecx, hit);
    a.jmp(other.isValid() ? other : miss);
    a.bind(hit);
    a.mov(x86::rcx, x86::r12);
    if (offset.id() == x86::r8.id() && m_mode->windows) a.mov(x86::r8d, x86::r8d); // stack_is_wide(), perhaps
    m_e.mark(i, Provenance::rewrite, "what to add to the guest's address for the host's");
    a.mov(x86::r11, m_e.in_tlb(user, offsetof(Mmu::FastTlb, addend), x86::r10, 3, 8));
    m_e.mark(reason);
    return {.index = static_cast<u8>(offset.id())};
}

HostAddress Translator::emit_operand(u32 i, unsigned size, Intent intent, const asmjit::Label& after, bool aligned) {
    if (!m_sharing || !share_of(i).shared) return emit_operand_address(i, size, intent, after, aligned);
    auto& a = m_e.a;
    const Share& share = share_of(i);
    const x86::Mem slot = m_e.in_runtime(offsetof(Runtime, shared) + 8 * share.slot, 8);
    if (share.leads) {
        m_e.mark(i, Provenance::rewrite, "one look at the TLB for operands near each other");
        auto miss = a.newLabel();
        Insn range = insn(i);
        range.memory.displacement += share.to_range;
        emit_effective_offset(range);
        const Intent together = share.writes ? Intent::write : Intent::read;
        emit_lookup_or(i, {miss, {}, a.newLabel()}, range.memory.segment, x86::r9, share.range, together,
                       share.aligned);
        a.lea(x86::r11, x86::ptr(x86::r11, x86::r9));
        a.mov(slot, x86::r11);
        auto alone = m_alone[i] = a.newLabel();
        m_e.later([this, i, miss, alone] {
            m_e.mark(i, Provenance::guard, "not together: each operand is looked up by itself");
            m_e.a.bind(miss);
            m_e.a.mov(x86::rcx, x86::r12);
            m_e.a.jmp(alone);
        });
    } else {
        m_e.mark(i, Provenance::rewrite, "near an operand that has been looked up");
        a.mov(x86::r11, slot);
    }
    return {.index = HostAddress::no_index, .displacement = share.displacement};
}

} // namespace ringshift::bt
