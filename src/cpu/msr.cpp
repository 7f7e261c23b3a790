// Model-specific registers (SDM vol. 4): one table says which exist on which model, how they are read, and what may be
// written. Whatever is not in it raises #GP(0), as do writes to read-only registers and to reserved bits.
//
// MTRRs and PAT are kept exactly and change nothing: there is no cache whose policy they could set.
#include "cpu/msr.h"

#include "cpu/cpu.h"

namespace ringshift {

namespace {

/// A register: the feature that brings it, and what RDMSR and WRMSR do. `write` is null if it is read-only and returns
/// false for a value with reserved bits.
struct Register {
    u32 first, last;
    Feature feature;
    u64 (*read)(Cpu& cpu, u32 index);
    bool (*write)(Cpu& cpu, u32 index, u64 value);
};

u64 read_zero(Cpu&, u32) { return 0; }
bool write_ignored(Cpu&, u32, u64) { return true; }

// ---- Time ----

u64 read_tsc(Cpu& cpu, u32) { return cpu.platform.timestamp() + static_cast<u64>(cpu.state.tsc_offset); }

bool write_tsc(Cpu& cpu, u32, u64 value) {
    // Processors before the Core 2 clear the upper half (SDM vol. 3B, 18.17.3).
    if (!cpu.model.has(Feature::tsc_adjust)) value = static_cast<u32>(value);
    cpu.state.tsc_offset = static_cast<i64>(value - cpu.platform.timestamp());
    return true;
}

/// The machine's counter starts at zero with reset, so all that software added to it is our offset.
u64 read_tsc_adjust(Cpu& cpu, u32) { return static_cast<u64>(cpu.state.tsc_offset); }

bool write_tsc_adjust(Cpu& cpu, u32, u64 value) {
    cpu.state.tsc_offset = static_cast<i64>(value);
    return true;
}

u64 read_tsc_aux(Cpu& cpu, u32) { return cpu.state.tsc_aux; }

bool write_tsc_aux(Cpu& cpu, u32, u64 value) {
    if (value >> 32 != 0) return false;
    cpu.state.tsc_aux = static_cast<u32>(value);
    return true;
}

// ---- Local APIC, fast system calls, paging ----

u64 read_apic_base(Cpu& cpu, u32) { return cpu.platform.read_apic_base(); }
bool write_apic_base(Cpu& cpu, u32, u64 value) { return cpu.platform.write_apic_base(value); }

u64& sysenter_register(CpuState& state, u32 index) {
    switch (index) {
    case msr::sysenter_cs: return state.sysenter_cs;
    case msr::sysenter_esp: return state.sysenter_esp;
    default: return state.sysenter_eip;
    }
}
u64 read_sysenter(Cpu& cpu, u32 index) { return sysenter_register(cpu.state, index); }

bool write_sysenter(Cpu& cpu, u32 index, u64 value) {
    sysenter_register(cpu.state, index) = static_cast<u32>(value); // 32 bits wide without Intel 64
    return true;
}

u64 read_efer(Cpu& cpu, u32) { return cpu.state.efer; }

bool write_efer(Cpu& cpu, u32, u64 value) {
    if ((value & ~efer::nxe) != 0) return false;
    if (cpu.state.efer != value) {
        cpu.state.efer = value;
        cpu.update_paging(Cpu::Flush::all);
    }
    return true;
}

// ---- Memory types (SDM vol. 3A, 12.11 and 12.12) ----

constexpr u64 mtrr_cap = 8 /* variable ranges */ | 1u << 8 /* fixed ranges */ | 1u << 10 /* write combining */;

/// UC, WC, WT, WP, WB: as a set of bits.
constexpr unsigned mtrr_types = 1u << 0 | 1u << 1 | 1u << 4 | 1u << 5 | 1u << 6;
constexpr unsigned pat_types = mtrr_types | 1u << 7; // and UC-

bool all_types(u64 value, unsigned allowed) {
    for (int shift = 0; shift < 64; shift += 8) {
        const u8 type = static_cast<u8>(value >> shift);
        if (type > 7 || !(allowed >> type & 1)) return false;
    }
    return true;
}

bool is_type(u64 value, unsigned allowed) { return value < 8 && (allowed >> value & 1) != 0; }

u64 read_mtrr_cap(Cpu&, u32) { return mtrr_cap; }

u64 read_mtrr_def_type(Cpu& cpu, u32) { return cpu.state.mtrr_def_type; }

bool write_mtrr_def_type(Cpu& cpu, u32, u64 value) {
    constexpr u64 enables = 1u << 10 | 1u << 11;
    if ((value & ~(enables | 0xFF)) != 0 || !is_type(value & 0xFF, mtrr_types)) return false;
    cpu.state.mtrr_def_type = value;
    return true;
}

u64 read_mtrr_variable(Cpu& cpu, u32 index) { return cpu.state.mtrr_variable[index - msr::mtrr_variable_first]; }

bool write_mtrr_variable(Cpu& cpu, u32 index, u64 value) {
    if (value >> cpu.model.physical_bits() != 0) return false;
    const bool is_mask = (index & 1) != 0;
    if (is_mask ? (value & 0x7FF) != 0 : (value & 0xF00) != 0 || !is_type(value & 0xFF, mtrr_types)) return false;
    cpu.state.mtrr_variable[index - msr::mtrr_variable_first] = value;
    return true;
}

u64& mtrr_fixed_register(CpuState& state, u32 index) {
    if (index == msr::mtrr_fixed_64k) return state.mtrr_fixed[0];
    if (index <= msr::mtrr_fixed_16k_last) return state.mtrr_fixed[1 + index - msr::mtrr_fixed_16k_first];
    return state.mtrr_fixed[3 + index - msr::mtrr_fixed_4k_first];
}
u64 read_mtrr_fixed(Cpu& cpu, u32 index) { return mtrr_fixed_register(cpu.state, index); }

bool write_mtrr_fixed(Cpu& cpu, u32 index, u64 value) {
    if (!all_types(value, mtrr_types)) return false;
    mtrr_fixed_register(cpu.state, index) = value;
    return true;
}

u64 read_pat(Cpu& cpu, u32) { return cpu.state.pat; }

bool write_pat(Cpu& cpu, u32, u64 value) {
    if (!all_types(value, pat_types)) return false;
    cpu.state.pat = value;
    return true;
}

// ---- Identification and miscellany ----

u64 read_arch_capabilities(Cpu& cpu, u32) { return cpu.model.arch_capabilities(); }

u64 read_bios_sign_id(Cpu& cpu, u32) { return cpu.state.microcode_revision; }

bool write_bios_sign_id(Cpu& cpu, u32, u64 value) {
    cpu.state.microcode_revision = value;
    return true;
}

constexpr u64 fast_strings = 1;
constexpr u64 no_trace_and_sampling = 1u << 11 | 1u << 12; // BTS and PEBS unavailable

u64 read_misc_enable(Cpu& cpu, u32) { return (cpu.state.misc_enable & fast_strings) | no_trace_and_sampling; }

/// Fast strings can be switched; what else there is says what is unavailable, and is ignored.
bool write_misc_enable(Cpu& cpu, u32, u64 value) {
    if ((value & ~(fast_strings | no_trace_and_sampling)) != 0) return false;
    cpu.state.misc_enable = value & fast_strings;
    return true;
}

/// Single-step on branches and branch recording do not exist here: only zero can be written.
bool write_debug_ctl(Cpu&, u32, u64 value) { return value == 0; }

constexpr Register registers[] = {
    {msr::p5_mc_addr, msr::p5_mc_type, Feature::mce, read_zero, write_ignored},
    {msr::time_stamp_counter, msr::time_stamp_counter, Feature::tsc, read_tsc, write_tsc},
    {msr::platform_id, msr::platform_id, Feature::cmov, read_zero, nullptr},
    {msr::apic_base, msr::apic_base, Feature::apic, read_apic_base, write_apic_base},
    {msr::ebl_cr_poweron, msr::ebl_cr_poweron, Feature::cmov, read_zero, write_ignored},
    {msr::tsc_adjust, msr::tsc_adjust, Feature::tsc_adjust, read_tsc_adjust, write_tsc_adjust},
    {msr::bios_updt_trig, msr::bios_updt_trig, Feature::cmov, nullptr, write_ignored}, // updates have no effect
    {msr::bios_sign_id, msr::bios_sign_id, Feature::cmov, read_bios_sign_id, write_bios_sign_id},
    {msr::mtrr_cap, msr::mtrr_cap, Feature::mtrr, read_mtrr_cap, nullptr},
    {msr::arch_capabilities, msr::arch_capabilities, Feature::arch_capabilities, read_arch_capabilities, nullptr},
    {msr::sysenter_cs, msr::sysenter_eip, Feature::sep, read_sysenter, write_sysenter},
    {msr::mcg_cap, msr::mcg_cap, Feature::mca, read_zero, nullptr}, // no banks: nothing here can break
    {msr::mcg_status, msr::mcg_status, Feature::mca, read_zero, write_ignored},
    {msr::misc_enable, msr::misc_enable, Feature::misc_enable, read_misc_enable, write_misc_enable},
    {msr::debug_ctl, msr::debug_ctl, Feature::cmov, read_zero, write_debug_ctl},
    {msr::last_branch_from, msr::last_exception_to, Feature::cmov, read_zero, nullptr},
    {msr::mtrr_variable_first, msr::mtrr_variable_last, Feature::mtrr, read_mtrr_variable, write_mtrr_variable},
    {msr::mtrr_fixed_64k, msr::mtrr_fixed_64k, Feature::mtrr, read_mtrr_fixed, write_mtrr_fixed},
    {msr::mtrr_fixed_16k_first, msr::mtrr_fixed_16k_last, Feature::mtrr, read_mtrr_fixed, write_mtrr_fixed},
    {msr::mtrr_fixed_4k_first, msr::mtrr_fixed_4k_last, Feature::mtrr, read_mtrr_fixed, write_mtrr_fixed},
    {msr::pat, msr::pat, Feature::pat, read_pat, write_pat},
    {msr::mtrr_def_type, msr::mtrr_def_type, Feature::mtrr, read_mtrr_def_type, write_mtrr_def_type},
    {msr::efer, msr::efer, Feature::nx, read_efer, write_efer},
    {msr::tsc_aux, msr::tsc_aux, Feature::rdtscp, read_tsc_aux, write_tsc_aux},
};

const Register* find_register(const CpuModel& model, u32 index) {
    for (const Register& r : registers)
        if (index >= r.first && index <= r.last) return model.has(r.feature) ? &r : nullptr;
    return nullptr;
}

} // namespace

Maybe<u64> Cpu::read_msr(u32 index) {
    const Register* found = find_register(model, index);
    if (!found || !found->read) return raise_gp();
    return found->read(*this, index);
}

Maybe<void> Cpu::write_msr(u32 index, u64 value) {
    const Register* found = find_register(model, index);
    if (!found || !found->write || !found->write(*this, index, value)) return raise_gp();
    return {};
}

} // namespace ringshift
