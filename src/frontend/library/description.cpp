#include "frontend/library/description.h"

#include "frontend/keyboard_layout.h"
#include "machine/machine.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

namespace ringshift {

namespace {

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (static_cast<u8>(c) < 0x20 || c == 0x7F) { // a name of a file may have them, a line of TOML may not
            result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
            continue;
        }
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

std::string list_of(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ", ") + quoted(value);
    return "[" + text + "]";
}

/// Reads keys of one table and notes those that are left.
class Reader {
  public:
    Reader(const toml::table& table, std::string where) : m_table(table), m_where(std::move(where)) {}

    Result<> text(const char* key, std::string& into) {
        const toml::node* node = take(key);
        if (node == nullptr) return Unit{};
        if (!node->is_string()) return make_error("{}{}: \"{}\" is to be a text in quotes", m_where, line(*node), key);
        into = node->as_string()->get();
        return Unit{};
    }
    Result<> boolean(const char* key, bool& into) {
        const toml::node* node = take(key);
        if (node == nullptr) return Unit{};
        if (!node->is_boolean()) return make_error("{}{}: \"{}\" is to be true or false", m_where, line(*node), key);
        into = node->as_boolean()->get();
        return Unit{};
    }
    Result<> texts(const char* key, std::vector<std::string>& into) {
        const toml::node* node = take(key);
        if (node == nullptr) return Unit{};
        into.clear();
        if (!node->is_array()) return make_error("{}{}: \"{}\" is to be a list in brackets", m_where, line(*node), key);
        for (const toml::node& element : *node->as_array()) {
            if (!element.is_string())
                return make_error("{}{}: \"{}\" is to be a list of texts", m_where, line(element), key);
            into.push_back(element.as_string()->get());
        }
        return Unit{};
    }
    const toml::node* take(const char* key) {
        m_known.emplace_back(key);
        return m_table.get(key);
    }
    /// A key that nothing asked for is a slip of the pen.
    Result<> end() const {
        for (const auto& [key, node] : m_table)
            if (std::find(m_known.begin(), m_known.end(), key.str()) == m_known.end())
                return make_error("{}{}: there is no key \"{}\"", m_where, line(node), key.str());
        return Unit{};
    }

  private:
    static std::string line(const toml::node& node) { return fmt::format(":{}", node.source().begin.line); }
    const toml::table& m_table;
    std::string m_where;
    std::vector<std::string> m_known;
};

Result<> one_of(const std::string& key, const std::string& value, const std::vector<std::string_view>& names) {
    if (std::find(names.begin(), names.end(), value) != names.end()) return Unit{};
    std::string list;
    for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
    return make_error("{} = \"{}\" is none of: {}", key, value, list);
}

Result<> check(const VmDescription& d) {
    std::vector<std::string_view> systems;
    for (const VmProfile& profile : vm_profiles()) systems.emplace_back(profile.os);
    TRY(one_of("os", d.os, systems));
    TRY(one_of("cpu", d.cpu, Machine::cpu_names()));
    TRY(one_of("clock", d.clock, {"utc", "local"}));
    TRY(one_of("mouse", d.mouse, {"tablet", "ps2"}));
    TRY(one_of("sound", d.sound, sound_names()));
    (void)TRY(keyboard_layout(d.keyboard));
    TRY(one_of("drop", d.drop, {"cd", "floppy"}));
    TRY(one_of("network.card", d.card, network_card_names()));
    (void)TRY(parse_memory_size(d.memory));
    if (d.boot.find_first_not_of("acd") != std::string::npos)
        return make_error("boot = \"{}\": letters are a (floppy), c (disk) and d (CD-ROM)", d.boot);
    for (const std::string& forward : d.forwards) (void)TRY(parse_forward(forward));
    for (const VmDescription::Disk& disk : d.disks) TRY(one_of("disk.format", disk.format, {"raw", "qcow2"}));
    if (d.disks.size() > 2 || d.cdroms.size() > 2 || d.floppies.size() > 2)
        return make_error("there are at most 2 drives of a kind");
    return Unit{};
}

/// What the clock chip has to show so that it is right where the host is.
i64 local_seconds() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    return static_cast<i64>(now) + local.tm_gmtoff;
}

} // namespace

const std::vector<VmProfile>& vm_profiles() {
    static const std::vector<VmProfile> profiles = {
        {"dos", "DOS and what runs on it", "pentium", "32M", "2G", "ne2k-isa", "local"},
        {"win9x", "Windows 95, 98, ME", "pentium3", "128M", "8G", "ne2k-pci", "local"},
        {"winxp", "Windows 2000 and XP", "pentium4", "512M", "16G", "ne2k-pci", "local"},
        {"linux", "Linux", "max", "512M", "16G", "e1000", "utc"},
        {"bsd", "FreeBSD, NetBSD, OpenBSD", "max", "512M", "16G", "e1000", "utc"},
        {"other", "anything else", "max", "256M", "8G", "e1000", "utc"},
    };
    return profiles;
}

Result<VmDescription> description_for(const std::string& os) {
    VmDescription d;
    d.os = os;
    TRY(check(d));
    for (const VmProfile& profile : vm_profiles()) {
        if (os != profile.os) continue;
        d.cpu = profile.cpu;
        d.memory = profile.memory;
        d.card = profile.card;
        d.clock = profile.clock;
    }
    return d;
}

