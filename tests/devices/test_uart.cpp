#include "devices/contract.h"

#include "devices/uart.h"

using namespace ringshift;

namespace {

struct UartRig : Rig {
    FakeIrqLine irq{&clock};
    CollectingSink sink;
    Uart uart{"uart0", clock, irq, sink};
    UartRig() {
        use(uart);
        block(uart.ports(), 8);
        event = [this](Random& random) {
            for (u64 n = random() % 40; n > 0; --n) uart.receive(static_cast<u8>(random()));
        };
    }
    void out(unsigned offset, u8 value) { uart.ports().write(offset, 1, value); }
    u64 in(unsigned offset) { return uart.ports().read(offset, 1); }
    /// 115200 baud, OUT2 on.
    void initialise(u8 ier, u8 fcr) {
        out(3, 0x83);
        out(0, 1);
        out(1, 0);
        out(3, 0x03);
        out(2, fcr);
        out(4, 0x0B);
        out(1, ier);
    }
};

} // namespace

TEST_CASE("the UART keeps the device contract") {
    check_device_contract([] { return std::make_unique<UartRig>(); }, 10'000);
}

TEST_CASE("the UART is found as a 16550A by its usual probes") {
    UartRig rig;
    rig.out(1, 0);
    CHECK(rig.in(1) == 0);
    rig.out(1, 0x0F);
    CHECK(rig.in(1) == 0x0F);
    rig.out(1, 0);
    rig.out(4, 0x1A); // loopback with OUT2 and RTS
    CHECK((rig.in(6) & 0xF0) == 0x90);
    rig.out(4, 0);
    rig.out(2, 0x01);
    CHECK((rig.in(2) & 0xC0) == 0xC0);
    rig.out(2, 0x00);
    CHECK((rig.in(2) & 0xC0) == 0);
    rig.out(7, 0x5A);
    CHECK(rig.in(7) == 0x5A);
    rig.out(3, 0x80);
    rig.out(0, 0x34);
    rig.out(1, 0x12);
    CHECK(rig.in(0) == 0x34);
    CHECK(rig.in(1) == 0x12);
    rig.out(3, 0x03);
    CHECK(rig.in(1) == 0);
    CHECK((rig.in(6) & 0xF0) == 0xB0);
}

TEST_CASE("the UART transmits at once and asks for more") {
    UartRig rig;
    rig.initialise(0, 0x01);
    rig.out(0, 'a');
    CHECK(rig.sink.text == "a");
    CHECK(rig.in(5) == 0x60);
    CHECK_FALSE(rig.irq.level);
    rig.out(1, 0x02);
    CHECK(rig.irq.level);
    CHECK((rig.in(2) & 0x0F) == 0x02); // the read clears it
    CHECK_FALSE(rig.irq.level);
    CHECK((rig.in(2) & 0x0F) == 0x01);
    const unsigned before = rig.irq.rises;
    rig.out(0, 'b');
    CHECK(rig.irq.rises == before + 1);
    rig.out(0, 'c');
    CHECK(rig.irq.rises == before + 2); // a new edge for each byte
    rig.out(1, 0x00);
    rig.out(1, 0x02);
    CHECK((rig.in(2) & 0x0F) == 0x02); // enabling it again asserts it again
}

TEST_CASE("the UART receives one byte after another with an edge for each") {
    UartRig rig;
    rig.initialise(0x01, 0x00);
    for (const u8 c : {u8{'x'}, u8{'y'}, u8{'z'}}) rig.uart.receive(c);
    std::string got;
    for (int i = 0; i < 3; ++i) {
        rig.clock.advance(1'000'000);
        REQUIRE(rig.irq.level);
        CHECK((rig.in(2) & 0x0F) == 0x04);
        CHECK((rig.in(5) & 0x01) == 1);
        got += static_cast<char>(rig.in(0));
        CHECK_FALSE(rig.irq.level);
    }
    CHECK(got == "xyz");
    CHECK(rig.irq.rises == 3);
}

TEST_CASE("the UART FIFO interrupts at its trigger level and after a silence") {
    UartRig rig;
    rig.initialise(0x01, 0x81); // 8 bytes
    for (int i = 0; i < 10; ++i) rig.uart.receive(static_cast<u8>(i));
    rig.clock.advance(86'806 * 7);
    CHECK_FALSE(rig.irq.level);
    rig.clock.advance(86'806);
    CHECK(rig.irq.level);
    CHECK((rig.in(2) & 0x0F) == 0x04);
    rig.clock.advance(86'806 * 2);
    for (int i = 0; i < 5; ++i) CHECK(rig.in(0) == static_cast<u64>(i));
    CHECK_FALSE(rig.irq.level);
    rig.clock.advance(86'806 * 5);
    CHECK(rig.irq.level);
    CHECK((rig.in(2) & 0x0F) == 0x0C);
    CHECK(rig.in(0) == 5);
    CHECK_FALSE(rig.irq.level);
}

TEST_CASE("the UART never loses bytes of the host while there is room") {
    UartRig rig;
    rig.initialise(0x01, 0x01);
    std::size_t sent = 0;
    while (rig.uart.room() > 0) rig.uart.receive(static_cast<u8>(sent++));
    rig.uart.receive(0xEE); // lost
    std::size_t got = 0;
    bool in_order = true;
    for (int i = 0; i < 20'000 && got < sent; ++i) {
        rig.clock.advance(50'000);
        while (rig.in(5) & 1) in_order = rig.in(0) == (got++ & 0xFF) && in_order;
    }
    CHECK(got == sent);
    CHECK(in_order);
    CHECK((rig.in(5) & 0x02) == 0);
}

TEST_CASE("the UART in loopback sends to itself and reports overruns first") {
    UartRig rig;
    rig.initialise(0x05, 0x01);
    rig.out(4, 0x18);
    for (int i = 0; i < 17; ++i) rig.out(0, static_cast<u8>(i));
    CHECK(rig.sink.text.empty());
    CHECK((rig.in(2) & 0x0F) == 0x06);
    CHECK((rig.in(5) & 0x03) == 0x03);
    CHECK((rig.in(2) & 0x0F) == 0x04);
    for (u64 i = 0; i < 16; ++i) CHECK(rig.in(0) == i);
    CHECK((rig.in(5) & 0x01) == 0);
}

TEST_CASE("UART modem lines tell their changes and interrupt") {
    UartRig rig;
    rig.initialise(0x08, 0x01);
    rig.in(6);
    CHECK_FALSE(rig.irq.level);
    rig.out(4, 0x1C); // loopback: only OUT1 and OUT2, so RI and DCD
    CHECK((rig.in(2) & 0x0F) == 0x00);
    CHECK(rig.in(6) == 0xC3); // DSR and CTS fell
    rig.out(4, 0x18);
    CHECK(rig.in(6) == 0x84); // the trailing edge of RI
    CHECK(rig.in(6) == 0x80);
}
