#include "devices/contract.h"

#include "devices/pic.h"

using namespace ringshift;

namespace {

struct PicRig : Rig {
    FakeIrqLine intr;
    Pic pic{intr};
    PicRig() {
        use(pic);
        block(pic.master(), 2);
        block(pic.slave(), 2);
        block(pic.elcr(), 2);
        event = [this](Random& random) {
            if (random() % 4 == 0) {
                pic.acknowledge();
            } else {
                pic.input(random() % 16).set(random() % 2);
            }
        };
    }
    /// As every PC does: vectors 08 and 70, all inputs enabled.
    void initialise(u8 icw4 = 0x01) {
        for (auto [block, base, icw3] : {std::tuple(&pic.master(), 0x08, 0x04), std::tuple(&pic.slave(), 0x70, 0x02)}) {
            block->write(0, 1, 0x11);
            block->write(1, 1, static_cast<u64>(base));
            block->write(1, 1, static_cast<u64>(icw3));
            block->write(1, 1, icw4);
        }
    }
    u64 isr(RegisterBlock& chip) {
        chip.write(0, 1, 0x0B);
        return chip.read(0, 1);
    }
    u64 irr(RegisterBlock& chip) {
        chip.write(0, 1, 0x0A);
        return chip.read(0, 1);
    }
};

} // namespace

TEST_CASE("the PIC keeps the device contract") {
    check_device_contract([] { return std::make_unique<PicRig>(); });
}

TEST_CASE("the PIC delivers by priority and nests only higher requests") {
    PicRig rig;
    rig.initialise();
    rig.pic.input(4).set(true);
    rig.pic.input(3).set(true);
    CHECK(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x0B);
    CHECK_FALSE(rig.intr.level); // 4 waits for the end of 3
    CHECK(rig.isr(rig.pic.master()) == 0x08);
    CHECK(rig.irr(rig.pic.master()) == 0x10);
    rig.pic.input(1).set(true);
    CHECK(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x09);
    rig.pic.master().write(0, 1, 0x20);
    CHECK(rig.isr(rig.pic.master()) == 0x08);
    rig.pic.master().write(0, 1, 0x20);
    CHECK(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x0C);
    rig.pic.master().write(0, 1, 0x64); // specific EOI
    CHECK(rig.isr(rig.pic.master()) == 0);
    CHECK_FALSE(rig.intr.level); // the wires are still high but have no new edge
}

TEST_CASE("the PIC masks requests and keeps them until unmasked") {
    PicRig rig;
    rig.initialise();
    rig.pic.master().write(1, 1, 0x10);
    rig.pic.input(4).set(true);
    CHECK_FALSE(rig.intr.level);
    CHECK(rig.pic.master().read(1, 1) == 0x10);
    rig.pic.master().write(1, 1, 0);
    CHECK(rig.intr.level);
}

TEST_CASE("the slave PIC reaches the CPU through the cascade for one request after another") {
    PicRig rig;
    rig.initialise();
    rig.pic.input(14).set(true);
    rig.pic.input(12).set(true);
    CHECK(rig.pic.acknowledge() == 0x74);
    CHECK(rig.isr(rig.pic.master()) == 0x04);
    CHECK(rig.isr(rig.pic.slave()) == 0x10);
    rig.pic.slave().write(0, 1, 0x20);
    rig.pic.master().write(0, 1, 0x20);
    CHECK(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x76);
}

TEST_CASE("a request that goes away gives the spurious interrupt without a bit in service") {
    PicRig rig;
    rig.initialise();
    rig.pic.input(5).set(true);
    rig.pic.input(5).set(false);
    CHECK_FALSE(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x0F);
    CHECK(rig.isr(rig.pic.master()) == 0);
    // A request of the slave that is masked there after the cascade has latched it.
    rig.pic.input(10).set(true);
    rig.pic.input(10).set(false);
    CHECK(rig.pic.acknowledge() == 0x0F);
}

