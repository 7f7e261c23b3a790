#include "devices/contract.h"
#include "devices/ne2000.h"
#include "devices/network_rig.h"

namespace ringshift {

namespace {

constexpr u8 first_page = 0x46, last_page = 0x80;

struct Ne2000Rig : Rig {
    CollectingNetwork network;
    FakeIrqLine irq;
    Ne2000 card{irq, network, test_mac};
    RegisterBlock& ports = *card.bar(0);

    Ne2000Rig() {
        use(card);
        block(ports, Ne2000::port_count);
        event = [this](Random& random) {
            if (random() % 4 == 0) start();
            card.receive(random_frame(random));
        };
    }
    void out(unsigned port, u8 value) { ports.write(port, 1, value); }
    u8 in(unsigned port) { return static_cast<u8>(ports.read(port, 1)); }
    /// As a driver does: word mode, a ring behind the transmit page, our address, broadcasts.
    void start() {
        out(0x00, 0x21);
        out(0x0E, 0x49);
        out(0x0C, 0x04);
        out(0x0D, 0x00);
        out(0x01, first_page);
        out(0x02, last_page);
        out(0x03, first_page);
        out(0x07, 0xFF);
        out(0x0F, 0x3F);
        out(0x00, 0x61);
        for (unsigned i = 0; i < 6; ++i) out(1 + i, test_mac[i]);
        out(0x07, first_page + 1);
        out(0x00, 0x22);
    }
    void dma(u16 address, u16 count, u8 command) {
        out(0x0A, static_cast<u8>(count));
        out(0x0B, static_cast<u8>(count >> 8));
        out(0x08, static_cast<u8>(address));
        out(0x09, static_cast<u8>(address >> 8));
        out(0x00, command);
    }
    std::vector<u8> read_memory(u16 address, u16 count) {
        dma(address, count, 0x0A);
        std::vector<u8> bytes(count);
        ports.read_block(0x10, 2, bytes);
        return bytes;
    }
    u8 current() {
        out(0x00, 0x62);
        const u8 value = in(0x07);
        out(0x00, 0x22);
        return value;
    }
};

struct Ne2000PciRig : Rig {
    CollectingNetwork network;
    Ne2000Pci card{network, test_mac};
    Ne2000PciRig() {
        use(card);
        block(*card.bar(0), Ne2000::port_count);
        event = [this](Random& random) {
            if (random() % 2) return card.receive(random_frame(random));
            card.config_write(static_cast<u8>(random() % 64 * 4), 4, static_cast<u32>(random()));
        };
    }
};

} // namespace

TEST_CASE("the NE2000 keeps the device contract") {
    check_device_contract([] { return std::make_unique<Ne2000Rig>(); });
}

TEST_CASE("the RTL8029 keeps the device contract") {
    check_device_contract([] { return std::make_unique<Ne2000PciRig>(); });
}

TEST_CASE("the NE2000 shows its station address doubled and ends it with 57h") {
    Ne2000Rig rig;
    rig.start();
    const std::vector<u8> prom = rig.read_memory(0, 32);
    for (unsigned i = 0; i < 6; ++i) {
        CHECK(prom[2 * i] == test_mac[i]);
        CHECK(prom[2 * i + 1] == test_mac[i]);
    }
    CHECK(prom[28] == 0x57);
    CHECK(prom[30] == 0x57);
    CHECK((rig.in(0x07) & 0x40) != 0); // remote DMA complete
}

TEST_CASE("the NE2000 sends what was written to its memory") {
    Ne2000Rig rig;
    rig.start();
    const std::vector<u8> frame = frame_to(gateway_mac, 100);
    rig.dma(0x4000, 100, 0x12);
    rig.ports.write_block(0x10, 2, frame);
    rig.out(0x04, 0x40);
    rig.out(0x05, 100);
    rig.out(0x06, 0);
    rig.out(0x00, 0x26);
    REQUIRE(rig.network.sent.size() == 1);
    CHECK(rig.network.sent[0] == frame);
    CHECK((rig.in(0x07) & 0x02) != 0);
    CHECK(rig.irq.level);
    rig.out(0x07, 0x42);
    CHECK_FALSE(rig.irq.level);
}

TEST_CASE("the NE2000 puts a frame into its ring behind a header") {
    Ne2000Rig rig;
    rig.start();
    rig.card.receive(frame_to(test_mac, 300));
    CHECK(rig.irq.level);
    CHECK(rig.current() == first_page + 3);
    const std::vector<u8> stored = rig.read_memory((first_page + 1) * 256, 304);
    CHECK(stored[0] == 0x01);
    CHECK(stored[1] == first_page + 3);
    CHECK((stored[2] | stored[3] << 8) == 304);
    CHECK(std::vector<u8>(stored.begin() + 4, stored.end()) == frame_to(test_mac, 300));
    rig.card.receive(frame_to(gateway_mac, 300)); // not for us
    CHECK(rig.current() == first_page + 3);
    rig.card.receive(frame_to({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 40));
    const std::vector<u8> broadcast = rig.read_memory((first_page + 3) * 256, 64);
    CHECK((broadcast[2] | broadcast[3] << 8) == 64); // padded to 60
}

TEST_CASE("the NE2000 wraps its ring and says when it is full and has room again") {
    Ne2000Rig rig;
    rig.start();
    unsigned frames = 0;
    while (rig.card.can_receive()) {
        rig.card.receive(frame_to(test_mac, 1514));
        REQUIRE(++frames < 20);
    }
    CHECK(frames == 9);
    rig.card.receive(frame_to(test_mac, 1514));
    CHECK((rig.in(0x07) & 0x10) != 0); // overwrite warning
    const u8 last = static_cast<u8>(rig.current() - 1);
    const unsigned asked = rig.network.readies;
    rig.out(0x03, last); // the driver has read all
    CHECK(rig.network.readies == asked + 1);
    CHECK(rig.card.can_receive());
    const u8 before = rig.current();
    rig.card.receive(frame_to(test_mac, 1514));
    const unsigned next = before + 6u < last_page ? before + 6u : before + 6u - (last_page - first_page);
    CHECK(rig.current() == next);
    const u16 begin = static_cast<u16>(before * 256);
    const std::vector<u8> stored = rig.read_memory(begin, 1518); // remote DMA wraps too
    CHECK(std::vector<u8>(stored.begin() + 4, stored.end()) == frame_to(test_mac, 1514));
}

TEST_CASE("the NE2000 interrupts again for a frame that came between reading CURR and acknowledging") {
    Ne2000Rig rig;
    rig.start();
    rig.card.receive(frame_to(test_mac, 100));
    rig.current();
    rig.card.receive(frame_to(test_mac, 100));
    rig.out(0x07, 0x01);
    CHECK(rig.irq.level);
    rig.current();
    rig.out(0x07, 0x01);
    CHECK_FALSE(rig.irq.level);
}

TEST_CASE("the RTL8029 answers as PCI 10EC 8029 with 32 ports") {
    Ne2000PciRig rig;
    CHECK(rig.card.config_read(0, 4) == 0x802910EC);
    rig.card.config_write(0x10, 4, 0xFFFFFFFF);
    CHECK(rig.card.config_read(0x10, 4) == 0xFFFFFFE1);
    RegisterBlock& ports = *rig.card.bar(0);
    ports.write(0x00, 1, 0x22);
    CHECK(ports.read(0x0A, 1) == 'P');
    CHECK(ports.read(0x0B, 1) == 'C');
}

} // namespace ringshift
