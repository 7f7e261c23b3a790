// Blocks: which code is hot, what becomes a block, where its code is put, and how it goes.
//
// The interpreter counts how often code runs, by its key. What has run often enough, with the same first bytes, is
// translated: the decoded block that the interpreter keeps, longer where what follows its end is likely to run too. A
// block is found by its key, owned by its place in the cache, and watched by the frames that it lies in
// (engine_code.cpp). One that is destroyed is taken out of everything that leads to it, and waits in the graveyard
// until no code of it can be running.
#include "bt/fpu_form.h"
#include "bt/observer.h"
#include "bt/translator_engine.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ringshift::bt {

SegmentClass classify(const Segment& s) {
    if (s.read_span != Segment::flat_span || s.write_span != Segment::flat_span) return SegmentClass::checked;
    return s.base == 0 ? SegmentClass::flat : SegmentClass::based;
}

Mode mode_of(const CpuState& state) {
    Mode mode;
    const Segment& cs = state.segment(SegmentName::cs);
    mode.cs_base = cs.base;
    mode.cs_limit = cs.limit;
    mode.cpl = state.cpl;
    mode.iopl = state.iopl();
    mode.code32 = cs.is_32bit();
    mode.stack32 = state.segment(SegmentName::ss).is_32bit();
    mode.protected_mode = state.protected_mode();
    mode.v86 = state.v86_mode();
    for (std::size_t i = 0; i < mode.segments.size(); ++i) mode.segments[i] = classify(state.segments[i]);
    mode.segments[1] = cs.read_span != Segment::flat_span ? SegmentClass::checked
                       : cs.base == 0                     ? SegmentClass::flat
                                                          : SegmentClass::based;
    mode.controls = fpu_readiness(state);
    return mode;
}

namespace {

constexpr u32 code_alignment = 16; ///< of what runs of a block

} // namespace

/// A kernel has its user's GS (or FS) loaded and does not use it; what it is must not make the kernel's code other
/// code. Once it is used, what is translated from then on knows.
void TranslatorEngine::free_unused_segments(Mode& mode) const {
    mode.free_segments = m_options.used_segments ? m_unused_segments[mode.cpl == 3] : 0;
    for (u32 i = 0; i < mode.segments.size(); ++i)
        if (mode.free_segments >> i & 1) mode.segments[i] = SegmentClass::checked;
}

u32 TranslatorEngine::current_mode() {
    Mode mode = mode_of(m_cpu.state);
    if (mode.cpl == 3) m_cpu.mmu.note_user_code();
    free_unused_segments(mode);
    mode.windows = wants_window(mode.cpl);
    mode.home = mode.windows && m_cpu.mmu.window_now(mode.cpl == 3) == 0;
    u32& recent = m_recent_mode[mode.cpl == 3];
    if (recent < m_modes.size() && m_modes[recent] == mode) return recent;
    auto it = std::find(m_modes.begin(), m_modes.end(), mode);
    if (it == m_modes.end()) {
        if (m_modes.size() >= 4096) { // a guest that plays with segments; blocks know modes by number
            destroy_all(Cause::flush);
            m_modes.clear();
        }
        m_modes.push_back(mode);
        it = m_modes.end() - 1;
    }
    return recent = static_cast<u32>(it - m_modes.begin());
}

Block* TranslatorEngine::find(const BlockKey& key) {
    Block* block = m_buckets[key.place() % buckets];
    while (block && !(block->key == key)) block = block->next;
    return block;
}

/// Whether the code at CS:RIP begins as it did when it was interpreted last. Code that is written anew for each run, as
/// compilers and loaders do, would become hot by its address, and its translation never run.
bool TranslatorEngine::is_as_before(const BlockKey& key) {
    if (m_options.hot_threshold == 0 || !m_options.as_before) return true;
    std::array<u64, 2> bytes;
    const u8* host = m_cpu.mmu.fast_read(linear_rip(), sizeof bytes, m_cpu.state.cpl == 3);
    if (!host) return true;
    std::memcpy(bytes.data(), host, sizeof bytes);
    const u8 print = static_cast<u8>((bytes[0] * 0x9E3779B97F4A7C15u + bytes[1]) * 0x9E3779B97F4A7C15u >> 56);
    u8& before = heat_of(key).print;
    return std::exchange(before, print) == print;
}

