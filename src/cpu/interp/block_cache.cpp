#include "cpu/interp/block_cache.h"

#include "cpu/isa/policy.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace ringshift {

BlockCache::BlockCache(Cpu& cpu, const InterpreterOptions& options)
    : m_cpu(cpu), m_options(options), m_decoder(cpu.model), m_recent(recent_blocks(options)) {
    if (!options.decode_cache) m_decoder.switch_off();
    cpu.mmu.memory().add_listener(*this);
}

BlockCache::~BlockCache() { m_cpu.mmu.memory().remove_listener(*this); }

BlockCache::Owner BlockCache::decode(PhysAddr start, const u8* bytes, bool code32) {
    m_decoded.clear();
    u32 size = 0;
    const u32 in_frame = static_cast<u32>(page_size - start.offset());
    while (m_decoded.size() < maximum_insns && size < in_frame) {
        DecodedInsn& decoded = m_decoded.emplace_back();
        const auto outcome = m_decoder.decode({bytes + size, std::min<u32>(in_frame - size, 15)}, code32, decoded);
        if (outcome == Decoder::Outcome::truncated || outcome == Decoder::Outcome::too_long) {
            m_decoded.pop_back();
            break;
        }
        if (outcome != Decoder::Outcome::ok) { // #UD ends the block, and any byte that was looked at may end the #UD
            size += std::min<u32>(in_frame - size, Decoder::max_length);
            break;
        }
        size += decoded.insn.length;
        if (policy(decoded.insn.mnemonic).facts & (fact::Branch | fact::Stops)) break;
    }
    void* const memory = operator new(sizeof(Block) + m_decoded.size() * sizeof(DecodedInsn));
    Owner block(new (memory) Block);
    block->start = start;
    block->bytes = m_decoded.empty() ? in_frame : size;
    block->code32 = code32;
    DecodedInsn* const insns = reinterpret_cast<DecodedInsn*>(block.get() + 1);
    std::uninitialized_copy(m_decoded.begin(), m_decoded.end(), insns);
    block->insns = {insns, m_decoded.size()};
    return block;
}

const Block* BlockCache::find_or_decode(PhysAddr start, bool code32) {
    const u64 wanted = key(start, code32);
    const auto use = [&](const Block* block) {
        m_recent[slot(wanted)] = {wanted, block->insns.empty() ? nullptr : block};
        return m_recent[slot(wanted)].block;
    };
    if (const auto it = m_blocks.find(wanted); it != m_blocks.end()) return use(it->second.get());
    PhysicalMap& memory = m_cpu.mmu.memory();
    const Frame frame = memory.frame(start);
    if (!frame.read_host) return nullptr;
    if (m_bytes >= m_options.block_bytes) destroy_all();
    Owner block = decode(start, frame.read_host + start.offset(), code32);
    if (frame.is_ram) {
        memory.mark_code(start, block->bytes);
        m_cpu.mmu.protect_frame(start);
        FrameBlocks& blocks = m_by_frame[start.page()];
        for_granules(start.offset(), block->bytes, [&](u64 i) { blocks[i].push_back(block.get()); });
    }
    m_bytes += block->memory();
    return use(m_blocks.emplace(wanted, std::move(block)).first->second.get());
}

void BlockCache::destroy_all() {
    ++m_generation;
    std::fill(m_recent.begin(), m_recent.end(), Recent{});
    for (auto& [key, block] : m_blocks) m_destroyed.push_back(std::move(block));
    m_blocks.clear();
    m_bytes = 0;
    for (const auto& [frame, blocks] : std::exchange(m_by_frame, {}))
        m_cpu.mmu.memory().refresh_code(PhysAddr(frame * page_size));
    m_cpu.end_block();
}

bool BlockCache::is_empty(const FrameBlocks& blocks) {
    return std::all_of(blocks.begin(), blocks.end(), [](const auto& of_granule) { return of_granule.empty(); });
}

void BlockCache::destroy(Block* block, FrameBlocks& blocks) {
    for_granules(block->start.offset(), block->bytes, [&](u64 i) { std::erase(blocks[i], block); });
    const auto owner = m_blocks.find(key(block->start, block->code32));
    Recent& recent = m_recent[slot(owner->first)];
    if (recent.key == owner->first) recent = {};
    m_bytes -= block->memory();
    m_destroyed.push_back(std::move(owner->second));
    m_blocks.erase(owner);
}

void BlockCache::code_written(PhysAddr address, u64 size, CodeRange& gone) {
    const auto it = m_by_frame.find(address.page());
    if (it == m_by_frame.end()) return;
    FrameBlocks& blocks = it->second;
    const u64 generation = m_generation;
    bool running = false;
    for_granules(address.offset(), size, [&](u64 i) {
        for (std::size_t n = blocks[i].size(); n-- > 0;) { // from the end: destroy() takes elements out
            Block* const block = blocks[i][n];
            if (block->start.value < address.value + size && address.value < block->start.value + block->bytes) {
                gone.add(block->start, block->bytes);
                running = running || block == m_running;
                destroy(block, blocks);
                m_generation = generation + 1;
            }
        }
    });
    if (running) m_cpu.end_block();
    if (m_generation != generation && is_empty(blocks)) m_by_frame.erase(it);
}

/// The marks stay: whoever asks for this keeps the code in a form of its own.
void BlockCache::forget(PhysAddr start, bool code32) {
    const auto it = m_blocks.find(key(start, code32));
    if (it == m_blocks.end() || it->second.get() == m_running) return;
    const auto frame = m_by_frame.find(start.page());
    if (frame == m_by_frame.end()) return;
    destroy(it->second.get(), frame->second);
    ++m_generation;
    if (is_empty(frame->second)) m_by_frame.erase(frame);
}

void BlockCache::mark_again(PhysAddr begin, u64 size) {
    const auto it = m_by_frame.find(begin.page());
    if (it == m_by_frame.end()) return;
    for_granules(begin.offset(), size, [&](u64 i) {
        for (const Block* block : it->second[i]) m_cpu.mmu.memory().mark_code(block->start, block->bytes);
    });
}

void BlockCache::map_changed(bool code_has_gone) {
    if (code_has_gone) destroy_all();
    m_cpu.end_block();
    m_cpu.mmu.flush_all();
}

} // namespace ringshift
