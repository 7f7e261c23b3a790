// Decoder vectors made with Zydis 4.0 in its default configuration: length, validity and mnemonic of 15 random bytes.
// Of a newer processor than any of our models, so each line is first filtered by its instruction set; the differences
// that remain are ours on purpose and listed here.
#include "vectors.h"

#include "cpu/isa/decoder.h"
#include "cpu/isa/policy.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

using namespace ringshift;

namespace {

struct Line {
    std::vector<u8> bytes;
    unsigned length = 0; ///< 0: invalid
    std::string mnemonic;
    std::string isa; ///< instruction set, or why it is invalid
};

std::optional<Line> parse(std::istream& in) {
    std::string mode, hex;
    Line line;
    if (!(in >> mode >> hex >> line.length >> line.mnemonic >> line.isa)) return std::nullopt;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        u8 byte = 0;
        std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
        line.bytes.push_back(byte);
    }
    return line;
}

/// The extensions that every vector of a name belongs to (Zydis' isa_ext), with the model feature they need. An
/// extension that is not here is one that no model has.
const std::map<std::string, Feature> extensions = {
    {"BASE", Feature::base},  {"X87", Feature::fpu},     {"MMX", Feature::mmx},       {"SSE", Feature::sse},
    {"SSE2", Feature::sse2},  {"SSE3", Feature::sse3},   {"SSSE3", Feature::ssse3},   {"CLFSH", Feature::clfsh},
    {"PAUSE", Feature::base}, {"MOVBE", Feature::movbe}, {"RDTSCP", Feature::rdtscp}, {"PCLMULQDQ", Feature::pclmulqdq},
};

/// Encodings with a newer meaning in Zydis' default configuration than on our models.
const std::map<std::string, std::string> older_names = {
    {"lzcnt", "BSR"},   {"tzcnt", "BSF"},   {"cldemote", "NOP"}, {"bndmk", "NOP"},  {"bndcl", "NOP"},
    {"bndcu", "NOP"},   {"bndcn", "NOP"},   {"bndmov", "NOP"},   {"bndldx", "NOP"}, {"bndstx", "NOP"},
    {"endbr32", "NOP"}, {"endbr64", "NOP"}, {"rdsspd", "NOP"},
};

/// Valid in protected mode only: real, virtual-8086 and protected 16-bit code share a decoder, and the handlers raise
/// #UD.
bool protected_mode_only(Mnemonic m) {
    const std::string_view name = policy(m).name;
    for (const std::string_view known :
         {"ARPL", "LAR", "LSL", "LLDT", "LTR", "SLDT", "STR", "VERR", "VERW", "SYSENTER", "SYSEXIT"})
        if (name == known) return true;
    return false;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

/// What is wrong with our decoding of the line, or an empty string.
std::string compare(const Decoder& decoder, const CpuModel& model, bool code32, const Line& line) {
    Insn insn;
    const auto outcome = decoder.decode(line.bytes, code32, insn);
    const bool valid = outcome == Decoder::Outcome::ok;
    const std::string ours(valid ? policy(insn.mnemonic).name : "invalid");

    if (line.length == 0) {
        if (!valid || (!code32 && line.isa == "invalid" && protected_mode_only(insn.mnemonic))) return {};
        if (insn.mnemonic == Mnemonic::NOP && insn.opcode_map == 1) return {}; // MPX and CET with wrong operands
        return "decodes as " + ours + ", expected " + line.isa;
    }
    const auto older = older_names.find(line.mnemonic);
    const std::string name = older != older_names.end() ? older->second : upper(line.mnemonic);
    const auto extension = extensions.find(line.isa);
    const bool newer = extension == extensions.end() && older == older_names.end();
    const bool lacking = extension != extensions.end() && !model.has(extension->second);
    if (newer || lacking) // SSE4 has several features behind one name
        return !valid || line.isa == "SSE4" ? "" : "decodes as " + ours + ", an instruction of " + line.isa;
    if (!valid) {
        // Undefined on purpose; outside system-management mode; in long mode only, as Intel has it.
        for (const std::string_view undefined : {"UD0", "UD1", "UD2", "RSM", "SYSCALL", "SYSRET"})
            if (name == undefined) return {};
        return "is invalid, expected " + name;
    }
    if (ours != name) return "decodes as " + ours + ", expected " + name;
    if (insn.length != line.length)
        return name + " has length " + std::to_string(insn.length) + ", expected " + std::to_string(line.length);
    return {};
}

void check_mode(const std::string& mode, bool code32) {
    const auto folder = vectors_folder("declen");
    if (!folder) return;
    const CpuModel model = CpuModel::by_name("max").release();
    const Decoder decoder(model);
    unsigned lines = 0;
    std::map<std::string, unsigned> failures;
    for (const auto& path : vector_files(*folder, "mode" + mode + ".txt.gz")) {
        const auto data = read_vectors(path);
        std::istringstream in(std::string(data.begin(), data.end()));
        while (const auto line = parse(in)) {
            ++lines;
            const std::string problem = compare(decoder, model, code32, *line);
            if (!problem.empty()) ++failures[problem];
        }
    }
    CHECK(lines > 0);
    for (const auto& [problem, count] : failures) FAIL_CHECK(count << " x " << problem);
}

} // namespace

TEST_CASE("The decoder agrees with the declen vectors of 32-bit mode", "[declen]") { check_mode("32", true); }

TEST_CASE("The decoder agrees with the declen vectors of real mode", "[declen]") { check_mode("17", false); }
