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
// A large page fills
// one entry for each 4 KiB of it that is used; which 2 MiB regions have such entries is kept aside, so that INVLPG of a
// small page, which is what systems do all day, looks at one entry.
#pragma once

#include "mmu/paging.h"
#include "mmu/windows.h"

#include <array>
#include <bit>
#include <bitset>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>

namespace ringshift {

/// The outcome of a slow access: done, or the page fault to raise.
struct [[nodiscard]] MemoryOutcome {
    bool ok = true;
    u32 error_code = 0;
    LinearAddr fault_address;
};

class Mmu final : TableWriteListener {
  public:
    explicit Mmu(PhysicalMap& memory);
    ~Mmu() override;

    const PagingContext& context() const { return m_context; }
    /// Replaces the context; the caller flushes what the change demands.
    void set_context(const PagingContext& context);
    PhysicalMap& memory() { return m_memory; }

    void flush_all();
    void flush_non_global();
    void flush_page(LinearAddr address);

    /// Linear page numbers whose every access must take the slow path (DR0-3, a debugger's watchpoints).
    void set_watched_pages(std::vector<u64> page_numbers);
    /// While off, write_beside_code() always says no.
    void set_beside_code(bool on) { m_allows_beside_code = on; }
    /// While on, no access takes the fast path.
    void set_always_slow(bool on);
    bool always_slow() const { return m_always_slow; }

    /// The part of the TLB that translated code reads by itself, one for each privilege. A tag is the complement of the
    /// page number that it stands for, so zeroed memory matches nothing: an access of `size` bytes at `address` is fast
    /// if tag[index(address)] + ((address + size - 1) >> 12) + 1 == 0 in 32 bits. Because the index is that of the
    /// first byte and the page that of the last, an access across a page never matches. Its host address is addend +
    /// address.
    struct FastTlb {
        static constexpr std::size_t entries = 65536; ///< the index is the lower half of the page number
        std::array<u32, entries> read_tag;
        std::array<u32, entries> write_tag;
        std::array<u64, entries> addend;
        std::array<u64, entries> marks; ///< of frames with code: where their marks are, less (linear address >> 3)
    };
    /// The write tag of a page that could be written but for the code in its frame has this bit wrong: what is not
    /// marked as code may be written. The bit is above all page numbers, and below those by which translated code lets
    /// a match fail where an operand is not aligned (bits 28 to 31, bt/emit_memory.cpp).
    static constexpr u32 beside_code = 1u << 27;
    /// Supervisor's, then user's; aligned to 64 bytes, at the same address for the life of the Mmu.
    FastTlb* fast_tlb() { return m_fast; }
    /// Zeroed memory for the tables of an engine, at a fixed distance from fast_tlb(), so that generated code reaches
    /// both with one base register.
    static constexpr std::size_t engine_space_size = 3 << 20;
    std::span<u8> engine_space() { return m_tables->engine_space; }
    /// Zeroes it again.
    void clear_engine_space();

