#include "mmu/mmu.h"

#include <algorithm>

namespace ringshift {

Mmu::Mmu(PhysicalMap& memory) : m_memory(memory) {}

void Mmu::flush_all() {
    for (Table& table : m_tables) {
        for (const u16 i : table.filled) m_entries[i] = Entry{};
        table.filled.clear();
        table.large_regions.reset();
    }
}

void Mmu::flush_non_global() {
    for (Table& table : m_tables) {
        std::erase_if(table.filled, [&](u16 i) {
            if (m_entries[i].global) return false;
            m_entries[i] = Entry{};
            return true;
        });
    }
}

void Mmu::flush_page(LinearAddr address) {
    const u64 page = address.value & ~page_mask;
    for (const bool user : {false, true}) {
        const Table& table = m_tables[user];
        Entry& entry = m_entries[index(address, user)];
        if (entry.page == page) entry.forget();
        if (!table.large_regions[region(page)]) continue;
        // Every entry of the page goes (SDM vol. 3A, 4.10.4.1), or of several, for 4 MiB is the larger size.
        constexpr u64 largest_page_mask = 0x3FFFFF;
        for (const u16 i : table.filled) {
            Entry& other = m_entries[i];
            if (other.large && (other.page | largest_page_mask) == (page | largest_page_mask)) other.forget();
        }
    }
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

void Mmu::set_tags(Entry& entry) {
    entry.read_tag = entry.write_tag = no_tag;
    if (m_always_slow || (!m_watched.empty() && watched(entry.page >> 12))) return;
    const Frame frame = m_memory.frame(PhysAddr(entry.frame));
    if (frame.read_host) {
        entry.read_tag = entry.page;
        entry.read_host = frame.read_host;
    }
    const bool dirty_known = !frame.dirty || frame.dirty->load(std::memory_order_relaxed) != 0;
    if (frame.is_ram && entry.writable && dirty_known && !m_memory.has_code(PhysAddr(entry.frame))) {
        entry.write_tag = entry.page;
        entry.write_host = frame.write_host;
    }
}

Mmu::Entry* Mmu::find(LinearAddr address, Access access, u32& error_code) {
    const bool user = access.privilege == Privilege::User;
    Table& table = m_tables[user];
    Entry& entry = m_entries[index(address, user)];
    const u64 page = address.value & ~page_mask;
    const bool hit = entry.page == page &&
                     (access.kind == AccessKind::Read || (access.kind == AccessKind::Write && entry.writable) ||
                      (access.kind == AccessKind::Fetch && entry.fetch_tag == page));
    if (!hit) {
        const Translation translation = walk(m_memory, m_context, address, access);
        if (!translation.ok) {
            error_code = translation.error_code;
            // The processor drops what it had cached for an address that faults (SDM vol. 3A, 4.10.4.1).
            if (entry.page == page) entry.forget();
            return nullptr;
        }
        if (!entry.listed) table.filled.push_back(static_cast<u16>(index(address, user)));
        entry.listed = true;
        entry.page = page;
        entry.frame = translation.address.value & ~page_mask;
        entry.writable = translation.writable;
        entry.fetch_tag = translation.executable ? page : no_tag;
        entry.global = translation.global;
        entry.large = translation.large;
        if (translation.large) { // both halves of a possible 4 MiB page
            table.large_regions.set(region(page));
            table.large_regions.set(region(page) ^ 1);
        }
        set_tags(entry);
    } else if (access.kind == AccessKind::Write && entry.write_tag == no_tag) {
        set_tags(entry); // the frame may have lost its code since
    }
    return &entry;
}

Translation Mmu::translate(LinearAddr address, Access access) {
    Translation result;
    const Entry* entry = find(address, access, result.error_code);
    if (!entry) return result;
    result.ok = true;
    result.address = PhysAddr(entry->frame + address.offset());
    result.writable = entry->writable;
    result.executable = entry->fetch_tag != no_tag;
    result.global = entry->global;
    return result;
}

void Mmu::read_frame(const Entry& entry, u64 offset, std::span<u8> out) {
    const PhysAddr address(entry.frame + offset);
    const Frame frame = m_memory.frame(address);
    if (frame.handler && std::has_single_bit(out.size()) && out.size() <= 8) {
        const u64 value = frame.handler->read(address, static_cast<unsigned>(out.size()));
        std::memcpy(out.data(), &value, out.size());
    } else {
        m_memory.read(address, out);
    }
}

void Mmu::write_frame(const Entry& entry, u64 offset, std::span<const u8> in) {
    const PhysAddr address(entry.frame + offset);
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

void Mmu::protect_frame(PhysAddr frame) { drop_write_tags(PhysAddr(frame.value & ~page_mask), page_size); }

void Mmu::drop_write_tags(PhysAddr begin, u64 size) {
    for (Table& table : m_tables)
        for (const u16 i : table.filled)
            if (m_entries[i].frame - begin.value < size) m_entries[i].write_tag = no_tag;
}

} // namespace ringshift
