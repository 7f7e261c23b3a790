#include "frontend/option_table.h"

#include "base/log.h"
#include "frontend/keyboard_layout.h"
#include "machine/machine.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <regex.h>

namespace ringshift {

namespace {

using Setter = OptionSetter;

template <typename T>
Result<T> number(const std::string& text, T lowest, T highest) {
    T value{};
    char rest = 0;
    const bool good = std::is_floating_point_v<T>
                          ? [&] {
                                double d = 0;
                                const int n = std::sscanf(text.c_str(), "%lf%c", &d, &rest);
                                value = static_cast<T>(d);
                                return n == 1;
                            }()
                          : [&] {
                                long long i = 0;
                                const int n = std::sscanf(text.c_str(), "%lld%c", &i, &rest);
                                value = static_cast<T>(i);
                                return n == 1 && i >= static_cast<long long>(lowest) &&
                                       i <= static_cast<long long>(highest);
                            }();
    if (!good || !(value >= lowest && value <= highest))
        return make_error("\"{}\" is not a number from {} to {}", text, lowest, highest);
    return value;
}

Result<> one_of(const std::string& text, const std::vector<std::string_view>& names) {
    if (std::find(names.begin(), names.end(), text) != names.end()) return Unit{};
    std::string list;
    for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
    return make_error("\"{}\" is none of: {}", text, list);
}

Result<> add_expect(Options& options, const std::string& text) {
    regex_t compiled;
    const int error = ::regcomp(&compiled, text.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (error != 0) {
        char message[200];
        ::regerror(error, &compiled, message, sizeof message);
        return make_error("the regular expression \"{}\" is wrong: {}", text, message);
    }
    ::regfree(&compiled);
    options.script.push_back({ScriptStep::Kind::expect, text, {}});
    return Unit{};
}

/// C escapes for what is sent to a serial port.
Result<> add_send(Options& options, const std::string& text) {
    static const std::map<char, char> escapes = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'e', '\x1B'}, {'\\', '\\'}};
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            bytes += text[i];
            continue;
        }
        const auto escape = escapes.find(i + 1 < text.size() ? text[++i] : '\0');
        if (escape == escapes.end()) return make_error("unknown escape in \"{}\"", text);
        bytes += escape->second;
    }
    options.script.push_back({ScriptStep::Kind::send, bytes, {}});
    return Unit{};
}

/// NAME, NAME:OPTIONS, or lockstep:NAME of the engine under test.
Result<> set_engine(Options& options, const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
    TRY(one_of(name, Machine::engine_names()));
    options.machine.engine = name;
    if (name == "lockstep" && !rest.empty()) {
        const std::size_t second = rest.find(':');
        options.machine.lockstep.subject = rest.substr(0, second);
        return second == std::string::npos ? Result<>(Unit{})
                                           : bt::apply_options(rest.substr(second + 1), options.machine.translator);
    }
    return name == "interp" ? bt::apply_interpreter_options(rest, options.machine.translator)
                            : bt::apply_options(rest, options.machine.translator);
}

/// One more engine to measure, with options of its own.
} // namespace

Result<> add_nano_engine(Options& options, const std::string& text) {
    Options one;
    TRY(set_engine(one, text));
    options.nano.engines.emplace_back(text, one.machine);
    return Unit{};
}

namespace {

/// An option of the translator by itself.
Setter translator_option(std::string key) {
    return [key](Options& options, const std::string& text) -> Result<> {
        return bt::apply_options(fmt::format("{}={}", key, text), options.machine.translator);
    };
}

std::string translator_help() {
    std::string help = "mechanisms of the translator to switch on or off, for example link=off,probe=off";
    for (const bt::Mechanism& mechanism : bt::mechanisms())
        help += fmt::format("; {}: {}", mechanism.name, mechanism.what);
    return help;
}

} // namespace

Result<> set_statistics(Options& options, const std::string& text) {
    TRY(one_of(text, {"text", "json", "csv"}));
    options.statistics = text == "json"  ? Options::Statistics::json
                         : text == "csv" ? Options::Statistics::csv
                                         : Options::Statistics::text;
    if (text != "text") options.machine.translator.instrument = true;
    return Unit{};
}

