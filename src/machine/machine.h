// A virtual PC, as front ends see it.
//
// A Machine runs on the thread that calls run(). Everything else that touches the guest happens on that thread too,
// between two instructions: other threads hand work over with post() or call(). While the guest is paused run() keeps
// serving such work.
#pragma once

#include "base/code_view.h"
#include "bt/ledger.h"
#include "devices/screen.h"
#include "machine/config.h"
#include "machine/debugger.h"
#include "machine/input.h"
#include "machine/saved_state.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

/// Why run() returned.
struct Ending {
    enum class Kind {
        power_off,    ///< by ACPI
        reset,        ///< with MachineConfig::reboot off
        triple_fault, ///< with MachineConfig::reset_on_triple_fault off
        debug_exit,   ///< the guest wrote to isa-debug-exit: `status` is odd
        stopped,      ///< by stop(), or at the limit of run()
        difference,   ///< engine "lockstep": the engines do not agree; MachineHost::difference has been told
    };
    Kind kind = Kind::stopped;
    int status = 0;
};

/// What happens to the machine as a whole.
enum class MachineEvent { paused, resumed, reset_by_guest, reset_by_host, power_button };

/// What the machine tells its front end. All of these are called on the thread of run(); each may be empty.
struct MachineHost {
    std::function<void(unsigned port, u8 byte)> serial_output; ///< port 0 is COM1
    std::function<void(u8 byte)> debug_output;                 ///< ports E9 and 402
    /// The guest was paused because the host failed it (full disk, I/O error); resume() tries again.
    std::function<void(const std::string& message)> host_error;
    /// Every 20 ms of virtual time. In deterministic mode between the same two instructions on every run.
    std::function<void()> tick;
    /// A debugger's breakpoint, watchpoint or step ended execution: the guest is paused.
    std::function<void()> debug_stop;
    std::function<void(MachineEvent event)> event;
    /// Before each tick: what the PC speaker and the sound card have played, sound_rate frames a second of virtual
    /// time, each a sample for the left and one for the right.
    std::function<void(std::span<const i16> samples)> sound;
    static constexpr u32 sound_rate = 48'000, sound_channels = 2;
    /// Engine "lockstep": a report of many lines about the first difference; run() ends after it.
    std::function<void(const std::string& report)> difference;
};

struct MachineStatistics {
    u64 retired = 0;        ///< guest instructions since power-on
    u64 virtual_ns = 0;     ///< since power-on
    u64 executing_ns = 0;   ///< host time spent in the engine since this process started the machine
    u64 executed = 0;       ///< guest instructions in that time
    u64 disk_uses = 0;      ///< reads and writes of media
    u64 network_frames = 0; ///< sent and received by the card
    u64 devices_ns = 0;     ///< host time of what devices do when their deadlines come
    u64 idle_ns = 0;        ///< host time asleep because the guest halts
    // Engine "lockstep":
    u64 comparisons = 0;              ///< of registers; 0: another engine
    u64 following_ns = 0;             ///< host time of the reference
    u64 comparing_ns = 0;             ///< host time of comparing
    std::optional<bt::Ledger> ledger; ///< of the translator, if it is the engine
    double mips() const {
        return executing_ns == 0 ? 0 : static_cast<double>(executed) * 1000.0 / static_cast<double>(executing_ns);
    }
};

/// A snapshot's file, read and checked, its disks as well. Opening one needs no machine, so that restoring is quick.
struct Snapshot {
    static Result<Snapshot> open(const std::string& path);
    SnapshotAbout about;
    std::shared_ptr<const SnapshotReader> reader;
};

/// How fast the CPU may be in paced time; what is left of the time, it stands still.
struct SpeedLimit {
    u32 percent = 100; ///< of the time, 1 to 100
    u32 mips = 0;      ///< million instructions per second; 0: no limit
    bool any() const { return percent < 100 || mips != 0; }
};
/// "50%" or a number of million instructions per second; "none" or "100%" for no limit.
Result<SpeedLimit> parse_speed_limit(std::string_view text);
std::string to_string(const SpeedLimit& limit);

