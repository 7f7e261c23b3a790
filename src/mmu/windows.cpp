// A window is a hole in the host's address space with guards around it. Pages of the guest's RAM, which is a file in
// memory, are mapped into the hole where they are used; whatever is not mapped faults, and the fault is where
// everything else is decided. Holes and not reservations: to map a page into a hole costs the host 2.5 to 3.5 us, into
// memory reserved with PROT_NONE 7.6 us. So the holes must lie where no other mapping ever goes: a stray one would be
// the guest's to read and write. The kernel places mappings downwards from the stack's end or upwards from a third of
// the address space; windows lie far below both, each place is claimed by mapping it whole, and every mapping of a page
// is made with MAP_FIXED_NOREPLACE.
//
// One window of a process can be at home: its base is 0, and translated code needs no segment's base (which costs the
// host two cycles for each load that another waits for, and half of its stores). Nothing of a program that may lie
// anywhere lies in the first 4 GiB; the kernel puts nothing there unless it is asked to (MAP_32BIT).
//
// The host allows a process a certain number of mappings (vm.max_map_count). Neighbouring pages of neighbouring frames
// with equal rights share one, so mappings are counted as the host counts them. When they run out, the windows that
// were used longest ago are emptied.
//
// A mapped page costs the host a fault of its own at its first use, 1 us, if it is not entered in the host's page
// tables when it is mapped (MAP_POPULATE): 0.5 us for one page, 0.1 us for each of many.
#include "mmu/windows.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sys/mman.h>

