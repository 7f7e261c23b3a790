#include "devices/contract.h"

#include "devices/io_apic.h"
#include "devices/local_apic.h"

using namespace ringshift;

namespace {

struct Cpu {
    FakeIrqLine intr;
    unsigned nmis = 0;
    unsigned inits = 0;
    std::vector<u8> startups;
    LocalApic::CpuWires wires() {
        return {intr, [this] { ++nmis; }, [this] { ++inits; }, [this](u8 vector) { startups.push_back(vector); }};
    }
};

struct ApicRig : Rig {
    SystemApicBus bus;
    Cpu cpu0, cpu1;
    LocalApic apic0{"lapic0", 0, true, clock, bus, cpu0.wires()};
    LocalApic apic1{"lapic1", 1, false, clock, bus, cpu1.wires()};
    IoApic io{bus};
    ApicRig() {
        bus.add(apic0);
        bus.add(apic1);
        bus.add(io);
        use(apic0);
        block(apic0.registers(), 0x400);
        // Mostly at the registers, which are 16 bytes apart.
        blocks.clear();
        for (u64 i = 0; i < 4; ++i) block(m_aligned, 0x40);
        block(apic0.registers(), 0x1000);
        event = [this](Random& random) {
            switch (random() % 4) {
            case 0: apic0.lint0().set(random() % 2); break;
            case 1: apic0.lint1().set(random() % 2); break;
            case 2: apic0.accept({0, false, static_cast<DeliveryMode>(random() % 8), static_cast<u8>(random())}); break;
            default: apic0.acknowledge(); break;
            }
        };
    }
    u32 get(u64 offset) { return static_cast<u32>(apic0.registers().read(offset, 4)); }
    void set(u64 offset, u32 value) { apic0.registers().write(offset, 4, value); }
    void enable() {
        set(0xF0, 0x1FF);
        apic1.registers().write(0xF0, 4, 0x1FF);
    }
    void entry(unsigned n, u64 value) {
        io.registers().write(0, 4, 0x11 + 2 * n);
        io.registers().write(0x10, 4, value >> 32);
        io.registers().write(0, 4, 0x10 + 2 * n);
        io.registers().write(0x10, 4, value & 0xFFFF'FFFF);
    }
    u64 entry(unsigned n) {
        io.registers().write(0, 4, 0x10 + 2 * n);
        return io.registers().read(0x10, 4);
    }

  private:
    FunctionRegisters m_aligned{
        [this](u64 offset, unsigned size) { return apic0.registers().read(offset * 16, size); },
        [this](u64 offset, unsigned size, u64 value) { apic0.registers().write(offset * 16, size, value); }};
};

struct IoApicRig : Rig {
    SystemApicBus bus;
    Cpu cpu;
    LocalApic apic{"lapic0", 0, true, clock, bus, cpu.wires()};
    IoApic io{bus};
    IoApicRig() {
        bus.add(apic);
        bus.add(io);
        use(io);
        apic.registers().write(0xF0, 4, 0x1FF);
        block(m_window, 0x40);
        block(io.registers(), 0x100);
        event = [this](Random& random) {
            const u64 choice = random() % 4;
            if (choice == 0) {
                apic.acknowledge();
                apic.registers().write(0xB0, 4, 0);
            } else {
                io.input(static_cast<unsigned>(random() % 24)).set(random() % 2);
            }
        };
    }

  private:
    FunctionRegisters m_window{[this](u64 offset, unsigned) {
                                   io.registers().write(0, 4, offset);
                                   return io.registers().read(0x10, 4);
                               },
                               [this](u64 offset, unsigned, u64 value) {
                                   io.registers().write(0, 4, offset);
                                   io.registers().write(0x10, 4, value);
                               }};
};

} // namespace

TEST_CASE("the local APIC keeps the device contract") {
    check_device_contract([] { return std::make_unique<ApicRig>(); }, 10'000);
}

TEST_CASE("the IO-APIC keeps the device contract") {
    check_device_contract([] { return std::make_unique<IoApicRig>(); }, 10'000);
}

TEST_CASE("PIC interrupts pass through the local APIC in virtual wire mode and when it is disabled") {
    ApicRig rig;
    rig.apic0.lint0().set(true);
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.apic0.acknowledge() == LocalApic::ask_pic);
    rig.enable();
    CHECK(rig.cpu0.intr.level);
    rig.set(0x350, 0x10700);
    CHECK_FALSE(rig.cpu0.intr.level);
    REQUIRE(rig.apic0.write_base_msr(0xFEE00100));
    CHECK_FALSE(rig.apic0.enabled());
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.apic0.acknowledge() == LocalApic::ask_pic);
    rig.apic0.lint1().set(true);
    CHECK(rig.cpu0.nmis == 1);
}

TEST_CASE("the local APIC base register refuses what it does not have") {
    ApicRig rig;
    CHECK(rig.apic0.base_msr() == 0xFEE00900);
    CHECK(rig.apic1.base_msr() == 0xFEE00800);
    CHECK_FALSE(rig.apic0.write_base_msr(0xFEE00D00)); // x2APIC
    CHECK_FALSE(rig.apic0.write_base_msr(0xFEE00901));
    CHECK(rig.apic0.write_base_msr(0xFED00900));
    CHECK(rig.apic0.base() == 0xFED00000);
}

TEST_CASE("the local APIC delivers by priority class") {
    ApicRig rig;
    rig.enable();
    rig.set(0x300, 0x40031); // to itself
    rig.set(0x300, 0x40055);
    CHECK(rig.get(0x210) == 1u << 17);
    CHECK(rig.apic0.acknowledge() == 0x55);
    CHECK(rig.get(0xA0) == 0x50);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.set(0x300, 0x4005F); // the same class waits
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.set(0x300, 0x40061);
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.apic0.acknowledge() == 0x61);
    rig.set(0xB0, 0);
    rig.set(0xB0, 0);
    CHECK(rig.apic0.acknowledge() == 0x5F);
    rig.set(0xB0, 0);
    rig.set(0x80, 0x30); // task priority
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.set(0x80, 0x20);
    CHECK(rig.apic0.acknowledge() == 0x31);
}

