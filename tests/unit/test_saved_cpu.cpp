#include "cpu_fixture.h"

#include <algorithm>

using namespace ringshift;
using namespace ringshift::test;

TEST_CASE("A saved processor with an address of more than 32 bits is refused") {
    CpuFixture f;
    const std::array<u64, 5> marks = {0x11223344, 0x22334455, 0x33445566, 0x44556677, 0x55667788};
    f.state.rip = marks[0];
    f.state.segment(SegmentName::gs).base = marks[1];
    f.state.tr.base = marks[2];
    f.state.gdtr.base = marks[3];
    f.state.idtr.base = marks[4];
    std::vector<u8> bytes;
    Archive saver = Archive::saver(bytes);
    f.cpu.archive(saver);
    const auto loads = [](std::span<const u8> saved) {
        CpuFixture other;
        Archive loader = Archive::loader(saved);
        other.cpu.archive(loader);
        return loader.ok();
    };
    CHECK(loads(bytes));
    for (const u64 mark : marks) {
        INFO(mark);
        std::vector<u8> forged = bytes;
        const auto* raw = reinterpret_cast<const u8*>(&mark);
        const auto found = std::search(forged.begin(), forged.end(), raw, raw + 8);
        REQUIRE(found != forged.end());
        found[4] = 1;
        CHECK_FALSE(loads(forged));
    }
}

TEST_CASE("What a saved processor may access follows from its limits and not from the file") {
    CpuFixture f;
    Segment& segment = f.state.segment(SegmentName::es);
    segment.limit = 0x7654;
    segment.read_span = segment.write_span = Segment::flat_span;
    segment.low = 0x80000000;
    std::vector<u8> bytes;
    Archive saver = Archive::saver(bytes);
    f.cpu.archive(saver);
    CpuFixture other;
    Archive loader = Archive::loader(bytes);
    other.cpu.archive(loader);
    REQUIRE(loader.ok());
    const Segment& loaded = other.state.segment(SegmentName::es);
    CHECK(loaded.read_span == 0x7654);
    CHECK(loaded.write_span == 0x7654);
    CHECK(loaded.low == 0);
}
