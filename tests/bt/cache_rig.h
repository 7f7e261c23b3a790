// Small programs on a bare CPU, compared with the interpreter, and the ledger of their run.
#pragma once

#include "lockstep_rig.h"

#include <catch2/catch.hpp>

namespace ringshift::cache_rig {

constexpr u64 code_at = 0x10000;

struct Code {
    std::vector<u8> bytes;
    void add(std::initializer_list<int> more) {
        for (const int byte : more) bytes.push_back(static_cast<u8>(byte));
    }
    void add32(u32 value) {
        for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<u8>(value >> 8 * i));
    }
    u32 here() const { return static_cast<u32>(code_at + bytes.size()); }
    void jump_to(u32 target) {
        add({0xE9});
        add32(target - (here() + 4));
    }
};

inline void prepare(BareCpu& bare, const Code& code) {
    bare.flat_32bit();
    bare.put(code_at, code.bytes);
    bare.state().rip = code_at;
    bare.state().gpr[4] = 0x9F000;
}

struct Run {
    std::string report; ///< of the comparison with the interpreter
    bt::Ledger ledger;
    std::vector<bt::BlockCount> hottest;
};

/// `between`: before every piece of 1,000 instructions, on the CPU that is measured and on those that are compared.
inline Run run(const Code& code, const std::string& engine, i64 instructions,
               const std::function<void(BareCpu&, u64)>& between = {}) {
    LockstepProgram program;
    program.prepare = [&](BareCpu& bare) { prepare(bare, code); };
    program.instructions = instructions;
    program.piece = 1000;
    program.between = between;
    Run result;
    result.report = run_in_lockstep(program, [&](Cpu& cpu) { return make_test_engine(cpu, engine); });

    BareCpu bare(1 << 20);
    bare.engine = nullptr;
    bare.engine = make_test_engine(*bare.cpu, engine);
    prepare(bare, code);
    for (i64 done = 0; done < instructions; done += 1000) {
        if (between) between(bare, static_cast<u64>(done / 1000));
        bare.engine->run(1000);
    }
    const auto ledger = ledger_of(*bare.engine);
    REQUIRE(ledger);
    CHECK(ledger->discrepancy() == "");
    result.ledger = *ledger;
    result.hottest = hottest_blocks_of(*bare.engine);
    return result;
}

/// Counts ECX down from `count`, then halts.
inline void end_loop(Code& code, u32 loop) {
    code.add({0x49, 0x0F, 0x85}); // dec ecx; jnz
    code.add32(loop - (code.here() + 4));
    code.add({0xF4});
}

} // namespace ringshift::cache_rig
