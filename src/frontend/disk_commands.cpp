#include "frontend/disk_commands.h"

#include "machine/disk_tool.h"

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <unistd.h>

namespace ringshift {

namespace {

struct Arguments {
    std::string file, second, size, format, backing;
};

std::string format_for(const std::string& given, const std::string& path) {
    return given.empty() ? disk_format_of_name(path) : given;
}

Result<int> create(const Arguments& a) {
    if (a.size.empty() && a.backing.empty()) return make_error("a new disk needs a size, for example 8G");
    const u64 size = a.size.empty() ? 0 : TRY(parse_disk_size(a.size));
    const std::string format = format_for(a.format, a.backing.empty() ? a.file : "x.qcow2");
    TRY(create_disk(a.file, format, size, a.backing));
    return exit_status::success;
}

Result<int> convert(const Arguments& a) {
    TRY(convert_disk(a.file, a.second, format_for(a.format, a.second), progress_bar()));
    return exit_status::success;
}

Result<int> info(const Arguments& a) {
    const DiskInfo d = TRY(disk_info(a.file));
    const auto line = [](std::string_view name, const std::string& value) {
        std::puts(fmt::format("{:<14}{}", name, value).c_str());
    };
    line("file", a.file);
    line("format", d.format);
    if (d.format == "raw" || d.format == "qcow2")
        line("size", fmt::format("{} ({} bytes)", readable_size(d.size), d.size));
    line("on the host", readable_size(d.used));
    if (d.cluster_size != 0) line("clusters", readable_size(d.cluster_size));
    if (d.states != 0)
        line("states", fmt::format("{}, kept for snapshots{}", d.states,
                                   d.format == "raw" ? " in " + a.file + ".states" : std::string()));
    if (!d.backing.empty())
        line("backing file", d.backing + (d.backing_format.empty() ? "" : " (" + d.backing_format + ")"));
    return exit_status::success;
}

Result<int> resize(const Arguments& a) {
    TRY(resize_disk(a.file, TRY(parse_disk_size(a.size))));
    return exit_status::success;
}

} // namespace

DiskProgress progress_bar() {
    if (::isatty(STDERR_FILENO) == 0) return {};
    return [](u64 done, u64 all) {
        constexpr u64 width = 40;
        const u64 filled = all == 0 ? width : done * width / all;
        const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
        std::fputs(
            fmt::format("\r[{}] {:3}%{}", bar, all == 0 ? 100 : done * 100 / all, done == all ? "\n" : "").c_str(),
            stderr);
    };
}

std::string readable_size(u64 bytes) {
    static constexpr std::array<const char*, 5> units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    double value = static_cast<double>(bytes);
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    return value == static_cast<double>(static_cast<u64>(value)) ? fmt::format("{:.0f} {}", value, units[unit])
                                                                 : fmt::format("{:.1f} {}", value, units[unit]);
}

void add_disk_commands(CLI::App& app, Options& options) {
    CLI::App* disk = app.add_subcommand("disk", "make, convert, look at and enlarge disk images (raw, qcow2)");
    disk->require_subcommand(1);
    const auto arguments = std::make_shared<Arguments>();
    const auto command = [&](const char* name, const char* help, Result<int> (*work)(const Arguments&)) {
        CLI::App* sub = disk->add_subcommand(name, help);
        sub->callback([&options, arguments, work] { options.action = [arguments, work] { return work(*arguments); }; });
        return sub;
    };
    const char* format_help =
        "raw or qcow2, with qemu-img also its formats; default: as the name ends (.qcow2, else raw)";
    CLI::App* sub = command("create", "make an empty disk", create);
    sub->add_option("FILE", arguments->file, "must not be there yet")->type_name("")->required();
    sub->add_option("SIZE", arguments->size, "with K, M, G or T")->type_name("");
    sub->add_option("--format", arguments->format, "raw or qcow2; default: as the name ends (.qcow2, else raw)");
    sub->add_option("--backing", arguments->backing,
                    "begin with the content of this image, which must not change any more; implies qcow2")
        ->type_name("FILE");
    sub = command("convert", "copy a disk to another format; zeros take no space", convert);
    sub->add_option("FROM", arguments->file, "recognised by its content")->type_name("")->required();
    sub->add_option("TO", arguments->second, "must not be there yet")->type_name("")->required();
    sub->add_option("--format", arguments->format, format_help);
    sub = command("info", "say what an image is", info);
    sub->add_option("FILE", arguments->file, "")->type_name("")->required();
    sub = command("resize", "make a disk larger; partitions in it stay as they are", resize);
    sub->add_option("FILE", arguments->file, "")->type_name("")->required();
    sub->add_option("SIZE", arguments->size, "with K, M, G or T")->type_name("")->required();
}

} // namespace ringshift
