// What became of guest code, for people: Engine::describe_code.
#include "bt/translator_engine.h"
#include "cpu/isa/policy.h"

#include <algorithm>
#include <cstring>

namespace ringshift::bt {

/// A translated block that contains this instruction, of the current mode if there is one.
Block* TranslatorEngine::block_around(LinearAddr address) {
    const u32 mode = current_mode();
    Block* best = nullptr;
    for (const auto& [offset, block] : m_blocks) {
        const u64 at = m_modes[block->key.mode].cs_base + block->key.eip;
        if (address.value < at || address.value >= at + block->bytes) continue;
        std::vector<u8> bytes(block->guest.size()); // of this address space?
        const bool same = m_cpu.mmu.debug_read(LinearAddr(at), bytes) == bytes.size() && bytes == block->guest;
        const auto rank = [&](const Block& b) {
            return 2 * (b.key.mode == mode) + (m_modes[b.key.mode].cs_base + b.key.eip == address.value);
        };
        if (same && (!best || rank(*block) > rank(*best))) best = block.get();
    }
    return best;
}

/// The block that would begin here, in the current mode.
std::unique_ptr<Block> TranslatorEngine::decode_at(LinearAddr address) {
    const Mode& mode = m_modes[current_mode()];
    const Decoder decoder(m_cpu.model);
    auto block = std::make_unique<Block>();
    block->key = {PhysAddr(0), static_cast<u32>(address.value - mode.cs_base), current_mode()};
    while (block->insns.size() < m_options.block_limit) {
        std::array<u8, Decoder::max_length> bytes{};
        const std::size_t there = m_cpu.mmu.debug_read(address, bytes);
        DecodedInsn decoded{};
        const auto outcome = decoder.decode(std::span(bytes).first(there), mode.code32, decoded.insn);
        if (outcome != Decoder::Outcome::ok) break;
        decoded.handler = handler_for(decoded.insn);
        block->insns.push_back(decoded);
        block->bytes += decoded.insn.length;
        address = address + decoded.insn.length;
        const bool ends = (policy(decoded.insn.mnemonic).facts & (fact::Branch | fact::Stops)) != 0;
        if (ends && decoded.insn.mnemonic != Mnemonic::STI) break;
    }
    return block->insns.empty() ? nullptr : std::move(block);
}

/// What is in the cache, as if the cold part lay directly behind the rest, and all other blocks far away.
std::vector<u8> TranslatorEngine::code_of(const Block& block, std::span<const u32> crossings) const {
    const u8* hot = m_memory->readable(block.code_offset);
    const u8* cold = m_memory->readable(block.cold_place);
    std::vector<u8> code(hot, hot + block.cold_offset);
    code.insert(code.end(), cold, cold + (block.code_size - block.cold_offset));
    const auto set = [&](u32 at, u32 relative) { std::memcpy(&code[at], &relative, sizeof relative); };
    for (const u32 at : crossings) {
        u32 relative;
        std::memcpy(&relative, &code[at], sizeof relative);
        set(at, relative - (at < block.cold_offset ? block.distance() : 0u - block.distance()));
    }
    constexpr u32 far_away = 1 << 30;
    for (const Link& link : block.links)
        if (link.to)
            set(link.patch,
                link.to != &block ? far_away : (link.checked ? block.checked_entry : block.entry) - (link.patch + 4));
    return code;
}

std::optional<Explanation> TranslatorEngine::explain_at(LinearAddr address) {
    if (Block* block = block_around(address)) {
        // The reasons and the instructions are not kept: translating once more gives them.
        const auto again = translated_again(*block, true);
        block->insns = std::move(again->insns);
        block->marks = std::move(again->marks);
        auto explanation = explain(*block, m_modes[block->key.mode], code_of(*block, m_emitter.crossings()),
                                   m_emitter.runtime_distance());
        block->insns = {};
        block->marks = {};
        return explanation;
    }
    const auto block = decode_at(address);
    if (!block) return std::nullopt;
    const auto code = m_translator.translate(*block, m_modes[block->key.mode], true);
    Explanation explanation = explain(*block, m_modes[block->key.mode], code, m_emitter.runtime_distance());
    explanation.note = "not translated: the interpreter runs it; this is what the translator would make of it";
    return explanation;
}

std::string TranslatorEngine::describe_code(LinearAddr address, const CodeView& view) {
    std::vector<Explanation> found;
    std::string text;
    for (unsigned i = 0; i < view.blocks; ++i) {
        auto explanation = explain_at(address);
        if (!explanation) break;
        address = LinearAddr(explanation->linear);
        for (const Explanation::Guest& insn : explanation->guest) address = address + insn.bytes.size();
        if (!view.json) text += (i != 0 ? "\n" : "") + to_text(*explanation, view);
        found.push_back(*std::move(explanation));
    }
    return view.json ? to_json(found) : text;
}

} // namespace ringshift::bt
