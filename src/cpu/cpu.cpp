#include "cpu/cpu.h"

#include "cpu/debug.h"
#include "cpu/interp/fpu/thunk.h"
#include "cpu/memory.h"

namespace ringshift {

Cpu::Cpu(const CpuModel& cpu_model, PhysicalMap& memory, Platform& cpu_platform)
    : mmu(memory), model(cpu_model), platform(cpu_platform), fpu_thunks(std::make_unique<FpuThunks>()) {
    state.fpu.mxcsr_mask = model.mxcsr_mask();
    mmu.set_change_listener(&m_changes);
    reset();
}

Cpu::~Cpu() = default;

void Cpu::reset() {
    state.reset(model.signature());
    watchpoint_hit.reset();
    update_mode();
    update_paging(Flush::all);
    update_debug();
}

void Cpu::archive(Archive& ar) {
    state.archive(ar);
    u32 bits = attention & ~attention::stop;
    ar(bits);
    ar.check((bits & ~(attention::interrupt | attention::nmi)) == 0, "attention bits");
    if (!ar.is_loading()) return;
    attention = bits;
    update_mode();
    update_paging(Flush::all);
    update_debug();
}

Raised Cpu::raise(Vector vector) {
    exception = Exception{.vector = vector};
    return {};
}

Raised Cpu::raise(Vector vector, u32 error_code) {
    exception = Exception{.vector = vector, .has_error_code = true, .error_code = error_code};
    return {};
}

Raised Cpu::raise_page_fault(const MemoryOutcome& outcome) {
    exception = Exception{.vector = Vector::page_fault,
                          .has_error_code = true,
                          .error_code = outcome.error_code,
                          .cr2 = outcome.fault_address.value};
    return {};
}

Raised Cpu::segment_fault(SegmentName segment) {
    return raise(segment == SegmentName::ss ? Vector::stack_fault : Vector::general_protection, 0);
}

Maybe<LinearAddr> Cpu::linear(SegmentName name, u32 offset, unsigned size, AccessKind kind) {
    const Segment& segment = state.segment(name);
    const i64 span = kind == AccessKind::Write ? segment.write_span : segment.read_span;
    if (!detail::within(segment, offset, size, span)) return segment_fault(name);
    return LinearAddr(static_cast<u32>(segment.base + offset));
}

bool Cpu::alignment_fault(LinearAddr address, unsigned size) { // SDM vol. 3A, 6.15, vector 17
    if (size < 2 || size > 8 || (address.value & (size - 1)) == 0) return false;
    if (state.cpl != 3 || !(state.cr0 & cr0::am) || !(state.system_flags & flag::ac)) return false;
    raise(Vector::alignment_check, 0);
    return true;
}

void Cpu::note_data_access(LinearAddr address, unsigned size, AccessKind kind) {
    if (const u32 hits = match_data_breakpoints(state, address, size, kind)) {
        state.pending_debug |= hits;
        end_block();
    }
    for (const Watchpoint& w : watchpoints) {
        const bool wanted = kind == AccessKind::Write ? w.on_write : w.on_read;
        if (wanted && address.value < w.address.value + w.size && w.address.value < address.value + size) {
            watchpoint_hit = w;
            end_block();
        }
    }
}

bool Cpu::read_slow(LinearAddr address, void* out, unsigned size) {
    if (alignment_fault(address, size)) return false;
    const MemoryOutcome outcome = mmu.read(address, {static_cast<u8*>(out), size}, data_privilege());
    if (!outcome.ok) {
        raise_page_fault(outcome);
        return false;
    }
    note_data_access(address, size, AccessKind::Read);
    return true;
}

bool Cpu::write_slow(LinearAddr address, const void* in, unsigned size) {
    if (size <= 16) {
        if (u8* host = mmu.write_beside_code(address, size, state.cpl == 3)) {
            std::memcpy(host, in, size);
            return true;
        }
    }
    if (alignment_fault(address, size)) return false;
    const MemoryOutcome outcome = mmu.write(address, {static_cast<const u8*>(in), size}, data_privilege());
    if (!outcome.ok) {
        raise_page_fault(outcome);
        return false;
    }
    note_data_access(address, size, AccessKind::Write);
    return true;
}

Maybe<void> Cpu::read_bytes(LinearAddr address, std::span<u8> out, Privilege privilege) {
    const MemoryOutcome outcome = mmu.read(address, out, privilege);
    if (!outcome.ok) return raise_page_fault(outcome);
    note_data_access(address, static_cast<unsigned>(out.size()), AccessKind::Read);
    return {};
}

Maybe<void> Cpu::write_bytes(LinearAddr address, std::span<const u8> in, Privilege privilege) {
    const MemoryOutcome outcome = mmu.write(address, in, privilege);
    if (!outcome.ok) return raise_page_fault(outcome);
    note_data_access(address, static_cast<unsigned>(in.size()), AccessKind::Write);
    return {};
}

Maybe<void> Cpu::check_access(LinearAddr address, unsigned size, Access access) {
    if (access.privilege == Privilege::User && alignment_fault(address, size)) return Raised{};
    const MemoryOutcome outcome = mmu.check(address, size, access);
    if (!outcome.ok) return raise_page_fault(outcome);
    return {};
}

Step Cpu::near_jump(const Insn& insn, u32 target) {
    if (insn.operand_size == 2) target &= 0xFFFF;
    if (target > state.segment(SegmentName::cs).limit) return raise_gp(0);
    state.rip = target;
    return Flow::branch;
}

} // namespace ringshift
