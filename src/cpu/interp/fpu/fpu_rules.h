// What decides whether an x87, MMX or SSE instruction may run (SDM vol. 3A, 2.5, 13.1 and table 13-1), and the parts of
// the FPU state that instructions of several kinds touch.
#pragma once

#include "cpu/interp/fpu/thunk.h"
#include "cpu/interp/operands.h"

namespace ringshift::fpu {

// Status word (SDM vol. 1, 8.1.3).
inline constexpr u16 exceptions = 0x3F, stack_fault = 0x40, error_summary = 0x80, busy = 0x8000, top_mask = 0x3800,
                     conditions_and_top = 0x7F00;
inline constexpr u16 invalid = 1, overflow = 8, underflow = 0x10;
/// The bits of a control word that exist; bit 6 reads as one.
inline constexpr u16 control_word_mask = 0x1F7F, control_word_ones = 0x40;

inline unsigned top(const FpuState& fpu) { return (fpu.fsw >> 11) & 7; }

/// ES and B follow from the exception flags and masks; call after a change of either.
void update_error_summary(Cpu& cpu);

/// Flow::next: go on. Flow::fault: #MF raised. Flow::branch: the processor waits with FERR# asserted for an interrupt
/// (CR0.NE = 0, SDM vol. 3A, 6.15 on vector 16 and vol. 1, 8.7.2); the instruction is tried again.
Flow pending_exception(Cpu& cpu);

/// Before x87 instructions other than WAIT; `waiting`: those that report a pending exception first.
inline Flow enter_x87(Cpu& cpu, bool waiting = true) {
    if (cpu.state.cr0 & (cr0::em | cr0::ts)) [[unlikely]]
        return Step(cpu.raise(Vector::device_not_available)).flow;
    if (waiting && cpu.state.fpu_exception_pending) [[unlikely]]
        return pending_exception(cpu);
    return Flow::next;
}

/// Before MMX instructions.
inline Flow enter_mmx(Cpu& cpu) {
    if (cpu.state.cr0 & cr0::em) [[unlikely]]
        return Step(cpu.raise_ud()).flow;
    return enter_x87(cpu);
}

/// Before SSE instructions; `mmx`: those that also use MMX registers.
inline Flow enter_sse(Cpu& cpu, bool mmx = false) {
    if ((cpu.state.cr0 & cr0::em) || !(cpu.state.cr4 & cr4::osfxsr)) [[unlikely]]
        return Step(cpu.raise_ud()).flow;
    if (cpu.state.cr0 & cr0::ts) [[unlikely]]
        return Step(cpu.raise(Vector::device_not_available)).flow;
    return mmx ? enter_x87(cpu) : Flow::next;
}

/// Moves the top of the stack to `new_top` while physical registers keep their contents: `st` is by stack position.
void rotate_stack(FpuState& fpu, unsigned new_top);

/// What every MMX instruction but EMMS does to the x87 state: TOP = 0, all tags valid (SDM vol. 3A, 12.2).
inline void enter_mmx_mode(FpuState& fpu) {
    if (fpu.fsw & top_mask) [[unlikely]]
        rotate_stack(fpu, 0);
    fpu.ftw = 0xFF;
}

/// The x87 register that MMn aliases, whatever TOP is.
inline u8* mmx_register(FpuState& fpu, unsigned n) { return fpu.st[(n - top(fpu)) & 7].data(); }

/// What a write of MMn does beside: bits 64 to 79 of the x87 register become ones. After enter_mmx_mode().
inline void mark_mmx_register(FpuState& fpu, unsigned n) {
    constexpr u16 ones = 0xFFFF;
    std::memcpy(fpu.st[n].data() + 8, &ones, sizeof ones);
}
/// Writes MMn. After enter_mmx_mode().
inline void set_mmx_register(FpuState& fpu, unsigned n, const u8* value) {
    std::memcpy(fpu.st[n].data(), value, 8);
    mark_mmx_register(fpu, n);
}

/// Any number of bytes as a value for Cpu::read and Cpu::write.
template <std::size_t n>
struct Bytes {
    std::array<u8, n> byte;
};

inline LinearAddr operand_address(Cpu& cpu, const Insn& insn) {
    return LinearAddr(static_cast<u32>(cpu.state.segment(insn.memory.segment).base + cpu.effective_offset(insn)));
}

/// #GP(0) for a misaligned 16-byte operand (SDM vol. 2A, table 2-21), after the segment checks; these are left to the
/// access itself if it is aligned.
inline Maybe<void> check_alignment(Cpu& cpu, const Insn& insn, AccessKind kind) {
    if ((operand_address(cpu, insn).value & 15) == 0) [[likely]]
        return {};
    GUEST_TRY(cpu.linear(insn.memory.segment, cpu.effective_offset(insn), 16, kind));
    return cpu.raise_gp(0);
}

/// FIP, FCS and FOP after an x87 instruction at `eip`.
inline void set_code_pointer(Cpu& cpu, const Insn& insn, u32 eip) {
    FpuState& state = cpu.state.fpu;
    state.fop = static_cast<u16>((insn.opcode & 7) << 8 | insn.modrm);
    state.fip = eip;
    state.fcs = cpu.state.segment(SegmentName::cs).selector;
}

/// FDP and FDS after an x87 instruction with a memory operand.
inline void set_data_pointer(Cpu& cpu, const Insn& insn) {
    cpu.state.fpu.fdp = cpu.effective_offset(insn);
    cpu.state.fpu.fds = cpu.state.segment(insn.memory.segment).selector;
}

} // namespace ringshift::fpu
