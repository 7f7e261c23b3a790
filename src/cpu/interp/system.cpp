// System instructions: EFLAGS with its virtual interrupt flag, descriptor-table and control registers, debug registers,
// selectors under test, HLT and caches.
//
// CPL 0 is demanded where the manual does (#GP(0)); in virtual-8086 mode CPL is 3. Whatever may change mode, interrupt
// flag or mapping ends the block (Flow::stop).

#include "cpu/interp/system.h"

#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

Maybe<void> require_cpl0(Cpu& cpu) {
    if (cpu.state.cpl != 0) return cpu.raise_gp(0);
    return {};
}

/// LLDT, SLDT, LTR, STR, LAR, LSL, VERR, VERW and ARPL exist in protected mode only.
Maybe<void> require_protected_mode(Cpu& cpu) {
    if (cpu.state.real_or_v86()) return cpu.raise_ud();
    return {};
}

/// CR4.UMIP keeps SGDT, SIDT, SLDT, SMSW and STR from programs (SDM vol. 3A, 2.5).
Maybe<void> require_umip_privilege(Cpu& cpu) {
    if ((cpu.state.cr4 & cr4::umip) && cpu.state.cpl != 0) return cpu.raise_gp(0);
    return {};
}

// ---- EFLAGS (SDM vol. 1, 3.4.3; vol. 3A, 20.3 and 20.4) ----

/// Which flag CLI and STI act on.
enum class InterruptFlag : u8 { real, virtual_, none };

InterruptFlag interrupt_flag(const CpuState& state) {
    if (!state.protected_mode()) return InterruptFlag::real;
    if (state.v86_mode()) {
        if (state.iopl() == 3) return InterruptFlag::real;
        return (state.cr4 & cr4::vme) ? InterruptFlag::virtual_ : InterruptFlag::none;
    }
    if (state.iopl() >= state.cpl) return InterruptFlag::real;
    return state.cpl == 3 && (state.cr4 & cr4::pvi) ? InterruptFlag::virtual_ : InterruptFlag::none;
}

Step clear_interrupts(Cpu& cpu, const Insn&) {
    switch (interrupt_flag(cpu.state)) {
    case InterruptFlag::real: cpu.state.system_flags &= ~flag::if_; return Flow::next;
    case InterruptFlag::virtual_: cpu.state.system_flags &= ~flag::vif; return Flow::next;
    case InterruptFlag::none: break;
    }
    return cpu.raise_gp(0);
}

/// Interrupts stay off for one more instruction if they were off (SDM vol. 3A, 6.8.3).
Step set_interrupts(Cpu& cpu, const Insn&) {
    CpuState& state = cpu.state;
    switch (interrupt_flag(state)) {
    case InterruptFlag::real:
        if (!(state.system_flags & flag::if_)) state.shadow = Shadow::sti;
        state.system_flags |= flag::if_;
        return Flow::stop;
    case InterruptFlag::virtual_:
        if (state.system_flags & flag::vip) break;
        state.system_flags |= flag::vif;
        return Flow::stop;
    case InterruptFlag::none: break;
    }
    return cpu.raise_gp(0);
}

Step clear_direction(Cpu& cpu, const Insn&) {
    cpu.state.system_flags &= ~flag::df;
    return Flow::next;
}

Step set_direction(Cpu& cpu, const Insn&) {
    cpu.state.system_flags |= flag::df;
    return Flow::next;
}

template <typename T>
Step push_flags(Cpu& cpu, const Insn&) {
    const CpuState& state = cpu.state;
    u32 image = state.eflags() & ~(flag::vm | flag::rf);
    if (state.v86_mode() && state.iopl() < 3) {
        if (sizeof(T) == 4 || !(state.cr4 & cr4::vme)) return cpu.raise_gp(0);
        image = (image | flag::iopl) & ~flag::if_;
        if (image & flag::vif) image |= flag::if_;
    }
    GUEST_TRY(cpu.push<T>(static_cast<T>(image)));
    return Flow::next;
}

/// Virtual-8086 mode with IOPL below 3: IF of the image goes to VIF, if VME allows it.
template <typename T>
Step pop_virtual_flags(Cpu& cpu) {
    CpuState& state = cpu.state;
    if (sizeof(T) == 4 || !(state.cr4 & cr4::vme)) return cpu.raise_gp(0);
    const u32 image = GUEST_TRY(cpu.peek<u16>());
    const bool wants_interrupts = (image & flag::if_) != 0;
    if ((image & flag::tf) || (wants_interrupts && (state.system_flags & flag::vip))) return cpu.raise_gp(0);
    cpu.set_stack_pointer(cpu.stack_pointer() + 2);
    cpu.load_flags(image | (wants_interrupts ? flag::vif : 0),
                   flag::arithmetic | flag::df | flag::nt | flag::tf | flag::vif);
    return Flow::stop;
}

