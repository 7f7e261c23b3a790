// Decoded code, kept by physical address: decoding is paid once.
//
// A block is a straight run of instructions within one frame, ended by a branch, by something that may change the mode,
// or by the end of the frame. It depends on the bytes and on CS.D alone, so every address space shares it. The frame's
// bytes are marked in the PhysicalMap; a store to them destroys the blocks that it touches, at once: the running block
// is left after the storing instruction. Destroyed blocks stay in memory until bury().
//
// In front of the map of all blocks stands a direct-mapped table of those used lately. Both are keyed by physical
// address, so neither a change of address space nor a TLB flush touches them: the next block costs a look at the TLB's
// fetch tag and one at this table. A destroyed block is taken out of its slot.
#pragma once

#include "cpu/interp/handler.h"
#include "cpu/isa/decoder.h"

#include <memory>
#include <unordered_map>
#include <vector>

namespace ringshift {

struct DecodedInsn {
    Handler handler;
    Insn insn;
};

struct Block {
    PhysAddr start;
    u32 bytes = 0;
    bool code32 = false;
    std::vector<DecodedInsn> insns; ///< at least one
};

class BlockCache final : public CodeWriteListener {
  public:
    explicit BlockCache(Cpu& cpu);
    ~BlockCache() override;

    /// The block that starts at `start`, decoded if it is not there. Null if no whole instruction lies between `start`
    /// and the end of the frame, or the frame has no memory to decode from.
    const Block* get(PhysAddr start, bool code32) {
        const Recent& recent = m_recent[slot(key(start, code32))];
        if (recent.key == key(start, code32)) [[likely]]
            return recent.block;
        return find_or_decode(start, code32);
    }
    /// Frees destroyed blocks; no pointer to one may be in use.
    void bury() {
        if (!m_destroyed.empty()) [[unlikely]]
            m_destroyed.clear();
    }
    void destroy_all();
    const Decoder& decoder() const { return m_decoder; }

    bool code_written(PhysAddr address, u64 size) override;
    void mark_again(PhysAddr frame) override;
    void map_changed() override;

  private:
    static constexpr std::size_t maximum_blocks = 300'000; ///< then everything is dropped; bounds the host's memory
    static constexpr std::size_t maximum_insns = 64;
    static u64 key(PhysAddr start, bool code32) { return (start.value << 1) | (code32 ? 1 : 0); }
    struct Recent {
        u64 key = ~u64{0};
        const Block* block = nullptr;
    };
    static constexpr std::size_t recent_blocks = 16384;
    static std::size_t slot(u64 key) { return (key ^ (key >> 14)) % recent_blocks; }
    const Block* find_or_decode(PhysAddr start, bool code32);
    std::unique_ptr<Block> decode(PhysAddr start, const u8* bytes, bool code32) const;

    Cpu& m_cpu;
    Decoder m_decoder;
    std::unordered_map<u64, std::unique_ptr<Block>> m_blocks;
    std::unordered_map<u64, std::vector<Block*>> m_by_frame;
    std::vector<std::unique_ptr<Block>> m_destroyed;
    std::vector<Recent> m_recent = std::vector<Recent>(recent_blocks);
};

} // namespace ringshift
