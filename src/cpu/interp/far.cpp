// Far jumps, calls and returns, interrupts, segment registers, SYSENTER. The semantics are Cpu's (cpu/transfer.cpp,
// cpu/delivery.cpp, cpu/segmentation.cpp); here operands are fetched and flow is chosen.

#include "cpu/interp/far.h"

#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

// ---- Far pointers ----

struct FarPointer {
    u16 selector = 0;
    u32 offset = 0;
};

/// m16:16 or m16:32: the offset first. The selector's address does not wrap with the address size.
Maybe<FarPointer> read_far_pointer(Cpu& cpu, const Insn& insn) {
    const SegmentName segment = insn.memory.segment;
    const u32 address = cpu.effective_offset(insn);
    FarPointer pointer;
    if (insn.operand_size == 4)
        pointer.offset = GUEST_TRY(cpu.read<u32>(segment, address));
    else
        pointer.offset = GUEST_TRY(cpu.read<u16>(segment, address));
    pointer.selector = GUEST_TRY(cpu.read<u16>(segment, address + insn.operand_size));
    return pointer;
}

Maybe<FarPointer> far_target(Cpu& cpu, const Insn& insn) {
    if (insn.op(0).kind == OperandKind::memory) return read_far_pointer(cpu, insn);
    return FarPointer{static_cast<u16>(insn.immediate2), insn.immediate};
}

Step jump_far(Cpu& cpu, const Insn& insn) {
    const FarPointer target = GUEST_TRY(far_target(cpu, insn));
    GUEST_TRY(cpu.far_jump(target.selector, target.offset, insn.operand_size, cpu.next_ip(insn)));
    return Flow::branch;
}

Step call_far(Cpu& cpu, const Insn& insn) {
    const FarPointer target = GUEST_TRY(far_target(cpu, insn));
    GUEST_TRY(cpu.far_call(target.selector, target.offset, insn.operand_size, cpu.next_ip(insn)));
    return Flow::branch;
}

Step return_far(Cpu& cpu, const Insn& insn) {
    const u32 release = insn.opcode == 0xCA ? insn.immediate & 0xFFFF : 0;
    GUEST_TRY(cpu.far_return(insn.operand_size, release));
    return Flow::branch;
}

Step return_from_interrupt(Cpu& cpu, const Insn& insn) {
    GUEST_TRY(cpu.interrupt_return(insn.operand_size, cpu.next_ip(insn)));
    return Flow::branch;
}

// ---- Software interrupts (SDM vol. 2A, INT n; BOUND) ----

Step interrupt(Cpu& cpu, const Insn& insn) {
    return cpu.software_interrupt(EventSource::software_interrupt, static_cast<u8>(insn.immediate), cpu.next_ip(insn));
}

Step breakpoint_trap(Cpu& cpu, const Insn& insn) {
    return cpu.software_interrupt(EventSource::software_exception, static_cast<u8>(Vector::breakpoint),
                                  cpu.next_ip(insn));
}

Step overflow_trap(Cpu& cpu, const Insn& insn) {
    if (!(cpu.state.arithmetic_flags & flag::of)) return Flow::next;
    return cpu.software_interrupt(EventSource::software_exception, static_cast<u8>(Vector::overflow),
                                  cpu.next_ip(insn));
}

Step debug_trap(Cpu& cpu, const Insn& insn) {
    return cpu.software_interrupt(EventSource::icebp, static_cast<u8>(Vector::debug), cpu.next_ip(insn));
}

/// The index is compared as a signed number with the bounds, both inclusive.
template <typename T>
Step check_bounds(Cpu& cpu, const Insn& insn) {
    using Signed = std::make_signed_t<T>;
    const u32 address = cpu.effective_offset(insn);
    const auto lower = static_cast<Signed>(GUEST_TRY(cpu.read<T>(insn.memory.segment, address)));
    const auto upper =
        static_cast<Signed>(GUEST_TRY(cpu.read<T>(insn.memory.segment, address + static_cast<u32>(sizeof(T)))));
    const auto index = static_cast<Signed>(reg_at<T>(cpu.state, insn.op(0).slot));
    if (index < lower || index > upper) return cpu.raise(Vector::bound);
    return Flow::next;
}

// ---- Segment registers ----

SegmentName segment_of(const Operand& operand) { return static_cast<SegmentName>(operand.slot); }

/// After a load of SS by MOV or POP, events wait for one instruction (SDM vol. 3A, 6.8.3).
Step segment_loaded(Cpu& cpu, SegmentName name) {
    if (name == SegmentName::ss) cpu.state.shadow = Shadow::mov_ss;
    return Flow::stop;
}

template <typename Source>
Step load_segment_register(Cpu& cpu, const Insn& insn) {
    const SegmentName name = segment_of(insn.op(0));
    const u16 selector = GUEST_TRY((read_operand<u16, Source, 1>(cpu, insn)));
    GUEST_TRY(cpu.load_segment(name, selector));
    return segment_loaded(cpu, name);
}

template <typename T, typename Destination>
Step store_segment_register(Cpu& cpu, const Insn& insn) {
    const T selector = cpu.state.segment(segment_of(insn.op(1))).selector;
    GUEST_TRY((write_operand<T, Destination, 0>(cpu, insn, selector)));
    return Flow::next;
}

/// A 32-bit push of a segment register moves ESP by 4 and stores 2 bytes, as recent processors do (SDM vol. 2B, PUSH).
template <typename T>
Step push_segment_register(Cpu& cpu, const Insn& insn) {
    const u32 top = cpu.stack_offset(cpu.stack_pointer() - static_cast<u32>(sizeof(T)));
    GUEST_TRY(cpu.write<u16>(SegmentName::ss, top, cpu.state.segment(segment_of(insn.op(0))).selector));
    cpu.set_stack_pointer(top);
    return Flow::next;
}

