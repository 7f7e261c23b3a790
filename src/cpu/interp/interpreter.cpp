// The interpreter's loop.
//
// run() alternates between looking around and running blocks. Looking around (events(), in the order of SDM vol. 3A,
// table 6-2) happens at every block boundary, the short way if the block just ran to its end: looks_up(). Whatever
// makes it necessary earlier ends the block: instructions say Flow::stop, attention during an instruction empties the
// budget (Cpu::end_block). When every boundary matters (single-stepping, an interrupt shadow, instruction breakpoints)
// blocks are one instruction long: step_carefully().
#include "cpu/interp/interpreter.h"

#include "cpu/debug.h"
#include "cpu/isa/policy.h"
#include "cpu/memory.h"

#include <algorithm>
#include <optional>

namespace ringshift {

Interpreter::Interpreter(Cpu& cpu, const InterpreterOptions& options) : m_cpu(cpu), m_blocks(cpu, options) {
    cpu.string_runs = options.string_runs;
    cpu.mmu.set_beside_code(options.beside_code);
}

void Interpreter::begin(i64 instructions) {
    m_cpu.state.budget = instructions;
    m_cpu.state.budget_reserve = 0;
    m_cpu.watchpoint_hit.reset();
}

Exit Interpreter::run(i64 instructions) {
    const CpuState& state = m_cpu.state;
    bool block_done = false;
    begin(instructions);
    for (;;) {
        if (const auto exit = look_around()) return *exit;
        if (block_done) return Exit::budget;
        if (careful()) {
            const i64 before = state.budget;
            if (const auto exit = step_carefully()) return *exit;
            block_done = m_one_block && state.budget + state.budget_reserve < before;
            continue;
        }
        if (const Block* block = find_known_block()) [[likely]] {
            while (run_block(*block) && !looks_up() && (block = find_next(*block))) {
            }
        } else {
            step_block();
        }
    }
}

std::optional<Exit> Interpreter::look_around() {
    CpuState& state = m_cpu.state;
    m_blocks.bury();
    state.budget += std::exchange(state.budget_reserve, 0);
    if (state.activity == Activity::shutdown) return Exit::shutdown;
    if (m_cpu.watchpoint_hit) [[unlikely]]
        return Exit::breakpoint;
    if (m_cpu.attention.load(std::memory_order_relaxed) != 0 || state.pending_debug != 0) {
        if (const auto exit = events()) return *exit;
        state.budget += std::exchange(state.budget_reserve, 0);
    }
    if (state.activity != Activity::running) return state.activity == Activity::halted ? Exit::halted : Exit::shutdown;
    if (state.budget <= 0) return Exit::budget;
    return {};
}

void Interpreter::step_block() {
    if (run_new_code()) return;
    if (const Block* block = find_block()) [[likely]] {
        run_block(*block);
    } else if (const DecodedInsn* decoded = fetch_one()) {
        execute(*decoded);
    } else {
        --m_cpu.state.budget;
        m_cpu.deliver_exception();
    }
}

/// What may happen between two instructions, most urgent first.
std::optional<Exit> Interpreter::events() {
    CpuState& state = m_cpu.state;
    const u32 bits = m_cpu.attention.load(std::memory_order_acquire);
    if (bits & attention::stop) {
        m_cpu.clear_attention(attention::stop);
        return Exit::stopped;
    }
    if (state.shadow == Shadow::mov_ss) return {};
    if (state.pending_debug != 0) { // traps on the previous instruction
        m_cpu.exception = Exception{.vector = Vector::debug, .dr6 = std::exchange(state.pending_debug, 0)};
        state.activity = Activity::running;
        m_cpu.deliver_exception();
        return {};
    }
    if (state.shadow == Shadow::sti) return {};
    if (m_debug.single_step && state.activity == Activity::running) return {};
    if ((bits & attention::nmi) && !state.nmi_blocked) {
        m_cpu.clear_attention(attention::nmi);
        state.activity = Activity::running;
        state.nmi_blocked = true;
        m_cpu.deliver(EventSource::nmi, static_cast<u8>(Vector::nmi), false, 0, static_cast<u32>(state.rip));
    } else if ((bits & attention::interrupt) && (state.system_flags & flag::if_)) {
        state.activity = Activity::running;
        const u8 vector = m_cpu.platform.acknowledge_interrupt();
        m_cpu.deliver(EventSource::external_interrupt, vector, false, 0, static_cast<u32>(state.rip));
    }
    return {};
}

inline bool Interpreter::fetch_address(PhysAddr& start) {
    const LinearAddr address = instruction_address();
    if (m_cpu.mmu.fast_fetch(address, m_cpu.state.cpl == 3, start)) [[likely]]
        return true;
    const Translation t = m_cpu.mmu.translate(address, {AccessKind::Fetch, fetch_privilege()});
    start = t.address;
    return t.ok;
}

inline const Block* Interpreter::within_limit(const Block* block) const {
    const u64 limit = m_cpu.state.segment(SegmentName::cs).limit;
    if (m_cpu.state.rip + page_size > limit) [[unlikely]] { // a block is never longer than a page
        if (block && m_cpu.state.rip + block->bytes - 1 > limit) return nullptr;
    }
    return block;
}

const Block* Interpreter::find_block() {
    PhysAddr start;
    if (!fetch_address(start)) return nullptr; // fetch_one() raises it
    return within_limit(m_blocks.get(start, code32()));
}

/// The same as find_block(); null also where nothing has been run lately.
inline const Block* Interpreter::find_known_block() {
    PhysAddr start;
    if (!fetch_address(start) || m_blocks.is_new(start, code32())) return nullptr;
    return within_limit(m_blocks.get(start, code32()));
}

/// Code that is run for the first time is run from its bytes, without a block made of it: much of it never runs again.
/// False: it is not new, or no code that can be run so.
bool Interpreter::run_new_code() {
    CpuState& state = m_cpu.state;
    PhysAddr start;
    if (!fetch_address(start) || !m_blocks.is_new(start, code32())) return false;
    m_blocks.note_run(start, code32());
    const Frame frame = m_cpu.mmu.memory().frame(start);
    if (!frame.read_host || state.rip + page_size > state.segment(SegmentName::cs).limit) return false;
    const bool is_code32 = code32();
    u64 offset = start.offset();
    bool any = false;
    while (offset < page_size) {
        const std::span<const u8> bytes(frame.read_host + offset, std::min<u64>(page_size - offset, 16));
        const DecodeCache::Found found = m_blocks.decoder().find(bytes, is_code32);
        if (found.outcome != Decoder::Outcome::ok) return any;
        // One that overwrites itself has to be seen between two elements, and only code in blocks is watched.
        if (found.decoded->insn.repeat != RepeatPrefix::none) return any;
        any = true;
        const u8 length = found.decoded->insn.length;
        const bool ends = (policy(found.decoded->insn.mnemonic).facts & (fact::Branch | fact::Stops)) != 0;
        const Step step = found.decoded->handler(m_cpu, found.decoded->insn);
        --state.budget;
        if (step.flow == Flow::next || step.flow == Flow::stop) state.rip = static_cast<u32>(state.rip + length);
        if (step.flow == Flow::fault) m_cpu.deliver_exception();
        if (step.flow != Flow::next || ends || state.budget <= 0) return true;
        offset += length;
    }
    return any;
}

inline const Block* Interpreter::find_next(const Block& previous) {
    PhysAddr start;
    if (!fetch_address(start)) [[unlikely]]
        return nullptr;
    const Block* block = m_blocks.get_after(previous, start, code32());
    return block ? within_limit(block) : nullptr;
}

bool Interpreter::run_block(const Block& block) {
    Cpu& cpu = m_cpu;
    CpuState& state = cpu.state;
    m_blocks.set_running(block);
    const DecodedInsn* decoded = block.first();
    const DecodedInsn* const end = decoded + block.insns.size();
    for (;;) {
        const Step step = decoded->handler(cpu, decoded->insn);
        --state.budget;
        if (step.flow == Flow::next) [[likely]] {
            state.rip = static_cast<u32>(state.rip + decoded->insn.length);
            if (++decoded == end) return true;
            if (state.budget <= 0) [[unlikely]]
                return true;
            continue;
        }
        if (step.flow == Flow::stop)
            state.rip = static_cast<u32>(state.rip + decoded->insn.length);
        else if (step.flow == Flow::fault)
            m_cpu.deliver_exception();
        return step.flow == Flow::branch;
    }
}

Flow Interpreter::execute(const DecodedInsn& decoded) {
    CpuState& state = m_cpu.state;
    const u32 pending_debug = state.pending_debug;
    const Step step = decoded.handler(m_cpu, decoded.insn);
    --state.budget;
    if (step.flow == Flow::next || step.flow == Flow::stop) {
        state.rip = static_cast<u32>(state.rip + decoded.insn.length);
    } else if (step.flow == Flow::fault) {
        state.pending_debug = pending_debug; // data breakpoints that it has hit are hit again when it is restarted
        m_cpu.deliver_exception();
    }
    return step.flow;
}

/// Null with m_cpu.exception raised: limit violation, page fault, or an instruction longer than 15 bytes.
const DecodedInsn* Interpreter::fetch_crossing() {
    const CpuState& state = m_cpu.state;
    const Segment& cs = state.segment(SegmentName::cs);
    if (state.rip > cs.limit) {
        m_cpu.raise_gp(0);
        return nullptr;
    }
    const LinearAddr address = instruction_address();
    const u64 in_segment = std::min<u64>(15, u64{cs.limit} - state.rip + 1);
    const u64 in_page = std::min<u64>(in_segment, page_size - address.offset());
    std::array<u8, 15> bytes{};
    const auto fetch = [&](LinearAddr from, std::span<u8> out) {
        const Translation t = m_cpu.mmu.translate(from, {AccessKind::Fetch, fetch_privilege()});
        if (!t.ok) {
            m_cpu.raise_page_fault({false, t.error_code, from});
            return false;
        }
        m_cpu.mmu.memory().read(t.address, out);
        return true;
    };
    if (!fetch(address, std::span(bytes).first(in_page))) return nullptr;
    DecodeCache& decoder = m_blocks.decoder();
    const LinearAddr second(static_cast<u32>(address.value + in_page));
    const auto rest = std::span(bytes).subspan(in_page, in_segment - in_page);
    // Without a fault and without asking a device the rest may be fetched before it is known to be needed.
    PhysAddr behind;
    const bool at_once = !rest.empty() && m_cpu.mmu.fast_fetch(second, m_cpu.state.cpl == 3, behind) &&
                         m_cpu.mmu.memory().frame(behind).read_host;
    if (at_once) m_cpu.mmu.memory().read(behind, rest);
    auto outcome = decoder.decode(std::span(bytes).first(at_once ? in_segment : in_page), code32(), m_crossing);
    if (outcome == Decoder::Outcome::truncated && !at_once && !rest.empty()) {
        if (!fetch(second, rest)) return nullptr;
        outcome = decoder.decode(std::span(bytes).first(in_segment), code32(), m_crossing);
    }
    if (outcome == Decoder::Outcome::truncated || outcome == Decoder::Outcome::too_long) {
        m_cpu.raise_gp(0);
        return nullptr;
    }
    return &m_crossing;
}

const DecodedInsn* Interpreter::fetch_one() {
    const CpuState& state = m_cpu.state;
    if (state.rip <= state.segment(SegmentName::cs).limit) {
        const Translation t = m_cpu.mmu.translate(instruction_address(), {AccessKind::Fetch, fetch_privilege()});
        if (t.ok) {
            const Block* block = m_blocks.get(t.address, code32());
            if (block && state.rip + block->first()->insn.length - 1 <= state.segment(SegmentName::cs).limit) {
                m_blocks.set_running(*block); // a repeated instruction may overwrite itself
                return block->first();
            }
        }
    }
    return fetch_crossing();
}

bool Interpreter::at_breakpoint(LinearAddr address) {
    const auto& points = m_debug.breakpoints;
    if (std::find(points.begin(), points.end(), address.value) == points.end()) return false;
    if (m_debug.resume_at != address.value) return true;
    m_debug.resume_at.reset();
    return false;
}

/// One instruction with everything that concerns single boundaries: TF, RF, breakpoints, shadows, a debugger.
std::optional<Exit> Interpreter::step_carefully() {
    CpuState& state = m_cpu.state;
    const LinearAddr address = instruction_address();
    if (at_breakpoint(address)) return Exit::breakpoint;

    const bool trap = state.system_flags & flag::tf;
    const bool resume = state.system_flags & flag::rf;
    const Shadow shadow = std::exchange(state.shadow, Shadow::none);
    const auto stepped = [&]() -> std::optional<Exit> {
        if (m_debug.single_step) return Exit::breakpoint;
        return {};
    };
    if (instruction_breakpoints_enabled(state) && !resume && shadow != Shadow::mov_ss) {
        if (const u32 hits = match_instruction_breakpoints(state, address)) {
            m_cpu.exception = Exception{.vector = Vector::debug, .dr6 = hits};
            m_cpu.deliver_exception();
            return stepped();
        }
    }
    if (state.virtual_interrupt_due()) [[unlikely]] {
        --state.budget;
        m_cpu.raise_gp(0);
        m_cpu.deliver_exception();
        return stepped();
    }
    // A repeated string instruction does one element, unless RF alone, which its own yielding has set, led here.
    const bool every_element = trap || (state.dr[7] & 0xFF) != 0 || shadow != Shadow::none || m_debug.single_step ||
                               m_one_block || !m_debug.breakpoints.empty();
    if (every_element) {
        state.budget_reserve += state.budget - 1;
        state.budget = 1;
    }
    const DecodedInsn* decoded = fetch_one();
    if (!decoded) {
        --state.budget;
        m_cpu.deliver_exception();
    } else {
        const Mnemonic mnemonic = decoded->insn.mnemonic;
        const u32 old_rip = static_cast<u32>(state.rip);
        const Flow flow = execute(*decoded);
        const bool returns = mnemonic == Mnemonic::IRET || mnemonic == Mnemonic::IRETD;
        const bool interrupts = mnemonic == Mnemonic::INT || mnemonic == Mnemonic::INT3 || mnemonic == Mnemonic::INTO ||
                                mnemonic == Mnemonic::INT1;
        // An unfinished repetition keeps RF, or it would hit its own breakpoint again.
        const bool unfinished =
            flow == Flow::branch && decoded->insn.repeat != RepeatPrefix::none && state.rip == old_rip;
        if (flow != Flow::fault) {
            if (resume && !returns && !unfinished) state.system_flags &= ~flag::rf;
            // No single-step trap after what has just inhibited traps, nor after INT n, which cleared TF for its
            // handler.
            if (trap && state.shadow != Shadow::mov_ss && !(interrupts && flow == Flow::branch))
                state.pending_debug |= 1u << 14;
        }
    }
    return stepped();
}

std::unique_ptr<Engine> make_interpreter(Cpu& cpu) { return std::make_unique<Interpreter>(cpu); }

std::unique_ptr<Engine> make_interpreter_with(Cpu& cpu, const InterpreterOptions& options) {
    return std::make_unique<Interpreter>(cpu, options);
}

} // namespace ringshift
