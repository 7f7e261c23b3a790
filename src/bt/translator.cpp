// Translation of a block: entry with the budget check, each instruction by the strategy of its policy.def row, exits.
//
// A deadline falls at the same instruction on every engine: what the budget does not cover is left to the interpreter.
// Each block takes all its instructions off the budget in r13, and checks it. The flags are the guest's and visible to
// whatever happens at the deadline, so at entry that takes a sequence that touches none. But in front of arithmetic
// on registers, which overwrites all of them and cannot fault, a SUB and a jump do: if the budget is used up, this one
// instruction is still done, with a copy of it out of the way, and the block is left behind it. What stands before it
// in the block runs on credit, therefore generated code has less to spend than there is, by Options::slack(). A short
// block that has no such place is not checked at all if what leads to it has been (its checked_entry), but what it
// leads to has to check, as has a block that ends in RET. So behind a block r13 is below zero by no more than
// most_on_credit, in front of a check by less than twice as much, and the guest's budget never.
//
// Whatever a handler uses up beside, or asks for attention, the helper stub notices (stubs.cpp).
//
// Every instruction has a Site, so that its handler can do it instead: because there is no better way, or because a
// memory access is not fast (a TLB miss, a device, a page fault). In generated code the access comes before anything
// that the guest can see, so the handler simply does the instruction from its beginning.
#include "bt/translator.h"

#include "bt/fpu_form.h"
#include "bt/reasons.h"
#include "cpu/isa/policy.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ringshift::bt {

std::span<const u8> Translator::translate(Block& block, const Mode& mode, bool record) {
    m_block = &block;
    m_mode = &mode;
    const u32 count = static_cast<u32>(block.insns.size());
    block.count = static_cast<u16>(count);
    block.code32 = mode.code32;
    block.fpu_ready = mode.controls & fpu_ready::all;
    block.begins_with_iret = insn(0).mnemonic == Mnemonic::IRET || insn(0).mnemonic == Mnemonic::IRETD;
    m_sites.clear();
    m_links.clear();
    m_calls.clear();
    m_called = 0;
    u32 rip = block.key.eip;
    plan_stretches();
    for (u32 i = 0; i < count; ++i) {
        m_sites.push_back(make_site(i, rip));
        rip = m_sites.back().next_rip();
    }
    m_fpu_loaded = 0;
    m_unsettled_code = m_unsettled_data = std::nullopt;
    m_accesses.clear();
    m_e.begin(record);
    m_falls_through = insn(count - 1).mnemonic != Mnemonic::invalid;
    emit_entry();
    plan_sharing();
    auto run = m_sharing_plan.runs.begin();
    for (u32 i = 0; i < count; ++i) {
        if (run == m_sharing_plan.runs.end() || run->first != i) {
            emit_instruction(i);
            continue;
        }
        emit_run(*run);
        i = run->last;
        ++run;
    }
    if (m_falls_through) {
        emit_settle_x87_pointers(count - 1);
        m_e.mark(count - 1, Provenance::exit, "the block ends here: to the next instruction");
        emit_direct_exit(rip);
    }
    const auto code = m_e.finish();
    block.links = m_links;
    block.code_size = static_cast<u32>(code.size());
    block.cold_offset = m_e.cold_offset();
    block.marks = m_e.take_marks();
    block.accesses.clear();
    for (const auto& [access, label] : m_accesses) {
        // Whose access has faulted is found by where the first part of the block lies.
        ASSERT(access.offset < block.cold_offset, "an access through the window in the cold part");
        block.accesses.push_back(access);
        block.accesses.back().cold = m_e.offset_of(asmjit::Label(label));
    }
    if (m_options.verify) {
        const std::string refused = m_verifier.check(block, mode, code);
        ASSERT(refused.empty(), "emitted code is refused: {}; guest code at {:x}", refused, block.key.eip);
    }
    return code;
}

/// Arithmetic on registers alone: cannot fault, and gives all six flags new values.
bool Translator::overwrites_flags(const Insn& in) const {
    using enum Mnemonic;
    switch (in.mnemonic) {
    case ADD:
    case SUB:
    case CMP:
    case AND:
    case OR:
    case XOR:
    case TEST:
    case NEG: return !in.has_memory() && encodable(in) == Encodable::yes;
    default: return false;
    }
}

void Translator::plan_stretches() {
    m_stretches.clear();
    const u32 count = static_cast<u32>(m_block->insns.size());
    for (u32 first = 0, i = 0; i < count; ++i) {
        if (i + 1 < count && insn(i).mnemonic != Mnemonic::CALL) continue;
        m_stretches.push_back(plan_stretch(first, i + 1));
        first = i + 1;
    }
}