    /// Memory windows, one for each privilege, that show what the tables above say. An error leaves things as they are.
    struct WindowOptions {
        u32 most_mappings = 0; ///< of the host's, at once; 0: what is reasonable
        bool runs = true;      ///< show neighbours and large pages together (mmu_fill.cpp)
        bool around = true;    ///< with runs: what is near by as well
        bool enter = true;     ///< have the host enter pages in its tables at once
        bool home = false;     ///< one of them may have base 0 (mmu_home.cpp)
        bool worth = false;    ///< address spaces whose misses cost more than they run lose their windows
    };
    Result<> open_windows(const WindowOptions& options);
    void close_windows();
    /// The address of the current address space's window for `user`: 0 is that at home. Nothing: there is none to be
    /// had, or every access has to be looked at.
    std::optional<u64> window(bool user, bool may_be_home = true) {
        if (!m_windows || m_always_slow) return std::nullopt;
        if (m_home && may_be_home && !m_spaces[m_space].asked[user]) ask_for_home(user);
        const std::optional<Windows::Id> id = m_spaces[m_space].windows[user];
        return id ? m_windows->base(*id) : give_window(user);
    }
    /// The same, if it has one already.
    std::optional<u64> window_now(bool user) const {
        if (!m_windows || m_always_slow || !m_spaces[m_space].windows[user]) return std::nullopt;
        return m_windows->base(*m_spaces[m_space].windows[user]);
    }
    /// Whether the current address space has run enough for a window, in whatever unit its user counts: `at_first`
    /// before it has ever had one, and twice as much each time that its misses have used up what it had run. Kept as
    /// long as its windows are. Not from within translated code.
    bool deserves_window(u64 at_first) {
        Space& space = m_spaces[m_space];
        return space.deserving || (space.work >= at_first << space.losses ? begin_deserving() : false);
    }
    /// Whether user code has run in the current address space, as far as note_user_code() was told.
    bool has_run_user_code() const { return m_spaces[m_space].users; }
    void note_user_code() { m_spaces[m_space].users = true; }
    /// It has run so much more, in user code if it is to be at home for that. Which window is whose may be another
    /// then: not from within translated code.
    void add_window_work(u64 work, bool may_be_home = true);
    /// A miss of its window has cost as much as running so much.
    void charge_window(u64 work);
    /// After an access through the window has faulted: true if it will succeed now. Else it is to be done by read() or
    /// write(), after which it may be worth while to ask again. May be called in a signal handler, if the signal is the
    /// doing of the code that it interrupts.
    bool fill_window(LinearAddr address, bool user, bool write);
    /// The same for what the soft TLB does not know, if the walk would have no effect on the guest's page tables.
    bool refill_window(LinearAddr address, bool user, bool write);
    const Windows* windows() const { return m_windows.get(); }

    /// The host address of `size` bytes (a power of two) for reading, or null: take the slow path.
    const u8* fast_read(LinearAddr address, unsigned size, bool user) const {
        const FastTlb& fast = m_fast[user];
        const u32 at = static_cast<u32>(address.value);
        const u32 i = index(address);
        if (fast.read_tag[i] + ((at + size - 1) >> 12) + 1 != 0) [[unlikely]]
            return nullptr;
        return reinterpret_cast<const u8*>(fast.addend[i] + at);
    }
    /// The same for writing; what may be written may be read.
    u8* fast_write(LinearAddr address, unsigned size, bool user) const {
        const FastTlb& fast = m_fast[user];
        const u32 at = static_cast<u32>(address.value);
        const u32 i = index(address);
        if (fast.write_tag[i] + ((at + size - 1) >> 12) + 1 != 0) [[unlikely]]
            return nullptr;
        return reinterpret_cast<u8*>(fast.addend[i] + at);
    }

    /// The host address for writing `size` bytes (1 to 16) of a page that holds code, none of which they are; else
    /// null.
    u8* write_beside_code(LinearAddr address, unsigned size, bool user) {
        u8* place = place_beside_code(address, size, user);
        if (place && ++m_beside_code % 64 == 0) set_tags(index(address), user); // perhaps the code has long gone
        return place;
    }

    /// Why an access of `size` bytes (1 to 16) has no fast path, if that is likely to last.
    enum class SlowCause : u8 { other, device, beside_code };
    SlowCause slow_cause(LinearAddr address, unsigned size, bool user, bool write) const {
        const Entry& entry = entry_of(address, user);
        if (entry.page != tag(address)) return SlowCause::other;
        if (entry.device) return SlowCause::device;
        return write && place_beside_code(address, size, user) ? SlowCause::beside_code : SlowCause::other;
    }
    /// The device that an access of `size` bytes is for, if the TLB knows that it may go there and nobody else has to
    /// see it; `physical`: where.
    MmioHandler* device(LinearAddr address, unsigned size, bool user, bool write, PhysAddr& physical) const {
        const Entry& entry = entry_of(address, user);
        if (entry.page != tag(address) || !entry.device || (write && !entry.writable)) return nullptr;
        if (address.offset() + size > page_size || m_always_slow || !m_watched.empty()) return nullptr;
        physical = PhysAddr(entry.frame() + address.offset());
        return entry.device;
    }

