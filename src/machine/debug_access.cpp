#include "machine/debug_access.h"

#include <cstring>

namespace ringshift {

DebugRegisters DebugAccess::registers() {
    const CpuState& state = m_cpu.state;
    DebugRegisters r;
    for (std::size_t i = 0; i < r.general.size(); ++i) r.general[i] = static_cast<u32>(state.gpr[i]);
    r.eip = static_cast<u32>(state.rip);
    r.eflags = state.eflags();
    for (std::size_t i = 0; i < r.segments.size(); ++i) {
        r.segments[i] = state.segments[i].selector;
        r.segment_bases[i] = static_cast<u32>(state.segments[i].base);
    }
    r.cr0 = static_cast<u32>(state.cr0);
    r.cr2 = static_cast<u32>(state.cr2);
    r.cr3 = static_cast<u32>(state.cr3);
    r.cr4 = static_cast<u32>(state.cr4);
    std::memcpy(r.fxsave.data(), &state.fpu, r.fxsave.size());
    r.privilege_level = state.cpl;
    r.code_is_32bit = state.segment(SegmentName::cs).is_32bit();
    return r;
}

void DebugAccess::set_registers(const DebugRegisters& r) {
    CpuState& state = m_cpu.state;
    for (std::size_t i = 0; i < r.general.size(); ++i) state.gpr[i] = r.general[i];
    state.rip = r.eip;
    // The mode stays: VM is not a debugger's to change.
    state.set_eflags((r.eflags & ~flag::vm) | (state.eflags() & flag::vm));
    for (std::size_t i = 0; i < r.segments.size(); ++i) {
        if (r.segments[i] == state.segments[i].selector) continue;
        if (state.real_or_v86())
            m_cpu.load_segment_real(static_cast<SegmentName>(i), r.segments[i]);
        else
            state.segments[i].selector = r.segments[i];
    }
    const u32 mxcsr_mask = state.fpu.mxcsr_mask;
    std::memcpy(&state.fpu, r.fxsave.data(), r.fxsave.size());
    state.fpu.mxcsr_mask = mxcsr_mask;
    state.fpu.mxcsr &= m_cpu.model.mxcsr_mask(); // reserved bits would fault on the host
    m_cpu.update_debug();
}

std::size_t DebugAccess::read_memory(u32 address, std::span<u8> out) {
    return m_cpu.mmu.debug_read(LinearAddr(address), out);
}

std::size_t DebugAccess::write_memory(u32 address, std::span<const u8> in) {
    return m_cpu.mmu.debug_write(LinearAddr(address), in);
}

void DebugAccess::set_breakpoints(std::vector<u32> addresses) {
    m_control.breakpoints.assign(addresses.begin(), addresses.end());
    update_engine();
}

void DebugAccess::set_watches(std::vector<Watch> watches) {
    m_cpu.watchpoints.clear();
    for (const Watch& watch : watches)
        m_cpu.watchpoints.push_back(
            {LinearAddr(watch.address), watch.size, watch.kind != WatchKind::write, watch.kind != WatchKind::read});
    m_cpu.update_debug();
}

void DebugAccess::step_on_resume() {
    m_control.single_step = true;
    update_engine();
}

void DebugAccess::note_resume() {
    const CpuState& state = m_cpu.state;
    m_control.resume_at = static_cast<u32>(state.segment(SegmentName::cs).base + state.rip);
    update_engine();
    m_control.resume_at.reset();
}

void DebugAccess::note_stop() {
    m_control.single_step = false;
    update_engine();
}

std::optional<Watch> DebugAccess::hit() const {
    if (!m_cpu.watchpoint_hit) return std::nullopt;
    const auto& hit = *m_cpu.watchpoint_hit;
    const WatchKind kind = !hit.on_read ? WatchKind::write : hit.on_write ? WatchKind::access : WatchKind::read;
    return Watch{static_cast<u32>(hit.address.value), hit.size, kind};
}

void DebugAccess::update_engine() { m_engine.set_debug_control(m_control); }

} // namespace ringshift