/// SDM vol. 2B, POPF, table 4-15.
template <typename T>
Step pop_flags(Cpu& cpu, const Insn&) {
    CpuState& state = cpu.state;
    if (state.v86_mode() && state.iopl() < 3) return pop_virtual_flags<T>(cpu);
    const u32 image = GUEST_TRY(cpu.peek<T>());
    u32 mask = flag::arithmetic | flag::tf | flag::df | flag::nt;
    if (sizeof(T) == 4) mask |= flag::ac | flag::id;
    if (state.cpl <= state.iopl() || !state.protected_mode()) mask |= flag::if_;
    if (state.cpl == 0) mask |= flag::iopl;
    cpu.set_stack_pointer(cpu.stack_pointer() + static_cast<u32>(sizeof(T)));
    cpu.load_flags(image, mask);
    state.system_flags &= ~flag::rf;
    return Flow::stop;
}

// ---- Descriptor tables (SDM vol. 2, LGDT, SGDT, LLDT, SLDT, LTR, STR) ----

template <TableRegister CpuState::*table>
Step load_table(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_cpl0(cpu));
    const u32 address = cpu.effective_offset(insn);
    const u32 limit = GUEST_TRY(cpu.read<u16>(insn.memory.segment, address));
    const u32 base = GUEST_TRY(cpu.read<u32>(insn.memory.segment, address + 2));
    cpu.state.*table = {insn.operand_size == 2 ? base & 0xFFFFFF : base, limit};
    return Flow::stop;
}

/// All 32 bits of the base are stored whatever the operand size, as processors do since the 386.
template <TableRegister CpuState::*table>
Step store_table(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_umip_privilege(cpu));
    const u32 address = cpu.effective_offset(insn);
    const TableRegister& value = cpu.state.*table;
    const auto check = [&](u32 offset, unsigned size) -> Maybe<void> {
        const LinearAddr at = GUEST_TRY(cpu.linear(insn.memory.segment, offset, size, AccessKind::Write));
        return cpu.check_access(at, size, {AccessKind::Write, cpu.data_privilege()});
    };
    GUEST_TRY(check(address, 2)); // the limit is the first that can fault
    GUEST_TRY(check(address + 2, 4));
    GUEST_TRY(cpu.write<u16>(insn.memory.segment, address, static_cast<u16>(value.limit)));
    GUEST_TRY(cpu.write<u32>(insn.memory.segment, address + 2, static_cast<u32>(value.base)));
    return Flow::next;
}

Maybe<u16> read_selector(Cpu& cpu, const Insn& insn, std::size_t n) {
    if (in_memory(insn.op(n))) return read_memory<u16>(cpu, insn);
    return reg_at<u16>(cpu.state, insn.op(n).slot);
}

/// Memory takes 16 bits, a register the operand size.
Maybe<void> write_word(Cpu& cpu, const Insn& insn, u32 value) {
    if (in_memory(insn.op(0))) return write_memory<u16>(cpu, insn, static_cast<u16>(value));
    if (insn.operand_size == 2)
        set_reg_at<u16>(cpu.state, insn.op(0).slot, static_cast<u16>(value));
    else
        set_reg_at<u32>(cpu.state, insn.op(0).slot, value);
    return {};
}

Step load_local_table(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_protected_mode(cpu));
    GUEST_TRY(require_cpl0(cpu));
    const u16 selector = GUEST_TRY(read_selector(cpu, insn, 0));
    GUEST_TRY(load_ldtr(cpu, selector, Vector::general_protection, Vector::segment_not_present));
    return Flow::next;
}

Step load_task(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_protected_mode(cpu));
    GUEST_TRY(require_cpl0(cpu));
    const u16 selector = GUEST_TRY(read_selector(cpu, insn, 0));
    GUEST_TRY(load_task_register(cpu, selector));
    return Flow::next;
}

template <Segment CpuState::*register_>
Step store_system_selector(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_protected_mode(cpu));
    GUEST_TRY(require_umip_privilege(cpu));
    GUEST_TRY(write_word(cpu, insn, (cpu.state.*register_).selector));
    return Flow::next;
}

// ---- Selectors under test (SDM vol. 3A, 5.10) ----

