// Berkeley TestFloat's vectors: each file is one function with one precision and rounding mode, each line its operands,
// result and exception flags in hexadecimal. The functions are x87 and scalar SSE instructions (the suite's README says
// which), run as decoded instructions with all exceptions masked.
#include "fpu_rig.h"
#include "vectors.h"

#include <fmt/ranges.h>
#include <map>
#include <string_view>

namespace ringshift::test {

namespace {

/// A hexadecimal number as little-endian bytes.
std::array<u8, 10> parse_hex(std::string_view text) {
    std::array<u8, 10> bytes{};
    std::size_t nibble = 0;
    for (auto digit = text.rbegin(); digit != text.rend() && nibble < 20; ++digit, ++nibble) {
        const int value = *digit <= '9' ? *digit - '0' : (*digit | 0x20) - 'a' + 10;
        bytes[nibble / 2] = static_cast<u8>(bytes[nibble / 2] | value << (4 * (nibble & 1)));
    }
    return bytes;
}

using Code = std::initializer_list<int>;

/// Runs one function on operands; results as bytes.
class Runner {
  public:
    Runner(const std::string& function, unsigned precision, unsigned rounding) : m_function(function) {
        m_fcw = static_cast<u16>(0x7F | precision << 8 | rounding << 10);
        m_mxcsr = 0x1F80 | rounding << 13;
    }

    struct Outcome {
        std::array<u8, 10> result{};
        unsigned flags = 0; ///< as TestFloat has them
    };

    Outcome operator()(const std::vector<std::array<u8, 10>>& operands) {
        FpuState& fpu = m_rig.cpu.state.fpu;
        fpu.fcw = m_fcw;
        fpu.fsw = 0;
        fpu.ftw = 0;
        fpu.mxcsr = m_mxcsr;
        Outcome outcome;
        const std::size_t split = m_function.find('_');
        const std::string type = m_function.substr(0, split), what = m_function.substr(split + 1);
        if (type == "extF80" || what == "to_extF80")
            outcome.result = x87(type, what, operands);
        else
            outcome.result = sse(type, what, operands);
        const unsigned raised = fpu.fsw | fpu.mxcsr;
        outcome.flags =
            (raised >> 5 & 1) | (raised >> 3 & 2) | (raised >> 1 & 4) | (raised << 1 & 8) | (raised << 4 & 0x10);
        return outcome;
    }

  private:
    static constexpr u32 a_at = FpuRig::buffer, b_at = FpuRig::buffer + 16;

    void run(Code code) { REQUIRE(m_rig.run(code) == Flow::next); }
    void put(u32 address, const std::array<u8, 10>& value) { m_rig.memory.write(PhysAddr(address), value); }
    std::array<u8, 10> get(std::size_t size) {
        std::array<u8, 10> value{};
        m_rig.memory.read(PhysAddr(a_at), std::span(value).first(size));
        return value;
    }
    std::array<u8, 10> truth(bool value) { return {static_cast<u8>(value)}; }
    /// Less, equal: of the conditions after a comparison.
    std::array<u8, 10> relation(std::string_view what, bool less, bool equal, bool unordered) {
        if (unordered) return truth(false);
        if (what.starts_with("eq")) return truth(equal);
        return truth(less || (equal && what.starts_with("le")));
    }

    std::array<u8, 10> x87(std::string_view type, std::string_view what,
                           const std::vector<std::array<u8, 10>>& operands) {
        FpuState& fpu = m_rig.cpu.state.fpu;
        put(a_at, operands[0]);
        if (operands.size() == 2) { // FLD b: below a on the stack
            put(b_at, operands[1]);
            run({0xDB, 0x6F, 0x10});
        }
        if (type == "f32") run({0xD9, 0x07});
        if (type == "f64") run({0xDD, 0x07});
        if (type == "i32") run({0xDB, 0x07});
        if (type == "i64") run({0xDF, 0x2F});
        if (type == "extF80") run({0xDB, 0x2F});
        if (what == "add") run({0xD8, 0xC1});
        if (what == "sub") run({0xD8, 0xE1});
        if (what == "mul") run({0xD8, 0xC9});
        if (what == "div") run({0xD8, 0xF1});
        if (what == "sqrt") run({0xD9, 0xFA});
        if (what == "roundToInt") run({0xD9, 0xFC});
        if (what == "rem") do
                run({0xD9, 0xF5});
            while (fpu.fsw & 0x400);
        if (what == "eq" || what.ends_with("quiet") || what == "lt" || what == "le") {
            if (what == "lt" || what == "le")
                run({0xD8, 0xD1});
            else
                run({0xDD, 0xE1});
            return relation(what, fpu.fsw & 0x100, fpu.fsw & 0x4000, fpu.fsw & 0x400);
        }
        if (what == "to_f32") return run({0xD9, 0x1F}), get(4);
        if (what == "to_f64") return run({0xDD, 0x1F}), get(8);
        if (what == "to_i32") return run({0xDB, 0x1F}), get(4);
        if (what == "to_i64") return run({0xDF, 0x3F}), get(8);
        return run({0xDB, 0x3F}), get(10);
    }

