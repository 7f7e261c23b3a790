#include "bt/verifier.h"
#include "bt/workbench.h"
#include "cpu/isa/policy.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace ringshift;
using namespace ringshift::bt;

namespace {

Options checked() {
    Options options;
    options.verify = false; // the tests ask the verifier themselves, to see what it says
    return options;
}

/// Modes that change what is emitted for memory operands and the stack.
void set_mode(Workbench& bench, unsigned number) {
    auto& state = bench.cpu().state;
    switch (number % 6) {
    case 0: bench.set_mode(32, 0); break;
    case 1: bench.set_mode(32, 3); break;
    case 2: bench.set_mode(16, 0, 0x10000); break;
    case 3: bench.set_mode(16, 3, 0x10000); break;
    case 4: bench.set_mode(32, 3, 0x12340); break;
    case 5: // limits to check
        bench.set_mode(32, 0);
        for (Segment& s : state.segments) s.limit = 0x7FFFF;
        bench.cpu().update_mode();
        break;
    default: break;
    }
}

class AllForms {
  public:
    explicit AllForms(const Options& options) : m_bench(options), m_verifier(m_bench.emitter()) {
        for (const bool one_byte : {true, false})
            for (const std::vector<u8>& prefixes : one_byte ? short_prefixes : long_prefixes)
                for (const std::vector<u8>& map : one_byte ? one_map : other_maps) each_opcode(prefixes, map);
    }
    u64 blocks = 0;
    std::set<Mnemonic> seen;
    std::string first_refused;
    std::string first_unattributed;

  private:
    inline static const std::vector<std::vector<u8>> short_prefixes{{}, {0x66}, {0x67}, {0x64}, {0xF0}, {0xF2}, {0xF3}};
    inline static const std::vector<std::vector<u8>> long_prefixes{{}, {0x66}, {0xF0}, {0xF2}, {0xF3}, {0x66, 0xF2}};
    inline static const std::vector<std::vector<u8>> one_map{{}};
    inline static const std::vector<std::vector<u8>> other_maps{{0x0F}, {0x0F, 0x38}, {0x0F, 0x3A}};

    void each_opcode(const std::vector<u8>& prefixes, const std::vector<u8>& map) {
        for (unsigned opcode = 0; opcode < 256; ++opcode) {
            for (unsigned modrm = 0; modrm < 256; ++modrm) {
                const unsigned mod = modrm >> 6, rm = modrm & 7;
                if (mod == 2 || (mod == 1 && rm != 4) || (mod == 0 && rm != 0 && rm != 4 && rm != 5)) continue;
                std::vector<u8> bytes = prefixes;
                bytes.insert(bytes.end(), map.begin(), map.end());
                bytes.push_back(static_cast<u8>(opcode));
                const std::vector<u8> head = bytes;
                bytes.insert(bytes.end(), {static_cast<u8>(modrm), 0x8D, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0, 0});
                set_mode(m_bench, m_modes++);
                DecodedInsn decoded{};
                const bool code32 = m_bench.cpu().state.segment(SegmentName::cs).is_32bit();
                if (m_bench.decoder().decode(bytes, code32, decoded.insn) != Decoder::Outcome::ok) continue;
                check(decoded);
                if (decoded.insn.modrm == 0 && modrm > 6) break; // has none: one form
            }
        }
    }

    void check(DecodedInsn decoded) {
        decoded.handler = handler_for(decoded.insn);
        seen.insert(decoded.insn.mnemonic);
        auto block = m_bench.block_of({decoded}, 0x1000);
        const auto code = m_bench.translate(*block);
        ++blocks;
        if (first_unattributed.empty()) check_marks(*block, code);
        const std::string refused = m_verifier.check(*block, m_bench.mode(), code);
        if (!refused.empty() && first_refused.empty())
            first_refused =
                fmt::format("{} ({:02x}): {}", policy(decoded.insn.mnemonic).name,
                            fmt::join(std::span(decoded.insn.bytes).first(decoded.insn.length), " "), refused);
    }

    /// Every byte is there for an instruction of the guest's and for a reason.
    void check_marks(const bt::Block& block, std::span<const u8> code) {
        const auto is_start = [&](u32 offset) {
            return std::any_of(m_lines.begin(), m_lines.end(), [&](u32 line) { return line == offset; });
        };
        m_lines.clear();
        HostInsn insn;
        for (u32 at = 0; at < code.size() && m_decoder.decode(code.subspan(at), insn); at += insn.length)
            m_lines.push_back(at);
        bool good = !block.marks.empty() && block.marks.front().offset == 0;
        for (std::size_t i = 0; i < block.marks.size(); ++i) {
            const Mark& mark = block.marks[i];
            good = good && mark.insn < block.insns.size() && *mark.why != 0 &&
                   (is_start(mark.offset) || mark.offset == code.size());
            good = good && (i == 0 || mark.offset > block.marks[i - 1].offset);
        }
        if (!good) first_unattributed = policy(block.insns.front().insn.mnemonic).name;
    }

