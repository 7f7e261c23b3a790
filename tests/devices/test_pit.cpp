#include "devices/contract.h"

#include "devices/pit.h"

using namespace ringshift;

namespace {

struct PitRig : Rig {
    FakeIrqLine irq{&clock};
    Pit pit{clock, irq};
    PitRig() {
        use(pit);
        block(pit.counters(), 4);
        block(pit.speaker_port(), 1);
    }
    void program(unsigned counter, u8 mode, u16 count, bool bcd = false) {
        pit.counters().write(3, 1, counter << 6 | 0x30u | mode * 2u | bcd);
        pit.counters().write(counter, 1, count & 0xFF);
        pit.counters().write(counter, 1, count >> 8);
    }
    u16 latched(unsigned counter) {
        pit.counters().write(3, 1, counter << 6);
        const u64 low = pit.counters().read(counter, 1);
        return static_cast<u16>(low | pit.counters().read(counter, 1) << 8);
    }
    u8 status(unsigned counter) {
        pit.counters().write(3, 1, 0xE0u | 2u << counter);
        return static_cast<u8>(pit.counters().read(counter, 1));
    }
    u64 port61() { return pit.speaker_port().read(0, 1); }
    void to_tick(u64 tick) { clock.advance_to(time_of_tick(tick, Pit::hz)); }
    u64 tick() const { return ticks_at(clock.now(), Pit::hz); }
};

} // namespace

