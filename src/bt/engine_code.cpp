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

/// A block whose bytes have changed before compares them itself, if it can (emit_self_check.cpp).
void TranslatorEngine::check_itself_if_wise(Block& block) {
    if (!m_options.self_check || !m_options.native || heat_of(block.key).changes == 0) return;
    if (!may_check_itself(block)) return;
    if (m_cpu.mmu.memory().frame(block.key.start).dirty) return; // a screen's memory: marks say whether it holds code
    block.own_bytes = m_cpu.mmu.memory().frame(block.key.start).read_host + block.key.start.offset();
    for (const DecodedInsn& decoded : block.insns)
        block.guest.insert(block.guest.end(), decoded.insn.bytes.begin(),
                           decoded.insn.bytes.begin() + decoded.insn.length);
    ++m_ledger.self_checking;
}

/// The same of one that has been translated.
bool TranslatorEngine::could_check_itself(Block& block) {
    block.insns = decoded(block);
    const bool could = may_check_itself(block);
    block.insns = {};
    return could;
}

/// A block that checks itself has not been entered: because of that?
void TranslatorEngine::drop_if_changed(Block& block) {
    block.insns = decoded(block);
    const std::vector<bool> compared = compared_bytes(block);
    block.insns = {};
    for (std::size_t i = 0; i < compared.size(); ++i) {
        if (!compared[i] || block.own_bytes[i] == block.guest[i]) continue;
        const BlockKey key = block.key;
        destroy(block, Cause::smc);
        cool_down(key);
        return;
    }
}

/// Of a new block, or of one that was dormant.
void TranslatorEngine::watch(Block& block) {
    if (block.own_bytes) return;
    for (const Block::Part& part : block.parts()) {
        if (m_cpu.mmu.memory().frame(part.start).is_ram) {
            m_cpu.mmu.memory().mark_code(part.start, part.bytes);
            m_cpu.mmu.protect_frame(part.start);
        }
        CodeFrame& frame = m_frames[part.start.page()];
        ++frame.watched;
        frame.longest = std::max(frame.longest, part.bytes);
    }
    m_frames[block.key.start.page()].at(block.key.start).add(block);
    if (block.second) m_frames[block.second->page()].entering.add(block);
    block.dormant = false;
}

/// Nothing leads to the block any more, and writes to its bytes do not concern it. The marks stay.
void TranslatorEngine::unwatch(Block& block) {
    m_links.isolate(block);
    if (block.own_bytes) return;
    List<Block, &Block::in_frame>::remove(block);
    List<Block, &Block::in_second_frame>::remove(block);
    for (const Block::Part& part : block.parts()) {
        const auto it = m_frames.find(part.start.page());
        if (--it->second.watched == 0) m_frames.erase(it);
    }
}

/// The same, and the marks go.
void TranslatorEngine::unwatch_evicted(Block& block) {
    unwatch(block);
    if (block.own_bytes) return;
    for (const Block::Part& part : block.parts()) m_cpu.mmu.memory().refresh_code(part.start, part.bytes);
}

/// The instructions that it was made from.
std::vector<DecodedInsn> TranslatorEngine::decoded(const Block& block) {
    std::vector<DecodedInsn> insns(block.count);
    std::span<const u8> bytes = block.guest;
    for (DecodedInsn& insn : insns) {
        const auto first = bytes.first(std::min<std::size_t>(bytes.size(), Decoder::max_length));
        (void)m_interpreter.blocks().decoder().decode(first, block.code32, insn);
        bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), insn.insn.length));
    }
    return insns;
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
    Heat& heat = heat_of(key);
    heat.changes = static_cast<u8>(std::min(heat.changes + 1, 16));
    constexpr u32 longest = 0x8000; // runs: they take a thousand times as long as to translate it for nothing
    if (m_options.cool_down)
        heat.times = static_cast<i16>(-static_cast<i32>(std::min(m_options.hot_threshold << heat.changes, longest)));
}

void TranslatorEngine::code_written(PhysAddr address, u64 size, CodeRange& gone) {
    const auto it = m_frames.find(address.page());
    if (it == m_frames.end()) return;
    m_hit.clear();
    it->second.for_each_near(address.offset(), size, [&](Block& block) {
        if (block.contains(address, size)) m_hit.push_back(&block);
    });
    for (Block* block : m_hit) {
        if (block->dead || block->dormant) continue; // it begins in the frame and, by another name, goes on in it
        for (const Block::Part& part : block->parts())
            if (part.start.page() == address.page()) gone.add(part.start, part.bytes);
        if (!m_options.revive) {
            const BlockKey key = block->key;
            destroy(*block, Cause::smc);
            cool_down(key);
            continue;
        }
        unwatch(*block);
        block->dormant = true;
        if (m_runtime.link && m_runtime.link->from == block) m_runtime.link = nullptr;
    }
    if (!m_hit.empty()) {
        new_generation();
        m_cpu.end_block();
    }
}

void TranslatorEngine::mark_again(PhysAddr begin, u64 size) {
    const auto it = m_frames.find(begin.page());
    if (it == m_frames.end()) return;
    it->second.for_each_near(begin.offset(), size, [&](const Block& block) {
        for (const Block::Part& part : block.parts())
            if (part.start.page() == begin.page()) m_cpu.mmu.memory().mark_code(part.start, part.bytes);
    });
}

// ---- Counters of instrumented blocks --------------------------------------------------------------------------------

/// Number 0 is shared by all blocks for which there is no other.
void TranslatorEngine::take_counter(Block& block) {
    if (!m_free_counters.empty()) {
        block.counter = m_free_counters.back();
        m_free_counters.pop_back();
    } else if (m_next_counter < Runtime::counters) {
        block.counter = m_next_counter++;
    }
    m_runtime.entered[block.counter] = 0;
}

/// What it counted stays known.
void TranslatorEngine::give_counter_back(const Block& block) {
    if (block.counter == 0) return;
    const BlockCount now = count_of(block);
    if (now.entries != 0) {
        BlockCount& past = m_past[{now.linear, now.cpl}];
        past = {now.linear, now.cpl, now.instructions, past.entries + now.entries};
    }
    m_free_counters.push_back(block.counter);
}

BlockCount TranslatorEngine::count_of(const Block& block) const {
    return {static_cast<u32>(m_modes[block.key.mode].cs_base + block.key.eip), m_modes[block.key.mode].cpl,
            u32{block.count}, block.counter == 0 ? 0 : m_runtime.entered[block.counter]};
}

/// One for each linear address and privilege, the most entered first.
std::vector<BlockCount> TranslatorEngine::hottest_blocks(std::size_t most) const {
    if (!m_options.instrument) return {};
    std::map<std::pair<u32, u8>, BlockCount> all = m_past;
    for (const auto& [offset, block] : m_blocks) {
        const BlockCount now = count_of(*block);
        BlockCount& count = all[{now.linear, now.cpl}];
        count = {now.linear, now.cpl, now.instructions, count.entries + now.entries};
    }
    std::vector<BlockCount> hottest;
    for (const auto& [place, count] : all) hottest.push_back(count);
    std::stable_sort(hottest.begin(), hottest.end(),
                     [](const BlockCount& a, const BlockCount& b) { return a.entries > b.entries; });
    if (hottest.size() > most) hottest.resize(most);
    return hottest;
}

void TranslatorEngine::map_changed(bool code_has_gone) {
    if (code_has_gone) destroy_all(Cause::flush);
}

} // namespace ringshift::bt
