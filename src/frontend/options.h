// What the command line asked for.
#pragma once

#include "machine/config.h"
#include "machine/explain.h"
#include "machine/machine.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringshift {

/// One step of a scripted session, in the order of the command line.
struct ScriptStep {
    enum class Kind { expect, type, send };
    Kind kind;
    std::string text;          ///< expect: POSIX extended regular expression; send: bytes for the first serial port
    std::vector<Chord> chords; ///< type; made of `text` when the whole command line is known
};

/// How a window shows the guest's pixels.
struct Scaling {
    enum class Fit {
        integer, ///< whole multiples
        window,  ///< as large as the window allows
        aspect,  ///< the same with the proportions of a 4:3 monitor
    };
    Fit fit = Fit::integer;
    bool given = false;  ///< by the user, so that nothing remembered counts
    unsigned factor = 0; ///< of the window that the guest's mode asks for; 0: what the screen has room for
};

enum class DisplayKind { automatic, sdl, terminal, none };

/// Which translated code a run shows at its end.
struct ShownCode {
    std::optional<u32> address; ///< linear; nothing: where the guest stands
    u32 blocks = 1;
};

/// ringshift bench cache.
struct CacheBench {
    std::string workload = "tour"; ///< tour, linux-mini, or a file to boot
    std::vector<u64> sizes{64 << 10, 256 << 10, 1 << 20, 4 << 20};
    std::vector<std::string> policies{"flush", "fifo:8", "ring"};
    u64 instructions = 2'000'000'000; ///< a run ends here at the latest
    std::string table;                ///< CSV file; empty: standard output
    std::string plot;                 ///< SVG file; empty: none
};

/// ringshift bench nano.
struct NanoBench {
    std::vector<std::pair<std::string, MachineConfig>> engines; ///< by name
    std::string table; ///< CSV file, or "-" for standard output; empty: an aligned table there
};

struct Options {
    enum class Command { run, resume, explain, bench_cache, bench_nano, control, other };
    Command command = Command::run;
    std::function<Result<int>()> action; ///< of the command `other`
    std::shared_ptr<void> held;          ///< as long as the program runs: the lock of a machine of the library
    MachineConfig machine;
    std::vector<std::string> files; ///< run: what to boot; resume: the snapshot; control: socket, command, arguments
    std::string kernel;
    std::string initrd;
    std::string append;
    std::vector<std::string> modules; ///< "FILE arguments"
    bool keep_images = false;         ///< --snapshot
    std::string network_card;         ///< --nic; empty: what suits the run
    DisplayKind display = DisplayKind::automatic;
    std::vector<std::string> serial; ///< by port: none, stdio, pty, file:PATH
    std::string debug_console;       ///< file, or "-" for standard error; empty: none
    CharacterKeys keys = us_keys;    ///< of the layout that the guest has
    std::vector<ScriptStep> script;
    std::optional<double> timeout; ///< host seconds
    std::optional<u64> stop_after; ///< instructions of this run
    std::string screenshot;        ///< PNG file written at the end
    std::string save;              ///< snapshot written at the end
    std::string lockstep_report;   ///< file for the report about a difference
    bool print_state_hash = false;
    enum class Statistics { none, text, json, csv };
    Statistics statistics = Statistics::none;
    std::string statistics_file; ///< empty: standard error for text, else standard output
    CacheBench bench;
    NanoBench nano;
    bool quiet = false;
    std::optional<u16> gdb_port; ///< 0: any free one
    SpeedLimit speed_limit;
    std::string wav;                ///< file for what the guest plays; empty: none
    std::string snapshot_folder;    ///< empty: default_snapshot_folder()
    bool floppies_of_files = false; ///< --drop floppy
    std::string control;            ///< path of the control socket; empty: none
    Scaling scaling;
    std::optional<ShownCode> shown_code; ///< --explain
    ExplainWishes explain;               ///< of the command explain; its colour and format also for --explain
    std::string colour = "auto";         ///< auto, always or never
};

/// Exit statuses of the program; --help prints this table.
namespace exit_status {
inline constexpr int success = 0, error = 2, triple_fault = 4, reset = 6, host_failure = 8, difference = 10,
                     timeout = 124, interrupted = 130, terminated = 143;
}

} // namespace ringshift
