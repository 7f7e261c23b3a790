// What must hold where generated code is left: between two blocks, and before one that the budget does not cover.
#include "lockstep_rig.h"

#include <catch2/catch.hpp>

using namespace ringshift;

namespace {

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
