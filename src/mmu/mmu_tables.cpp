// Page tables that translations come from can be watched: then a store to one takes back, at once, what the entry that
// it changes stood for, in the soft TLB, in windows of all address spaces, and in links between code. So nothing that
// is cached is ever different from what a walk would find; how long it may be kept does not depend on the guest's
// flushes, and both engines see a changed translation at the same instruction although one of them asks the soft TLB
// much less often. (The processor allows more: it may use old entries until they are flushed, SDM vol. 3A, 4.10.4. No
// guest can rely on that.)
//
// Stores find watched frames as they find code: no write tag and no writable page of a window is for them. Entries that
// are not present have given nothing, and page tables are mostly filled in where there was nothing before; such a store
// costs the slow path alone. A table that is written again and again without being used (a process is copied, or ends)
// is no longer watched, and all that came from it is forgotten; nor is memory watched to which user code writes, or
// that is filled by a string instruction: it was a table once.
#include "mmu/mmu.h"

#include <algorithm>

namespace ringshift {

namespace {
// How long a table is watched without a translation in between: Linux fills in 16 entries at a time.
constexpr u32 write_counts = 1, change_counts = 4, most_writes = 48;
constexpr u64 longest_write = 64; ///< bytes; more at once is no change of entries
constexpr u8 present = 1;         ///< in the lowest byte of an entry
} // namespace

void Mmu::watch_page_tables(bool on) {
    if (on == m_watches_tables) return;
    m_watches_tables = on;
    if (on) select_space();
    flush_all(); // what is there has come from nobody knows where
}

bool Mmu::track(const Translation& t, LinearAddr address, u64 window_bit) {
    if (t.table_count == 0) return true;
    if (t.tables[0] == m_written_table || t.tables[1] == m_written_table) {
        if (const auto it = m_table_frames.find(m_written_table); it != m_table_frames.end()) it->second.writes = 0;
        m_written_table = ~u64{0};
    }
    RecentTables& recent = m_recent_tables[region(address.value)];
    if (window_bit == 0 && recent.generation == m_generation && recent.tables == t.tables && recent.space == space())
        return true;
    const u32 entries_in_table = static_cast<u32>(page_size / t.entry_size);
    const u32 page = static_cast<u32>(address.value >> 12);
    const u32 first_of_directory = t.entry_size == 8 ? page & ~u32{0x3FFFF} : 0;
    for (unsigned level = 0; level < t.table_count; ++level) {
        const PhysAddr frame(t.tables[level]);
        const Frame there = m_memory.frame(frame);
        if (!there.is_ram || there.dirty) return false; // not all writes to it are seen
        TableUse use{.entry_size = t.entry_size};
        use.first = level == 0 ? first_of_directory : page & ~(entries_in_table - 1);
        use.pages = level == 0 ? entries_in_table : 1;
        TableUse& known = use_of(frame.value, use);
        known.windows |= window_bit;
        known.spaces |= u32{1} << space();
    }
    recent = {t.tables, m_generation, space()};
    return true;
}

Mmu::TableUse& Mmu::use_of(u64 frame, const TableUse& use) {
    std::vector<TableUse>& uses = m_table_frames[frame].uses;
    if (uses.empty()) {
        m_memory.set_table(PhysAddr(frame), true);
        m_memory.set_open(PhysAddr(frame), false);
        drop_write_tags(PhysAddr(frame), page_size); // those beside code too
        if (m_change_listener) m_change_listener->translations_changed();
    }
    const auto known = std::find_if(uses.begin(), uses.end(), [&](const TableUse& other) {
        return other.first == use.first && other.pages == use.pages && other.entry_size == use.entry_size;
    });
    if (known != uses.end()) return *known;
    return uses.emplace_back(use);
}

void Mmu::table_write(PhysAddr address, u64 size) {
    const u64 number = address.value & ~page_mask;
    const auto it = m_table_frames.find(number);
    if (it == m_table_frames.end()) return;
    m_written_table = number;
    if (size > longest_write || (it->second.writes += write_counts) > most_writes) {
        untrack(number);
        return;
    }
    bool changed = false;
    const u8* table = m_memory.frame(PhysAddr(number)).read_host;
    for (const TableUse& use : it->second.uses) {
        const u64 last = (address.offset() + size - 1) / use.entry_size;
        for (u64 i = address.offset() / use.entry_size; i <= last; ++i) {
            if ((table[i * use.entry_size] & present) == 0) continue;
            forget_range(number, use, use.first + static_cast<u32>(i) * use.pages, use.pages);
            changed = true;
        }
    }
    if (!changed) return;
    it->second.writes += change_counts;
    if (m_change_listener) m_change_listener->translations_changed();
}

/// Those found by the table with that frame number, of whole regions of 2 MiB; mostly there are none.
void Mmu::forget_entries(u64 table, u32 first, u32 pages, bool user) {
    constexpr u32 region_pages = 512;
    const Table& lists = m_lists[user];
    for (u32 begin = first; begin - first < pages; begin += region_pages) {
        if (!lists.regions[local][begin / region_pages] && !lists.regions[global][begin / region_pages]) continue;
        for (u32 page = begin; page < begin + region_pages; page += 64)
            for (u64 left = lists.pages[page / 64]; left != 0; left &= left - 1)
                if (const u32 i = (page + static_cast<u32>(std::countr_zero(left))) % entries;
                    comes_from(i, user, table))
                    forget(i, user);
    }
}

/// What the table in `frame` says about these pages.
void Mmu::forget_range(u64 frame, const TableUse& use, u32 first, u32 pages) {
    const LinearAddr address(u64{first} << 12);
    for (const bool user : {false, true}) {
        if (pages == 1) {
            if (entry_of(address, user).page == tag(address)) forget(index(address), user);
            continue;
        }
        forget_entries(frame >> 12, first, pages, user);
    }
    for (u64 left = m_windows ? use.windows : 0; left != 0; left &= left - 1) {
        const auto id = static_cast<Windows::Id>(std::countr_zero(left));
        if (pages == 1)
            m_windows->unmap(id, first);
        else
            m_windows->unmap(id, first, first + pages - 1);
    }
    if (m_flush_listener) m_flush_listener->flushed_range(first, pages, use.spaces);
}

void Mmu::untrack(u64 frame) {
    if (!m_memory.has_table(PhysAddr(frame))) return;
    const auto it = m_table_frames.find(frame);
    if (it == m_table_frames.end()) return;
    for (const TableUse& use : it->second.uses)
        forget_range(frame, use, use.first, use.pages * static_cast<u32>(page_size / use.entry_size));
    m_table_frames.erase(it);
    m_memory.set_table(PhysAddr(frame), false);
    ++m_generation;
    if (m_windows) forget_work(frame);
    if (m_change_listener) m_change_listener->translations_changed();
}

void Mmu::note_long_write(LinearAddr address, u64 bytes, bool user) {
    const u32 i = index(address);
    const Entry& entry = m_tables->slow[user][i];
    if (bytes <= longest_write || entry.page != tag(address) || !entry.writable) return;
    const PhysAddr frame(entry.frame());
    if (!m_memory.has_table(frame) || m_memory.has_code(frame)) return;
    untrack(entry.frame());
    if (entry.page == tag(address)) set_tags(i, user);
}

void Mmu::untrack_all() {
    for (const auto& [frame, uses] : m_table_frames) m_memory.set_table(PhysAddr(frame), false);
    m_table_frames.clear();
    ++m_generation;
}

} // namespace ringshift
