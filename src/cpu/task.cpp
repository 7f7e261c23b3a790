// Task switching (SDM vol. 3A, 7.3).
//
// Up to the commit point every fault belongs to the old task: the new TSS is read whole, and every store (old TSS, busy
// bits, back link) is probed first. Then the old task is saved, TR and CR0.TS change, and the registers of the new
// task are loaded. From there on its segment selectors are in force but their descriptors are not: each is fetched and
// checked in the manual's order (table 7-1), and a fault is the new task's, raised at its first instruction.

#include "cpu/debug.h"
#include "cpu/descriptor.h"
#include "cpu/memory.h"

namespace ringshift {
namespace {

constexpr std::size_t segment_count = 6;

/// Where a TSS keeps what (SDM vol. 3A, figures 7-2 and 7-10).
struct TssLayout {
    u8 size;           ///< bytes of a general register, EIP and EFLAGS
    u8 segment_stride; ///< from one selector to the next
    u8 ip;             ///< EIP, EFLAGS and eight registers follow each other
    u8 segments;       ///< ES CS SS DS and, in 32 bits, FS GS
    u8 segment_number;
    u8 ldt;
    u8 minimum_limit;
    u8 saved_end; ///< what a switch stores lies in [ip, saved_end)
};
constexpr TssLayout layout16{.size = 2,
                             .segment_stride = 2,
                             .ip = 14,
                             .segments = 34,
                             .segment_number = 4,
                             .ldt = 42,
                             .minimum_limit = 43,
                             .saved_end = 42};
constexpr TssLayout layout32{.size = 4,
                             .segment_stride = 4,
                             .ip = 32,
                             .segments = 72,
                             .segment_number = 6,
                             .ldt = 96,
                             .minimum_limit = 103,
                             .saved_end = 96};
constexpr u32 tss32_cr3 = 28, tss32_debug_trap = 100;

const TssLayout& layout_of(bool wide) { return wide ? layout32 : layout16; }

/// The dynamic fields of a TSS.
struct TaskState {
    u32 cr3 = 0;
    u32 ip = 0;
    u32 flags = 0;
    std::array<u32, 8> registers{};
    std::array<u16, segment_count> selectors{};
    u16 ldt = 0;
    bool debug_trap = false;
};

class TaskSwitcher {
  public:
    TaskSwitcher(Cpu& cpu, const TaskSwitch& request)
        : m_cpu(cpu), m_state(cpu.state), m_request(request), m_wide(request.descriptor.gate_size() == 4),
          m_old_wide((cpu.state.tr.attributes & 8) != 0) {}

    Maybe<void> run() {
        const u32 error_code = selector_error(m_request.selector);
        if (m_request.descriptor.limit() < layout_of(m_wide).minimum_limit)
            return m_cpu.raise(Vector::invalid_tss, error_code);
        if (m_state.tr.limit < layout_of(m_old_wide).saved_end - 1u) // nowhere to save the old task
            return m_cpu.raise(Vector::invalid_tss, selector_error(m_state.tr.selector));
        const TaskState next = GUEST_TRY(read_new());
        GUEST_TRY(probe_stores());
        GUEST_TRY(save_old());
        GUEST_TRY(enter(next));
        GUEST_TRY(load_descriptors(next));
        return finish(next);
    }

  private:
    bool nests() const { return m_request.kind == TransferKind::call || m_request.kind == TransferKind::interrupt; }
    bool leaves_old() const { return m_request.kind == TransferKind::jump || m_request.kind == TransferKind::iret; }
    LinearAddr old_tss(u32 offset) const { return LinearAddr((m_state.tr.base + offset) & 0xFFFFFFFF); }
    LinearAddr new_tss(u32 offset) const { return LinearAddr((m_request.descriptor.base() + offset) & 0xFFFFFFFF); }
    LinearAddr rights(LinearAddr descriptor) const { return LinearAddr((descriptor.value + 5) & 0xFFFFFFFF); }

