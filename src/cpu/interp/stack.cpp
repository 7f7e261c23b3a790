// PUSH, POP, PUSHA, POPA, ENTER, LEAVE, BOUND's neighbours excepted: general registers, memory and immediates. Segment
// registers are far.cpp's, EFLAGS is system.cpp's.
#include "cpu/interp/far.h"
#include "cpu/interp/operands.h"

namespace ringshift {

namespace {

/// PUSH SP stores the old value (SDM vol. 2B; the 8086 differs).
template <typename T, typename Source>
Step push_operand(Cpu& cpu, const Insn& insn) {
    const T value = GUEST_TRY((read_operand<T, Source, 0>(cpu, insn)));
    GUEST_TRY(cpu.push<T>(value));
    return Flow::next;
}

template <typename T>
Step pop_register(Cpu& cpu, const Insn& insn) {
    const T value = GUEST_TRY(cpu.peek<T>());
    cpu.set_stack_pointer(cpu.stack_pointer() + static_cast<u32>(sizeof(T)));
    set_reg_at<T>(cpu.state, insn.op(0).slot, value); // POP SP: the value popped wins
    return Flow::next;
}

/// An ESP-based destination address is computed after ESP has moved (SDM vol. 2B, POP).
template <typename T>
Step pop_memory(Cpu& cpu, const Insn& insn) {
    const T value = GUEST_TRY(cpu.peek<T>());
    const u64 old_sp = cpu.state.gpr[static_cast<std::size_t>(Gpr::sp)];
    cpu.set_stack_pointer(cpu.stack_pointer() + static_cast<u32>(sizeof(T)));
    const auto written = write_memory<T>(cpu, insn, value);
    if (!written.ok) {
        cpu.state.gpr[static_cast<std::size_t>(Gpr::sp)] = old_sp;
        return Raised{};
    }
    return Flow::next;
}

/// One push after the other, as silicon has it: what has been pushed before a fault stays, and CR2 is the slot that
/// failed.
template <typename T>
Step push_all(Cpu& cpu, const Insn&) {
    constexpr u32 size = sizeof(T);
    const u32 sp = cpu.stack_pointer();
    for (u32 i = 0; i < 8; ++i) {
        const T value = cpu.state.reg<T>(static_cast<Gpr>(i));
        GUEST_TRY(cpu.write<T>(SegmentName::ss, cpu.stack_offset(sp - (i + 1) * size), value));
    }
    cpu.set_stack_pointer(cpu.stack_offset(sp - 8 * size));
    return Flow::next;
}

template <typename T>
Step pop_all(Cpu& cpu, const Insn&) {
    std::array<T, 8> values{};
    for (u32 i = 0; i < 8; ++i) values[7 - i] = GUEST_TRY(cpu.peek<T>(i * static_cast<u32>(sizeof(T))));
    cpu.set_stack_pointer(cpu.stack_pointer() + 8 * static_cast<u32>(sizeof(T)));
    for (u32 i = 0; i < 8; ++i)
        if (static_cast<Gpr>(i) != Gpr::sp) cpu.state.set_reg<T>(static_cast<Gpr>(i), values[i]);
    return Flow::next;
}

/// SDM vol. 2A, ENTER. The last thing that may fault is the check that the new frame's end is writable.
template <typename T>
Step enter(Cpu& cpu, const Insn& insn) {
    constexpr u32 size = sizeof(T);
    CpuState& state = cpu.state;
    const u32 frame_bytes = insn.immediate & 0xFFFF;
    const u32 level = insn.immediate2 & 31;
    u32 sp = cpu.stack_offset(cpu.stack_pointer() - size);
    GUEST_TRY(cpu.write<T>(SegmentName::ss, sp, state.reg<T>(Gpr::bp)));
    const u32 frame = sp;
    if (level > 0) {
        u32 bp = cpu.stack_offset(state.reg<u32>(Gpr::bp));
        for (u32 i = 1; i < level; ++i) {
            bp = cpu.stack_offset(bp - size);
            const T link = GUEST_TRY(cpu.read<T>(SegmentName::ss, bp));
            sp = cpu.stack_offset(sp - size);
            GUEST_TRY(cpu.write<T>(SegmentName::ss, sp, link));
        }
        sp = cpu.stack_offset(sp - size);
        GUEST_TRY(cpu.write<T>(SegmentName::ss, sp, static_cast<T>(frame)));
    }
    sp = cpu.stack_offset(sp - frame_bytes);
    const LinearAddr end = GUEST_TRY(cpu.linear(SegmentName::ss, sp, size, AccessKind::Write));
    GUEST_TRY(cpu.check_access(end, size, {AccessKind::Write, cpu.data_privilege()}));
    state.set_reg<T>(Gpr::bp, static_cast<T>(frame));
    cpu.set_stack_pointer(sp);
    return Flow::next;
}

template <typename T>
Step leave(Cpu& cpu, const Insn&) {
    const u32 frame = cpu.stack_offset(cpu.state.reg<u32>(Gpr::bp));
    const T value = GUEST_TRY(cpu.read<T>(SegmentName::ss, frame));
    cpu.set_stack_pointer(cpu.stack_offset(frame + static_cast<u32>(sizeof(T))));
    cpu.state.set_reg<T>(Gpr::bp, value);
    return Flow::next;
}

} // namespace

namespace select {
Handler push(const Insn& insn) {
    if (insn.op(0).kind == OperandKind::segment) return select_push_segment(insn);
    const bool word = insn.operand_size == 2;
    if (in_memory(insn.op(0))) return word ? push_operand<u16, InMemory> : push_operand<u32, InMemory>;
    if (insn.op(0).kind == OperandKind::immediate)
        return word ? push_operand<u16, Immediate> : push_operand<u32, Immediate>;
    return word ? push_operand<u16, InRegister> : push_operand<u32, InRegister>;
}
Handler pop(const Insn& insn) {
    if (insn.op(0).kind == OperandKind::segment) return select_pop_segment(insn);
    const bool word = insn.operand_size == 2;
    if (in_memory(insn.op(0))) return word ? pop_memory<u16> : pop_memory<u32>;
    return word ? pop_register<u16> : pop_register<u32>;
}
Handler pusha(const Insn& insn) { return insn.operand_size == 2 ? push_all<u16> : push_all<u32>; }
Handler popa(const Insn& insn) { return insn.operand_size == 2 ? pop_all<u16> : pop_all<u32>; }
Handler enter(const Insn& insn) { return insn.operand_size == 2 ? ringshift::enter<u16> : ringshift::enter<u32>; }
Handler leave(const Insn& insn) { return insn.operand_size == 2 ? ringshift::leave<u16> : ringshift::leave<u32>; }
} // namespace select

} // namespace ringshift
