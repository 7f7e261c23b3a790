// The memory of one CPU by linear address: the soft TLB before the page walk.
//
// The TLB is direct-mapped, one table per privilege, and holds for each kind of access a tag that matches only if the
// access can be done by host pointer at once: the page is RAM (or readable ROM), rights allow it, A and D are set, no
// code is tracked in it (stores) and no watchpoint lies in it. Everything else takes the slow path, which walks, fills,
// calls MMIO handlers, or returns a page fault as a value. A second pair of tables, whose tags never match, serves
// whoever has to see every access: alignment checking and journals.
#pragma once

#include "mmu/paging.h"

#include <array>
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
    /// Grows with every flush, fill of another page over an old one excluded: cached fetch translations compare it.
    u64 generation() const { return m_generation; }

    /// Pages whose every access must take the slow path (watchpoints): up to 4 of DR0-3 and any number of a debugger's.
    void set_watched_pages(std::vector<u64> page_numbers);
    /// While on, no access takes the fast path.
    void set_always_slow(bool on) { m_always_slow = on; }
    bool always_slow() const { return m_always_slow; }

    /// The host address of `size` bytes (a power of two) for reading, or null: take the slow path.
    const u8* fast_read(LinearAddr address, unsigned size, bool user) const {
        const Entry& entry = m_tables[user][index(address)];
        if (entry.read_tag != (address.value & ~page_mask) || address.offset() > page_size - size || m_always_slow)
            [[unlikely]]
            return nullptr;
        return entry.read_host + address.offset();
    }
    /// The same for writing; what may be written may be read.
    u8* fast_write(LinearAddr address, unsigned size, bool user) const {
        const Entry& entry = m_tables[user][index(address)];
        if (entry.write_tag != (address.value & ~page_mask) || address.offset() > page_size - size || m_always_slow)
            [[unlikely]]
            return nullptr;
        return entry.write_host + address.offset();
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

  private:
    struct Entry {
        u64 read_tag = no_tag;
        u64 write_tag = no_tag;
        const u8* read_host = nullptr;
        u8* write_host = nullptr;
        u64 page = no_tag; ///< linear page address this entry translates, for the slow path
        u64 frame = 0;     ///< physical address of the frame
        bool writable = false;
        bool executable = false;
        bool global = false;
    };
    static constexpr u64 no_tag = ~u64{0};
    static constexpr std::size_t entries = 1024;
    using Table = std::array<Entry, entries>;

    static std::size_t index(LinearAddr address) { return address.page() % entries; }
    Entry* lookup_or_fill(LinearAddr address, Access access, Translation& fault);
    void fill(Entry& entry, LinearAddr address, const Translation& translation);
    bool watched(u64 page_number) const;
    LinearAddr wrap(LinearAddr address) const { return LinearAddr(address.value & 0xFFFFFFFF); }

    PhysicalMap& m_memory;
    PagingContext m_context;
    std::unique_ptr<Table[]> m_tables; ///< [0] supervisor, [1] user
    std::vector<u64> m_watched;
    u64 m_generation = 1;
    bool m_always_slow = false;
};

} // namespace ringshift
