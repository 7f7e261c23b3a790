// Links and jump targets that outlive a CR3 load.
//
// A patched exit is a property of the code, and the same code runs in many address spaces: programs that several
// processes run, and the system, which all have, in tables of its own for each process where it isolates its pages from
// theirs. It may be followed if its target's linear page shows the target's frame in the address space that runs. So of
// each page of code (a linear page and a frame) it is known in which address spaces it is what it says: someone has
// fetched from it there, by watched page tables (mmu_tables.cpp), and no change of these tables has been told since.
//
// What always holds: *of a page that the current address space knows, all links that are armed lead to pages that it
// knows*. Code is entered in pages that it knows only: by the engine, which has looked the page up; by a link, because
// of this rule; by the table of indirect branches, see below; by a return to where it has been, and return stacks are
// emptied when another address space runs. Links within a page need no care.
//
// A store to a page table makes what the changed entry stood for doubtful in the address spaces that had it from this
// table: it is not known there any more, and pending. For the other address spaces the rule may be broken while they do
// not run. Whoever arms a link announces its target to those that know its source, and not its target; before such an
// address space runs, the walk is asked what its pending pages are there. If it would find the same frame and has no
// bit to set, the page is known from then on, and so have to be the targets of its links. Else the links that lead
// there from known pages are taken back. In the common case, processes that have the same code mapped in the same
// place, this is done once for each page and process, and from then on a switch costs nothing. A link that is taken
// back each time (where a system with isolated tables has just left the user's) is armed no more, or seldom.
//
// Entries of the table of indirect branches carry a tag: in user mode that of their address space, else that of the
// system, which all address spaces share. What is noted there is announced to all of them. An address space in which
// many of these pages are something else or nothing (the user's, with isolation) is an *alien*, and has a tag of its
// own there too.
//
// What is not known to stay keeps the old rule: links and entries go with the next CR3 load. Those are targets found by
// tables that nobody can watch, instructions across pages, and links out of pages that are not known in this sense (the
// system's, if they are global, that lead to what is not). Links to global pages stay anyhow.
#include "bt/links.h"

#include <algorithm>
#include <utility>