TranslatorEngine::Found TranslatorEngine::block_here() {
    const CpuState& state = m_cpu.state;
    PhysAddr start;
    if (!m_cpu.mmu.fast_fetch(linear_rip(), state.cpl == 3, start)) {
        const Translation t = m_cpu.mmu.translate(linear_rip(), {AccessKind::Fetch, m_cpu.data_privilege()});
        if (!t.ok) return {};
        start = t.address;
    }
    const BlockKey key{start, static_cast<u32>(state.rip), current_mode()};
    // Code that is not hot has no block, or one that has to prove itself again because it shares its place here.
    i16& heat = heat_of(key).times;
    if (heat < static_cast<i32>(m_options.hot_threshold)) {
        if (is_as_before(key) || ++m_changed_runs % changed_runs_for_one == 0) ++heat;
        return {};
    }
    if (m_links.has_too_many_pages()) destroy_all(Cause::flush);
    Block* block = find(key);
    if (block && block->second && second_frame(linear_rip()) != block->second) {
        destroy(*block, Cause::flush); // the second page is another one now
        return {};
    }
    if (block && block->dormant) [[unlikely]] {
        const bool same = guest_bytes(*block) == block->guest;
        if (same && ++block->revivals == most_revivals && m_options.self_check && could_check_itself(*block)) {
            destroy(*block, Cause::smc);
            block = nullptr;
            u8& changes = heat_of(key).changes;
            changes = std::max<u8>(changes, 1);
            heat = static_cast<i16>(m_options.hot_threshold);
        } else if (same) {
            watch(*block);
            ++m_ledger.revived;
        } else {
            destroy(*block, Cause::smc);
            cool_down(key);
            if (heat < static_cast<i32>(m_options.hot_threshold)) return {};
            block = nullptr;
        }
    }
    if (block) return {covers(*block) ? block : nullptr, false};
    // Each process has it elsewhere, and most end soon: a translation costs as much as some hundred runs.
    const i32 enough = static_cast<i32>(m_options.hot_threshold) * moved_runs_for_one;
    if (m_options.moved_code && heat < enough && has_moved(key)) {
        ++heat;
        return {};
    }
    place_of(key) = {static_cast<u32>(key.start.value), key.eip};
    const u64 begun = ticks();
    block = translate(key, m_modes[key.mode]);
    m_ledger.ticks_translating += ticks() - begun;
    return {block, true};
}

/// RAM, whose stores are seen; or ROM, which the guest cannot change without a change of the memory map.
bool TranslatorEngine::holds_code(PhysAddr address) const {
    const Frame frame = m_cpu.mmu.memory().frame(address);
    return frame.is_ram || (m_options.rom && frame.read_host && !frame.write_host);
}

/// Null: it cannot be, or the budget does not cover it.
Block* TranslatorEngine::translate(const BlockKey& key, const Mode& mode) {
    if (!holds_code(key.start)) return nullptr;
    auto block = std::make_unique<Block>();
    block->key = key;
    m_insns.clear();
    block->insns.swap(m_insns);
    if (const auto it = m_looked_up.find(key.hash()); it != m_looked_up.end()) block->looked_up = it->second;
    if (const auto it = m_adapted.find(key.hash()); it != m_adapted.end()) block->adaptation = it->second;
    if (const ringshift::Block* decoded = m_interpreter.find_block()) {
        const std::size_t count = std::min<std::size_t>(decoded->insns.size(), m_options.block_limit);
        block->insns.assign(decoded->insns.begin(), decoded->insns.begin() + static_cast<std::ptrdiff_t>(count));
    } else if (!take_crossing_instruction(*block)) {
        return nullptr;
    }
    append_after_sti(*block, mode);
    if (m_options.extend && m_options.native) append_behind_jumps(*block, mode);
    block->count = static_cast<u16>(block->insns.size());
    if (!covers(*block)) return nullptr;
    check_itself_if_wise(*block);
    if (m_options.instrument) take_counter(*block);
    const auto code = emit(*block, mode);
    for (const DecodedInsn& decoded : block->insns) {
        m_unused_segments[mode.cpl == 3] &= static_cast<u8>(~(1u << static_cast<u32>(decoded.insn.memory.segment)));
        // What is no instruction may become one by a change of any byte that was looked at.
        const u32 left = static_cast<u32>(page_size - key.start.offset()) - block->bytes;
        const bool is_one = decoded.insn.mnemonic != Mnemonic::invalid;
        block->bytes += is_one ? decoded.insn.length : std::min<u32>(left, Decoder::max_length);
    }
    block->guest = guest_bytes(*block);
    make_room(*block);
    publish(*block, code);
    watch(*block);
    note_landings(*block, mode);
    Block*& bucket = m_buckets[key.place() % buckets];
    block->next = bucket;
    bucket = block.get();

    ++m_ledger.cause(m_history.translated(key));
    m_ledger.translated_instructions += block->insns.size();
    m_ledger.translated_bytes += block->bytes;
    m_ledger.emitted_bytes += block->code_size;
    if (m_options.observer) m_options.observer->translated(*block);
    block->insns.swap(m_insns);
    m_interpreter.blocks().forget(key.start, mode.code32);
    const u32 offset = block->code_offset;
    return (m_blocks[offset] = std::move(block)).get();
}

