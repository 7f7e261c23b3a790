// Two engines side by side: what is found, and that the right instruction is named.
#include "faulty_engine.h"
#include "lockstep_rig.h"

#include <catch2/catch.hpp>

using namespace ringshift;
using Catch::Matchers::Contains;

namespace {

constexpr u32 code = 0x1000;

// 1000: mov ecx,100; loop: add eax,ecx; imul edx,eax,3; mov [2000+ecx*4],edx; dec ecx; jnz loop; hlt
const std::vector<u8> program_bytes = {0xB9, 0x64, 0,    0,    0, 0x01, 0xC8, 0x6B, 0xD0, 0x03, 0x89,
                                       0x14, 0x8D, 0x00, 0x20, 0, 0,    0x49, 0x75, 0xF1, 0xF4};

LockstepProgram program() {
    LockstepProgram p;
    p.prepare = [](BareCpu& bare) {
        bare.flat_32bit();
        bare.put(code, program_bytes);
        bare.state().rip = code;
        bare.state().set_reg<u32>(Gpr::sp, 0x8000);
    };
    return p;
}

EngineFactory faulty(u64 when, FaultyEngine::Fault fault) {
    return [=](Cpu& cpu) { return std::make_unique<FaultyEngine>(cpu, when, fault); };
}

} // namespace

TEST_CASE("states are equal to themselves and differ in each part that a program can notice") {
    CpuState a, b;
    CHECK(equal_states(a, b));
    b.budget = 5; // no part of it
    CHECK(equal_states(a, b));
    const auto differs = [](auto change) {
        CpuState first, second;
        change(second);
        return !equal_states(first, second);
    };
    CHECK(differs([](CpuState& s) { s.gpr[3] = 1; }));
    CHECK(differs([](CpuState& s) { s.gpr[16] = 1; }));
    CHECK(differs([](CpuState& s) { s.rip = 1; }));
    CHECK(differs([](CpuState& s) { s.arithmetic_flags = flag::cf; }));
    CHECK(differs([](CpuState& s) { s.system_flags = flag::df; }));
    CHECK(differs([](CpuState& s) { s.segments[5].limit = 1; }));
    CHECK(differs([](CpuState& s) { s.segments[0].write_span = 7; }));
    CHECK(differs([](CpuState& s) { s.tr.selector = 8; }));
    CHECK(differs([](CpuState& s) { s.idtr.base = 8; }));
    CHECK(differs([](CpuState& s) { s.cr2 = 8; }));
    CHECK(differs([](CpuState& s) { s.dr[6] = 8; }));
    CHECK(differs([](CpuState& s) { s.mtrr_fixed[10] = 8; }));
    CHECK(differs([](CpuState& s) { s.tsc_offset = -1; }));
    CHECK(differs([](CpuState& s) { s.shadow = Shadow::sti; }));
    CHECK(differs([](CpuState& s) { s.activity = Activity::halted; }));
    CHECK(differs([](CpuState& s) { s.fpu.st[7][9] = 1; }));
    CHECK(differs([](CpuState& s) { s.fpu.xmm[7][15] = 1; }));
    CHECK(differs([](CpuState& s) { s.fpu.fdp = 1; }));
    CHECK(differs([](CpuState& s) { s.fpu.mxcsr = 1; }));
    CHECK(differs([](CpuState& s) { s.fpu_exception_pending = true; }));
    CHECK(!differs([](CpuState& s) { s.fpu.st[7][10] = 1; })); // above the 80 bits
}

TEST_CASE("equal engines run in lockstep without a report whatever the pieces are") {
    for (const i64 piece : {i64{1}, i64{3}, i64{7}, i64{1000}, std::numeric_limits<i64>::max()}) {
        LockstepProgram p = program();
        p.piece = piece;
        CHECK(run_in_lockstep(p, make_interpreter) == "");
    }
}

TEST_CASE("a wrong register is reported with the instruction that should have set it") {
    // Instruction 1 is MOV; then 5 a round: 83 = 1 + 16 * 5 + 2, after IMUL of round 17.
    const std::string report = run_in_lockstep(program(), faulty(83, [](Cpu& cpu) { cpu.state.gpr[2] ^= 0x10; }));
    INFO(report);
    CHECK_THAT(report, Contains("First difference after 83 instructions"));
    CHECK_THAT(report, Contains("> 0008:00001007  6bd003"));
    CHECK_THAT(report, Contains("imul edx, eax, 0x03"));
    CHECK_THAT(report, Contains("Registers that differ: EDX\n"));
    CHECK_THAT(report, Contains("\n* EDX"));
    CHECK_THAT(report, Contains("code at 1007"));
}

TEST_CASE("a wrong flag is reported by name even if it lives for one instruction") {
    LockstepProgram p = program();
    p.piece = 1;
    const std::string report = run_in_lockstep(p, faulty(5, [](Cpu& cpu) { cpu.state.arithmetic_flags ^= flag::of; }));
    INFO(report);
    CHECK_THAT(report, Contains("First difference after 5 instructions"));
    CHECK_THAT(report, Contains("> 0008:00001011  49 ") && Contains("dec ecx"));
    CHECK_THAT(report, Contains("Registers that differ: EFLAGS"));
}

TEST_CASE("a stray store is reported with its address and both bytes") {
    const std::string report = run_in_lockstep(
        program(), faulty(83, [](Cpu& cpu) { cpu.mmu.memory().write(PhysAddr(0x5123), std::array<u8, 1>{0xAB}); }));
    INFO(report);
    CHECK_THAT(report, Contains("First difference after 83 instructions"));
    CHECK_THAT(report, Contains("* 000005123: ab 00"));
    CHECK_THAT(report, Contains("Registers that differ: none"));
}

TEST_CASE("interrupts reach both engines at the same instruction") {
    LockstepProgram p = program();
    p.piece = 7;
    p.prepare = [prepare = p.prepare](BareCpu& bare) {
        prepare(bare);
        bare.put(0x3000, std::vector<u8>{0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0x9B, 0xCF, 0});
        bare.state().gdtr = {0x3000, 15};
        bare.put(0x3100 + 8 * 0x20, std::vector<u8>{0x00, 0x40, 8, 0, 0, 0x8E, 0, 0}); // interrupt gate to 4000
        bare.state().idtr = {0x3100, 0x7FF};
        bare.put(0x4000, std::vector<u8>{0x43, 0xCF}); // INC EBX; IRETD
        bare.state().system_flags |= flag::if_;
    };
    p.between = [](BareCpu& bare, u64 piece) {
        if (piece % 3 == 2) bare.interrupt(0x20);
    };
    CHECK(run_in_lockstep(p, make_interpreter) == "");
    const std::string report = run_in_lockstep(p, faulty(60, [](Cpu& cpu) { cpu.state.gpr[3] += 1; }));
    INFO(report);
    CHECK_THAT(report, Contains("First difference after 60 instructions"));
}