TEST_CASE("the PIT keeps the device contract") {
    check_device_contract([] { return std::make_unique<PitRig>(); }, 10'000);
}

TEST_CASE("PIT mode 2 gives edges at exact times without drift") {
    PitRig rig;
    rig.program(0, 2, 1193);
    rig.clock.advance_to(10'000'000'000);
    // The first count starts one tick after the write.
    const u64 periods = (11'931'820 - 1) / 1193;
    REQUIRE(rig.irq.rises == periods + 1); // the output rose when the mode was set
    u64 n = 0;
    for (const auto& change : rig.irq.changes) {
        if (!change.level) continue;
        if (n > 0) REQUIRE(change.ns == time_of_tick(1 + n * 1193, Pit::hz));
        ++n;
    }
}

TEST_CASE("PIT mode 3 is a square wave and counts by two") {
    PitRig rig;
    rig.program(0, 3, 1000);
    rig.to_tick(1 + 499);
    CHECK(rig.irq.level);
    CHECK(rig.latched(0) == 2);
    rig.to_tick(1 + 500);
    CHECK_FALSE(rig.irq.level);
    CHECK(rig.latched(0) == 1000);
    rig.to_tick(1 + 1000);
    CHECK(rig.irq.level);
    rig.program(0, 3, 5); // odd: three high, two low
    const u64 start = rig.tick() + 1;
    rig.to_tick(start + 2);
    CHECK(rig.irq.level);
    rig.to_tick(start + 3);
    CHECK_FALSE(rig.irq.level);
    rig.to_tick(start + 5);
    CHECK(rig.irq.level);
}

TEST_CASE("PIT mode 0 rises once at its terminal count") {
    PitRig rig;
    rig.program(0, 0, 100);
    CHECK(rig.latched(0) == 100);
    rig.to_tick(100);
    CHECK_FALSE(rig.irq.level);
    CHECK(rig.latched(0) == 1);
    rig.to_tick(101);
    CHECK(rig.irq.level);
    CHECK(rig.latched(0) == 0);
    rig.to_tick(102);
    CHECK(rig.latched(0) == 0xFFFF);
    rig.clock.advance(1'000'000'000);
    CHECK(rig.irq.rises == 1);
    rig.pit.counters().write(0, 1, 10); // the first byte of a new count lowers the output
    CHECK_FALSE(rig.irq.level);
}

TEST_CASE("PIT modes 1 and 5 wait for the gate and mode 4 strobes by itself") {
    PitRig rig;
    rig.program(2, 1, 50);
    rig.to_tick(1000);
    CHECK((rig.port61() & 0x20) != 0);
    rig.pit.speaker_port().write(0, 1, 1);
    const u64 start = rig.tick() + 1;
    rig.to_tick(start + 49);
    CHECK((rig.port61() & 0x20) == 0);
    rig.to_tick(start + 50);
    CHECK((rig.port61() & 0x20) != 0);

    rig.pit.speaker_port().write(0, 1, 0);
    rig.program(2, 5, 30);
    rig.pit.speaker_port().write(0, 1, 1);
    const u64 trigger = rig.tick() + 1;
    rig.to_tick(trigger + 29);
    CHECK((rig.port61() & 0x20) != 0);
    rig.to_tick(trigger + 30);
    CHECK((rig.port61() & 0x20) == 0);
    rig.to_tick(trigger + 31);
    CHECK((rig.port61() & 0x20) != 0);

    rig.program(0, 4, 20);
    const u64 strobe = rig.tick() + 1 + 20;
    rig.to_tick(strobe);
    CHECK_FALSE(rig.irq.level);
    rig.to_tick(strobe + 1);
    CHECK(rig.irq.level);
}

TEST_CASE("a PIT count written while the counter runs takes effect at the end of the period") {
    PitRig rig;
    rig.program(0, 2, 1000);
    rig.to_tick(1 + 300);
    rig.pit.counters().write(0, 1, 100);
    rig.pit.counters().write(0, 1, 0);
    CHECK((rig.status(0) & 0x40) != 0);
    CHECK(rig.latched(0) == 700);
    rig.to_tick(1 + 999);
    CHECK_FALSE(rig.irq.level);
    rig.to_tick(1 + 1000);
    CHECK(rig.latched(0) == 100);
    CHECK((rig.status(0) & 0x40) == 0);
    rig.to_tick(1 + 1099);
    CHECK_FALSE(rig.irq.level);
}

TEST_CASE("a PIT square wave takes a new count at the end of its half") {
    PitRig rig;
    rig.program(0, 3, 1000);
    rig.to_tick(1 + 100);
    rig.pit.counters().write(0, 1, 200);
    rig.pit.counters().write(0, 1, 0);
    rig.to_tick(1 + 500);
    CHECK_FALSE(rig.irq.level);
    rig.to_tick(1 + 599);
    CHECK_FALSE(rig.irq.level);
    rig.to_tick(1 + 600);
    CHECK(rig.irq.level);
}

TEST_CASE("PIT counts in BCD and latches count and status together") {
    PitRig rig;
    rig.program(0, 2, 0x1000, true);
    rig.to_tick(1 + 1);
    CHECK(rig.latched(0) == 0x0999);
    rig.pit.counters().write(3, 1, 0xC2); // status and count of counter 0
    rig.to_tick(1 + 500);
    CHECK(rig.pit.counters().read(0, 1) == 0xB5);
    CHECK(rig.pit.counters().read(0, 1) == 0x99);
    CHECK(rig.pit.counters().read(0, 1) == 0x09);
    CHECK(rig.pit.counters().read(0, 1) == 0x00); // live again
    CHECK(rig.pit.counters().read(0, 1) == 0x05);
}

TEST_CASE("late PIT periods are one edge and not a burst") {
    PitRig rig;
    rig.program(0, 2, 1193);
    rig.clock.advance(5'500'000);
    const unsigned before = rig.irq.rises;
    rig.clock.skip(50'000'000);
    rig.clock.advance(1);
    CHECK(rig.irq.rises == before + 1);
    rig.clock.advance(1'000'000);
    CHECK(rig.irq.rises == before + 2);
}

TEST_CASE("port 61 shows the refresh toggle and the speaker its tone") {
    PitRig rig;
    const u64 first = rig.port61() & 0x10;
    rig.to_tick(18);
    CHECK((rig.port61() & 0x10) != first);
    CHECK(rig.pit.speaker() == SpeakerState{});
    rig.program(2, 3, 1193);
    rig.pit.speaker_port().write(0, 1, 3);
    CHECK((rig.port61() & 0x0F) == 3);
    CHECK(rig.pit.speaker().enabled);
    CHECK(rig.pit.speaker().tone_hz == 1000);
    rig.pit.speaker_port().write(0, 1, 0);
    CHECK(rig.pit.speaker() == SpeakerState{});
}

TEST_CASE("the gate holds PIT counter 2 in mode 0") {
    PitRig rig;
    rig.program(2, 0, 100);
    rig.to_tick(500);
    CHECK(rig.latched(2) == 100);
    rig.pit.speaker_port().write(0, 1, 1);
    rig.to_tick(540);
    CHECK(rig.latched(2) == 60);
    rig.to_tick(600);
    CHECK((rig.port61() & 0x20) != 0);
}
