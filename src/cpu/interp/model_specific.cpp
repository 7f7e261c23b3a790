// CPUID, the time-stamp counter, performance counters and model-specific registers as instructions (SDM vol. 2).
#include "cpu/interp/handler.h"

namespace ringshift {

namespace {

constexpr u64 apic_base_enable = 1u << 11;

void set_edx_eax(Cpu& cpu, u64 value) {
    cpu.state.set_reg<u32>(Gpr::ax, static_cast<u32>(value));
    cpu.state.set_reg<u32>(Gpr::dx, static_cast<u32>(value >> 32));
}

u64 edx_eax(const Cpu& cpu) {
    return static_cast<u64>(cpu.state.reg<u32>(Gpr::dx)) << 32 | cpu.state.reg<u32>(Gpr::ax);
}

Step do_cpuid(Cpu& cpu, const Insn&) {
    const u32 leaf = cpu.state.reg<u32>(Gpr::ax);
    const bool apic_enabled = cpu.model.has(Feature::apic) && (cpu.platform.read_apic_base() & apic_base_enable) != 0;
    const CpuClocks clocks{.timestamp = cpu.platform.timestamp_hz(), .bus = cpu.platform.bus_hz()};
    const CpuidResult result = cpu.model.cpuid(leaf, cpu.state.reg<u32>(Gpr::cx), apic_enabled, clocks);
    // SDM vol. 3A, 10.11.7.1: software clears IA32_BIOS_SIGN_ID, executes CPUID leaf 1 and finds the revision there.
    if (leaf == 1) cpu.state.microcode_revision = u64{1} << 32;
    cpu.state.set_reg<u32>(Gpr::ax, result.eax);
    cpu.state.set_reg<u32>(Gpr::bx, result.ebx);
    cpu.state.set_reg<u32>(Gpr::cx, result.ecx);
    cpu.state.set_reg<u32>(Gpr::dx, result.edx);
    return Flow::next;
}

/// CR4.TSD reserves the counter for CPL 0; in real mode CPL is 0.
Maybe<u64> timestamp(Cpu& cpu) {
    if ((cpu.state.cr4 & cr4::tsd) && cpu.state.cpl != 0) return cpu.raise_gp();
    return cpu.platform.timestamp() + static_cast<u64>(cpu.state.tsc_offset);
}

Step do_rdtsc(Cpu& cpu, const Insn&) {
    set_edx_eax(cpu, GUEST_TRY(timestamp(cpu)));
    return Flow::next;
}

Step do_rdtscp(Cpu& cpu, const Insn&) {
    set_edx_eax(cpu, GUEST_TRY(timestamp(cpu)));
    cpu.state.set_reg<u32>(Gpr::cx, cpu.state.tsc_aux);
    return Flow::next;
}

/// The two counters of the P6 family, which no event ever advances: none can be selected, and CPUID offers none.
Step do_rdpmc(Cpu& cpu, const Insn&) {
    if (!(cpu.state.cr4 & cr4::pce) && cpu.state.cpl != 0) return cpu.raise_gp();
    if (cpu.state.reg<u32>(Gpr::cx) > 1) return cpu.raise_gp();
    set_edx_eax(cpu, 0);
    return Flow::next;
}

Step do_rdmsr(Cpu& cpu, const Insn&) {
    if (cpu.state.cpl != 0) return cpu.raise_gp();
    set_edx_eax(cpu, GUEST_TRY(cpu.read_msr(cpu.state.reg<u32>(Gpr::cx))));
    return Flow::next;
}

Step do_wrmsr(Cpu& cpu, const Insn&) {
    if (cpu.state.cpl != 0) return cpu.raise_gp();
    GUEST_TRY(cpu.write_msr(cpu.state.reg<u32>(Gpr::cx), edx_eax(cpu)));
    return Flow::stop;
}

} // namespace

namespace select {
Handler cpuid(const Insn&) { return do_cpuid; }
Handler rdtsc(const Insn&) { return do_rdtsc; }
Handler rdtscp(const Insn&) { return do_rdtscp; }
Handler rdpmc(const Insn&) { return do_rdpmc; }
Handler rdmsr(const Insn&) { return do_rdmsr; }
Handler wrmsr(const Insn&) { return do_wrmsr; }
} // namespace select

} // namespace ringshift