    /// The physical address to fetch code from, if the TLB knows it.
    bool fast_fetch(LinearAddr address, bool user, PhysAddr& physical) const {
        const Entry& entry = entry_of(address, user);
        if (entry.fetch_tag != tag(address)) [[unlikely]]
            return false;
        physical = PhysAddr(entry.frame() + address.offset());
        return true;
    }
    /// Whether the fetch that fast_fetch() answers comes from a global page, or a large one.
    bool fetches_global(LinearAddr address, bool user) const { return entry_of(address, user).global; }
    bool fetches_large(LinearAddr address, bool user) const { return entry_of(address, user).large; }

    /// Whether that fetch comes from page tables that are watched: then it stays true for this address space until a
    /// FlushListener is told otherwise, whatever is loaded into CR3 meanwhile.
    bool fetches_kept(LinearAddr address, bool user) const { return entry_of(address, user).kept; }
    /// Whether code at `address` would be fetched from this frame, by watched page tables and with no effect on them.
    bool would_fetch(LinearAddr address, bool user, PhysAddr frame);

    /// Address spaces: whatever the page walk depends on beside memory. The current one's number, which is used again
    /// when it is forgotten, and its serial, which is not. They mean something while page tables are watched.
    static constexpr std::size_t most_spaces = 31;
    u32 space() const { return static_cast<u32>(m_space); }
    u64 space_serial() const { return m_spaces[m_space].serial; }

    /// Told when translations of linear addresses are forgotten; links between pages of code depend on them.
    class FlushListener {
      public:
        virtual ~FlushListener() = default;
        virtual void flushed_page(LinearAddr address) = 0; ///< with the large page around it, if `address` lies in one
        /// Nothing beside them, and no other address spaces than those in `spaces`, a bit for each by number.
        virtual void flushed_range(u32 first_page, u32 pages, u32 spaces) = 0;
        virtual void flushed_non_global() = 0;
        virtual void flushed_all() = 0;
    };
    void set_flush_listener(FlushListener* listener) { m_flush_listener = listener; }

    /// Told when a store has changed translations, or what may be written by the fast path.
    class ChangeListener {
      public:
        virtual ~ChangeListener() = default;
        virtual void translations_changed() = 0;
    };
    void set_change_listener(ChangeListener* listener) { m_change_listener = listener; }
    /// While on, a store to a page table takes effect at once (mmu_tables.cpp). Windows need it; engines that are to
    /// agree to the last access have it both or neither.
    void watch_page_tables(bool on);
    bool watches_page_tables() const { return m_watches_tables; }

    /// Any size up to 4096 bytes, at most one page boundary crossed (linear addresses wrap at 4 GiB); nothing is read
    /// or written unless all of it can be.
    MemoryOutcome read(LinearAddr address, std::span<u8> out, Privilege privilege);
    MemoryOutcome write(LinearAddr address, std::span<const u8> in, Privilege privilege);
    /// Checks that a write (or read) would succeed, and sets A and D as it would.
    MemoryOutcome check(LinearAddr address, unsigned size, Access access);

    /// As many bytes as that, within a page, are about to be written at once, but not by fast_write(): if only because
    /// of page tables that were there, these are watched no longer, and the write is fast from the next time on.
    void note_long_write(LinearAddr address, u64 bytes, bool user);

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
    struct Entry {            // 32 bytes: a guest that uses all of its memory fills most of them
        u32 page = 0;         ///< tag() of the page that this entry translates, fast or slow; 0: none
        u32 fetch_tag = 0;    ///< the same if code may be fetched
        u32 frame_number = 0; ///< physical addresses have at most 44 bits
        bool writable : 1 = false;
        bool global : 1 = false;
        bool large : 1 = false;
        bool kept : 1 = false;         ///< the page tables on the way are watched
        u8 lists = 0;                  ///< bit by List: those that have it
        u64 source = 0;                ///< Translation::source() of the walk
        MmioHandler* device = nullptr; ///< behind the frame, if it is no memory
        /// Its physical address.
        u64 frame() const { return u64{frame_number} * page_size; }
    };
    static_assert(sizeof(Entry) == 32);
    static constexpr std::size_t entries = FastTlb::entries;
    /// Global pages have a list of their own: a flush that spares them, at each CR3 load, does not look at them at all.
    enum List : u8 { local, global };
    struct Table {
        std::array<std::vector<u16>, 2>
            filled; ///< by List: indexes of entries that may be in use, for flushes to visit
        std::array<std::bitset<2048>, 2> regions; ///< by List: 2 MiB regions of the linear space that may have entries
        std::bitset<2048> large_regions;          ///< .. and entries of large pages
        ZeroedTable<u64> pages{(u64{1} << 20) / 64}; ///< a bit for each page that may have an entry