template <typename T>
Step pop_segment_register(Cpu& cpu, const Insn& insn) {
    const SegmentName name = segment_of(insn.op(0));
    const u16 selector = static_cast<u16>(GUEST_TRY(cpu.peek<T>()));
    const u64 old_sp = cpu.state.gpr[static_cast<std::size_t>(Gpr::sp)];
    cpu.set_stack_pointer(cpu.stack_pointer() +
                          static_cast<u32>(sizeof(T))); // by the B flag of the SS that was popped from
    if (!cpu.load_segment(name, selector).ok) {
        cpu.state.gpr[static_cast<std::size_t>(Gpr::sp)] = old_sp;
        return Raised{};
    }
    return segment_loaded(cpu, name);
}

/// LDS, LES, LFS, LGS, LSS.
template <SegmentName name>
Step load_pointer(Cpu& cpu, const Insn& insn) {
    const FarPointer pointer = GUEST_TRY(read_far_pointer(cpu, insn));
    GUEST_TRY(cpu.load_segment(name, pointer.selector));
    if (insn.operand_size == 4)
        set_reg_at<u32>(cpu.state, insn.op(0).slot, pointer.offset);
    else
        set_reg_at<u16>(cpu.state, insn.op(0).slot, static_cast<u16>(pointer.offset));
    return Flow::stop;
}

// ---- SYSENTER and SYSEXIT (SDM vol. 3A, 5.8.7) ----

/// A flat 4 GiB segment, whatever the GDT says.
Segment fixed_segment(u32 selector, u8 cpl, bool code) {
    using namespace segment_attribute;
    Segment segment;
    segment.selector = static_cast<u16>((selector & 0xFFFC) | cpl);
    segment.attributes = static_cast<u16>(p | s | db | g | accessed | writable /* or readable */ | (cpl << 5) |
                                          (code ? segment_attribute::code : 0));
    segment.limit = 0xFFFFFFFF;
    segment.usable = 1;
    segment.update(false);
    return segment;
}

void enter_fixed_segments(CpuState& state, u32 code_selector, u8 cpl) {
    state.segment(SegmentName::cs) = fixed_segment(code_selector, cpl, true);
    state.segment(SegmentName::ss) = fixed_segment(code_selector + 8, cpl, false);
    state.cpl = cpl;
}

Step enter_system(Cpu& cpu, const Insn&) {
    CpuState& state = cpu.state;
    const u32 selector = static_cast<u32>(state.sysenter_cs) & 0xFFFC;
    if (!state.protected_mode() || selector == 0) return cpu.raise_gp(0);
    state.system_flags &= ~(flag::vm | flag::if_ | flag::rf);
    enter_fixed_segments(state, selector, 0);
    state.set_reg<u32>(Gpr::sp, static_cast<u32>(state.sysenter_esp));
    state.rip = static_cast<u32>(state.sysenter_eip);
    return Flow::branch;
}

Step exit_system(Cpu& cpu, const Insn&) {
    CpuState& state = cpu.state;
    const u32 selector = static_cast<u32>(state.sysenter_cs) & 0xFFFC;
    if (selector == 0 || !state.protected_mode() || state.cpl != 0) return cpu.raise_gp(0);
    enter_fixed_segments(state, selector + 16, 3);
    state.set_reg<u32>(Gpr::sp, state.reg<u32>(Gpr::cx));
    state.rip = state.reg<u32>(Gpr::dx);
    return Flow::branch;
}

} // namespace

Handler select_far_jmp(const Insn&) { return jump_far; }
Handler select_far_call(const Insn&) { return call_far; }
Handler select_far_ret(const Insn&) { return return_far; }

Handler select_mov_segment(const Insn& insn) {
    if (insn.op(0).kind == OperandKind::segment) {
        if (segment_of(insn.op(0)) == SegmentName::cs) return nullptr;
        return in_memory(insn.op(1)) ? load_segment_register<InMemory> : load_segment_register<InRegister>;
    }
    if (in_memory(insn.op(0))) return store_segment_register<u16, InMemory>;
    return insn.operand_size == 2 ? store_segment_register<u16, InRegister> : store_segment_register<u32, InRegister>;
}
Handler select_push_segment(const Insn& insn) {
    return insn.operand_size == 2 ? push_segment_register<u16> : push_segment_register<u32>;
}
Handler select_pop_segment(const Insn& insn) {
    if (segment_of(insn.op(0)) == SegmentName::cs) return nullptr;
    return insn.operand_size == 2 ? pop_segment_register<u16> : pop_segment_register<u32>;
}

namespace select {
Handler iret(const Insn&) { return return_from_interrupt; }
Handler int_(const Insn&) { return interrupt; }
Handler int3(const Insn&) { return breakpoint_trap; }
Handler into(const Insn&) { return overflow_trap; }
Handler int1(const Insn&) { return debug_trap; }
Handler bound(const Insn& insn) { return insn.operand_size == 2 ? check_bounds<u16> : check_bounds<u32>; }
Handler lds(const Insn&) { return load_pointer<SegmentName::ds>; }
Handler les(const Insn&) { return load_pointer<SegmentName::es>; }
Handler lfs(const Insn&) { return load_pointer<SegmentName::fs>; }
Handler lgs(const Insn&) { return load_pointer<SegmentName::gs>; }
Handler lss(const Insn&) { return load_pointer<SegmentName::ss>; }
Handler sysenter(const Insn&) { return enter_system; }
Handler sysexit(const Insn&) { return exit_system; }
} // namespace select

} // namespace ringshift
