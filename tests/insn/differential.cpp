// Random differential test: generated sequences of unprivileged 32-bit instructions on the interpreter and on the host
// CPU. After each, all registers, flags, x87 and SSE state, memory, and the way it ended must be equal.
//
//     differential HOST_RUNNER [--sequences N] [--seed S] [--only SEED]
//
// A sequence that differs is shortened from its end as far as it still differs, and printed with its seed: --only SEED
// runs it again. What was found becomes an insn test.
#include "interpreted_cpu.h"

#include "cpu/isa/disassembler.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

using namespace ringshift;

namespace {

constexpr u32 data_at = ARENA_BASE + 0x8000;

using Bytes = std::vector<u8>;

/// Makes instructions whose memory accesses stay in the arena: EBP points into its middle and is never written, ESP
/// moves only by pushes and pops.
class Generator {
  public:
    explicit Generator(u64 seed) : m_random(seed) {}

    std::vector<Bytes> sequence() {
        std::vector<Bytes> result;
        const unsigned count = 1 + below(20);
        for (unsigned i = 0; i < count; ++i) result.push_back(instruction());
        return result;
    }
    u32 value() {
        static constexpr u32 corners[] = {0,      1,      2,      0x7F,       0x80,       0xFF,
                                          0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
        return chance(3) ? corners[below(std::size(corners))] : static_cast<u32>(m_random());
    }

  private:
    unsigned below(std::size_t n) { return static_cast<unsigned>(m_random() % n); }
    bool chance(unsigned n) { return below(n) == 0; }
    /// A register that may be written: not ESP, not EBP.
    u8 reg32() {
        static constexpr u8 list[] = {0, 1, 2, 3, 6, 7};
        return list[below(6)];
    }
    u8 reg(bool byte) { return byte ? static_cast<u8>(below(8)) : reg32(); }

    void immediate(Bytes& b, unsigned size) {
        const u32 v = value();
        for (unsigned i = 0; i < size; ++i) b.push_back(static_cast<u8>(v >> (8 * i)));
    }
    /// ModRM with a register or [EBP + displacement] or an absolute address or [EBP + masked index].
    void modrm(Bytes& b, u8 reg_field, bool byte, bool memory_only = false, bool register_only = false) {
        const auto field = static_cast<u8>(reg_field << 3);
        if (register_only || (!memory_only && chance(2))) {
            b.push_back(static_cast<u8>(0xC0 | field | reg(byte)));
        } else if (chance(3)) {
            b.push_back(static_cast<u8>(0x05 | field));
            const u32 at = data_at + below(256);
            for (unsigned i = 0; i < 4; ++i) b.push_back(static_cast<u8>(at >> (8 * i)));
        } else if (chance(2)) {
            b.push_back(static_cast<u8>(0x45 | field));
            b.push_back(static_cast<u8>(below(256)));
        } else {
            b.push_back(static_cast<u8>(0x84 | field));
            b.push_back(0x65); // [EBP + no index * 2 + disp32]
            const u32 displacement = below(512);
            for (unsigned i = 0; i < 4; ++i) b.push_back(static_cast<u8>(displacement >> (8 * i)));
        }
    }

    Bytes instruction() {
        Bytes b;
        const bool word = chance(4);
        const bool byte = chance(3);
        if (word) b.push_back(0x66);
        const unsigned size = byte ? 1 : word ? 2 : 4;
        const u8 w = byte ? 0 : 1;
        switch (below(34)) {
        case 0:
        case 1:
        case 2: // ALU, all forms
            switch (below(3)) {
            case 0: b.push_back(static_cast<u8>((below(8) << 3) | w)), modrm(b, reg(byte), byte); break;
            case 1: b.push_back(static_cast<u8>((below(8) << 3) | 2 | w)), modrm(b, reg(byte), byte); break;
            default: b.push_back(static_cast<u8>((below(8) << 3) | 4 | w)), immediate(b, size); break;
            }
            break;
        case 3:
            b.push_back(static_cast<u8>(0x80 | w)), modrm(b, static_cast<u8>(below(8)), byte), immediate(b, size);
            break;
        case 4: b.push_back(0x83), modrm(b, static_cast<u8>(below(8)), false), immediate(b, 1); break;
        case 5: b.push_back(static_cast<u8>((chance(2) ? 0x40 : 0x48) | reg32())); break;
        case 6: b.push_back(static_cast<u8>(0xFE | w)), modrm(b, static_cast<u8>(below(2)), byte); break;
        case 7: { // TEST, NOT, NEG, MUL, IMUL, DIV, IDIV
            const u8 extension = static_cast<u8>(below(8));
            b.push_back(static_cast<u8>(0xF6 | w)), modrm(b, extension, byte);
            if (extension < 2) immediate(b, size);
            break;
        }
        case 8: b.push_back(static_cast<u8>(0x84 | w)), modrm(b, reg(byte), byte); break;
        case 9: b.push_back(static_cast<u8>(0x86 | w)), modrm(b, reg(byte), byte); break;
        case 10: b.push_back(static_cast<u8>(0x88 | w)), modrm(b, reg(byte), byte); break;
        case 11: b.push_back(static_cast<u8>(0x8A | w)), modrm(b, reg(byte), byte); break;
        case 12: b.push_back(0x8D), modrm(b, reg32(), false, true); break;
        case 13: b.push_back(static_cast<u8>(0xC6 | w)), modrm(b, 0, byte), immediate(b, size); break;
        case 14:
        case 15: // shifts and rotates
            switch (below(3)) {
            case 0:
                b.push_back(static_cast<u8>(0xC0 | w)), modrm(b, static_cast<u8>(below(8)), byte), immediate(b, 1);
                break;
            case 1: b.push_back(static_cast<u8>(0xD0 | w)), modrm(b, static_cast<u8>(below(8)), byte); break;
            default: b.push_back(static_cast<u8>(0xD2 | w)), modrm(b, static_cast<u8>(below(8)), byte); break;
            }
            break;
        case 16: // SHLD, SHRD: a 16-bit shift by more than 16 has an undefined result, so 32 bits only
            b.clear();
            b.push_back(0x0F);
            if (chance(2))
                b.push_back(chance(2) ? 0xA4 : 0xAC), modrm(b, reg32(), false), immediate(b, 1);
            else
                b.push_back(chance(2) ? 0xA5 : 0xAD), modrm(b, reg32(), false);
            break;
        case 17: { // BT, BTS, BTR, BTC
            b.push_back(0x0F);
            if (chance(2)) {
                b.push_back(0xBA), modrm(b, static_cast<u8>(4 + below(4)), false), immediate(b, 1);
            } else {
                b.push_back(static_cast<u8>(0xA3 + 8 * below(4))), modrm(b, reg32(), false, false, true);
            }
            break;
        }
        case 18: b.push_back(0x0F), b.push_back(chance(2) ? 0xBC : 0xBD), modrm(b, reg32(), false); break;
        case 19: b.push_back(0x0F), b.push_back(static_cast<u8>(0x90 + below(16))), modrm(b, 0, true); break;
        case 20: b.push_back(0x0F), b.push_back(static_cast<u8>(0x40 + below(16))), modrm(b, reg32(), false); break;
        case 21: {
            static constexpr u8 list[] = {0xB6, 0xB7, 0xBE, 0xBF};
            const u8 op = list[below(4)];
            b.push_back(0x0F), b.push_back(op), modrm(b, reg32(), (op & 1) == 0);
            break;
        }
        case 22: b.push_back(0x0F), b.push_back(static_cast<u8>(0xB0 | w)), modrm(b, reg(byte), byte); break;
        case 23: b.push_back(0x0F), b.push_back(static_cast<u8>(0xC0 | w)), modrm(b, reg(byte), byte); break;
        case 24: b.clear(), b.push_back(0x0F), b.push_back(static_cast<u8>(0xC8 | reg32())); break;
        case 25: b.clear(), b.push_back(0x0F), b.push_back(0xC7), modrm(b, 1, false, true); break;
        case 26: b.push_back(0x0F), b.push_back(0xAF), modrm(b, reg32(), false); break;
        case 27:
            if (chance(2))
                b.push_back(0x69), modrm(b, reg32(), false), immediate(b, word ? 2 : 4);
            else
                b.push_back(0x6B), modrm(b, reg32(), false), immediate(b, 1);
            break;
        case 28: b.push_back(static_cast<u8>(chance(2) ? 0x50 | below(8) : 0x58 | reg32())); break;
        case 29: {
            static constexpr u8 list[] = {0x98, 0x99, 0x9E, 0x9F, 0xF5, 0xF8, 0xF9, 0xD6, 0x90};
            b.push_back(list[below(std::size(list))]);
            break;
        }
        case 30: { // decimal adjusts, then a comparison: most of their flags are undefined
            b.clear();
            static constexpr u8 list[] = {0x27, 0x2F, 0x37, 0x3F, 0xD4, 0xD5};
            const u8 op = list[below(std::size(list))];
            b.push_back(op);
            if (op >= 0xD4) b.push_back(static_cast<u8>(1 + below(255)));
            b.push_back(0x39), b.push_back(0xC8); // CMP EAX, ECX
            break;
        }
        case 31: { // a string instruction over the data area, either way
            b.clear();
            const bool down = chance(3);
            if (down) b.push_back(0xFD);
            for (const u8 modrm_byte : {u8{0xB5}, u8{0xBD}}) { // LEA ESI / EDI, [EBP + disp32]
                b.push_back(0x8D), b.push_back(modrm_byte);
                const u32 displacement = 0x100 + below(0x100);
                for (unsigned i = 0; i < 4; ++i) b.push_back(static_cast<u8>(displacement >> (8 * i)));
            }
            b.push_back(0xB9), b.push_back(static_cast<u8>(below(40))), b.push_back(0), b.push_back(0), b.push_back(0);
            if (chance(4)) b.push_back(0x66);
            if (!chance(4)) b.push_back(chance(2) ? 0xF3 : 0xF2);
            static constexpr u8 list[] = {0xA4, 0xA6, 0xAA, 0xAC, 0xAE};
            b.push_back(static_cast<u8>(list[below(5)] | below(2)));
            if (down) b.push_back(0xFC);
            break;
        }
        case 32: b.push_back(static_cast<u8>(0xB0 | (w << 3) | reg(byte))), immediate(b, size); break;
        default: { // a branch over one instruction
            b.clear();
            const Bytes skipped{0x0F, 0xC8};
            b.push_back(static_cast<u8>(0x70 | below(16))), b.push_back(2);
            b.insert(b.end(), skipped.begin(), skipped.end());
            break;
        }
        }
        return b;
    }

    std::mt19937_64 m_random;
};

UserProgram make_program(u64 seed, const std::vector<Bytes>& sequence, std::size_t count) {
    Generator values(seed ^ 0x9E3779B97F4A7C15);
    UserProgram program;
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i)
        for (const u8 byte : sequence[i]) program.arena[at++] = byte;
    program.arena[at] = 0xF4;
    for (std::size_t i = 0; i < 0x400; i += 4) {
        const u32 v = values.value();
        std::memcpy(program.arena.data() + 0x8000 - 0x200 + i, &v, 4);
    }
    for (u32& r : program.state.gpr) r = values.value();
    program.state.gpr[4] = ARENA_BASE + 0xF000;
    program.state.gpr[5] = data_at;
    program.state.eip = ARENA_BASE;
    program.state.eflags = values.value() & 0x8D5;
    return program;
}

std::string difference(const UserProgram& a, const UserProgram& b) {
    static constexpr const char* names[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    std::string text;
    const auto note = [&](const std::string& what, u32 x, u32 y) {
        if (x != y) text += fmt::format("  * {}: interpreter {:08X}, host {:08X}\n", what, x, y);
    };
    for (std::size_t i = 0; i < 8; ++i) note(names[i], a.state.gpr[i], b.state.gpr[i]);
    note("eip", a.state.eip, b.state.eip);
    note("eflags", a.state.eflags & 0xCD5, b.state.eflags & 0xCD5);
    note("vector", a.state.vector, b.state.vector);
    if (a.arena != b.arena)
        for (std::size_t i = 0; i < ARENA_SIZE; ++i) note(fmt::format("[{:04X}]", i), a.arena[i], b.arena[i]);
    return text;
}

} // namespace

int main(int argc, char** argv) {
    u64 sequences = 10'000, first_seed = 1;
    bool only = false;
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        const u64 value = std::strtoull(argv[i + 1], nullptr, 0);
        if (option == "--sequences") sequences = value;
        if (option == "--seed") first_seed = value * 1'000'000'007;
        if (option == "--only") {
            first_seed = value;
            sequences = 1;
            only = true;
        }
    }
    if (argc < 2) {
        fmt::print(stderr, "usage: differential HOST_RUNNER [--sequences N] [--seed S] [--only SEED]\n");
        return 2;
    }
    auto native = NativeCpu::start(argv[1]);
    if (!native) {
        fmt::print(stderr, "{}\n", native.error().message);
        return 2;
    }
    InterpretedCpu interpreter;
    unsigned failed = 0;
    for (u64 i = 0; i < sequences && failed < 10; ++i) {
        const u64 seed = first_seed + i;
        const auto sequence = Generator(seed).sequence();
        const auto run = [&](std::size_t count) {
            const UserProgram program = make_program(seed, sequence, count);
            auto on_host = native.value().run(program);
            if (!on_host) {
                fmt::print(stderr, "{} (seed {})\n", on_host.error().message, seed);
                std::exit(2);
            }
            return difference(interpreter.run(program), on_host.value());
        };
        std::string text = run(sequence.size());
        if (text.empty() && !only) continue;
        std::size_t count = sequence.size();
        while (count > 1 && !run(count - 1).empty()) --count;
        if (!text.empty()) {
            ++failed;
            text = run(count);
        }
        fmt::print("seed {}:\n", seed);
        u32 at = ARENA_BASE;
        for (std::size_t k = 0; k < count; ++k) {
            std::span<const u8> left(sequence[k]);
            Bytes padded(left.begin(), left.end());
            padded.resize(padded.size() + 15, 0x90);
            fmt::print("    {:08X}  {}\n", at, disassemble(padded, true, at));
            at += static_cast<u32>(left.size());
        }
        fmt::print("{}", text);
    }
    fmt::print("{} sequences from seed {}, {} differ\n", sequences, first_seed, failed);
    return failed == 0 ? 0 : 1;
}
