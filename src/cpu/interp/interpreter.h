// The interpreter: the specification of every other engine, and their tier 0. The essay is in interpreter.cpp.
#pragma once

#include "cpu/engine.h"
#include "cpu/interp/block_cache.h"
#include "cpu/interp/options.h"

namespace ringshift {

class Interpreter final : public Engine {
  public:
    explicit Interpreter(Cpu& cpu, const InterpreterOptions& options = {});

    std::string_view name() const override { return "interp"; }
    Exit run(i64 instructions) override;
    void invalidate_all() override {
        m_blocks.destroy_all();
        m_cpu.mmu.flush_all();
    }
    /// Blocks are then one instruction long.
    void set_one_block(bool on) override { m_one_block = on; }

    // --- The parts of run(), for an engine that has the interpreter do what it does not do itself ------------------
    /// Starts a run: sets the budget.
    void begin(i64 instructions);
    /// What is due between two instructions: interrupts, traps, HLT, the end of the budget. Nothing: go on.
    std::optional<Exit> look_around();
    /// TF, RF, or VIP with what belongs to it.
    bool flags_need_care() const {
        const CpuState& state = m_cpu.state;
        if ((state.system_flags & (flag::tf | flag::rf | flag::vip)) == 0) [[likely]]
            return false;
        return (state.system_flags & (flag::tf | flag::rf)) != 0 || state.virtual_interrupt_due();
    }
    /// Single boundaries matter now (TF, RF, shadows, breakpoints): step_carefully() is the way to go on.
    bool careful() const {
        const CpuState& state = m_cpu.state;
        return flags_need_care() || state.shadow != Shadow::none || (state.dr[7] & 0xFF) != 0 || m_debug.single_step ||
               m_one_block || !m_debug.breakpoints.empty();
    }
    /// One instruction with everything that concerns single boundaries.
    std::optional<Exit> step_carefully();
    /// One block, or one instruction where there is none, or the exception that its fetch raises.
    void step_block();
    /// The decoded block at CS:RIP; null where a block cannot be had.
    const Block* find_block();
    /// The instruction at CS:RIP by itself, for where find_block() finds none: it crosses a page or the CS limit. Null
    /// with the CPU's exception raised. Valid until the next call.
    const DecodedInsn* fetch_one();
    /// Blocks destroyed since stay readable until look_around().
    BlockCache& blocks() { return m_blocks; }

  private:
    std::optional<Exit> events();
    const Block* find_known_block();
    bool run_new_code();
    /// The same as find_known_block(), after `previous` has run to its end.
    const Block* find_next(const Block& previous);
    /// Where the bytes at CS:RIP are; false if fetching them faults.
    bool fetch_address(PhysAddr& start);
    /// `block`, which starts at CS:RIP, if it ends within the segment.
    const Block* within_limit(const Block* block) const;
    /// True: it ran to its end, by falling through or branching.
    bool run_block(const Block& block);
    /// After a block that ran to its end: whether run() has anything to look at. What is not asked here (an interrupt
    /// shadow, DR7, destroyed blocks, watchpoints) comes with Flow::stop or with an empty budget.
    bool looks_up() const {
        const CpuState& state = m_cpu.state;
        return state.budget <= 0 || state.activity != Activity::running ||
               m_cpu.attention.load(std::memory_order_relaxed) != 0 || state.pending_debug != 0 || flags_need_care();
    }
    /// One instruction fetched byte by byte: it crosses a page or the CS limit, or stands in MMIO.
    const DecodedInsn* fetch_crossing();
    bool at_breakpoint(LinearAddr address);
    Flow execute(const DecodedInsn& decoded);
    LinearAddr instruction_address() const {
        return LinearAddr(static_cast<u32>(m_cpu.state.segment(SegmentName::cs).base + m_cpu.state.rip));
    }
    Privilege fetch_privilege() const { return m_cpu.data_privilege(); }
    bool code32() const { return m_cpu.state.segment(SegmentName::cs).is_32bit(); }

    Cpu& m_cpu;
    BlockCache m_blocks;
    DecodedInsn m_crossing{}; ///< the instruction that fetch_crossing() found last
    bool m_one_block = false;
};

std::unique_ptr<Engine> make_interpreter(Cpu& cpu);
std::unique_ptr<Engine> make_interpreter_with(Cpu& cpu, const InterpreterOptions& options);

} // namespace ringshift
