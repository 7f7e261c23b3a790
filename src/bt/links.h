// What leads from one block to another: patched exits, and the table that indirect branches look up.
//
// A link inside a page holds as long as both blocks do. One that crosses into another page, and every entry of the
// table, holds only as long as the linear page of its target is where it was: it is kept in the list of that page, in
// one of two indexes. Global pages outlive a CR3 load; INVLPG takes one page out of both. (The page that a link starts
// in does not matter: if that is mapped elsewhere, what is lost are the ways into it.) Every change costs the same
// however many links there are, and a flush costs as much as there is to flush.
//
// What the page tables say is watched, as a rule. Then links and entries need not go with a CR3 load: links_spaces.cpp.
//
// Patching code that may be on its way through the processor: whoever calls these during an instruction ends the block
// (Cpu::end_block), for CodeMemory::synchronise() comes before the next entry.
#pragma once

#include "bt/block.h"
#include "bt/code_cache.h"
#include "bt/observer.h"

#include <bitset>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace ringshift::bt {

/// The linear page that a block's first byte was fetched from.
struct TargetPage {
    u32 number = 0;
    bool global = false;
    bool large = false;   ///< INVLPG of any address in its 4 MiB may mean it
    bool crossed = false; ///< the block crosses into another page: any flush may mean it
};

/// An entry of the table of indirect branches.
struct Slot {
    Hook<Slot> in_page;
};

/// A linear page that shows a certain frame in one address space or several (links_spaces.cpp).
struct CodePage {
    u32 number = 0; ///< of the linear page
    u32 id = 0;
    PhysAddr frame;
    bool user = false;                  ///< for accesses of that privilege
    bool mixed = false;                 ///< it has been found by what is global, or by tables that are not watched
    List<Link, &Link::in_page> links;   ///< to here, that are kept
    List<Slot, &Slot::in_page> slots;   ///< the same
    List<Link, &Link::in_source> exits; ///< links that are kept, from here to such pages
    CodePage* next = nullptr;           ///< with the same number
};

class Links {
  public:
    explicit Links(Runtime& runtime);
    /// Once, before anything else.
    void set_memory(CodeMemory& memory) { m_memory = &memory; }
    /// May be null.
    void set_observer(Observer* observer) { m_observer = observer; }

    /// Makes a direct exit jump to `target`.
    void arm(Link& link, Block& target, const TargetPage& page);
    /// Makes indirect branches find `target`.
    void note_jump(const Block& target, const TargetPage& page);
    /// Which mode's entries of the table indirect branches find; `user`: its privilege.
    void set_mode(u32 mode, bool user) { m_runtime.context = context(mode, user); }

    // Address spaces (links_spaces.cpp).
    /// Whether `page` would be fetched from in the current address space.
    using Check = std::function<bool(const CodePage& page)>;
    void set_check(Check check) { m_check = std::move(check); }
    CodePage& page_at(u32 number, PhysAddr frame, bool user);
    /// There are too many pages: all blocks should go, and forget_all() be called.
    bool has_too_many_pages() const { return m_pages.size() >= most_pages || m_crowded; }
    /// Address space `number` is the current one from now on. Also when it already is, behind flush_range().
    void enter_space(u32 number, u64 serial);
    bool knows(const CodePage& page) const { return (m_known[page.id] >> m_space & 1) != 0; }
    /// The current address space runs code in `page`; `kept`: found by watched tables, and not as a global page.
    void enter_page(CodePage& page, bool kept);

    /// Nothing leads to the block any more.
    void isolate(Block& block);
    /// The block's own exits lead nowhere and are in no list: it is about to go.
    void detach_exits(Block& block);
    /// All blocks are about to go.
    void forget_all();

    void flush_page(LinearAddr address);
    /// Pages `first` to `first + pages - 1` of address spaces, large pages as a whole or not at all. True if anything
    /// has led there; then enter_space() has to be called before generated code goes on.
    bool flush_range(u32 first, u32 pages, u32 spaces);
    /// But for what address spaces keep.
    void flush_non_global();
    void flush_all();

  private:
    struct Page {
        List<Link, &Link::in_page> links;
        List<Slot, &Slot::in_page> slots;
    };
    struct Index {
        std::unordered_map<u32, Page> pages; ///< by linear page number
        std::bitset<2048> regions;           ///< 2 MiB regions that may have pages
    };

    u64 code_of(const Block& block) const {
        return reinterpret_cast<u64>(m_memory->executable(block.code_offset + block.entry));
    }
    u64 context(u32 mode, bool user) const {
        const SpaceState& space = m_spaces[m_space];
        return u64{mode + 1} << 32 | u64{user || space.alien ? space.tag : u16{0}} << 48;
    }
    static u32 slot_of(const Block& block) { return jump_index(block.key.eip); }
    Page& page_of(const TargetPage& page);
    void disarm(Link& link);
    static void note_refusal(Link& link);
    void clear(Slot& slot);
    void drop(Page& page);
    void drop(Index& index);
    bool drop(Index& index, u32 first, u32 pages);

    struct SpaceState {
        u64 serial = ~u64{0};
        u16 tag = 0;              ///< of its own entries of the table of indirect branches
        bool alien = false;       ///< does not share the system's entries
        u32 refusals = 0;         ///< of pages with such entries
        std::vector<u32> pending; ///< pages to look at before it runs, by id
    };
    static constexpr std::size_t most_pages = 16384;
    u32 bit() const { return u32{1} << m_space; }
    bool keeps(const Link& link, const Block& target) const;
    void begin_space();
    bool is_alien();
    void announce(const CodePage& page, u32 spaces);
    u32 sharing() const;
    void learn(CodePage& page);
    void refuse(CodePage& page);
    void clear_shared(CodePage& page);
    void clear_tagged(CodePage& page, u16 tag);
    void settle();
    bool drop(CodePage& page);
    template <typename Function>
    void for_each_page(u32 first, u32 pages, Function function);
    void drop_kept(u32 first, u32 pages);
    bool doubt(u32 first, u32 pages, u32 spaces);
    void forget_pages();

    Runtime& m_runtime;
    CodeMemory* m_memory = nullptr;
    Observer* m_observer = nullptr;
    struct Free {
        void operator()(Slot* slots) const { std::free(slots); }
    };
    std::unique_ptr<Slot[], Free> m_slots; ///< zeroed memory, untouched where nothing is noted
    Index m_local, m_global;
    Page m_crossed;            ///< dropped by every flush
    std::bitset<1024> m_large; ///< 4 MiB regions with targets in large pages

    Check m_check;
    std::deque<CodePage> m_pages;
    std::unordered_map<u32, CodePage*> m_by_number;
    std::array<std::vector<CodePage*>, 2048> m_by_region; ///< of 2 MiB
    bool m_crowded = false;                               ///< too many frames at one linear page
    std::vector<u32> m_known;     ///< by page id: the address spaces in which it is what it says, a bit for each
    std::vector<u32> m_announced; ///< by page id: those that have it among their pending ones
    std::array<SpaceState, Mmu::most_spaces> m_spaces;
    u32 m_space = 0; ///< the current one
    u32 m_live = 0;  ///< those that have been entered
    u16 m_last_tag = 0;
};

} // namespace ringshift::bt