namespace {

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> list;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        list.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return list;
}

Result<> set_bench_sizes(Options& options, const std::string& text) {
    options.bench.sizes.clear();
    for (const std::string& size : split(text)) {
        bt::Options one;
        TRY(bt::apply_options("cache=" + size, one));
        options.bench.sizes.push_back(one.cache_size);
    }
    return Unit{};
}

Result<> set_boot_order(Options& options, const std::string& text) {
    for (const char letter : text)
        if (letter != 'a' && letter != 'c' && letter != 'd')
            return make_error("\"{}\": a boot order is made of a (floppy), c (disk) and d (CD-ROM)", text);
    options.machine.boot_order = text;
    return Unit{};
}

Result<> set_display(Options& options, const std::string& text) {
    TRY(one_of(text, {"sdl", "terminal", "none"}));
    options.display = text == "sdl" ? DisplayKind::sdl : text == "terminal" ? DisplayKind::terminal : DisplayKind::none;
    return Unit{};
}

Result<> set_scaling(Options& options, const std::string& text) {
    using Fit = Scaling::Fit;
    options.scaling.given = true;
    for (const auto& [name, fit] :
         {std::pair{"integer", Fit::integer}, {"fit", Fit::window}, {"aspect", Fit::aspect}}) {
        if (text != name) continue;
        options.scaling.fit = fit;
        return Unit{};
    }
    const auto factor = number<unsigned>(text, 1, 8);
    if (!factor.ok()) return make_error("\"{}\" is none of: integer, fit, aspect, 1 to 8", text);
    options.scaling.factor = factor.value();
    return Unit{};
}

Result<> add_serial(Options& options, const std::string& text) {
    if (!text.starts_with("file:")) TRY(one_of(text, {"none", "stdio", "pty", "file:PATH"}));
    if (options.serial.size() == 2) return make_error("there are two serial ports");
    options.serial.push_back(text);
    return Unit{};
}

/// 0x for hexadecimal, or decimal.
Result<u32> address(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    u32 value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
        return make_error("\"{}\" is no address: 0x and hexadecimal digits, or a decimal number", text);
    return value;
}

Result<> set_range(Options& options, const std::string& text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string::npos) return make_error("\"{}\" is not of the form FIRST-LAST", text);
    const std::string_view view = text;
    options.explain.range = {TRY(address(view.substr(0, dash))), TRY(address(view.substr(dash + 1)))};
    return Unit{};
}

Result<> set_shown_code(Options& options, const std::string& text) {
    ShownCode shown;
    const std::size_t comma = text.find(',');
    const std::string where = text.substr(0, comma);
    if (where != "here") shown.address = TRY(address(where));
    if (comma != std::string::npos) shown.blocks = TRY(number<u32>(text.substr(comma + 1), 1, 10000));
    options.shown_code = shown;
    return Unit{};
}

Setter into(std::string Options::*field) {
    return [field](Options& options, const std::string& text) -> Result<> {
        if (text.empty()) return make_error("the name is empty");
        options.*field = text;
        return Unit{};
    };
}

Setter switch_on(bool Options::*field) {
    return [field](Options& options, const std::string&) -> Result<> {
        options.*field = true;
        return Unit{};
    };
}

Setter add_drive(std::vector<DriveConfig> MachineConfig::*drives, std::size_t most) {
    return [drives, most](Options& options, const std::string& text) -> Result<> {
        auto& list = options.machine.*drives;
        if (list.size() == most) return make_error("there are at most {} of these drives", most);
        DriveConfig drive;
        drive.path = text;
        list.push_back(std::move(drive));
        return Unit{};
    };
}

/// FILE or FILE,format=NAME.
Result<> add_disk(Options& options, const std::string& text) {
    constexpr std::string_view key = ",format=";
    const std::size_t at = text.rfind(key);
    const bool given = at != std::string::npos;
    TRY(add_drive(&MachineConfig::disks, 2)(options, text.substr(0, at)));
    if (!given) return Unit{};
    const std::string format = text.substr(at + key.size());
    TRY(one_of(format, {"raw", "qcow2"}));
    options.machine.disks.back().format = format;
    return Unit{};
}

} // namespace

