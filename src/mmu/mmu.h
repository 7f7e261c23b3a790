// The memory of one CPU by linear address: the soft TLB before the page walk.
//
// The TLB is direct-mapped, one table per privilege, and holds for each kind of access a tag that matches only if the
// access can be done by host pointer at once: the page is RAM (or readable ROM), rights allow it, A and D are set, no
// code is tracked in it (stores) and no watchpoint lies in it. Everything else takes the slow path, which walks, fills,
// calls MMIO handlers, or returns a page fault as a value. Whoever has to see every access (alignment checking,
// journals) switches the fast path off.
//
// A fetch tag matches if code may be fetched: then `frame` is where it stands. Blocks are found by physical address, so
// it is this tag alone that connects a linear address with its code, and a flush costs one walk for each page.
//
// The index mixes in the bits above it: guests copy between blocks that are a power of two apart. A large page fills
// one entry for each 4 KiB of it that is used; which 2 MiB regions have such entries is kept aside, so that INVLPG of a
// small page, which is what systems do all day, looks at one entry.
#pragma once

#include "mmu/paging.h"

#include <array>
#include <bit>
#include <bitset>
#include <cstring>
#include <memory>

namespace ringshift {

/// The outcome of a slow access: done, or the page fault to raise.
struct [[nodiscard]] MemoryOutcome {
    bool ok = true;
    u32 error_code = 0;
    LinearAddr fault_address;
};

class Mmu {
  public:
    explicit Mmu(PhysicalMap& memory);

    const PagingContext& context() const { return m_context; }
    /// Replaces the context; the caller flushes what the change demands.
    void set_context(const PagingContext& context) { m_context = context; }
    PhysicalMap& memory() { return m_memory; }

    void flush_all();
    void flush_non_global();
    void flush_page(LinearAddr address);

    /// Linear page numbers whose every access must take the slow path (DR0-3, a debugger's watchpoints).
    void set_watched_pages(std::vector<u64> page_numbers);
    /// While on, no access takes the fast path.
    void set_always_slow(bool on);
    bool always_slow() const { return m_always_slow; }

    /// The host address of `size` bytes (a power of two) for reading, or null: take the slow path.
    const u8* fast_read(LinearAddr address, unsigned size, bool user) const {
        const Entry& entry = m_entries[index(address, user)];
        if (entry.read_tag != (address.value & ~page_mask) || address.offset() > page_size - size || m_always_slow)
            [[unlikely]]
            return nullptr;
        return entry.read_host + address.offset();
    }
    /// The same for writing; what may be written may be read.
    u8* fast_write(LinearAddr address, unsigned size, bool user) const {
        const Entry& entry = m_entries[index(address, user)];
        if (entry.write_tag != (address.value & ~page_mask) || address.offset() > page_size - size || m_always_slow)
            [[unlikely]]
            return nullptr;
        return entry.write_host + address.offset();
    }

    /// The physical address to fetch code from, if the TLB knows it.
    bool fast_fetch(LinearAddr address, bool user, PhysAddr& physical) const {
        const Entry& entry = m_entries[index(address, user)];
        if (entry.fetch_tag != (address.value & ~page_mask)) [[unlikely]]
            return false;
        physical = PhysAddr(entry.frame + address.offset());
        return true;
    }

    /// Any size up to 4096 bytes, at most one page boundary crossed (linear addresses wrap at 4 GiB); nothing is read
    /// or written unless all of it can be.
    MemoryOutcome read(LinearAddr address, std::span<u8> out, Privilege privilege);
    MemoryOutcome write(LinearAddr address, std::span<const u8> in, Privilege privilege);
    /// Checks that a write (or read) would succeed, and sets A and D as it would.
    MemoryOutcome check(LinearAddr address, unsigned size, Access access);

    /// The physical address for an access, by TLB or walk.
    Translation translate(LinearAddr address, Access access);
    /// For a debugger: no side effects, best rights. Returns the number of bytes that were there.
    std::size_t debug_read(LinearAddr address, std::span<u8> out);
    std::size_t debug_write(LinearAddr address, std::span<const u8> in);

    /// A frame got its first code, or lost all of it: write tags to it must go (or may come back).
    void protect_frame(PhysAddr frame);
    /// The same for every frame of a range (dirty tracking starts over).
    void drop_write_tags(PhysAddr begin, u64 size);

  private:
    struct alignas(64) Entry {
        u64 read_tag = no_tag;
        u64 write_tag = no_tag;
        u64 fetch_tag = no_tag;
        const u8* read_host = nullptr; ///< of the frame
        u8* write_host = nullptr;
        u64 page = no_tag; ///< the linear page address that this entry translates, fast or slow
        u64 frame = 0;     ///< physical address of the frame
        bool writable = false;
        bool global = false;
        bool large = false;
        bool listed = false; ///< in Table::filled

        void forget() { page = read_tag = write_tag = fetch_tag = no_tag; }
    };
    static constexpr u64 no_tag = ~u64{0};
    static constexpr std::size_t entries = 1024;
    struct Table {
        std::vector<u16> filled;         ///< indexes of entries that may be in use: a flush visits only these
        std::bitset<2048> large_regions; ///< 2 MiB regions of the linear space that may have entries of large pages
    };

    static std::size_t index(LinearAddr address, bool user) {
        return (user ? entries : 0) + (address.page() ^ (address.page() >> 10)) % entries;
    }
    static std::size_t region(u64 address) { return (address >> 21) % 2048; }
    static LinearAddr wrap(u64 address) { return LinearAddr(address & 0xFFFFFFFF); }
    /// The entry for an access, filled by a walk if need be; null with `fault` set.
    Entry* find(LinearAddr address, Access access, u32& error_code);
    void set_tags(Entry& entry);
    bool watched(u64 page_number) const;
    void write_frame(const Entry& entry, u64 offset, std::span<const u8> in);
    void read_frame(const Entry& entry, u64 offset, std::span<u8> out);

    PhysicalMap& m_memory;
    PagingContext m_context;
    std::array<Entry, 2 * entries> m_entries; ///< supervisor's, then user's
    std::array<Table, 2> m_tables;            ///< the same
    std::vector<u64> m_watched;
    bool m_always_slow = false;
};

} // namespace ringshift
