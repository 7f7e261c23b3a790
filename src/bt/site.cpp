// Where generated code calls a handler, it says nothing but that: neither which instruction it is nor what the handler
// has to know of the block. Most of these calls are for accesses that miss, and few of them are ever made. The first
// one that is has its block translated once more, in the same way, which says what is called where (Sites). Calls made
// lately are found in a table by where they return to (Runtime::called).
#include "bt/translator_engine.h"

#include <algorithm>
#include <utility>

namespace ringshift::bt {

/// CALL [runtime.leave_direct]: at most so many bytes.
constexpr u32 stub_size = 8;

const Insn& insn_of(Cpu& cpu, Site& site) {
    if (site.insn) return *site.insn;
    Block& block = *site.block;
    const auto& runtime = *reinterpret_cast<const Runtime*>(cpu.mmu.engine_space().data());
    const auto bytes = std::span<const u8>(block.guest).subspan(site.rip - block.key.eip);
    const auto found =
        runtime.decoder->find(bytes.first(std::min<std::size_t>(bytes.size(), Decoder::max_length)), block.code32);
    block.asked = std::make_unique<AskedInsn>(AskedInsn{found.decoded->insn, std::move(block.asked)});
    site.insn = &block.asked->insn;
    return *site.insn;
}

/// The block whose code has the byte in front of this address.
Block& TranslatorEngine::block_in_front(u64 address) {
    const auto offset = m_policy->around(m_memory->offset_of(reinterpret_cast<const u8*>(address) - 1));
    ASSERT(offset, "generated code was left from {:x}, where there is no block", address);
    return *m_blocks.at(*offset);
}

/// The exit that has just been taken.
Link& TranslatorEngine::link_in_front(u64 address) {
    Block& block = block_in_front(address);
    const u32 inside = block.offset_in_front(m_memory->offset_of(reinterpret_cast<const u8*>(address)));
    const auto link = std::ranges::find_if(block.links, [&](const Link& l) { return inside - l.stub < stub_size; });
    ASSERT(link != block.links.end(), "no exit ends at +{:x} of a block at {:x}", inside, block.key.eip);
    return *link;
}

/// A block as it was when it was translated, and translated again. It is not in the cache.
std::unique_ptr<Block> TranslatorEngine::translated_again(const Block& block, bool record) {
    auto again = std::make_unique<Block>();
    again->key = block.key;
    again->bytes = block.bytes;
    again->second = block.second;
    again->own_bytes = block.own_bytes;
    again->counter = block.counter;
    again->guest = block.guest;
    again->insns = decoded(block);
    again->looked_up = block.looked_up;
    again->adaptation = block.adaptation;
    const auto code = m_translator.translate(*again, m_modes[block.key.mode], record);
    ASSERT(code.size() == block.code_size && again->cold_offset == block.cold_offset,
           "a block at {:x} is not translated as before", block.key.eip);
    return again;
}

Site* TranslatorEngine::find_site(u64 behind) {
    Block& block = block_in_front(behind);
    if (!block.sites) {
        (void)translated_again(block, false);
        block.sites = m_translator.make_sites(block);
    }
    const u32 offset = block.offset_in_front(m_memory->offset_of(reinterpret_cast<const u8*>(behind))) + 1;
    const auto call =
        std::ranges::find_if(block.sites->calls, [&](const Sites::Call& c) { return c.behind == offset; });
    ASSERT(call != block.sites->calls.end(), "nothing is called at +{:x} of a block at {:x}", offset, block.key.eip);
    Site& site = block.sites->all[call->place];
    m_runtime.called[Runtime::called_index(behind)] = {behind, &site};
    return &site;
}

/// Before the block goes.
void TranslatorEngine::forget_sites(const Block& block) {
    if (!block.sites) return;
    for (const Sites::Call& call : block.sites->calls) {
        const u64 behind = reinterpret_cast<u64>(m_memory->executable(block.place_of(call.behind - 1))) + 1;
        Runtime::Called& called = m_runtime.called[Runtime::called_index(behind)];
        if (called.behind == behind) called = {};
    }
}

} // namespace ringshift::bt
