// Compares the code that the translator emits with what was accepted before.
//
//     golden [--update] CASE.asm...
//
// A case is one NASM file of guest code; its head may say
//
//     ; rings: 0 3        privilege levels to translate it at, one after the other; default 3
//     ; bits: 16          default 32
//     ; base: 12340       of all segments, hexadecimal; default 0
//     ; limit: 7FFFF      of all segments, hexadecimal; default: none
//     ; options: link=off the translator's; off: every mechanism off
//     ; whole: yes        the block's entry and its unlinked exits too, which are alike in all blocks
//
// Beside it lies CASE.golden: every block as text, without anything that depends on where it lies in the host. With
// --update it is written; read the difference in version control before accepting it.
#include "bt/explain.h"
#include "bt/workbench.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <unistd.h>

using namespace ringshift;
using namespace ringshift::bt;

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {(std::istreambuf_iterator<char>(file)), {}};
}

struct Case {
    std::vector<unsigned> rings{3};
    unsigned bits = 32;
    u32 base = 0;
    u32 limit = ~u32{0};
    std::string options;
    bool whole = false;
    std::vector<u8> code;
};

/// What cannot be read or assembled ends the program with a message.
[[noreturn]] void fail(const std::string& message) {
    std::fprintf(stderr, "golden: %s\n", message.c_str());
    std::exit(2);
}

void parse_head(const std::string& source, Case& c) {
    std::istringstream lines(source);
    for (std::string line; std::getline(lines, line) && line.starts_with(";");) {
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) continue;
        const std::string key = line.substr(2, colon - 2), value = line.substr(colon + 2);
        const auto hexadecimal = [&] { return static_cast<u32>(std::strtoul(value.c_str(), nullptr, 16)); };
        if (key == "rings") {
            c.rings.clear();
            for (const char ch : value)
                if (ch != ' ') c.rings.push_back(static_cast<unsigned>(ch - '0'));
        } else if (key == "bits") {
            c.bits = value == "16" ? 16 : 32;
        } else if (key == "base") {
            c.base = hexadecimal();
        } else if (key == "limit") {
            c.limit = hexadecimal();
        } else if (key == "whole") {
            c.whole = value == "yes";
        } else if (key == "options") {
            c.options = value;
        }
    }
}

Case load(const std::string& path) {
    Case c;
    const std::string source = read_file(path);
    if (source.empty()) fail("cannot read " + path);
    parse_head(source, c);
    char folder[] = "/tmp/golden-XXXXXX";
    if (!::mkdtemp(folder)) fail("cannot make a folder in /tmp");
    const std::string in = std::string(folder) + "/code.asm", out = std::string(folder) + "/code.bin";
    std::ofstream(in) << fmt::format("bits {}\norg 0x1000\n", c.bits) << source;
    const int status = std::system(fmt::format("nasm -f bin -w-other -o {} {}", out, in).c_str());
    const std::string code = read_file(out);
    c.code.assign(code.begin(), code.end());
    for (const std::string& file : {in, out}) ::unlink(file.c_str());
    ::rmdir(folder);
    if (status != 0 || c.code.empty()) fail(path + " cannot be assembled");
    return c;
}

/// Where the "+01c" of a branch stands in an instruction's text.
std::size_t find_offset(const std::string& text) {
    for (std::size_t i = 1; i + 3 < text.size(); ++i)
        if (text[i] == '+' && (text[i - 1] == ' ' || text[i - 1] == '(')) return i;
    return std::string::npos;
}

/// Alike in all blocks: the budget at the entry, exits that are not linked.
bool is_frame(const Explanation::Host& host) {
    return host.why.starts_with("takes the block's instructions off the budget") ||
           host.why.starts_with("the budget does not cover the block") ||
           host.why.starts_with("not linked to its target");
}