    Workbench m_bench;
    Verifier m_verifier;
    HostDecoder m_decoder;
    std::vector<u32> m_lines;
    unsigned m_modes = 0;
};

constexpr std::array all_mnemonics{
#define INSN(mnemonic, ...) Mnemonic::mnemonic,
#include "cpu/isa/policy.def"
#undef INSN
};

struct Doctored {
    explicit Doctored(const Options& options = checked()) : bench(options), verifier(bench.emitter()) {}
    /// The block `add eax, [ebx]; jz` with some bytes exchanged: the verifier's answer.
    std::string with(std::span<const u8> from, std::span<const u8> to) {
        static constexpr std::array<u8, 6> guest{0x03, 0x03, 0x50, 0x5A, 0x74, 0xFA};
        auto block = bench.decode(guest, 0x1000);
        const auto emitted = bench.translate(*block);
        std::vector<u8> code(emitted.begin(), emitted.end());
        if (!from.empty()) {
            const auto at = std::search(code.begin(), code.end(), from.begin(), from.end());
            REQUIRE(at != code.end());
            REQUIRE(from.size() == to.size());
            std::copy(to.begin(), to.end(), at);
        }
        return verifier.check(*block, bench.mode(), code);
    }
    std::string with(std::initializer_list<u8> from, std::initializer_list<u8> to) {
        return with(std::vector<u8>(from), std::vector<u8>(to));
    }
    Workbench bench;
    Verifier verifier;
};

} // namespace

TEST_CASE("Every form of every instruction is translated to code that the verifier accepts") {
    AllForms forms(checked());
    INFO(forms.first_refused);
    CHECK(forms.first_refused.empty());
    CHECK(forms.first_unattributed == "");
    CHECK(forms.blocks > 50'000);
    for (const Mnemonic mnemonic : all_mnemonics) {
        const Strategy strategy = policy(mnemonic).strategy;
        if (strategy != Strategy::Native && strategy != Strategy::Expand) continue;
        INFO(policy(mnemonic).name);
        CHECK(forms.seen.count(mnemonic) == 1);
    }
}

TEST_CASE("The verifier accepts every form with the mechanisms off") {
    Options options = checked();
    for (const Mechanism& mechanism : mechanisms()) options.*mechanism.flag = false;
    AllForms forms(options);
    INFO(forms.first_refused);
    CHECK(forms.first_refused.empty());
}

TEST_CASE("The verifier accepts every form through memory windows") {
    Options options = checked();
    options.windows = options.windows_ring0 = true;
    options.window_home = GENERATE(false, true);
    AllForms forms(options);
    INFO(forms.first_refused);
    CHECK(forms.first_refused.empty());
    CHECK(forms.first_unattributed == "");
}

TEST_CASE("A doctored access through a memory window is refused") {
    Options options = checked();
    options.windows = options.windows_ring0 = true;
    options.window_home = false;
    Doctored d(options);
    REQUIRE(d.with({}, {}) == "");
    // add eax, gs:[ebx] becomes something else
    CHECK_THAT(d.with({0x65, 0x67, 0x03, 0x03}, {0x64, 0x67, 0x03, 0x03}), Catch::Contains("does not")); // fs:
    CHECK_THAT(d.with({0x65, 0x67, 0x03, 0x03}, {0x90, 0x65, 0x03, 0x03}),
               Catch::Contains("does not")); // a 64-bit address
    CHECK_THAT(d.with({0x65, 0x67, 0x03, 0x03}, {0x90, 0x67, 0x03, 0x03}), Catch::Contains("does not")); // no segment
    CHECK_THAT(d.with({0x65, 0x67, 0x41, 0x89, 0x40, 0xFC}, {0x65, 0x67, 0x89, 0x44, 0x24, 0xFC}),
               Catch::Contains("no register")); // push eax: [esp - 4]
    Doctored other;
    CHECK_THAT(other.with({0x41, 0x03, 0x04, 0x1B}, {0x65, 0x67, 0x03, 0x03}),
               Catch::Contains("no such memory window"));
}

TEST_CASE("A doctored access through the memory window at home is refused") {
    Options options = checked();
    options.windows = options.windows_ring0 = true;
    Doctored d(options);
    REQUIRE(d.with({}, {}) == "");
    // add eax, [ebx] becomes something else
    CHECK_THAT(d.with({0x67, 0x03, 0x03}, {0x90, 0x03, 0x03}), Catch::Contains("holds no address")); // 64 bits
    CHECK_THAT(d.with({0x67, 0x41, 0x89, 0x40, 0xFC}, {0x67, 0x89, 0x44, 0x24, 0xFC}),
               Catch::Contains("no register"));                                       // push eax: [esp - 4]
    CHECK_THAT(d.with({0x67, 0x03, 0x03}, {0x67, 0x03, 0x05}), Catch::Contains("+")); // [eip + ..]
}

TEST_CASE("A doctored block is refused") {
    Doctored d;
    REQUIRE(d.with({}, {}) == "");
    constexpr u8 rex = 0x41;
    // add eax, [r11 + rbx] becomes something else of the same length
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {rex, 0x03, 0x04, 0x1A}),
               Catch::Contains("holds no address")); // [r10 + rbx]
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {rex, 0x03, 0x04, 0x5B}),
               Catch::Contains("[r11 + register]"));                                                   // rbx * 2
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {rex, 0x01, 0x04, 0x1B}), Catch::Contains("read tag")); // a store
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x49, 0x03, 0x04, 0x1B}),
               Catch::Contains("upper half"));                                                          // add rax, m64
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x65, 0x03, 0x04, 0x1B}), Catch::Contains("does not")); // gs:
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x0F, 0x05, 0x90, 0x90}),
               Catch::Contains("not on the list")); // syscall
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x0F, 0x31, 0x90, 0x90}), Catch::Contains("not on the list")); // rdtsc
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0xCD, 0x80, 0x90, 0x90}),
               Catch::Contains("not on the list"));                                                        // int 80h
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0xFD, 0x90, 0x90, 0x90}), Catch::Contains("a flag that")); // std
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x9D, 0x90, 0x90, 0x90}), Catch::Contains("not on the list")); // popf
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x48, 0x89, 0xC4, 0x90}),
               Catch::Contains("never changes"));                                                       // mov rsp, rax
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x49, 0x89, 0xC5, 0x90}), Catch::Contains("r13"));      // mov r13, rax
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0xFF, 0xE0, 0x90, 0x90}), Catch::Contains("anywhere")); // jmp rax
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0xEB, 0x7F, 0x90, 0x90}), Catch::Contains("leads to no"));
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {rex, 0xFF, 0x67, 0x10}),
               Catch::Contains("code pointer")); // jmp [r15 + 10h]
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {rex, 0x89, 0x46, 0xD4}),
               Catch::Contains("not within")); // mov [r14 - 2Ch], eax
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {rex, 0x89, 0x47, 0xF0}),
               Catch::Contains("CpuState")); // mov [r15 - 10h], eax
    CHECK_THAT(d.with({rex, 0x03, 0x04, 0x1B}, {0x9D, 0x90, 0x90, 0x90}), Catch::Contains("not on the list"));
    // The tag is read, but nobody asks it, or the entry becomes another one.
    CHECK_THAT(d.with({0x67, 0xE3, 0x05, 0xE9}, {0x0F, 0x1F, 0x00, 0xE9}), Catch::Contains("no addend"));
    CHECK_THAT(d.with({0x4C, 0x89, 0xE1, 0x4F, 0x8B}, {0x45, 0x89, 0xDA, 0x4F, 0x8B}), Catch::Contains("no addend"));
    // Without the load of the addend, r11 holds a page number.
    CHECK_THAT(d.with({0x4F, 0x8B, 0x9C, 0xD6}, {0x4F, 0x8B, 0x94, 0xD6}), Catch::Contains("no addend"));
}

