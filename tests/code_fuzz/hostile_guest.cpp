// Guests that jump, write and fault at random, on the translator: random bytes as code in Ring 0 and 3, random page
// tables, descriptor tables and handlers, random programs with random bytes in them. Each must end in its own
// exceptions, a shutdown or the end of its budget; anything that happens to this process is a bug of ours. Memory of
// the host beside the windows must stay as it is, and must not be found in the guest's.
//
//     hostile_guest HANDLERS --seconds N [--seed S]
//
// The seed is printed before each guest, so that the last line tells what to repeat (--seconds 0 --seed S runs one).
#include "canaries.h"
#include "fuzz_code.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace ringshift;

namespace {

constexpr u64 ram_size = 2 << 20;

std::string random_options(RandomValues& random) {
    std::string options = fmt::format("bt:hot={}", random.below(4));
    if (random.chance(3)) options += fmt::format(",block={}", 1 + random.below(64));
    if (random.chance(2)) options += ",cache=64K";
    if (random.chance(3)) options += ",windows=on,windows-ring0=on";
    for (const char* mechanism : {"native", "memory", "link", "link-pages", "probe"})
        if (random.chance(8)) options += fmt::format(",{}=off", mechanism);
    static constexpr const char* policies[] = {"", ",policy=flush", ",policy=fifo:4", ",policy=ring"};
    return options + policies[random.below(4)];
}

void fill_random(BareCpu& bare, RandomValues& random, u64 begin, u64 size) {
    for (u64 i = 0; i < size; i += 8) bare.memory.write_value<u64>(PhysAddr(begin + i), random.bits());
}

/// Opcodes that get somewhere are more frequent than random bytes have them.
void fill_code(BareCpu& bare, RandomValues& random, u64 begin, u64 size) {
    static constexpr u8 likely[] = {0x0F, 0x66, 0xF3, 0x8B, 0x89, 0x01, 0x75, 0x74, 0xEB, 0xE8, 0xC3, 0x50, 0x58,
                                    0xFF, 0x8E, 0x9D, 0xCF, 0xCD, 0xA4, 0xA5, 0xAA, 0xAB, 0x22, 0x20, 0x90, 0xE2};
    for (u64 i = 0; i < size; ++i) {
        const u8 byte = random.chance(3) ? likely[random.below(std::size(likely))] : static_cast<u8>(random.bits());
        bare.memory.write_value<u8>(PhysAddr(begin + i), byte);
    }
}

/// Entries that point into RAM often enough for something to run.
u32 page_entry(RandomValues& random) {
    const u32 flags = random.chance(6) ? random.below(4096) : random.below(4096) | 3;
    if (random.chance(8)) return static_cast<u32>(random.bits());
    return (random.below(ram_size / page_size) << 12) | (flags & ~0x80u) | (random.chance(16) ? 0x80 : 0);
}

/// Everything at random; low memory is code as often as not.
void prepare_random(BareCpu& bare, RandomValues& random) {
    fill_random(bare, random, 0, ram_size);
    fill_code(bare, random, 0x10000, 0x40000);
    CpuState& state = bare.state();
    if (random.chance(4)) { // real mode
        for (Segment& s : state.segments) s.base = random.below(0x10000);
        state.segment(SegmentName::cs).base = 0x10000;
        state.segment(SegmentName::cs).attributes = 0x93;
        state.rip = random.below(0x10000);
        if (random.chance(2)) // an interrupt table that leads to code
            for (u32 v = 0; v < 256; ++v)
                bare.memory.write_value<u32>(PhysAddr(4 * v), 0x10000000 | random.below(65536));
    } else {
        bare.flat_32bit();
        state.gdtr = {0x1000, 0xFFF};
        state.idtr = {0x2000, 0x7FF};
        for (u32 i = 8; i < 0x1000; i += 8) { // flat code and data of either ring, or noise
            static constexpr u64 good[] = {0x00CF9B000000FFFF, 0x00CF93000000FFFF, 0x00CFFB000000FFFF,
                                           0x00CFF3000000FFFF, 0x008F9B000000FFFF, 0x0040F300000000FF};
            if (!random.chance(4))
                bare.memory.write_value<u64>(PhysAddr(0x1000 + i),
                                             random.chance(2) ? good[i / 8 % 6] : good[random.below(6)]);
        }
        for (u32 i = 0; i < 0x800; i += 8) {
            const u32 handler = 0x10000 + random.below(0x40000);
            if (random.chance(8)) continue;
            bare.memory.write_value<u32>(PhysAddr(0x2000 + i), 0x80000 | (handler & 0xFFFF));
            bare.memory.write_value<u32>(PhysAddr(0x2000 + i + 4),
                                         (handler & 0xFFFF0000) | 0x8E00 | (random.chance(2) ? 0x6000 : 0));
        }
        bare.memory.write_value<u64>(PhysAddr(0x1008), 0x00CF9B000000FFFF);
        bare.memory.write_value<u64>(PhysAddr(0x1010), 0x00CF93000000FFFF);
        state.tr = {.selector = 0x28, .attributes = 0x8B, .limit = 0x2067, .base = 0x3000};
        state.tr.usable = 1;
        bare.memory.write_value<u32>(PhysAddr(0x3004), 0x100000 + random.below(0x80000));
        bare.memory.write_value<u32>(PhysAddr(0x3008), 0x10);
        if (random.chance(2)) state.set_reg<u32>(Gpr::sp, 0x100000 + random.below(0x80000));
        if (!random.chance(3)) { // paging
            state.cr4 = random.below(0x100) & (cr4::pse | cr4::pae | cr4::pge);
            const bool pae = (state.cr4 & cr4::pae) != 0;
            for (u32 i = 0; i < 0x2000; i += 4) bare.memory.write_value<u32>(PhysAddr(0x4000 + i), page_entry(random));
            if (pae) {
                for (u32 i = 0; i < 4; ++i) bare.memory.write_value<u64>(PhysAddr(0x4000 + 8 * i), 0x6001 + 0x1000 * i);
                for (u32 i = 0; i < 0x8000; i += 8)
                    bare.memory.write_value<u64>(PhysAddr(0x6000 + i), page_entry(random) & 0xFFFFFFF7u);
                bare.memory.write_value<u64>(PhysAddr(0x6000), 0x5007);
            } else {
                bare.memory.write_value<u32>(PhysAddr(0x4000), 0x5007);
            }
            for (u32 i = 0; i < (pae ? 512u : 512u) && !random.chance(64); ++i) // the first pages, mostly themselves
                if (pae)
                    bare.memory.write_value<u64>(PhysAddr(0x5000 + 8 * i), (i << 12) | 7);
                else
                    bare.memory.write_value<u32>(PhysAddr(0x5000 + 4 * i),
                                                 random.chance(8) ? page_entry(random) : (i << 12) | 7);
            state.cr3 = 0x4000;
            for (u32 i = 0; i < 4; ++i) state.pdpte[i] = 0x6001 + 0x1000 * i;
            state.cr0 |= cr0::pg | (random.chance(2) ? cr0::wp : 0);
        }
        if (random.chance(2)) { // Ring 3
            state.cpl = 3;
            for (std::size_t i = 0; i < 6; ++i) {
                state.segments[i].attributes = static_cast<u16>(i == 1 ? 0xCFB : 0xCF3);
                state.segments[i].selector = static_cast<u16>(i == 1 ? 0x1B : 0x23);
            }
        }
        state.rip = 0x10000 + random.below(0x40000);
    }
    state.cr4 |= cr4::osfxsr;
    state.set_eflags((static_cast<u32>(random.bits()) & 0x203ED5) | (random.chance(16) ? flag::tf : 0));
    for (std::size_t i = 0; i < 8; ++i)
        if (i != 4)
            state.set_reg<u32>(static_cast<Gpr>(i), random.chance(2) ? random.integer() : random.below(ram_size));
    bare.cpu->update_mode();
    bare.cpu->update_paging(Cpu::Flush::all);
    bare.cpu->update_debug();
}

/// A program of the code fuzz, with noise in it.
void prepare_program(BareCpu& bare, RandomValues& random, u64 seed, std::span<const u8> handlers,
                     std::vector<std::shared_ptr<GuestDevices>>& devices) {
    FuzzProgram program = make_fuzz_program(seed);
    const u32 size = program.guest.code_size();
    for (u32 i = 0; i < 1 + size / 200; ++i) program.guest.arena[random.below(size)] = static_cast<u8>(random.bits());
    prepare_guest(bare, program.guest, handlers, devices);
    if (random.chance(3)) // page tables, descriptors or handlers as well
        for (unsigned i = 0; i < 20; ++i)
            bare.memory.write_value<u8>(
                PhysAddr(random.chance(2) ? 0x40000 + random.below(0x6000) : random.below(0x6000)),
                static_cast<u8>(random.bits()));
}

Exit run_one(u64 seed, std::span<const u8> handlers, i64& instructions, const Canaries& canaries) {
    RandomValues random(seed);
    const std::string options = random_options(random);
    std::vector<std::shared_ptr<GuestDevices>> devices;
    BareCpu bare(ram_size, "max", options);
    if (random.chance(3))
        prepare_program(bare, random, seed, handlers, devices);
    else
        prepare_random(bare, random);
    Exit exit = Exit::budget;
    const i64 all = 1000 + random.below(60'000);
    for (i64 left = all; left > 0;) {
        const i64 piece = 1 + random.below(5000);
        exit = bare.engine->run(piece);
        left -= piece;
        instructions += piece - (bare.state().budget + bare.state().budget_reserve);
        if (exit == Exit::shutdown) break;
        bare.state().activity = Activity::running;
        if (random.chance(2)) bare.interrupt(static_cast<u8>(random.bits()));
        if (random.chance(4)) bare.cpu->raise_attention(attention::nmi);
        if (random.chance(16)) bare.engine->invalidate_all();
        if (random.chance(8)) fill_code(bare, random, random.below(ram_size - 64), 64); // DMA
        if (random.chance(4)) bare.state().rip = random.below(0x60000);
    }
    ASSERT(canaries.untouched(), "the guest wrote to the host's memory beside its windows");
    ASSERT(!Canaries::in(bare.ram.bytes()), "the guest has read the host's memory beside its windows");
    return exit;
}

} // namespace

int main(int argc, char** argv) {
    i64 seconds = 30;
    u64 seed = 1;
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        if (option == "--seconds") seconds = std::strtoll(argv[i + 1], nullptr, 0);
        if (option == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 0);
    }
    std::ifstream file(argc > 1 ? argv[1] : "", std::ios::binary);
    if (!file || argc % 2 != 0) {
        fmt::print(stderr, "usage: hostile_guest HANDLERS [--seconds N] [--seed S]\n");
        return 2;
    }
    const std::vector<u8> handlers(std::istreambuf_iterator<char>(file), {});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    const Canaries canaries;
    u64 guests = 0, shutdowns = 0;
    i64 instructions = 0;
    do {
        fmt::print("seed {}\n", seed);
        std::fflush(stdout);
        alarm(120); // a guest that hangs its host
        const Exit exit = run_one(seed++, handlers, instructions, canaries);
        ++guests;
        shutdowns += exit == Exit::shutdown;
    } while (std::chrono::steady_clock::now() < end);
    fmt::print("{} guests ran {} instructions, {} ended in a shutdown\n", guests, instructions, shutdowns);
    return 0;
}
