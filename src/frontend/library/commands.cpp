#include "frontend/library/commands.h"

#include "base/log.h"
#include "frontend/control/ctl.h"
#include "frontend/disk_commands.h"
#include "frontend/library/images.h"
#include "frontend/library/library.h"
#include "machine/disk_tool.h"

#include <CLI/CLI.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

struct Arguments {
    std::string name, second, os, image, disk, memory, cpu, card;
    std::vector<std::string> isos, floppies;
    bool yes = false, force = false;
    double seconds = 60;
};

Result<std::string> absolute_file(const std::string& file) {
    std::error_code error;
    const fs::path path = fs::canonical(file, error);
    if (error) return errno_error(error.value(), file);
    return path.string();
}

void say(const std::string& text) { std::puts(text.c_str()); }

Result<int> create(const Arguments& a) {
    const Library library = TRY(Library::open());
    BuiltImage image;
    if (!a.image.empty()) image = TRY(built_image(a.image));
    const std::string os = !a.os.empty() ? a.os : !image.os.empty() ? image.os : "other";
    VmDescription d = TRY(description_for(os));
    std::string disk = a.disk;
    for (const VmProfile& profile : vm_profiles())
        if (os == profile.os && disk.empty()) disk = image.is_disk ? "none" : profile.disk;
    if (!a.image.empty() && !image.is_disk) d.cdroms.push_back(image.file.string());
    if (!a.memory.empty()) d.memory = a.memory;
    if (!a.cpu.empty()) d.cpu = a.cpu;
    if (!a.card.empty()) d.card = a.card;
    for (const std::string& file : a.isos) d.cdroms.push_back(TRY(absolute_file(file)));
    for (const std::string& file : a.floppies) d.floppies.push_back(TRY(absolute_file(file)));
    if (!d.floppies.empty()) d.boot = "acd";
    (void)TRY(read_description(write_description(d), a.name)); // checks what was given
    TRY(library.create(a.name, d, disk == "none" ? 0 : TRY(parse_disk_size(disk)),
                       image.is_disk ? image.file : fs::path(), progress_bar()));
    say(fmt::format("{} is in {}; start it: ringshift start {}", a.name, library.folder_of(a.name).string(), a.name));
    return exit_status::success;
}

/// Of the host's disk.
u64 used_space(const fs::path& folder) {
    u64 used = 0;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(folder, ignored))
        if (struct stat status{}; ::stat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
            used += static_cast<u64>(status.st_blocks) * 512;
    return used;
}

Result<int> list(const Arguments&) {
    const Library library = TRY(Library::open());
    const auto names = library.names();
    if (names.empty()) {
        say("there are no machines; make one: ringshift create NAME --iso FILE");
        return exit_status::success;
    }
    say(fmt::format("{:<20}{:<8}{:<8}{:>12}  {}", "NAME", "OS", "MEMORY", "SPACE", "STATE"));
    for (const std::string& name : names) {
        const auto d = library.load(name);
        const std::string state = !d.ok() ? d.error().message : library.running(name) ? "running" : "off";
        say(fmt::format("{:<20}{:<8}{:<8}{:>12}  {}", name, d.ok() ? d.value().os : "?",
                        d.ok() ? d.value().memory : "?", readable_size(used_space(library.folder_of(name))), state));
    }
    return exit_status::success;
}

Result<int> info(const Arguments& a) {
    const Library library = TRY(Library::open());
    const VmDescription d = TRY(library.load(a.name));
    const fs::path folder = library.folder_of(a.name);
    const auto line = [](std::string_view key, const std::string& value) { say(fmt::format("{:<10}{}", key, value)); };
    line("name", a.name);
    line("state", library.running(a.name) ? "running" : "off");
    line("folder", folder.string());
    line("os", d.os);
    line("cpu", d.cpu);
    line("memory", d.memory);
    line("clock", d.clock);
    line("network", d.card + (d.connected ? "" : ", cable out"));
    for (const std::string& forward : d.forwards) line("forward", forward);
    for (const VmDescription::Disk& disk : d.disks) {
        const auto about = disk_info((folder / disk.file).string());
        line("disk",
             disk.file + (about.ok() ? fmt::format(", {}, {} of {} used", disk.format,
                                                   readable_size(about.value().used), readable_size(about.value().size))
                                     : fmt::format(": {}", about.error().message)));
    }
    for (const std::string& file : d.cdroms) line("CD-ROM", file);
    for (const std::string& file : d.floppies) line("floppy", file);
    return exit_status::success;
}