    Maybe<TaskState> read_new() {
        std::array<u8, 104> bytes{};
        const TssLayout& layout = layout_of(m_wide);
        const MemoryOutcome outcome = m_cpu.mmu.read(new_tss(0), std::span(bytes).first(layout.minimum_limit + 1u),
                                                     Privilege::ImplicitSupervisor);
        if (!outcome.ok) return m_cpu.raise_page_fault(outcome);
        const auto field = [&](std::size_t offset, std::size_t size) {
            u32 value = 0;
            std::memcpy(&value, &bytes[offset], size);
            return value;
        };
        TaskState task;
        task.ip = field(layout.ip, layout.size);
        task.flags = field(layout.ip + layout.size, layout.size);
        for (std::size_t i = 0; i < 8; ++i) {
            task.registers[i] = field(layout.ip + (2 + i) * layout.size, layout.size);
            if (!m_wide) task.registers[i] |= 0xFFFF0000; // what processors leave there
        }
        for (std::size_t i = 0; i < layout.segment_number; ++i)
            task.selectors[i] = static_cast<u16>(field(layout.segments + i * layout.segment_stride, 2));
        task.ldt = static_cast<u16>(field(layout.ldt, 2));
        if (m_wide) {
            task.cr3 = field(tss32_cr3, 4);
            task.debug_trap = (field(tss32_debug_trap, 2) & 1) != 0;
        }
        return task;
    }

    Maybe<void> probe_stores() {
        const Access write{AccessKind::Write, Privilege::ImplicitSupervisor};
        const TssLayout& old = layout_of(m_old_wide);
        GUEST_TRY(m_cpu.check_access(old_tss(old.ip), old.saved_end - old.ip, write));
        if (nests()) GUEST_TRY(m_cpu.check_access(new_tss(0), 2, write));
        if (m_request.kind != TransferKind::iret)
            GUEST_TRY(m_cpu.check_access(rights(m_request.descriptor.address), 1, write));
        if (leaves_old()) {
            const std::optional<Descriptor> found = GUEST_TRY(find_descriptor(m_cpu, m_state.tr.selector));
            if (found) {
                m_old_descriptor = *found;
                GUEST_TRY(m_cpu.check_access(rights(found->address), 1, write));
            }
        }
        return {};
    }

    Maybe<void> save_old() {
        const TssLayout& layout = layout_of(m_old_wide);
        const auto store = [&](u32 offset, u32 value) {
            return m_old_wide ? m_cpu.write_system<u32>(old_tss(offset), value)
                              : m_cpu.write_system<u16>(old_tss(offset), static_cast<u16>(value));
        };
        GUEST_TRY(store(layout.ip, m_request.return_ip));
        GUEST_TRY(store(layout.ip + layout.size, m_request.saved_flags));
        for (u32 i = 0; i < 8; ++i)
            GUEST_TRY(store(layout.ip + (2 + i) * layout.size, static_cast<u32>(m_state.gpr[i])));
        for (u32 i = 0; i < layout.segment_number; ++i)
            GUEST_TRY(m_cpu.write_system<u16>(old_tss(layout.segments + i * layout.segment_stride),
                                              m_state.segments[i].selector));
        if (nests()) GUEST_TRY(m_cpu.write_system<u16>(new_tss(0), m_state.tr.selector));
        if (leaves_old() && m_old_descriptor.is_busy_tss()) GUEST_TRY(write_busy(m_cpu, m_old_descriptor, false));
        return {};
    }

    /// The commit point: TR, and all registers but the hidden parts of the segments.
    Maybe<void> enter(const TaskState& next) {
        Descriptor descriptor = m_request.descriptor;
        // IRET finds the new task busy already, unless it returns to the task that save_old() has just marked
        // available.
        if (m_request.kind != TransferKind::iret || m_request.selector == m_state.tr.selector)
            GUEST_TRY(write_busy(m_cpu, descriptor, true));
        m_state.tr = make_segment(m_request.selector, descriptor);
        m_state.cr0 |= cr0::ts;
        m_state.dr[7] &= ~u64{dr7::local_enables}; // SDM vol. 3B, 17.2.4
        for (std::size_t i = 0; i < 8; ++i) m_state.gpr[i] = next.registers[i];
        m_state.rip = next.ip;
        // A 16-bit TSS holds the lower half only; the upper half is cleared, virtual-8086 mode with it.
        m_state.set_eflags(next.flags | (nests() ? flag::nt : 0));
        for (std::size_t i = 0; i < segment_count; ++i)
            m_state.segments[i] = make_null_segment(m_state.segments[i], next.selectors[i]);
        m_state.ldtr = make_null_segment(m_state.ldtr, next.ldt);
        m_state.cpl = m_state.v86_mode() ? 3 : requested_privilege(next.selectors[1]);
        m_cpu.update_debug();
        if (m_wide && (m_state.cr0 & cr0::pg)) {
            if (m_state.cr4 & cr4::pae) {
                PagingContext context = m_cpu.mmu.context();
                context.cr3 = next.cr3;
                m_state.cr3 = next.cr3;
                if (!load_pdptes(m_cpu.mmu.memory(), context)) return m_cpu.raise_gp(0);
                m_state.pdpte = context.pdpte;
            }
            m_state.cr3 = next.cr3;
            m_cpu.update_paging(Cpu::Flush::non_global);
        } else {
            m_cpu.update_paging(Cpu::Flush::none); // CR0.TS
        }
        return {};
    }