Translator::Stretch Translator::plan_stretch(u32 first, u32 end) const {
    Stretch stretch;
    stretch.first = first;
    stretch.end = end;
    if (!m_options.late_check || !m_options.native || m_block->own_bytes) return stretch;
    for (u32 i = first; i < std::min(end, first + Options::most_on_credit); ++i) {
        const Insn& in = insn(i);
        if (overwrites_flags(in)) {
            stretch.check_at = i;
            return stretch;
        }
        // Whoever leaves in front of the check has not checked; x87 pointers would have to be settled on the way out.
        if (is_conditional_jump(in.mnemonic) || is_fpu(in)) break;
    }
    // Where a return lands, nobody knows where it comes from.
    stretch.checked = stretch.size() > Options::most_on_credit || insn(end - 1).mnemonic == Mnemonic::RET;
    return stretch;
}

const Translator::Stretch& Translator::stretch_of(u32 i) const {
    return *std::find_if(m_stretches.begin(), m_stretches.end(), [&](const Stretch& s) { return i < s.end; });
}

/// To `near`, with rcx in r12, if the budget does not cover the stretch.
void Translator::emit_budget_check(const Stretch& stretch, const asmjit::Label& near) {
    auto& a = m_e.a;
    m_e.mark(stretch.first, Provenance::guard,
             "does the budget cover what comes? Asked without touching the guest's flags");
    a.mov(x86::r12, x86::rcx);
    a.lea(x86::rcx, x86::ptr(budget_register, stretch.change()));
    a.sarx(x86::rcx, x86::rcx, table_base); // by 44: the sign
    a.not_(x86::rcx);
    a.jecxz(x86::rcx, near);
}

void Translator::emit_entry() {
    auto& a = m_e.a;
    const Stretch& stretch = m_stretches.front();
    if (stretch.check_at) {
        m_block->entry = m_block->checked_entry = m_e.offset();
        if (m_options.instrument) emit_arrival_count();
        return;
    }
    auto refused = a.newLabel();
    auto near = a.newLabel();
    m_e.mark(0, Provenance::exit, "the budget does not cover the block, and JRCXZ does not reach far");
    a.bind(near);
    a.long_().jmp(refused);
    m_block->entry = m_e.offset();
    emit_budget_check(stretch, near);
    if (m_block->own_bytes) emit_self_check(refused);
    a.mov(x86::rcx, x86::r12);
    m_block->checked_entry = stretch.checked ? m_block->entry : m_e.offset();
    m_e.mark(0, Provenance::guard, "takes the instructions off the budget");
    a.lea(budget_register, x86::ptr(budget_register, stretch.change()));
    if (m_options.instrument) emit_arrival_count();
    m_e.later([this, refused] {
        m_e.mark(0, Provenance::exit, "the budget does not cover the block: leave before it");
        m_e.a.bind(refused);
        m_e.a.call(m_e.in_runtime(offsetof(Runtime, leave_budget), 8));
    });
}

/// Where a return lands, on its way from code that has checked the budget. `near` is bound.
void Translator::emit_stretch_entry(const Stretch& stretch, const asmjit::Label& near) {
    auto& a = m_e.a;
    emit_arrival(Level::returned);
    if (stretch.check_at) {
        if (m_options.instrument) emit_arrival_count();
        return;
    }
    if (stretch.checked) {
        emit_budget_check(stretch, near);
        a.mov(x86::rcx, x86::r12);
    }
    m_e.mark(stretch.first, Provenance::guard, "takes the instructions off the budget");
    a.lea(budget_register, x86::ptr(budget_register, stretch.change()));
    if (m_options.instrument) emit_arrival_count();
}

void Translator::emit_leave_for(u32 rip) {
    auto& a = m_e.a;
    a.mov(x86::r9d, rip);
    a.mov(RINGSHIFT_STATE(rip, 8), x86::r9);
    a.jmp(m_e.in_runtime(offsetof(Runtime, leave_indirect), 8));
}

void Translator::emit_late_check(u32 i) {
    auto& a = m_e.a;
    const Stretch& stretch = stretch_of(i);
    auto refused = a.newLabel();
    m_e.mark(i, Provenance::guard, "takes the instructions off the budget, with flags that are overwritten next");
    a.sub(budget_register, -stretch.change());
    a.long_().jl(refused);
    const i32 rest = static_cast<i32>((stretch.end - 1 - i) << budget_shift);
    m_e.later([this, i, refused, rest] {
        m_e.mark(i, Provenance::exit, "the budget does not cover them: set the flags and leave");
        m_e.a.bind(refused);
        m_e.a.lea(budget_register, x86::ptr(budget_register, rest));
        embed_access(reencode(insn(i), {}), {});
        emit_leave_for(next_rip(i));
    });
}

void Translator::emit_instruction(u32 i) {
    m_insn = i;
    if (stretch_of(i).check_at == i) emit_late_check(i);
    prepare_x87_pointers(i);
    if (!m_options.native || !emit_special(i)) emit_handler_call(i, handler_reason(insn(i)));
    m_sites[i].fpu_loaded = static_cast<u8>(m_fpu_loaded);
}