Result<int> stop(const Arguments& a) {
    const Library library = TRY(Library::open());
    (void)TRY(library.load(a.name));
    if (!library.running(a.name)) return make_error("{} is not running", a.name);
    Options control;
    control.files = {(library.folder_of(a.name) / "control").string(), a.force ? "quit" : "power"};
    (void)TRY(control_machine(control));
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::duration<double>(a.seconds);
    while (library.running(a.name)) {
        if (Clock::now() > end)
            return make_error(
                "{} has not shut itself down within {} seconds; ringshift stop --force {} switches it off", a.name,
                a.seconds, a.name);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return exit_status::success;
}

Result<int> remove(const Arguments& a) {
    const Library library = TRY(Library::open());
    (void)TRY(library.load(a.name));
    if (!a.yes) {
        std::fputs(fmt::format("Delete {} with its disks and snapshots ({})? [y/N] ", a.name,
                               readable_size(used_space(library.folder_of(a.name))))
                       .c_str(),
                   stdout);
        std::fflush(stdout);
        std::string answer;
        std::getline(std::cin, answer);
        if (answer != "y" && answer != "Y" && answer != "yes") return make_error("{} is kept", a.name);
    }
    TRY(library.remove(a.name));
    return exit_status::success;
}

Result<int> clone(const Arguments& a) {
    TRY(TRY(Library::open()).clone(a.name, a.second));
    return exit_status::success;
}

Result<int> rename(const Arguments& a) {
    TRY(TRY(Library::open()).rename(a.name, a.second));
    return exit_status::success;
}

/// In the user's editor, on a copy that replaces the original if it is good.
Result<int> edit(const Arguments& a) {
    const Library library = TRY(Library::open());
    const VmDescription before = TRY(library.load(a.name));
    const std::string copy = (library.folder_of(a.name) / "machine.toml.edit").string();
    std::error_code ignored;
    if (!fs::exists(copy, ignored)) {
        fs::copy_file(library.folder_of(a.name) / "machine.toml", copy, ignored);
        if (ignored) return errno_error(ignored.value(), fmt::format("cannot write {}", copy));
    }
    const char* editor = std::getenv("VISUAL");
    if (editor == nullptr || *editor == 0) editor = std::getenv("EDITOR");
    if (editor == nullptr || *editor == 0) editor = "editor";
    ::setenv("RINGSHIFT_EDITED", copy.c_str(), 1);
    const int status = std::system(fmt::format("{} \"$RINGSHIFT_EDITED\"", editor).c_str());
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fs::remove(copy, ignored);
        return make_error("the editor \"{}\" has failed (VISUAL or EDITOR chooses another one); nothing is changed",
                          editor);
    }
    std::ifstream stream(copy);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const auto after = read_description(text, copy);
    if (!after.ok())
        return make_error("{}\nNothing is changed; the file is kept, and \"ringshift edit {}\" opens it again",
                          after.error().message, a.name);
    fs::rename(copy, library.folder_of(a.name) / "machine.toml", ignored);
    if (ignored) return errno_error(ignored.value(), fmt::format("cannot replace machine.toml of {}", a.name));
    if (library.running(a.name)) say("the machine is running; the change counts from its next start on");
    return exit_status::success;
}

std::string profiles() {
    std::string text = "Systems for --os:\n";
    for (const VmProfile& p : vm_profiles())
        text += fmt::format("  {:<7}{:<28}{}, {}, disk {}, {}, clock {}\n", p.os, p.what, p.cpu, p.memory, p.disk,
                            p.card, p.clock);
    return text;
}

} // namespace

Result<> prepare_start(const std::string& name, Options& options) {
    const Library library = TRY(Library::open());
    const VmDescription d = TRY(library.load(name));
    options.held = std::shared_ptr<VmLock>(TRY(library.lock(name)));
    const fs::path folder = library.folder_of(name);
    TRY(apply_description(d, folder.string(), options));
    options.snapshot_folder = (folder / "snapshots").string();
    options.control = (folder / "control").string();
    return Unit{};
}

void add_library_commands(CLI::App& app, Options& options) {
    const auto a = std::make_shared<Arguments>();
    const auto command = [&](const char* name, const char* help, Result<int> (*work)(const Arguments&)) {
        CLI::App* sub = app.add_subcommand(name, help);
        sub->callback([&options, a, work] { options.action = [a, work] { return work(*a); }; });
        return sub;
    };
    const auto named = [&](const char* name, const char* help, Result<int> (*work)(const Arguments&)) {
        CLI::App* sub = command(name, help, work);
        sub->add_option("NAME", a->name, "of the machine")->type_name("")->required();
        return sub;
    };
    CLI::App* sub = named("create", "make a machine in the library", create);
    sub->add_option("--os", a->os, "what it is for: dos, win9x, winxp, linux, bsd or other (see below)")
        ->type_name("NAME");
    sub->add_option("--image", a->image,
                    "begin with a system that \"ringshift images build\" has built; --disk makes its disk larger")
        ->type_name("NAME");
    sub->add_option("--iso", a->isos, "CD-ROM image in its drive; at most 2")->type_name("FILE");
    sub->add_option("--floppy", a->floppies, "floppy image in its drive; at most 2")->type_name("FILE");
    sub->add_option("--disk", a->disk, "size of its disk, or none; default by --os")->type_name("SIZE");
    sub->add_option("--memory-size", a->memory, "default by --os")->type_name("SIZE");
    sub->add_option("--cpu", a->cpu, "default by --os")->type_name("MODEL");
    sub->add_option("--nic", a->card, "network card; default by --os")->type_name("CARD");
    sub->footer(profiles());
    command("list", "the machines of the library", list);
    named("info", "say what a machine is", info);
    sub = named("stop", "press the power button of a running machine, and wait until it is off", stop);
    sub->add_flag("--force", a->force, "switch it off at once");
    sub->add_option("--timeout", a->seconds, "how long to wait; default 60")->type_name("SECONDS");
    sub = named("delete", "remove a machine with its disks and snapshots", remove);
    sub->add_flag("--yes", a->yes, "do not ask");
    sub = named("clone", "make a copy of a machine that shares what neither has changed since", clone);
    sub->add_option("COPY", a->second, "name of the copy")->type_name("")->required();
    sub = named("rename", "give a machine another name", rename);
    sub->add_option("NEW", a->second, "its name then")->type_name("")->required();
    named("edit", "change a machine's description in an editor (VISUAL, EDITOR)", edit);
}

} // namespace ringshift
