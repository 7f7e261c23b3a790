// test386's reference output: ALU, shifts, multiplication, division and BCD in 8, 16 and 32 bits. Each line is a
// vector: operands and flags before, results and flags after. Shifts and rotates run with CF set, and immediates are
// constants.
#include "bare_cpu.h"
#include "vectors.h"

#include <map>
#include <sstream>

using namespace ringshift;

namespace {

constexpr u32 code_at = 0x1000;

struct Vector386 {
    std::string opcode, mnemonic, size;
    u32 eax = 0, edx = 0, flags = 0;
    bool divide_error = false;
    u32 eax_after = 0, edx_after = 0, flags_after = 0;
};

std::optional<Vector386> parse(const std::string& line) {
    std::istringstream in(line);
    Vector386 v;
    in >> v.opcode;
    const bool bcd = std::islower(static_cast<unsigned char>(v.opcode[0]));
    if (!bcd) in >> v.mnemonic >> v.size;
    bool after = false;
    std::string word;
    while (in >> word) {
        if (word == "#DE") {
            v.divide_error = true;
            continue;
        }
        const auto equals = word.find('=');
        if (equals == std::string::npos) return std::nullopt;
        const u32 value = static_cast<u32>(std::stoul(word.substr(equals + 1), nullptr, 16));
        const std::string name = word.substr(0, equals);
        if (name == "EAX") (after ? v.eax_after : v.eax) = value;
        if (name == "EDX") (after ? v.edx_after : v.edx) = value;
        if (name == "PS") {
            (after ? v.flags_after : v.flags) = value;
            after = true;
        }
    }
    return v;
}

unsigned bytes_of(const std::string& size) { return size == "B" ? 1 : size == "W" ? 2 : 4; }

/// Vectors of one recording of a two-operand multiplication or division.
std::size_t rows_each(const Vector386& v) {
    const bool twice = v.opcode == "6B" || v.mnemonic == "DIV" || v.mnemonic == "IDIV";
    return !twice ? ~std::size_t{0} : v.size == "B" ? 144 : v.size == "W" ? 576 : 1296;
}

bool counts_by_cl(const Vector386& v) {
    return v.opcode == "D2" || v.opcode == "D3" || v.opcode == "0FA5" || v.opcode == "0FAD";
}

bool is_shift(const std::string& m) { return m == "SAL" || m == "SHR" || m == "SAR"; }
bool is_rotate(const std::string& m) { return m == "ROL" || m == "ROR" || m == "RCL" || m == "RCR"; }
bool is_double_shift(const std::string& m) { return m == "SHLD" || m == "SHRD"; }

/// The constants that the program used as immediate operands.
u32 immediate(const Vector386& v) {
    if (v.opcode == "69") return v.size == "W" ? 0x777 : 0x777777;
    const bool logic =
        v.mnemonic == "AND" || v.mnemonic == "OR" || v.mnemonic == "XOR" || v.mnemonic == "TEST" || v.mnemonic == "CMP";
    if (logic) return 0xAAAAAAAA;
    if (v.size != "B" && v.opcode != "83" && (v.mnemonic == "SUB" || v.mnemonic == "SBB"))
        return v.size == "W" ? 0x8000 : 0x80000000;
    return v.size == "B" || v.opcode == "83" ? 0xFFFFFFFF : v.size == "W" ? 0x8002 : 0x80000002;
}

/// `second`: DIV, IDIV and IMUL with an 8-bit immediate were recorded twice, the second time dividing by the
/// accumulator, or with the negative immediate.
std::vector<u8> encode(const Vector386& v, bool second) {
    static const std::map<std::string, u8> group1{{"ADD", 0}, {"OR", 1},  {"ADC", 2}, {"SBB", 3},
                                                  {"AND", 4}, {"SUB", 5}, {"XOR", 6}, {"CMP", 7}};
    static const std::map<std::string, u8> group2{{"ROL", 0}, {"ROR", 1}, {"RCL", 2}, {"RCR", 3},
                                                  {"SAL", 4}, {"SHR", 5}, {"SAR", 7}};
    static const std::map<std::string, u8> group3{{"TEST", 0}, {"NOT", 2}, {"NEG", 3}, {"MUL", 4},
                                                  {"IMUL", 5}, {"DIV", 6}, {"IDIV", 7}};
    static const std::map<std::string, std::vector<u8>> bcd{{"daa", {0x27}},       {"das", {0x2F}},
                                                            {"aaa", {0x37}},       {"aas", {0x3F}},
                                                            {"aam", {0xD4, 0x0A}}, {"aad", {0xD5, 0x0A}}};
    if (bcd.contains(v.opcode)) return bcd.at(v.opcode);
    const unsigned size = bytes_of(v.size);
    std::vector<u8> out;
    if (v.mnemonic == "CBW" || (size == 2 && v.mnemonic != "CWDE")) out.push_back(0x66);
    const u32 number = static_cast<u32>(std::stoul(v.opcode, nullptr, 16));
    if (number > 0xFF) out.push_back(0x0F);
    const u8 op = static_cast<u8>(number);
    out.push_back(op);
    const auto put_immediate = [&](unsigned n) {
        for (unsigned i = 0; i < n; ++i) out.push_back(static_cast<u8>(immediate(v) >> (8 * i)));
    };
    const auto modrm = [&](u8 reg, u8 rm) { out.push_back(static_cast<u8>(0xC0 | (reg << 3) | rm)); };
    if (number > 0xFF) {
        if (v.mnemonic == "IMUL")
            modrm(0, 2);
        else
            modrm(2, 0);
        if (op == 0xA4 || op == 0xAC) out.push_back(size == 2 ? 8 : 16);
    } else if (op < 0x40) {
        if ((op & 7) < 2)
            modrm(2, 0);
        else if ((op & 7) < 4)
            modrm(0, 2);
        else
            put_immediate(size);
    } else if (op < 0x50) {
        out.back() = op & 0xF8; // whichever register it was, EAX here
    } else if (op == 0x69 || op == 0x6B) {
        modrm(0, op == 0x69 ? 0 : 2);
        if (op == 0x69)
            put_immediate(size);
        else
            out.push_back(second ? 0x89 : 0x77);
    } else if (op <= 0x83) {
        modrm(group1.at(v.mnemonic), op == 0x83 ? 0 : 2);
        put_immediate(op == 0x81 ? size : 1);
    } else if (op == 0x84 || op == 0x85) {
        modrm(2, 0);
    } else if (op == 0xA8 || op == 0xA9) {
        put_immediate(size);
    } else if (group2.contains(v.mnemonic)) {
        modrm(group2.at(v.mnemonic), 0);
        if (op < 0xC2) out.push_back(7);
    } else if (op == 0xF6 || op == 0xF7) {
        const u8 extension = group3.at(v.mnemonic);
        modrm(extension, !second && (extension == 0 || extension > 3) ? 2 : 0);
        if (extension == 0) put_immediate(size);
    } else if (op == 0xFE || op == 0xFF) {
        modrm(v.mnemonic == "DEC" ? 1 : 0, 0);
    }
    return out;
}

/// The flags that the manual defines after this instruction; zero if the result itself is undefined.
std::optional<u32> defined_flags(const Vector386& v) {
    using namespace flag;
    const std::string& m = v.mnemonic;
    const unsigned width = 8 * bytes_of(v.size);
    unsigned count = 7;
    if (v.opcode == "D0" || v.opcode == "D1") count = 1;
    const bool by_cl = counts_by_cl(v); // recorded without OF whatever the count
    if (by_cl) count = v.edx & 31;
    if (is_shift(m) || is_double_shift(m)) {
        if (v.opcode == "0FA4" || v.opcode == "0FAC") count = width / 2;
        if (is_double_shift(m) && count > width) return std::nullopt;
        u32 mask = arithmetic & ~af;
        if (count != 1 || by_cl) mask &= ~of;
        if (is_shift(m) && m != "SAR" && count > width) mask &= ~cf;
        return count == 0 ? arithmetic & ~(af | of) : mask;
    }
    if (is_rotate(m)) return count == 1 && !by_cl ? arithmetic & ~af : arithmetic & ~(of | af);
    if (m == "MUL" || m == "IMUL") return cf | of;
    if (m == "DIV" || m == "IDIV") return 0;
    if (m == "AND" || m == "OR" || m == "XOR" || m == "TEST" || m == "CMP") return arithmetic & ~af;
    if (v.opcode == "daa" || v.opcode == "das") return arithmetic & ~of;
    if (v.opcode == "aaa" || v.opcode == "aas") return af | cf;
    if (v.opcode == "aam" || v.opcode == "aad") return sf | zf | pf;
    return arithmetic;
}

} // namespace

