// The translator's cache on a bare CPU: every policy, small caches, code that changes; the ledger's sums on each.
#include "cache_rig.h"

using namespace ringshift;
using namespace ringshift::cache_rig;

namespace {

/// `count` functions of some length in a ring of calls, more than a small cache holds.
Code many_functions(unsigned count) {
    Code code;
    code.add({0xB8}); // mov eax, 0
    code.add32(0);
    const u32 loop = code.here();
    std::vector<std::size_t> calls;
    for (unsigned i = 0; i < count; ++i) {
        code.add({0xE8}); // call
        calls.push_back(code.bytes.size());
        code.add32(0);
    }
    code.jump_to(loop);
    for (unsigned i = 0; i < count; ++i) {
        const u32 relative = code.here() - static_cast<u32>(code_at + calls[i] + 4);
        std::memcpy(&code.bytes[calls[i]], &relative, 4);
        for (int k = 0; k < 12; ++k) {
            code.add({0x05}); // add eax, constant
            code.add32(i * 16 + static_cast<u32>(k));
            code.add({0xA3}); // mov [data], eax
            code.add32(0x80000 + 4 * i);
        }
        code.add({0xC3});
    }
    return code;
}

} // namespace

TEST_CASE("Every policy runs code that does not fit as the interpreter does") {
    const Code code = many_functions(200);
    for (const std::string policy : {"flush", "fifo:2", "fifo:16", "ring"}) {
        for (const std::string more : {"", ",link=off", ",instrument=on"}) {
            INFO(policy << more);
            const Run result = run(code, "bt:cache=64K,policy=" + policy + more, 60'000);
            CHECK(result.report == "");
            CHECK(result.ledger.evictions > 100);
            CHECK(result.ledger.cause(bt::Cause::capacity) > 100);
            CHECK(result.ledger.cause(bt::Cause::smc) == 0);
        }
    }
}

TEST_CASE("Deep recursion in the smallest cache returns to the right places") {
    Code code; // f(n): n == 0 ? 0 : f(n - 1) + n, through code that evicts its callers
    code.add({0xB9});
    code.add32(3000);       // mov ecx, 3000
    code.add({0x31, 0xC0}); // xor eax, eax
    code.add({0xE8});
    code.add32(1);                      // call f
    code.add({0xF4});                   // hlt
    code.add({0x85, 0xC9, 0x74, 0x09}); // f: test ecx, ecx; jz over
    code.add({0x51, 0x49, 0xE8});       // push ecx; dec ecx; call f
    code.add32(static_cast<u32>(-11));
    code.add({0x59, 0x01, 0xC8, 0xC3}); // pop ecx; add eax, ecx; ret
    const Run result = run(code, "bt:cache=64K,policy=ring", 40'000);
    CHECK(result.report == "");
}

TEST_CASE("Instrumented blocks count what the engine counts") {
    const Code code = many_functions(20);
    const Run result = run(code, "bt:instrument=on", 100'000);
    CHECK(result.report == "");
    const bt::Ledger& l = result.ledger;
    CHECK(l.split);
    CHECK(l.level(bt::Level::linked) > 1000);
    CHECK(l.level(bt::Level::returned) > 1000);
    CHECK(l.cause(bt::Cause::compulsory) == l.level(bt::Level::translate));
    const Run unpaired = run(code, "bt:instrument=on,returns=off", 100'000);
    CHECK(unpaired.report == "");
    CHECK(unpaired.ledger.level(bt::Level::returned) == 0);
    CHECK(unpaired.ledger.level(bt::Level::probe) > 1000);
}

TEST_CASE("Data beside hot code does not make it be translated again") {
    Code code;
    code.add({0xB9});
    code.add32(10'000);
    code.add({0xEB, 0x04}); // jmp over the data
    const u32 data = code.here();
    code.add32(0);
    const u32 loop = code.here();
    code.add({0xFF, 0x05}); // inc dword [data]: the same 128 bytes
    code.add32(data);
    end_loop(code, loop);
    const Run result = run(code, "bt", 30'000);
    CHECK(result.report == "");
    CHECK(result.ledger.level(bt::Level::translate) <= 20); // at most 2 for 1,000 of the 10,000 stores
}

TEST_CASE("Bytes that are written and are the same again revive the block") {
    Code code;
    code.add({0xB9});
    code.add32(10'000);
    const u32 loop = code.here();
    code.add({0xC6, 0x05}); // mov byte [patch], 90: the NOP that is there
    code.add32(loop + 20);
    code.add({0x90, 0xE9});
    code.add32(8);
    while (code.here() < loop + 20) code.add({0xCC});
    code.add({0x90, 0x40}); // nop; inc eax
    end_loop(code, loop);
    const Run result = run(code, "bt:self-check=off", 50'000);
    CHECK(result.report == "");
    CHECK(result.ledger.revived > 1000);
    CHECK(result.ledger.level(bt::Level::translate) <= 10);
    CHECK(result.ledger.cause(bt::Cause::smc) == 0);
}

/// A constant is written into `mov eax, constant; ret` before each of `calls` calls, as trampolines are made.
Code patched_function(u32 calls) {
    Code code;
    code.add({0xB9}); // mov ecx, calls
    code.add32(calls);
    code.jump_to(code.here() + 5 + 16);
    const u32 function = code.here();
    code.add({0xB8}); // mov eax, constant
    code.add32(0);
    code.add({0x05}); // add eax, constant
    code.add32(5);
    code.add({0xC3});
    while (code.here() < function + 16) code.add({0xCC});
    const u32 loop = code.here();
    code.add({0x89, 0x0D}); // mov [constant], ecx
    code.add32(function + 1);
    code.add({0xE8}); // call
    code.add32(function - (code.here() + 4));
    code.add({0x01, 0xC3}); // add ebx, eax
    end_loop(code, loop);
    return code;
}

TEST_CASE("A block goes on behind its calls and comes to the same as blocks that end there") {
    const Code code = many_functions(20);
    for (const std::string more : {"", ",late-check=off", ",instrument=on", ",block=3"}) {
        INFO(more);
        const Run on = run(code, "bt:hot=2" + more, 30'000);
        const Run off = run(code, "bt:hot=2,behind-calls=off" + more, 30'000);
        CHECK(on.report == "");
        CHECK(off.report == "");
        CHECK(on.ledger.translated_instructions > off.ledger.translated_instructions); // what is behind, once more
    }
}

TEST_CASE("Code that is patched before each call checks itself and is not translated again") {
    const Code code = patched_function(5000);
    const Run result = run(code, "bt", 40'000);
    CHECK(result.report == "");
    CHECK(result.ledger.level(bt::Level::translate) <= 20);
    CHECK(result.ledger.self_checking >= 1);
    CHECK(result.ledger.level(bt::Level::interp) < 1000); // mostly the end of each piece
    const Run without = run(code, "bt:self-check=off", 40'000);
    CHECK(without.report == "");
    CHECK(without.ledger.self_checking == 0);
}

TEST_CASE("A block that checks itself notices that another byte than its constant has changed") {
    Code code = patched_function(5000);
    const u32 function = code_at + 10;
    REQUIRE(code.bytes[10] == 0xB8);
    const Run result = run(code, "bt", 30'000, [&](BareCpu& bare, u64 piece) {
        const u8 opcode = piece % 2 == 0 ? 0xB8 : 0xBA; // mov edx, constant
        bare.memory.write(PhysAddr(function), {&opcode, 1});
    });
    CHECK(result.report == "");
    CHECK(result.ledger.self_checking >= 1);
}

TEST_CASE("Code that is other code each time it runs does not become hot by its address") {
    Code code;
    code.add({0xB9});
    code.add32(1000);       // mov ecx, 1000
    code.add({0xEB, 0x06}); // over the function
    const u32 function = code.here();
    code.add({0xB8, 0, 0, 0, 0, 0xC3}); // mov eax, other each time; ret
    const u32 loop = code.here();
    code.add({0xFF, 0x05});
    code.add32(function + 1); // inc dword [function + 1]; call function
    code.add({0xE8});
    code.add32(function - (code.here() + 4));
    end_loop(code, loop);
    const auto translations = [&](const std::string& more) {
        const Run result = run(code, "bt:hot=50,cool-down=off,self-check=off" + more, 7000);
        CHECK(result.report == "");
        return result.ledger.level(bt::Level::translate);
    };
    const u64 with = translations(""), without = translations(",as-before=off");
    CHECK(without >= 1000 / 51); // each fiftieth time
    CHECK(with < without / 2);
}

TEST_CASE("Every rung of the ladder for code that changes can be missing") {
    const Code code = patched_function(2000);
    for (const std::string off : {"revive=off", "cool-down=off", "self-check=off", "beside-code=off", "new-code=off",
                                  "as-before=off", "revive=off,cool-down=off,self-check=off,beside-code=off"}) {
        INFO(off);
        CHECK(run(code, "bt:" + off, 14'000).report == "");
        CHECK(run(code, "bt:hot=3," + off, 14'000).report == "");
    }
}

TEST_CASE("Instrumented blocks say how often each was entered") {
    const Code code = patched_function(1000);
    const Run result = run(code, "bt:instrument=on,self-check=off,hot=0", 7'000);
    REQUIRE(!result.hottest.empty());
    u64 sum = 0;
    for (const bt::BlockCount& block : result.hottest) sum += block.entries;
    CHECK(sum <= result.ledger.entries);
    CHECK(sum >= result.ledger.entries - result.ledger.level(bt::Level::interp) - 50);
    CHECK(result.hottest.front().entries > 500);
}

TEST_CASE("A store into the running block takes effect at the next instruction") {
    Code code;
    code.add({0xB9});
    code.add32(1000);
    const u32 loop = code.here();
    code.add({0x88, 0x0D}); // mov [immediate of the next instruction], cl
    code.add32(loop + 7);
    code.add({0x04, 0x00}); // add al, 0
    end_loop(code, loop);
    for (const std::string engine : {"bt", "bt:cache=64K,policy=ring", "bt:hot=12"}) {
        INFO(engine);
        const Run result = run(code, engine, 6'000);
        CHECK(result.report == "");
        if (engine == "bt") CHECK(result.ledger.cause(bt::Cause::smc) > 100);
        if (engine == "bt:hot=12") CHECK(result.ledger.level(bt::Level::translate) <= 20); // it keeps changing
    }
}

TEST_CASE("DMA into code takes effect") {
    Code code;
    const u32 loop = code.here();
    code.add({0x05}); // add eax, constant
    code.add32(1);
    code.jump_to(loop);
    const auto patch = [](BareCpu& bare, u64 piece) {
        const u8 constant = static_cast<u8>(piece);
        bare.memory.write(PhysAddr(code_at + 1), {&constant, 1}); // as devices write
    };
    const Run told = run(code, "bt:self-check=off", 50'000, patch);
    CHECK(told.report == "");
    CHECK(told.ledger.cause(bt::Cause::smc) > 10);
    const Run checked = run(code, "bt", 50'000, patch);
    CHECK(checked.report == "");
    CHECK(checked.ledger.cause(bt::Cause::smc) <= 10);
}
