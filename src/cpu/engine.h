// An engine runs the guest's instructions on a Cpu until something outside has to be done.
#pragma once

#include "base/code_view.h"
#include "cpu/cpu.h"

#include <optional>
#include <string>
#include <string_view>

namespace ringshift {

/// Why run() returned.
enum class Exit : u8 {
    budget,     ///< the instructions asked for have run
    halted,     ///< HLT, and nothing to wake it: time has to pass
    stopped,    ///< attention::stop was raised (and is cleared)
    shutdown,   ///< triple fault; state.activity is shutdown
    breakpoint, ///< a debugger's breakpoint, watchpoint or single step
};

/// What a debugger may ask of an engine; between runs.
struct DebugControl {
    std::vector<u64> breakpoints; ///< linear addresses
    /// One instruction, before which no external interrupt is taken (unless the CPU waits for one).
    bool single_step = false;
    /// The breakpoint at this address is passed once: execution goes on from there.
    std::optional<u64> resume_at;
};

class Engine {
  public:
    virtual ~Engine() = default;
    virtual std::string_view name() const = 0;
    /// Runs at most `instructions` (a REP string instruction counts one per element) from the current state. On return
    /// state is architecturally exact between two instructions, and state.budget + state.budget_reserve is what was not
    /// used.
    virtual Exit run(i64 instructions) = 0;
    /// Forget everything derived from memory (snapshot loaded, memory written behind its back).
    virtual void invalidate_all() = 0;
    /// For whoever compares engines (machine/lockstep.h), between runs: while it is on, run() returns with Exit::budget
    /// after every block that has retired at least one instruction, as if the budget had ended there: events that
    /// follow the block have been delivered. The shorter an engine can make its blocks, the better. An engine without
    /// blocks may go on as before.
    virtual void set_one_block(bool) {}
    /// Between runs: what the engine has made of the guest code at this linear address of the current address space
    /// (host code with its reasons), for reports and for people. Empty: it makes nothing.
    virtual std::string describe_code(LinearAddr, const CodeView& = {}) { return {}; }
    /// Between runs. A breakpoint stops before its instruction.
    virtual void set_debug_control(DebugControl control) { m_debug = std::move(control); }

  protected:
    DebugControl m_debug;
};

} // namespace ringshift
