// Delivery of interrupts and exceptions (SDM vol. 3A, chapter 6; vol. 2A, INT n).
//
// An event goes through the IVT in real mode and through a gate of the IDT otherwise: to the same privilege level, to
// an inner one with the stack from the TSS, out of virtual-8086 mode, or to a task. What goes wrong on the way is an
// exception again; deliver() combines it with the first by table 6-5: the second is delivered instead, both become a
// double fault, or the processor shuts down. Error codes that arise while an event from outside the program is being
// delivered have EXT set (6.13). RIP is that of the instruction to restart, whatever happens.

#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/memory.h"

namespace ringshift {
namespace {

struct Event {
    EventSource source = EventSource::exception;
    u8 vector = 0;
    std::optional<u32> error_code;
    u32 return_ip = 0;
    bool sets_rf = false; ///< the pushed EFLAGS image has RF set (SDM vol. 3B, 17.3.1.1)
};

bool is_external(EventSource source) { // SDM vol. 3A, 6.13; vol. 2A, INT n
    return source != EventSource::software_interrupt && source != EventSource::software_exception;
}

bool takes_error_code(Vector vector) {
    switch (vector) {
    case Vector::invalid_tss:
    case Vector::segment_not_present:
    case Vector::stack_fault:
    case Vector::general_protection: return true;
    default: return false;
    }
}

/// Classes of table 6-5.
enum class Severity : u8 { benign, contributory, page_fault, double_fault };

Severity severity(EventSource source, u8 vector) {
    if (source != EventSource::exception) return Severity::benign;
    switch (static_cast<Vector>(vector)) {
    case Vector::divide_error:
    case Vector::invalid_tss:
    case Vector::segment_not_present:
    case Vector::stack_fault:
    case Vector::general_protection: return Severity::contributory;
    case Vector::page_fault: return Severity::page_fault;
    case Vector::double_fault: return Severity::double_fault;
    default: return Severity::benign;
    }
}

bool makes_double_fault(Severity first, Severity second) {
    if (first == Severity::contributory) return second == Severity::contributory;
    return first == Severity::page_fault && (second == Severity::contributory || second == Severity::page_fault);
}

/// Faults restart their instruction with RF set, so that an instruction breakpoint on it is not taken again; traps and
/// aborts do not, and neither does the #DB of an instruction breakpoint.
bool is_fault(const Exception& exception) {
    switch (exception.vector) {
    case Vector::debug: return (exception.dr6 & dr6::bd) != 0;
    case Vector::nmi:
    case Vector::breakpoint:
    case Vector::overflow:
    case Vector::double_fault:
    case Vector::machine_check: return false;
    default: return true;
    }
}

/// One attempt to deliver one event.
class Delivery {
  public:
    Delivery(Cpu& cpu, const Event& event) : m_cpu(cpu), m_state(cpu.state), m_event(event) {}

    Maybe<void> run() {
        const Maybe<void> result = m_state.protected_mode() ? through_idt() : through_ivt();
        if (!result.ok && is_external(m_event.source) && takes_error_code(m_cpu.exception.vector))
            m_cpu.exception.error_code |= 1; // EXT
        return result;
    }

    /// Through the 8086 vector table at linear address zero, staying in virtual-8086 mode (SDM vol. 3A, 20.3.3.4 and
    /// 20.3.3.5).
    Maybe<void> through_v86_table() {
        const u32 vector = GUEST_TRY(m_cpu.read_system<u32>(LinearAddr(u64{m_event.vector} * 4)));
        const bool virtual_flags = m_state.iopl() < 3;
        u32 flags = m_state.eflags();
        if (virtual_flags) {
            flags = (flags | flag::iopl) & ~flag::if_;
            if (flags & flag::vif) flags |= flag::if_;
        }
        GUEST_TRY(enter_real(vector, flags));
        m_state.system_flags &= ~(flag::tf | flag::rf | (virtual_flags ? flag::vif : flag::if_));
        return {};
    }

  private:
    u32 pushed_flags() const {
        const u32 flags = m_state.eflags();
        if (m_event.sets_rf) return flags | flag::rf;
        return is_external(m_event.source) ? flags : flags & ~flag::rf;
    }

    Raised gate_error(Vector vector) { return m_cpu.raise(vector, m_event.vector * 8u + 2); } // IDT bit

    Maybe<void> enter_real(u32 vector, u32 flags) {
        StackWriter stack(m_cpu);
        GUEST_TRY(stack.reserve(2, 3));
        const u32 ip = vector & 0xFFFF;
        if (ip > m_state.segment(SegmentName::cs).limit) return m_cpu.raise_gp(0);
        GUEST_TRY(stack.push(2, flags));
        GUEST_TRY(stack.push(2, m_state.segment(SegmentName::cs).selector));
        GUEST_TRY(stack.push(2, m_event.return_ip));
        stack.commit_pointer();
        m_cpu.load_segment_real(SegmentName::cs, static_cast<u16>(vector >> 16));
        m_state.rip = ip;
        return {};
    }

