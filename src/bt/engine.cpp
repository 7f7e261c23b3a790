// The translator's run loop.
//
// The interpreter is tier 0 and does what must be done carefully. Between two blocks this loop looks around as the
// interpreter does; then, if the code at CS:RIP is translated and the budget covers it, generated code runs until it
// leaves by one of its stubs.
//
// Exits that are not linked, exceptions, system calls, interrupts, changes of the mode: most of the time what comes
// after them is generated code again. So the stub asks first (go_on()), which does what the loop would do and gives the
// code to jump to; only what is not generated code goes back to the loop. What the host needs to call C++ is saved
// once, and the return stack of each privilege level survives what happens in the other one.
#include "bt/translator_engine.h"

#include <new>
#include <utility>

namespace ringshift {

namespace bt {

Result<std::unique_ptr<Engine>> TranslatorEngine::create(Cpu& cpu, const Options& options) {
    static_assert(sizeof(Runtime) <= Mmu::engine_space_size);
    cpu.mmu.clear_engine_space();
    auto* runtime = new (cpu.mmu.engine_space().data()) Runtime; // not {}: the jump targets are zero, and untouched
    std::unique_ptr<TranslatorEngine> engine(new TranslatorEngine(cpu, options, *runtime));
    engine->m_memory = TRY(CodeMemory::create(options.cache_size));
    engine->m_policy = TRY(make_policy(options.cache_policy, engine->m_memory->size()));
    engine->m_links.set_memory(*engine->m_memory);
    engine->m_links.set_observer(options.observer);
    runtime->decoder = &engine->m_interpreter.blocks().decoder();
    if (options.spaces)
        engine->m_links.set_check([&cpu](const CodePage& page) {
            return cpu.mmu.would_fetch(LinearAddr(u64{page.number} << 12), page.user, page.frame);
        });
    GoOn go_on;
    if (options.go_on) go_on = {[](void* self) { return static_cast<TranslatorEngine*>(self)->go_on(); }, engine.get()};
    const FindSite find_site{
        [](void* self, u64 behind) { return static_cast<TranslatorEngine*>(self)->find_site(behind); }, engine.get()};
    engine->m_stubs = TRY(Stubs::create(cpu, engine->m_emitter, *runtime, options, find_site, go_on));
    engine->open_windows();
    return std::unique_ptr<Engine>(std::move(engine));
}

TranslatorEngine::~TranslatorEngine() {
    m_cpu.mmu.close_windows();
    m_cpu.mmu.set_flush_listener(nullptr);
    m_cpu.mmu.memory().remove_listener(*this);
}

// ---- The loop ------------------------------------------------------------------------------------------------------

Exit TranslatorEngine::run(i64 instructions) {
    const u64 start = ticks();
    const Exit exit = loop(instructions);
    m_ledger.ticks_total += ticks() - start;
    return exit;
}

Exit TranslatorEngine::loop(i64 instructions) {
    m_interpreter.begin(instructions);
    m_turn.reset();
    for (;;) {
        const Turn turn = m_turn ? *std::exchange(m_turn, std::nullopt) : next_turn(maximum_budget);
        if (turn.exit) return *turn.exit;
        if (turn.block) {
            enter(turn);
            continue;
        }
        interpreted();
        if (!turn.careful) {
            m_interpreter.step_block();
        } else if (const auto exit = m_interpreter.step_carefully()) {
            return *exit;
        }
    }
}

TranslatorEngine::Turn TranslatorEngine::next_turn(i64 budget) {
    CpuState& state = m_cpu.state;
    if (m_runtime.keeps_missing) [[unlikely]]
        give_up_windows();
    if (!m_given_up.empty()) try_windows_again();
    if (m_runtime.unsuited) [[unlikely]]
        adapt();
    if (m_runtime.faulted.there && state.rip == m_runtime.faulted_rip) [[unlikely]]
        fill_behind_fault();
    bury();
    Turn turn;
    turn.exit = m_interpreter.look_around();
    if (turn.exit) return turn;
    // RF, which the IRET of a fault's handler sets, lasts for one instruction and matters to breakpoints alone (SDM
    // vol. 3B, 17.3.1.1). Where there are none, a block may be entered without it.
    const u32 resume_flag = state.system_flags & flag::rf;
    if (m_options.go_on) state.system_flags &= ~resume_flag;
    turn.careful = m_interpreter.careful();
    if (turn.careful) [[unlikely]] {
        state.system_flags |= resume_flag;
        return turn;
    }
    if (state.budget > budget) {
        state.budget_reserve = state.budget - budget;
        state.budget = budget;
    }
    const Found found = block_here();
    turn.block = found.block;
    m_resumed = nullptr;
    if (resume_flag != 0) [[unlikely]]
        resume(turn);
    turn.level = found.translated ? Level::translate : m_asked == state.rip ? Level::hash : Level::resume;
    return turn;
}

/// RF was set, and is clear now.
void TranslatorEngine::resume(Turn& turn) {
    CpuState& state = m_cpu.state;
    if (!turn.block) {
        state.system_flags |= flag::rf;
        turn.careful = true;
        return;
    }
    m_resumed = turn.block;
    if (turn.block->begins_with_iret) state.system_flags |= flag::rf; // its handler decides
}

void TranslatorEngine::interpreted() {
    m_runtime.link = nullptr;
    m_runtime.leave = Leave::step; // what generated code jumped to is not what it will be entered at
    m_asked = nothing_asked;
    ++m_ledger.entries;
    ++m_ledger.level(Level::interp);
}

constexpr u64 entries_mask = (u64{1} << budget_shift) - 1;

void TranslatorEngine::enter(const Turn& turn) {
    for (const bool user : {false, true}) m_returns[user] = {m_stubs->empty_return_stack(user), 0, m_generation, 0, 0};
    m_arrivals = 0;
    m_runtime.counter = 0;
    m_runtime.code = reinterpret_cast<u64>(arrive(turn));
    const u64 translating = m_ledger.ticks_translating;
    const u64 start = ticks();
    {
        std::optional<FaultScope> scope;
        if (m_windows) scope.emplace(static_cast<FaultTaker&>(*this));
        m_stubs->enter();
    }
    if (!m_options.go_on) take_back_refused();
    m_ledger.ticks_cached += ticks() - start - (m_ledger.ticks_translating - translating);
    const u64 entered = static_cast<u64>(m_runtime.counter) & entries_mask;
    m_ledger.entries += entered;
    m_ledger.cached += entered - m_arrivals;
    if (!m_options.go_on) leave();
}

const u8* TranslatorEngine::arrive(const Turn& turn) {
    Block& block = *turn.block;
    if (m_options.spaces) note_space(block);
    m_links.set_mode(block.key.mode, m_cpu.state.cpl == 3);
    if (m_runtime.leave == Leave::indirect && m_options.probe) m_links.note_jump(block, page_of(block));
    if (m_runtime.leave == Leave::direct && m_runtime.link) follow(*m_runtime.link, block);
    m_runtime.link = nullptr;
    m_memory->synchronise();
    ++m_ledger.level(turn.level);
    m_arrived_by = turn.level;
    ++m_arrivals;
    m_resumed_entry = (static_cast<u64>(m_runtime.counter) & entries_mask) + 1;
    m_runtime.arriving = static_cast<u64>(turn.level);
    const bool user = m_cpu.state.cpl == 3;
    if (m_modes[block.key.mode].windows) {
        m_runtime.window = m_cpu.mmu.window_now(user).value_or(0);
        if (!m_modes[block.key.mode].home) set_gs_base(m_runtime.window);
    }
    Returns& returns = m_returns[user];
    const u64 space = m_cpu.mmu.space_serial();
    if (returns.generation != m_generation || returns.mode != block.key.mode || returns.space != space)
        returns = {m_stubs->empty_return_stack(user), block.key.mode, m_generation, space, m_cpu.mmu.space()};
    m_runtime.return_top = returns.top;
    m_runtime.counter = static_cast<i64>((static_cast<u64>(m_runtime.counter) & entries_mask) |
                                         (static_cast<u64>(m_cpu.state.budget - m_options.slack()) << budget_shift));
    m_ran_user = user;
    m_runtime.own_context = (u64{block.key.mode + 1} << 32) | (m_generation << Runtime::own_generation_shift);
    return m_memory->executable(block.code_offset + block.entry);
}

/// A block that found itself changed before it began was not entered.
void TranslatorEngine::take_back_refused() {
    if (m_runtime.leave != Leave::budget) return;
    if ((static_cast<u64>(m_runtime.counter) & entries_mask) + 1 != m_resumed_entry) return;
    --m_ledger.level(m_arrived_by);
    --m_arrivals;
}

void TranslatorEngine::leave() {
    CpuState& state = m_cpu.state;
    if (m_windows) note_work((static_cast<u64>(m_runtime.counter) & entries_mask) + 1 - m_resumed_entry);
    m_asked = nothing_asked;
    if (m_runtime.leave == Leave::step) {
        finish_step();
        return;
    }
    state.budget = (m_runtime.counter >> budget_shift) + m_options.slack();
    if (m_runtime.leave == Leave::direct) {
        m_runtime.link = &link_in_front(m_runtime.left_from);
        state.rip = m_runtime.link->target;
    }
    if (m_runtime.leave == Leave::budget) {
        Block& block = block_in_front(m_runtime.left_from);
        state.rip = block.key.eip;
        if (block.own_bytes) drop_if_changed(block);
    } else {
        m_asked = state.rip;
    }
}

/// Called by generated code that has left a block. One enter() takes maximum_budget at most, so that neither the count
/// of entries nor a return stack overflows.
const u8* TranslatorEngine::go_on() {
    m_returns[m_ran_user].top = m_runtime.return_top;
    take_back_refused();
    leave();
    const i64 left = maximum_budget - static_cast<i64>(static_cast<u64>(m_runtime.counter) & entries_mask);
    if (left < maximum_budget / 2) return nullptr;
    m_turn = next_turn(left);
    if (!m_turn->block) return nullptr;
    return arrive(*std::exchange(m_turn, std::nullopt));
}

/// The handler of a Site has run and the block is to be left: what the interpreter's loop does then.
void TranslatorEngine::finish_step() {
    CpuState& state = m_cpu.state;
    --state.budget;
    switch (static_cast<Flow>(m_runtime.flow)) {
    case Flow::next:
    case Flow::stop: state.rip = m_runtime.site->next_rip(); break;
    case Flow::fault:
        // In the image of EFLAGS that a double fault pushes RF is as it was.
        if (m_resumed && m_runtime.site->block == m_resumed && m_runtime.site->number == 0 &&
            (static_cast<u64>(m_runtime.counter) & entries_mask) == m_resumed_entry)
            state.system_flags |= flag::rf;
        m_cpu.deliver_exception();
        break;
    case Flow::branch: break;
    }
}

Ledger TranslatorEngine::ledger() const {
    Ledger ledger = m_ledger;
    for (std::size_t i = 0; i < ledger.levels.size(); ++i)
        if (!level_facts[i].cold) ledger.levels[i] = m_runtime.arrivals[i];
    if (const Windows* w = m_cpu.mmu.windows())
        ledger.windows = {.windows = w->count(),
                          .mappings = w->mappings(),
                          .pages = w->counts().pages,
                          .mapped = w->counts().mapped,
                          .unmapped = w->counts().unmapped,
                          .faults = m_window_faults,
                          .emptied = w->counts().emptied,
                          .given_up = m_times_given_up};
    return ledger;
}

} // namespace bt

Result<std::unique_ptr<Engine>> make_translator(Cpu& cpu, const bt::Options& options) {
    return bt::TranslatorEngine::create(cpu, options);
}

std::optional<bt::Ledger> ledger_of(const Engine& engine) {
    const auto* translator = dynamic_cast<const bt::TranslatorEngine*>(&engine);
    if (!translator) return std::nullopt;
    return translator->ledger();
}

std::vector<bt::BlockCount> hottest_blocks_of(const Engine& engine, std::size_t most) {
    const auto* translator = dynamic_cast<const bt::TranslatorEngine*>(&engine);
    return translator ? translator->hottest_blocks(most) : std::vector<bt::BlockCount>{};
}

} // namespace ringshift