TEST_CASE("the local APIC timer is exact in one-shot and periodic mode") {
    ApicRig rig;
    rig.enable();
    rig.set(0x3E0, 0xB); // divide by 1: 10 ns
    rig.set(0x320, 0x40);
    rig.set(0x380, 1000);
    rig.clock.advance(2'000);
    CHECK(rig.get(0x390) == 800);
    rig.clock.advance(7'999);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.clock.advance(1);
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.get(0x390) == 0);
    CHECK(rig.apic0.acknowledge() == 0x40);
    rig.set(0xB0, 0);
    CHECK_FALSE(rig.clock.next_deadline());

    rig.set(0x3E0, 0x3); // divide by 16
    rig.set(0x320, 0x20040);
    const u64 start = rig.clock.now();
    rig.set(0x380, 6250); // 1 ms
    unsigned count = 0;
    for (int i = 0; i < 1000; ++i) {
        rig.clock.advance(100'000);
        if (!rig.cpu0.intr.level) continue;
        CHECK((rig.clock.now() - start) % 1'000'000 == 0);
        rig.apic0.acknowledge();
        rig.set(0xB0, 0);
        ++count;
    }
    CHECK(count == 100);
    rig.clock.advance(450'000);
    CHECK(rig.get(0x390) == 6250 - 2812);
    rig.set(0x320, 0x30040); // masked: counts on without an interrupt
    rig.clock.advance(5'000'000);
    CHECK_FALSE(rig.cpu0.intr.level);
    CHECK(rig.get(0x390) == 6250 - 2812);
}

TEST_CASE("the shortest local APIC period costs no events while its interrupt waits") {
    ApicRig rig;
    rig.enable();
    rig.set(0x3E0, 0xB);
    rig.set(0x320, 0x20040);
    rig.set(0x380, 1);
    rig.clock.advance(1'000'000'000);
    CHECK(rig.clock.fired == 1);
    CHECK(rig.cpu0.intr.level);
    rig.apic0.acknowledge();
    rig.clock.advance(1'000'000'000);
    CHECK(rig.clock.fired == 2);
}

TEST_CASE("a local APIC timer that expires while it is programmed asks nevertheless") {
    ApicRig rig;
    rig.enable();
    rig.set(0x3E0, 0xB);
    rig.set(0x320, 0x40);
    rig.clock.runs_on = 10'000; // the host runs something else between two looks at the clock
    rig.set(0x380, 100);
    rig.clock.advance(1);
    CHECK(rig.cpu0.intr.level);
}

TEST_CASE("whoever notices that the local APIC timer has expired requests its interrupt once") {
    struct Write {
        u64 offset;
        u32 value;
    };
    for (const Write write :
         {Write{0x320, 0x40}, Write{0x320, 0x10040}, Write{0xF0, 0x1FF}, Write{0x3E0, 0x3}, Write{0x380, 5000}}) {
        INFO(write.offset << " " << write.value);
        ApicRig rig;
        rig.enable();
        rig.set(0x3E0, 0xB);
        rig.set(0x320, 0x40);
        rig.set(0x380, 1000);
        rig.clock.skip(20'000); // its deadline is called late
        rig.set(write.offset, write.value);
        CHECK(rig.cpu0.intr.level);
        CHECK(rig.apic0.acknowledge() == 0x40);
        rig.set(0xB0, 0);
        rig.clock.advance(1);
        CHECK_FALSE(rig.cpu0.intr.level);
        CHECK(rig.clock.next_deadline().has_value() == (write.offset == 0x380));
    }
}

TEST_CASE("interprocessor interrupts reach their destinations") {
    ApicRig rig;
    rig.enable();
    rig.set(0x310, 0x01000000);
    rig.set(0x300, 0x4041);
    CHECK(rig.cpu1.intr.level);
    CHECK_FALSE(rig.cpu0.intr.level);
    CHECK(rig.apic1.acknowledge() == 0x41);
    rig.set(0x300, 0x4400); // NMI
    CHECK(rig.cpu1.nmis == 1);
    rig.set(0x300, 0xC500); // INIT, then its de-assertion
    rig.set(0x300, 0x8500);
    CHECK(rig.cpu1.inits == 1);
    rig.set(0x300, 0x4608);
    CHECK(rig.cpu1.startups == std::vector<u8>{0x08});
    rig.set(0x300, 0xC4500); // INIT to all but itself
    CHECK(rig.cpu1.inits == 2);
    CHECK(rig.cpu0.inits == 0);
    rig.set(0x300, 0x84072); // all including itself
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.apic0.acknowledge() == 0x72);
    // Logical destinations, flat and clustered.
    rig.apic1.registers().write(0xD0, 4, 0x02000000);
    rig.set(0xB0, 0);
    rig.set(0x310, 0x02000000);
    rig.set(0x300, 0x4881);
    CHECK(rig.apic1.acknowledge() == 0x81);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.apic1.registers().write(0xE0, 4, 0x0FFFFFFF);
    rig.apic1.registers().write(0xD0, 4, 0x32000000);
    rig.set(0x310, 0x33000000);
    rig.set(0x300, 0x4891);
    CHECK(rig.apic1.acknowledge() == 0x91);
}

TEST_CASE("the local APIC tells its errors") {
    ApicRig rig;
    rig.enable();
    rig.set(0x370, 0xFE);
    rig.set(0x300, 0x40005);
    CHECK(rig.apic0.acknowledge() == 0xFE);
    CHECK(rig.get(0x280) == 0);
    rig.set(0x280, 0);
    CHECK(rig.get(0x280) == 0x20);
    rig.set(0x280, 0);
    CHECK(rig.get(0x280) == 0);
    rig.get(0x3F0);
    rig.set(0x280, 0);
    CHECK(rig.get(0x280) == 0x80);
}

TEST_CASE("a local APIC that software disables masks its entries and takes nothing") {
    ApicRig rig;
    rig.enable();
    rig.set(0x320, 0x40);
    rig.set(0xF0, 0xFF);
    CHECK((rig.get(0x320) & 0x10000) != 0);
    CHECK((rig.get(0x350) & 0x10000) != 0);
    rig.set(0x320, 0x40);
    CHECK((rig.get(0x320) & 0x10000) != 0);
    CHECK_FALSE(rig.bus.deliver({0, false, DeliveryMode::Fixed, 0x50}));
    CHECK(rig.bus.deliver({0, false, DeliveryMode::Nmi, 0}));
    CHECK(rig.cpu0.nmis == 1);
}

TEST_CASE("the IO-APIC sends an edge once and loses it while masked") {
    ApicRig rig;
    rig.enable();
    CHECK(rig.entry(4) == 0x10000);
    rig.io.input(4).set(true);
    rig.entry(4, 0x34);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.io.input(4).set(false);
    rig.io.input(4).set(true);
    CHECK(rig.apic0.acknowledge() == 0x34);
    rig.set(0xB0, 0);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.entry(4, 0x0100'0000'0000'0034); // now to the other CPU
    rig.io.input(4).set(false);
    rig.io.input(4).set(true);
    CHECK(rig.apic1.acknowledge() == 0x34);
}

TEST_CASE("the IO-APIC repeats a level after its EOI for as long as it stands") {
    ApicRig rig;
    rig.enable();
    rig.entry(10, 0xA050); // level, active low
    rig.io.input(10).set(true);
    CHECK((rig.entry(10) & 0x4000) != 0);
    CHECK(rig.apic0.acknowledge() == 0x50);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.set(0xB0, 0);
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.apic0.acknowledge() == 0x50);
    rig.io.input(10).set(false);
    rig.set(0xB0, 0);
    CHECK_FALSE(rig.cpu0.intr.level);
    CHECK((rig.entry(10) & 0x4000) == 0);
    rig.entry(10, 0x1A050);
    rig.io.input(10).set(true);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.entry(10, 0xA050);
    CHECK(rig.cpu0.intr.level);
    rig.apic0.acknowledge();
    rig.io.registers().write(0x40, 4, 0x50); // directed EOI
    CHECK((rig.entry(10) & 0x4000) != 0);    // the line still stands: delivered again
    CHECK((rig.get(0x220) & 1u << 16) != 0);
}

TEST_CASE("the IO-APIC chooses the CPU of the lowest priority and carries ExtINT and NMI") {
    ApicRig rig;
    rig.enable();
    rig.set(0x80, 0x20);
    rig.entry(3, 0xFF00'0000'0000'0160); // lowest priority, all
    rig.io.input(3).set(true);
    CHECK(rig.cpu1.intr.level);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.entry(0, 0x0700);
    rig.io.input(0).set(true);
    CHECK(rig.cpu0.intr.level);
    CHECK(rig.apic0.acknowledge() == LocalApic::ask_pic);
    CHECK_FALSE(rig.cpu0.intr.level);
    rig.entry(1, 0x0400);
    rig.io.input(1).set(true);
    CHECK(rig.cpu0.nmis == 1);
    rig.io.registers().write(0, 4, 1);
    CHECK(rig.io.registers().read(0x10, 4) == 0x00170020);
}
