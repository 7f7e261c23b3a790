// Lockstep: the judge of an engine. See the essay in lockstep.cpp.
#pragma once

#include "cpu/comparison.h"
#include "machine/implementation.h"

#include <memory>
#include <string>
#include <vector>

namespace ringshift {

class Machine::Lockstep {
  public:
    using GuestInput = Implementation::GuestInput;

    /// What lockstep asks of a configuration: deterministic time, images that are left as they are.
    static void prepare(MachineConfig& config);
    /// `subject` is the machine that the user sees, with the engine under test; `build` makes machines in the state in
    /// which it is now.
    static Result<std::unique_ptr<Lockstep>> create(Implementation& subject, Build build);
    ~Lockstep();

    /// The most instructions in one slice of the subject.
    i64 slice_limit() const { return static_cast<i64>(m_config.lockstep.interval); }
    /// After each slice of the subject: the reference runs as far, and both are compared. False: they differ.
    bool agree();
    /// The same when the subject has come to its end, with all memory and devices.
    bool agree_at_end();
    /// About the difference; empty the second time. Takes as long as the whole run did, or twice as long.
    std::string take_report();

    /// The subject is about to get this input.
    void record(const GuestInput& input);
    /// The subject's front end has its turn.
    void begin_tick();
    void end_tick() { m_in_tick = false; }

    /// What was due before the next slice of the subject has been done.
    void note_due_done() { m_due_done = true; }

    void add_statistics(MachineStatistics& statistics) const;

  private:
    class Driven;
    struct FirstBlock {
        std::string report; ///< empty: no block differs
        u64 instructions = 0;
    };
    struct Trial;

    /// What the subject was given, and when.
    struct Inputs {
        struct Given {
            Moment moment;
            GuestInput input;
        };
        struct InTick {
            u64 tick; ///< its number, from 1
            GuestInput input;
        };
        std::vector<Given> given;
        std::vector<InTick> in_ticks;
    };

    Lockstep(Implementation& subject, Build build);
    Result<std::unique_ptr<Driven>> make_driven(bool as_subject);
    Result<Trial> make_trial();
    bool compare(bool everything);

    Result<std::string> find();
    Result<FirstBlock> search_blocks(Trial& trial, Moment end, const std::vector<u64>& watched);
    Result<std::string> search_lengths(Moment start, Moment end, const std::string& remark);
    static Difference difference_between(Implementation& subject, Implementation& reference);

    Implementation& m_subject;
    Build m_build;
    MachineConfig m_config;
    Inputs m_inputs;
    std::unique_ptr<Driven> m_reference;

    u64 m_ticks = 0;
    bool m_in_tick = false;
    bool m_due_done = false;

    // Moments of the live run.
    Moment m_slice_start;       ///< both agreed on registers
    Moment m_agreed;            ///< both agreed on everything
    u64 m_agreed_host_time = 0; ///< Timeline::host_now() then
    u64 m_whole_comparison = 0; ///< ns that comparing everything took last
    bool m_differs = false;
    bool m_reported = false;
    Moment m_difference; ///< the end of the slice after which a difference was seen
    /// Offsets in RAM that differed then: what is looked at to find out when they began to.
    std::vector<u64> m_watched;

    u64 m_comparisons = 0;
    u64 m_comparing_ns = 0;
};

} // namespace ringshift