TEST_CASE("the interpreter computes what test386 recorded") {
    const auto folder = vectors_folder("test386");
    if (!folder) return;
    BareCpu bare;
    const auto data = read_vectors(*folder / "test386-EE-reference.txt.gz");
    std::istringstream lines(std::string(data.begin(), data.end()));
    std::string line, report;
    std::size_t cases = 0, failed = 0;
    std::map<std::string, std::size_t> rows;
    std::map<std::string, std::size_t> failed_by_opcode; // a few of each are shown
    bare.put(0, std::vector<u8>(0x1000, 0));
    while (std::getline(lines, line)) {
        const auto v = parse(line);
        if (!v) continue;
        const auto mask = defined_flags(*v);
        if (!mask) continue;
        ++cases;
        const std::size_t row = rows[v->opcode + v->mnemonic + v->size]++;
        auto code = encode(*v, row >= rows_each(*v));
        code.push_back(0xF4);
        bare.cpu->reset();
        bare.flat_32bit();
        bare.put(code_at, code);
        CpuState& state = bare.state();
        state.set_reg<u32>(Gpr::ax, v->eax);
        state.set_reg<u32>(Gpr::dx, v->edx);
        if (counts_by_cl(*v)) state.set_reg<u32>(Gpr::cx, v->edx);
        u32 before = v->flags;
        if (is_shift(v->mnemonic) || is_rotate(v->mnemonic) || is_double_shift(v->mnemonic)) before |= flag::cf;
        state.set_eflags(before);
        state.rip = code_at;
        state.idtr.limit = 0; // #DE cannot be delivered: shutdown
        bare.engine->run(10);
        const bool faulted = state.activity == Activity::shutdown;
        bool same = faulted == v->divide_error && state.reg<u32>(Gpr::ax) == v->eax_after;
        if (!faulted)
            same = same && state.reg<u32>(Gpr::dx) == v->edx_after && ((state.eflags() ^ v->flags_after) & *mask) == 0;
        if (same) continue;
        ++failed;
        if (++failed_by_opcode[v->opcode + v->mnemonic + v->size] <= 2)
            report +=
                fmt::format("{} -> EAX={:08X} EDX={:08X} PS={:04X} mask {:04X}{}\n", line, state.reg<u32>(Gpr::ax),
                            state.reg<u32>(Gpr::dx), state.eflags() & 0x8D5, *mask, faulted ? " fault" : "");
    }
    INFO(report);
    CHECK(failed == 0);
    CHECK(cases > 40'000);
}
