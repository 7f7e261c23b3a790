// Filling windows: what is shown when an access has found nothing.
//
// A fault costs a signal and a mapping, 6 us, so that more than the page at hand is shown where it is likely to be
// wanted:
//
//  - Of a large page all of it, in one mapping.
//  - Neighbours on both sides whose frames are neighbours too, and which have the same rights, in the same mapping. (A
//    large page is nothing else, but that the walk need not be done for each.)
//  - Pages near by with frames anywhere, each in a mapping of its own.
//
// What nobody has asked for is shown only if it shows nowhere that it is: A is set in all entries on the way to it, and
// D if it is shown writable; behind it is plain memory that neither tells its writes to anybody nor holds page tables
// or, where it is writable, code; and all of it was found by the entries in the same table, which is watched. So a
// large page is split by itself where code, tables, devices or other rights begin. (Without paging there are no
// entries, and neighbours are neighbours.) Where watchpoints are set, or the address line 20 is held down, there is one
// page at a time.
#include "mmu/mmu.h"

namespace ringshift {

namespace {
constexpr u32 block = 16; ///< small pages that are looked at: those in as many times 4 KiB, at their natural place
} // namespace

/// What the soft TLB would say about a page that is not at hand.
Mmu::Showing Mmu::showing(u32 page, const Translation& t, bool user) const {
    const PhysAddr at(t.address.value & ~page_mask);
    const Frame frame = m_memory.frame(at);
    if (!frame.is_ram || frame.dirty || m_memory.has_table(at)) return {};
    const LinearAddr address(u64{page} << 12);
    // A global entry may come from another address space's tables. And a global page that is shown without having one
    // would be looked up anew in the next address space, which would set A and D in tables where nobody else does.
    const Entry& entry = entry_of(address, user);
    const bool known = entry.page == tag(address);
    if (t.global && !known) return {};
    if (known && (entry.source != t.source() || entry.frame() != at.value)) return {};
    return {frame.read_host, at, t.writable && !m_memory.has_code(at)};
}

/// The same for any page whose entry stands in the table that has that of `page`, which is `found`.
Mmu::Showing Mmu::showing_near(u32 other, u32 page, const Translation& found, bool user) const {
    if (found.large) {
        Translation t = found;
        t.address = PhysAddr(found.address.value + u64{other} * page_size - u64{page} * page_size);
        return showing(other, t, user);
    }
    const Access access{AccessKind::Read, user ? Privilege::User : Privilege::Supervisor};
    const Translation t = probe(m_memory, m_context, LinearAddr(u64{other} << 12), access);
    if (!t.ok || !t.accessed || t.source() != found.source()) return {};
    return showing(other, t, user);
}

/// The pages around `page`, within `limits`, that one mapping can show with it.
Mmu::Run Mmu::run_around(Windows::Id id, u32 page, const Showing& shown, const Translation& found, bool user,
                         Run limits) const {
    const auto goes_on = [&](u32 other) {
        const Showing next = showing_near(other, page, found, user);
        const u64 distance = u64{other} * page_size - u64{page} * page_size;
        return next.host == shown.host + distance && next.at == shown.at + distance &&
               next.writable == shown.writable && !m_windows->shows(id, other, shown.writable);
    };
    Run run{page, page + 1};
    while (run.begin > limits.begin && goes_on(run.begin - 1)) --run.begin;
    while (run.end < limits.end && goes_on(run.end)) ++run.end;
    return run;
}

/// Shows the run around `page`.
bool Mmu::show(Windows::Id id, u32 page, Run run, const Showing& shown) {
    const u64 before = u64{page - run.begin} * page_size;
    const u32 count = run.end - run.begin;
    if (shown.writable)
        for (u32 i = 0; i < count; ++i) m_memory.set_open(PhysAddr(shown.at.value - before + u64{i} * page_size), true);
    return m_windows->map(id, run.begin, count, shown.host - before, shown.writable);
}

/// Shows `page`, and what may come along.
bool Mmu::show_near(Windows::Id id, u32 page, const Showing& shown, const Translation& found, bool user) {
    if (!m_window_options.runs || !m_watched.empty() || !m_context.a20) return show(id, page, {page, page + 1}, shown);
    // A large page has as many small ones as a table has entries.
    const u32 span = found.large ? static_cast<u32>(page_size / found.entry_size) : block;
    const Run limits{page & ~(span - 1), (page & ~(span - 1)) + span};
    const Run run = run_around(id, page, shown, found, user, limits);
    if (!show(id, page, run, shown)) return false;
    if (found.large || !m_window_options.around || !m_windows->has_room(block)) return true;
    for (u32 other = limits.begin; other < limits.end;) {
        const bool known = other >= run.begin && other < run.end;
        const Showing next = known ? Showing{} : showing_near(other, page, found, user);
        if (!next.host || m_windows->shows(id, other, next.writable)) {
            ++other;
            continue;
        }
        const Run more = run_around(id, other, next, found, user, limits);
        show(id, other, more, next);
        other = more.end;
    }
    return true;
}

bool Mmu::fill_window(LinearAddr address, bool user, bool write) {
    if (!m_windows || !m_spaces[m_space].windows[user]) return false;
    const u8* host = write ? fast_write(address, 1, user) : fast_read(address, 1, user);
    if (!host) return false;
    const Windows::Id id = *m_spaces[m_space].windows[user];
    const Privilege privilege = user ? Privilege::User : Privilege::Supervisor;
    const Translation now = probe(m_memory, m_context, address, {AccessKind::Read, privilege});
    const Entry& entry = entry_of(address, user);
    // A global entry may come from another address space's tables; in this one's, A and D would stay as they are.
    if (!now.ok || (now.address.value & ~page_mask) != entry.frame() || now.source() != entry.source) return false;
    if (!track(now, address, u64{1} << id)) return false;
    // That may have taken the page's own right to be written back.
    const bool writable = now.writable && fast_write(address, 1, user) != nullptr;
    if (write && !writable) return false;
    m_windows->touch(id);
    const auto page = static_cast<u32>(address.value >> 12);
    return show_near(id, page, {host - address.offset(), PhysAddr(entry.frame()), writable}, now, user);
}

bool Mmu::refill_window(LinearAddr address, bool user, bool write) {
    if (!m_windows || !m_spaces[m_space].windows[user]) return false;
    const Access access{write ? AccessKind::Write : AccessKind::Read, user ? Privilege::User : Privilege::Supervisor};
    const Translation now = probe(m_memory, m_context, address, access);
    if (!now.ok || !now.accessed || (write && !now.writable)) return false;
    return check(address, 1, access).ok && fill_window(address, user, write);
}

} // namespace ringshift