bool Translator::emit_special(u32 i) {
    const Insn& in = insn(i);
    const Mnemonic mnemonic = in.mnemonic;
    if (is_fpu(in)) return runs_fpu_natively(in) && emit_fpu(i);
    switch (policy(mnemonic).strategy) {
    case Strategy::Native: return emit_native(i);
    case Strategy::Expand: return emit_control(i) || emit_stack(i) || emit_string(i) || emit_system(i);
    case Strategy::Helper:
    case Strategy::Stop: return false;
    }
    return false;
}

void Translator::plan_sharing() {
    m_alone.clear();
    m_sharing_plan = {};
    if (m_block->own_bytes) return; // the constants that it adds to registers are not known
    if (!m_options.native || !m_options.share || !m_options.inline_memory || m_mode->windows) return;
    SharingPlanner planner(*m_block, *m_mode);
    for (u32 i = 0; i < m_block->insns.size(); ++i) planner.add(i, sharing_facts(i));
    m_sharing_plan = planner.finish();
}

/// A run with shared look-ups, and behind the block once more with look-ups of their own.
void Translator::emit_run(const SharingRun& run) {
    auto after = m_e.a.newLabel();
    const u16 loaded = m_fpu_loaded;
    const auto code = m_unsettled_code, data = m_unsettled_data;
    m_sharing = true;
    for (u32 i = run.first; i <= run.last; ++i) emit_instruction(i);
    m_sharing = false;
    m_e.a.bind(after);
    m_e.later([=, this] {
        m_fpu_loaded = loaded;
        m_unsettled_code = code;
        m_unsettled_data = data;
        for (u32 i = run.first; i <= run.last; ++i) {
            if (share_of(i).leads) m_e.a.bind(m_alone.at(i));
            emit_instruction(i);
        }
        m_e.a.jmp(after);
    });
}

void Translator::emit_call_of_site(u32 i) {
    m_called |= u64{1} << i;
    m_e.a.call(m_e.in_runtime(offsetof(Runtime, helper), 8));
    m_calls.push_back({m_e.offset(), static_cast<u8>(i)});
}

void Translator::emit_handler_instead(u32 i, const asmjit::Label& after) {
    m_called |= u64{1} << i;
    m_e.a.call(m_e.in_runtime(offsetof(Runtime, helper_instead), 8));
    m_calls.push_back({m_e.offset(), static_cast<u8>(i)});
    m_e.a.jmp(after);
}

std::unique_ptr<Sites> Translator::make_sites(Block& block) {
    for (const Site& site : m_sites) {
        if ((m_called >> site.number & 1) == 0) continue;
        for (const u8 unsettled : {site.unsettled_code, site.unsettled_data})
            if (unsettled != Site::nobody) m_called |= u64{1} << unsettled; // it stands before
    }
    const auto place = [&](u8 number) {
        return number == Site::nobody ? number : static_cast<u8>(std::popcount(m_called & ((u64{1} << number) - 1)));
    };
    auto sites = std::make_unique<Sites>();
    sites->all.reserve(static_cast<std::size_t>(std::popcount(m_called)));
    for (const Site& site : m_sites) {
        if ((m_called >> site.number & 1) == 0) continue;
        Site& kept = sites->all.emplace_back(site);
        kept.block = &block;
        kept.unsettled_code = place(site.unsettled_code);
        kept.unsettled_data = place(site.unsettled_data);
    }
    for (const Sites::Call& call : m_calls) sites->calls.push_back({call.behind, place(call.place)});
    return sites;
}

void Translator::emit_handler_call(u32 i, const char* why) {
    m_e.mark(i, Provenance::helper, why);
    emit_call_of_site(i);
    m_fpu_loaded = 0; // and x87 pointers are settled
    m_unsettled_code = m_unsettled_data = std::nullopt;
}

asmjit::Label Translator::new_link(u32 target, u32 patch, bool checked) {
    auto stub = m_e.a.newLabel();
    const std::size_t number = m_links.size();
    Link& link = m_links.emplace_back();
    link.from = m_block;
    link.target = target;
    link.patch = patch;
    link.checked = checked;
    link.crosses = ((m_mode->cs_base + target) ^ (m_mode->cs_base + m_block->key.eip)) >> 12 != 0;
    const u32 last = static_cast<u32>(m_block->insns.size() - 1);
    m_e.later([this, stub, number, last] {
        m_e.mark(last, Provenance::exit, "not linked to its target: ask the engine for it");
        m_e.a.bind(stub);
        m_links[number].stub = m_e.offset();
        m_e.a.call(m_e.in_runtime(offsetof(Runtime, leave_direct), 8));
    });
    return stub;
}

