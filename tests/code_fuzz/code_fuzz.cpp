// Generated-code fuzz: random programs on the translator and on the interpreter, with interrupts, DMA and ends of the
// budget at random points; registers are compared after each piece of a run, memory at its end.
//
//     code_fuzz HANDLERS [--engine NAME]... [--instructions N] [--seed S] [--only SEED]
//
// HANDLERS: handlers.asm, assembled. --engine: the translator's options, as in engines.h; the programs go to the
// engines in turn. A program that differs is shortened (pieces become NOPs) as far as it still differs, and the first
// difference of what is left is printed; --only SEED runs that program again. What was found becomes an insn test.
#include "fuzz_code.h"

#include "bt/options.h"
#include "cpu/isa/disassembler.h"
#include "lockstep_rig.h"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <unistd.h>

using namespace ringshift;

namespace {

u64 hash(u64 a, u64 b) {
    u64 x = a * 0x9E3779B97F4A7C15 ^ (b + 1) * 0xC2B2AE3D27D4EB4F;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9;
    return x ^ x >> 32;
}

class Fuzz {
  public:
    explicit Fuzz(std::vector<u8> handlers) : m_handlers(std::move(handlers)) {}

    LockstepProgram lockstep_of(const GuestProgram& guest) {
        m_devices.clear();
        const u64 seed = guest.seed;
        LockstepProgram program;
        program.prepare = [this, guest](BareCpu& bare) { prepare_guest(bare, guest, m_handlers, m_devices); };
        program.instructions = 2'000 + static_cast<i64>(hash(seed, 1) % 40'000);
        program.piece_size = [seed](u64 n) {
            const u64 h = hash(seed, n);
            return static_cast<i64>(h % 5 == 0 ? 1 + (h >> 8) % 20 : 1 + (h >> 8) % 700);
        };
        program.between = [seed](BareCpu& bare, u64 n) { happen(bare, hash(seed + 77, n)); };
        program.ram_size = guest::ram_size;
        return program;
    }

    LockstepOutcome run(const GuestProgram& guest, const std::string& engine) {
        return compare_at_full_speed(lockstep_of(guest), [&](Cpu& cpu) { return make_test_engine(cpu, engine); });
    }

    std::string explain(const GuestProgram& guest, const std::string& engine) {
        return run_in_lockstep(lockstep_of(guest), [&](Cpu& cpu) { return make_test_engine(cpu, engine); });
    }

    /// Which pieces it takes for a difference.
    std::vector<bool> shorten(const FuzzProgram& program, const std::string& engine) {
        std::vector<bool> keep(program.pieces.size(), true);
        unsigned trials = 0;
        for (std::size_t size = keep.size() / 2; size >= 1; size /= 2) {
            for (std::size_t begin = 0; begin < keep.size() && trials < 1200; begin += size) {
                auto attempt = keep;
                const auto end = std::min(begin + size, keep.size());
                std::fill(attempt.begin() + static_cast<std::ptrdiff_t>(begin),
                          attempt.begin() + static_cast<std::ptrdiff_t>(end), false);
                if (attempt == keep) continue;
                ++trials;
                if (run(program.without(attempt), engine).difference) keep = attempt;
            }
        }
        return keep;
    }

  private:
    /// Between two pieces of a run: often nothing.
    static void happen(BareCpu& bare, u64 h) {
        switch (h % 8) {
        case 0:
        case 1:
        case 2: bare.interrupt(static_cast<u8>(0x20 + (h >> 8) % 16)); break;
        case 3: bare.cpu->raise_attention(attention::nmi); break;
        case 4: { // DMA of one slot of code over another
            std::array<u8, guest::slot_size> bytes{};
            const u64 from = guest::physical_arena + (h >> 8) % 256 * guest::slot_size;
            const u64 to = guest::physical_arena + (h >> 16) % 64 * guest::slot_size;
            bare.memory.read(PhysAddr(from), bytes);
            if ((h >> 32) % 4 == 0) bare.memory.write(PhysAddr(to), bytes);
            break;
        }
        case 5:
            if ((h >> 8) % 4 == 0) bare.cpu->raise_attention(attention::stop);
            break;
        case 6:
            if ((h >> 8) % 16 == 0) bare.engine->invalidate_all();
            break;
        case 7:
            if ((h >> 8) % 16 == 0) bare.cpu->set_a20(!bare.state().a20);
            break;
        default: break;
        }
    }

    std::vector<u8> m_handlers;
    std::vector<std::shared_ptr<GuestDevices>> m_devices;
};

