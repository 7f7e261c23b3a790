// One run of the program: a machine, its host ends, signals and time-out, and what is left behind at the end.
//
// The guest runs on a thread of its own; the thread that calls run() belongs to the front end (a window, the terminal,
// or waiting).
#pragma once

#include "frontend/options.h"
#include "frontend/script.h"
#include "frontend/serial_host.h"
#include "frontend/snapshots.h"
#include "frontend/wav.h"
#include "machine/machine.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace ringshift {

/// Hears what happens, on the thread where it happens; must outlive Session::run().
class SessionListener {
  public:
    virtual ~SessionListener() = default;
    virtual void machine_event(MachineEvent event) = 0;
    /// `reason` as QMP's ShutdownCause names them ("guest-shutdown", "host-signal", ...).
    virtual void session_ended(const char* reason, bool by_guest) = 0;
};

class Session {
  public:
    /// Opens everything. The error is for the user.
    static Result<std::unique_ptr<Session>> create(Options options);
    ~Session();

    const Options& options() const { return m_options; }
    Machine& machine() { return *m_machine; }

    /// Runs the guest on its own thread and `front_end` on this one, until the guest ends. `front_end` returns when
    /// ended() is true; null: just wait. Returns the exit status, after messages, screenshot and snapshot.
    int run(const std::function<void()>& front_end);
    /// Any thread.
    bool ended() const { return m_ended; }
    /// Any thread: the user wants to leave; `reason`: SessionListener::session_ended().
    void quit(const char* reason = "host-ui");
    /// Any thread but the guest's: does `work` on the guest's and waits until it is done. False: the guest has ended,
    /// or `abandoned` has become true, and `work` will not be done.
    bool on_guest(const std::function<void()>& work, const std::atomic<bool>* abandoned = nullptr);
    /// Before run().
    void add_listener(SessionListener& listener) { m_listeners.push_back(&listener); }
    /// Any thread: puts files or folders of the host into the first CD drive, or an ISO image itself. `done`, on
    /// another thread, gets a sentence or the error.
    void insert_files(std::vector<std::string> paths, std::function<void(Result<std::string>)> done);
    /// Any thread: gets what the guest plays, on the guest's thread; null: nobody does.
    void set_sound_sink(std::function<void(std::span<const i16> samples)> sink);
    Snapshots& snapshots() { return *m_snapshots; }
    /// The guest is paused because the host failed it.
    bool host_failed() const { return m_host_failed; }
    /// `stopped` is called on the guest's thread when a breakpoint, watchpoint or step has paused the guest; before
    /// run().
    void set_debug_stop(std::function<void()> stopped) { m_debug_stop = std::move(stopped); }
    /// What a front end shows first, for example that gdb is being waited for; before run().
    void set_notice(std::string notice) { m_notice = std::move(notice); }
    const std::string& notice() const { return m_notice; }
    /// Shown by a front end instead of standard error; empty when there is none.
    std::string take_host_error();
    /// Whether somebody can see and answer take_host_error().
    void set_interactive(bool interactive) { m_interactive = interactive; }

  private:
    explicit Session(Options options);
    MachineHost host();
    Result<> find_snapshots();
    void tick();
    void watch();
    void write_report(const std::string& report);
    bool finish();
    int status_of(const Ending& ending);
    void tell_listeners(const Ending& ending);
    std::string disc_folder() const;
    Result<std::string> insert_now(const std::vector<std::string>& paths);
    bool has_floppy_drive();
    void finish_discs();

    Options m_options;
    std::vector<std::unique_ptr<SerialHost>> m_serial;
    int m_debug_fd = -1;
    std::unique_ptr<Script> m_script;
    std::unique_ptr<Machine> m_machine;
    std::unique_ptr<WavFile> m_wav;
    std::mutex m_sound_mutex;
    std::function<void(std::span<const i16> samples)> m_sound_sink; ///< under m_sound_mutex
    std::mutex m_discs_mutex;
    std::vector<std::future<void>> m_discs; ///< under m_discs_mutex: being made
    bool m_discs_closed = false;            ///< under m_discs_mutex
    std::unique_ptr<Snapshots> m_snapshots;
    std::atomic<bool> m_ended{false};
    std::atomic<int> m_forced_status{-1}; ///< of a signal, time-out or host error
    std::atomic<const char*> m_quit_reason{"host-signal"};
    std::atomic<bool> m_host_failed{false};
    std::vector<SessionListener*> m_listeners;
    bool m_interactive = false;
    std::function<void()> m_debug_stop;
    std::string m_notice;
    std::mutex m_mutex;
    std::string m_host_error; ///< under m_mutex
};

/// Signals that end a session are blocked in every thread and taken by the watching one; to be called first in main().
void block_ending_signals();

} // namespace ringshift
