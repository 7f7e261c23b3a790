#include "mmu/mmu.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>
#include <utility>

namespace ringshift {

namespace {
constexpr u64 huge_page = 2 << 20;
/// The supervisor's part, and the user's tags; windows leave most of the rest untouched.
constexpr u64 often_read = huge_page;
} // namespace

void Mmu::Release::operator()(Tables* tables) const { munmap(tables, sizeof *tables); }

Mmu::Mmu(PhysicalMap& memory) : m_memory(memory) {
    // What generated code reads all the time begins where a huge page can; of the rest only what is used shall be
    // there.
    void* zeroed =
        mmap(nullptr, sizeof(Tables) + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (zeroed == MAP_FAILED) throw std::bad_alloc();
    const u64 begin = reinterpret_cast<u64>(zeroed), aligned = (begin + huge_page - 1) & ~(huge_page - 1);
    if (aligned != begin) munmap(zeroed, aligned - begin);
    const u64 end = (aligned + sizeof(Tables) + page_mask) & ~page_mask;
    if (begin + sizeof(Tables) + huge_page > end)
        munmap(reinterpret_cast<void*>(end), begin + sizeof(Tables) + huge_page - end);
    m_tables.reset(reinterpret_cast<Tables*>(aligned));
    madvise(m_tables.get(), often_read, MADV_HUGEPAGE);
    m_fast = m_tables->fast.data();
    m_memory.set_table_listener(this);
}

Mmu::~Mmu() {
    untrack_all();
    m_memory.set_table_listener(nullptr);
}

void Mmu::set_context(const PagingContext& context) {
    m_context = context;
    if (m_watches_tables) select_space();
}

void Mmu::clear_engine_space() {
    // Nearly all of it has never been touched: give whole pages back rather than write them.
    u8* begin = m_tables->engine_space.data();
    u8* end = begin + engine_space_size;
    const auto up = reinterpret_cast<u8*>((reinterpret_cast<u64>(begin) + page_mask) & ~page_mask);
    const auto down = reinterpret_cast<u8*>(reinterpret_cast<u64>(end) & ~page_mask);
    std::memset(begin, 0, static_cast<std::size_t>(up - begin));
    std::memset(down, 0, static_cast<std::size_t>(end - down));
    if (madvise(up, static_cast<std::size_t>(down - up), MADV_DONTNEED) != 0)
        std::memset(up, 0, static_cast<std::size_t>(down - up));
}

void Mmu::flush_all() {
    if (m_windows) m_windows->clear_all();
    untrack_all();
    for (const bool user : {false, true}) {
        Table& table = m_lists[user];
        for (const List list : {local, global}) {
            for (const u16 i : table.filled[list]) clear(i, user, list);
            table.filled[list].clear();
            table.regions[list].reset();
        }
        table.large_regions.reset();
    }
    if (m_flush_listener) m_flush_listener->flushed_all();
}

void Mmu::flush_non_global() {
    for (const bool user : {false, true}) {
        Table& table = m_lists[user];
        for (const u16 i : table.filled[local]) {
            Entry& entry = m_tables->slow[user][i];
            if (entry.global)
                entry.lists &= static_cast<u8>(~(1u << local)); // it is in the other list as well
            else
                clear(i, user, local);
        }
        table.filled[local].clear();
        table.regions[local].reset();
    }
    if (m_flush_listener) m_flush_listener->flushed_non_global();
}

void Mmu::flush_page(LinearAddr address) {
    for (const bool user : {false, true}) {
        const Table& table = m_lists[user];
        if (entry_of(address, user).page == tag(address)) forget(index(address), user);
        if (!table.large_regions[region(address.value)]) continue;
        // Every entry of the page goes (SDM vol. 3A, 4.10.4.1), or of several, for 4 MiB is the larger size.
        const u32 region_tag = tag(address) >> 10;
        for (const auto& filled : table.filled)
            for (const u16 i : filled)
                if (const Entry& other = m_tables->slow[user][i]; other.large && other.page >> 10 == region_tag)
                    forget(i, user);
    }
    if (m_flush_listener) m_flush_listener->flushed_page(address);
}

void Mmu::set_watched_pages(std::vector<u64> page_numbers) {
    if (page_numbers == m_watched) return;
    m_watched = std::move(page_numbers);
    flush_all();
}

void Mmu::set_always_slow(bool on) {
    if (on == m_always_slow) return;
    m_always_slow = on;
    flush_all();
}

bool Mmu::watched(u64 page_number) const {
    return std::find(m_watched.begin(), m_watched.end(), page_number) != m_watched.end();
}

void Mmu::set_tags(u32 i, bool user) {
    forget_tags(i, user);
    Entry& entry = m_tables->slow[user][i];
    entry.device = nullptr;
    const u64 page = u32{~entry.page};
    if (m_always_slow || (!m_watched.empty() && watched(page))) return;
    const Frame frame = m_memory.frame(PhysAddr(entry.frame()));
    entry.device = frame.handler;
    FastTlb& fast = m_fast[user];
    if (frame.read_host) {
        fast.read_tag[i] = entry.page;
        fast.addend[i] = reinterpret_cast<u64>(frame.read_host) - (page << 12);
    }
    const bool dirty_known = !frame.dirty || frame.dirty->load(std::memory_order_relaxed) != 0;
    if (!frame.is_ram || !entry.writable || !dirty_known) return;
    const PhysAddr at(entry.frame());
    if (m_memory.has_table(at)) return;
    if (m_memory.has_code(at)) {
        if (!m_allows_beside_code) return;
        fast.write_tag[i] = entry.page ^ beside_code;
        fast.marks[i] = reinterpret_cast<u64>(m_memory.code_marks(at)) - ((page << 12) >> 3);
    } else {
        m_memory.set_open(at, true);
        fast.write_tag[i] = entry.page;
    }
    note_writer(at.page(), i, user);
}

Mmu::Entry* Mmu::find(LinearAddr address, Access access, u32& error_code) {
    const bool user = access.privilege == Privilege::User;
    const u32 i = index(address);
    Entry& entry = m_tables->slow[user][i];
    const bool hit = entry.page == tag(address) &&
                     (access.kind == AccessKind::Read || (access.kind == AccessKind::Write && entry.writable) ||
                      (access.kind == AccessKind::Fetch && entry.fetch_tag == tag(address)));
    if (!hit) {
        const Translation translation = walk(m_memory, m_context, address, access);
        if (!translation.ok) {
            error_code = translation.error_code;
            // The processor drops what it had cached for an address that faults (SDM vol. 3A, 4.10.4.1).
            if (entry.page == tag(address)) forget(i, user);
            return nullptr;
        }
        Table& table = m_lists[user];
        const List list = translation.global ? global : local;
        if ((entry.lists & 1u << list) == 0) table.filled[list].push_back(static_cast<u16>(i));
        entry.lists |= static_cast<u8>(1u << list);
        if (entry.page != 0) table.clear_page(~entry.page);
        table.set_page(address.value >> 12);
        entry.page = tag(address);
        entry.frame_number = static_cast<u32>(translation.address.page());
        entry.source = translation.source();
        entry.writable = translation.writable;
        entry.fetch_tag = translation.executable ? entry.page : 0;
        entry.global = translation.global;
        entry.large = translation.large;
        entry.kept = false;
        table.regions[list].set(region(address.value));
        if (translation.large) { // both halves of a possible 4 MiB page
            table.large_regions.set(region(address.value));
            table.large_regions.set(region(address.value) ^ 1);
        }
        if (m_watches_tables) {
            entry.kept = track(translation, address, 0);
            if (access.kind == AccessKind::Write && user) untrack(entry.frame()); // user code writes no page tables
        }
        set_tags(i, user);
    } else if (access.kind == AccessKind::Write && m_fast[user].write_tag[i] != entry.page) {
        if (user) untrack(entry.frame());
        if (m_fast[user].write_tag[i] == 0 || !m_memory.has_code(PhysAddr(entry.frame()))) set_tags(i, user);
    }
    return &entry;
}

Translation Mmu::translate(LinearAddr address, Access access) {
    Translation result;
    const Entry* entry = find(address, access, result.error_code);
    if (!entry) return result;
    result.ok = true;
    result.address = PhysAddr(entry->frame() + address.offset());
    result.writable = entry->writable;
    result.executable = entry->fetch_tag != 0;
    result.global = entry->global;
    return result;
}

bool Mmu::would_fetch(LinearAddr address, bool user, PhysAddr frame) {
    const Entry& entry = entry_of(address, user);
    if (entry.page == tag(address))
        return entry.kept && !entry.global && entry.fetch_tag != 0 && entry.frame() == frame.value;
    const Access access{AccessKind::Fetch, user ? Privilege::User : Privilege::Supervisor};
    const Translation t = probe(m_memory, m_context, address, access);
    return t.ok && t.accessed && !t.global && (t.address.value & ~page_mask) == frame.value && track(t, address, 0);
}

void Mmu::read_frame(const Entry& entry, u64 offset, std::span<u8> out) {
    const PhysAddr address(entry.frame() + offset);
    const Frame frame = m_memory.frame(address);
    if (frame.handler && std::has_single_bit(out.size()) && out.size() <= 8) {
        const u64 value = frame.handler->read(address, static_cast<unsigned>(out.size()));
        std::memcpy(out.data(), &value, out.size());
    } else {
        m_memory.read(address, out);
    }
}

void Mmu::write_frame(const Entry& entry, u64 offset, std::span<const u8> in) {
    const PhysAddr address(entry.frame() + offset);
    const Frame frame = m_memory.frame(address);
    if (frame.handler && std::has_single_bit(in.size()) && in.size() <= 8) {
        u64 value = 0;
        std::memcpy(&value, in.data(), in.size());
        frame.handler->write(address, static_cast<unsigned>(in.size()), value);
    } else {
        m_memory.write(address, in);
    }
}

MemoryOutcome Mmu::check(LinearAddr address, unsigned size, Access access) {
    u32 error_code = 0;
    if (!find(address, access, error_code)) return {false, error_code, address};
    const LinearAddr last = wrap(address.value + size - 1);
    if (last.page() != address.page()) {
        const LinearAddr second(last.value & ~page_mask);
        if (!find(second, access, error_code)) return {false, error_code, second};
    }
    return {};
}

MemoryOutcome Mmu::read(LinearAddr address, std::span<u8> out, Privilege privilege) {
    const Access access{AccessKind::Read, privilege};
    const u64 first = std::min<u64>(out.size(), page_size - address.offset());
    u32 error_code = 0;
    const Entry* entry = find(address, access, error_code);
    if (!entry) return {false, error_code, address};
    if (first == out.size()) {
        read_frame(*entry, address.offset(), out);
        return {};
    }
    const Entry front = *entry; // the second fill may reuse its slot
    const LinearAddr second = wrap(address.value + first);
    const Entry* back = find(second, access, error_code);
    if (!back) return {false, error_code, second};
    const Entry back_entry = *back;
    read_frame(front, address.offset(), out.first(first));
    read_frame(back_entry, 0, out.subspan(first));
    return {};
}

MemoryOutcome Mmu::write(LinearAddr address, std::span<const u8> in, Privilege privilege) {
    const Access access{AccessKind::Write, privilege};
    const u64 first = std::min<u64>(in.size(), page_size - address.offset());
    u32 error_code = 0;
    const Entry* entry = find(address, access, error_code);
    if (!entry) return {false, error_code, address};
    const Entry front = *entry; // a write may change the map or the tables under us
    if (first == in.size()) {
        write_frame(front, address.offset(), in);
        return {};
    }
    const LinearAddr second = wrap(address.value + first);
    const Entry* back = find(second, access, error_code);
    if (!back) return {false, error_code, second};
    const Entry back_entry = *back;
    write_frame(front, address.offset(), in.first(first));
    write_frame(back_entry, 0, in.subspan(first));
    return {};
}

std::size_t Mmu::debug_read(LinearAddr address, std::span<u8> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const Translation t = probe(m_memory, m_context, address, {AccessKind::Read, Privilege::Supervisor});
        if (!t.ok) break;
        const u64 count = std::min<u64>(out.size() - done, page_size - address.offset());
        const Frame frame = m_memory.frame(t.address);
        if (!frame.read_host) break; // reading a device's registers has side effects
        std::memcpy(out.data() + done, frame.read_host + t.address.offset(), count);
        done += count;
        address = wrap(address.value + count);
    }
    return done;
}

std::size_t Mmu::debug_write(LinearAddr address, std::span<const u8> in) {
    std::size_t done = 0;
    while (done < in.size()) {
        const Translation t = probe(m_memory, m_context, address, {AccessKind::Read, Privilege::Supervisor});
        if (!t.ok || !m_memory.frame(t.address).is_ram) break;
        const u64 count = std::min<u64>(in.size() - done, page_size - address.offset());
        m_memory.write(t.address, in.subspan(done, count));
        done += count;
        address = wrap(address.value + count);
    }
    return done;
}

void Mmu::protect_frame(PhysAddr frame) {
    if (!m_memory.is_open(frame)) return;
    m_memory.set_open(frame, false);
    drop_write_tags(PhysAddr(frame.value & ~page_mask), page_size);
}

void Mmu::note_writer(u64 frame_number, u32 i, bool user) {
    m_writers.grow(frame_number + 1);
    u32& writer = m_writers[frame_number];
    const u32 now = (i + 1) | (user ? user_writer : 0);
    writer = writer == 0 || writer == now ? now : several_writers;
}

void Mmu::drop_write_tags(PhysAddr begin, u64 size) {
    if (size == page_size) { // mostly there is one page, or none
        const u64 number = begin.value >> 12;
        const u32 writer = number < m_writers.size() ? std::exchange(m_writers[number], 0) : 0;
        if (writer != several_writers) {
            const u32 i = (writer & (user_writer - 1)) - 1;
            const bool user = (writer & user_writer) != 0;
            if (writer != 0 && m_tables->slow[user][i].frame() == begin.value) m_fast[user].write_tag[i] = 0;
            const Frame frame = m_memory.frame(begin);
            if (m_windows && frame.is_ram) m_windows->protect(frame.read_host, page_size);
            return;
        }
    }
    for (const bool user : {false, true})
        for (const auto& filled : m_lists[user].filled)
            for (const u16 i : filled)
                if (m_tables->slow[user][i].frame() - begin.value < size) m_fast[user].write_tag[i] = 0;
    if (!m_windows) return;
    for (u64 at = 0; at < size; at += page_size)
        if (const Frame frame = m_memory.frame(begin + at); frame.is_ram)
            m_windows->protect(frame.read_host, page_size);
}

} // namespace ringshift