/// What a crash of this process says: the program that did it.
std::array<char, 200> crash_message;

void on_crash(int number) {
    (void)!write(2, crash_message.data(), std::strlen(crash_message.data()));
    std::signal(number, SIG_DFL);
    std::raise(number);
}

void print_pieces(const FuzzProgram& program, const std::vector<bool>& keep) {
    const bool code32 = program.guest.code32();
    const u32 base = code32 ? guest::arena : 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
        if (!keep[i]) continue;
        const PlacedPiece& piece = program.pieces[i];
        for (u32 at = piece.offset; at < piece.offset + piece.size;) {
            std::size_t length = 1;
            const auto bytes = std::span(program.guest.arena).subspan(at, piece.offset + piece.size - at);
            fmt::print("    {:08X}  {}\n", base + at, disassemble(bytes, code32, base + at, &length));
            at += static_cast<u32>(std::max<std::size_t>(length, 1));
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> engines;
    i64 instructions = 1'000'000;
    u64 seed = 1;
    bool only = false;
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        if (option == "--engine") engines.emplace_back(argv[i + 1]);
        if (option == "--instructions") instructions = std::strtoll(argv[i + 1], nullptr, 0);
        if (option == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 0) * 1'000'000'007;
        if (option == "--only") {
            seed = std::strtoull(argv[i + 1], nullptr, 0);
            only = true;
        }
    }
    std::ifstream file(argc > 1 ? argv[1] : "", std::ios::binary);
    if (!file || argc % 2 != 0) {
        fmt::print(stderr, "usage: code_fuzz HANDLERS [--engine NAME]... [--instructions N] [--seed S] "
                           "[--only SEED]\n");
        return 2;
    }
    if (engines.empty()) {
        engines = {"bt", "bt:hot=3", "bt:block=1", "bt:inline=on", "bt:inline=on,cache=64K,policy=ring"};
        for (const char* more : {"", ",hot=3", ",block=1,mappings=64", ",cache=64K,policy=ring", ",window-runs=off",
                                 ",window-around=off", ",window-home=off", ",window-home=off,hot=3"})
            engines.push_back(fmt::format("bt:windows=on,windows-ring0=on{}", more));
        for (const char* policy : {"flush", "fifo:4", "ring"})
            engines.push_back(fmt::format("bt:cache=64K,policy={}", policy));
        for (const bt::Mechanism& mechanism : bt::mechanisms())
            engines.push_back(fmt::format("bt:{}=off", mechanism.name));
    }
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) std::signal(number, on_crash);
    Fuzz fuzz(std::vector<u8>(std::istreambuf_iterator<char>(file), {}));
    i64 done = 0;
    unsigned differ = 0;
    u64 programs = 0;
    std::map<std::string, std::pair<u64, i64>> kinds; ///< programs and instructions of each
    std::map<int, u64> exits;
    for (; done < instructions && differ < 5 && !(only && programs > 0); ++seed, ++programs) {
        const FuzzProgram program = make_fuzz_program(seed);
        const std::string& engine = engines[seed % engines.size()];
        *fmt::format_to_n(crash_message.data(), crash_message.size() - 1, "crashed: --only {} --engine {}\n", seed,
                          engine)
             .out = '\0';
        const LockstepOutcome outcome = fuzz.run(program.guest, engine);
        done += outcome.instructions;
        auto& [count, of_kind] = kinds[std::string(name_of(program.guest.kind))];
        ++count;
        of_kind += outcome.instructions;
        ++exits[static_cast<int>(outcome.exit)];
        if (!outcome.difference) continue;
        ++differ;
        fmt::print("seed {} ({}, {} slots) differs on {} after {} instructions\n", seed, name_of(program.guest.kind),
                   program.guest.slots, engine, outcome.instructions);
        std::fflush(stdout);
        const auto keep = fuzz.shorten(program, engine);
        fmt::print("These pieces of it are enough:\n");
        print_pieces(program, keep);
        fmt::print("{}\n", fuzz.explain(program.without(keep), engine));
        std::fflush(stdout);
    }
    fmt::print("{} instructions in {} programs on {}, {} differ\n", done, programs, fmt::join(engines, " "), differ);
    for (const auto& [kind, counts] : kinds)
        fmt::print("  {}: {} programs, {} instructions\n", kind, counts.first, counts.second);
    for (const auto& [exit, count] : exits) fmt::print("  {} ended with exit {}\n", count, exit);
    return differ == 0 ? 0 : 1;
}