    Maybe<void> through_ivt() {
        if (m_event.vector * 4u + 3 > m_state.idtr.limit) return gate_error(Vector::general_protection);
        const LinearAddr address((m_state.idtr.base + m_event.vector * 4u) & 0xFFFFFFFF);
        const u32 vector = GUEST_TRY(m_cpu.read_system<u32>(address));
        GUEST_TRY(enter_real(vector, pushed_flags()));
        m_cpu.load_flags(0, flag::if_ | flag::tf | flag::ac | flag::rf);
        return {};
    }

    Maybe<void> through_idt() {
        if (m_event.vector * 8u + 7 > m_state.idtr.limit) return gate_error(Vector::general_protection);
        Descriptor gate;
        gate.address = LinearAddr((m_state.idtr.base + m_event.vector * 8u) & 0xFFFFFFFF);
        gate.raw = GUEST_TRY(m_cpu.read_system<u64>(gate.address));
        if (!is_event_gate(gate)) return gate_error(Vector::general_protection);
        if (!is_external(m_event.source) && gate.dpl() < m_state.cpl) return gate_error(Vector::general_protection);
        if (!gate.present()) return gate_error(Vector::segment_not_present);
        return gate.type() == system_type::task_gate ? to_task(gate) : to_handler(gate);
    }

    static bool is_event_gate(const Descriptor& gate) {
        if (!gate.is_system()) return false;
        switch (gate.type()) {
        case system_type::task_gate:
        case system_type::interrupt_gate16:
        case system_type::trap_gate16:
        case system_type::interrupt_gate32:
        case system_type::trap_gate32: return true;
        default: return false;
        }
    }

    Maybe<void> to_task(const Descriptor& gate) {
        const u16 selector = gate.gate_selector();
        const Descriptor tss = GUEST_TRY(fetch_gate_tss(m_cpu, selector));
        return switch_task(m_cpu, {.selector = selector,
                                   .descriptor = tss,
                                   .kind = TransferKind::interrupt,
                                   .return_ip = m_event.return_ip,
                                   .saved_flags = pushed_flags(),
                                   .error_code = m_event.error_code});
    }

    Maybe<void> to_handler(const Descriptor& gate) {
        const u16 selector = gate.gate_selector();
        const u32 error_code = selector_error(selector);
        if (is_null(selector)) return m_cpu.raise_gp(0);
        Descriptor code = GUEST_TRY(fetch_descriptor(m_cpu, selector, Vector::general_protection));
        if (!code.is_code() || code.dpl() > m_state.cpl) return m_cpu.raise_gp(error_code);
        const bool inner = !code.is_conforming() && code.dpl() < m_state.cpl;
        if (m_state.v86_mode() && (!inner || code.dpl() != 0)) return m_cpu.raise_gp(error_code);
        if (!code.present()) return m_cpu.raise(Vector::segment_not_present, error_code);
        return inner ? to_inner(gate, code) : to_same(gate, code);
    }

    Maybe<void> push_frame(StackWriter& stack, u8 size) {
        GUEST_TRY(stack.push(size, pushed_flags()));
        GUEST_TRY(stack.push(size, m_state.segment(SegmentName::cs).selector));
        GUEST_TRY(stack.push(size, m_event.return_ip));
        if (m_event.error_code) GUEST_TRY(stack.push(size, *m_event.error_code));
        return {};
    }

    unsigned frame_slots() const { return m_event.error_code ? 4 : 3; }

    void enter(const Descriptor& gate, const Descriptor& code, u8 cpl) {
        set_code_segment(m_cpu, gate.gate_selector(), code, cpl, gate.gate_offset());
        u32 cleared = flag::tf | flag::nt | flag::vm | flag::rf;
        if ((gate.type() & 1) == 0) cleared |= flag::if_; // an interrupt gate
        m_state.system_flags &= ~cleared;
    }

    Maybe<void> to_same(const Descriptor& gate, Descriptor& code) {
        const u8 size = gate.gate_size();
        StackWriter stack(m_cpu);
        GUEST_TRY(stack.reserve(size, frame_slots()));
        if (gate.gate_offset() > code.limit()) return m_cpu.raise_gp(0);
        GUEST_TRY(mark_accessed(m_cpu, code));
        GUEST_TRY(push_frame(stack, size));
        stack.commit_pointer();
        enter(gate, code, m_state.cpl);
        return {};
    }