/// Branch targets become labels, so that one changed instruction is one changed line.
std::map<u32, std::string> labels_of(const Explanation& x) {
    std::map<u32, std::string> labels;
    for (const auto& host : x.host) {
        const std::size_t at = find_offset(host.text);
        if (at == std::string::npos) continue;
        const auto target = static_cast<u32>(std::strtoul(host.text.c_str() + at + 1, nullptr, 16));
        const bool shown =
            std::any_of(x.host.begin(), x.host.end(), [&](const auto& other) { return other.offset == target; });
        if (shown) labels[target] = "";
    }
    unsigned number = 0;
    for (auto& [offset, label] : labels) label = fmt::format(".{}", ++number);
    return labels;
}

std::string listing(Explanation x, bool whole) {
    if (!whole) std::erase_if(x.host, is_frame);
    std::string out = fmt::format("block {:08x}: {}\n", x.eip, x.mode);
    const auto labels = labels_of(x);
    u32 guest = ~u32{0};
    bool cold = false;
    for (const auto& host : x.host) {
        if (!cold && host.offset >= x.cold) {
            cold = true;
            guest = ~u32{0};
            out += "  -- seldom executed\n";
        }
        if (host.guest != guest) out += fmt::format("  {:08x} {}\n", x.guest[host.guest].eip, x.guest[host.guest].text);
        if (!host.again || host.guest != guest) out += fmt::format("    {}: {}\n", name_of(host.provenance), host.why);
        guest = host.guest;
        std::string text = host.text;
        if (const std::size_t at = find_offset(text); at != std::string::npos) {
            char* end = nullptr;
            const auto target = static_cast<u32>(std::strtoul(text.c_str() + at + 1, &end, 16));
            std::string rest = end;
            const auto shown = labels.find(target);
            text = text.substr(0, at) + (shown == labels.end() ? "" : shown->second) + rest;
            if (text.ends_with(" ()")) text.resize(text.size() - 3);
        }
        const auto label = labels.find(host.offset);
        out += fmt::format("{:<8}{}\n", label == labels.end() ? "" : "  " + label->second + ":", text);
    }
    return out;
}

std::string translate(const Case& c) {
    Options options;
    options.windows = false; // as for a process that is young
    options.verify = true;
    if (c.options == "off") {
        for (const Mechanism& mechanism : mechanisms()) options.*mechanism.flag = false;
    } else if (const auto applied = apply_options(c.options, options); !applied.ok()) {
        fail(applied.error().message);
    }
    std::string out;
    for (const unsigned ring : c.rings) {
        Workbench bench(options);
        bench.set_mode(c.bits, ring, c.base);
        if (c.limit != ~u32{0}) {
            for (Segment& segment : bench.cpu().state.segments) segment.limit = c.limit;
            bench.cpu().update_mode();
        }
        const std::span<const u8> code = c.code;
        for (std::size_t at = 0; at < code.size();) {
            const auto block = bench.decode(code.subspan(at), static_cast<u32>(0x1000 + at));
            if (!block) fail("a case ends within an instruction");
            const auto host = bench.translate(*block);
            out += (out.empty() ? "" : "\n") +
                   listing(explain(*block, bench.mode(), host, bench.emitter().runtime_distance()), c.whole);
            at += block->bytes;
        }
    }
    return out;
}

} // namespace

int main(int argc, char** argv) {
    bool update = false;
    unsigned cases = 0, different = 0;
    for (int i = 1; i < argc; ++i) {
        const std::string path = argv[i];
        if (path == "--update") {
            update = true;
            continue;
        }
        ++cases;
        const std::string golden = path.substr(0, path.rfind('.')) + ".golden";
        const std::string now = translate(load(path)), accepted = read_file(golden);
        if (now == accepted) continue;
        ++different;
        if (update) {
            std::ofstream(golden, std::ios::binary) << now;
            continue;
        }
        std::printf("%s is translated to other code than before:\n", path.c_str());
        std::fflush(stdout);
        if (FILE* diff = ::popen(fmt::format("diff -u {} -", golden).c_str(), "w")) {
            std::fwrite(now.data(), 1, now.size(), diff);
            ::pclose(diff);
        }
    }
    std::printf("%u cases, %u %s\n", cases, different, update ? "written" : "different");
    if (!update && different != 0)
        std::puts("If that is meant: cmake --build --preset release --target update_golden, and look at git diff.");
    return cases == 0 || (different != 0 && !update) ? 1 : 0;
}
