// Accesses through memory windows that fault.
//
// A window shows no more than the soft TLB would allow, and at first it shows nothing. The first access to a page
// faults; if the soft TLB allows it, the page is mapped and the access tried again, in the signal handler. Else the
// instruction goes on in its cold code: its handler does it, fills the soft TLB or raises the page fault, and then the
// page is mapped for the next time.
//
// A signal costs as much as some thousand instructions, and so does mapping a page. An access that keeps ending in the
// handler (a device, data beside code, a page that faults on purpose), or that needs new pages all the time, is better
// off with the soft TLB: its block is translated again with this access looked up. After a while it is tried again.
//
// An address space whose misses cost more time than its windows can have saved loses them until it has run for longer
// than before (Mmu::deserves_window): a process that forks again and again finds its pages write-protected each time.
//
// When the guest comes back from the page fault of such an access, its page is mapped before it tries again, which
// saves a signal.
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
// New pages cost the signal and the mappings, and that is what there may be of them in one epoch; but many at once that
// stay are paid for once.
constexpr u32 new_page_counts = 1, page_fault_counts = 1, lasting_miss_counts = 32, most_missed = 256;
constexpr u64 many_pages = 8;
/// Pages do not stay if one in so many was taken back, of so many at least, in one epoch.
constexpr u64 one_taken_back_of = 4, pages_to_judge = 64;
/// Of all accesses in one epoch; from twice as many on they count three times, and so on.
constexpr u32 misses_that_count_double = 64;
/// Time, in entries into blocks: an epoch is some tens of milliseconds. What was given up is tried again after so many.
constexpr unsigned epoch_shift = 22;
constexpr u32 epochs_given_up = 16;
/// Entries into blocks that an address space has to make before it gets a window, for each time that code has to run
/// before it is translated.
constexpr u64 work_for_one = 4096;
/// What a miss takes away of that: as many entries as would gain the time that it costs.
constexpr u64 work_of_signal = 4096, work_of_fault = 1024, work_of_page = 512;
} // namespace

namespace {
/// What a miss counts that was answered by showing so many pages.
u32 cost_of_pages(u64 pages, const Runtime& runtime, const Windows::Counts& now) {
    const u64 mapped = now.mapped - runtime.mapped, unmapped = now.unmapped - runtime.unmapped;
    const bool stay = mapped < pages_to_judge || unmapped * one_taken_back_of < mapped;
    return pages >= many_pages && stay ? 0 : new_page_counts;
}

void begin_epoch(Runtime& runtime, const Windows::Counts& now) {
    runtime.missed_epoch = runtime.epoch;
    runtime.missed = 0;
    runtime.mapped = now.mapped;
    runtime.unmapped = now.unmapped;
}

/// Pages, if any, were shown since there were `before`.
void charge(Cpu& cpu, u64 before, u64 work) {
    cpu.mmu.charge_window(work + (cpu.mmu.windows()->counts().mapped - before) * work_of_page);
}

void count_miss(Runtime& runtime, const WindowMiss& miss, u32 cost) {
    if (miss.access->epoch != runtime.epoch) {
        miss.access->epoch = runtime.epoch;
        miss.access->missed = 0;
    }
    if (cost == 0) return;
    cost *= 1 + runtime.missed++ / misses_that_count_double;
    miss.access->missed = static_cast<u16>(miss.access->missed + std::min<u32>(cost, most_missed));
    if (miss.access->missed >= most_missed) runtime.keeps_missing = miss.block;
}
} // namespace

Step step_beside_window(Cpu& cpu, const Insn& insn) {
    auto& runtime = *reinterpret_cast<Runtime*>(cpu.mmu.engine_space().data());
    const WindowMiss miss = std::exchange(runtime.window_miss, {});
    const Step step = handler_for(insn)(cpu, insn);
    if (std::exchange(runtime.must_leave, false)) cpu.end_block();
    if (!miss.there) return step;
    const Windows::Counts& counts = cpu.mmu.windows()->counts();
    const u64 before = counts.mapped;
    if (runtime.missed_epoch != runtime.epoch) begin_epoch(runtime, counts);
    if (step.flow == Flow::fault) {
        runtime.faulted = miss;
        runtime.faulted_rip = static_cast<u32>(cpu.state.rip);
        count_miss(runtime, miss, page_fault_counts);
    } else if (cpu.mmu.fill_window(LinearAddr(miss.address), miss.user, miss.write)) {
        count_miss(runtime, miss, cost_of_pages(counts.mapped - before, runtime, counts));
    } else {
        count_miss(runtime, miss, lasting_miss_counts);
    }
    charge(cpu, before, work_of_fault);
    if (runtime.keeps_missing) cpu.end_block();
    return step;
}

/// Windows if they are wanted and this host has what they need.
void TranslatorEngine::open_windows() {
    if (!m_options.windows || m_cpu.mmu.memory().shared().empty()) return;
    auto opened = probe_windows();
    if (opened.ok())
        opened = m_cpu.mmu.open_windows({.most_mappings = m_options.window_mappings,
                                         .runs = m_options.window_runs,
                                         .around = m_options.window_around,
                                         .enter = m_options.window_enter,
                                         .home = m_options.window_home,
                                         .worth = m_options.window_worth && m_options.hot_threshold != 0});
    if (!opened.ok())
        log(LogLevel::Warning, "no memory windows ({}): the soft TLB is used instead", opened.error().message);
    m_windows = opened.ok();
}

