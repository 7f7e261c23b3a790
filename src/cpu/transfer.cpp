// Far transfers of control (SDM vol. 3A, 5.8; vol. 2: CALL, IRET, JMP, RET).
//
// In protected mode a far pointer names a code segment, or a call gate, task gate or TSS, whose offset is then ignored.
// A call gate to a more privileged level takes the new stack from the current TSS and copies parameters; RET and IRET
// to a less privileged level take the stack from the one they leave, and drop data segments that the new level may not
// use. Each function probes and checks everything first, pushes through a StackWriter, and changes state last.

#include "cpu/descriptor.h"
#include "cpu/memory.h"

namespace ringshift {
namespace {

u32 truncated(u32 value, u8 size) { return size == 2 ? value & 0xFFFF : value; }

/// A stack slot of `size` bytes, `displacement` bytes above the stack pointer.
Maybe<u32> peek_slot(Cpu& cpu, u8 size, u32 displacement) {
    if (size == 4) return cpu.peek<u32>(displacement);
    return static_cast<u32>(GUEST_TRY(cpu.peek<u16>(displacement)));
}

Maybe<void> check_ip(Cpu& cpu, const Descriptor& code, u32 ip) {
    if (ip > code.limit()) return cpu.raise_gp(0);
    return {};
}

/// CS:IP in real or virtual-8086 mode.
void set_code_segment_real(Cpu& cpu, u16 selector, u32 ip) {
    cpu.load_segment_real(SegmentName::cs, selector);
    cpu.state.rip = ip;
}

Maybe<void> push_return(StackWriter& stack, u8 size, u16 selector, u32 ip) {
    GUEST_TRY(stack.reserve(size, 2));
    GUEST_TRY(stack.push(size, selector));
    GUEST_TRY(stack.push(size, ip));
    return {};
}

/// The code segment behind a call gate, after the checks on the gate (SDM vol. 3A, 5.8.4).
struct GateTarget {
    Descriptor gate;
    Descriptor code;
    bool inner = false; ///< CALL to a more privileged level
};

Maybe<void> check_gate(Cpu& cpu, u16 selector, const Descriptor& gate) {
    if (gate.dpl() < cpu.state.cpl || gate.dpl() < requested_privilege(selector))
        return cpu.raise_gp(selector_error(selector));
    if (!gate.present()) return cpu.raise(Vector::segment_not_present, selector_error(selector));
    return {};
}

Maybe<GateTarget> fetch_gate_target(Cpu& cpu, u16 selector, const Descriptor& gate, TransferKind kind) {
    GUEST_TRY(check_gate(cpu, selector, gate));
    const u16 code_selector = gate.gate_selector();
    const u32 error_code = selector_error(code_selector);
    if (is_null(code_selector)) return cpu.raise_gp(0);
    GateTarget target;
    target.gate = gate;
    target.code = GUEST_TRY(fetch_descriptor(cpu, code_selector, Vector::general_protection));
    const u8 cpl = cpu.state.cpl;
    if (!target.code.is_code() || target.code.dpl() > cpl) return cpu.raise_gp(error_code);
    const bool conforming = target.code.is_conforming();
    if (kind == TransferKind::jump && !conforming && target.code.dpl() != cpl) return cpu.raise_gp(error_code);
    if (!target.code.present()) return cpu.raise(Vector::segment_not_present, error_code);
    target.inner = kind == TransferKind::call && !conforming && target.code.dpl() < cpl;
    return target;
}

/// JMP or CALL to a TSS or through a task gate.
Maybe<void> transfer_to_task(Cpu& cpu, u16 selector, const Descriptor& descriptor, TransferKind kind, u32 return_ip) {
    TaskSwitch request{.selector = selector,
                       .descriptor = descriptor,
                       .kind = kind,
                       .return_ip = return_ip,
                       .saved_flags = cpu.state.eflags() & ~flag::rf,
                       .error_code = std::nullopt};
    GUEST_TRY(check_gate(cpu, selector, descriptor));        // the same checks for a TSS as for a gate
    if (descriptor.is_available_tss() && is_local(selector)) // SDM vol. 3A, 7.2.2
        return cpu.raise_gp(selector_error(selector));
    if (descriptor.is_system(system_type::task_gate)) {
        request.selector = descriptor.gate_selector();
        request.descriptor = GUEST_TRY(fetch_gate_tss(cpu, request.selector));
    }
    return switch_task(cpu, request);
}

bool is_task(const Descriptor& descriptor) {
    return descriptor.is_available_tss() || descriptor.is_system(system_type::task_gate);
}

bool is_call_gate(const Descriptor& descriptor) {
    return descriptor.is_system(system_type::call_gate16) || descriptor.is_system(system_type::call_gate32);
}

/// CALL through a gate to a more privileged level (SDM vol. 3A, 5.8.5): new stack, parameters copied.
Maybe<void> call_inner(Cpu& cpu, GateTarget target, u32 return_ip) {
    CpuState& state = cpu.state;
    const u8 cpl = target.code.dpl();
    const u8 size = target.gate.gate_size();
    const unsigned count = target.gate.gate_parameters();

    const InnerStack inner = GUEST_TRY(read_inner_stack(cpu, cpl));
    const Segment stack_segment = GUEST_TRY(fetch_stack_segment(cpu, inner.selector, cpl, Vector::invalid_tss));
    std::array<u32, 32> parameters{};
    for (unsigned i = 0; i < count; ++i) parameters[i] = GUEST_TRY(peek_slot(cpu, size, i * size));

    const u32 pointer = stack_segment.is_32bit() ? inner.pointer : inner.pointer & 0xFFFF;
    StackWriter stack(cpu, stack_segment, pointer, cpl, selector_error(inner.selector));
    GUEST_TRY(stack.reserve(size, count + 4));
    const u32 ip = target.gate.gate_offset();
    GUEST_TRY(check_ip(cpu, target.code, ip));
    GUEST_TRY(mark_accessed(cpu, target.code));
    GUEST_TRY(stack.push(size, state.segment(SegmentName::ss).selector));
    GUEST_TRY(stack.push(size, state.reg<u32>(Gpr::sp)));
    for (unsigned i = count; i-- > 0;) GUEST_TRY(stack.push(size, parameters[i]));
    GUEST_TRY(push_return(stack, size, state.segment(SegmentName::cs).selector, return_ip));

    state.segment(SegmentName::ss) = stack_segment;
    stack.commit_pointer();
    set_code_segment(cpu, target.gate.gate_selector(), target.code, cpl, ip);
    return {};
}

/// After a return to a less privileged level: segments that it may not use become null (SDM vol. 3A, 5.8.6).
void drop_privileged_segments(Cpu& cpu) {
    for (const SegmentName name : {SegmentName::es, SegmentName::fs, SegmentName::gs, SegmentName::ds}) {
        Segment& segment = cpu.state.segment(name);
        const bool conforming = segment.is_code() && (segment.attributes & segment_attribute::conforming) != 0;
        if (!conforming && segment.dpl() < cpu.state.cpl) segment = make_null_segment(segment, 0);
    }
}

/// What RET and IRET to a less privileged level take from above the return address.
struct OuterStack {
    Segment segment;
    u32 pointer = 0;
};

Maybe<OuterStack> fetch_outer_stack(Cpu& cpu, u8 size, u32 displacement, u8 cpl) {
    OuterStack outer;
    outer.pointer = GUEST_TRY(peek_slot(cpu, size, displacement));
    const u16 selector = static_cast<u16>(GUEST_TRY(peek_slot(cpu, size, displacement + size)));
    outer.segment = GUEST_TRY(fetch_stack_segment(cpu, selector, cpl, Vector::general_protection));
    return outer;
}

void commit_outer(Cpu& cpu, const OuterStack& outer, u32 release_bytes) {
    cpu.state.segment(SegmentName::ss) = outer.segment;
    cpu.set_stack_pointer(outer.pointer + release_bytes);
    drop_privileged_segments(cpu);
}

Maybe<void> return_real(Cpu& cpu, u8 size, u32 release_bytes) {
    const u32 ip = GUEST_TRY(peek_slot(cpu, size, 0));
    const u16 selector = static_cast<u16>(GUEST_TRY(peek_slot(cpu, size, size)));
    if (ip > cpu.state.segment(SegmentName::cs).limit) return cpu.raise_gp(0);
    cpu.set_stack_pointer(cpu.stack_pointer() + 2u * size + release_bytes);
    set_code_segment_real(cpu, selector, ip);
    return {};
}

/// What IRET may change of EFLAGS in protected mode (SDM vol. 2A, IRET, RETURN-TO-SAME-PRIVILEGE-LEVEL).
u32 returnable_flags(const CpuState& state, u8 size) {
    u32 mask = flag::arithmetic | flag::tf | flag::df | flag::nt;
    if (size == 4) mask |= flag::rf | flag::ac | flag::id;
    if (state.cpl <= state.iopl()) mask |= flag::if_;
    if (state.cpl == 0) {
        mask |= flag::iopl;
        if (size == 4) mask |= flag::vif | flag::vip;
    }
    return mask;
}

/// Real mode, and virtual-8086 mode with IOPL 3.
Maybe<void> iret_real(Cpu& cpu, u8 size) {
    const u32 flags = GUEST_TRY(peek_slot(cpu, size, 2u * size));
    u32 mask = flag::arithmetic | flag::tf | flag::if_ | flag::df | flag::nt;
    if (!cpu.state.v86_mode()) mask |= flag::iopl;
    if (size == 4) mask |= flag::rf | flag::ac | flag::id;
    GUEST_TRY(return_real(cpu, size, size));
    cpu.load_flags(flags, mask);
    return {};
}

/// Virtual-8086 mode with IOPL below 3 and CR4.VME: IF stands for VIF (SDM vol. 3A, 20.3.2).
Maybe<void> iret_virtual_interrupt(Cpu& cpu) {
    const u32 flags = GUEST_TRY(peek_slot(cpu, 2, 4));
    const bool wants_interrupts = (flags & flag::if_) != 0;
    if ((flags & flag::tf) || (wants_interrupts && (cpu.state.system_flags & flag::vip))) return cpu.raise_gp(0);
    GUEST_TRY(return_real(cpu, 2, 2));
    cpu.load_flags((flags & ~flag::vif) | (wants_interrupts ? flag::vif : 0),
                   flag::arithmetic | flag::df | flag::nt | flag::tf | flag::vif);
    return {};
}

/// IRETD at CPL 0 with VM in the flags image (SDM vol. 3A, 20.2.1): SS:ESP and four data segments follow.
Maybe<void> iret_to_v86(Cpu& cpu, u32 ip, u16 code_selector, u32 flags) {
    CpuState& state = cpu.state;
    if (ip > 0xFFFF) return cpu.raise_gp(0);
    const u32 pointer = GUEST_TRY(cpu.peek<u32>(12));
    const auto slot = [&](u32 n) { return cpu.peek<u32>(n * 4); };
    std::array<u16, 6> selectors{};
    static constexpr std::array<SegmentName, 5> order{SegmentName::ss, SegmentName::es, SegmentName::ds,
                                                      SegmentName::fs, SegmentName::gs};
    for (u32 i = 0; i < order.size(); ++i)
        selectors[static_cast<std::size_t>(order[i])] = static_cast<u16>(GUEST_TRY(slot(4 + i)));
    selectors[static_cast<std::size_t>(SegmentName::cs)] = code_selector;

    state.set_eflags(flags);
    for (std::size_t i = 0; i < selectors.size(); ++i) state.segments[i] = make_v86_segment(selectors[i]);
    state.set_reg<u32>(Gpr::sp, pointer);
    state.cpl = 3;
    state.rip = ip;
    cpu.update_alignment_check();
    return {};
}

Maybe<void> iret_protected(Cpu& cpu, u8 size) {
    CpuState& state = cpu.state;
    const u32 ip = GUEST_TRY(peek_slot(cpu, size, 0));
    const u16 selector = static_cast<u16>(GUEST_TRY(peek_slot(cpu, size, size)));
    const u32 flags = GUEST_TRY(peek_slot(cpu, size, 2u * size));
    if (size == 4 && (flags & flag::vm) && state.cpl == 0) return iret_to_v86(cpu, ip, selector, flags);

    Descriptor code = GUEST_TRY(fetch_code_target(cpu, selector, CodeTarget::return_));
    const u8 cpl = requested_privilege(selector);
    const u32 mask = returnable_flags(state, size); // by the privilege before the return
    std::optional<OuterStack> outer;
    if (cpl != state.cpl) outer = GUEST_TRY(fetch_outer_stack(cpu, size, 3u * size, cpl));
    GUEST_TRY(check_ip(cpu, code, ip));
    GUEST_TRY(mark_accessed(cpu, code));
    if (!outer) cpu.set_stack_pointer(cpu.stack_pointer() + 3u * size);
    set_code_segment(cpu, selector, code, cpl, ip);
    if (outer) commit_outer(cpu, *outer, 0);
    cpu.load_flags(flags, mask);
    return {};
}

/// IRET with NT set: back to the task whose TSS the back link names (SDM vol. 3A, 7.4).
Maybe<void> iret_nested_task(Cpu& cpu, u32 return_ip) {
    CpuState& state = cpu.state;
    const u16 link = GUEST_TRY(cpu.read_system<u16>(LinearAddr(state.tr.base)));
    const u32 error_code = selector_error(link);
    if (is_null(link) || is_local(link)) return cpu.raise(Vector::invalid_tss, error_code);
    const Descriptor descriptor = GUEST_TRY(fetch_descriptor(cpu, link, Vector::invalid_tss));
    if (!descriptor.is_busy_tss()) return cpu.raise(Vector::invalid_tss, error_code);
    if (!descriptor.present()) return cpu.raise(Vector::segment_not_present, error_code);
    return switch_task(cpu, {.selector = link,
                             .descriptor = descriptor,
                             .kind = TransferKind::iret,
                             .return_ip = return_ip,
                             .saved_flags = state.eflags() & ~(flag::nt | flag::rf),
                             .error_code = std::nullopt});
}

} // namespace

Maybe<void> Cpu::far_jump(u16 selector, u32 offset, u8 operand_size, u32 return_ip) {
    offset = truncated(offset, operand_size);
    if (state.real_or_v86()) {
        if (offset > state.segment(SegmentName::cs).limit) return raise_gp(0);
        set_code_segment_real(*this, selector, offset);
        return {};
    }
    Descriptor target = GUEST_TRY(fetch_code_target(*this, selector, CodeTarget::transfer));
    if (is_task(target)) return transfer_to_task(*this, selector, target, TransferKind::jump, return_ip);
    u16 code_selector = selector;
    if (target.is_system()) {
        if (!is_call_gate(target)) return raise_gp(selector_error(selector));
        const GateTarget gate = GUEST_TRY(fetch_gate_target(*this, selector, target, TransferKind::jump));
        code_selector = gate.gate.gate_selector();
        offset = gate.gate.gate_offset();
        target = gate.code;
    }
    GUEST_TRY(check_ip(*this, target, offset));
    GUEST_TRY(mark_accessed(*this, target));
    set_code_segment(*this, code_selector, target, state.cpl, offset);
    return {};
}

Maybe<void> Cpu::far_call(u16 selector, u32 offset, u8 operand_size, u32 return_ip) {
    offset = truncated(offset, operand_size);
    const u16 return_selector = state.segment(SegmentName::cs).selector;
    StackWriter stack(*this);
    if (state.real_or_v86()) {
        GUEST_TRY(stack.reserve(operand_size, 2));
        if (offset > state.segment(SegmentName::cs).limit) return raise_gp(0);
        GUEST_TRY(push_return(stack, operand_size, return_selector, return_ip));
        stack.commit_pointer();
        set_code_segment_real(*this, selector, offset);
        return {};
    }
    Descriptor target = GUEST_TRY(fetch_code_target(*this, selector, CodeTarget::transfer));
    if (is_task(target)) return transfer_to_task(*this, selector, target, TransferKind::call, return_ip);
    u16 code_selector = selector;
    if (target.is_system()) {
        if (!is_call_gate(target)) return raise_gp(selector_error(selector));
        const GateTarget gate = GUEST_TRY(fetch_gate_target(*this, selector, target, TransferKind::call));
        if (gate.inner) return call_inner(*this, gate, return_ip);
        code_selector = gate.gate.gate_selector();
        offset = gate.gate.gate_offset();
        operand_size = gate.gate.gate_size();
        target = gate.code;
    }
    GUEST_TRY(stack.reserve(operand_size, 2));
    GUEST_TRY(check_ip(*this, target, offset));
    GUEST_TRY(mark_accessed(*this, target));
    GUEST_TRY(push_return(stack, operand_size, return_selector, return_ip));
    stack.commit_pointer();
    set_code_segment(*this, code_selector, target, state.cpl, offset);
    return {};
}

Maybe<void> Cpu::far_return(u8 operand_size, u32 release_bytes) {
    if (state.real_or_v86()) return return_real(*this, operand_size, release_bytes);
    const u32 ip = GUEST_TRY(peek_slot(*this, operand_size, 0));
    const u16 selector = static_cast<u16>(GUEST_TRY(peek_slot(*this, operand_size, operand_size)));
    Descriptor code = GUEST_TRY(fetch_code_target(*this, selector, CodeTarget::return_));
    const u8 cpl = requested_privilege(selector);
    std::optional<OuterStack> outer;
    if (cpl != state.cpl)
        outer = GUEST_TRY(fetch_outer_stack(*this, operand_size, 2u * operand_size + release_bytes, cpl));
    GUEST_TRY(check_ip(*this, code, ip));
    GUEST_TRY(mark_accessed(*this, code));
    if (!outer) set_stack_pointer(stack_pointer() + 2u * operand_size + release_bytes);
    set_code_segment(*this, selector, code, cpl, ip);
    if (outer) commit_outer(*this, *outer, release_bytes);
    return {};
}

Maybe<void> Cpu::interrupt_return(u8 operand_size, u32 return_ip) {
    state.nmi_blocked = false; // even if IRET itself faults (SDM vol. 3C, 25.3)
    if (!state.protected_mode()) return iret_real(*this, operand_size);
    if (state.v86_mode()) {
        if (state.iopl() == 3) return iret_real(*this, operand_size);
        if ((state.cr4 & cr4::vme) && operand_size == 2) return iret_virtual_interrupt(*this);
        return raise_gp(0);
    }
    if (state.system_flags & flag::nt) return iret_nested_task(*this, return_ip);
    return iret_protected(*this, operand_size);
}

} // namespace ringshift
