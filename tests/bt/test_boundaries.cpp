// What must hold where generated code is left: between two blocks, and before one that the budget does not cover.
#include "cache_rig.h"

#include <catch2/catch.hpp>

#include <map>

using namespace ringshift;

namespace {

/// A register: whoever writes it is interrupted.
class Bell final : public MmioHandler {
  public:
    explicit Bell(BareCpu& bare) : m_bare(bare) {}
    u64 read(PhysAddr, unsigned) override { return 0; }
    void write(PhysAddr, unsigned, u64) override { m_bare.interrupt(0x21); }
    void read_range(PhysAddr, std::span<u8> out) override { std::ranges::fill(out, u8{0}); }
    void write_range(PhysAddr, std::span<const u8>) override {}

  private:
    BareCpu& m_bare;
};

constexpr u32 bell_at = 0xD0000, descriptors_at = 0x2000, gates_at = 0x3000, handler_at = 0x4000;

/// Rings the bell with IF clear, then enables interrupts and halts, again and again.
void prepare_halts(BareCpu& bare, Bell& bell) {
    bare.flat_32bit();
    bare.memory.map_mmio(PhysAddr(bell_at), page_size, bell);
    const std::array<u64, 3> descriptors{0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF};
    bare.put(descriptors_at, {reinterpret_cast<const u8*>(descriptors.data()), sizeof descriptors});
    const u64 gate = u64{0x8E00} << 32 | u64{8} << 16 | handler_at;
    bare.put(gates_at + 8 * 0x21, {reinterpret_cast<const u8*>(&gate), sizeof gate});
    bare.state().gdtr = {descriptors_at, sizeof descriptors - 1};
    bare.state().idtr = {gates_at, 0x7FF};
    bare.put(handler_at, std::array<u8, 2>{0x42, 0xCF}); // INC EDX; IRET
    bare.put(0x1000,
             std::array<u8, 13>{0xFA, 0xA3, 0x00, 0x00, 0x0D, 0x00, 0xFB, 0xF4, // CLI; MOV [bell], EAX; STI; HLT
                                0x41, 0xEB, 0xF5});                             // INC ECX; JMP
    bare.state().rip = 0x1000;
    bare.state().gpr[4] = 0x9F000;
    bare.state().gpr[2] = 0;
}

std::string differs(std::vector<u8> code, i64 instructions, i64 piece) {
    LockstepProgram program;
    program.prepare = [code](BareCpu& bare) {
        bare.flat_32bit();
        bare.put(0x1000, code);
        bare.state().rip = 0x1000;
    };
    program.instructions = instructions;
    program.piece = piece;
    return run_in_lockstep(program, [](Cpu& cpu) { return make_test_engine(cpu, "bt"); });
}

} // namespace

TEST_CASE("Flags are kept where the budget ends before a block whose first instructions overwrite them") {
    const std::vector<u8> loop{0x90, 0x90, 0x90, // NOP
                               0x01, 0xC0,       // ADD EAX, EAX
                               0x83, 0xC0, 0x81, // ADD EAX, -127
                               0xEB, 0xF6};      // JMP to the first NOP
    for (const i64 piece : {5, 6, 7, 8, 100, 101, 102, 103}) CHECK(differs(loop, 1000, piece) == "");
}

TEST_CASE("STI and HLT with an interrupt waiting are done in translated code and interrupted behind HLT") {
    std::map<BareCpu*, std::unique_ptr<Bell>> bells;
    const auto prepare = [&](BareCpu& bare) { prepare_halts(bare, *(bells[&bare] = std::make_unique<Bell>(bare))); };
    for (const i64 piece : {1, 2, 3, 5, 7, 100, 1000}) {
        LockstepProgram program;
        program.prepare = prepare;
        program.instructions = 3000;
        program.piece = piece;
        CHECK(run_in_lockstep(program, [](Cpu& cpu) { return make_test_engine(cpu, "bt"); }) == "");
    }
    BareCpu bare(1 << 20);
    bare.engine = nullptr;
    bare.engine = make_test_engine(*bare.cpu, "bt");
    prepare(bare);
    bare.engine->run(8000);
    CHECK(bare.state().gpr[2] == 1000);
    const auto ledger = ledger_of(*bare.engine);
    REQUIRE(ledger);
    CHECK(ledger->level(bt::Level::interp) < 20);
}