/// Where returns to this block's calls land. An indirect branch that remembers its target leads to all blocks.
void TranslatorEngine::note_landings(const Block& block, const Mode& mode) {
    const bool pairs = m_options.pair_returns && m_options.link;
    const auto lands = [&](const DecodedInsn& insn) { return pairs && returns_here(insn.insn); };
    if (!m_options.inline_targets && std::none_of(block.insns.begin(), block.insns.end(), lands)) return;
    m_landings[mode.cpl == 3].add(static_cast<u32>(mode.cs_base + block.key.eip), block.bytes);
}

/// An instruction that crosses a page is a block of its own, which depends on both frames.
bool TranslatorEngine::take_crossing_instruction(Block& block) {
    const DecodedInsn* decoded = m_interpreter.fetch_one();
    const LinearAddr address = linear_rip();
    if (!decoded || decoded->insn.mnemonic == Mnemonic::invalid) return false;
    if (address.offset() + decoded->insn.length <= page_size) return false;
    const auto second = second_frame(address);
    if (!second || !holds_code(*second)) return false;
    block.insns.push_back(*decoded);
    block.second = second;
    return true;
}

std::optional<PhysAddr> TranslatorEngine::second_frame(LinearAddr address) {
    const LinearAddr next(static_cast<u32>((address.value & ~page_mask) + page_size));
    const Translation t = m_cpu.mmu.translate(next, {AccessKind::Fetch, m_cpu.data_privilege()});
    if (!t.ok) return std::nullopt;
    return t.address;
}

std::span<const u8> TranslatorEngine::emit(Block& block, const Mode& mode) {
    for (;;) {
        const auto code = m_translator.translate(block, mode, false);
        if (code.size() + code_alignment - 1 <= m_policy->largest()) return code;
        ASSERT(block.insns.size() > 1, "{} bytes of code for one instruction", code.size());
        block.insns.resize(block.insns.size() / 2);
    }
}

/// Whether what lies `bytes` behind the block's beginning is on its way to be translated. (The interpreter does not
/// keep all that it has seen.)
bool TranslatorEngine::has_run_behind(const Block& block, u32 bytes) {
    const BlockKey key{block.key.start + bytes, block.key.eip + bytes, block.key.mode};
    const i32 heat = heat_of(key).times;
    return heat > 0 && 2 * heat >= static_cast<i32>(m_options.hot_threshold);
}

/// A forward jump is not always taken, and most calls return: what lies behind them needs no entry of its own then.
/// What the interpreter has not seen there may never run, and is no code perhaps.
void TranslatorEngine::append_behind_jumps(Block& block, const Mode& mode) {
    constexpr std::size_t most_jumps = 6;
    u32 bytes = 0;
    for (const DecodedInsn& insn : block.insns) bytes += insn.insn.length;
    for (std::size_t jumps = 0; jumps < most_jumps; ++jumps) {
        const Insn& last = block.insns.back().insn;
        const bool forward = is_conditional_jump(last.mnemonic) && static_cast<i32>(last.immediate) > 0;
        if (!forward && !(m_options.goes_on_behind_calls() && returns_here(last))) return;
        if (block.key.start.offset() + bytes >= page_size) return;
        const ringshift::Block* more = has_run_behind(block, bytes)
                                           ? m_interpreter.blocks().get(block.key.start + bytes, mode.code32)
                                           : m_interpreter.blocks().peek(block.key.start + bytes, mode.code32);
        if (!more || u64{block.key.eip} + bytes + more->bytes - 1 > mode.cs_limit) return;
        if (block.insns.size() + more->insns.size() > m_options.block_limit) return;
        for (const DecodedInsn& insn : more->insns) {
            block.insns.push_back(insn);
            bytes += insn.insn.length;
        }
    }
}

