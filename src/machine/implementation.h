// Inside of a Machine; only for machine*.cpp.
#pragma once

#include "cpu/engine.h"
#include "machine/board.h"
#include "machine/debug_access.h"
#include "machine/machine.h"
#include "machine/typist.h"

#include <condition_variable>
#include <mutex>

namespace ringshift {

class SnapshotReader;

class Machine::Implementation {
  public:
    static Result<std::unique_ptr<Implementation>> create(MachineConfig config, BoardContent content, MachineHost host);

    Ending run();
    void stop();
    void post(std::function<void()> work);
    void set_paused(bool paused);
    void reset();

    Result<> save(const std::string& path);
    Result<> load(const SnapshotReader& reader);
    u64 state_hash();

    MachineConfig config;
    BoardContent content;
    MachineHost host;
    std::unique_ptr<Board> board;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Typist> typist;
    std::unique_ptr<DebugAccess> debug_access;
    bool paused = false;
    u64 executed = 0;
    u64 executing_ns = 0;

  private:
    Implementation() = default;
    BoardEvents events();
    /// From inside an instruction: run() looks up after it.
    void interrupt();
    void end(Ending ending);
    void serve_posts();
    /// What has to be done between two slices; true: the guest may run.
    bool ready_to_execute();
    void execute_slice();
    void idle();
    void wait_for_posts();
    void arm_tick();

    std::optional<Ending> m_ending;
    bool m_reset_requested = false;
    std::optional<std::string> m_host_error;
    TimerId m_tick_timer = 0;

    std::mutex m_mutex; ///< of the following
    std::condition_variable m_wake;
    std::vector<std::function<void()>> m_posts;
    bool m_stop = false;
};

} // namespace ringshift
