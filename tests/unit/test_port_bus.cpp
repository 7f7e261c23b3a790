#include "machine/port_bus.h"

#include <catch2/catch.hpp>

using namespace ringshift;

namespace {

struct Recorder final : RegisterBlock {
    u64 read(u64 offset, unsigned size) override {
        log += fmt::format("r{}:{} ", offset, size);
        return 0x44332211 + offset;
    }
    void write(u64 offset, unsigned size, u64 value) override {
        log += fmt::format("w{}:{}={:x} ", offset, size, value);
    }
    std::string log;
};

} // namespace

TEST_CASE("ports that nobody claims read as ones and swallow writes") {
    PortBus bus;
    bus.write(0x1234, 4, 5);
    CHECK(bus.read(0x1234, 1) == 0xFF);
    CHECK(bus.read(0x1234, 2) == 0xFFFF);
    CHECK(bus.read(0x1234, 4) == 0xFFFFFFFF);
}

TEST_CASE("two devices cannot claim one port") {
    PortBus bus;
    Recorder a;
    Recorder b;
    REQUIRE(bus.claim(0x60, 1, 1, a, "a").ok());
    REQUIRE(bus.claim(0x64, 1, 1, a, "a").ok());
    const auto overlap = bus.claim(0x61, 4, 1, b, "b");
    REQUIRE_FALSE(overlap.ok());
    CHECK(overlap.error().message == "b and a both claim port 0x64");
    CHECK_FALSE(bus.claim(0xFFFF, 2, 1, b, "b").ok());
    CHECK(bus.read(0x61, 1) == 0xFF);
}

TEST_CASE("an access wider than the device is split into consecutive ports") {
    PortBus bus;
    Recorder bytes;
    Recorder words;
    REQUIRE(bus.claim(0x3CE, 2, 1, bytes, "bytes").ok());
    REQUIRE(bus.claim(0x3D0, 8, 2, words, "words").ok());
    bus.write(0x3CE, 2, 0x0F05);
    CHECK(bytes.log == "w0:1=5 w1:1=f ");
    bus.write(0x3D0, 4, 0x11223344);
    CHECK(words.log == "w0:2=3344 w2:2=1122 ");
    words.log.clear();
    bytes.log.clear();
    CHECK(bus.read(0x3CF, 2) == (0x12u | 0x11u << 8)); // from one device into the next
    CHECK(bytes.log == "r1:1 ");
    CHECK(words.log == "r0:1 ");
    CHECK(bus.read(0x3D7, 2) == (0x18u | 0xFF00u)); // past the end
}

TEST_CASE("an access at the last port wraps to the first") {
    PortBus bus;
    Recorder a;
    REQUIRE(bus.claim(0, 1, 1, a, "a").ok());
    CHECK(bus.read(0xFFFF, 2) == 0x11FF);
}

TEST_CASE("blocks reach a device that is wide enough and are split for others") {
    PortBus bus;
    Recorder bytes;
    REQUIRE(bus.claim(0x10, 2, 1, bytes, "bytes").ok());
    std::array<u8, 4> buffer{1, 2, 3, 4};
    bus.write_block(0x10, 2, buffer);
    CHECK(bytes.log == "w0:1=1 w1:1=2 w0:1=3 w1:1=4 ");
    bus.read_block(0x10, 1, buffer);
    CHECK(buffer == std::array<u8, 4>{0x11, 0x11, 0x11, 0x11});
}

TEST_CASE("ranges placed by the guest never cover fixed ones and can be moved for ever") {
    PortBus bus;
    Recorder fixed;
    Recorder moving;
    REQUIRE(bus.claim(0xC002, 2, 1, fixed, "fixed").ok());
    for (u32 i = 0; i < 200; ++i) {
        const u16 base = static_cast<u16>(0xC000 + (i % 7));
        bus.claim_free(base, 8, 4, moving, "moving");
        (void)bus.read(0xC002, 1);
        bus.release(moving);
    }
    CHECK(moving.log.empty());
    CHECK(fixed.log.find("r0:1") == 0);
    CHECK(bus.read(0xC006, 1) == 0xFF);
}
