// Memory windows: host regions of 4 GiB that have the guest's pages where the guest's linear addresses say, so that
// translated code can leave address translation to the host's own processor. The essay is in windows.cpp.
#pragma once

#include "base/result.h"
#include "base/zeroed_table.h"
#include "mmu/physical_map.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ringshift {

/// The only place that maps, unmaps and changes rights in windows. It does not know why.
class Windows {
  public:
    using Id = u32;
    static constexpr u64 size = u64{1} << 32;
    static constexpr u64 guard = 64 << 10; ///< on both sides; nothing is ever mapped there
    static constexpr u32 most_windows = 64;

    /// `memory`: what may be mapped. `most_mappings` at once, of the host's limit for the process; 0: what is
    /// reasonable. The error says what the host lacks.
    static Result<std::unique_ptr<Windows>> create(std::vector<SharedMemory> memory, u32 most_mappings = 0);
    ~Windows();

    /// An empty window; there are most_windows of them.
    Result<Id> open();
    /// The same, with base 0: a guest's addresses are the host's. One in a process at most; its first pages cannot be
    /// mapped, so that a null pointer of ours leads nowhere.
    Result<Id> open_home();
    static constexpr u32 first_at_home = guard / page_size;
    u32 count() const { return static_cast<u32>(m_windows.size()); }
    u64 base(Id id) const { return m_windows[id].base; }
    u32 mappings() const { return m_mappings; }
    struct Counts {
        u64 pages = 0;    ///< shown now
        u64 mapped = 0;   ///< pages, by map()
        u64 unmapped = 0; ///< pages, one by one or in ranges
        u64 emptied = 0;  ///< windows with something in them
    };
    const Counts& counts() const { return m_counts; }
    u32 most_mappings() const { return m_most_mappings; }

    /// Pages from `page` (linear address / 4 KiB) on show as many pages from `host` on, which lie in one piece of
    /// memory. False: they cannot, or do already.
    bool map(Id id, u32 page, u32 count, const u8* host, bool writable);
    void unmap(Id id, u32 page);
    /// Unmaps pages `first` to `last`.
    void unmap(Id id, u32 first, u32 last);
    void clear(Id id);
    void clear_all();
    /// No window may write these bytes any more.
    void protect(const u8* host, u64 bytes);
    /// The window is in use: others are emptied before it when mappings run out.
    void touch(Id id) { m_windows[id].used = ++m_clock; }
    bool maps(Id id, u32 page) const { return m_windows[id].pages[page].mapped(); }
    bool shows(Id id, u32 page, bool writable) const {
        return maps(id, page) && m_windows[id].pages[page].writable() == writable;
    }
    /// Whether `count` more mappings can be made without emptying a window.
    bool has_room(u32 count) const { return m_mappings + count + splits <= m_most_mappings; }
    /// On: the host enters pages in its own tables when they are mapped, not when they are used.
    void set_entered_at_once(bool on) { m_entered_at_once = on; }

  private:
    static constexpr u32 pages_in_window = 1 << 20;
    static constexpr u32 splits = 2; ///< mappings that mapping or unmapping something may add
    struct Page {
        u32 frame_and_flags = 0;    ///< number of the frame + 1 (0: nothing is mapped), and flags
        u32 previous = 0, next = 0; ///< references to other pages that show the frame
        static constexpr u32 writable_flag = 1u << 31, listed_flag = 1u << 30, frame_mask = listed_flag - 1;
        bool mapped() const { return (frame_and_flags & frame_mask) != 0; }
        u32 frame() const { return (frame_and_flags & frame_mask) - 1; }
        bool writable() const { return (frame_and_flags & writable_flag) != 0; }
    };
    struct Window {
        u64 base = 0;
        Page* pages = nullptr;   ///< zeroed memory, untouched where nothing is mapped
        std::vector<u32> filled; ///< pages that may be mapped
        u64 used = 0;
    };
    struct File {
        const u8* host;
        u64 size;
        int fd;
        u32 first; ///< number of its first frame; numbers of two files are never neighbours
    };

    Windows(std::vector<SharedMemory> memory, u32 most_mappings);
    /// Where a window's guard begins, or the home's hole.
    static u64 begin_of(u64 base) { return base == 0 ? guard : base - guard; }
    static u64 end_of(u64 base) { return base + size + guard; }
    /// Nothing: something else is there.
    Result<std::optional<Id>> open_at(u64 place);
    const File* file_of(const u8* host) const;
    const File& file_of(u32 frame) const;
    static u32 reference(Id id, u32 page) { return (id << 20 | page) + 1; }
    Page& page_of(u32 reference) { return m_windows[(reference - 1) >> 20].pages[(reference - 1) % pages_in_window]; }
    void link(Id id, u32 page, u32 frame, bool writable);
    void unlink(Id id, u32 page);
    /// Whether the host has to begin a mapping at this page.
    bool begins(const Window& window, u32 page) const;
    u32 beginnings(const Window& window, u32 page) const {
        return u32{begins(window, page)} + (page + 1 < pages_in_window ? u32{begins(window, page + 1)} : 0);
    }
    void make_room(Id keep);

    std::vector<File> m_files;
    std::vector<Window> m_windows;
    ZeroedTable<u32> m_shown; ///< by frame: reference to the first page that shows it
    u32 m_mappings = 0;
    bool m_entered_at_once = true;
    Counts m_counts;
    u32 m_most_mappings;
    u64 m_clock = 0;
};

} // namespace ringshift
