// Inside of a Machine; only for machine*.cpp.
#pragma once

#include "cpu/engine.h"
#include "machine/board.h"
#include "machine/debug_access.h"
#include "machine/machine.h"
#include "machine/network.h"
#include "machine/sound_mixer.h"
#include "machine/typist.h"

#include <condition_variable>
#include <mutex>

namespace ringshift {

class SnapshotReader;

class Machine::Implementation {
  public:
    /// Something that the guest is given from outside, for any machine of the same configuration.
    using GuestInput = std::function<void(Implementation&)>;

    /// With the engine "lockstep" the machine has the engine under test and start_lockstep() is to be called.
    static Result<std::unique_ptr<Implementation>> create(MachineConfig config, BoardContent content, MachineHost host);
    ~Implementation();

    /// `build` makes a machine in the state in which this one is now.
    Result<> start_lockstep(Build build);

    Ending run(u64 instructions);
    void stop();
    void post(std::function<void()> work);
    void set_paused(bool paused);
    void reset();
    /// All input goes this way, so that it can be recorded. On the thread of run(), between two instructions.
    void give(const GuestInput& input);
    void tell_front_end(MachineEvent event) const;

    // --- For Lockstep, which drives machines by itself -------------------------------------------------------------
    Moment moment() const { return board->timeline().moment(); }
    /// What has to be done between two slices is done; false: the machine has ended.
    bool make_ready();
    /// At most `limit` instructions, and then the sleep of a halted CPU.
    void execute_slice(i64 limit);
    /// Runs to a moment that lies between two instructions, and not one instruction further. The moment is not reached
    /// if the machine ends or does something else than what led there.
    void advance_to(Moment moment);
    const std::optional<Ending>& ending() const { return m_ending; }
    bool reset_requested() const { return m_reset_requested; }
    bool stop_requested();

    /// For the machine that the user sees: its card gets a cable.
    Result<> connect_network();
    void set_network_connected(bool connected);

    Result<> save(const std::string& path);
    Result<> freeze(SavedState& state, const SnapshotAbout& about);
    Result<> load(const SnapshotReader& reader);
    Result<> replace(const SnapshotReader& reader);
    u64 state_hash();
    /// What is in a drive from now on, for the next snapshot; empty: nothing.
    void note_medium(Drive drive, unsigned number, const std::string& path);

    MachineConfig config;
    BoardContent content;
    MachineHost host;
    std::unique_ptr<Board> board; ///< replaced under m_mutex, because post() and stop() look at it
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Typist> typist;
    std::unique_ptr<DebugAccess> debug_access;
    std::unique_ptr<Input> input;
    std::unique_ptr<Lockstep> lockstep; ///< of the machine that the user sees, or null
    bool driven = false;                ///< by a Lockstep: never paused, never waits
    bool paused = false;
    SpeedLimit speed_limit;
    u64 executed = 0;
    u64 network_frames = 0;
    u64 executing_ns = 0;
    u64 devices_ns = 0;
    u64 idle_ns = 0;

  private:
    class GivenInput;
    /// What a snapshot replaces; the order in which they are made.
    struct Parts {
        std::unique_ptr<Board> board;
        std::unique_ptr<Engine> engine;
        std::unique_ptr<Typist> typist;
        std::unique_ptr<DebugAccess> debug_access;
        std::unique_ptr<SoundMixer> sound;
        TimerId tick_timer = 0, pump_timer = 0;
    };
    Implementation() = default;
    /// Makes all parts from `config` and `content`.
    Result<> build_parts();
    Parts exchange_parts(Parts parts);
    Result<> describe(SavedState& state, const SnapshotAbout& about);
    /// Under m_mutex: run() looks up soon.
    void wake_cpu();
    BoardEvents events();
    /// From inside an instruction: run() looks up after it.
    void interrupt();
    void end(Ending ending);
    void serve_posts();
    /// What has to be done between two slices; true: the guest may run.
    bool ready_to_execute();
    void idle();
    /// With a speed limit: waits for as long as the CPU has been too fast.
    void hold_back(u64 executed_ns, u64 instructions);
    void wait_for_posts();
    void pump_network();
    /// At the first whole period of virtual time from this moment (ns) on.
    void arm_tick(u64 earliest);
    void tick();
    void report_difference();

    std::optional<Ending> m_ending;
    bool m_reset_requested = false;
    std::optional<std::string> m_host_error;
    std::unique_ptr<SoundMixer> m_sound; ///< if somebody listens
    TimerId m_tick_timer = 0;
    i64 m_ahead_ns = 0; ///< of the speed limit
    TimerId m_pump_timer = 0;

    std::mutex m_mutex; ///< of the following
    std::condition_variable m_wake;
    std::vector<std::function<void()>> m_posts;
    bool m_stop = false;

    u64 m_network_time_shift = 0;       ///< makes the network's time go on when a snapshot sets the guest's back
    std::unique_ptr<Network> m_network; ///< last: its thread posts
};

} // namespace ringshift
