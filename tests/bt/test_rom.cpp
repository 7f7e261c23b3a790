// Code in ROM is translated like code in RAM, and goes when another ROM is mapped there.
#include "cache_rig.h"

using namespace ringshift;
using namespace ringshift::cache_rig;

namespace {

constexpr u32 rom_at = 0xF0000;

/// add eax, `step`; jmp to it.
std::vector<u8> loop_adding(u8 step) {
    std::vector<u8> rom(page_size, 0xF4);
    const std::array<u8, 5> loop{0x83, 0xC0, step, 0xEB, 0xFB};
    std::copy(loop.begin(), loop.end(), rom.begin());
    return rom;
}

} // namespace

TEST_CASE("Code in ROM is translated and another ROM in its place is seen at once") {
    Code code;
    code.jump_to(rom_at);
    const auto first = loop_adding(3), second = loop_adding(5);
    const auto between = [&](BareCpu& bare, u64 piece) {
        if (piece % 4 == 0)
            bare.memory.map_rom(PhysAddr(rom_at), page_size, piece % 8 == 0 ? first.data() : second.data());
    };
    const Run with = run(code, "bt", 40000, between);
    CHECK(with.report == "");
    CHECK(with.ledger.levels[static_cast<std::size_t>(bt::Level::interp)] < with.ledger.entries / 10);
    CHECK(with.ledger.levels[static_cast<std::size_t>(bt::Level::translate)] >= 10);
    const Run without = run(code, "bt:rom=off", 40000, between);
    CHECK(without.report == "");
    CHECK(without.ledger.level(bt::Level::interp) > without.ledger.entries * 9 / 10);
}
