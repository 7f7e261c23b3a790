// Near jumps, calls, returns, loops. The far forms are far.cpp's.
#include "cpu/interp/conditions.h"
#include "cpu/interp/far.h"
#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

u32 relative_target(Cpu& cpu, const Insn& insn) { return cpu.next_ip(insn) + insn.immediate; }

Step jump_relative(Cpu& cpu, const Insn& insn) { return cpu.near_jump(insn, relative_target(cpu, insn)); }

template <typename T, typename Source>
Step jump_indirect(Cpu& cpu, const Insn& insn) {
    const T target = GUEST_TRY((read_operand<T, Source, 0>(cpu, insn)));
    return cpu.near_jump(insn, target);
}

template <Condition condition>
Step jump_if(Cpu& cpu, const Insn& insn) {
    if (!holds<condition>(cpu.state.arithmetic_flags)) return Flow::next;
    return cpu.near_jump(insn, relative_target(cpu, insn));
}

/// The target is checked before the return address is pushed.
template <typename T>
Step call_to(Cpu& cpu, const Insn& insn, u32 target) {
    if (sizeof(T) == 2) target &= 0xFFFF;
    if (target > cpu.state.segment(SegmentName::cs).limit) return cpu.raise_gp(0);
    GUEST_TRY(cpu.push<T>(static_cast<T>(cpu.next_ip(insn))));
    cpu.state.rip = target;
    return Flow::branch;
}

template <typename T>
Step call_relative(Cpu& cpu, const Insn& insn) {
    return call_to<T>(cpu, insn, relative_target(cpu, insn));
}

template <typename T, typename Source>
Step call_indirect(Cpu& cpu, const Insn& insn) {
    return call_to<T>(cpu, insn, GUEST_TRY((read_operand<T, Source, 0>(cpu, insn))));
}

template <typename T>
Step return_near(Cpu& cpu, const Insn& insn) {
    const T target = GUEST_TRY(cpu.peek<T>());
    if (target > cpu.state.segment(SegmentName::cs).limit) return cpu.raise_gp(0);
    const u32 release = insn.operand_count > 0 ? insn.immediate & 0xFFFF : 0;
    cpu.set_stack_pointer(cpu.stack_pointer() + static_cast<u32>(sizeof(T)) + release);
    cpu.state.rip = target;
    return Flow::branch;
}

u32 counter(Cpu& cpu, const Insn& insn) {
    return insn.address_size == 4 ? cpu.state.reg<u32>(Gpr::cx) : cpu.state.reg<u16>(Gpr::cx);
}

enum class LoopKind { plain, while_equal, while_not_equal };

template <LoopKind kind>
Step loop(Cpu& cpu, const Insn& insn) {
    CpuState& state = cpu.state;
    const u32 count = counter(cpu, insn) - 1;
    const bool zero = state.arithmetic_flags & flag::zf;
    const u32 left = insn.address_size == 4 ? count : count & 0xFFFF;
    const bool taken = left != 0 && (kind == LoopKind::plain || zero == (kind == LoopKind::while_equal));
    u32 target = relative_target(cpu, insn);
    if (insn.operand_size == 2) target &= 0xFFFF;
    if (taken && target > state.segment(SegmentName::cs).limit) return cpu.raise_gp(0);
    if (insn.address_size == 4)
        state.set_reg<u32>(Gpr::cx, left);
    else
        state.set_reg<u16>(Gpr::cx, static_cast<u16>(left));
    if (!taken) return Flow::next;
    state.rip = target;
    return Flow::branch;
}

Step jump_if_counter_zero(Cpu& cpu, const Insn& insn) {
    if (counter(cpu, insn) != 0) return Flow::next;
    return cpu.near_jump(insn, relative_target(cpu, insn));
}

bool is_far(const Insn& insn) {
    if (insn.op(0).kind == OperandKind::far_pointer) return true;
    const unsigned extension = (insn.modrm >> 3) & 7;
    return insn.opcode_map == 0 && insn.opcode == 0xFF && (extension == 3 || extension == 5);
}

} // namespace

namespace select {
Handler jmp(const Insn& insn) {
    if (is_far(insn)) return select_far_jmp(insn);
    if (insn.op(0).kind == OperandKind::relative) return jump_relative;
    if (insn.operand_size == 2)
        return in_memory(insn.op(0)) ? jump_indirect<u16, InMemory> : jump_indirect<u16, InRegister>;
    return in_memory(insn.op(0)) ? jump_indirect<u32, InMemory> : jump_indirect<u32, InRegister>;
}
Handler call(const Insn& insn) {
    if (is_far(insn)) return select_far_call(insn);
    if (insn.op(0).kind == OperandKind::relative)
        return insn.operand_size == 2 ? call_relative<u16> : call_relative<u32>;
    if (insn.operand_size == 2)
        return in_memory(insn.op(0)) ? call_indirect<u16, InMemory> : call_indirect<u16, InRegister>;
    return in_memory(insn.op(0)) ? call_indirect<u32, InMemory> : call_indirect<u32, InRegister>;
}
Handler ret(const Insn& insn) {
    if (insn.opcode == 0xCA || insn.opcode == 0xCB) return select_far_ret(insn);
    return insn.operand_size == 2 ? return_near<u16> : return_near<u32>;
}
Handler loop(const Insn&) { return ringshift::loop<LoopKind::plain>; }
Handler loope(const Insn&) { return ringshift::loop<LoopKind::while_equal>; }
Handler loopne(const Insn&) { return ringshift::loop<LoopKind::while_not_equal>; }
Handler jcxz(const Insn&) { return jump_if_counter_zero; }

#define RINGSHIFT_CONDITION(suffix)                                                                                    \
    Handler j##suffix(const Insn&) { return jump_if<Condition::suffix>; }
RINGSHIFT_ALL_CONDITIONS(RINGSHIFT_CONDITION)
#undef RINGSHIFT_CONDITION
} // namespace select

} // namespace ringshift