TEST_CASE("Shared look-ups are refused if what follows leaves their range or their slot") {
    // mov eax, [ebx]; mov ecx, [ebx + 8]; mov [ebx + 4], edx; ret
    static constexpr std::array<u8, 9> guest{0x8B, 0x03, 0x8B, 0x4B, 0x08, 0x89, 0x53, 0x04, 0xC3};
    Workbench bench(checked());
    const Verifier verifier(bench.emitter());
    const auto with = [&](std::vector<u8> from, std::vector<u8> to) {
        auto block = bench.decode(guest, 0x1000);
        const auto emitted = bench.translate(*block);
        std::vector<u8> code(emitted.begin(), emitted.end());
        const auto at = std::search(code.begin(), code.end(), from.begin(), from.end());
        REQUIRE(at != code.end());
        std::copy(to.begin(), to.end(), at);
        return verifier.check(*block, bench.mode(), code);
    };
    const std::vector<u8> last_byte{0x45, 0x8D, 0x59, 0x0B};                      // lea r11d, [r9 + 11]
    const std::vector<u8> second{0x41, 0x8B, 0x8C, 0x23, 0x08, 0x00, 0x00, 0x00}; // mov ecx, [r11 + 8]
    CHECK(with(last_byte, last_byte) == "");
    CHECK_THAT(with(last_byte, {0x45, 0x8D, 0x59, 0x0A}), Catch::Contains("outside of the range"));
    CHECK_THAT(with(second, {0x41, 0x8B, 0x8C, 0x23, 0x09}), Catch::Contains("outside of the range"));
    CHECK_THAT(with(second, {0x41, 0x8B, 0x8C, 0x23, 0xF8, 0xFF, 0xFF, 0xFF}), Catch::Contains("outside of the range"));
    CHECK_THAT(with({0x4F, 0x8D, 0x1C, 0x0B}, {0x4F, 0x8D, 0x1C, 0x13}),
               Catch::Contains("range"));                                                       // lea r11, [r11 + r10]
    CHECK_THAT(with({0x4D, 0x89, 0x9E}, {0x4D, 0x89, 0x8E}), Catch::Contains("a slot is for")); // mov slot, r9
}
