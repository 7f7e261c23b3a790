// FXSAVE, FXRSTOR, MXCSR and EMMS; and the hints that came with SSE: fences, prefetch, CLFLUSH, PAUSE.
#include "cpu/interp/fpu/fpu_rules.h"

#include <cstddef>

namespace ringshift {

namespace {

using namespace fpu;

constexpr std::size_t xmm_begin = offsetof(FpuState, xmm), xmm_end = offsetof(FpuState, reserved3);

/// The 512-byte operand: 16-byte aligned (#GP(0)), all of it accessible.
Maybe<LinearAddr> image_address(Cpu& cpu, const Insn& insn, AccessKind kind) {
    const u32 offset = cpu.effective_offset(insn);
    const LinearAddr address = GUEST_TRY(cpu.linear(insn.memory.segment, offset, sizeof(FpuState), kind));
    if (address.value & 15) return cpu.raise_gp(0);
    GUEST_TRY(cpu.check_access(address, sizeof(FpuState), {kind, cpu.data_privilege()}));
    return address;
}

/// XMM registers are part of the image only while CR4.OSFXSR is set (SDM vol. 1, 10.5.1). What is beyond them is the
/// memory's own.
Step fxsave_handler(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    const LinearAddr address = GUEST_TRY(image_address(cpu, insn, AccessKind::Write));
    const auto* bytes = reinterpret_cast<const u8*>(&cpu.state.fpu);
    const std::size_t size = cpu.state.cr4 & cr4::osfxsr ? xmm_end : xmm_begin;
    GUEST_TRY(cpu.write_bytes(address, {bytes, size}, cpu.data_privilege()));
    return Flow::next;
}

Step fxrstor_handler(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_x87(cpu, false); flow != Flow::next) return flow;
    const LinearAddr address = GUEST_TRY(image_address(cpu, insn, AccessKind::Read));
    FpuState image;
    GUEST_TRY(cpu.read_bytes(address, {reinterpret_cast<u8*>(&image), sizeof image}, cpu.data_privilege()));
    FpuState& guest = cpu.state.fpu;
    const bool with_sse = cpu.state.cr4 & cr4::osfxsr;
    if (with_sse && (image.mxcsr & ~guest.mxcsr_mask)) return cpu.raise_gp(0);
    guest.fcw = static_cast<u16>((image.fcw & control_word_mask) | control_word_ones);
    guest.fsw = image.fsw;
    guest.ftw = image.ftw;
    guest.fop = image.fop & 0x7FF;
    guest.fip = image.fip;
    guest.fcs = image.fcs;
    guest.fdp = image.fdp;
    guest.fds = image.fds;
    for (std::size_t i = 0; i < 8; ++i) {
        guest.st[i] = {};
        std::memcpy(guest.st[i].data(), image.st[i].data(), 10);
    }
    if (with_sse) {
        guest.mxcsr = image.mxcsr;
        guest.xmm = image.xmm;
    }
    update_error_summary(cpu);
    return Flow::next;
}

Step load_mxcsr(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) return flow;
    const u32 value = GUEST_TRY(read_memory<u32>(cpu, insn));
    if (value & ~cpu.state.fpu.mxcsr_mask) return cpu.raise_gp(0);
    cpu.state.fpu.mxcsr = value;
    return Flow::next;
}

Step store_mxcsr(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) return flow;
    GUEST_TRY(write_memory<u32>(cpu, insn, cpu.state.fpu.mxcsr));
    return Flow::next;
}

Step empty_mmx_state(Cpu& cpu, const Insn&) {
    if (const Flow flow = enter_mmx(cpu); flow != Flow::next) return flow;
    enter_mmx_mode(cpu.state.fpu);
    cpu.state.fpu.ftw = 0;
    return Flow::next;
}

/// Caches and ordering are the host's: its own are at least as strong as what is asked for.
Step hint_handler(Cpu&, const Insn&) { return Flow::next; }

/// CLFLUSH faults as a byte load does (SDM vol. 2A).
Step flush_line(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(read_memory<u8>(cpu, insn));
    return Flow::next;
}

} // namespace

namespace select {

Handler fxsave(const Insn&) { return fxsave_handler; }
Handler fxrstor(const Insn&) { return fxrstor_handler; }
Handler ldmxcsr(const Insn&) { return load_mxcsr; }
Handler stmxcsr(const Insn&) { return store_mxcsr; }
Handler emms(const Insn&) { return empty_mmx_state; }
Handler hint(const Insn&) { return hint_handler; }
Handler clflush(const Insn&) { return flush_line; }

} // namespace select

} // namespace ringshift