/// Instrumented blocks: this one was entered, in the way that Runtime::arriving says.
void Translator::emit_arrival_count() {
    auto& a = m_e.a;
    m_e.mark(0, Provenance::guard, "instrumented: counts how the block is entered");
    a.mov(x86::r9, m_e.in_runtime(offsetof(Runtime, arriving), 8));
    a.mov(x86::r10, m_e.in_runtime(offsetof(Runtime, arrivals), x86::r9, 3, 8));
    a.lea(x86::r10, x86::ptr(x86::r10, 1));
    a.mov(m_e.in_runtime(offsetof(Runtime, arrivals), x86::r9, 3, 8), x86::r10);
    const x86::Mem own = m_e.in_runtime(offsetof(Runtime, entered) + 8 * m_block->counter, 8);
    a.mov(x86::r10, own);
    a.lea(x86::r10, x86::ptr(x86::r10, 1));
    a.mov(own, x86::r10);
}

/// To stand in front of every jump to another block, in instrumented blocks.
void Translator::emit_arrival(Level level) {
    if (m_options.instrument) m_e.emit_arrival(level);
}

void Translator::emit_direct_exit(u32 target, Level level) {
    emit_arrival(level);
    const u32 patch = m_e.offset() + 1; // E9 rel32
    m_e.a.long_().jmp(new_link(target, patch, stretch_of(m_insn).checked || level == Level::returned));
    ASSERT(m_e.offset() == patch + 4);
}

void Translator::emit_paired_call(u32 target) {
    emit_arrival(Level::linked);
    const u32 patch = m_e.offset() + 1; // E8 rel32
    m_e.a.call(new_link(target, patch, stretch_of(m_insn).checked));
    ASSERT(m_e.offset() == patch + 4);
}

void Translator::emit_conditional_exit(x86::CondCode condition, u32 target) {
    emit_arrival(Level::linked);
    const u32 patch = m_e.offset() + 2; // 0F 8x rel32
    m_e.a.long_().j(condition, new_link(target, patch, stretch_of(m_insn).checked));
    ASSERT(m_e.offset() == patch + 4);
}

/// A conditional jump in the middle of a block: whoever takes it gets the rest of the block's instructions back.
void Translator::emit_side_exit(u32 i, x86::CondCode condition, u32 target) {
    auto taken = m_e.a.newLabel();
    m_e.a.long_().j(condition, taken);
    const i32 rest = static_cast<i32>((stretch_of(i).end - 1 - i) << budget_shift);
    m_e.later([this, i, taken, rest, target] {
        m_insn = i;
        m_e.mark(i, Provenance::exit, "the jump is taken: the rest of the block goes back to the budget");
        m_e.a.bind(taken);
        m_e.a.lea(budget_register, x86::ptr(budget_register, rest));
        emit_direct_exit(target);
    });
}

/// `landing`: where the return of a call comes to; null for jumps.
void Translator::emit_own_target(u32 i, const std::function<void(const x86::Mem& code)>& go,
                                 const asmjit::Label* landing) {
    const u32 own = own_index(m_sites[i].rip);
    auto other = m_e.a.newLabel();
    m_e.mark(i, Provenance::exit, "is the target the one that this branch went to last?");
    m_e.emit_own_target(own, other, [&](const x86::Mem& code) {
        emit_arrival(Level::inline_cache);
        go(code);
    });
    m_e.later([this, i, own, other, after = landing ? std::optional(*landing) : std::nullopt] {
        m_e.mark(i, Provenance::exit, "another target: look it up among those used lately");
        m_e.a.bind(other);
        m_e.a.mov(x86::r10d, own * static_cast<u32>(sizeof(Runtime::OwnTarget)));
        if (after) {
            m_e.a.call(m_e.in_runtime(offsetof(Runtime, recall), 8));
            m_e.a.jmp(*after);
        } else {
            m_e.a.jmp(m_e.in_runtime(offsetof(Runtime, recall), 8));
        }
    });
}

void Translator::emit_indirect_exit() {
    auto& a = m_e.a;
    const u32 last = static_cast<u32>(m_block->insns.size() - 1);
    if (m_options.probe && m_options.inline_targets) {
        emit_own_target(
            last, [&](const x86::Mem& code) { a.jmp(code); }, nullptr);
        return;
    }
    if (m_options.probe) {
        m_e.mark(last, Provenance::exit, "look the target up among those used lately");
        m_e.emit_probe([&](const x86::Mem& code) {
            emit_arrival(Level::probe);
            a.jmp(code);
        });
    }
    m_e.mark(last, Provenance::exit, "ask the engine for the target");
    a.mov(RINGSHIFT_STATE(rip, 8), x86::r9);
    a.jmp(m_e.in_runtime(offsetof(Runtime, leave_indirect), 8));
}

} // namespace ringshift::bt