class Machine {
  public:
    /// Builds a machine in its power-on state. Opens images and firmware; the error says what is missing.
    static Result<std::unique_ptr<Machine>> create(MachineConfig config, MachineHost host);
    /// Builds the machine of a snapshot. Images must be where they were; time mode and engine follow `wishes`.
    struct ResumeWishes {
        bool deterministic = false;
        std::string engine = "bt";
        LockstepConfig lockstep = {};
        bt::Options translator = {};
        NetworkConfig network = {}; ///< but for the card, which the snapshot has
    };
    static Result<std::unique_ptr<Machine>> restore(const std::string& path, ResumeWishes wishes, MachineHost host);
    ~Machine();

    const MachineConfig& config() const;
    static std::vector<std::string_view> engine_names();
    static std::vector<std::string_view> cpu_names();

    // --- Running ---------------------------------------------------------------------------------------------------
    static constexpr u64 no_limit = ~u64{0};
    /// Runs the guest until it ends, stop(), or so many instructions of it, and not one more (Kind::stopped). Can be
    /// called again after stop() and at the limit.
    Ending run(u64 instructions = no_limit);
    /// Any thread.
    void stop();
    /// Any thread: `work` is done on the thread of run(), between two instructions, also while paused.
    void post(std::function<void()> work);
    /// Any other thread, while run() runs: posts and waits until it is done.
    void call(const std::function<void()>& work);

    // --- On the thread of run() (post or call), or while it does not run -------------------------------------------
    void set_paused(bool paused);
    bool paused() const;
    void set_speed_limit(SpeedLimit limit);
    SpeedLimit speed_limit() const;
    void reset();
    void press_power_button();
    Result<> save(const std::string& path);
    /// Bytes of RAM that a copy of it takes.
    u64 used_ram() const;
    /// Takes the state out of the machine, into what SavedState::prepare() made from used_ram().
    Result<> freeze(SavedState& state, const SnapshotAbout& about);
    /// What freeze() kept in the disks for a snapshot that is gone.
    Result<> forget_disks(const std::string& id);
    /// Becomes the machine of a snapshot, in this process's time mode and engine. Only from post() or call(). After an
    /// error the machine is as it was.
    Result<> replace(const Snapshot& snapshot);
    /// Everything that the guest wrote to disks is in their files.
    Result<> flush();
    /// Of everything that a snapshot holds: equal states have equal hashes.
    u64 state_hash();
    MachineStatistics statistics() const;
    /// Of the translator with instrumented blocks: those that were entered most. Takes its time.
    std::vector<bt::BlockCount> hottest_blocks() const;
    /// What the engine has made of the guest's code from this linear address on (nothing: from where the guest stands),
    /// block after block; empty if the engine makes nothing of it.
    std::string explain(std::optional<u32> address, const CodeView& view);
    /// Empty path: the medium is taken out. Drives are numbered as in the configuration.
    enum class Drive { cdrom, floppy };
    Result<> change_medium(Drive drive, unsigned number, const std::string& path);
    /// Whether the guest has locked the tray of a CD-ROM drive.
    bool locked(unsigned cdrom) const;
    /// The network's cable goes in or out.
    void set_network_connected(bool connected);
    /// Bytes for the guest's serial port; they arrive at the pace of the line.
    void serial_input(unsigned port, std::span<const u8> bytes);
    /// How many more bytes serial_input() takes; the rest would be lost.
    std::size_t serial_room(unsigned port) const;

    /// What the screen shows now, in graphics or text.
    const Picture& capture_picture();
    /// Nothing in a graphics mode.
    std::optional<TextScreen> capture_text();
    Input& input();
    Debugger& debugger();

  private:
    class Implementation;
    class Lockstep;
    explicit Machine(std::unique_ptr<Implementation> implementation);
    using Build = std::function<Result<std::unique_ptr<Implementation>>(MachineConfig, MachineHost)>;
    /// `build` makes machines in the state to begin with.
    static Result<std::unique_ptr<Machine>> finish(MachineConfig config, MachineHost host, Build build);
    std::unique_ptr<Implementation> m_implementation;
};

} // namespace ringshift
