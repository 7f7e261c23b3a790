#include "frontend/cli.h"

#include "base/log.h"
#include "frontend/control/ctl.h"
#include "frontend/disk_commands.h"
#include "frontend/library/commands.h"
#include "frontend/library/images.h"
#include "frontend/manual.h"
#include "frontend/option_table.h"
#include "machine/machine.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include <algorithm>
#include <cstdio>
#include <map>

namespace ringshift {

namespace {

std::string statuses() {
    return fmt::format("Exit status:\n"
                       "  {:<4}the guest powered off, the last --expect matched, or --stop-after is reached\n"
                       "  {:<4}wrong usage, or something could not be opened\n"
                       "  {:<4}triple fault, with --no-reboot\n"
                       "  {:<4}the guest reset itself, with --no-reboot\n"
                       "  {:<4}the host failed the guest (disk full, I/O error)\n"
                       "  {:<4}the engines differ, with --engine lockstep\n"
                       "  {:<4}--timeout is over\n"
                       "  {:<4}interrupted by SIGINT; {} by SIGTERM\n"
                       "  odd otherwise: the guest wrote V to the isa-debug-exit port F4: (V * 2 + 1) modulo 256\n",
                       exit_status::success, exit_status::error, exit_status::triple_fault, exit_status::reset,
                       exit_status::host_failure, exit_status::difference, exit_status::timeout,
                       exit_status::interrupted, exit_status::terminated);
}

void add_rows(CLI::App& app, unsigned command, Options& options) {
    for (const OptionRow& row : option_table()) {
        if ((row.commands & command) == 0) continue;
        const auto apply = [&options, &row](const std::string& value) {
            const Result<> done = row.set(options, value);
            if (!done.ok()) throw CLI::ValidationError(row.name, done.error().message);
        };
        CLI::Option* option = nullptr;
        if (row.value != nullptr) {
            option = app.add_option_function<std::string>(row.name, apply, row.help)
                         ->type_name(row.value)
                         ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
                         ->trigger_on_parse(); // scripts depend on the order
        } else {
            option = app.add_flag_callback(
                row.name, [apply] { apply({}); }, row.help);
        }
        option->group(row.group);
    }
}

/// The arguments last to first, as CLI11 wants them; --stats gets its value, which may be left out.
std::vector<std::string> arguments(int argc, char** argv) {
    std::vector<std::string> list;
    for (int i = 1; i < argc; ++i) {
        std::string text = argv[i];
        if (text == "--stats") {
            const std::string_view next = i + 1 < argc ? argv[i + 1] : "";
            const bool given = next == "text" || next == "json" || next == "csv";
            text += "=" + std::string(given ? next : "text");
            i += given ? 1 : 0;
        }
        list.push_back(std::move(text));
    }
    std::reverse(list.begin(), list.end());
    return list;
}

/// What is said to somebody who begins with something else than a command.
std::string without_command(const std::string& first, const std::string& error) {
    constexpr const char* help = "Try: ringshift --help";
    std::error_code ignored;
    if (first.empty())
        return fmt::format("say what to do, for example:\n"
                           "  ringshift run FILE                 boot a disk, CD or floppy image, or a kernel\n"
                           "  ringshift create NAME --iso FILE   make a machine, then: ringshift start NAME\n"
                           "{}",
                           help);
    if (first.starts_with("-")) return fmt::format("{}\n{}", error, help);
    if (std::filesystem::exists(first, ignored))
        return fmt::format("\"{0}\" is no command; to boot it: ringshift run {0}\n{1}", first, help);
    return fmt::format("\"{}\" is no command\n{}", first, help);
}

/// Into `options`, or an exit status. `machine`: the one of the library that is to start.
std::optional<int> parse(int argc, char** argv, Options& options, std::string& machine) {
    CLI::App app{"Ringshift: a virtual PC that needs no hardware virtualization and no privileges.", "ringshift"};
    app.set_version_flag("--version", "ringshift " RINGSHIFT_VERSION);
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "help for all commands");
    app.footer(statuses());
    // For packagers, so not in the help text.
    const auto print = [&app](std::string (*make)(const CLI::App&)) {
        return [&app, make] {
            std::fputs(make(app).c_str(), stdout);
            throw CLI::Success();
        };
    };
    app.add_flag_callback("--manual", print(manual_page), "print the manual page")->group("");
    app.add_flag_callback("--completion", print(shell_completion), "print bash's completion")->group("");
    CLI::App* run = app.add_subcommand(
        "run", "boot a disk, ISO or floppy image, a kernel or a boot sector; without FILE a guest of our own");
    CLI::App* start = app.add_subcommand("start", "run a machine of the library (ringshift create)");
    start->add_option("NAME", machine, "of the machine")->type_name("")->required();
    add_rows(*start, for_run, options);
    CLI::App* resume = app.add_subcommand("resume", "go on from a snapshot");
    CLI::App* explain = app.add_subcommand(
        "explain", "show what the translator makes of the machine code in a flat binary, instruction by instruction");
    CLI::App* bench = app.add_subcommand("bench", "measure");
    CLI::App* cache = bench->add_subcommand(
        "cache", "run a guest with translation caches of different sizes and policies, with and without linking; the "
                 "same input gives the same table and plot");
    CLI::App* nano = bench->add_subcommand(
        "nano", "measure what system calls, faults, port accesses, changes of page tables and the like cost, in cycles "
                "of the host, on each engine and natively");
    bench->require_subcommand(1);
    CLI::App* ctl = app.add_subcommand("ctl", "drive a running machine by its control socket (run --control SOCKET)");
    ctl->add_option("SOCKET", options.files, "and a command with its arguments")
        ->type_name("COMMAND [ARGUMENTS]")
        ->required()
        ->expected(1, 100);
    ctl->footer("Commands:\n" + control_commands());
    run->add_option("FILE", options.files, "what to boot; it is recognised by its content")->type_name("");
    resume->add_option("FILE", options.files, "written by --save")->type_name("")->required()->expected(1);
    explain->add_option("FILE", options.files, "machine code without headers")->type_name("")->required()->expected(1);
    add_rows(*run, for_run, options);
    add_rows(*explain, for_explain, options);
    add_rows(*resume, for_resume, options);
    add_rows(*cache, for_bench, options);
    add_rows(*nano, for_nano, options);
    run->footer(statuses());
    resume->footer(statuses());
    start->footer(statuses());
    add_library_commands(app, options);
    add_disk_commands(app, options);
    add_image_commands(app, options);
    try {
        app.parse(arguments(argc, argv));
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            if (error.get_name() != "Success") app.exit(error);
            return exit_status::success;
        }
        const auto parsed = app.get_subcommands();
        const std::string first = argc > 1 ? argv[1] : "";
        if (!parsed.empty())
            tell("{}\nTry: ringshift {} --help", error.what(), parsed.front()->get_name());
        else
            tell("{}", without_command(first, error.what()));
        return exit_status::error;
    }
    for (ScriptStep& step : options.script) {
        if (step.kind != ScriptStep::Kind::type) continue;
        auto chords = chords_for_text(step.text, options.keys);
        if (!chords.ok()) {
            tell("--type: {}", chords.error().message);
            return exit_status::error;
        }
        step.chords = chords.release();
    }
    if (options.gdb_port && options.machine.engine == "lockstep") {
        tell("--gdb does not go with --engine lockstep: what gdb changes, the reference would not see");
        return exit_status::error;
    }
    if (!options.statistics_file.empty() && options.statistics == Options::Statistics::text)
        (void)set_statistics(options, "json"); // a file is for programs
    if (nano->parsed() && options.nano.engines.empty())
        for (const char* name : {"interp", "bt"}) (void)add_nano_engine(options, name);
    options.command = options.action      ? Options::Command::other
                      : run->parsed()     ? Options::Command::run
                      : start->parsed()   ? Options::Command::run
                      : explain->parsed() ? Options::Command::explain
                      : cache->parsed()   ? Options::Command::bench_cache
                      : nano->parsed()    ? Options::Command::bench_nano
                      : ctl->parsed()     ? Options::Command::control
                                          : Options::Command::resume;
    return std::nullopt;
}

} // namespace

/// A machine's own description comes first and the command line's options after it, so a start is parsed twice.
std::variant<Options, int> parse_command_line(int argc, char** argv) {
    Options options;
    std::string machine;
    if (const auto status = parse(argc, argv, options, machine)) return *status;
    if (machine.empty()) return options;
    Options prepared;
    if (const auto ready = prepare_start(machine, prepared); !ready.ok()) {
        tell("{}", ready.error().message);
        return exit_status::error;
    }
    if (const auto status = parse(argc, argv, prepared, machine)) return *status;
    return prepared;
}

} // namespace ringshift