std::string write_description(const VmDescription& d) {
    std::string text = "# A machine of Ringshift. To change it: ringshift edit NAME\n\n";
    const auto line = [&text](std::string_view key, const std::string& value, std::string_view meaning) {
        text += fmt::format("{:<32}# {}\n", fmt::format("{} = {}", key, value), meaning);
    };
    line("os", quoted(d.os), "dos, win9x, winxp, linux, bsd or other");
    line("cpu", quoted(d.cpu), "486, pentium, pentium3, pentium4 or max");
    line("memory", quoted(d.memory), "with K, M or G");
    line("boot", quoted(d.boot), "in this order: a floppy, c disk, d CD-ROM");
    line("clock", quoted(d.clock), "what the clock chip shows: utc or local");
    line("mouse", quoted(d.mouse), "tablet (where the system has a driver for it) or ps2");
    line("sound", quoted(d.sound), "sb16, speaker or none");
    line("keyboard", quoted(d.keyboard), "the layout that the system is set to: us, uk, de, fr, ch:fr, ...");
    line("drop", quoted(d.drop), "what files become that are dropped on the window: cd or floppy");
    text += fmt::format("cdroms = {}\nfloppies = {}\n\n[network]\n", list_of(d.cdroms), list_of(d.floppies));
    line("card", quoted(d.card), "e1000, ne2k-pci, ne2k-isa or none");
    line("connected", d.connected ? "true" : "false", "false: the cable is out");
    line("forward", list_of(d.forwards), "PORT:GUEST_PORT, for example \"2222:22\"");
    for (const VmDescription::Disk& disk : d.disks)
        text += fmt::format("\n[[disk]]\nfile = {}\nformat = {}\n", quoted(disk.file), quoted(disk.format));
    return text;
}

Result<VmDescription> read_description(const std::string& text, const std::string& name) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) return make_error("{}:{}: {}", name, parsed.error().source().begin.line, parsed.error().description());
    VmDescription d;
    Reader top(parsed.table(), name);
    TRY(top.text("os", d.os));
    TRY(top.text("cpu", d.cpu));
    TRY(top.text("memory", d.memory));
    TRY(top.text("boot", d.boot));
    TRY(top.text("clock", d.clock));
    TRY(top.text("mouse", d.mouse));
    TRY(top.text("sound", d.sound));
    TRY(top.text("keyboard", d.keyboard));
    TRY(top.text("drop", d.drop));
    TRY(top.texts("cdroms", d.cdroms));
    TRY(top.texts("floppies", d.floppies));
    if (const toml::node* node = top.take("network")) {
        if (!node->is_table()) return make_error("{}: \"network\" is to be a table: [network]", name);
        Reader network(*node->as_table(), name);
        TRY(network.text("card", d.card));
        TRY(network.boolean("connected", d.connected));
        TRY(network.texts("forward", d.forwards));
        TRY(network.end());
    }
    if (const toml::node* node = top.take("disk")) {
        if (!node->is_array()) return make_error("{}: \"disk\" is to be a list of tables: [[disk]]", name);
        for (const toml::node& element : *node->as_array()) {
            if (!element.is_table()) return make_error("{}: \"disk\" is to be a list of tables: [[disk]]", name);
            Reader reader(*element.as_table(), name);
            VmDescription::Disk disk;
            disk.format = "raw";
            TRY(reader.text("file", disk.file));
            TRY(reader.text("format", disk.format));
            TRY(reader.end());
            if (disk.file.empty()) return make_error("{}: a disk has no file", name);
            d.disks.push_back(std::move(disk));
        }
    }
    TRY(top.end());
    const Result<> good = check(d);
    return good.ok() ? Result<VmDescription>(std::move(d)) : make_error("{}: {}", name, good.error().message);
}

Result<> apply_description(const VmDescription& d, const std::string& folder, Options& options) {
    const auto place = [&folder](const std::string& file) { return (std::filesystem::path(folder) / file).string(); };
    MachineConfig& machine = options.machine;
    machine.cpu = d.cpu;
    machine.memory_size = TRY(parse_memory_size(d.memory));
    machine.boot_order = d.boot;
    if (d.clock == "local") machine.clock_start = local_seconds();
    machine.tablet = d.mouse == "tablet";
    machine.sound = d.sound;
    options.keys = TRY(keyboard_layout(d.keyboard));
    options.floppies_of_files = d.drop == "floppy";
    options.network_card = d.card;
    machine.network.connected = d.connected;
    for (const std::string& forward : d.forwards) machine.network.forwards.push_back(TRY(parse_forward(forward)));
    const auto drive = [&place](const std::string& file, const std::string& format) {
        DriveConfig result;
        result.path = place(file);
        result.format = format;
        return result;
    };
    for (const VmDescription::Disk& disk : d.disks) machine.disks.push_back(drive(disk.file, disk.format));
    for (const std::string& file : d.cdroms) machine.cdroms.push_back(drive(file, ""));
    for (const std::string& file : d.floppies) machine.floppies.push_back(drive(file, ""));
    return Unit{};
}

} // namespace ringshift
