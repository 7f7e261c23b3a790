// The page-table torture guest (page_torture.asm) on the engines.
//
//     page_torture GUEST [--engine NAME]... [--seeds N] [--first S] [--rounds N] [--operations N]
//     page_torture GUEST --print NAME [--loose] [--watch] [--shown] ...
//
// In lockstep with the interpreter each seed runs on each engine as it is, and on those that watch page tables also
// `loose`: then the guest looks at what the processor may have cached or not, which is nothing old where tables are
// watched (mmu/mmu_tables.cpp). Elsewhere it depends on what else went through the soft TLB, the interpreter's fetches
// for one. The third comparison is that of the sums which the guest prints, between engines that watch page tables and
// an interpreter that does not. --print shows what one engine prints, --shown what came of each access.
#include "lockstep_rig.h"

#include "bt/options.h"

#include <cstdio>
#include <fstream>
#include <iterator>

using namespace ringshift;

namespace {

struct Torture {
    u32 seed = 1, rounds = 3, operations = 200, loose = 0, shown = 0;
};

constexpr std::size_t parameters = 4; ///< offset in the image

std::vector<u8> image_with(std::vector<u8> image, const Torture& torture) {
    std::memcpy(image.data() + parameters, &torture, sizeof torture);
    return image;
}

void boot(Cpu& cpu, PhysicalMap& memory, std::span<const u8> image) {
    memory.write(PhysAddr(0x7C00), image);
    cpu.load_segment_real(SegmentName::cs, 0);
    cpu.state.rip = 0x7C00;
}

u64 hash(u64 a, u64 b) {
    u64 x = a * 0x9E3779B97F4A7C15 ^ (b + 1) * 0xC2B2AE3D27D4EB4F;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9;
    return x ^ x >> 32;
}

LockstepProgram program_of(const std::vector<u8>& guest, const Torture& torture) {
    LockstepProgram program;
    program.prepare = [image = image_with(guest, torture)](BareCpu& bare) { boot(*bare.cpu, bare.memory, image); };
    program.instructions = 1'000'000'000;
    const u64 seed = torture.seed;
    program.piece_size = [seed](u64 n) { return static_cast<i64>(1 + hash(seed, n) % 20'000); };
    program.between = [seed](BareCpu& bare, u64 n) {
        if (hash(seed + 1, n) % 64 == 0) bare.engine->invalidate_all();
    };
    program.ram_size = 16 << 20;
    return program;
}

class Console final : public BarePlatform {
  public:
    std::string output;
    void out(u16 port, unsigned size, u32 value) override {
        if (port == 0xE9) output += static_cast<char>(value);
        BarePlatform::out(port, size, value);
    }
};

bool watches_page_tables(const std::string& engine_name) {
    BareCpu bare(16 << 20, "max");
    bare.engine = nullptr;
    bare.engine = make_test_engine(*bare.cpu, engine_name);
    return bare.cpu->mmu.watches_page_tables();
}

std::string printed(const std::vector<u8>& guest, const Torture& torture, const std::string& engine_name, bool watch) {
    CpuModel model = CpuModel::by_name("max").release();
    GuestRam ram = GuestRam::create(16 << 20).release();
    PhysicalMap memory;
    memory.map_ram(PhysAddr(0), ram.size(), ram.data());
    memory.share(ram.shared());
    Console console;
    Cpu cpu(model, memory, console);
    console.cpu = &cpu;
    const auto engine = make_test_engine(cpu, engine_name);
    if (watch) cpu.mmu.watch_page_tables(true);
    boot(cpu, memory, image_with(guest, torture));
    const Exit exit = engine->run(1'000'000'000);
    if (exit != Exit::halted)
        console.output += fmt::format("ended with exit {} at {:08X}\n", static_cast<int>(exit), cpu.state.rip);
    return console.output;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> engines;
    Torture torture;
    std::string print;
    bool watch = false;
    u32 seeds = 1;
    for (int i = 2; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--loose") torture.loose = 1;
        if (option == "--watch") watch = true;
        if (option == "--shown") torture.shown = 1;
        if (i + 1 == argc) break;
        const char* value = argv[i + 1];
        const auto number = [&] { return static_cast<u32>(std::strtoul(value, nullptr, 0)); };
        if (option == "--engine") engines.emplace_back(value);
        if (option == "--print") print = value;
        if (option == "--seeds") seeds = number();
        if (option == "--first") torture.seed = number();
        if (option == "--rounds") torture.rounds = number();
        if (option == "--operations") torture.operations = number();
    }
    std::ifstream file(argc > 1 ? argv[1] : "", std::ios::binary);
    const std::vector<u8> guest(std::istreambuf_iterator<char>(file), {});
    if (guest.size() < parameters + sizeof torture) {
        fmt::print(stderr, "usage: page_torture GUEST [--engine NAME]... [--seeds N] [--first S] [--rounds N] "
                           "[--operations N]\n       page_torture GUEST --print NAME [--loose] [--watch] [--shown]\n");
        return 2;
    }
    if (!print.empty()) {
        fmt::print("{}", printed(guest, torture, print, watch));
        return 0;
    }
    if (engines.empty())
        engines = {
            "bt",       "bt:windows=off",           "bt:windows-ring0=on",         "bt:windows-ring0=on,mappings=64",
            "bt:hot=3", "bt:windows=off,cache=64K", "bt:windows-ring0=on,block=1", "bt:windows-kernel=off"};
    unsigned runs = 0, differ = 0;
    i64 instructions = 0;
    for (const u32 end = torture.seed + seeds; torture.seed != end; ++torture.seed) {
        const std::string reference = printed(guest, torture, "interp", false);
        for (const std::string& engine : engines) {
            const auto make = [&](Cpu& cpu) { return make_test_engine(cpu, engine); };
            const u32 most_loose = watches_page_tables(engine) ? 1 : 0;
            for (torture.loose = 0; torture.loose <= most_loose; ++torture.loose) {
                const LockstepProgram program = program_of(guest, torture);
                const LockstepOutcome outcome = compare_at_full_speed(program, make);
                ++runs;
                instructions += outcome.instructions;
                if (!outcome.difference && outcome.exit == Exit::halted) continue;
                ++differ;
                fmt::print("seed {}{} differs on {} after {} instructions\n{}\n", torture.seed,
                           torture.loose ? " (loose)" : "", engine, outcome.instructions,
                           run_in_lockstep(program, make));
                std::fflush(stdout);
            }
            torture.loose = 0;
            const std::string output = printed(guest, torture, engine, false);
            if (output == reference) continue;
            ++differ;
            fmt::print("seed {}: {} prints\n{}the interpreter\n{}", torture.seed, engine, output, reference);
            std::fflush(stdout);
        }
    }
    fmt::print("{} instructions in {} runs on {}, {} differ\n", instructions, runs, fmt::join(engines, " "), differ);
    return differ == 0 ? 0 : 1;
}