    Segment& segment(SegmentName name) { return m_state.segment(name); }

    /// SDM vol. 3A, table 7-1, from "LDT segment selector of new task is valid" on.
    Maybe<void> load_descriptors(const TaskState& next) {
        GUEST_TRY(load_ldtr(m_cpu, next.ldt, Vector::invalid_tss, Vector::invalid_tss));
        if (m_state.v86_mode()) {
            for (std::size_t i = 0; i < segment_count; ++i) m_state.segments[i] = make_v86_segment(next.selectors[i]);
            return check_ip();
        }
        const u16 code_selector = segment(SegmentName::cs).selector;
        const u32 code_error = selector_error(code_selector);
        if (is_null(code_selector)) return m_cpu.raise(Vector::invalid_tss, code_error);
        Descriptor code = GUEST_TRY(fetch_descriptor(m_cpu, code_selector, Vector::invalid_tss));
        const bool code_valid =
            code.is_code() && (code.is_conforming() ? code.dpl() <= m_state.cpl : code.dpl() == m_state.cpl);
        if (!code_valid) return m_cpu.raise(Vector::invalid_tss, code_error);

        const u16 stack_selector = segment(SegmentName::ss).selector;
        segment(SegmentName::ss) =
            GUEST_TRY(fetch_stack_segment(m_cpu, stack_selector, m_state.cpl, Vector::invalid_tss));

        if (!code.present()) return m_cpu.raise(Vector::segment_not_present, code_error);
        GUEST_TRY(mark_accessed(m_cpu, code));
        segment(SegmentName::cs) = make_segment(code_selector, code);

        for (const SegmentName name : {SegmentName::ds, SegmentName::es, SegmentName::fs, SegmentName::gs})
            GUEST_TRY(load_data(name));
        return check_ip();
    }

    Maybe<void> load_data(SegmentName name) {
        const u16 selector = segment(name).selector;
        if (is_null(selector)) return {};
        const u32 error_code = selector_error(selector);
        Descriptor data = GUEST_TRY(fetch_descriptor(m_cpu, selector, Vector::invalid_tss));
        const bool privileged =
            data.is_conforming() || (requested_privilege(selector) <= data.dpl() && m_state.cpl <= data.dpl());
        if (!data.is_readable() || !privileged) return m_cpu.raise(Vector::invalid_tss, error_code);
        if (!data.present()) return m_cpu.raise(Vector::segment_not_present, error_code);
        GUEST_TRY(mark_accessed(m_cpu, data));
        segment(name) = make_segment(selector, data);
        return {};
    }

    Maybe<void> check_ip() {
        if (m_state.rip > segment(SegmentName::cs).limit) return m_cpu.raise_gp(0);
        return {};
    }

    Maybe<void> finish(const TaskState& next) {
        if (next.debug_trap) m_state.pending_debug |= dr6::bt; // a trap before the first instruction (7.3, 17.3.1.5)
        if (m_request.error_code) {
            StackWriter stack(m_cpu);
            GUEST_TRY(stack.push(m_wide ? 4 : 2, *m_request.error_code));
            stack.commit_pointer();
        }
        return {};
    }

    Cpu& m_cpu;
    CpuState& m_state;
    const TaskSwitch& m_request;
    const bool m_wide;
    const bool m_old_wide;
    Descriptor m_old_descriptor;
};

} // namespace

Maybe<void> switch_task(Cpu& cpu, const TaskSwitch& request) { return TaskSwitcher(cpu, request).run(); }

Maybe<Descriptor> fetch_gate_tss(Cpu& cpu, u16 selector) {
    const u32 error_code = selector_error(selector);
    if (is_null(selector) || is_local(selector)) return cpu.raise_gp(error_code);
    const Descriptor descriptor = GUEST_TRY(fetch_descriptor(cpu, selector, Vector::general_protection));
    if (!descriptor.is_available_tss()) return cpu.raise_gp(error_code);
    if (!descriptor.present()) return cpu.raise(Vector::segment_not_present, error_code);
    return descriptor;
}

} // namespace ringshift