        void set_page(u64 number) { pages[number / 64] |= u64{1} << number % 64; }
        void clear_page(u64 number) { pages[number / 64] &= ~(u64{1} << number % 64); }
    };
    struct Tables { // zeroed memory: all empty, and untouched pages cost nothing
        std::array<FastTlb, 2> fast;
        alignas(64) std::array<u8, engine_space_size> engine_space;
        std::array<std::array<Entry, entries>, 2> slow;
    };
    struct Release {
        void operator()(Tables* tables) const;
    };

    static u32 index(LinearAddr address) { return static_cast<u32>(address.value >> 12) % entries; }
    /// Never 0.
    static u32 tag(LinearAddr address) { return ~static_cast<u32>(address.value >> 12); }
    const Entry& entry_of(LinearAddr address, bool user) const { return m_tables->slow[user][index(address)]; }
    Entry& entry_of(LinearAddr address, bool user) { return m_tables->slow[user][index(address)]; }
    void forget_tags(u32 i, bool user) { m_fast[user].read_tag[i] = m_fast[user].write_tag[i] = 0; }
    void forget(u32 i, bool user) {
        Entry& entry = m_tables->slow[user][i];
        m_lists[user].clear_page(~entry.page);
        entry.page = entry.fetch_tag = 0;
        forget_tags(i, user);
    }
    /// Of a list that the caller empties.
    void clear(u32 i, bool user, List list) {
        Entry& entry = m_tables->slow[user][i];
        if (entry.page != 0) m_lists[user].clear_page(~entry.page);
        entry = {.lists = static_cast<u8>(entry.lists & ~(1u << list))};
        forget_tags(i, user);
    }
    static std::size_t region(u64 address) { return (address >> 21) % 2048; }
    static LinearAddr wrap(u64 address) { return LinearAddr(address & 0xFFFFFFFF); }
    /// The entry for an access, filled by a walk if need be; null with `fault` set.
    Entry* find(LinearAddr address, Access access, u32& error_code);
    u8* place_beside_code(LinearAddr address, unsigned size, bool user) const {
        const FastTlb& fast = m_fast[user];
        const u32 at = static_cast<u32>(address.value);
        const u32 i = index(address);
        if (fast.write_tag[i] + ((at + size - 1) >> 12) + 1 != 0u - beside_code) return nullptr;
        u32 marks;
        std::memcpy(&marks, reinterpret_cast<const u8*>(fast.marks[i] + (at >> 3)), sizeof marks);
        if ((marks >> (at & 7) & ((1u << size) - 1)) != 0) return nullptr;
        return reinterpret_cast<u8*>(fast.addend[i] + at);
    }
    void set_tags(u32 i, bool user);
    void note_writer(u64 frame_number, u32 i, bool user);
    bool watched(u64 page_number) const;
    void write_frame(const Entry& entry, u64 offset, std::span<const u8> in);
    void read_frame(const Entry& entry, u64 offset, std::span<u8> out);

    // Page tables that translations have been read from (mmu_tables.cpp).
    struct TableUse {
        u32 first = 0;   ///< linear page that its first entry stands for
        u32 pages = 0;   ///< that each entry stands for
        u64 windows = 0; ///< bit by Windows::Id: those that show pages found by it
        u32 spaces = 0;  ///< bit by number: the address spaces with translations from it
        u8 entry_size = 0;
    };
    struct TableFrame {
        std::vector<TableUse> uses;
        u32 writes = 0; ///< since a translation was read from it last
    };
    struct RecentTables {
        std::array<u64, 2> tables{};
        u64 generation = 0;
        u32 space = 0;
    };
    void table_write(PhysAddr address, u64 size) override;
    /// Remembers where a translation came from. False: it depends on what cannot be watched.
    bool track(const Translation& translation, LinearAddr address, u64 window_bit);
    TableUse& use_of(u64 frame, const TableUse& use);
    bool comes_from(u32 i, bool user, u64 table) const {
        const u64 source = m_tables->slow[user][i].source;
        return source >> 32 == table || (source & 0xFFFFFFFF) == table;
    }
    void forget_entries(u64 table, u32 first, u32 pages, bool user);
    void forget_range(u64 frame, const TableUse& use, u32 first, u32 pages);
    void untrack(u64 frame);
    void untrack_all();