/// All address spaces have the kernel's pages, so Ring 0 would have a window for each. Without paging there is one
/// space, which firmware, boot loaders and kernels that unpack themselves share. Kernels start in an address space
/// without user code, of which there is one too, and most of a boot happens there.
bool TranslatorEngine::may_have_window(u8 cpl) const {
    if (cpl == 3 || m_options.windows_ring0) return true;
    if (!m_cpu.state.paging()) return m_options.windows_unpaged;
    return m_options.windows_kernel && !m_cpu.mmu.has_run_user_code();
}

bool TranslatorEngine::wants_window(u8 cpl) const {
    if (!m_windows || !may_have_window(cpl)) return false;
    // What a short-lived process would gain is less than its pages cost to map.
    if (!m_cpu.mmu.deserves_window(u64{m_options.hot_threshold} * work_for_one)) return false;
    return m_cpu.mmu.window(cpl == 3, suits_home(cpl == 3)).has_value();
}

/// Real and virtual-8086 mode live in the first 64 KiB, which a window at home cannot show.
bool TranslatorEngine::suits_home(bool user) const {
    return m_cpu.state.protected_mode() && !m_cpu.state.v86_mode() && (user || m_cpu.state.paging());
}

/// While generated code runs, the budget is in its register: what CpuState has is old, and must not be moved aside
/// because a page table is watched from now on. (That takes write tags back. Code that has looked one up is past its
/// use.)
bool TranslatorEngine::fill(LinearAddr address, bool user, bool write) {
    const i64 budget = m_cpu.state.budget, reserve = m_cpu.state.budget_reserve;
    const bool filled = m_cpu.mmu.fill_window(address, user, write) || m_cpu.mmu.refill_window(address, user, write);
    m_cpu.state.budget = budget;
    m_cpu.state.budget_reserve = reserve;
    return filled;
}

u64 TranslatorEngine::take(const HostFault& fault) {
    const u64 begin = reinterpret_cast<u64>(m_memory->executable(0));
    if (fault.rip - begin >= m_memory->size()) return 0;
    const u32 offset = static_cast<u32>(fault.rip - begin);
    const auto around = m_policy->around(offset);
    if (!around) return 0;
    Block& block = *m_blocks.at(*around);
    const u32 inside = offset - block.code_offset;
    const auto access = std::lower_bound(block.accesses.begin(), block.accesses.end(), inside,
                                         [](const WindowAccess& a, u32 at) { return a.offset < at; });
    if (access == block.accesses.end() || access->offset != inside) return 0;
    ++m_window_faults;
    const bool user = m_modes[block.key.mode].cpl == 3;
    const std::optional<u64> base = m_cpu.mmu.window_now(user);
    const u64 linear = fault.address - base.value_or(0);
    if (base && linear < Windows::size) {
        const WindowMiss miss{true, user, fault.write, static_cast<u32>(linear), &block, &*access};
        const Windows::Counts& counts = m_cpu.mmu.windows()->counts();
        const u64 before = counts.mapped;
        if (m_runtime.missed_epoch != m_runtime.epoch) begin_epoch(m_runtime, counts);
        m_flushed = false;
        const bool filled = fill(LinearAddr(linear), user, fault.write);
        charge(m_cpu, before, work_of_signal);
        if (filled) count_miss(m_runtime, miss, cost_of_pages(counts.mapped - before, m_runtime, counts));
        if (filled && !m_flushed) return fault.rip;
        m_runtime.must_leave = m_flushed;
        if (!filled) m_runtime.window_miss = miss;
    }
    return begin + block.place_of(access->cold);
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
    ++m_times_given_up;
    m_given_up.push_back({block.key, m_runtime.epoch});
    destroy(block, Cause::mode);
}

/// The guest is back at the instruction whose access has raised a page fault.
void TranslatorEngine::fill_behind_fault() {
    const WindowMiss miss = std::exchange(m_runtime.faulted, {});
    const u8 cpl = m_cpu.state.cpl;
    if (miss.user != (cpl == 3) || !wants_window(cpl)) return;
    const u64 before = m_cpu.mmu.windows()->counts().mapped;
    m_cpu.mmu.refill_window(LinearAddr(miss.address), miss.user, miss.write);
    charge(m_cpu, before, 0);
}

/// So many blocks were entered.
void TranslatorEngine::note_work(u64 entries) {
    if (m_ran_user || may_have_window(0))
        m_cpu.mmu.add_window_work(entries, m_ran_user && suits_home(true)); // the home is for processes
    m_work += entries;
    m_runtime.epoch = static_cast<u32>(m_work >> epoch_shift);
}

/// What was given up long ago goes through the window once more.
void TranslatorEngine::try_windows_again() {
    if (m_runtime.epoch - m_given_up.front().epoch < epochs_given_up) return;
    const BlockKey key = m_given_up.front().key;
    m_given_up.pop_front();
    m_looked_up.erase(key.hash());
    if (Block* block = find(key); block && block->looked_up != 0) destroy(*block, Cause::mode);
}

} // namespace ringshift::bt