void set_zero_flag(CpuState& state, bool on) {
    state.arithmetic_flags = (state.arithmetic_flags & ~flag::zf) | (on ? flag::zf : 0);
}

template <Maybe<std::optional<u32>> (*query)(Cpu&, u16), u32 mask16>
Step query_selector(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_protected_mode(cpu));
    const u16 selector = GUEST_TRY(read_selector(cpu, insn, 1));
    const std::optional<u32> answer = GUEST_TRY(query(cpu, selector));
    if (answer && insn.operand_size == 2)
        set_reg_at<u16>(cpu.state, insn.op(0).slot, static_cast<u16>(*answer & mask16));
    if (answer && insn.operand_size == 4) set_reg_at<u32>(cpu.state, insn.op(0).slot, *answer);
    set_zero_flag(cpu.state, answer.has_value());
    return Flow::next;
}

template <bool for_writing>
Step verify(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_protected_mode(cpu));
    const u16 selector = GUEST_TRY(read_selector(cpu, insn, 0));
    set_zero_flag(cpu.state, GUEST_TRY(verify_segment(cpu, selector, for_writing)));
    return Flow::next;
}

Step adjust_privilege(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_protected_mode(cpu));
    const u16 source = reg_at<u16>(cpu.state, insn.op(1).slot);
    const auto adjusted = [&](u16 selector) {
        return (selector & 3) < (source & 3) ? static_cast<u16>((selector & 0xFFFC) | (source & 3)) : selector;
    };
    bool changed;
    if (in_memory(insn.op(0))) {
        const auto place = GUEST_TRY(open_memory<u16>(cpu, insn));
        changed = adjusted(place.value) != place.value;
        if (changed) GUEST_TRY(cpu.store(place, adjusted(place.value)));
    } else {
        const u16 selector = reg_at<u16>(cpu.state, insn.op(0).slot);
        changed = adjusted(selector) != selector;
        set_reg_at<u16>(cpu.state, insn.op(0).slot, adjusted(selector));
    }
    set_zero_flag(cpu.state, changed);
    return Flow::next;
}

// ---- Control registers ----

Step load_machine_status(Cpu& cpu, const Insn& insn) { // cannot clear PE
    GUEST_TRY(require_cpl0(cpu));
    const u64 value = GUEST_TRY(read_selector(cpu, insn, 0));
    constexpr u64 loadable = cr0::mp | cr0::em | cr0::ts;
    GUEST_TRY(cpu.write_cr0((cpu.state.cr0 & ~loadable) | (value & (loadable | cr0::pe))));
    return Flow::stop;
}

Step store_machine_status(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_umip_privilege(cpu));
    GUEST_TRY(write_word(cpu, insn, static_cast<u32>(cpu.state.cr0)));
    return Flow::next;
}

Step clear_task_switched(Cpu& cpu, const Insn&) {
    GUEST_TRY(require_cpl0(cpu));
    GUEST_TRY(cpu.write_cr0(cpu.state.cr0 & ~cr0::ts));
    return Flow::stop;
}

/// A CPU without any of CR4's features has no CR4.
bool has_cr4(const CpuModel& model) {
    for (const Feature feature : {Feature::vme, Feature::de, Feature::pse, Feature::tsc, Feature::mce, Feature::pae})
        if (model.has(feature)) return true;
    return false;
}

Step load_control(Cpu& cpu, const Insn& insn) {
    const u8 number = insn.op(0).slot;
    const u32 value = reg_at<u32>(cpu.state, insn.op(1).slot);
    if (number == 4 && !has_cr4(cpu.model)) return cpu.raise_ud();
    GUEST_TRY(require_cpl0(cpu));
    switch (number) {
    case 0: GUEST_TRY(cpu.write_cr0(value)); break;
    case 2: cpu.state.cr2 = value; break;
    case 3: GUEST_TRY(cpu.write_cr3(value)); break;
    case 4: GUEST_TRY(cpu.write_cr4(value)); break;
    default: return cpu.raise_ud();
    }
    return Flow::stop;
}

Step store_control(Cpu& cpu, const Insn& insn) {
    const CpuState& state = cpu.state;
    const u8 number = insn.op(1).slot;
    if (number == 4 && !has_cr4(cpu.model)) return cpu.raise_ud();
    GUEST_TRY(require_cpl0(cpu));
    u64 value = 0;
    switch (number) {
    case 0: value = state.cr0; break;
    case 2: value = state.cr2; break;
    case 3: value = state.cr3; break;
    case 4: value = state.cr4; break;
    default: return cpu.raise_ud();
    }
    set_reg_at<u32>(cpu.state, insn.op(0).slot, static_cast<u32>(value));
    return Flow::next;
}