    // Windows (mmu_windows.cpp).
    struct Space {
        PagingContext context;                             ///< as far as it counts
        std::array<std::optional<Windows::Id>, 2> windows; ///< supervisor's and user's
        u64 serial = 0;
        u64 used = 0;
        u64 work = 0;           ///< run, less what was charged
        bool deserving = false; ///< may have windows
        bool users = false;     ///< has run user code
        u8 losses = 0;          ///< times that it has lost them for their misses
        // mmu_home.cpp:
        std::array<std::optional<Windows::Id>, 2>
            elsewhere{};             ///< while one of `windows` is at home: what it was before
        std::array<bool, 2> asked{}; ///< whether there was a look at who should be at home
        u64 lately = 0;              ///< work, of which half is forgotten now and then
    };
    static PagingContext what_counts(PagingContext context);
    void select_space();
    static void forget_merits(Space& space);
    void forget_work(u64 table);
    bool begin_deserving();
    std::optional<u64> give_window(bool user);
    // Which address space is at home (mmu_home.cpp).
    void ask_for_home(bool user);
    void move_home(bool user);

    // Filling them (mmu_fill.cpp).
    struct Showing {
        const u8* host = nullptr; ///< the page, or null: it is not to be shown
        PhysAddr at;
        bool writable = false;
    };
    struct Run {
        u32 begin, end; ///< page numbers; `end` is exclusive
    };
    Showing showing(u32 page, const Translation& t, bool user) const;
    Showing showing_near(u32 other, u32 page, const Translation& found, bool user) const;
    Run run_around(Windows::Id id, u32 page, const Showing& shown, const Translation& found, bool user,
                   Run limits) const;
    bool show(Windows::Id id, u32 page, Run run, const Showing& shown);
    bool show_near(Windows::Id id, u32 page, const Showing& shown, const Translation& found, bool user);

    PhysicalMap& m_memory;
    PagingContext m_context;
    std::unique_ptr<Tables, Release> m_tables; ///< supervisor's, then user's
    FastTlb* m_fast;                           ///< in m_tables
    std::array<Table, 2> m_lists;              ///< the same order
    FlushListener* m_flush_listener = nullptr;
    std::vector<u64> m_watched;
    bool m_always_slow = false;
    bool m_allows_beside_code = true;
    u32 m_beside_code = 0;              ///< how often write_beside_code() has said yes
    std::unique_ptr<Windows> m_windows; ///< or null
    WindowOptions m_window_options;
    std::vector<Space> m_spaces = std::vector<Space>(1); ///< while page tables are watched: those known
    std::size_t m_space = 0;                             ///< the current one
    std::size_t m_other_space = 0;                       ///< the one before it
    u64 m_last_serial = 0;
    std::optional<Windows::Id> m_home;
    struct Tenant {
        std::size_t space;
        bool user;
    };
    std::optional<Tenant> m_at_home;
    u64 m_work_in_period = 0;
    u64 m_clock = 0;

    ChangeListener* m_change_listener = nullptr;
    bool m_watches_tables = false;
    /// By frame number: which entry may have the frame's only write tag (index + 1, and a bit for user's), or that
    /// there may be several; 0: there is none.
    ZeroedTable<u32> m_writers;
    static constexpr u32 user_writer = 1u << 20, several_writers = ~u32{0};
    std::unordered_map<u64, TableFrame> m_table_frames; ///< by address
    std::array<RecentTables, 2048> m_recent_tables{};   ///< by 2 MiB of the linear space: what track() was told last
    u64 m_generation = 1;                               ///< of m_recent_tables
    u64 m_written_table = ~u64{0};                      ///< the frame that was written last
};

} // namespace ringshift
