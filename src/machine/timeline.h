// The one virtual time of a machine, and everything that happens at a moment of it.
//
// Deadlines are a binary heap of timer numbers (no pointers, so it can be archived); ties are ordered by the moment of
// arming. The machine asks begin_slice() how many instructions may run before the next deadline, lets the engine run
// them, reports end_slice() and calls fire_due(). A device that arms an earlier deadline in the middle of a slice makes
// the slice end after the current instruction.
//
// Deterministic mode: virtual time is the number of retired instructions times a constant, plus what HLT skipped. The
// number is exact inside the instruction stream (it follows from the budget of CpuState), so a deadline falls between
// the same two instructions on every run and every engine.
//
// Paced mode: virtual time follows the host's monotonic clock, which is read here and nowhere else. What the host stole
// (a stopped process, a suspended laptop) is not caught up: between two readings at most 50 ms pass, beyond what an
// intended sleep asked for. Thus no burst of timer interrupts follows a stall; the guest's clock merely stretches.
// How many instructions fit before a deadline is a guess there, from the speed of the slices before, and polling a
// device is a hundred times slower than what ran before it. So whoever notices in the middle of a slice that its
// deadline has passed ends it: now() does, and port accesses look at the clock for that (look_at_clock()).
#pragma once

#include "base/device.h"
#include "cpu/state.h"
#include "machine/host_clock.h"

#include <compare>
#include <limits>
#include <string>
#include <vector>

namespace ringshift {

/// A place between two instructions of a deterministic run. HLT makes time pass without instructions.
struct Moment {
    u64 retired = 0;
    u64 now = 0; ///< ns
    auto operator<=>(const Moment&) const = default;
};

class Timeline final : public Clock {
  public:
    enum class Mode : u8 { deterministic, paced };
    static constexpr i64 no_limit = std::numeric_limits<i64>::max();
    static constexpr u64 never = std::numeric_limits<u64>::max();
    /// The most virtual time (ns) that passes between two looks at the host's clock.
    static constexpr u64 catch_up_limit = 50'000'000;

    /// `state`: whose budget counts instructions. `end_slice_early`: makes the engine return after this instruction.
    /// `ns_per_instruction` is used in deterministic mode.
    Timeline(Mode mode, u32 ns_per_instruction, CpuState& state, std::function<void()> end_slice_early);

    Mode mode() const { return m_mode; }
    /// The host's monotonic clock in ns, for statistics.
    static u64 host_now();

    // Clock
    u64 now() const override;
    TimerId create_timer(std::string_view name, Callback callback) override;
    void arm(TimerId timer, u64 deadline_ns) override;
    void cancel(TimerId timer) override;

    /// A timer that belongs to a front end: it is no part of snapshots and state hashes.
    TimerId create_transient_timer(Callback callback);

    /// The earliest deadline, or `never`.
    u64 next_deadline() const;
    /// Instructions to run now; at least 1 and at most `limit`.
    i64 begin_slice(i64 limit = no_limit);
    /// The engine has returned; CpuState's budget says what it left.
    void end_slice();
    /// Calls back every timer whose deadline has passed, in order. A timer that keeps re-arming itself into the past
    /// cannot hold the machine up: the rest is left for the next call.
    void fire_due();
    /// The CPU is halted, deterministic mode: time jumps to the next deadline. Without one nothing happens.
    void skip_to_next_deadline();
    /// The CPU is halted, paced mode: host nanoseconds until the next deadline (`never` without one); the caller may
    /// sleep as long without that being taken for a stall.
    u64 begin_sleep();

    /// Paced mode: the clock stands still until start() (paused machine). A new Timeline stands.
    void stop();
    void start();

    /// The guest has used a device: every few calls the clock is read, which ends a slice whose deadline has passed.
    void look_at_clock() {
        if (m_mode == Mode::paced && ++m_looks % looks_per_reading == 0) (void)read_paced();
    }

    /// Instructions retired since power-on.
    u64 retired() const;
    Moment moment() const { return {retired(), now()}; }

    void archive(Archive& ar);

  private:
    struct Timer {
        std::string name;
        Callback callback;
        u64 deadline = never;
        u64 sequence = 0;
        u32 heap_place = none; ///< index in m_heap, or none: disarmed
        bool transient = false;
    };
    static constexpr u32 none = ~u32{0};
    static constexpr u32 looks_per_reading = 8;

    bool earlier(u32 a, u32 b) const;
    void place(std::size_t index, u32 timer);
    void sift_up(std::size_t index);
    void sift_down(std::size_t index);
    void remove_from_heap(std::size_t index);
    void insert(u32 timer);
    u64 used_in_slice() const;
    u64 read_paced() const;

    Mode m_mode;
    u32 m_ns_per_instruction;
    CpuState& m_cpu;
    std::function<void()> m_end_slice_early;

    std::vector<Timer> m_timers;
    std::vector<u32> m_heap;
    u64 m_next_sequence = 0;
    u64 m_next_transient_sequence = 0; ///< apart: what a front end arms is no part of the state

    u64 m_retired = 0; ///< before the current slice
    i64 m_slice = 0;   ///< instructions of the current slice
    bool m_in_slice = false;
    u64 m_slice_deadline = never;
    u64 m_skipped = 0; ///< deterministic: ns that HLT skipped

    // Paced mode.
    mutable HostClock m_host;
    mutable u64 m_paced_now = 0;
    mutable u64 m_last_host = 0;
    mutable u64 m_sleep_allowance = 0;
    bool m_running = false;
    u64 m_slice_start = 0;
    u32 m_looks = 0;
    double m_instructions_per_ns = 0.02; ///< estimate from the slices so far
};

} // namespace ringshift
