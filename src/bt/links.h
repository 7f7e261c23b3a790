// What leads from one block to another: patched exits, and the table that indirect branches look up.
//
// A link inside a page holds as long as both blocks do. One that crosses into another page, and every entry of the
// table, holds only as long as the linear page of its target is where it was: it is kept in the list of that page, in
// one of two indexes. Global pages outlive a CR3 load; INVLPG takes one page out of both. (The page that a link starts
// in does not matter: if that is mapped elsewhere, what is lost are the ways into it.) Every change costs the same
// however many links there are, and a flush costs as much as there is to flush.
//
// Patching code that may be on its way through the processor: whoever calls these during an instruction ends the block
// (Cpu::end_block), for CodeMemory::synchronise() comes before the next entry.
#pragma once

#include "bt/block.h"
#include "bt/code_cache.h"
#include "bt/observer.h"

#include <bitset>
#include <cstdlib>
#include <memory>
#include <unordered_map>

namespace ringshift::bt {

/// The linear page that a block's first byte was fetched from.
struct TargetPage {
    u32 number = 0;
    bool global = false;
    bool large = false;   ///< INVLPG of any address in its 4 MiB may mean it
    bool crossed = false; ///< the block crosses into another page: any flush may mean it
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
    /// Which mode's entries of the table indirect branches find.
    void set_mode(u32 mode) { m_runtime.context = context(mode); }

    /// Nothing leads to the block any more.
    void isolate(Block& block);
    /// The block's own exits lead nowhere and are in no list: it is about to go.
    void detach_exits(Block& block);
    /// All blocks are about to go.
    void forget_all();

    void flush_page(LinearAddr address);
    /// Pages `first` to `first + pages - 1`, large pages as a whole or not at all. True if anything has led there.
    bool flush_range(u32 first, u32 pages);
    void flush_non_global();
    void flush_all();

  private:
    struct Slot { ///< of the table of indirect branches
        Hook<Slot> in_page;
    };
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
    static u64 context(u32 mode) { return u64{mode + 1} << 32; }
    static u32 slot_of(const Block& block) { return jump_index(block.key.eip); }
    Page& page_of(const TargetPage& page);
    void disarm(Link& link);
    void clear(Slot& slot);
    void drop(Page& page);
    void drop(Index& index);
    bool drop(Index& index, u32 first, u32 pages);

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
};

} // namespace ringshift::bt
