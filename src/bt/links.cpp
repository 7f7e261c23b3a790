#include "bt/links.h"

#include <algorithm>
#include <new>

namespace ringshift::bt {

namespace {
// A link that has to be taken back each time that another address space runs is not worth the patching.
constexpr u8 most_refused = 4, waits_when_refused = 64;
} // namespace

void Links::note_refusal(Link& link) { link.refused = std::max(link.refused, static_cast<u8>(link.refused + 1)); }

Links::Links(Runtime& runtime)
    : m_runtime(runtime), m_slots(static_cast<Slot*>(std::calloc(Runtime::jump_entries, sizeof(Slot)))) {
    if (!m_slots) throw std::bad_alloc();
}

Links::Page& Links::page_of(const TargetPage& page) {
    if (page.crossed) return m_crossed;
    if (page.large) m_large.set(page.number >> 10);
    Index& index = page.global ? m_global : m_local;
    index.regions.set(page.number >> 9);
    return index.pages[page.number];
}

void Links::arm(Link& link, Block& target, const TargetPage& page) {
    const bool kept = link.crosses && !page.crossed && !page.global && keeps(link, target);
    const bool goes_with_cr3 = link.crosses && !page.crossed && !page.global && !kept;
    if ((kept || goes_with_cr3) && link.refused >= most_refused) {
        if (++link.waited < waits_when_refused) return;
        link.waited = 0;
        --link.refused;
    }
    link.to = &target;
    target.incoming.add(link);
    if (kept) {
        if (page.large) m_large.set(page.number >> 10);
        target.page->links.add(link);
        link.from->page->exits.add(link);
        announce(*target.page, m_known[link.from->page->id]);
    } else if (link.crosses) {
        page_of(page).links.add(link);
    }
    const u32 entry = link.checked ? target.checked_entry : target.entry;
    m_memory->patch(link.from->place_of(link.patch), target.place_of(entry));
    if (m_observer) m_observer->linked(link);
}

void Links::disarm(Link& link) {
    List<Link, &Link::in_target>::remove(link);
    List<Link, &Link::in_page>::remove(link);
    List<Link, &Link::in_source>::remove(link);
    link.to = nullptr;
    m_memory->patch(link.from->place_of(link.patch), link.from->place_of(link.stub));
    if (m_observer) m_observer->unlinked(link);
}

void Links::note_jump(const Block& target, const TargetPage& page) {
    const u32 i = slot_of(target);
    clear(m_slots[i]);
    if (!page.crossed && !page.global && target.page && knows(*target.page)) {
        if (page.large) m_large.set(page.number >> 10);
        target.page->slots.add(m_slots[i]);
        if (!target.page->user && !m_spaces[m_space].alien) announce(*target.page, sharing());
    } else {
        page_of(page).slots.add(m_slots[i]);
    }
    m_runtime.jumps[i] = {0 - (m_runtime.context + target.key.eip), code_of(target)};
}

void Links::clear(Slot& slot) {
    List<Slot, &Slot::in_page>::remove(slot);
    m_runtime.jumps[static_cast<std::size_t>(&slot - m_slots.get())] = {};
}

void Links::isolate(Block& block) {
    while (Link* link = block.incoming.first()) disarm(*link);
    const u32 i = slot_of(block);
    if (m_runtime.jumps[i].code == code_of(block)) clear(m_slots[i]);
}

void Links::detach_exits(Block& block) {
    for (Link& link : block.links) {
        List<Link, &Link::in_target>::remove(link);
        List<Link, &Link::in_page>::remove(link);
        List<Link, &Link::in_source>::remove(link);
        link.to = nullptr;
    }
}

void Links::forget_all() {
    for (Index* index : {&m_local, &m_global}) {
        for (auto& [number, page] : index->pages) {
            page.links.drain([](Link&) {});
            page.slots.drain([this](Slot& slot) { clear(slot); });
        }
        index->pages.clear();
        index->regions.reset();
    }
    m_crossed.links.drain([](Link&) {});
    m_crossed.slots.drain([this](Slot& slot) { clear(slot); });
    m_large.reset();
    forget_pages();
}

void Links::drop(Page& page) {
    while (Link* link = page.links.first()) disarm(*link);
    page.slots.drain([this](Slot& slot) { clear(slot); });
}

void Links::drop(Index& index) {
    for (auto& [number, page] : index.pages) {
        if (m_check) page.links.for_each([](Link& link) { note_refusal(link); });
        drop(page);
    }
    index.pages.clear();
    index.regions.reset();
}

/// Pages `first` to `first + pages - 1`; whether there were any. Tables are taken back in numbers when a process ends,
/// and mostly nothing has ever led to what they stood for.
bool Links::drop(Index& index, u32 first, u32 pages) {
    constexpr u32 region_pages = 512;
    bool any = false;
    for (u32 begin = first; begin < first + pages; begin = (begin | (region_pages - 1)) + 1) {
        if (!index.regions[begin / region_pages]) continue;
        const u32 end = std::min(first + pages, (begin | (region_pages - 1)) + 1);
        for (u32 i = begin; i < end; ++i) {
            const auto it = index.pages.find(i);
            if (it == index.pages.end()) continue;
            drop(it->second);
            index.pages.erase(it);
            any = true;
        }
        if (end - begin == region_pages) index.regions.reset(begin / region_pages);
    }
    return any;
}

void Links::flush_page(LinearAddr address) {
    drop(m_crossed);
    const u32 number = static_cast<u32>(address.value >> 12);
    const bool large = m_large[number >> 10];
    const u32 first = large ? number & ~1023u : number, pages = large ? 1024 : 1;
    for (Index* index : {&m_local, &m_global}) drop(*index, first, pages);
    drop_kept(first, pages);
}

bool Links::flush_range(u32 first, u32 pages, u32 spaces) {
    bool any = m_crossed.links.first() || m_crossed.slots.first();
    drop(m_crossed);
    for (Index* index : {&m_local, &m_global}) any |= drop(*index, first, pages);
    return doubt(first, pages, spaces) || any;
}

void Links::flush_non_global() {
    drop(m_crossed);
    drop(m_local);
}

void Links::flush_all() {
    m_large.reset();
    flush_non_global();
    drop(m_global);
    for (CodePage& page : m_pages) drop(page);
}

} // namespace ringshift::bt
