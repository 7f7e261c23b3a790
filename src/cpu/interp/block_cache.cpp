#include "cpu/interp/block_cache.h"

#include "cpu/isa/policy.h"

#include <algorithm>
#include <utility>

namespace ringshift {

BlockCache::BlockCache(Cpu& cpu) : m_cpu(cpu), m_decoder(cpu.model) { cpu.mmu.memory().add_listener(*this); }

BlockCache::~BlockCache() { m_cpu.mmu.memory().remove_listener(*this); }

std::unique_ptr<Block> BlockCache::decode(PhysAddr start, const u8* bytes, bool code32) const {
    auto block = std::make_unique<Block>();
    block->start = start;
    block->code32 = code32;
    u64 left = page_size - start.offset();
    while (block->insns.size() < maximum_insns && left > 0) {
        DecodedInsn decoded{};
        const auto outcome = m_decoder.decode({bytes, std::min<u64>(left, 15)}, code32, decoded.insn);
        if (outcome == Decoder::Outcome::truncated || outcome == Decoder::Outcome::too_long) break;
        decoded.handler = handler_for(decoded.insn);
        block->insns.push_back(decoded);
        if (outcome != Decoder::Outcome::ok) {
            block->bytes += std::max<u32>(decoded.insn.length, 1); // #UD ends the block
            break;
        }
        bytes += decoded.insn.length;
        left -= decoded.insn.length;
        block->bytes += decoded.insn.length;
        if (policy(decoded.insn.mnemonic).facts & (fact::Branch | fact::Stops)) break;
    }
    return block->insns.empty() ? nullptr : std::move(block);
}

const Block* BlockCache::find_or_decode(PhysAddr start, bool code32) {
    Recent& recent = m_recent[slot(key(start, code32))];
    if (const auto it = m_blocks.find(key(start, code32)); it != m_blocks.end()) {
        recent = {it->first, it->second.get()};
        return recent.block;
    }
    PhysicalMap& memory = m_cpu.mmu.memory();
    const Frame frame = memory.frame(start);
    if (!frame.read_host) return nullptr;
    auto block = decode(start, frame.read_host + start.offset(), code32);
    if (!block) { // an instruction that crosses the frame: fetched by itself each time, whatever it becomes
        recent = {key(start, code32), nullptr};
        return nullptr;
    }
    if (m_blocks.size() >= maximum_blocks) destroy_all();
    if (frame.is_ram) {
        const bool first = !memory.has_code(start);
        memory.mark_code(start, block->bytes);
        if (first) m_cpu.mmu.protect_frame(start);
        m_by_frame[start.page()].push_back(block.get());
    }
    recent = {key(start, code32), block.get()};
    return m_blocks.emplace(recent.key, std::move(block)).first->second.get();
}

void BlockCache::destroy_all() {
    std::fill(m_recent.begin(), m_recent.end(), Recent{});
    for (auto& [key, block] : m_blocks) m_destroyed.push_back(std::move(block));
    m_blocks.clear();
    for (const auto& [frame, blocks] : std::exchange(m_by_frame, {}))
        m_cpu.mmu.memory().refresh_code(PhysAddr(frame * page_size));
    m_cpu.end_block();
}

bool BlockCache::code_written(PhysAddr address, u64 size) {
    const auto it = m_by_frame.find(address.page());
    if (it == m_by_frame.end()) return false;
    std::vector<Block*>& blocks = it->second;
    const bool any = std::erase_if(blocks, [&](Block* block) {
                         const bool hit = block->start.value < address.value + size &&
                                          address.value < block->start.value + block->bytes;
                         if (hit) {
                             const auto owner = m_blocks.find(key(block->start, block->code32));
                             Recent& recent = m_recent[slot(owner->first)];
                             if (recent.block == block) recent = {};
                             m_destroyed.push_back(std::move(owner->second));
                             m_blocks.erase(owner);
                         }
                         return hit;
                     }) != 0;
    if (!any) return false;
    if (blocks.empty()) m_by_frame.erase(it);
    m_cpu.end_block();
    return true;
}

void BlockCache::mark_again(PhysAddr frame) {
    const auto it = m_by_frame.find(frame.page());
    if (it == m_by_frame.end()) return;
    for (const Block* block : it->second) m_cpu.mmu.memory().mark_code(block->start, block->bytes);
}

void BlockCache::map_changed() {
    destroy_all();
    m_cpu.mmu.flush_all();
}

} // namespace ringshift