TEST_CASE("a level-triggered PIC input asks again for as long as it is high") {
    PicRig rig;
    rig.initialise();
    rig.pic.elcr().write(0, 2, 0xFFFF);
    CHECK(rig.pic.elcr().read(0, 2) == 0xDEF8); // 0, 1, 2, 8 and 13 stay edge
    rig.pic.input(11).set(true);
    CHECK(rig.pic.acknowledge() == 0x73);
    rig.pic.slave().write(0, 1, 0x20);
    rig.pic.master().write(0, 1, 0x20);
    CHECK(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x73);
    rig.pic.input(11).set(false);
    rig.pic.slave().write(0, 1, 0x20);
    rig.pic.master().write(0, 1, 0x20);
    CHECK_FALSE(rig.intr.level);
}

TEST_CASE("the PIC in automatic EOI mode has nothing in service and rotates on demand") {
    PicRig rig;
    rig.initialise(0x03);
    rig.pic.master().write(0, 1, 0x80); // rotate in automatic EOI mode
    rig.pic.input(3).set(true);
    CHECK(rig.pic.acknowledge() == 0x0B);
    CHECK(rig.isr(rig.pic.master()) == 0);
    rig.pic.input(3).set(false);
    rig.pic.input(3).set(true);
    rig.pic.input(4).set(true);
    CHECK(rig.pic.acknowledge() == 0x0C); // 3 is the lowest now
    CHECK(rig.pic.acknowledge() == 0x0B);
}

TEST_CASE("the PIC in special mask mode lets lower requests through a masked service") {
    PicRig rig;
    rig.initialise();
    rig.pic.input(1).set(true);
    CHECK(rig.pic.acknowledge() == 0x09);
    rig.pic.input(6).set(true);
    CHECK_FALSE(rig.intr.level);
    rig.pic.master().write(1, 1, 0x02);
    CHECK_FALSE(rig.intr.level);
    rig.pic.master().write(0, 1, 0x68);
    CHECK(rig.intr.level);
    CHECK(rig.pic.acknowledge() == 0x0E);
    rig.pic.master().write(0, 1, 0x20); // not the masked 1
    CHECK(rig.isr(rig.pic.master()) == 0x02);
}

TEST_CASE("the PIC in special fully nested mode takes a higher request of the slave in service") {
    PicRig rig;
    rig.initialise();
    rig.pic.input(12).set(true);
    CHECK(rig.pic.acknowledge() == 0x74);
    rig.pic.input(9).set(true);
    CHECK_FALSE(rig.intr.level);

    PicRig nested;
    nested.initialise(0x11);
    nested.pic.input(12).set(true);
    CHECK(nested.pic.acknowledge() == 0x74);
    nested.pic.input(9).set(true);
    CHECK(nested.intr.level);
    CHECK(nested.pic.acknowledge() == 0x71);
}

TEST_CASE("a poll of the PIC acknowledges and tells the highest request") {
    PicRig rig;
    rig.initialise();
    rig.pic.input(5).set(true);
    rig.pic.master().write(0, 1, 0x0C);
    CHECK(rig.pic.master().read(0, 1) == 0x85);
    CHECK_FALSE(rig.intr.level);
    CHECK(rig.isr(rig.pic.master()) == 0x20);
    rig.pic.master().write(0, 1, 0x0C);
    CHECK(rig.pic.master().read(0, 1) == 0);
}

TEST_CASE("a priority set by OCW2 orders the PIC requests") {
    PicRig rig;
    rig.initialise();
    rig.pic.master().write(0, 1, 0xC4); // 4 lowest, 5 highest
    rig.pic.input(0).set(true);
    rig.pic.input(6).set(true);
    CHECK(rig.pic.acknowledge() == 0x0E);
    rig.pic.master().write(0, 1, 0xA0); // rotate on non-specific EOI: 6 lowest
    CHECK(rig.pic.acknowledge() == 0x08);
}
