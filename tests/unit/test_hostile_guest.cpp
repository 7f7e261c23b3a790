// Guests that do what no operating system does: nothing of it may crash, hang or corrupt the host process.
#include "suites/bare_cpu.h"

#include <catch2/catch.hpp>

#include <random>

using namespace ringshift;

namespace {

/// Registers that answer anything.
struct Nothing final : MmioHandler {
    u64 reads = 0;
    u64 read(PhysAddr address, unsigned) override {
        ++reads;
        return address.value * 0x9E3779B97F4A7C15;
    }
    void write(PhysAddr, unsigned, u64) override {}
    void read_range(PhysAddr, std::span<u8> out) override { std::fill(out.begin(), out.end(), u8{0x90}); }
    void write_range(PhysAddr, std::span<const u8>) override {}
};

void fill_random(BareCpu& bare, u64 begin, u64 size, std::mt19937_64& random) {
    for (u64 i = 0; i < size; i += 8) {
        const u64 value = random();
        std::memcpy(bare.ram.data() + begin + i, &value, 8);
    }
}

} // namespace

TEST_CASE("a triple fault ends in shutdown and stays there") {
    BareCpu bare(1 << 20);
    bare.flat_32bit();
    bare.state().idtr.limit = 0;
    bare.state().rip = 0x1000;
    bare.put(0x1000, std::vector<u8>{0x0F, 0x0B}); // UD2
    CHECK(bare.engine->run(1000) == Exit::shutdown);
    CHECK(bare.state().activity == Activity::shutdown);
    CHECK(bare.engine->run(1000) == Exit::shutdown);
    bare.cpu->reset();
    CHECK(bare.state().activity == Activity::running);
}

TEST_CASE("code runs from MMIO and from ROM and from nothing at all") {
    BareCpu bare(1 << 20);
    Nothing registers;
    bare.memory.map_mmio(PhysAddr(0x200000), page_size, registers);
    const std::vector<u8> rom(page_size, 0x40); // INC EAX
    bare.memory.map_rom(PhysAddr(0x300000), page_size, rom.data());
    bare.flat_32bit();

    bare.state().rip = 0x200000; // its handler fills fetches with NOP
    CHECK(bare.engine->run(100) == Exit::budget);
    CHECK(bare.state().rip == 0x200000 + 100);

    bare.state().rip = 0x300000;
    bare.state().set_reg<u32>(Gpr::ax, 0);
    CHECK(bare.engine->run(100) == Exit::budget);
    CHECK(bare.state().reg<u32>(Gpr::ax) == 100);

    bare.state().rip = 0x300FF0; // from ROM into nothing: FF FF is #UD, and the IDT is not there
    CHECK(bare.engine->run(1000) == Exit::shutdown);
}

TEST_CASE("writes to ROM are lost and do not disturb code that runs there") {
    BareCpu bare(1 << 20);
    std::vector<u8> rom(page_size, 0x90);
    const std::vector<u8> code{0xC6, 0x05, 0x08, 0x00, 0x30,
                               0x00, 0xF4, 0x90, 0x40}; // MOV BYTE [300008h], F4h; NOP; INC EAX
    std::copy(code.begin(), code.end(), rom.begin());
    bare.memory.map_rom(PhysAddr(0x300000), page_size, rom.data());
    bare.flat_32bit();
    bare.state().rip = 0x300000;
    bare.state().set_reg<u32>(Gpr::ax, 0);
    CHECK(bare.engine->run(3) == Exit::budget);
    CHECK(bare.state().reg<u32>(Gpr::ax) == 1);
    CHECK(rom[8] == 0x40);
}

TEST_CASE("page tables that point to themselves and into registers and nowhere translate or fault") {
    std::mt19937_64 random(11);
    for (unsigned round = 0; round < 60; ++round) {
        BareCpu bare(1 << 20);
        Nothing registers;
        bare.memory.map_mmio(PhysAddr(0x200000), 16 * page_size, registers);
        fill_random(bare, 0, 1 << 20, random);
        for (u32 i = 0; i < 1024; ++i) { // a directory that is its own table, with random detours
            u32 entry = (random() % 4 == 0 ? 0x5000u : static_cast<u32>(random() % 0x220) << 12) | 0x67;
            if (random() % 8 == 0) entry = static_cast<u32>(random());
            bare.memory.write_value<u32>(PhysAddr(0x5000 + 4 * i), entry);
        }
        bare.flat_32bit();
        CpuState& state = bare.state();
        state.cr3 = 0x5000;
        state.cr0 |= cr0::pg;
        if (round % 2) state.cr4 |= cr4::pse;
        if (round % 3 == 0) {
            state.cr4 |= cr4::pae;
            for (u64& pdpte : state.pdpte) pdpte = 0x5001;
        }
        bare.cpu->update_paging(Cpu::Flush::all);
        state.idtr = {0x6000, 0x7FF};
        state.gdtr = {0x7000, 0xFFFF};
        state.rip = static_cast<u32>(random());
        bare.engine->run(50'000);
        CHECK(state.budget + state.budget_reserve <= 50'000);
    }
}

TEST_CASE("random memory runs in every mode without harm") {
    std::mt19937_64 random(5);
    for (unsigned round = 0; round < 120; ++round) {
        BareCpu bare(1 << 20);
        Nothing registers;
        bare.memory.map_mmio(PhysAddr(0xA0000), 0x20000, registers);
        fill_random(bare, 0, 0xA0000, random);
        CpuState& state = bare.state();
        if (round % 3 != 0) bare.flat_32bit();
        if (round % 3 == 2) {
            state.system_flags |= flag::vm;
            state.cpl = 3;
            bare.cpu->update_mode();
        }
        for (u32 i = 0; i < 8; ++i) state.set_reg<u32>(static_cast<Gpr>(i), static_cast<u32>(random() & 0xFFFFF));
        state.idtr = {0, 0x7FF};
        state.gdtr = {0x1000, 0xFFFF};
        state.tr.base = 0x2000;
        state.tr.limit = 0x2067;
        if (round % 5 == 0) state.dr[7] = static_cast<u32>(random());
        bare.cpu->update_debug();
        state.rip = random() & 0xFFFF;
        for (unsigned k = 0; k < 50; ++k) {
            // Whenever it stops at a HLT or in shutdown, it goes on somewhere else.
            if (bare.engine->run(2'000) != Exit::budget) {
                state.activity = Activity::running;
                state.rip = random() & 0xFFFF;
            }
        }
        REQUIRE(state.gpr[16] == 0);
        for (std::size_t i = 0; i < 8; ++i) REQUIRE(state.gpr[i] >> 32 == 0);
    }
}

TEST_CASE("a program that overwrites itself all the time makes progress") {
    BareCpu bare(1 << 20);
    bare.flat_32bit();
    // again: INC BYTE [again + 7]; MOV AL, imm8 (the byte that was incremented); JMP again
    const std::vector<u8> code{0xFE, 0x05, 0x07, 0x10, 0x00, 0x00, 0xB0, 0x00, 0xEB, 0xF6};
    bare.put(0x1000, code);
    bare.state().rip = 0x1000;
    CHECK(bare.engine->run(300) == Exit::budget);
    CHECK(bare.state().reg<u8>(Gpr::ax) == 100);
}