    Maybe<void> to_inner(const Descriptor& gate, Descriptor& code) {
        const u8 size = gate.gate_size();
        const u8 cpl = code.dpl();
        const bool from_v86 = m_state.v86_mode();
        const InnerStack inner = GUEST_TRY(read_inner_stack(m_cpu, cpl));
        const Segment segment = GUEST_TRY(fetch_stack_segment(m_cpu, inner.selector, cpl, Vector::invalid_tss));
        const u32 pointer = segment.is_32bit() ? inner.pointer : inner.pointer & 0xFFFF;
        StackWriter stack(m_cpu, segment, pointer, cpl, selector_error(inner.selector));
        GUEST_TRY(stack.reserve(size, frame_slots() + 2 + (from_v86 ? 4 : 0)));
        if (gate.gate_offset() > code.limit()) return m_cpu.raise_gp(0);
        GUEST_TRY(mark_accessed(m_cpu, code));

        static constexpr std::array<SegmentName, 4> v86_order{SegmentName::gs, SegmentName::fs, SegmentName::ds,
                                                              SegmentName::es};
        if (from_v86)
            for (const SegmentName name : v86_order) GUEST_TRY(stack.push(size, m_state.segment(name).selector));
        GUEST_TRY(stack.push(size, m_state.segment(SegmentName::ss).selector));
        GUEST_TRY(stack.push(size, m_state.reg<u32>(Gpr::sp)));
        GUEST_TRY(push_frame(stack, size));

        if (from_v86)
            for (const SegmentName name : v86_order)
                m_state.segment(name) = make_null_segment(m_state.segment(name), 0);
        m_state.segment(SegmentName::ss) = segment;
        stack.commit_pointer();
        enter(gate, code, cpl);
        return {};
    }

    Cpu& m_cpu;
    CpuState& m_state;
    const Event& m_event;
};

/// What an exception leaves behind besides its handler's frame: CR2, DR6.
void note_exception(CpuState& state, const Exception& exception) {
    if (exception.vector == Vector::page_fault) state.cr2 = exception.cr2;
    if (exception.vector == Vector::debug) { // SDM vol. 3B, 17.2.3 and 17.2.4
        state.dr[6] |= exception.dr6;
        state.dr[7] &= ~u64{dr7::gd};
    }
}

Event event_of(const CpuState& state, const Exception& exception) {
    Event event{.source = EventSource::exception,
                .vector = static_cast<u8>(exception.vector),
                .error_code = std::nullopt,
                .return_ip = static_cast<u32>(state.rip),
                .sets_rf = is_fault(exception)};
    if (exception.has_error_code) event.error_code = exception.error_code;
    return event;
}

void deliver_event(Cpu& cpu, Event event) {
    CpuState& state = cpu.state;
    state.activity = Activity::running;
    state.shadow = Shadow::none;
    while (!Delivery(cpu, event).run().ok) {
        const Exception second = cpu.exception;
        note_exception(state, second);
        const Severity first = severity(event.source, event.vector);
        const Severity next = severity(EventSource::exception, static_cast<u8>(second.vector));
        if (first == Severity::double_fault && next != Severity::benign) {
            state.activity = Activity::shutdown;
            return;
        }
        if (makes_double_fault(first, next)) {
            event = event_of(state, {.vector = Vector::double_fault, .has_error_code = true});
        } else {
            event = event_of(state, second);
        }
    }
}

/// The bit of the interrupt redirection bitmap below the I/O permission bitmap (SDM vol. 3A, 20.3.3): whether INT
/// `vector` goes to the IDT.
Maybe<bool> redirected_to_idt(Cpu& cpu, u8 vector) {
    const Segment& tr = cpu.state.tr;
    const auto at = [&](u32 offset) { return LinearAddr((tr.base + offset) & 0xFFFFFFFF); };
    if ((tr.attributes & 8) == 0 || tr.limit < 103) return cpu.raise_gp(0);
    const u32 bitmap_end = GUEST_TRY(cpu.read_system<u16>(at(102)));
    const u32 offset = bitmap_end - 32 + vector / 8;
    if (bitmap_end < 32 || offset > tr.limit) return cpu.raise_gp(0);
    const u8 byte = GUEST_TRY(cpu.read_system<u8>(at(offset)));
    return ((byte >> (vector % 8)) & 1) != 0;
}

} // namespace

void Cpu::deliver(EventSource source, u8 vector, bool has_error_code, u32 error_code, u32 return_ip) {
    Event event{.source = source,
                .vector = vector,
                .error_code = std::nullopt,
                .return_ip = return_ip,
                .sets_rf = source == EventSource::exception && is_fault({.vector = static_cast<Vector>(vector)})};
    if (has_error_code) event.error_code = error_code;
    deliver_event(*this, event);
    if (source == EventSource::nmi) state.nmi_blocked = true;
}

void Cpu::deliver_exception() {
    note_exception(state, exception);
    deliver_event(*this, event_of(state, exception));
}

Step Cpu::software_interrupt(EventSource source, u8 vector, u32 return_ip) {
    const Event event{
        .source = source, .vector = vector, .error_code = std::nullopt, .return_ip = return_ip, .sets_rf = false};
    Delivery delivery(*this, event);
    if (state.v86_mode() && source == EventSource::software_interrupt) { // SDM vol. 3A, table 20-2
        const bool through_idt = (state.cr4 & cr4::vme) == 0 || GUEST_TRY(redirected_to_idt(*this, vector));
        if (!through_idt) {
            GUEST_TRY(delivery.through_v86_table());
            return Flow::branch;
        }
        if (state.iopl() < 3) return raise_gp(0);
    }
    GUEST_TRY(delivery.run());
    return Flow::branch;
}

} // namespace ringshift
