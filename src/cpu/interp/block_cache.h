// Decoded code, kept by physical address: decoding is paid once.
//
// A block is a straight run of instructions within one frame, ended by a branch, by something that may change the mode,
// or by the end of the frame. It depends on the bytes and on CS.D alone, so every address space shares it. The frame's
// bytes are marked in the PhysicalMap; a store to them destroys the blocks that it touches, at once: the running block
// is left after the storing instruction. Destroyed blocks stay in memory until bury(). Which blocks a store touches is
// found by granules of the frame; a frame may hold thousands of blocks.
//
// In front of the map of all blocks stands a direct-mapped table of those used lately, and in front of that each block
// knows the two that last came after it. All are keyed by physical address, so neither a change of address space nor a
// TLB flush touches them: the next block costs a look at the TLB's fetch tag and one at the block that has just run. A
// destroyed block is taken out of its slot; links are good until any block is destroyed.
//
// An instruction that crosses the end of its frame is no block's. That there is nothing to be had at an address is
// kept as an empty block, which goes when its bytes change.
#pragma once

#include "cpu/interp/decode_cache.h"
#include "cpu/interp/options.h"

#include <array>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace ringshift {

/// Its instructions follow it in memory.
struct Block {
    struct Link {
        u64 key = ~u64{0};
        const Block* block = nullptr;
        u64 generation = 0;
    };
    PhysAddr start;
    u32 bytes = 0;
    bool code32 = false;
    mutable u8 last_link = 0;
    mutable std::array<Link, 2> links;  ///< where control went from here
    static constexpr u64 overhead = 96; ///< bytes for finding it, about
    u64 memory() const { return sizeof(Block) + insns.size() * sizeof(DecodedInsn) + overhead; }
    std::span<const DecodedInsn> insns{}; ///< at least one, but for an empty block, which nobody but the cache sees

    const DecodedInsn* first() const { return reinterpret_cast<const DecodedInsn*>(this + 1); }
};
static_assert(sizeof(Block) % alignof(DecodedInsn) == 0);

class BlockCache final : public CodeWriteListener {
  public:
    BlockCache(Cpu& cpu, const InterpreterOptions& options);
    ~BlockCache() override;

    /// The block that starts at `start`, decoded if it is not there. Null if no whole instruction lies between `start`
    /// and the end of the frame, or the frame has no memory to decode from.
    const Block* get(PhysAddr start, bool code32) {
        const Recent& recent = m_recent[slot(key(start, code32))];
        if (recent.key == key(start, code32)) [[likely]]
            return recent.block;
        return find_or_decode(start, code32);
    }
    /// The same if it is there already, and holds instructions; else null.
    const Block* peek(PhysAddr start, bool code32) const {
        const auto it = m_blocks.find(key(start, code32));
        return it == m_blocks.end() || it->second->insns.empty() ? nullptr : it->second.get();
    }
    /// The same, faster where control went from `previous` to there before; null also where nothing was run lately.
    const Block* get_after(const Block& previous, PhysAddr start, bool code32) {
        const u64 wanted = key(start, code32);
        for (const Block::Link& link : previous.links)
            if (link.key == wanted && link.generation == m_generation) [[likely]]
                return link.block;
        const Recent& recent = m_recent[slot(wanted)];
        if (recent.key != wanted && is_new(start, code32)) return nullptr;
        const Block* block = get(start, code32);
        if (m_options.block_links) previous.links[previous.last_link ^= 1] = {wanted, block, m_generation};
        return block;
    }
    /// Nothing has been run from there lately: a block may not be worth making.
    bool is_new(PhysAddr start, bool code32) const {
        const u64 wanted = key(start, code32);
        return m_options.new_code && m_seen[wanted % m_seen.size()] != wanted;
    }
    void note_run(PhysAddr start, bool code32) {
        const u64 wanted = key(start, code32);
        m_seen[wanted % m_seen.size()] = wanted;
    }
    /// Frees destroyed blocks; no pointer to one may be in use.
    void bury() {
        if (!m_destroyed.empty()) [[unlikely]]
            m_destroyed.clear();
    }
    void destroy_all();
    /// Forgets the block that starts at `start`, if there is one: it is not wanted soon. It stays readable until
    /// bury().
    void forget(PhysAddr start, bool code32);
    /// From now on this one runs: it ends if it is written to.
    void set_running(const Block& block) { m_running = &block; }
    DecodeCache& decoder() { return m_decoder; }

    void code_written(PhysAddr address, u64 size, CodeRange& gone) override;
    void mark_again(PhysAddr begin, u64 size) override;
    void map_changed(bool code_has_gone) override;

  private:
    static constexpr std::size_t maximum_insns = 64;
    static u64 key(PhysAddr start, bool code32) { return (start.value << 1) | (code32 ? 1 : 0); }
    struct Recent {
        u64 key = ~u64{0};
        const Block* block = nullptr;
    };
    struct Delete {
        void operator()(Block* block) const { operator delete(block); }
    };
    using Owner = std::unique_ptr<Block, Delete>;
    static constexpr std::size_t granule = 128;                               ///< bytes
    using FrameBlocks = std::array<std::vector<Block*>, page_size / granule>; ///< those that touch each granule
    /// A power of two, for as many blocks as there can be.
    static std::size_t recent_blocks(const InterpreterOptions& options) {
        return options.block_bytes <= 4 << 20 ? 16384 : 65536;
    }
    std::size_t slot(u64 key) const { return (key ^ (key >> 16)) & (m_recent.size() - 1); }
    const Block* find_or_decode(PhysAddr start, bool code32);
    Owner decode(PhysAddr start, const u8* bytes, bool code32);
    template <typename Visit>
    static void for_granules(u64 offset, u64 size, Visit visit) {
        for (u64 i = offset / granule; i <= (offset + size - 1) / granule; ++i) visit(i);
    }
    static bool is_empty(const FrameBlocks& blocks);
    void destroy(Block* block, FrameBlocks& blocks);

    Cpu& m_cpu;
    const InterpreterOptions m_options;
    DecodeCache m_decoder;
    std::vector<DecodedInsn> m_decoded; ///< a block in the making
    std::unordered_map<u64, Owner> m_blocks;
    u64 m_bytes = 0; ///< of them
    std::unordered_map<u64, FrameBlocks> m_by_frame;
    std::vector<Owner> m_destroyed;
    std::vector<Recent> m_recent;
    std::vector<u64> m_seen = std::vector<u64>(8191, ~u64{0}); ///< keys of what was run
    const Block* m_running = nullptr;                          ///< or has run last
    u64 m_generation = 0;                                      ///< goes up when blocks are destroyed
};

} // namespace ringshift
