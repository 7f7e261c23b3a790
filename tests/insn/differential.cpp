// Random differential test: generated sequences of unprivileged instructions on engines of ours and on the host CPU.
// After each, all registers, flags, x87 and SSE state, memory, and the way it ended must be equal.
//
//     differential HOST_RUNNER [--engine NAME]... [--fp] [--bits 16] [--sequences N] [--seed S] [--only SEED]
//
// --engine: as in engines.h; without any, the interpreter and the translator. --fp: mostly x87, MMX and SSE
// instructions. --bits 16: in a 16-bit code segment. A sequence that differs is shortened from its end as far as it
// still differs, and printed with its seed: --only SEED with the same other options runs it again. What was found
// becomes an insn test.
#include "bare_user_cpu.h"
#include "random_code.h"

#include "cpu/isa/disassembler.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

using namespace ringshift;

namespace {

/// The parts of two FXSAVE images that are the guest's: not the opcode, the pointers and MXCSR_MASK.
std::string fpu_difference(std::string_view engine, const u8* a, const u8* b) {
    std::string text;
    const auto note = [&](const std::string& what, unsigned offset, unsigned size) {
        if (std::memcmp(a + offset, b + offset, size) == 0) return;
        const auto hex = [&](const u8* from) {
            std::string digits;
            for (unsigned i = size; i-- > 0;) digits += fmt::format("{:02X}", from[offset + i]);
            return digits;
        };
        text += fmt::format("  * {}: {} {}, host {}\n", what, engine, hex(a), hex(b));
    };
    note("fcw", 0, 2);
    note("fsw", 2, 2);
    note("tags", 4, 1);
    note("mxcsr", 24, 4);
    for (unsigned i = 0; i < 8; ++i) note(fmt::format("st{}", i), 32 + 16 * i, 10);
    for (unsigned i = 0; i < 8; ++i) note(fmt::format("xmm{}", i), 160 + 16 * i, 16);
    return text;
}

std::string difference(std::string_view engine, const UserProgram& a, const UserProgram& b) {
    static constexpr const char* names[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    std::string text;
    const auto note = [&](const std::string& what, u32 x, u32 y) {
        if (x != y) text += fmt::format("  * {}: {} {:08X}, host {:08X}\n", what, engine, x, y);
    };
    for (std::size_t i = 0; i < 8; ++i) note(names[i], a.state.gpr[i], b.state.gpr[i]);
    note("eip", a.state.eip, b.state.eip);
    note("eflags", a.state.eflags & 0xCD5, b.state.eflags & 0xCD5);
    note("vector", a.state.vector, b.state.vector);
    text += fpu_difference(engine, a.state.fxsave, b.state.fxsave);
    if (a.arena != b.arena)
        for (std::size_t i = 0; i < ARENA_SIZE; ++i) note(fmt::format("[{:04X}]", i), a.arena[i], b.arena[i]);
    return text;
}

void print_code(CodeKind kind, const std::vector<Bytes>& sequence, std::size_t count) {
    const bool code32 = kind.bits == 32;
    static const CpuModel model = CpuModel::by_name("max").release();
    static const Decoder decoder(model);
    u32 at = code32 ? ARENA_BASE : 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::span<const u8> left(sequence[i]);
        while (!left.empty()) {
            Insn insn;
            (void)decoder.decode(left, code32, insn);
            fmt::print("    {:08X}  {}\n", at, disassemble(left, code32, at));
            at += insn.length;
            left = left.subspan(insn.length);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    u64 sequences = 10'000, first_seed = 1;
    bool only = false;
    CodeKind kind;
    std::vector<std::string> engines;
    for (int i = 2; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--fp") {
            kind.fp = true;
            continue;
        }
        if (option == "--engine" && i + 1 < argc) {
            engines.emplace_back(argv[++i]);
            continue;
        }
        const u64 value = i + 1 < argc ? std::strtoull(argv[++i], nullptr, 0) : 0;
        if (option == "--bits") kind.bits = value == 16 ? 16 : 32;
        if (option == "--sequences") sequences = value;
        if (option == "--seed") first_seed = value * 1'000'000'007;
        if (option == "--only") {
            first_seed = value;
            sequences = 1;
            only = true;
        }
    }
    if (argc < 2) {
        fmt::print(stderr,
                   "usage: differential HOST_RUNNER [--engine NAME]... [--fp] [--bits 16] [--sequences N] [--seed S] "
                   "[--only SEED]\n");
        return 2;
    }
    auto native = NativeCpu::start(argv[1]);
    if (!native) {
        fmt::print(stderr, "{}\n", native.error().message);
        return 2;
    }
    if (engines.empty()) engines = {"interp", "bt"};
    std::vector<std::unique_ptr<BareUserCpu>> cpus;
    for (const std::string& engine : engines) cpus.push_back(std::make_unique<BareUserCpu>(engine));
    unsigned failed = 0;
    u32 last_vector = 0;
    std::map<u32, u64> ends; ///< sequences by the vector that ended them; 13 is HLT
    for (u64 i = 0; i < sequences && failed < 10; ++i) {
        const u64 seed = first_seed + i;
        const auto sequence = RandomCode(seed, kind).sequence();
        const auto run = [&](std::size_t count) {
            const UserProgram program = random_program(seed, kind, sequence, count);
            auto on_host = native.value().run(program);
            if (!on_host) {
                fmt::print(stderr, "{} (seed {})\n", on_host.error().message, seed);
                std::exit(2);
            }
            last_vector = on_host.value().state.vector;
            std::string text;
            for (std::size_t k = 0; k < cpus.size(); ++k)
                text += difference(engines[k], cpus[k]->run(program), on_host.value());
            return text;
        };
        std::string text = run(sequence.size());
        ++ends[last_vector];
        if (text.empty() && !only) continue;
        std::size_t count = sequence.size();
        while (count > 1 && !run(count - 1).empty()) --count;
        if (!text.empty()) {
            ++failed;
            text = run(count);
        }
        fmt::print("seed {}:\n", seed);
        print_code(kind, sequence, count);
        fmt::print("{}", text);
    }
    fmt::print("{} sequences from seed {} on {}, {} differ; ended by vector:", sequences, first_seed,
               fmt::join(engines, " "), failed);
    for (const auto& [vector, count] : ends) fmt::print(" {}: {}", vector, count);
    fmt::print("\n");
    return failed == 0 ? 0 : 1;
}
