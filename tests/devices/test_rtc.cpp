#include "devices/contract.h"

#include "devices/rtc.h"

using namespace ringshift;

namespace {

constexpr u64 second = 1'000'000'000;
constexpr i64 leap_eve = 1'709'164'799; // 2024-02-28 23:59:59, a Wednesday

struct RtcRig : Rig {
    FakeIrqLine irq{&clock};
    Rtc rtc;
    explicit RtcRig(i64 start = leap_eve) : rtc(clock, irq, start) {
        use(rtc);
        block(rtc.ports(), 2);
        block(rtc.extended_ports(), 2);
        keeps_state_over_reset = true;
    }
    u64 get(u8 index) {
        rtc.ports().write(0, 1, index);
        return rtc.ports().read(1, 1);
    }
    void set(u8 index, u8 value) {
        rtc.ports().write(0, 1, index);
        rtc.ports().write(1, 1, value);
    }
    /// Century, year, month, day, hour, minute, second as hexadecimal digits.
    u64 time() {
        u64 value = 0;
        for (const int index : {0x32, 9, 8, 7, 4, 2, 0}) value = value << 8 | get(static_cast<u8>(index));
        return value;
    }
};

} // namespace

TEST_CASE("the RTC keeps the device contract") {
    check_device_contract([] { return std::make_unique<RtcRig>(); }, 10'000);
}

TEST_CASE("the RTC knows the calendar and leap years") {
    RtcRig rig;
    CHECK(rig.time() == 0x20240228235959);
    CHECK(rig.get(6) == 4);
    rig.clock.advance(second);
    CHECK(rig.time() == 0x20240229000000);
    CHECK(rig.get(6) == 5);
    rig.clock.advance(86'400 * second);
    CHECK(rig.time() == 0x20240301000000);
    CHECK(RtcRig(0).time() == 0x19700101000000);
    CHECK(RtcRig(951'782'400).time() == 0x20000229000000);
    CHECK(RtcRig(4'107'542'399).time() == 0x21000228235959);
    RtcRig new_century(946'684'799);
    CHECK(new_century.time() == 0x19991231235959);
    new_century.clock.advance(second);
    CHECK(new_century.time() == 0x20000101000000);
}

TEST_CASE("the RTC counts in binary and in twelve hours if told so") {
    RtcRig rig(1'709'164'799 - 12 * 3600 + 1); // 12:00:00
    rig.set(0x0B, 0x80);                       // SET, BCD, 12 h
    rig.set(4, 0x11);
    rig.set(2, 0x59);
    rig.set(0, 0x59);
    rig.clock.advance(5 * second);
    CHECK(rig.get(0) == 0x59); // held by SET
    rig.set(0x0B, 0x00);
    rig.clock.advance(second);
    CHECK(rig.get(4) == 0x92); // 12 PM
    CHECK(rig.get(2) == 0);
    rig.set(0x0B, 0x84);
    rig.set(4, 0x8B); // 11 PM
    rig.set(2, 59);
    rig.set(0, 59);
    rig.set(7, 9);
    rig.set(0x0B, 0x04);
    rig.clock.advance(second);
    CHECK(rig.get(4) == 12);
    CHECK(rig.get(7) == 10);
}

TEST_CASE("the RTC announces its updates and interrupts after them") {
    RtcRig rig;
    CHECK((rig.get(0x0A) & 0x80) == 0);
    rig.clock.advance_to(second - 244'000);
    CHECK((rig.get(0x0A) & 0x80) != 0);
    rig.set(0x0B, 0x12);
    CHECK_FALSE(rig.irq.level);
    rig.clock.advance_to(second);
    CHECK((rig.get(0x0A) & 0x80) == 0);
    CHECK(rig.irq.level);
    CHECK((rig.get(0x0C) & 0x90) == 0x90); // midnight: the alarm and periodic flags are set as well
    CHECK_FALSE(rig.irq.level);
    CHECK(rig.get(0x0C) == 0);
}

TEST_CASE("the RTC alarm rings at its time and at every match of a wildcard") {
    RtcRig rig;
    rig.set(1, 0x05);
    rig.set(3, 0x00);
    rig.set(5, 0x00);
    rig.set(0x0B, 0x22);
    rig.clock.advance(5 * second);
    CHECK_FALSE(rig.irq.level);
    rig.clock.advance(second);
    CHECK(rig.irq.level);
    CHECK((rig.get(0x0C) & 0xA0) == 0xA0);
    rig.set(3, 0xFF);
    rig.set(5, 0xFF);
    rig.clock.advance(60 * second);
    CHECK((rig.get(0x0C) & 0xA0) == 0xA0);
}

TEST_CASE("the RTC periodic interrupt has exact rates and one flag until it is read") {
    RtcRig rig;
    rig.set(0x0A, 0x26); // 1024 Hz
    rig.set(0x0B, 0x42);
    unsigned count = 0;
    while (rig.clock.now() < second) {
        rig.clock.advance_to(std::min(*rig.clock.next_deadline(), second));
        if (rig.irq.level && (rig.get(0x0C) & 0x40)) ++count;
    }
    CHECK(count == 1024);
    rig.clock.advance(second); // nobody reads
    CHECK(rig.irq.rises == 1025);
    rig.set(0x0B, 0x02);
    CHECK_FALSE(rig.irq.level);
}

TEST_CASE("the RTC divider in reset stops time and starts half a second before an update") {
    RtcRig rig;
    rig.clock.advance(second * 5 / 4);
    rig.set(0x0A, 0x66);
    const u64 before = rig.time();
    rig.clock.advance(10 * second);
    CHECK(rig.time() == before);
    rig.set(0x0A, 0x26);
    rig.clock.advance(second / 2 - 1);
    CHECK(rig.time() == before);
    rig.clock.advance(1);
    CHECK(rig.time() == before + 1);

    RtcRig early; // the same right after power-on
    early.set(0x0A, 0x66);
    early.set(0x0A, 0x26);
    early.clock.advance(second / 2);
    CHECK(early.time() == 0x20240229000000);
}

TEST_CASE("CMOS memory has two banks and survives reset and nonsense in the clock") {
    RtcRig rig;
    rig.rtc.set_cmos(0x34, 0x12);
    rig.set(0x40, 0x77);
    rig.rtc.extended_ports().write(0, 2, 0x55C0);
    rig.rtc.reset();
    CHECK(rig.get(0x34) == 0x12);
    CHECK(rig.get(0x40) == 0x77);
    CHECK(rig.rtc.cmos(0xC0) == 0x55);
    CHECK(rig.get(0x0D) == 0x80);
    rig.rtc.ports().write(0, 1, 0x8D);
    CHECK(rig.rtc.nmi_masked());
    for (u8 i = 0; i < 10; ++i) rig.set(i, 0xFF);
    rig.clock.advance(100 * second);
    CHECK(rig.get(0) <= 0x59);
}