// ---- Debug registers (SDM vol. 3B, 17.2) ----

/// DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD makes every access a #DB.
Maybe<u8> debug_register(Cpu& cpu, u8 number) {
    if (number == 4 || number == 5) {
        if (cpu.state.cr4 & cr4::de) return cpu.raise_ud();
        number = static_cast<u8>(number + 2);
    }
    GUEST_TRY(require_cpl0(cpu));
    if (cpu.state.dr[7] & dr7::gd) {
        const Raised raised = cpu.raise(Vector::debug);
        cpu.exception.dr6 = dr6::bd;
        return raised;
    }
    return number;
}

Step load_debug(Cpu& cpu, const Insn& insn) {
    const u8 number = GUEST_TRY(debug_register(cpu, insn.op(0).slot));
    u32 value = reg_at<u32>(cpu.state, insn.op(1).slot);
    if (number == 6) value = (value & (dr6::breakpoints | dr6::bd | dr6::bs | dr6::bt)) | dr6::always_one;
    if (number == 7) value = (value & dr7::writable) | dr7::always_one;
    cpu.state.dr[number] = value;
    if (number != 6) cpu.update_debug();
    return Flow::stop;
}

Step store_debug(Cpu& cpu, const Insn& insn) {
    const u8 number = GUEST_TRY(debug_register(cpu, insn.op(1).slot));
    set_reg_at<u32>(cpu.state, insn.op(0).slot, static_cast<u32>(cpu.state.dr[number]));
    return Flow::next;
}

// ---- TLB, caches, HLT ----

/// No segment limit and no rights are checked (SDM vol. 2A, INVLPG).
Step invalidate_page(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(require_cpl0(cpu));
    const u64 base = cpu.state.segment(insn.memory.segment).base;
    cpu.mmu.flush_page(LinearAddr(static_cast<u32>(base + cpu.effective_offset(insn))));
    return Flow::stop;
}

/// Caches are not modelled.
Step invalidate_caches(Cpu& cpu, const Insn&) {
    GUEST_TRY(require_cpl0(cpu));
    return Flow::next;
}

Step halt(Cpu& cpu, const Insn&) {
    GUEST_TRY(require_cpl0(cpu));
    cpu.state.activity = Activity::halted;
    return Flow::stop;
}

} // namespace

Handler select_mov_control(const Insn& insn) {
    return insn.op(0).kind == OperandKind::control ? load_control : store_control;
}
Handler select_mov_debug(const Insn& insn) { return insn.op(0).kind == OperandKind::debug ? load_debug : store_debug; }

namespace select {
Handler cli(const Insn&) { return clear_interrupts; }
Handler sti(const Insn&) { return set_interrupts; }
Handler cld(const Insn&) { return clear_direction; }
Handler std_(const Insn&) { return set_direction; }
Handler pushf(const Insn& insn) { return insn.operand_size == 2 ? push_flags<u16> : push_flags<u32>; }
Handler popf(const Insn& insn) { return insn.operand_size == 2 ? pop_flags<u16> : pop_flags<u32>; }
Handler lgdt(const Insn&) { return load_table<&CpuState::gdtr>; }
Handler lidt(const Insn&) { return load_table<&CpuState::idtr>; }
Handler sgdt(const Insn&) { return store_table<&CpuState::gdtr>; }
Handler sidt(const Insn&) { return store_table<&CpuState::idtr>; }
Handler lldt(const Insn&) { return load_local_table; }
Handler ltr(const Insn&) { return load_task; }
Handler sldt(const Insn&) { return store_system_selector<&CpuState::ldtr>; }
Handler str(const Insn&) { return store_system_selector<&CpuState::tr>; }
Handler lar(const Insn&) { return query_selector<access_rights, 0xFF00>; }
Handler lsl(const Insn&) { return query_selector<segment_limit, 0xFFFF>; }
Handler verr(const Insn&) { return verify<false>; }
Handler verw(const Insn&) { return verify<true>; }
Handler arpl(const Insn&) { return adjust_privilege; }
Handler lmsw(const Insn&) { return load_machine_status; }
Handler smsw(const Insn&) { return store_machine_status; }
Handler clts(const Insn&) { return clear_task_switched; }
Handler invlpg(const Insn&) { return invalidate_page; }
Handler invd(const Insn&) { return invalidate_caches; }
Handler wbinvd(const Insn&) { return invalidate_caches; }
Handler hlt(const Insn&) { return halt; }
} // namespace select

} // namespace ringshift
