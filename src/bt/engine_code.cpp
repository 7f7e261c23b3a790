// Code that changes.
//
// A block is watched: its bytes are marked as code, and a store to them comes here after the fact. It then becomes
// dormant, with nothing that leads to it, until it is wanted again or evicted. Many writes change nothing (a page is
// loaded again, a breakpoint is set and cleared), so its bytes are compared first. A store beside the bytes, in the
// same 128, costs a look at the frame's blocks and nothing else. Code that is other code each time it is wanted is not
// worth translating: it has to cool down, twice as long after each change.
#include "bt/translator_engine.h"

#include <algorithm>
#include <utility>

namespace ringshift::bt {

/// Of a new block, or of one that was dormant.
void TranslatorEngine::watch(Block& block) {
    PhysicalMap& memory = m_cpu.mmu.memory();
    for (const Block::Part& part : block.parts()) {
        const bool first = !memory.has_code(part.start);
        memory.mark_code(part.start, part.bytes);
        if (first) m_cpu.mmu.protect_frame(part.start);
    }
    m_frames[block.key.start.page()].blocks.add(block);
    if (block.second) m_frames[block.second->page()].entering.add(block);
    block.dormant = false;
}

/// Nothing leads to the block any more, and writes to its bytes do not concern it. The marks stay.
void TranslatorEngine::unwatch(Block& block) {
    m_links.isolate(block);
    List<Block, &Block::in_frame>::remove(block);
    List<Block, &Block::in_second_frame>::remove(block);
}

/// The same, and the marks go as soon as it is worth while.
void TranslatorEngine::unwatch_evicted(Block& block) {
    unwatch(block);
    for (const Block::Part& part : block.parts()) {
        const auto it = m_frames.find(part.start.page());
        it->second.has_stale_marks = true;
        if (!it->second.blocks.empty() || !it->second.entering.empty()) continue;
        m_frames.erase(it);
        m_cpu.mmu.memory().refresh_code(part.start);
    }
}

std::vector<u8> TranslatorEngine::guest_bytes(const Block& block) const {
    std::vector<u8> bytes(block.bytes);
    std::size_t at = 0;
    for (const Block::Part& part : block.parts()) {
        m_cpu.mmu.memory().read(part.start, std::span(bytes).subspan(at, part.bytes));
        at += part.bytes;
    }
    return bytes;
}

/// Code that keeps changing is left to the interpreter for longer each time.
void TranslatorEngine::cool_down(const BlockKey& key) {
    const u64 i = key.hash() % heat_entries;
    m_changes[i] = static_cast<u8>(std::min(m_changes[i] + 1, 16));
    m_heat[i] = -static_cast<i32>(m_options.hot_threshold << m_changes[i]);
}

bool TranslatorEngine::code_written(PhysAddr address, u64 size) {
    const auto it = m_frames.find(address.page());
    if (it == m_frames.end()) return false;
    std::vector<Block*> hit;
    const auto look = [&](Block& block) {
        if (block.contains(address, size)) hit.push_back(&block);
    };
    it->second.blocks.for_each(look);
    it->second.entering.for_each(look);
    const bool stale = std::exchange(it->second.has_stale_marks, false);
    for (Block* block : hit) {
        unwatch(*block);
        block->dormant = true;
        if (m_runtime.link && m_runtime.link->from == block) m_runtime.link = nullptr;
    }
    if (!hit.empty()) {
        ++m_generation;
        m_cpu.end_block();
    }
    return !hit.empty() || stale;
}

void TranslatorEngine::mark_again(PhysAddr frame) {
    const auto it = m_frames.find(frame.page());
    if (it == m_frames.end()) return;
    const auto mark = [&](const Block& block) {
        for (const Block::Part& part : block.parts())
            if (part.start.page() == frame.page()) m_cpu.mmu.memory().mark_code(part.start, part.bytes);
    };
    it->second.blocks.for_each(mark);
    it->second.entering.for_each(mark);
}

void TranslatorEngine::map_changed() { destroy_all(Cause::flush); }

} // namespace ringshift::bt
