// Two whole machines in lockstep: equal engines agree, and an engine with a fault is convicted of the right
// instruction.
#include "faulty_engine.h"
#include "machine/machine.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace ringshift;
using Catch::Matchers::Contains;

namespace {

constexpr u32 begin_loop = 8, in_loop = 9; // instructions

/// A ROM instead of SeaBIOS: a loop of nine instructions, `rounds` times, then isa-debug-exit with status 3.
struct Firmware {
    explicit Firmware(u32 rounds)
        : folder(std::filesystem::temp_directory_path() / fmt::format("lockstep{}", getpid())) {
        std::filesystem::create_directories(folder);
        std::vector<u8> rom(0x10000, 0xF4);
        const std::vector<u8> code = {
            0xFA, // 00 cli
            0x31,
            0xC0, // 01 xor ax, ax
            0x8E,
            0xD8, // 03 mov ds, ax
            0x31,
            0xDB, // 05 xor bx, bx
            0x31,
            0xFF, // 07 xor di, di
            0xBA,
            0xF8,
            0x03, // 09 mov dx, 3F8h
            0x66,
            0xBE,
            static_cast<u8>(rounds), // 0C mov esi, rounds
            static_cast<u8>(rounds >> 8),
            static_cast<u8>(rounds >> 16),
            static_cast<u8>(rounds >> 24),
            0x41, // 12 inc cx
            0xEC, // 13 in al, dx
            0x01,
            0xC3, // 14 add bx, ax
            0x89,
            0x9D,
            0x00,
            0x20, // 16 mov [di+2000h], bx
            0x83,
            0xC7,
            0x02, // 1A add di, 2
            0x81,
            0xE7,
            0xFE,
            0x0F, // 1D and di, 0FFEh
            0x03,
            0xAD,
            0x00,
            0x40, // 21 add bp, [di+4000h]
            0x66,
            0x4E, // 25 dec esi
            0x75,
            0xE9, // 27 jnz 12
            0xB0,
            0x01, // 29 mov al, 1
            0xE6,
            0xF4, // 2B out 0F4h, al
        };
        std::copy(code.begin(), code.end(), rom.begin());
        const std::vector<u8> reset = {0xEA, 0x00, 0x00, 0x00, 0xF0}; // jmp 0F000h:0
        std::copy(reset.begin(), reset.end(), rom.begin() + 0xFFF0);
        write("bios.bin", rom);
        write("vgabios-stdvga.bin", std::vector<u8>(512));
    }
    ~Firmware() { std::filesystem::remove_all(folder); }
    void write(const char* name, const std::vector<u8>& bytes) {
        std::ofstream(folder / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    std::filesystem::path folder;
};

struct Run {
    Ending ending;
    std::string report;
    MachineStatistics statistics;
    u64 hash = 0;
};

struct Wishes {
    u32 rounds = 20'000;
    u64 interval = 1000;
    u64 memory_interval = 50'000;
    std::function<std::unique_ptr<Engine>(Cpu&)> subject = make_interpreter;
    bool input = false; ///< a byte for the serial port at each tick
    std::string engine = "lockstep";
};

Run run(const Wishes& wishes) {
    const Firmware firmware(wishes.rounds);
    MachineConfig config;
    config.engine = wishes.engine;
    config.deterministic = true;
    config.memory_size = 1 << 20;
    config.firmware_folder = firmware.folder;
    config.lockstep = {"", wishes.interval, wishes.memory_interval, wishes.subject};
    Run result;
    MachineHost host;
    host.difference = [&](const std::string& report) { result.report = report; };
    std::unique_ptr<Machine> machine;
    u8 next = 1;
    if (wishes.input)
        host.tick = [&] {
            const std::array<u8, 2> bytes{next, static_cast<u8>(next * 3)};
            machine->serial_input(0, bytes);
            next = static_cast<u8>(next + 7);
        };
    auto created = Machine::create(config, host);
    INFO((created.ok() ? "" : created.error().message));
    REQUIRE(created.ok());
    machine = created.release();
    result.ending = machine->run();
    result.statistics = machine->statistics();
    result.hash = machine->state_hash();
    return result;
}

std::function<std::unique_ptr<Engine>(Cpu&)> faulty(u64 when, FaultyEngine::Fault fault, bool between_blocks = false) {
    return [=](Cpu& cpu) { return std::make_unique<FaultyEngine>(cpu, when, fault, between_blocks); };
}

FaultyEngine::Fault wrong_byte(u64 address) {
    return [=](Cpu& cpu) { cpu.mmu.memory().write(PhysAddr(address), std::array<u8, 1>{0x5A}); };
}

} // namespace

TEST_CASE("equal engines agree from the first instruction to the end of the guest") {
    const Run lockstep = run({});
    CHECK(lockstep.report == "");
    CHECK(lockstep.ending.kind == Ending::Kind::debug_exit);
    CHECK(lockstep.ending.status == 3);
    CHECK(lockstep.statistics.comparisons >= 20'000 * in_loop / 1000);
    CHECK(lockstep.statistics.retired == begin_loop + 20'000 * in_loop + 2);
    const Run alone = run({.engine = "interp"});
    CHECK(alone.statistics.comparisons == 0);
    CHECK(alone.hash == lockstep.hash);
}

TEST_CASE("input reaches both machines at the same moment") {
    const Run with = run({.rounds = 500'000, .interval = 20'000, .input = true});
    CHECK(with.report == "");
    CHECK(with.ending.kind == Ending::Kind::debug_exit);
    const Run without = run({.rounds = 500'000, .interval = 20'000, .input = false});
    CHECK(with.hash != without.hash); // the guest has noticed it
    CHECK(run({.rounds = 500'000, .input = true, .engine = "interp"}).hash == with.hash);
}

TEST_CASE("lockstep names the instruction after which a register is wrong") {
    const Run r = run({.subject = faulty(begin_loop + 100 * in_loop + 3, [](Cpu& cpu) { cpu.state.gpr[3] ^= 0x40; })});
    INFO(r.report);
    CHECK(r.ending.kind == Ending::Kind::difference);
    CHECK_THAT(r.report, Contains("First difference: after 911 instructions"));
    CHECK_THAT(r.report, Contains("> f000:00000014  01c3 ") && Contains("add bx, ax"));
    CHECK_THAT(r.report, Contains("Registers that differ: EBX\n"));
    CHECK_THAT(r.report, Contains("code at f0014"));
}

TEST_CASE("lockstep with the shortest interval sees a flag that lives for one instruction") {
    const Run r = run({.rounds = 200, .interval = 1, .subject = faulty(begin_loop + 10 * in_loop + 5, [](Cpu& cpu) {
                                                         cpu.state.arithmetic_flags ^= flag::sf;
                                                     })});
    INFO(r.report);
    CHECK_THAT(r.report, Contains("First difference: after 103 instructions"));
    CHECK_THAT(r.report, Contains("> f000:0000001a") && Contains("Registers that differ: EFLAGS"));
}

TEST_CASE("lockstep finds the slice and the instruction of a stray store that only the comparison of memory sees") {
    const Run r = run({.interval = 500, .subject = faulty(70'003, wrong_byte(0x7123))});
    INFO(r.report);
    CHECK(r.ending.kind == Ending::Kind::difference);
    CHECK_THAT(r.report, Contains("First difference: after 70003 instructions"));
    CHECK_THAT(r.report, Contains("Registers that differ: none"));
    CHECK_THAT(r.report, Contains("* 000007123: 5a 00"));
}

TEST_CASE("lockstep goes back from a register that was loaded from wrong memory to the wrong store") {
    // Read in round 1500, a long time after it was stored and before memory is compared.
    const Run r =
        run({.interval = 300, .memory_interval = 1'000'000, .subject = faulty(2'000, wrong_byte(0x4000 + 3000))});
    INFO(r.report);
    CHECK_THAT(r.report, Contains("First difference: after 2000 instructions"));
    CHECK_THAT(r.report, Contains("* 000004bb8: 5a 00"));
}

TEST_CASE("lockstep repeats the input when it looks for a difference") {
    const Run r = run({.rounds = 500'000,
                       .interval = 20'000,
                       .subject = faulty(4'000'001, [](Cpu& cpu) { cpu.state.gpr[6] += 1; }),
                       .input = true});
    INFO(r.report);
    CHECK_THAT(r.report, Contains("First difference: after 4000001 instructions"));
    CHECK_THAT(r.report, Contains("Registers that differ: ESI\n"));
}

TEST_CASE("lockstep says so when a difference shows only at full speed") {
    const Run r = run({.interval = 700,
                       .subject = faulty(
                           5'000, [](Cpu& cpu) { cpu.state.gpr[5] = 7; }, true)});
    INFO(r.report);
    CHECK(r.ending.kind == Ending::Kind::difference);
    CHECK_THAT(r.report, Contains("A difference after 5000 instructions"));
    CHECK_THAT(r.report, Contains("It does not show when the subject runs block by block"));
    CHECK_THAT(r.report, Contains("Registers that differ: EBP\n"));
}

TEST_CASE("lockstep reports a subject that ends the machine by itself") {
    const Run r =
        run({.subject = faulty(3'000, [](Cpu& cpu) { cpu.state.rip = 0x2B; })}); // OUT 0F4h with whatever AL is
    INFO(r.report);
    CHECK(r.ending.kind == Ending::Kind::difference);
    CHECK_THAT(r.report, Contains("First difference: after 3000 instructions"));
    CHECK_THAT(r.report, Contains("EIP"));
}

TEST_CASE("a second run after a difference ends at once") {
    u64 reports = 0;
    const Firmware firmware(1000);
    MachineConfig config;
    config.engine = "lockstep";
    config.memory_size = 1 << 20;
    config.firmware_folder = firmware.folder;
    config.lockstep.make_subject = faulty(500, [](Cpu& cpu) { cpu.state.cr2 = 1; });
    MachineHost host;
    host.difference = [&](const std::string&) { ++reports; };
    auto machine = Machine::create(config, host).release();
    CHECK(machine->run().kind == Ending::Kind::difference);
    CHECK(machine->run().kind == Ending::Kind::difference);
    CHECK(reports == 1);
    CHECK(machine->config().deterministic);
}