namespace ringshift::bt {

namespace {
constexpr u32 region_pages = 512;
constexpr unsigned most_frames = 64; ///< at one linear page
// An address space is an alien if so many of the system's pages, or one of so many, are not there.
constexpr u32 most_refusals = 64, few_refusals = 4, one_refusal_of = 4;
} // namespace

CodePage& Links::page_at(u32 number, PhysAddr frame, bool user) {
    CodePage*& head = m_by_number[number];
    unsigned others = 0;
    for (CodePage* page = head; page; page = page->next, ++others)
        if (page->frame == frame && page->user == user) return *page;
    m_crowded |= others >= most_frames;
    CodePage& page = m_pages.emplace_back();
    page.number = number;
    page.id = static_cast<u32>(m_pages.size() - 1);
    page.frame = frame;
    page.user = user;
    page.next = std::exchange(head, &page);
    m_by_region[number / region_pages].push_back(&page);
    m_known.push_back(0);
    m_announced.push_back(0);
    return page;
}

// ---- Which address space runs --------------------------------------------------------------------------------------

void Links::enter_space(u32 number, u64 serial) {
    m_space = number;
    flush_non_global();
    if (m_spaces[number].serial != serial) {
        begin_space();
        m_spaces[number].serial = serial;
    }
    settle();
}

/// The current address space is a new one, perhaps in place of an old one.
void Links::begin_space() {
    for (u32& known : m_known) known &= ~bit();
    SpaceState& space = m_spaces[m_space];
    for (const u32 id : space.pending) m_announced[id] &= ~bit();
    if (++m_last_tag == 0) { // all entries that carry one may be anybody's
        for (CodePage& page : m_pages) page.slots.drain([this](Slot& slot) { clear(slot); });
        for (SpaceState& each : m_spaces) each.tag = ++m_last_tag;
        ++m_last_tag;
    }
    space = SpaceState{};
    space.tag = m_last_tag;
    m_live |= bit();
    space.alien = is_alien();
}

/// Whether the current address space cannot share the system's entries of the table. If it can, it knows or has pending
/// what they lead to.
bool Links::is_alien() {
    std::vector<CodePage*> there, missing;
    for (CodePage& page : m_pages)
        if (!page.user && !page.slots.empty()) (m_check(page) ? there : missing).push_back(&page);
    if (missing.size() > few_refusals && missing.size() * one_refusal_of > there.size()) return true;
    for (CodePage* page : there) learn(*page);
    for (CodePage* page : missing) clear_shared(*page);
    return false;
}

/// Before any of its code runs.
void Links::settle() {
    SpaceState& space = m_spaces[m_space];
    while (!space.pending.empty()) {
        CodePage& page = m_pages[space.pending.back()];
        space.pending.pop_back();
        m_announced[page.id] &= ~bit();
        if (knows(page)) continue;
        if (!page.mixed && m_check(page))
            learn(page);
        else
            refuse(page);
    }
}

// ---- What it knows -------------------------------------------------------------------------------------------------

/// To those of `spaces` that do not know it, and have not been told.
void Links::announce(const CodePage& page, u32 spaces) {
    u32 left = spaces & ~m_known[page.id] & ~m_announced[page.id];
    m_announced[page.id] |= left;
    for (; left != 0; left &= left - 1) m_spaces[static_cast<u32>(std::countr_zero(left))].pending.push_back(page.id);
}

/// Those that find the system's entries of the table.
u32 Links::sharing() const {
    u32 spaces = 0;
    for (u32 left = m_live; left != 0; left &= left - 1)
        if (const auto i = static_cast<u32>(std::countr_zero(left)); !m_spaces[i].alien) spaces |= u32{1} << i;
    return spaces;
}

void Links::enter_page(CodePage& page, bool kept) {
    if (knows(page)) return;
    if (kept && !page.mixed) {
        learn(page);
        settle();
    } else if (!page.mixed) {
        page.mixed = true;
        while (Link* link = page.exits.first()) disarm(*link);
        drop(page);
    }
}

/// The targets of its links become pending.
void Links::learn(CodePage& page) {
    m_known[page.id] |= bit();
    page.exits.for_each([this](Link& link) { announce(*link.to->page, bit()); });
}

/// It is something else, or nothing, in the current address space.
void Links::refuse(CodePage& page) {
    std::vector<Link*> links;
    page.links.for_each([&](Link& link) {
        if (knows(*link.from->page)) links.push_back(&link);
    });
    for (Link* link : links) {
        disarm(*link);
        note_refusal(*link);
    }
    SpaceState& space = m_spaces[m_space];
    if (page.slots.empty()) return;
    clear_tagged(page, space.tag);
    if (page.user || space.alien) return;
    clear_shared(page);
    space.alien = ++space.refusals > most_refusals;
}

/// The entries that other address spaces find as well.
void Links::clear_shared(CodePage& page) { clear_tagged(page, 0); }

void Links::clear_tagged(CodePage& page, u16 tag) {
    std::vector<Slot*> slots;
    page.slots.for_each([&](Slot& slot) {
        const Runtime::JumpTarget& jump = m_runtime.jumps[static_cast<std::size_t>(&slot - m_slots.get())];
        if ((0 - jump.key) >> 48 == tag) slots.push_back(&slot);
    });
    for (Slot* slot : slots) clear(*slot);
}

/// Whether the link, which leads to where the current address space is now, is to outlive the next CR3 load.
bool Links::keeps(const Link& link, const Block& target) const {
    return link.from->page && target.page && knows(*link.from->page) && knows(*target.page);
}

// ---- What it forgets -----------------------------------------------------------------------------------------------

/// Nobody knows the page any more; true if anything has led there.
bool Links::drop(CodePage& page) {
    const bool any = page.links.first() || page.slots.first();
    while (Link* link = page.links.first()) disarm(*link);
    page.slots.drain([this](Slot& slot) { clear(slot); });
    m_known[page.id] = 0;
    return any;
}

template <typename Function>
void Links::for_each_page(u32 first, u32 pages, Function function) {
    if (pages == 1) {
        const auto it = m_by_number.find(first);
        for (CodePage* page = it == m_by_number.end() ? nullptr : it->second; page; page = page->next) function(*page);
        return;
    }
    for (u32 region = first / region_pages; region <= (first + pages - 1) / region_pages; ++region)
        for (CodePage* page : m_by_region[region])
            if (page->number - first < pages) function(*page);
}

void Links::drop_kept(u32 first, u32 pages) {
    for_each_page(first, pages, [this](CodePage& page) { drop(page); });
}

/// These address spaces have to look at the pages again before they run. True if that concerns the current one.
bool Links::doubt(u32 first, u32 pages, u32 spaces) {
    bool any = false;
    for_each_page(first, pages, [&](CodePage& page) {
        const u32 doubtful = m_known[page.id] & spaces;
        if (doubtful == 0) return;
        m_known[page.id] &= ~doubtful;
        if (page.links.empty() && page.slots.empty()) return;
        announce(page, doubtful);
        any |= (doubtful & bit()) != 0;
    });
    return any;
}

/// All blocks are about to go: nothing refers to the pages any more.
void Links::forget_pages() {
    for (CodePage& page : m_pages) {
        page.links.drain([](Link&) {});
        page.exits.drain([](Link&) {});
        page.slots.drain([this](Slot& slot) { clear(slot); });
    }
    m_pages.clear();
    m_by_number.clear();
    for (auto& region : m_by_region) region.clear();
    m_crowded = false;
    m_known.clear();
    m_announced.clear();
    for (SpaceState& space : m_spaces) space.pending.clear();
}

} // namespace ringshift::bt
