// Accesses through memory windows that fault.
//
// A window shows no more than the soft TLB would allow, and at first it shows nothing. The first access to a page
// faults; if the soft TLB allows it, the page is mapped and the access tried again, in the signal handler. Else the
// instruction goes on in its cold code: its handler does it, fills the soft TLB or raises the page fault, and then the
// page is mapped for the next time.
//
// A signal costs as much as some thousand instructions. An access that keeps ending in the handler (a device, data
// beside code, a page that faults on purpose) is better off with the soft TLB: its block is translated again with this
// access looked up.
#include "base/log.h"
#include "bt/host_faults.h"
#include "bt/translator_engine.h"
#include "bt/window_step.h"

#include <algorithm>
#include <utility>

namespace ringshift::bt {

namespace {
// What a miss of an access counts, and how much makes it one that is looked up. Memory that is new to a process faults
// once for each page, which says little about the access; a device or data beside code will be there the next time too.
constexpr u16 page_fault_counts = 1, lasting_miss_counts = 32, most_missed = 256;
/// Entries into blocks that an address space has to make before it gets a window, for each time that code has to run
/// before it is translated.
constexpr u64 work_for_one = 4096;
} // namespace

Step step_beside_window(Cpu& cpu, const Insn& insn) {
    auto& runtime = *reinterpret_cast<Runtime*>(cpu.mmu.engine_space().data());
    const WindowMiss miss = std::exchange(runtime.window_miss, {});
    const Step step = handler_for(insn)(cpu, insn);
    if (!miss.there) return step;
    if (step.flow == Flow::fault)
        miss.access->missed += page_fault_counts;
    else if (!cpu.mmu.fill_window(LinearAddr(miss.address), miss.user, miss.write))
        miss.access->missed += lasting_miss_counts;
    if (miss.access->missed >= most_missed) {
        runtime.keeps_missing = miss.block;
        cpu.end_block();
    }
    return step;
}

/// Windows if they are wanted and this host has what they need.
void TranslatorEngine::open_windows() {
    if (!m_options.windows) return;
    auto opened = probe_windows();
    if (opened.ok()) opened = m_cpu.mmu.open_windows(m_options.window_mappings);
    if (!opened.ok())
        log(LogLevel::Warning, "no memory windows ({}): the soft TLB is used instead", opened.error().message);
    m_windows = opened.ok();
}

bool TranslatorEngine::wants_window(u8 cpl) const {
    if (!m_windows || (cpl != 3 && !m_options.windows_ring0)) return false;
    // What a short-lived process would gain is less than its pages cost to map.
    if (m_cpu.mmu.window_work() < u64{m_options.hot_threshold} * work_for_one) return false;
    return m_cpu.mmu.window(cpl == 3) != 0;
}

u64 TranslatorEngine::take(const HostFault& fault) {
    const u64 begin = reinterpret_cast<u64>(m_memory->executable(0));
    if (fault.rip - begin >= m_memory->size()) return 0;
    const u32 offset = static_cast<u32>(fault.rip - begin);
    auto it = m_blocks.upper_bound(offset);
    if (it == m_blocks.begin()) return 0;
    Block& block = *std::prev(it)->second;
    const u32 inside = offset - block.code_offset;
    const auto access = std::lower_bound(block.accesses.begin(), block.accesses.end(), inside,
                                         [](const WindowAccess& a, u32 at) { return a.offset < at; });
    if (access == block.accesses.end() || access->offset != inside) return 0;
    const bool user = m_modes[block.key.mode].cpl == 3;
    const u64 linear = fault.address - m_cpu.mmu.window(user);
    if (linear < Windows::size) {
        if (m_cpu.mmu.fill_window(LinearAddr(linear), user, fault.write)) return fault.rip;
        m_runtime.window_miss = {true, user, fault.write, static_cast<u32>(linear), &block, &*access};
    }
    return begin + block.code_offset + access->cold;
}

/// The block with an access that keeps missing the window is to be translated again.
void TranslatorEngine::give_up_windows() {
    Block& block = *std::exchange(m_runtime.keeps_missing, nullptr);
    if (block.dead) return;
    u64 looked_up = block.looked_up;
    for (const WindowAccess& access : block.accesses)
        if (access.missed >= most_missed) looked_up |= u64{1} << access.insn;
    if (m_looked_up.size() >= 65536) m_looked_up.clear();
    m_looked_up[block.key.hash()] = looked_up;
    destroy(block, Cause::mode);
}

} // namespace ringshift::bt
