#include "../suites/bare_cpu.h"
#include "bt/explain.h"
#include "bt/reasons.h"
#include "bt/workbench.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

using namespace ringshift;
using namespace ringshift::bt;

namespace {

/// cli; nop; mov eax, [ebx]; push eax; jz -7
constexpr std::array<u8, 8> guest{0xFA, 0x90, 0x8B, 0x03, 0x50, 0x74, 0xF9, 0x90};

Explanation explain_guest(Workbench& bench) {
    const auto block = bench.decode(guest, 0x1000);
    const auto code = bench.translate(*block);
    return explain(*block, bench.mode(), code, bench.emitter().runtime_distance());
}

} // namespace

TEST_CASE("An explanation has every byte of the host code once with a provenance and a reason") {
    Workbench bench;
    const auto block = bench.decode(guest, 0x1000);
    const auto emitted = bench.translate(*block);
    const std::vector<u8> code(emitted.begin(), emitted.end());
    const Explanation x = explain(*block, bench.mode(), code, bench.emitter().runtime_distance());
    REQUIRE(x.guest.size() == 5);
    CHECK(x.guest[0].text == "cli");
    CHECK(x.guest[4].eip == 0x1005);
    u32 offset = 0;
    for (const auto& host : x.host) {
        CHECK(host.offset == offset);
        CHECK(std::equal(host.bytes.begin(), host.bytes.end(), code.begin() + offset));
        CHECK(host.guest < x.guest.size());
        CHECK_FALSE(host.why.empty());
        CHECK(host.text != "(bad)");
        offset += static_cast<u32>(host.bytes.size());
    }
    CHECK(offset == code.size());
    CHECK(x.cold > 0);
    CHECK(x.cold < code.size());
}

TEST_CASE("An explanation calls CLI sensitive and names the places that it changes") {
    Workbench bench;
    const Explanation x = explain_guest(bench);
    const auto store = std::find_if(x.host.begin(), x.host.end(), [](const auto& host) {
        return host.guest == 0 && host.text.find("mov [state.system_flags]") == 0;
    });
    REQUIRE(store != x.host.end());
    CHECK(store->provenance == Provenance::expand);
    CHECK_THAT(store->why, Catch::Contains("sensitive"));
}

TEST_CASE("An explanation does not depend on where things lie in the host") {
    Workbench one, two;
    const std::string first = to_text(explain_guest(one), {});
    CHECK(first == to_text(explain_guest(two), {}));
    CHECK_THAT(first, !Catch::Contains("host_address"));
    CHECK_THAT(first, Catch::Contains("nothing: it has no effect")); // NOP
    CHECK_THAT(first, Catch::Contains("[tlb.read_tag[r10]]"));
    CHECK_THAT(first, !Catch::Contains("\x1b"));
    CHECK_THAT(to_text(explain_guest(one), {.colour = true}), Catch::Contains("\x1b["));
    const std::string narrow = to_text(explain_guest(one), {.narrow = true});
    CHECK_THAT(narrow, Catch::Contains("  00001000 cli\n") && Catch::Contains("    native: itself, on host memory\n"));
    std::istringstream lines(narrow);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() < 120);
}

TEST_CASE("The JSON of an explanation has what the text has and the bytes") {
    Workbench bench;
    const std::vector<Explanation> explanations{explain_guest(bench)};
    const std::string json = to_json(explanations);
    CHECK_THAT(json, Catch::Contains("\"text\": \"cli\""));
    CHECK_THAT(json, Catch::Contains("\"provenance\": \"guard\""));
    CHECK_THAT(json, Catch::Contains("\"bytes\": \"fa\""));
    CHECK(std::count(json.begin(), json.end(), '{') == std::count(json.begin(), json.end(), '}'));
    CHECK(std::count(json.begin(), json.end(), '[') == std::count(json.begin(), json.end(), ']'));
}

TEST_CASE("Every sensitive instruction that is left to its handler says that it is sensitive") {
    const Workbench bench;
    const std::vector<std::vector<u8>> sensitive{{0xCD, 0x80},
                                                 {0xCF},
                                                 {0x0F, 0x34},
                                                 {0x0F, 0x35},
                                                 {0x0F, 0x22, 0xD8},
                                                 {0x0F, 0x23, 0xF8},
                                                 {0x0F, 0x01, 0x38},
                                                 {0x0F, 0x01, 0x10},
                                                 {0x0F, 0x01, 0x18},
                                                 {0x0F, 0x00, 0xD8},
                                                 {0x8E, 0xD8},
                                                 {0xEC},
                                                 {0xEE},
                                                 {0xF4},
                                                 {0x0F, 0x31},
                                                 {0x0F, 0xA2},
                                                 {0x0F, 0x32},
                                                 {0x0F, 0x30},
                                                 {0x0F, 0x01, 0x00},
                                                 {0x0F, 0x01, 0x08},
                                                 {0x0F, 0x00, 0xC0},
                                                 {0x0F, 0x00, 0xC8},
                                                 {0x0F, 0x01, 0xE0},
                                                 {0x0F, 0x02, 0xC3},
                                                 {0x0F, 0x03, 0xC3},
                                                 {0x0F, 0x00, 0xE0},
                                                 {0x0F, 0x00, 0xE8},
                                                 {0xFA},
                                                 {0xFB},
                                                 {0x9C},
                                                 {0x9D}};
    for (const auto& bytes : sensitive) {
        const auto block = bench.decode(bytes, 0);
        REQUIRE(block);
        CHECK_THAT(handler_reason(block->insns[0].insn), Catch::StartsWith("sensitive: "));
    }
}

TEST_CASE("The translator describes the code that it runs and says of cold code that it is not translated") {
    BareCpu bare;
    bare.flat_32bit();
    bt::Options options;
    options.hot_threshold = 0;
    options.verify = true;
    bare.engine.reset();
    const auto engine = make_translator(*bare.cpu, options).release();
    // mov ecx, 1000; again: inc eax; loop again; hlt
    const std::vector<u8> program{0xB9, 0xE8, 3, 0, 0, 0x40, 0xE2, 0xFD, 0xF4};
    bare.put(0x1000, program);
    bare.state().rip = 0x1000;
    CHECK(engine->run(5000) == Exit::halted);

    const std::string loop = engine->describe_code(LinearAddr(0x1005));
    CHECK_THAT(loop, Catch::Contains("loop") && Catch::Contains("inc eax") && !Catch::Contains("not translated"));
    CHECK_THAT(loop, Catch::Contains("jmp +005")); // the loop is linked to its own block
    const std::string cold = engine->describe_code(LinearAddr(0x1001), {.blocks = 1});
    CHECK_THAT(cold, Catch::Contains("mov ecx, 0x3E8")); // of the block around
    bare.put(0x2000, std::vector<u8>{0xFA, 0xC3});
    CHECK_THAT(engine->describe_code(LinearAddr(0x2000)), Catch::Contains("not translated") && Catch::Contains("cli"));
    CHECK_THAT(engine->describe_code(LinearAddr(0x1005), {.blocks = 2, .json = true}),
               Catch::Contains("\"text\": \"hlt\""));
    // Looking changes nothing.
    bare.state().activity = Activity::running;
    bare.state().rip = 0x1000;
    bare.state().gpr[0] = 0;
    CHECK(engine->run(5000) == Exit::halted);
    CHECK(bare.state().gpr[0] == 1000);
}
