#include "cpu/debug.h"

#include "cpu/cpu.h"

#include <algorithm>
#include <vector>

namespace ringshift {
namespace {

enum class Condition : u8 { execute = 0, write = 1, io = 2, access = 3 };

struct Breakpoint {
    bool enabled;
    Condition condition;
    u32 length; ///< bytes
    u32 begin;  ///< the address register without the bits that the length masks (SDM vol. 3B, 17.2.5)
};

Breakpoint breakpoint(const CpuState& state, unsigned n) {
    const u32 control = static_cast<u32>(state.dr[7]);
    static constexpr std::array<u32, 4> lengths{1, 2, 8, 4};
    const u32 length = lengths[(control >> (18 + 4 * n)) & 3];
    return {((control >> (2 * n)) & 3) != 0, static_cast<Condition>((control >> (16 + 4 * n)) & 3), length,
            static_cast<u32>(state.dr[n]) & ~(length - 1)};
}

bool overlaps(const Breakpoint& point, u64 address, unsigned size) {
    return address < u64{point.begin} + point.length && point.begin < address + size;
}

} // namespace

u32 match_instruction_breakpoints(const CpuState& state, LinearAddr address) {
    u32 matched = 0;
    for (unsigned n = 0; n < 4; ++n) {
        const Breakpoint point = breakpoint(state, n);
        if (point.enabled && point.condition == Condition::execute && static_cast<u32>(state.dr[n]) == address.value)
            matched |= dr6::b0 << n;
    }
    return matched;
}

u32 match_data_breakpoints(const CpuState& state, LinearAddr address, unsigned size, AccessKind kind) {
    if (kind == AccessKind::Fetch || (state.dr[7] & dr7::enables) == 0) return 0;
    u32 matched = 0;
    for (unsigned n = 0; n < 4; ++n) {
        const Breakpoint point = breakpoint(state, n);
        const bool kind_matches =
            point.condition == Condition::access || (point.condition == Condition::write && kind == AccessKind::Write);
        if (point.enabled && kind_matches && overlaps(point, address.value, size)) matched |= dr6::b0 << n;
    }
    return matched;
}

u32 match_io_breakpoints(const CpuState& state, u16 port, unsigned size) {
    if ((state.cr4 & cr4::de) == 0) return 0;
    u32 matched = 0;
    for (unsigned n = 0; n < 4; ++n) {
        const Breakpoint point = breakpoint(state, n);
        if (point.enabled && point.condition == Condition::io && overlaps(point, port, size)) matched |= dr6::b0 << n;
    }
    return matched;
}

bool instruction_breakpoints_enabled(const CpuState& state) {
    for (unsigned n = 0; n < 4; ++n) {
        const Breakpoint point = breakpoint(state, n);
        if (point.enabled && point.condition == Condition::execute) return true;
    }
    return false;
}

void Cpu::note_port_access(u16 port, unsigned size) {
    if (state.cr4 & cr4::de) state.pending_debug |= match_io_breakpoints(state, port, size);
}

void Cpu::update_alignment_check() {
    mmu.set_always_slow((state.cr0 & cr0::am) && (state.system_flags & flag::ac) && state.protected_mode());
}

void Cpu::update_debug() {
    std::vector<u64> pages;
    for (const Watchpoint& point : watchpoints)
        for (u64 page = point.address.page(); page <= (point.address + (point.size - 1)).page(); ++page)
            pages.push_back(page);
    for (unsigned n = 0; n < 4; ++n) {
        const Breakpoint point = breakpoint(state, n);
        if (point.enabled && (point.condition == Condition::write || point.condition == Condition::access))
            pages.push_back(point.begin >> 12);
    }
    std::sort(pages.begin(), pages.end());
    pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
    mmu.set_watched_pages(std::move(pages));
    update_alignment_check();
}

} // namespace ringshift
