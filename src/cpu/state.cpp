#include "cpu/state.h"

namespace ringshift {

void Segment::update(bool real_mode) {
    using namespace segment_attribute;
    low = 0;
    read_span = write_span = -1;
    if (!usable) return;
    const bool is_code_segment = (attributes & code) != 0;
    i64 span = limit;
    if (!real_mode && !is_code_segment && (attributes & expand_down)) { // SDM vol. 3A, 3.4.5.1
        low = limit + 1;
        span = (is_32bit() ? 0xFFFFFFFFll : 0xFFFFll) - limit - 1;
    } else if (limit == 0xFFFFFFFF) {
        span = flat_span; // offsets wrap at 4 GiB, as on silicon
    }
    if (real_mode || !is_code_segment || (attributes & readable)) read_span = span;
    if (real_mode || (!is_code_segment && (attributes & writable))) write_span = span;
}

void Segment::archive(Archive& ar) { ar(selector, attributes, limit, base, low, usable, read_span, write_span); }

void CpuState::set_eflags(u32 value) {
    constexpr u32 known = flag::tf | flag::if_ | flag::df | flag::iopl | flag::nt | flag::rf | flag::vm | flag::ac |
                          flag::vif | flag::vip | flag::id;
    arithmetic_flags = value & flag::arithmetic;
    system_flags = value & known;
}

void CpuState::reset(u32 signature) {
    using namespace segment_attribute;
    const auto keep_fpu_mask = fpu.mxcsr_mask;
    const bool keep_a20 = a20;
    *this = CpuState{};
    a20 = keep_a20;
    fpu.mxcsr_mask = keep_fpu_mask;
    fpu.fcw = 0x40;
    fpu.ftw = 0xFF;
    for (Segment& s : segments)
        s = {.selector = 0, .attributes = p | segment_attribute::s | writable | accessed, .limit = 0xFFFF, .base = 0};
    Segment& cs = segment(SegmentName::cs);
    cs.selector = 0xF000;
    cs.base = 0xFFFF0000;
    cs.attributes = p | segment_attribute::s | code | readable | accessed;
    for (Segment& s : segments) {
        s.usable = 1;
        s.update(true);
    }
    ldtr = {.selector = 0, .attributes = p | 2, .limit = 0xFFFF, .base = 0};
    tr = {.selector = 0, .attributes = p | 11, .limit = 0xFFFF, .base = 0};
    ldtr.usable = tr.usable = 1;
    gdtr = {0, 0xFFFF};
    idtr = {0, 0xFFFF};
    rip = 0xFFF0;
    set_reg<u32>(Gpr::dx, signature);
    dr[6] = 0xFFFF0FF0;
    dr[7] = 0x400;
}

void CpuState::archive(Archive& ar) {
    ar(gpr, rip, arithmetic_flags, system_flags, cpl, activity, shadow, nmi_blocked, pending_debug, budget,
       budget_reserve);
    ar(segments, ldtr, tr, gdtr, idtr, cr0, cr2, cr3, cr4, efer, pdpte, dr, a20);
    ar(sysenter_cs, sysenter_esp, sysenter_eip, pat, mtrr_def_type, mtrr_variable, mtrr_fixed, misc_enable, tsc_offset,
       microcode_revision, tsc_aux);
    const u32 mxcsr_mask = fpu.mxcsr_mask; // the model's, not the snapshot's
    ar.bytes(&fpu, sizeof fpu);
    ar.check(fpu.mxcsr_mask == mxcsr_mask, "MXCSR_MASK");
    ar(fpu_exception_pending);
    ar.check(gpr[16] == 0, "register slot 16");
    ar.check(rip >> 32 == 0, "EIP");
    // The spans are computed anew from the rest.
    for (const Segment& s : segments) ar.check(s.base >> 32 == 0, "segment base");
    for (const u64 base : {ldtr.base, tr.base, gdtr.base, idtr.base}) ar.check(base >> 32 == 0, "table base");
    ar.check((arithmetic_flags & ~flag::arithmetic) == 0 && (system_flags & flag::arithmetic) == 0, "EFLAGS");
    ar.check(cpl <= 3, "CPL");
    ar.check(activity <= Activity::shutdown, "activity state");
    ar.check(shadow <= Shadow::mov_ss, "interrupt shadow");
    for (std::size_t i = 0; i < 8; ++i) ar.check(gpr[i] >> 32 == 0, "general register");
    ar.check((fpu.mxcsr & ~fpu.mxcsr_mask) == 0 || fpu.mxcsr == 0x1F80, "MXCSR");
}

} // namespace ringshift