namespace ringshift {

namespace {

constexpr u64 first_place = 0x100000000000, last_place = 0x2A0000000000, place_stride = u64{8} << 30;
constexpr u32 reserve = 4096; ///< mappings left to the rest of the process

u32 reasonable_mappings() {
    std::ifstream file("/proc/sys/vm/max_map_count");
    u64 limit = 0;
    if (!(file >> limit)) limit = 65530;
    return limit > 2 * reserve ? static_cast<u32>(std::min<u64>((limit - reserve) / 2, 1 << 18)) : 0;
}

void* at(u64 address) { return reinterpret_cast<void*>(address); }

} // namespace

Result<std::unique_ptr<Windows>> Windows::create(std::vector<SharedMemory> memory, u32 most_mappings) {
    if (most_mappings == 0) most_mappings = reasonable_mappings();
    if (most_mappings < 64)
        return make_error("the host allows too few mappings for memory windows; raise vm.max_map_count");
    return std::unique_ptr<Windows>(new Windows(std::move(memory), most_mappings));
}

Windows::Windows(std::vector<SharedMemory> memory, u32 most_mappings) : m_most_mappings(most_mappings) {
    u32 frame = 0;
    for (const SharedMemory& m : memory) {
        m_files.push_back({m.host, m.size, m.fd, frame});
        frame += static_cast<u32>(m.size / page_size) + 1;
    }
    m_shown.grow(frame);
    m_windows.reserve(most_windows);
}

Windows::~Windows() {
    for (const Window& window : m_windows) {
        munmap(at(begin_of(window.base)), end_of(window.base) - begin_of(window.base));
        munmap(window.pages, pages_in_window * sizeof(Page));
    }
}

Result<std::optional<Windows::Id>> Windows::open_at(u64 place) {
    if (m_windows.size() == most_windows) return make_error("all memory windows are in use");
    const u64 begin = begin_of(place), bytes = end_of(place) - begin, hole = std::max(begin, place);
    void* whole =
        mmap(at(begin), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (whole == MAP_FAILED) {
        if (errno == EEXIST) return std::optional<Id>();
        return errno_error(errno, "no address space for a memory window");
    }
    if (whole != at(begin)) { // a kernel that does not know MAP_FIXED_NOREPLACE
        munmap(whole, bytes);
        return make_error("memory windows need a host kernel of version 4.17 or later");
    }
    void* pages = mmap(nullptr, pages_in_window * sizeof(Page), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED || munmap(at(hole), place + size - hole) != 0) {
        const int error = errno;
        munmap(whole, bytes);
        if (pages != MAP_FAILED) munmap(pages, pages_in_window * sizeof(Page));
        return errno_error(error, "no memory for a memory window");
    }
    m_windows.push_back({place, static_cast<Page*>(pages), {}, ++m_clock});
    return std::optional<Id>(static_cast<Id>(m_windows.size() - 1));
}

Result<Windows::Id> Windows::open() {
    for (u64 place = first_place; place < last_place; place += place_stride)
        if (const auto opened = TRY(open_at(place))) return *opened;
    return make_error("no address space for a memory window");
}

Result<Windows::Id> Windows::open_home() {
    if (const auto opened = TRY(open_at(0))) return *opened;
    return make_error("the first 4 GiB of the address space are in use");
}

const Windows::File* Windows::file_of(const u8* host) const {
    for (const File& file : m_files)
        if (host >= file.host && host < file.host + file.size) return &file;
    return nullptr;
}

const Windows::File& Windows::file_of(u32 frame) const {
    std::size_t i = 0;
    while (i + 1 < m_files.size() && m_files[i + 1].first <= frame) ++i;
    return m_files[i];
}

bool Windows::begins(const Window& window, u32 page) const {
    const Page& here = window.pages[page];
    if (!here.mapped()) return false;
    if (page == 0) return true;
    const Page& before = window.pages[page - 1];
    return !before.mapped() || before.frame() + 1 != here.frame() || before.writable() != here.writable();
}

void Windows::link(Id id, u32 page, u32 frame, bool writable) {
    Window& window = m_windows[id];
    const u32 before = beginnings(window, page);
    Page& here = window.pages[page];
    if (!(here.frame_and_flags & Page::listed_flag)) window.filled.push_back(page);
    here.frame_and_flags = (frame + 1) | Page::listed_flag | (writable ? Page::writable_flag : 0);
    here.previous = 0;
    here.next = m_shown[frame];
    if (here.next != 0) page_of(here.next).previous = reference(id, page);
    m_shown[frame] = reference(id, page);
    ++m_counts.pages;
    ++m_counts.mapped;
    m_mappings += beginnings(window, page) - before;
}

void Windows::unlink(Id id, u32 page) {
    Window& window = m_windows[id];
    const u32 before = beginnings(window, page);
    Page& here = window.pages[page];
    (here.previous != 0 ? page_of(here.previous).next : m_shown[here.frame()]) = here.next;
    if (here.next != 0) page_of(here.next).previous = here.previous;
    here = {.frame_and_flags = Page::listed_flag};
    --m_counts.pages;
    ++m_counts.unmapped;
    m_mappings += beginnings(window, page) - before;
}

void Windows::make_room(Id keep) {
    while (!has_room(0)) {
        Id oldest = keep;
        for (Id id = 0; id < count(); ++id)
            if (id != keep && !m_windows[id].filled.empty() &&
                (oldest == keep || m_windows[id].used < m_windows[oldest].used))
                oldest = id;
        clear(oldest);
    }
}

bool Windows::map(Id id, u32 page, u32 count, const u8* host, bool writable) {
    const File* file = file_of(host);
    const u64 bytes = u64{count} * page_size;
    if (!file || bytes > static_cast<u64>(file->host + file->size - host)) return false;
    const u64 offset = static_cast<u64>(host - file->host);
    const u32 frame = file->first + static_cast<u32>(offset / page_size);
    Window& window = m_windows[id];
    if (window.base == 0 && page < first_at_home) return false;
    bool something = false, gained = false;
    for (u32 i = 0; i < count; ++i) {
        const Page& here = window.pages[page + i];
        something |= here.mapped();
        gained |= !here.mapped() || here.frame() != frame + i || (writable && !here.writable());
    }
    if (!gained) return false;
    if (something) unmap(id, page, page + count - 1);
    make_room(id);
    void* where = at(window.base + u64{page} * page_size);
    const int rights = PROT_READ | (writable ? PROT_WRITE : 0);
    const int flags = MAP_SHARED | MAP_FIXED_NOREPLACE | (m_entered_at_once ? MAP_POPULATE : 0);
    if (mmap(where, bytes, rights, flags, file->fd, static_cast<off_t>(offset)) != where) {
        clear_all(); // the host is at its limit, whatever else it is: what is here can be had again
        return false;
    }
    for (u32 i = 0; i < count; ++i) link(id, page + i, frame + i, writable);
    return true;
}

void Windows::unmap(Id id, u32 page) {
    Window& window = m_windows[id];
    if (!window.pages[page].mapped()) return;
    unlink(id, page);
    if (munmap(at(window.base + u64{page} * page_size), page_size) != 0) clear(id);
}

void Windows::unmap(Id id, u32 first, u32 last) {
    Window& window = m_windows[id];
    const u64 before = m_counts.pages;
    const auto drop = [&](u32 page) {
        if (window.pages[page].mapped()) unlink(id, page);
    };
    if (last - first < window.filled.size()) {
        for (u32 page = first; page <= last; ++page) drop(page);
    } else {
        for (const u32 page : window.filled)
            if (page >= first && page <= last) drop(page);
    }
    if (m_counts.pages == before) return;
    const u64 bytes = (u64{last} - first + 1) * page_size;
    if (munmap(at(window.base + u64{first} * page_size), bytes) != 0) clear(id);
}

void Windows::clear(Id id) {
    Window& window = m_windows[id];
    if (window.filled.empty()) return;
    ++m_counts.emptied;
    for (const u32 page : window.filled) {
        if (window.pages[page].mapped()) unlink(id, page);
        window.pages[page] = {};
    }
    window.filled.clear();
    ASSERT(munmap(at(window.base), size) == 0, "a memory window cannot be emptied");
}

void Windows::clear_all() {
    for (Id id = 0; id < count(); ++id) clear(id);
}

void Windows::protect(const u8* host, u64 bytes) {
    const File* file = file_of(host);
    if (!file) return;
    const u32 first = file->first + static_cast<u32>(static_cast<u64>(host - file->host) / page_size);
    for (u32 frame = first; frame < first + bytes / page_size; ++frame) {
        for (u32 i = m_shown[frame]; i != 0;) {
            Page& page = page_of(i);
            const u32 next = page.next;
            const Id id = (i - 1) >> 20;
            const u32 number = (i - 1) % pages_in_window;
            if (page.writable()) unmap(id, number); // the next access finds out what is still allowed
            i = next;
        }
    }
}

} // namespace ringshift
