// Which windows there are, and what may be in them.
//
// Each address space has up to two windows, one for each privilege; an address space is whatever the page walk depends
// on beside memory. A page of a window is there because the soft TLB has said that this access can be done by host
// pointer at once, or would say so (mmu_fill.cpp). It may stay when the soft TLB has forgotten the page, because all
// page tables on the way to it are watched (mmu_tables.cpp), and because the other reasons have their own ways to take
// it back: code, dirty tracking and watchpoints. So a CR3 load switches windows and empties none, and a process finds
// its own as it has left it.
#include "mmu/mmu.h"

#include <algorithm>

namespace ringshift {

namespace {
constexpr u64 cr0_counts = 1u << 31 | 1u << 16;                    // PG, WP
constexpr u64 cr4_counts = 1u << 4 | 1u << 5 | 1u << 7 | 1u << 20; // PSE, PAE, PGE, SMEP
constexpr u64 efer_counts = 1u << 11;                              // NXE

constexpr int most_losses = 6;
} // namespace

PagingContext Mmu::what_counts(PagingContext context) {
    context.cr0 &= cr0_counts;
    context.cr4 &= cr4_counts;
    context.efer &= efer_counts;
    const bool paging = (context.cr0 & (1u << 31)) != 0;
    if (!paging) context.cr3 = context.cr4 = context.efer = 0;
    if (!paging || (context.cr4 & (1u << 5)) == 0) context.pdpte = {};
    return context;
}

Result<> Mmu::open_windows(const WindowOptions& options) {
    auto windows = TRY(Windows::create(m_memory.shared(), options.most_mappings));
    const Windows::Id first = TRY(windows->open()); // which also says whether it can be done
    close_windows();
    watch_page_tables(true);
    m_windows = std::move(windows);
    m_windows->set_entered_at_once(options.enter);
    m_window_options = options;
    m_spaces[m_space].windows[true] = first;
    if (auto opened = options.home ? m_windows->open_home() : make_error("not wanted"); opened.ok())
        m_home = opened.value();
    return Unit{};
}

void Mmu::close_windows() {
    if (!m_windows) return;
    watch_page_tables(false);
    m_windows.reset();
    for (Space& space : m_spaces) {
        Space without;
        without.context = space.context;
        without.serial = space.serial;
        without.used = space.used;
        space = without;
    }
    m_home.reset();
    m_at_home.reset();
}

void Mmu::select_space() {
    const PagingContext context = what_counts(m_context);
    if (m_spaces[m_space].context == context) return;
    if (m_spaces[m_other_space].context == context) { // as when a kernel has tables of its own for each process
        std::swap(m_space, m_other_space);
        m_spaces[m_space].used = ++m_clock;
        return;
    }
    m_other_space = m_space;
    const auto known =
        std::find_if(m_spaces.begin(), m_spaces.end(), [&](const Space& space) { return space.context == context; });
    m_space = static_cast<std::size_t>(known - m_spaces.begin());
    if (known == m_spaces.end() && m_spaces.size() < most_spaces) {
        m_spaces.emplace_back().context = context;
        m_spaces[m_space].serial = ++m_last_serial;
    } else if (known == m_spaces.end()) { // in place of the one that was used longest ago
        const auto oldest = std::min_element(m_spaces.begin(), m_spaces.end(),
                                             [](const Space& a, const Space& b) { return a.used < b.used; });
        for (const auto& window : oldest->windows)
            if (window) m_windows->clear(*window);
        oldest->context = context;
        oldest->serial = ++m_last_serial;
        forget_merits(*oldest);
        m_space = static_cast<std::size_t>(oldest - m_spaces.begin());
    }
    m_spaces[m_space].used = ++m_clock;
}

void Mmu::forget_merits(Space& space) {
    space.work = space.lately = 0;
    space.deserving = space.users = false;
    space.losses = 0;
    space.asked = {};
}

bool Mmu::begin_deserving() {
    Space& space = m_spaces[m_space];
    for (const auto& window : space.windows) // what was lost is still shown
        if (window && m_windows) m_windows->clear(*window);
    return space.deserving = true;
}

/// It may be in use: it is emptied when it is wanted again, or needed by another.
void Mmu::charge_window(u64 work) {
    if (!m_window_options.worth) return;
    Space& space = m_spaces[m_space];
    if (space.work > work) {
        space.work -= work;
        return;
    }
    space.work = 0;
    space.deserving = false;
    space.losses = static_cast<u8>(std::min(space.losses + 1, most_losses));
}

/// A top page table is cleared or used for something else: the address space that had it has ended, and the next one
/// with it is another one, which has to prove itself anew. (What the last PDPTE leads to is mostly the system's part,
/// which all address spaces have and which changes with each.)
void Mmu::forget_work(u64 table) {
    for (Space& space : m_spaces) {
        const bool pae = (space.context.cr4 & (1u << 5)) != 0;
        const auto has = [&](u64 entry) { return (entry & 1) != 0 && (entry & 0xFFFFFFFFFF000) == table; };
        const bool its = pae ? std::any_of(space.context.pdpte.begin(), space.context.pdpte.end() - 1, has)
                             : (space.context.cr3 & 0xFFFFF000) == table;
        if (!its) continue;
        forget_merits(space);
        for (const auto& window : space.windows)
            if (window) m_windows->clear(*window);
    }
}

std::optional<u64> Mmu::give_window(bool user) {
    static_assert(Windows::most_windows > 2 * most_spaces); // and the one at home
    auto opened = m_windows->open();
    if (!opened.ok()) return std::nullopt;
    m_spaces[m_space].windows[user] = opened.value();
    return m_windows->base(opened.value());
}

} // namespace ringshift
