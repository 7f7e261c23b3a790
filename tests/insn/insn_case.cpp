#include "insn_case.h"

#include "cpu/state.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace ringshift {

namespace {

const std::map<std::string, u32> flag_names{{"cf", flag::cf}, {"pf", flag::pf}, {"af", flag::af},
                                            {"zf", flag::zf}, {"sf", flag::sf}, {"of", flag::of}};

struct Assembled {
    std::vector<u8> bytes;
    std::map<std::string, u32> labels;
};

/// Runs nasm with a listing of the symbols.
Result<Assembled> assemble(const std::string& path, const std::string& prologue, const std::string& include_folder) {
    char folder[] = "/tmp/insn-XXXXXX";
    if (!mkdtemp(folder)) return make_error("cannot make a temporary folder");
    const std::filesystem::path base(folder);
    {
        std::ofstream out(base / "case.asm");
        std::ifstream in(path);
        out << prologue << "\n[map symbols " << (base / "map").string() << "]\n%line 1 " << path << "\n" << in.rdbuf();
    }
    const std::string command = fmt::format("nasm -w-all -f bin -I '{}/' -o '{}/bin' '{}/case.asm' 2>'{}/errors'",
                                            include_folder, folder, folder, folder);
    Assembled result;
    const int status = std::system(command.c_str());
    if (status == 0) {
        std::ifstream binary(base / "bin", std::ios::binary);
        result.bytes.assign(std::istreambuf_iterator<char>(binary), {});
        std::ifstream map(base / "map");
        std::string line;
        while (std::getline(map, line)) {
            std::istringstream words(line);
            std::string real, virtual_address, name;
            if (words >> real >> virtual_address >> name && std::isxdigit(static_cast<unsigned char>(real[0])) &&
                words.eof())
                result.labels[name] = static_cast<u32>(std::strtoul(virtual_address.c_str(), nullptr, 16));
        }
    }
    std::ifstream errors(base / "errors");
    const std::string text{std::istreambuf_iterator<char>(errors), {}};
    std::filesystem::remove_all(base);
    if (status != 0) return make_error("nasm failed:\n{}", text);
    return result;
}

u32 number(const std::string& text) { return static_cast<u32>(std::strtoul(text.c_str(), nullptr, 16)); }

} // namespace

Result<InsnCase> InsnCase::load(const std::string& path, const std::string& include_folder) {
    InsnCase c;
    c.path = path;
    std::ifstream file(path);
    if (!file) return make_error("cannot read {}", path);
    std::string line, fault_label;
    std::vector<std::pair<std::string, std::vector<u8>>> memory;
    for (std::size_t i = 0; i < 8; ++i) c.program.state.gpr[i] = static_cast<u32>(0x11111111 * (i + 1));
    c.program.state.gpr[4] = ARENA_BASE + 0xF000;
    bool sp_given = false;
    while (std::getline(file, line) && line.starts_with(";")) {
        std::istringstream words(line.substr(1));
        std::string key, word;
        words >> key;
        if (c.title.empty() && key.back() != ':') c.title = line.substr(2);
        if (key == "mode:") {
            words >> word;
            if (word == "16") c.program.bits = 16;
            if (word == "system") c.mode = Mode::system;
        } else if (key == "init:" || key == "expect:") {
            while (words >> word) {
                const auto equals = word.find('=');
                if (equals == std::string::npos) return make_error("{}: '{}' is not name=value", path, word);
                const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
                const auto reg = std::find(std::begin(gpr_names), std::end(gpr_names), name);
                if (name == "flags" && key == "init:") {
                    c.program.state.eflags = number(value);
                } else if (name == "flags") {
                    const auto slash = value.find('/');
                    c.expected_flags = {number(value), slash == std::string::npos ? flag::arithmetic
                                                                                  : number(value.substr(slash + 1))};
                } else if (reg == std::end(gpr_names)) {
                    return make_error("{}: no register '{}'", path, name);
                } else if (key == "init:") {
                    c.program.state.gpr[reg - std::begin(gpr_names)] = number(value);
                    sp_given = sp_given || name == "esp";
                } else {
                    c.expected[name] = number(value);
                }
            }
        } else if (key == "fault:") {
            words >> c.vector >> word >> fault_label;
        } else if (key == "memory:") {
            std::string label;
            words >> label >> word;
            std::vector<u8> bytes;
            while (words >> word) bytes.push_back(static_cast<u8>(number(word)));
            memory.emplace_back(label, bytes);
        } else if (key == "undefined:") {
            while (words >> word) {
                if (!flag_names.contains(word)) return make_error("{}: no flag '{}'", path, word);
                c.undefined_flags |= flag_names.at(word);
            }
        } else if (key == "output:") {
            std::getline(words >> std::ws, c.output);
        } else if (key == "exit:") {
            words >> word;
            c.ends_in_shutdown = word == "shutdown";
        } else if (key == "cpu:") {
            words >> c.cpu_model;
        }
    }
    const bool wide = c.program.bits == 32;
    if (!wide && !sp_given) c.program.state.gpr[4] = 0xF000;
    const u32 origin = c.mode == Mode::system ? 0x7C00 : wide ? ARENA_BASE : 0;
    const std::string prologue =
        fmt::format("bits {}\norg {:#x}\n{}", c.mode == Mode::system ? 16 : c.program.bits, origin,
                    c.mode == Mode::system ? "" : fmt::format("data equ {:#x}\n", origin + 0x8000));
    auto assembled = assemble(path, prologue, include_folder);
    if (!assembled) return make_error("{}: {}", path, assembled.error().message);
    const Assembled& a = assembled.value();
    const auto address = [&](const std::string& label) -> std::optional<u32> {
        if (label.starts_with("data")) return origin + 0x8000 + (label.size() > 5 ? number(label.substr(5)) : 0);
        const auto it = a.labels.find(label);
        return it == a.labels.end() ? std::nullopt : std::optional<u32>(it->second);
    };
    if (!fault_label.empty()) {
        c.fault_address = address(fault_label);
        if (!c.fault_address) return make_error("{}: no label '{}'", path, fault_label);
    }
    for (auto& [label, bytes] : memory) {
        const auto at = address(label);
        if (!at) return make_error("{}: no label '{}'", path, label);
        c.expected_memory.emplace_back(c.mode == Mode::system ? *at : *at - origin, bytes);
    }
    if (c.mode == Mode::system) {
        c.image = a.bytes;
    } else {
        if (a.bytes.size() > 0x8000) return make_error("{}: longer than 32 KiB", path);
        std::copy(a.bytes.begin(), a.bytes.end(), c.program.arena.begin());
        c.program.state.eip = origin;
    }
    return c;
}

} // namespace ringshift
