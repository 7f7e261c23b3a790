// What firmware and kernels do to the processor's mode all the time, and what must not be lost by it.
#include "cache_rig.h"

using namespace ringshift;
using namespace ringshift::cache_rig;

namespace {

constexpr u32 function_at = code_at + 0x1000; ///< in another page than its callers

void begin(Code& code, u32 rounds) {
    code.add({0xB9});
    code.add32(rounds);
}

void call_function(Code& code) {
    code.add({0xE8});
    code.add32(function_at - (code.here() + 4));
}

void add_function(Code& code) {
    code.bytes.resize(function_at - code_at, 0x90);
    code.add({0x83, 0xC3, 0x01, 0xC3}); // add ebx, 1; ret
}

u64 level(const Run& run, bt::Level level) { return run.ledger.levels[static_cast<std::size_t>(level)]; }

} // namespace

TEST_CASE("Links between pages outlive changes of PE while paging is off") {
    constexpr u32 rounds = 3000;
    Code code;
    begin(code, rounds);
    const u32 loop = code.here();
    for (const bool on : {false, true}) {
        code.add({0x0F, 0x20, 0xC0});                                     // mov eax, cr0
        code.add({on ? 0x0C : 0x24, on ? 0x01 : 0xFE, 0x0F, 0x22, 0xC0}); // or al, 1 (and al, FE); mov cr0, eax
        call_function(code);
    }
    end_loop(code, loop);
    add_function(code);
    const Run now = run(code, "bt:hot=1", 22 * rounds);
    CHECK(now.report == "");
    CHECK(level(now, bt::Level::hash) < 100);
}

TEST_CASE("What GS is makes no other code of code that does not use it") {
    const auto program = [](bool used) {
        Code code;
        begin(code, 300);
        code.add({0x0F, 0x20, 0xC0, 0x24, 0xFE, 0x0F, 0x22, 0xC0}); // to real mode, where a load of GS changes its base
        code.add({0xEB, 0x00});
        const u32 loop = code.here();
        for (const u32 selector : {0u, 0x1000u}) {
            code.add({0xB8});
            code.add32(selector);
            code.add({0x8E, 0xE8}); // mov gs, ax
            call_function(code);
            if (used) code.add({0x65, 0x03, 0x15}); // add edx, gs:[code_at]
            if (used) code.add32(code_at);
        }
        end_loop(code, loop);
        add_function(code);
        return code;
    };
    const auto translations = [&](bool used, const char* engine) {
        const Run result = run(program(used), engine, 300 * 16);
        CHECK(result.report == "");
        return level(result, bt::Level::translate);
    };
    CHECK(translations(false, "bt:hot=1") < translations(false, "bt:hot=1,used-segments=off"));
    CHECK(translations(true, "bt:hot=1") > translations(false, "bt:hot=1"));
}
