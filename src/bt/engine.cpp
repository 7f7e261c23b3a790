// The translator's run loop and everything that changes over time: which code is hot, what is translated, linked,
// forgotten.
//
// The interpreter is tier 0 and does what must be done carefully. Between two blocks this loop looks around as the
// interpreter does; then, if the code at CS:RIP is translated and the budget covers it, generated code runs until it
// leaves by one of its stubs.
#include "bt/engine.h"

#include "bt/code_cache.h"
#include "bt/explain.h"
#include "bt/fpu_form.h"
#include "bt/stubs.h"
#include "bt/translator.h"
#include "cpu/interp/interpreter.h"
#include "cpu/isa/policy.h"

#include <algorithm>
#include <map>
#include <new>
#include <unordered_map>

namespace ringshift {

namespace bt {

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

class TranslatorEngine final : public Engine, CodeWriteListener, Mmu::FlushListener {
  public:
    static Result<std::unique_ptr<Engine>> create(Cpu& cpu, const Options& options);
    ~TranslatorEngine() override;

    std::string_view name() const override { return "bt"; }
    Exit run(i64 instructions) override;
    void invalidate_all() override;
    std::string describe_code(LinearAddr address, const CodeView& view) override;
    void set_debug_control(DebugControl control) override { m_interpreter.set_debug_control(std::move(control)); }

  private:
    TranslatorEngine(Cpu& cpu, const Options& options, Runtime& runtime)
        : m_cpu(cpu), m_options(options), m_runtime(runtime), m_interpreter(cpu),
          m_emitter(&runtime, cpu.mmu.fast_tlb()), m_translator(cpu, m_emitter, m_options), m_heat(heat_entries),
          m_buckets(buckets) {
        cpu.mmu.memory().add_listener(*this);
        cpu.mmu.set_flush_listener(this);
    }

    static constexpr std::size_t heat_entries = 65536;
    static constexpr std::size_t buckets = 262144;
    static constexpr std::size_t recent_entries = 65536;
    /// In front of the buckets, so that a block's memory is not looked at before it is the right one.
    struct Recent {
        BlockKey key;
        Block* block = nullptr;
    };

    // Finding and making blocks.
    u32 current_mode();
    Block* find(const BlockKey& key);
    /// The block at CS:RIP, translated if it is hot; null: the interpreter's turn.
    Block* block_here();
    Block* translate(const BlockKey& key, const Mode& mode);
    u32 make_room(u32 size);
    void append_after_sti(Block& block, bool code32);
    bool take_crossing_instruction(Block& block);
    std::optional<PhysAddr> second_frame(LinearAddr address);
    void destroy(Block& block);
    void destroy_all();
    void bury() { m_graveyard.clear(); }

    // For people.
    std::optional<Explanation> explain_at(LinearAddr address);
    Block* block_around(LinearAddr address);
    std::unique_ptr<Block> decode_at(LinearAddr address);

    // Running.
    void enter(Block& block);
    void finish_step();
    void follow(Link& link, Block& target);
    void note_indirect(const Block& block);
    void unlink(Link& link);
    void set_context(u32 mode);
    LinearAddr linear_rip() const {
        return LinearAddr(static_cast<u32>(m_cpu.state.segment(SegmentName::cs).base + m_cpu.state.rip));
    }

    // CodeWriteListener
    bool code_written(PhysAddr address, u64 size) override;
    void mark_again(PhysAddr frame) override;
    void map_changed() override;
    // Mmu::FlushListener
    void flushed_page(LinearAddr address) override;
    void flushed_non_global() override;
    void flushed_all() override;
    void forget_targets() {
        m_context_valid = false;
        m_runtime.link = nullptr;
    }
    void disarm(std::vector<Link*>& links);

    Cpu& m_cpu;
    const Options m_options;
    Runtime& m_runtime;
    Interpreter m_interpreter;
    Emitter m_emitter;
    Translator m_translator;
    std::unique_ptr<Stubs> m_stubs;
    std::unique_ptr<CodeMemory> m_memory;
    u32 m_next_code = 0;