/// STI is done in place only if something follows it in the block: the interpreter's blocks end there, ours go on.
void TranslatorEngine::append_after_sti(Block& block, const Mode& mode) {
    u32 bytes = 0;
    for (const DecodedInsn& insn : block.insns) bytes += insn.insn.length;
    while (block.insns.back().insn.mnemonic == Mnemonic::STI && block.key.start.offset() + bytes < page_size) {
        const ringshift::Block* more = m_interpreter.blocks().get(block.key.start + bytes, mode.code32);
        if (!more || u64{block.key.eip} + bytes + more->bytes - 1 > mode.cs_limit) return;
        for (const DecodedInsn& insn : more->insns) {
            if (block.insns.size() >= m_options.block_limit) return;
            block.insns.push_back(insn);
            bytes += insn.insn.length;
        }
    }
}

/// What runs of the block begins where it is aligned; the cold part lies behind it, or apart.
void TranslatorEngine::make_room(Block& block) {
    const u32 size = m_options.cold_apart ? block.cold_offset : block.code_size;
    m_evicted.clear();
    const auto place =
        m_policy->place((size + code_alignment - 1) & ~(code_alignment - 1), block.code_size - size, m_evicted);
    block.code_offset = place.offset;
    block.cold_place = m_options.cold_apart ? place.cold : place.offset + block.cold_offset;
    m_ledger.evictions += m_evicted.size();
    if (m_evicted.size() == m_blocks.size() && !m_blocks.empty()) {
        forget_blocks(Cause::capacity);
    } else {
        for (const u32 evicted : m_evicted) destroy(*m_blocks.find(evicted)->second, Cause::capacity);
    }
}

/// `code` as the translator has returned it just now.
void TranslatorEngine::publish(const Block& block, std::span<const u8> code) {
    m_memory->publish(block.code_offset, code.first(block.cold_offset));
    m_memory->publish(block.cold_place, code.subspan(block.cold_offset));
    for (const u32 at : m_emitter.crossings())
        m_memory->relocate(block.place_of(at), at < block.cold_offset ? block.distance() : 0u - block.distance());
}

/// All at once, as far as they are not the policy's business.
void TranslatorEngine::forget_blocks(Cause why) {
    new_generation();
    for (auto& [offset, block] : m_blocks) {
        block->dead = true;
        give_counter_back(*block);
        m_history.lost(block->key, why);
        heat_of(block->key).times = 0;
        m_graveyard.push_back(std::move(block));
    }
    m_runtime.called.fill({});
    m_blocks.clear();
    std::fill(m_buckets.begin(), m_buckets.end(), nullptr);
    m_links.forget_all();
    for (LandingPages& landings : m_landings) landings.clear();
    if (m_options.observer) m_options.observer->flushed();
    for (const auto& [frame, blocks] : std::exchange(m_frames, {}))
        m_cpu.mmu.memory().refresh_code(PhysAddr(frame * page_size));
    m_runtime.link = nullptr;
}

void TranslatorEngine::destroy_all(Cause why) {
    forget_blocks(why);
    m_policy->clear();
    m_cpu.end_block();
}

void TranslatorEngine::invalidate_all() {
    destroy_all(Cause::flush);
    m_interpreter.invalidate_all();
}

/// Takes the block out of everything that leads to it. Its memory and its code stay until bury().
void TranslatorEngine::destroy(Block& block, Cause why) {
    block.dead = true;
    new_generation();
    give_counter_back(block);
    forget_sites(block);
    if (!block.dormant) unwatch_evicted(block);
    m_links.detach_exits(block);
    if (m_runtime.link && m_runtime.link->from == &block) m_runtime.link = nullptr;
    Block** place = &m_buckets[block.key.place() % buckets];
    while (*place != &block) place = &(*place)->next;
    *place = block.next;
    m_history.lost(block.key, why);
    heat_of(block.key).times = 0; // it has to prove itself again: a cache that is too small does not thrash
    if (why != Cause::capacity) m_policy->removed(block.code_offset); // else its place is taken already
    if (m_options.observer) m_options.observer->invalidated(block);
    const auto owner = m_blocks.find(block.code_offset);
    m_graveyard.push_back(std::move(owner->second));
    m_blocks.erase(owner);
}

} // namespace ringshift::bt
