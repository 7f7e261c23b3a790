// Control registers, EFLAGS and the rights to do I/O (SDM vol. 3A, 2.5; vol. 1, 18.5).
//
// A write to a control register takes effect at once, for the MMU by a fresh PagingContext. Clearing CR0.PE leaves the
// hidden parts of all segment registers as they are (vol. 3A, 9.9.2); only the derived spans are recomputed.

#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/memory.h"

namespace ringshift {

void Cpu::update_mode() {
    const bool real = state.real_or_v86();
    for (Segment& segment : state.segments) segment.update(real);
    state.ldtr.update(false);
    state.tr.update(false);
    if (!state.protected_mode())
        state.cpl = 0;
    else if (state.v86_mode())
        state.cpl = 3;
    update_alignment_check();
}

void Cpu::update_paging(Flush flush) {
    mmu.set_context({.cr0 = state.cr0,
                     .cr3 = state.cr3,
                     .cr4 = state.cr4,
                     .efer = state.efer,
                     .pdpte = state.pdpte,
                     .physical_bits = model.physical_bits(),
                     .a20 = state.a20});
    if (flush == Flush::non_global) mmu.flush_non_global();
    if (flush == Flush::all) mmu.flush_all();
}

void Cpu::set_a20(bool enabled) {
    if (state.a20 == enabled) return;
    state.a20 = enabled;
    update_paging(Flush::all);
    end_block();
}

namespace {

/// The PDPTEs that `cr3` names, when these control registers say that they are loaded; #GP(0) if one is not valid.
Maybe<void> reload_pdptes(Cpu& cpu, u64 cr0_value, u64 cr3_value, u64 cr4_value) {
    if (!(cr0_value & cr0::pg) || !(cr4_value & cr4::pae)) return {};
    PagingContext context = cpu.mmu.context();
    context.cr0 = cr0_value;
    context.cr3 = cr3_value;
    context.cr4 = cr4_value;
    if (!load_pdptes(cpu.mmu.memory(), context)) return cpu.raise_gp(0);
    cpu.state.pdpte = context.pdpte;
    return {};
}

u64 allowed_cr4(const CpuModel& model) {
    struct Row {
        Feature feature;
        u64 bits;
    };
    static constexpr std::array rows{
        Row{Feature::vme, cr4::vme | cr4::pvi},
        Row{Feature::tsc, cr4::tsd},
        Row{Feature::de, cr4::de},
        Row{Feature::pse, cr4::pse},
        Row{Feature::pae, cr4::pae},
        Row{Feature::mce, cr4::mce},
        Row{Feature::pge, cr4::pge},
        Row{Feature::cmov, cr4::pce},
        Row{Feature::fxsr, cr4::osfxsr},
        Row{Feature::sse, cr4::osxmmexcpt},
        Row{Feature::umip, cr4::umip},
        Row{Feature::smep, cr4::smep},
    };
    u64 allowed = 0;
    for (const Row& row : rows)
        if (model.has(row.feature)) allowed |= row.bits;
    return allowed;
}

} // namespace

Maybe<void> Cpu::write_cr0(u64 value) {
    constexpr u64 known =
        cr0::pe | cr0::mp | cr0::em | cr0::ts | cr0::ne | cr0::wp | cr0::am | cr0::nw | cr0::cd | cr0::pg;
    if ((value & cr0::pg) && !(value & cr0::pe)) return raise_gp(0);
    if ((value & cr0::nw) && !(value & cr0::cd)) return raise_gp(0);
    value = (value & known) | cr0::et;
    const u64 changed = value ^ state.cr0;
    if (changed & (cr0::pg | cr0::cd | cr0::nw)) // SDM vol. 3A, 4.4.1
        GUEST_TRY(reload_pdptes(*this, value, state.cr3, state.cr4));
    state.cr0 = value;
    if (changed & cr0::pe) update_mode();
    // What PE and WP change is nothing that is cached while paging is off: firmware switches PE back and forth all the
    // time, and links between blocks go with each flush.
    const bool translates_otherwise = (changed & cr0::pg) || ((changed & cr0::wp) && (value & cr0::pg));
    update_paging(translates_otherwise ? Flush::all : Flush::none);
    if (changed & cr0::am) update_alignment_check();
    return {};
}

Maybe<void> Cpu::write_cr3(u64 value) {
    GUEST_TRY(reload_pdptes(*this, state.cr0, value, state.cr4));
    state.cr3 = value;
    update_paging(Flush::non_global);
    return {};
}

Maybe<void> Cpu::write_cr4(u64 value) {
    if (value & ~allowed_cr4(model)) return raise_gp(0);
    const u64 changed = value ^ state.cr4;
    if (changed & (cr4::pae | cr4::pge | cr4::pse | cr4::smep)) // SDM vol. 3A, 4.4.1
        GUEST_TRY(reload_pdptes(*this, state.cr0, state.cr3, value));
    state.cr4 = value;
    update_paging(changed & (cr4::pae | cr4::pge | cr4::pse | cr4::smep) ? Flush::all : Flush::none);
    return {};
}

void Cpu::load_flags(u32 value, u32 mask) {
    const u32 before = state.eflags();
    state.set_eflags((before & ~mask) | (value & mask));
    if ((before ^ state.eflags()) & flag::ac) update_alignment_check();
}

Maybe<void> Cpu::check_io(u16 port, unsigned size) {
    if (!state.protected_mode() || (!state.v86_mode() && state.cpl <= state.iopl())) return {};
    const auto at = [&](u32 offset) { return LinearAddr((state.tr.base + offset) & 0xFFFFFFFF); };
    const bool has_bitmap = state.tr.usable && (state.tr.attributes & 8) != 0 && state.tr.limit >= 103;
    if (!has_bitmap) return raise_gp(0);
    const u32 bitmap = GUEST_TRY(read_system<u16>(at(102)));
    const u32 offset = bitmap + port / 8;
    if (offset + 1 > state.tr.limit) return raise_gp(0); // two bytes are always read
    const u32 bits = GUEST_TRY(read_system<u16>(at(offset)));
    const u32 wanted = ((1u << size) - 1) << (port % 8);
    if (bits & wanted) return raise_gp(0);
    return {};
}

} // namespace ringshift