    std::vector<Mode> m_modes;
    u32 m_mode = 0;         ///< the mode found last
    u32 m_context = 0;      ///< number of the current context
    u32 m_context_mode = 0; ///< the mode it is for
    bool m_context_valid = false;

    std::vector<u8> m_heat;
    std::vector<Block*> m_buckets;
    std::vector<Recent> m_recent = std::vector<Recent>(recent_entries);
    std::map<u32, std::unique_ptr<Block>> m_blocks; ///< by place in the cache
    std::unordered_map<u64, std::vector<Block*>> m_by_frame;
    std::vector<std::unique_ptr<Block>> m_graveyard;
    std::vector<Link*> m_crossing_links;        ///< armed, to pages that are not global
    std::vector<Link*> m_global_crossing_links; ///< armed, to global pages
};

Result<std::unique_ptr<Engine>> TranslatorEngine::create(Cpu& cpu, const Options& options) {
    static_assert(sizeof(Runtime) <= Mmu::engine_space_size);
    cpu.mmu.clear_engine_space();
    auto* runtime = new (cpu.mmu.engine_space().data()) Runtime; // not {}: the jump targets are zero, and untouched
    std::unique_ptr<TranslatorEngine> engine(new TranslatorEngine(cpu, options, *runtime));
    engine->m_memory = TRY(CodeMemory::create(options.cache_size));
    engine->m_stubs = TRY(Stubs::create(cpu, engine->m_emitter, *runtime, options));
    return std::unique_ptr<Engine>(std::move(engine));
}

TranslatorEngine::~TranslatorEngine() {
    m_cpu.mmu.set_flush_listener(nullptr);
    m_cpu.mmu.memory().remove_listener(*this);
}

// ---- The loop ------------------------------------------------------------------------------------------------------

Exit TranslatorEngine::run(i64 instructions) {
    CpuState& state = m_cpu.state;
    m_interpreter.begin(instructions);
    for (;;) {
        bury();
        if (const auto exit = m_interpreter.look_around()) return *exit;
        if (m_interpreter.careful()) [[unlikely]] {
            m_runtime.link = nullptr;
            if (const auto exit = m_interpreter.step_carefully()) return *exit;
            continue;
        }
        if (state.budget > maximum_budget) {
            state.budget_reserve = state.budget - maximum_budget;
            state.budget = maximum_budget;
        }
        Block* block = block_here();
        if (block && static_cast<i64>(block->insns.size()) <= state.budget) {
            enter(*block);
        } else {
            m_runtime.link = nullptr;
            m_interpreter.step_block();
        }
    }
}

void TranslatorEngine::enter(Block& block) {
    CpuState& state = m_cpu.state;
    set_context(block.key.mode);
    if (m_runtime.leave == Leave::indirect) note_indirect(block);
    if (m_runtime.leave == Leave::direct && m_runtime.link) follow(*m_runtime.link, block);
    m_runtime.link = nullptr;
    m_runtime.code = reinterpret_cast<u64>(m_memory->executable(block.code_offset));
    m_memory->synchronise();
    m_stubs->enter(state.budget << budget_shift);
    if (m_runtime.leave == Leave::step) {
        finish_step();
        return;
    }
    state.budget = m_runtime.counter >> budget_shift;
    if (m_runtime.leave == Leave::direct) state.rip = m_runtime.link->target;
    if (m_runtime.leave == Leave::budget) state.rip = m_runtime.block->key.eip;
}

/// The handler of a Site has run and the block is to be left: what the interpreter's loop does then.
void TranslatorEngine::finish_step() {
    CpuState& state = m_cpu.state;
    --state.budget;
    switch (static_cast<Flow>(m_runtime.flow)) {
    case Flow::next:
    case Flow::stop: state.rip = m_runtime.site->next_rip; break;
    case Flow::fault: m_cpu.deliver_exception(); break;
    case Flow::branch: break;
    }
}

// ---- Blocks --------------------------------------------------------------------------------------------------------

u32 TranslatorEngine::current_mode() {
    const Mode mode = mode_of(m_cpu.state);
    if (m_mode < m_modes.size() && m_modes[m_mode] == mode) return m_mode;
    const auto it = std::find(m_modes.begin(), m_modes.end(), mode);
    m_mode = static_cast<u32>(it - m_modes.begin());
    if (it == m_modes.end()) {
        if (m_modes.size() >= 4096) { // a guest that plays with segments; blocks know modes by number
            destroy_all();
            m_modes.clear();
            m_mode = 0;
        }
        m_modes.push_back(mode);
    }
    return m_mode;
}

Block* TranslatorEngine::find(const BlockKey& key) {
    const u64 hash = key.hash();
    Recent& recent = m_recent[hash % recent_entries];
    if (recent.key == key && recent.block) return recent.block;
    Block* block = m_buckets[hash % buckets];
    while (block && !(block->key == key)) block = block->next;
    if (block) recent = {key, block};
    return block;
}

Block* TranslatorEngine::block_here() {
    const CpuState& state = m_cpu.state;
    PhysAddr start;
    if (!m_cpu.mmu.fast_fetch(linear_rip(), state.cpl == 3, start)) {
        const Translation t = m_cpu.mmu.translate(linear_rip(), {AccessKind::Fetch, m_cpu.data_privilege()});
        if (!t.ok) return nullptr;
        start = t.address;
    }
    const BlockKey key{start, static_cast<u32>(state.rip), current_mode()};
    if (Block* block = find(key)) {
        if (!block->second || second_frame(linear_rip()) == block->second) return block;
        destroy(*block); // the second page is another one now
        return nullptr;
    }
    u8& heat = m_heat[key.hash() % heat_entries];
    if (heat < m_options.hot_threshold) {
        ++heat;
        return nullptr;
    }
    return translate(key, m_modes[key.mode]);
}

Block* TranslatorEngine::translate(const BlockKey& key, const Mode& mode) {
    if (!m_cpu.mmu.memory().frame(key.start).is_ram) return nullptr;
    auto block = std::make_unique<Block>();
    block->key = key;
    if (const ringshift::Block* decoded = m_interpreter.find_block()) {
        const std::size_t count = std::min<std::size_t>(decoded->insns.size(), m_options.block_limit);
        block->insns.assign(decoded->insns.begin(), decoded->insns.begin() + static_cast<std::ptrdiff_t>(count));
    } else if (!take_crossing_instruction(*block)) {
        return nullptr;
    }
    append_after_sti(*block, mode.code32);
    for (const DecodedInsn& insn : block->insns) block->bytes += std::max<u32>(insn.insn.length, 1);
    const auto code = m_translator.translate(*block, mode, false);
    block->code_offset = make_room(block->code_size);
    m_memory->publish(block->code_offset, code);

    PhysicalMap& memory = m_cpu.mmu.memory();
    const auto track = [&](PhysAddr start, u32 bytes) {
        const bool first = !memory.has_code(start);
        memory.mark_code(start, bytes);
        if (first) m_cpu.mmu.protect_frame(start);
        m_by_frame[start.page()].push_back(block.get());
    };
    track(key.start, block->first_bytes());
    if (block->second) track(*block->second, block->bytes - block->first_bytes());
    Block*& bucket = m_buckets[key.hash() % buckets];
    block->next = bucket;
    bucket = block.get();
    const u32 offset = block->code_offset;
    return (m_blocks[offset] = std::move(block)).get();
}

/// An instruction that crosses a page is a block of its own, which depends on both frames.
bool TranslatorEngine::take_crossing_instruction(Block& block) {
    const DecodedInsn* decoded = m_interpreter.fetch_one();
    const LinearAddr address = linear_rip();
    if (!decoded || address.offset() + decoded->insn.length <= page_size) return false;
    const auto second = second_frame(address);
    if (!second || !m_cpu.mmu.memory().frame(*second).is_ram) return false;
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

/// STI is done in place only if something follows it in the block: the interpreter's blocks end there, ours go on.
void TranslatorEngine::append_after_sti(Block& block, bool code32) {
    PhysAddr next = block.key.start;
    for (const DecodedInsn& insn : block.insns) next = next + insn.insn.length;
    while (block.insns.back().insn.mnemonic == Mnemonic::STI && next.page() == block.key.start.page()) {
        const ringshift::Block* more = m_interpreter.blocks().get(next, code32);
        if (!more) return;
        for (const DecodedInsn& insn : more->insns) {
            if (block.insns.size() >= m_options.block_limit) return;
            block.insns.push_back(insn);
            next = next + insn.insn.length;
        }
    }
}

u32 TranslatorEngine::make_room(u32 size) {
    size = (size + 15) & ~15u;
    if (m_next_code + size > m_memory->size()) destroy_all();
    const u32 offset = m_next_code;
    m_next_code += size;
    return offset;
}

void TranslatorEngine::destroy_all() {
    for (auto& [offset, block] : m_blocks) {
        block->dead = true;
        m_graveyard.push_back(std::move(block));
    }
    m_blocks.clear();
    std::fill(m_buckets.begin(), m_buckets.end(), nullptr);
    std::fill(m_recent.begin(), m_recent.end(), Recent{});
    m_crossing_links.clear();
    m_global_crossing_links.clear();
    m_next_code = 0;
    for (const auto& [frame, blocks] : std::exchange(m_by_frame, {}))
        m_cpu.mmu.memory().refresh_code(PhysAddr(frame * page_size));
    m_runtime.link = nullptr;
    forget_targets();
    m_cpu.end_block();
}

void TranslatorEngine::invalidate_all() {
    destroy_all();
    m_interpreter.invalidate_all();
}

/// Takes the block out of everything that leads to it. Its memory and its code stay until bury().
void TranslatorEngine::destroy(Block& block) {
    block.dead = true;
    for (Link* link : std::exchange(block.incoming, {})) unlink(*link);
    for (Link& link : block.links) {
        if (!link.to) continue;
        std::erase(link.to->incoming, &link);
        std::erase(link.global ? m_global_crossing_links : m_crossing_links, &link);
    }
    if (m_runtime.link && m_runtime.link->from == &block) m_runtime.link = nullptr;
    const auto forget = [&](PhysAddr start) {
        const auto it = m_by_frame.find(start.page());
        if (it == m_by_frame.end()) return;
        std::erase(it->second, &block);
        if (it->second.empty()) m_by_frame.erase(it);
    };
    forget(block.key.start);
    if (block.second) forget(*block.second);
    Block** place = &m_buckets[block.key.hash() % buckets];
    while (*place != &block) place = &(*place)->next;
    *place = block.next;
    if (Recent& recent = m_recent[block.key.hash() % recent_entries]; recent.block == &block) recent = {};
    const auto owner = m_blocks.find(block.code_offset);
    m_graveyard.push_back(std::move(owner->second));
    m_blocks.erase(owner);
    forget_targets();
    m_cpu.end_block();
}

// ---- Links ---------------------------------------------------------------------------------------------------------

/// The direct exit that was taken last leads to the block at CS:RIP.
void TranslatorEngine::follow(Link& link, Block& target) {
    if (!m_options.link || link.from->dead || link.to) return;
    if (target.second) link.crosses = true;
    if (link.crosses && !m_options.link_pages) return;
    if (target.key.eip != link.target || target.key.mode != link.from->key.mode) return; // an interrupt came between
    link.to = &target;
    target.incoming.push_back(&link);
    if (link.crosses) {
        link.global = !target.second && m_cpu.mmu.fetches_global(linear_rip(), m_cpu.state.cpl == 3);
        (link.global ? m_global_crossing_links : m_crossing_links).push_back(&link);
    }
    m_memory->patch(link.from->code_offset + link.patch, target.code_offset);
}

void TranslatorEngine::unlink(Link& link) {
    link.to = nullptr;
    if (link.crosses) std::erase(link.global ? m_global_crossing_links : m_crossing_links, &link);
    m_memory->patch(link.from->code_offset + link.patch, link.from->code_offset + link.stub);
}

void TranslatorEngine::disarm(std::vector<Link*>& links) {
    for (Link* link : std::exchange(links, {})) {
        std::erase(link->to->incoming, link);
        link->to = nullptr;
        m_memory->patch(link->from->code_offset + link->patch, link->from->code_offset + link->stub);
    }
}

void TranslatorEngine::note_indirect(const Block& block) {
    if (!m_options.probe) return;
    Runtime::JumpTarget& entry = m_runtime.jumps[jump_index(block.key.eip)];
    entry.key = 0 - (m_runtime.context + block.key.eip);
    entry.code = reinterpret_cast<u64>(m_memory->executable(block.code_offset));
}

/// Jump targets of other modes, or found before the last flush, do not match.
void TranslatorEngine::set_context(u32 mode) {
    if (m_context_valid && m_context_mode == mode) return;
    if (++m_context == 0) {
        std::fill(m_runtime.jumps.begin(), m_runtime.jumps.end(), Runtime::JumpTarget{});
        m_context = 1;
    }
    m_context_valid = true;
    m_context_mode = mode;
    m_runtime.context = u64{m_context} << 32;
}

void TranslatorEngine::flushed_page(LinearAddr) { flushed_all(); }

void TranslatorEngine::flushed_non_global() {
    disarm(m_crossing_links);
    forget_targets();
}

void TranslatorEngine::flushed_all() {
    disarm(m_crossing_links);
    disarm(m_global_crossing_links);
    forget_targets();
}

// ---- Code that changes ---------------------------------------------------------------------------------------------

bool TranslatorEngine::code_written(PhysAddr address, u64 size) {
    const auto it = m_by_frame.find(address.page());
    if (it == m_by_frame.end()) return false;
    std::vector<Block*> hit;
    for (Block* block : it->second)
        if (block->contains(address, size)) hit.push_back(block);
    for (Block* block : hit) destroy(*block);
    return !hit.empty();
}

void TranslatorEngine::mark_again(PhysAddr frame) {
    const auto it = m_by_frame.find(frame.page());
    if (it == m_by_frame.end()) return;
    for (const Block* block : it->second) {
        if (block->key.start.page() == frame.page())
            m_cpu.mmu.memory().mark_code(block->key.start, block->first_bytes());
        else
            m_cpu.mmu.memory().mark_code(*block->second, block->bytes - block->first_bytes());
    }
}

void TranslatorEngine::map_changed() { destroy_all(); }

// ---- For people ----------------------------------------------------------------------------------------------------

/// A translated block that contains this instruction, of the current mode if there is one.
Block* TranslatorEngine::block_around(LinearAddr address) {
    const u32 mode = current_mode();
    Block* best = nullptr;
    for (const auto& [offset, block] : m_blocks) {
        u64 at = m_modes[block->key.mode].cs_base + block->key.eip;
        if (address.value < at || address.value >= at + block->bytes) continue;
        bool same = true;
        for (const DecodedInsn& decoded : block->insns) { // of this address space?
            std::array<u8, 15> bytes{};
            const std::size_t length = decoded.insn.length;
            same = same && m_cpu.mmu.debug_read(LinearAddr(at), std::span(bytes).first(length)) == length &&
                   std::equal(bytes.begin(), bytes.begin() + length, decoded.insn.bytes.begin());
            at += length;
        }
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

std::optional<Explanation> TranslatorEngine::explain_at(LinearAddr address) {
    if (Block* block = block_around(address)) {
        // The reasons are not kept: translating once more gives them.
        Block again = *block;
        again.sites.clear();
        again.links.clear();
        const auto code = m_translator.translate(again, m_modes[block->key.mode], true);
        ASSERT(code.size() == block->code_size, "a block at {:x} is not translated as before", block->key.eip);
        block->marks = std::move(again.marks);
        return explain(*block, m_modes[block->key.mode], {m_memory->readable(block->code_offset), block->code_size},
                       m_emitter.runtime_distance());
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

} // namespace bt

Result<std::unique_ptr<Engine>> make_translator(Cpu& cpu, const bt::Options& options) {
    return bt::TranslatorEngine::create(cpu, options);
}

} // namespace ringshift
