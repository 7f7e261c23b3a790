// What leads from block to block, as the engine sees it: which exits are linked when, and what flushes take back.
#include "bt/translator_engine.h"

namespace ringshift::bt {

/// The direct exit that was taken last leads to the block at CS:RIP.
void TranslatorEngine::follow(Link& link, Block& target) {
    if (!m_options.link || link.from->dead || link.from->dormant || link.to) return;
    if (target.second) link.crosses = true;
    if (link.crosses && !m_options.link_pages) return;
    if (target.key.eip != link.target || target.key.mode != link.from->key.mode) return; // an interrupt came between
    if (!link.crosses && target.key.start.page() != link.from->key.start.page())
        return; // the page was exchanged meanwhile
    m_links.arm(link, target, page_of(target));
}

TargetPage TranslatorEngine::page_of(const Block& block) const {
    const bool user = m_cpu.state.cpl == 3;
    const LinearAddr here = linear_rip();
    return {static_cast<u32>(here.value >> 12), m_cpu.mmu.fetches_global(here, user),
            m_cpu.mmu.fetches_large(here, user), block.second.has_value()};
}

/// `block` is about to run: in which address space, and in which of its pages.
void TranslatorEngine::note_space(Block& block) {
    Mmu& mmu = m_cpu.mmu;
    if (mmu.space_serial() != m_entered_space) {
        m_entered_space = mmu.space_serial();
        entering([&] { m_links.enter_space(mmu.space(), m_entered_space); });
    }
    const bool user = m_cpu.state.cpl == 3;
    const LinearAddr here = linear_rip();
    if (!block.page) {
        const PhysAddr frame(block.key.start.value & ~page_mask);
        block.page = &m_links.page_at(static_cast<u32>(here.value >> 12), frame, user);
    }
    if (m_links.knows(*block.page)) return;
    PhysAddr there;
    const bool found = mmu.fast_fetch(here, user, there) && there == block.key.start;
    const bool global = found && mmu.fetches_global(here, user);
    const bool kept = found && !global && mmu.fetches_kept(here, user);
    m_ran_unkept |= !kept && !global;
    entering([&] { m_links.enter_page(*block.page, kept); });
}

/// Host return addresses, and what indirect branches remember, are of the past.
void TranslatorEngine::new_generation() {
    ++m_generation;
    if (m_generation << Runtime::own_generation_shift == 0) m_runtime.own_targets.fill({}); // none before looks like it
}

/// A flush during an instruction: what was patched, and host return addresses, must not be used before the next entry.
void TranslatorEngine::flushed() {
    new_generation();
    look_around_soon();
}

void TranslatorEngine::look_around_soon() {
    m_flushed = true;
    m_runtime.link = nullptr;
    m_asked = nothing_asked;
    m_cpu.end_block();
}

void TranslatorEngine::flushed_page(LinearAddr address) {
    m_links.flush_page(address);
    flushed();
}

void TranslatorEngine::flushed_range(u32 first_page, u32 pages, u32 spaces) {
    if (m_links.flush_range(first_page, pages, spaces)) {
        m_entered_space = no_space;
        flushed();
    }
    for (const bool user : {false, true}) {
        if (m_options.spaces && (spaces >> m_returns[user].number & 1) == 0) continue;
        if (!m_landings[user].any(first_page, pages)) continue;
        m_returns[user].generation = no_generation;
        m_flushed = true;
        if (m_options.inline_targets) new_generation();
    }
}

/// What is kept stays where it is; return stacks know their address space.
void TranslatorEngine::flushed_non_global() {
    m_links.flush_non_global();
    const bool all_kept = m_options.spaces && !m_options.inline_targets && !m_ran_unkept;
    m_ran_unkept = false;
    if (!all_kept) new_generation();
    look_around_soon();
}

void TranslatorEngine::flushed_all() {
    m_links.flush_all();
    flushed();
}

} // namespace ringshift::bt
