// MMX and SSE instructions that compute, through host thunks (thunk.cpp), and the judgement on their exceptions.
//
// Floating-point exceptions (SDM vol. 1, 11.5). The exact way runs with all of them masked and no flag set, so the
// flags it leaves are those of this instruction. If the guest has one of them unmasked, nothing is committed but the
// flags: with an unmasked exception found before computing (invalid, denormal, divide by zero) only flags of that sort
// are set, because silicon then does not compute. An unmasked underflow is more than a masked one: it is raised for
// tiny results that are exact as well, and flush-to-zero does not apply (SDM vol. 1, 11.5.2.5); so such an instruction
// runs without FTZ, and denormal results count. PE beside an unmasked overflow or underflow: simd_precision.cpp.
#include "cpu/interp/fpu/fpu_rules.h"
#include "cpu/interp/fpu/simd_precision.h"

#include "cpu/interp/host_alu.h"

#include <algorithm>

namespace ringshift {

namespace {

using namespace fpu;

// MXCSR (SDM vol. 1, 10.2.3).
constexpr u32 mxcsr_flags = 0x3F, mxcsr_before_computing = 7, mxcsr_overflow = 8, mxcsr_underflow = 0x10,
              mxcsr_precision = 0x20, mxcsr_masks = 0x1F80, mxcsr_flush_to_zero = 0x8000, host_mxcsr = 0x1F80;
constexpr unsigned mxcsr_mask_shift = 7;

u32 unmasked_exceptions(u32 mxcsr) { return ~(mxcsr >> mxcsr_mask_shift) & mxcsr_flags; }

u32 mxcsr_to_run_with(u32 guest) {
    u32 mxcsr = (guest & ~mxcsr_flags) | mxcsr_masks;
    if (unmasked_exceptions(guest) & mxcsr_underflow) mxcsr &= ~mxcsr_flush_to_zero;
    return mxcsr;
}

template <typename T>
bool is_denormal(const Vec128& value, unsigned element) {
    T bits;
    std::memcpy(&bits, value.byte.data() + element * sizeof(T), sizeof(T));
    constexpr T fraction = sizeof(T) == 4 ? T{0x7FFFFF} : static_cast<T>(0xFFFFFFFFFFFFF);
    constexpr T magnitude = static_cast<T>(~T{0}) >> 1;
    return (bits & magnitude) != 0 && (bits & magnitude) <= fraction;
}

/// Whether an instruction that rounds left a denormal number: a tiny result.
bool has_tiny_result(const Insn& insn, const Vec128& result) {
    const bool arithmetic = insn.opcode == 0x58 || insn.opcode == 0x59 || insn.opcode == 0x5C || insn.opcode == 0x5E;
    const bool horizontal = insn.opcode == 0x7C || insn.opcode == 0x7D || insn.opcode == 0xD0;
    const u8 prefix = insn.mandatory_prefix;
    if (insn.opcode_map != 1) return false;
    const auto any = [&]<typename T>(unsigned count) {
        for (unsigned i = 0; i < count; ++i)
            if (is_denormal<T>(result, i)) return true;
        return false;
    };
    if (arithmetic && prefix == 0x66) return any.operator()<u64>(2);
    if (arithmetic && prefix == 0xF2) return any.operator()<u64>(1);
    if (arithmetic && prefix == 0xF3) return any.operator()<u32>(1);
    if (arithmetic) return any.operator()<u32>(4);
    if (horizontal) return prefix == 0x66 ? any.operator()<u64>(2) : any.operator()<u32>(4);
    if (insn.opcode == 0x5A && prefix == 0x66) return any.operator()<u32>(2);
    if (insn.opcode == 0x5A && prefix == 0xF2) return any.operator()<u32>(1);
    return false;
}

/// Sets the guest's exception flags; raises #XM, or #UD where the system does not know #XM.
Maybe<void> judge_exceptions(Cpu& cpu, const Insn& insn, const SimdFrame& frame, const void* a, const void* b) {
    u32& mxcsr = cpu.state.fpu.mxcsr;
    const u32 unmasked = unmasked_exceptions(mxcsr);
    u32 raised = frame.mxcsr & mxcsr_flags;
    if ((unmasked & mxcsr_underflow) && has_tiny_result(insn, frame.result)) raised |= mxcsr_underflow;
    if (!(raised & unmasked)) [[likely]] {
        mxcsr |= raised;
        return {};
    }
    if (raised & unmasked & mxcsr_before_computing) {
        raised &= mxcsr_before_computing;
    } else if (raised & unmasked & (mxcsr_overflow | mxcsr_underflow)) {
        const bool inexact = precision_with_unbounded_exponent(
            insn, static_cast<const u8*>(a), static_cast<const u8*>(b), mxcsr, raised & mxcsr_precision);
        raised = inexact ? raised | mxcsr_precision : raised & ~mxcsr_precision;
    }
    mxcsr |= raised;
    return cpu.state.cr4 & cr4::osxmmexcpt ? cpu.raise(Vector::simd_error) : cpu.raise_ud();
}

/// Where an operand in memory can be read; `buffer` is for what cannot be read in place.
Maybe<const u8*> view_operand(Cpu& cpu, const Insn& insn, unsigned size, Vec128& buffer) {
    // PCMPxSTRx are the only ones without an alignment rule (SDM vol. 2A, table 2-21).
    if (size == 16 && !(insn.opcode_map == 3 && insn.opcode >= 0x60 && insn.opcode <= 0x63))
        GUEST_TRY(check_alignment(cpu, insn, AccessKind::Read));
    return cpu.view(insn.memory.segment, cpu.effective_offset(insn), size, buffer.byte.data());
}

bool has_immediate(const Insn& insn) {
    return insn.op(1).kind == OperandKind::immediate || insn.op(2).kind == OperandKind::immediate;
}

u8* register_address(CpuState& state, ThunkOperand kind, u8 slot) {
    switch (kind) {
    case ThunkOperand::xmm: return state.fpu.xmm[slot].data();
    case ThunkOperand::mmx: return mmx_register(state.fpu, slot);
    default: return reinterpret_cast<u8*>(state.gpr.data()) + slot;
    }
}

/// `reg`: the operand in ModRM.reg (none: it extends the opcode, and ModRM.rm is changed by an immediate).
template <ThunkOperand reg, ThunkOperand rm, u8 actions>
const SimdRoutine& routine_of(Cpu& cpu, const Insn& insn) {
    return kept_routine<SimdRoutine>(insn, [&]() -> const SimdRoutine& {
        const bool extended = reg == ThunkOperand::none;
        return cpu.fpu_thunks->simd({.mandatory_prefix = insn.mandatory_prefix,
                                     .opcode_map = insn.opcode_map,
                                     .opcode = insn.opcode,
                                     .extension = extended ? static_cast<u8>((insn.modrm >> 3) & 7) : u8{0},
                                     .reg = reg,
                                     .rm = rm,
                                     .has_immediate = has_immediate(insn),
                                     .immediate = static_cast<u8>(has_immediate(insn) ? insn.immediate : 0),
                                     .actions = actions});
    });
}

/// Where ModRM.rm is: the memory operand, or a register (a general one is read like memory).
template <ThunkOperand rm>
Maybe<u8*> rm_address(Cpu& cpu, const Insn& insn, const Operand& operand, Vec128& buffer) {
    if constexpr (rm == ThunkOperand::memory) {
        if (operand.kind == OperandKind::memory)
            return const_cast<u8*>(GUEST_TRY(view_operand(cpu, insn, operand.size, buffer))); // only read from
        return register_address(cpu.state, ThunkOperand::gpr, operand.slot);
    }
    return register_address(cpu.state, rm, operand.slot);
}

/// One step of an instruction that computes in several: as ADDPS, MULPD and their kind do it.
Maybe<Vec128> run_step(Cpu& cpu, u8 prefix, u8 opcode, const Vec128& a, const Vec128& b) {
    Insn step;
    step.mandatory_prefix = prefix;
    step.opcode_map = 1;
    step.opcode = opcode;
    const SimdRoutine& routine = cpu.fpu_thunks->simd({.mandatory_prefix = prefix,
                                                       .opcode = opcode,
                                                       .reg = ThunkOperand::xmm,
                                                       .rm = ThunkOperand::xmm,
                                                       .actions = thunk::mxcsr});
    SimdFrame frame;
    frame.host_mxcsr = host_mxcsr;
    frame.mxcsr = mxcsr_to_run_with(cpu.state.fpu.mxcsr);
    routine.exact(&frame, a.byte.data(), b.byte.data());
    GUEST_TRY(judge_exceptions(cpu, step, frame, a.byte.data(), b.byte.data()));
    return frame.result;
}

bool is_dot_product(const Insn& insn) { return insn.opcode_map == 3 && (insn.opcode == 0x40 || insn.opcode == 0x41); }

/// DPPS and DPPD multiply, add pairs and add the sums (DPPS); an unmasked exception of one step keeps the next from
/// being made (SDM vol. 2A, DPPS). T: u32 or u64, an element.
template <typename T>
Maybe<void> judge_dot_product(Cpu& cpu, const Insn& insn, const u8* first, const u8* second) {
    constexpr unsigned count = 16 / sizeof(T);
    constexpr u8 prefix = sizeof(T) == 8 ? 0x66 : 0, multiply = 0x59, add = 0x58;
    const auto copy = [](Vec128& to, unsigned i, const u8* from, unsigned k) {
        std::memcpy(to.byte.data() + i * sizeof(T), from + k * sizeof(T), sizeof(T));
    };
    Vec128 a, b;
    for (unsigned i = 0; i < count; ++i) {
        if (!(insn.immediate & (0x10u << i))) continue; // +0
        copy(a, i, first, i);
        copy(b, i, second, i);
    }
    Vec128 terms = GUEST_TRY(run_step(cpu, prefix, multiply, a, b));
    for (unsigned left = count; left > 1; left /= 2) {
        Vec128 even, odd;
        for (unsigned i = 0; i < left / 2; ++i) {
            copy(even, i, terms.byte.data(), 2 * i);
            copy(odd, i, terms.byte.data(), 2 * i + 1);
        }
        terms = GUEST_TRY(run_step(cpu, prefix, add, even, odd));
    }
    return {};
}

/// The exact way: flags and results of this instruction alone. Nothing has been changed before.
template <ThunkOperand reg, u8 actions>
[[gnu::noinline]] Step run_exactly(Cpu& cpu, const Insn& insn, const SimdRoutine& routine, u8* target,
                                   const u8* other) {
    CpuState& state = cpu.state;
    SimdFrame frame;
    frame.host_mxcsr = host_mxcsr;
    if (is_dot_product(insn) && unmasked_exceptions(state.fpu.mxcsr))
        GUEST_TRY(insn.opcode == 0x41 ? judge_dot_product<u64>(cpu, insn, target, other)
                                      : judge_dot_product<u32>(cpu, insn, target, other));
    frame.mxcsr = mxcsr_to_run_with(state.fpu.mxcsr);
    routine.exact(&frame, target, other);
    GUEST_TRY(judge_exceptions(cpu, insn, frame, target, other));
    if constexpr ((actions & thunk::flags) != 0) {
        state.arithmetic_flags = host::flags_from_ax(frame.flags_ax);
    } else {
        constexpr std::size_t size = reg == ThunkOperand::xmm ? 16 : 8;
        std::memcpy(target, frame.result.byte.data(), size);
        if constexpr (reg == ThunkOperand::mmx) mark_mmx_register(state.fpu, insn.op(0).slot);
    }
    return Flow::next;
}

template <ThunkOperand reg, ThunkOperand rm, u8 actions>
Step simd_handler(Cpu& cpu, const Insn& insn) {
    constexpr bool mmx = reg == ThunkOperand::mmx || rm == ThunkOperand::mmx;
    constexpr bool mmx_only =
        mmx && reg != ThunkOperand::xmm && rm != ThunkOperand::xmm && (actions & thunk::mxcsr) == 0;
    constexpr bool depends_on_mxcsr = (actions & thunk::mxcsr) != 0;
    if (const Flow flow = mmx_only ? enter_mmx(cpu) : enter_sse(cpu, mmx); flow != Flow::next) [[unlikely]]
        return flow;
    const SimdRoutine& routine = routine_of<reg, rm, actions>(cpu, insn);
    CpuState& state = cpu.state;
    Vec128 buffer;
    const Operand& rm_operand = insn.op(reg == ThunkOperand::none ? 0 : 1);
    u8* other = GUEST_TRY(rm_address<rm>(cpu, insn, rm_operand, buffer));
    if constexpr (mmx) { // also where a conversion then raises #XM
        enter_mmx_mode(state.fpu);
        if constexpr (rm == ThunkOperand::mmx) other = mmx_register(state.fpu, rm_operand.slot);
    }
    u8* const target = register_address(state, reg, insn.op(0).slot);
    SimdStatus status;
    if constexpr (depends_on_mxcsr) {
        constexpr u32 control = ~mxcsr_flags;
        if (((state.fpu.mxcsr ^ host_mxcsr) & control) != 0 || !cpu.fpu_thunks->use_short_ways) [[unlikely]]
            return run_exactly<reg, actions>(cpu, insn, routine, target, other);
        status.unknown = ~state.fpu.mxcsr & mxcsr_flags;
    }
    const u32 ax = routine.in_place(&status, target, other);
    if constexpr (depends_on_mxcsr) {
        if (status.mxcsr & status.unknown) [[unlikely]]
            return run_exactly<reg, actions>(cpu, insn, routine, target, other);
    }
    if constexpr ((actions & thunk::flags) != 0) state.arithmetic_flags = host::flags_from_ax(ax);
    constexpr ThunkOperand changed = reg == ThunkOperand::none ? rm : reg;
    if constexpr (changed == ThunkOperand::mmx) mark_mmx_register(state.fpu, insn.op(0).slot);
    return Flow::next;
}

/// Instructions with hidden operands: PCMPxSTRx (`flags`; M leaves a mask in XMM0, I an index in ECX) and the blends by
/// XMM0.
template <ThunkOperand rm, u8 actions>
Step simd_implicit_handler(Cpu& cpu, const Insn& insn) {
    if (const Flow flow = enter_sse(cpu); flow != Flow::next) [[unlikely]]
        return flow;
    const SimdRoutine& routine = routine_of<ThunkOperand::xmm, rm, actions>(cpu, insn);
    CpuState& state = cpu.state;
    Vec128 buffer;
    const u8* const other = GUEST_TRY(rm_address<rm>(cpu, insn, insn.op(1), buffer));
    auto& target = state.fpu.xmm[insn.op(0).slot];
    SimdFrame frame;
    frame.implicit.byte = state.fpu.xmm[0];
    frame.eax = state.reg<u32>(Gpr::ax);
    frame.edx = state.reg<u32>(Gpr::dx);
    routine.exact(&frame, target.data(), other);
    if constexpr ((actions & thunk::flags) == 0) {
        target = frame.result.byte;
    } else {
        state.arithmetic_flags = host::flags_from_ax(frame.flags_ax);
        if (insn.opcode & 1)
            state.set_reg<u32>(Gpr::cx, frame.ecx);
        else
            state.fpu.xmm[0] = frame.implicit.byte;
    }
    return Flow::next;
}

template <u8 actions>
Handler with_implicit(const Insn& insn) {
    constexpr u8 all = actions | thunk::implicit;
    if (insn.op(1).kind == OperandKind::memory) return simd_implicit_handler<ThunkOperand::memory, all>;
    return simd_implicit_handler<ThunkOperand::xmm, all>;
}

template <ThunkOperand reg, u8 actions>
Handler by_rm(const Operand& rm) {
    switch (rm.kind) {
    case OperandKind::xmm: return simd_handler<reg, ThunkOperand::xmm, actions>;
    case OperandKind::mmx: return simd_handler<reg, ThunkOperand::mmx, actions>;
    case OperandKind::gpr:
    case OperandKind::memory: return simd_handler<reg, ThunkOperand::memory, actions>;
    default: return nullptr;
    }
}

template <u8 actions>
Handler choose(const Insn& insn) {
    switch (insn.op(0).kind) {
    case OperandKind::xmm: return by_rm<ThunkOperand::xmm, actions>(insn.op(1));
    case OperandKind::mmx: return by_rm<ThunkOperand::mmx, actions>(insn.op(1));
    case OperandKind::gpr: return by_rm<ThunkOperand::gpr, actions>(insn.op(1));
    default: return nullptr;
    }
}

template <u8 operation_size>
Step crc32_handler(Cpu& cpu, const Insn& insn) {
    u64 source = 0;
    const Operand& operand = insn.op(1);
    if (operand.kind == OperandKind::memory) {
        Vec128 buffer;
        const u8* const bytes = GUEST_TRY(view_operand(cpu, insn, operation_size, buffer));
        std::memcpy(&source, bytes, operation_size);
    } else {
        source = reg_at<u32>(cpu.state, operand.slot);
    }
    u64 sum = reg_at<u32>(cpu.state, insn.op(0).slot);
    if constexpr (operation_size == 1)
        asm("crc32b %b[source], %k[sum]" : [sum] "+r"(sum) : [source] "q"(source));
    else if constexpr (operation_size == 2)
        asm("crc32w %w[source], %k[sum]" : [sum] "+r"(sum) : [source] "r"(source));
    else
        asm("crc32l %k[source], %k[sum]" : [sum] "+r"(sum) : [source] "r"(source));
    set_reg_at<u32>(cpu.state, insn.op(0).slot, static_cast<u32>(sum));
    return Flow::next;
}

} // namespace

namespace select {

Handler simd(const Insn& insn) {
    if (insn.op(1).kind != OperandKind::immediate) return choose<0>(insn);
    if (insn.op(0).kind == OperandKind::xmm) return simd_handler<ThunkOperand::none, ThunkOperand::xmm, 0>;
    if (insn.op(0).kind == OperandKind::mmx) return simd_handler<ThunkOperand::none, ThunkOperand::mmx, 0>;
    return nullptr;
}

Handler simd_float(const Insn& insn) { return choose<thunk::mxcsr>(insn); }

Handler simd_float_compare(const Insn& insn) {
    return by_rm<ThunkOperand::xmm, thunk::mxcsr | thunk::flags>(insn.op(1));
}

Handler simd_test(const Insn& insn) { return by_rm<ThunkOperand::xmm, thunk::flags>(insn.op(1)); }

Handler simd_string(const Insn& insn) { return with_implicit<thunk::flags>(insn); }

Handler simd_blend(const Insn& insn) { return with_implicit<0>(insn); }

Handler crc32(const Insn& insn) {
    switch (insn.op(1).size) {
    case 1: return crc32_handler<1>;
    case 2: return crc32_handler<2>;
    default: return crc32_handler<4>;
    }
}

} // namespace select

} // namespace ringshift