const std::vector<OptionRow>& option_table() {
    static const std::vector<OptionRow> rows = {
        {"--kernel", "FILE", for_run, "What to boot", "Linux or Multiboot kernel, started without a boot loader",
         into(&Options::kernel)},
        {"--initrd", "FILE", for_run, "What to boot", "initial RAM disk for the Linux kernel", into(&Options::initrd)},
        {"--append", "TEXT", for_run, "What to boot", "command line of the kernel",
         [](Options& o, const std::string& text) -> Result<> {
             o.append = text;
             return Unit{};
         }},
        {"--module", "FILE", for_run, "What to boot",
         "module of the Multiboot kernel: a file and, after a space, its arguments; can be repeated",
         [](Options& o, const std::string& text) -> Result<> {
             o.modules.push_back(text);
             return Unit{};
         }},
        {"--disk", "FILE", for_run, "What to boot",
         "image of a hard disk, raw or qcow2; FILE,format=raw or FILE,format=qcow2 says which; at most 2", add_disk},
        {"--cdrom", "FILE", for_run, "What to boot", "ISO image in a CD-ROM drive; at most 2",
         add_drive(&MachineConfig::cdroms, 2)},
        {"--floppy", "FILE", for_run, "What to boot", "floppy image; at most 2",
         add_drive(&MachineConfig::floppies, 2)},
        {"--boot", "ORDER", for_run, "What to boot", "letters in the order to try: a floppy, c disk, d CD-ROM",
         set_boot_order},
        {"--snapshot", nullptr, for_run, "What to boot",
         "leave the images as they are: what is written goes to a temporary file (in TMPDIR, else /var/tmp) that is "
         "gone "
         "at the end",
         switch_on(&Options::keep_images)},

        {"--memory-size", "SIZE", for_run, "Machine", "with K, M or G; default 256M",
         [](Options& o, const std::string& text) -> Result<> {
             o.machine.memory_size = TRY(parse_memory_size(text));
             return Unit{};
         }},
        {"--cpu", "MODEL", for_run | for_explain | for_bench, "Machine",
         "486, pentium, pentium3, pentium4 or max; default max",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, Machine::cpu_names()));
             o.machine.cpu = o.explain.cpu = text;
             return Unit{};
         }},
        {"--mouse", "KIND", for_run, "Machine",
         "tablet (a PS/2 mouse, and a USB tablet for systems that have drivers for it: the pointer need not be "
         "captured) or ps2 (the mouse alone, and no USB); default tablet",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"tablet", "ps2"}));
             o.machine.tablet = text == "tablet";
             return Unit{};
         }},
        {"--sound", "KIND", for_run, "Machine",
         "sb16 (a Sound Blaster 16 with OPL2 at port 220h, IRQ 5, DMA 1 and 5, and the PC speaker), speaker or none; "
         "default sb16",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, sound_names()));
             o.machine.sound = text;
             return Unit{};
         }},
        {"--keyboard-layout", "NAME", for_both, "Machine",
         "what the guest takes its keyboard for, when text is pasted or typed for you: us, uk, de, fr, es, dvorak, or "
         "any layout of X with or without variant, for example ch:fr; default us",
         [](Options& o, const std::string& text) -> Result<> {
             o.keys = TRY(keyboard_layout(text));
             return Unit{};
         }},
        {"--nic", "CARD", for_run, "Network",
         "e1000, ne2k-pci (RTL8029), ne2k-isa (port 300h, IRQ 10) or none; default e1000, with --deterministic and "
         "lockstep none",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, network_card_names()));
             o.network_card = text;
             return Unit{};
         }},
        {"--network", "KIND", for_both, "Network",
         "nat (the guest reaches what the host reaches; DHCP and DNS are there) or none (the cable is out); default "
         "nat",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"nat", "none"}));
             o.machine.network.connected = text == "nat";
             return Unit{};
         }},
        {"--forward", "PORT:GUEST_PORT", for_both, "Network",
         "connections to this port of the host go to the guest, for example 2222:22, udp:5353:53, 0.0.0.0:8080:80 "
         "(without an address only this machine can connect); can be repeated",
         [](Options& o, const std::string& text) -> Result<> {
             o.machine.network.forwards.push_back(TRY(parse_forward(text)));
             return Unit{};
         }},
        {"--pcap", "FILE", for_both, "Network", "write all frames to a file that tcpdump and Wireshark read",
         [](Options& o, const std::string& text) -> Result<> {
             if (text.empty()) return make_error("the name is empty");
             o.machine.network.capture = text;
             return Unit{};
         }},

        {"--engine", "NAME", for_both, "Machine",
         "what runs the guest's instructions: bt (translates them), interp, or lockstep, which runs the guest on two "
         "machines, one on the engine under test (bt, or lockstep:NAME) and one on interp, and ends with a report when "
         "they differ; it implies --deterministic and --snapshot, and does not go with --gdb",
         set_engine},
        {"--cache-size", "SIZE", for_both, "Machine",
         "of translated code, from 64K to 1024M; default 32M; less makes the translator work again and again",
         translator_option("cache")},
        {"--cache-policy", "NAME", for_both, "Machine",
         "what goes when the cache is full: flush (all), fifo:N (one of N units), ring (what is in the way); default "
         "ring",
         translator_option("policy")},
        {"--memory", "HOW", for_both | for_bench, "Machine",
         "how translated code reaches the guest's memory: windows (pages mapped by the host's MMU, where the host "
         "allows it) or softtlb (looked up by the code); default windows",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"windows", "softtlb"}));
             o.machine.translator.windows = text == "windows";
             return Unit{};
         }},
        {"--hot", "N", for_both | for_bench, "Machine",
         "translate a block that has been interpreted so often, 0 to 255; default 12", translator_option("hot")},
        {"--translator", "LIST", for_both | for_bench, "Machine", translator_help(),
         [](Options& o, const std::string& text) -> Result<> { return bt::apply_options(text, o.machine.translator); }},
        {"--lockstep-interval", "N", for_both, "Machine",
         "with --engine lockstep: compare after at most so many instructions; default 20000",
         [](Options& o, const std::string& text) -> Result<> {
             o.machine.lockstep.interval = TRY(number<u32>(text, 1, 1'000'000));
             return Unit{};
         }},
        {"--lockstep-report", "FILE", for_both, "Machine",
         "with --engine lockstep: write the report about a difference to a file as well",
         into(&Options::lockstep_report)},
        {"--deterministic", nullptr, for_both, "Machine",
         "virtual time counts instructions instead of following the host's clock: equal runs are equal",
         [](Options& o, const std::string&) -> Result<> {
             o.machine.deterministic = true;
             return Unit{};
         }},
        {"--speed", "MIPS", for_run, "Machine",
         "with --deterministic: million instructions per virtual second, 1 to 1000; default 100",
         [](Options& o, const std::string& text) -> Result<> {
             o.machine.ns_per_instruction = 1000 / TRY(number<u32>(text, 1, 1000));
             return Unit{};
         }},
        {"--speed-limit", "LIMIT", for_both, "Machine",
         "how fast the CPU may be: percent of the time (50%) or million instructions per second (20)",
         [](Options& o, const std::string& text) -> Result<> {
             o.speed_limit = TRY(parse_speed_limit(text));
             return Unit{};
         }},
        {"--clock", "SECONDS", for_run, "Machine",
         "what the guest's clock shows at power-on, in seconds since 1970 UTC; default: now, or 2000-01-01 with "
         "--deterministic",
         [](Options& o, const std::string& text) -> Result<> {
             o.machine.clock_start = TRY(number<i64>(text, 0, 253402300799));
             return Unit{};
         }},
        {"--no-reboot", nullptr, for_run, "Machine", "a reset or triple fault of the guest ends the program",
         [](Options& o, const std::string&) -> Result<> {
             o.machine.reboot = false;
             o.machine.reset_on_triple_fault = false;
             return Unit{};
         }},
        {"--firmware", "FOLDER", for_run, "Machine", "where SeaBIOS is; default /usr/share/seabios",
         [](Options& o, const std::string& text) -> Result<> {
             o.machine.firmware_folder = text;
             return Unit{};
         }},

        {"--headless", nullptr, for_both, "Screen and ports", "no window: the same as --display none",
         [](Options& o, const std::string&) -> Result<> {
             o.display = DisplayKind::none;
             return Unit{};
         }},
        {"--display", "KIND", for_both, "Screen and ports", "sdl (a window), terminal or none; default: what is there",
         set_display},
        {"--scale", "HOW", for_both, "Screen and ports",
         "of the window: integer (whole multiples), fit, aspect (fit, as on a 4:3 monitor), or a number from 1 to 8 "
         "for the size to begin with; default "
         "integer",
         set_scaling},
        {"--serial", "WHERE", for_both, "Screen and ports",
         "serial port: stdio (Ctrl-A x ends), none, pty or file:PATH; again for the second port", add_serial},
        {"--debugcon", "FILE", for_both, "Screen and ports",
         "what the guest writes to ports E9 and 402 (the firmware's messages); - is standard error",
         into(&Options::debug_console)},
        {"--wav", "FILE", for_both, "Screen and ports", "record what the guest plays", into(&Options::wav)},
        {"--drop", "KIND", for_both, "Screen and ports",
         "what files become that are dropped on the window or given by ringshift ctl: cd, or floppy (a CD if they do "
         "not "
         "fit on one of 1.44 MB, or there is no drive for it); default cd",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"cd", "floppy"}));
             o.floppies_of_files = text == "floppy";
             return Unit{};
         }},
        {"--control", "SOCKET", for_both, "Screen and ports",
         "create a Unix socket on which programs drive the machine by QMP, and people by ringshift ctl",
         into(&Options::control)},
        {"--snapshots", "FOLDER", for_both, "Screen and ports",
         "where snapshots of the running machine are kept; default: a folder for these media in the user's data folder",
         into(&Options::snapshot_folder)},
        {"--gdb", "PORT", for_both, "Screen and ports",
         "start paused and wait for gdb on this TCP port of localhost; 0 takes a free one",
         [](Options& o, const std::string& text) -> Result<> {
             o.gdb_port = TRY(number<u16>(text, 0, 65535));
             return Unit{};
         }},

        {"--expect", "REGEX", for_both, "Scripts",
         "wait until the serial port's output or the text screen matches (POSIX extended); if it is the last step, end "
         "with status 0",
         add_expect},
        {"--type", "TEXT", for_both, "Scripts",
         "then type on the keyboard; \\n, \\e and \\{up} \\{f12} \\{ctrl-alt-del} are keys",
         [](Options& o, const std::string& text) -> Result<> {
             o.script.push_back({ScriptStep::Kind::type, text, {}});
             return Unit{};
         }},
        {"--send", "TEXT", for_both, "Scripts", "then send to the serial port; \\n, \\r, \\t and \\e are characters",
         add_send},
        {"--timeout", "SECONDS", for_both, "Scripts", "end with status 124 after this much of the host's time",
         [](Options& o, const std::string& text) -> Result<> {
             o.timeout = TRY(number<double>(text, 0.001, 1e9));
             return Unit{};
         }},
        {"--stop-after", "N", for_both, "Scripts",
         "end with status 0 when the guest has executed so many instructions in this run",
         [](Options& o, const std::string& text) -> Result<> {
             o.stop_after = TRY(number<u64>(text, 1, u64{1} << 62));
             return Unit{};
         }},
        {"--screenshot", "FILE", for_both, "Scripts", "write the screen as PNG at the end", into(&Options::screenshot)},
        {"--save", "FILE", for_both, "Scripts",
         "write a snapshot at the end, which keeps what is on the disks too; ringshift resume FILE goes on from it",
         into(&Options::save)},
        {"--print-state-hash", nullptr, for_both, "Scripts", "print a hash of the guest's whole state at the end",
         switch_on(&Options::print_state_hash)},
        {"--stats", "text|json|csv", for_both, "Scripts",
         "print instructions, time, speed and the translator's ledger at the end; without a value as text; json and "
         "csv "
         "imply --instrument",
         set_statistics},
        {"--stats-file", "FILE", for_both, "Scripts",
         "write what --stats json or csv prints to a file; without --stats, JSON",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(into(&Options::statistics_file)(o, text));
             return o.statistics == Options::Statistics::none ? set_statistics(o, "json") : Unit{};
         }},
        {"--instrument", nullptr, for_both, "Scripts",
         "have translated blocks count how each is entered; costs some speed",
         [](Options& o, const std::string&) -> Result<> {
             o.machine.translator.instrument = true;
             return Unit{};
         }},
        {"--workload", "NAME", for_bench, "Cache", "tour (ours, the default), linux-mini, or a file to boot",
         [](Options& o, const std::string& text) -> Result<> {
             o.bench.workload = text;
             return Unit{};
         }},
        {"--sizes", "LIST", for_bench, "Cache", "of the cache; default 64K,256K,1M,4M", set_bench_sizes},
        {"--policies", "LIST", for_bench, "Cache", "default flush,fifo:8,ring",
         [](Options& o, const std::string& text) -> Result<> {
             o.bench.policies = split(text);
             return Unit{};
         }},
        {"--instructions", "N", for_bench, "Cache", "end each run here at the latest; default 2000000000",
         [](Options& o, const std::string& text) -> Result<> {
             o.bench.instructions = TRY(number<u64>(text, 1, u64{1} << 50));
             return Unit{};
         }},
        {"--csv", "FILE", for_bench, "Cache", "write the table there; default: standard output",
         [](Options& o, const std::string& text) -> Result<> {
             o.bench.table = text;
             return Unit{};
         }},
        {"--plot", "FILE", for_bench, "Cache", "write an SVG picture: translations by size",
         [](Options& o, const std::string& text) -> Result<> {
             o.bench.plot = text;
             return Unit{};
         }},
        {"--engine", "NAME", for_nano, "Nano",
         "interp, or bt with or without options (bt:returns=off,probe=off); may be given several times; default interp "
         "and bt",
         add_nano_engine},
        {"--csv", "FILE", for_nano, "Nano", "write the numbers there as CSV; -: to standard output",
         [](Options& o, const std::string& text) -> Result<> {
             o.nano.table = text;
             return Unit{};
         }},
        {"--quiet", nullptr, for_both | for_bench | for_nano, "Scripts", "do not say what is being started",
         switch_on(&Options::quiet)},

        {"--explain", "WHERE[,N]", for_both, "Code",
         "at the end show what the translator made of N blocks from this linear address on; here: from where the guest "
         "stands",
         set_shown_code},
        {"--bits", "N", for_explain, "Code", "16 or 32; default 32",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"16", "32"}));
             o.explain.bits = text == "16" ? 16 : 32;
             return Unit{};
         }},
        {"--base", "ADDRESS", for_explain, "Code", "where the first byte lies; default 0",
         [](Options& o, const std::string& text) -> Result<> {
             o.explain.base = TRY(address(text));
             return Unit{};
         }},
        {"--range", "FIRST-LAST", for_explain, "Code", "only from one address to the other", set_range},
        {"--cpl", "N", for_explain, "Code", "privilege level, 0 to 3; default 0 (with --bits 16: real mode)",
         [](Options& o, const std::string& text) -> Result<> {
             o.explain.cpl = TRY(number<u32>(text, 0, 3));
             return Unit{};
         }},
        {"--options", "LIST", for_explain, "Code", "of the translator, for example link=off,memory=off",
         [](Options& o, const std::string& text) -> Result<> {
             o.explain.engine = "bt:" + text;
             return Unit{};
         }},
        {"--format", "FORMAT", for_all, "Code", "of explained code: text or json; default text",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"text", "json"}));
             o.explain.view.json = text == "json";
             return Unit{};
         }},
        {"--color", "WHEN", for_all, "Code", "auto (on a terminal, unless NO_COLOR is set), always or never",
         [](Options& o, const std::string& text) -> Result<> {
             TRY(one_of(text, {"auto", "always", "never"}));
             o.colour = text;
             return Unit{};
         }},
    };
    return rows;
}

} // namespace ringshift