    std::array<u8, 10> sse(std::string_view type, std::string_view what,
                           const std::vector<std::array<u8, 10>>& operands) {
        const int prefix = type == "f64" ? 0xF2 : 0xF3;
        put(a_at, operands[0]);
        if (operands.size() == 2) put(b_at, operands[1]);
        const auto arithmetic = [&](int opcode) {
            run({prefix, 0x0F, 0x10, 0x07}); // MOVSS/MOVSD xmm0, a
            run({prefix, 0x0F, opcode, 0x47, 0x10});
            return result(type == "f64");
        };
        if (what == "add") return arithmetic(0x58);
        if (what == "sub") return arithmetic(0x5C);
        if (what == "mul") return arithmetic(0x59);
        if (what == "div") return arithmetic(0x5E);
        if (what == "sqrt") return run({prefix, 0x0F, 0x51, 0x07}), result(type == "f64");
        if (what == "to_f64" || what == "to_f32") {
            const bool wide = what == "to_f64";
            if (type == "i32")
                run({wide ? 0xF2 : 0xF3, 0x0F, 0x2A, 0x07});
            else
                run({prefix, 0x0F, 0x5A, 0x07});
            return result(wide);
        }
        if (what == "to_i32") {
            run({prefix, 0x0F, 0x2D, 0x07});
            std::array<u8, 10> value{};
            const u32 eax = m_rig.cpu.state.reg<u32>(Gpr::ax);
            std::memcpy(value.data(), &eax, sizeof eax);
            return value;
        }
        run({prefix, 0x0F, 0x10, 0x07});
        const int opcode = what == "lt" || what == "le" ? 0x2F : 0x2E; // COMIS, UCOMIS
        if (type == "f64")
            run({0x66, 0x0F, opcode, 0x47, 0x10});
        else
            run({0x0F, opcode, 0x47, 0x10});
        const u32 flags = m_rig.cpu.state.arithmetic_flags;
        return relation(what, flags & flag::cf, flags & flag::zf, flags & flag::pf);
    }

    std::array<u8, 10> result(bool wide) {
        std::array<u8, 10> value{};
        std::memcpy(value.data(), m_rig.cpu.state.fpu.xmm[0].data(), wide ? 8 : 4);
        return value;
    }

    std::string m_function;
    u16 m_fcw;
    u32 m_mxcsr;
    FpuRig m_rig;
};

} // namespace

TEST_CASE("x87 and SSE arithmetic agrees with TestFloat") {
    const auto folder = vectors_folder("testfloat");
    if (!folder) return;
    const auto known = known_failures("testfloat");
    std::size_t files = 0, cases = 0;
    for (const auto& path : vector_files(*folder, ".txt")) {
        std::istringstream name(path.filename().string());
        std::string function, precision, rounding;
        std::getline(name, function, '.');
        std::getline(name, precision, '.');
        std::getline(name, rounding, '.');
        const std::map<std::string, unsigned> precisions{{"p32", 0}, {"p64", 2}, {"p80", 3}};
        const std::map<std::string, unsigned> roundings{{"near_even", 0}, {"min", 1}, {"max", 2}, {"minMag", 3}};
        INFO(path.string());
        Runner runner(function, precisions.at(precision), roundings.at(rounding));
        ++files;
        const std::vector<u8> data = read_vectors(path);
        std::istringstream lines(std::string(data.begin(), data.end()));
        unsigned failures = 0;
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::vector<std::string> word;
            for (std::string w; words >> w;) word.push_back(w);
            if (word.size() < 3) continue;
            std::vector<std::array<u8, 10>> operands;
            for (std::size_t i = 0; i + 2 < word.size(); ++i) operands.push_back(parse_hex(word[i]));
            const auto outcome = runner(operands);
            ++cases;
            if (outcome.result == parse_hex(word[word.size() - 2]) && outcome.flags == parse_hex(word.back())[0])
                continue;
            if (known.contains(path.filename().string()) || ++failures > 5) continue;
            UNSCOPED_INFO(line);
            FAIL_CHECK(fmt::format("{}: got {:02X} flags {:02X}", line, fmt::join(outcome.result, ""), outcome.flags));
        }
        CHECK(failures == 0);
    }
    CHECK(files > 0);
    CHECK(cases > 0);
}

} // namespace ringshift::test
