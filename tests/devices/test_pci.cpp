#include "devices/contract.h"

#include "devices/chipset.h"

using namespace ringshift;

namespace {

/// A function with one base address register of each kind.
class Card final : public Device, public PciFunction {
  public:
    Card()
        : PciFunction({.vendor = 0x1234,
                       .device = 0x5678,
                       .class_code = 0x030201,
                       .revision = 4,
                       .interrupt_pin = 1,
                       .subsystem_vendor = 0x1AF4,
                       .subsystem = 0x1100}) {
        add_bar(0, BarKind::prefetchable_memory, 1u << 20);
        add_bar(1, BarKind::io, 32);
        add_bar(2, BarKind::memory, 4096);
        add_bar(rom_index, BarKind::memory, 65536);
        define(0x40, 4, 0x11223344, 0x0000FFFF);
        define_write_clear(0x40, 4, 0x00FF0000);
    }
    std::string_view name() const override { return "card"; }
    void reset() override { reset_config(); }
    void archive(Archive& ar) override { archive_config(ar); }
};

struct Mapper final : PciMapper {
    std::map<unsigned, u64> mapped;
    void map(PciFunction&, unsigned index, BarKind, u64 address, u64) override {
        CHECK(mapped.count(index) == 0);
        mapped[index] = address;
    }
    void unmap(PciFunction&, unsigned index) override { CHECK(mapped.erase(index) == 1); }
};

std::array<IrqLine*, 16> all_of(FakeIrqLine (&lines)[16]) {
    std::array<IrqLine*, 16> all{};
    for (unsigned i = 0; i < 16; ++i) all[i] = &lines[i];
    return all;
}

struct PciRig : Rig {
    Mapper mapper;
    u8 reset_control = 0;
    FunctionRegisters reset_port{[this](u64, unsigned) { return reset_control; },
                                 [this](u64, unsigned, u64 value) { reset_control = static_cast<u8>(value); }};
    FakeIrqLine lines[16];
    Piix3 piix3{all_of(lines)};
    Card card;
    PciBus bus{mapper, &reset_port};
    PciRig() {
        bus.set_router(piix3);
        bus.add(1, 0, piix3);
        bus.add(3, 0, card);
        use(bus);
        block(bus.ports(), 8);
        event = [this](Random& random) { card.set_interrupt(random() % 2); };
    }
    void select(unsigned device, unsigned reg, unsigned function = 0, unsigned bus_number = 0) {
        bus.ports().write(0, 4, 0x80000000u | bus_number << 16 | device << 11 | function << 8 | (reg & 0xFC));
    }
    u32 get(unsigned device, unsigned reg, unsigned size = 4) {
        select(device, reg);
        return static_cast<u32>(bus.ports().read(4 + (reg & 3), size));
    }
    void put(unsigned device, unsigned reg, u32 value, unsigned size = 4) {
        select(device, reg);
        bus.ports().write(4 + (reg & 3), size, value);
    }
};

struct CardRig : PciRig {
    CardRig() { use(card); }
};

struct Piix3Rig : PciRig {
    Piix3Rig() { use(piix3); }
};

struct I440fxRig : Rig {
    struct Shadow {
        bool read = false, write = false;
        bool operator==(const Shadow&) const = default;
    };
    std::map<u32, std::pair<u32, Shadow>> shadows;
    I440fx bridge{[this](u32 begin, u32 size, bool read, bool write) { shadows[begin] = {size, {read, write}}; }};
    FunctionRegisters configuration{[this](u64 offset, unsigned size) {
                                        return bridge.config_read(static_cast<u8>(offset & ~(u64{size} - 1)), size);
                                    },
                                    [this](u64 offset, unsigned size, u64 value) {
                                        bridge.config_write(static_cast<u8>(offset & ~(u64{size} - 1)), size,
                                                            static_cast<u32>(value));
                                    }};
    I440fxRig() {
        use(bridge);
        block(configuration, 256);
    }
};

} // namespace

TEST_CASE("the PCI bus keeps the device contract") {
    check_device_contract([] { return std::make_unique<PciRig>(); });
}

TEST_CASE("a PCI function keeps the device contract") {
    check_device_contract([] { return std::make_unique<CardRig>(); });
}

TEST_CASE("the PIIX3 keeps the device contract") {
    check_device_contract([] { return std::make_unique<Piix3Rig>(); });
}

TEST_CASE("the 440FX keeps the device contract") {
    check_device_contract([] { return std::make_unique<I440fxRig>(); });
}

TEST_CASE("configuration mechanism 1 reaches functions of bus 0 by byte and word and dword") {
    PciRig rig;
    CHECK(rig.get(3, 0) == 0x56781234);
    CHECK(rig.get(3, 2, 2) == 0x5678);
    CHECK(rig.get(3, 8) == 0x03020104);
    CHECK(rig.get(3, 0x0B, 1) == 0x03);
    CHECK(rig.get(3, 0x2C) == 0x11001AF4);
    CHECK(rig.get(4, 0) == 0xFFFFFFFF);
    rig.select(3, 0, 1);
    CHECK(static_cast<u32>(rig.bus.ports().read(4, 4)) == 0xFFFFFFFF);
    rig.select(3, 0, 0, 1);
    CHECK(static_cast<u32>(rig.bus.ports().read(4, 4)) == 0xFFFFFFFF);
    rig.bus.ports().write(0, 4, 0x00001800); // not enabled
    CHECK(static_cast<u32>(rig.bus.ports().read(4, 4)) == 0xFFFFFFFF);
    rig.bus.ports().write(0, 4, 0xFFFFFFFF);
    CHECK(rig.bus.ports().read(0, 4) == 0x80FFFFFC);
}

TEST_CASE("byte accesses to port CF9 are the reset control and not the PCI address") {
    PciRig rig;
    rig.bus.ports().write(0, 4, 0x80001800);
    rig.bus.ports().write(1, 1, 0x06);
    CHECK(rig.reset_control == 0x06);
    CHECK(rig.bus.ports().read(1, 1) == 0x06);
    CHECK(rig.bus.ports().read(0, 4) == 0x80001800);
}

TEST_CASE("PCI configuration bits are writable or cleared by ones or fixed as defined") {
    PciRig rig;
    rig.put(3, 0x40, 0xFFFFAA55);
    CHECK(rig.get(3, 0x40) == 0x1100AA55);
    rig.put(3, 0x41, 0x77, 1);
    CHECK(rig.get(3, 0x40) == 0x11007755);
    rig.put(3, 0, 0xFFFFFFFF);
    CHECK(rig.get(3, 0) == 0x56781234);
    rig.put(3, 0x3C, 0xFF0B);
    CHECK(rig.get(3, 0x3C, 1) == 0x0B);
    CHECK(rig.get(3, 0x3D, 1) == 1);
}

TEST_CASE("PCI base address registers tell their size and kind") {
    PciRig rig;
    rig.put(3, 0x04, 3, 2);
    for (unsigned reg = 0x10; reg < 0x28; reg += 4) rig.put(3, reg, 0xFFFFFFFF);
    rig.put(3, 0x30, 0xFFFFFFFE);
    CHECK(rig.get(3, 0x10) == 0xFFF00008);
    CHECK(rig.get(3, 0x14) == 0xFFFFFFE1);
    CHECK(rig.get(3, 0x18) == 0xFFFFF000);
    CHECK(rig.get(3, 0x1C) == 0);
    CHECK(rig.get(3, 0x30) == 0xFFFF0000);
    CHECK(rig.mapper.mapped.empty()); // all ones is sizing, not an address
}

TEST_CASE("PCI base address registers are mapped while the command register enables them") {
    PciRig rig;
    rig.put(3, 0x10, 0xE0000000);
    rig.put(3, 0x14, 0xC000);
    rig.put(3, 0x18, 0xFEB00000);
    rig.put(3, 0x30, 0xFEB10000);
    CHECK(rig.mapper.mapped.empty());
    rig.put(3, 0x04, 1, 2);
    CHECK(rig.mapper.mapped == std::map<unsigned, u64>{{1, 0xC000}});
    rig.put(3, 0x04, 3, 2);
    CHECK(rig.mapper.mapped == std::map<unsigned, u64>{{0, 0xE0000000}, {1, 0xC000}, {2, 0xFEB00000}});
    rig.put(3, 0x30, 0xFEB10001);
    CHECK(rig.mapper.mapped.at(6) == 0xFEB10000);
    rig.put(3, 0x10, 0xD0012345); // only multiples of the size count
    CHECK(rig.mapper.mapped.at(0) == 0xD0000000);
    CHECK(rig.card.mapping(0).address == 0xD0000000);
    rig.put(3, 0x14, 0x1FFE0); // beyond port space
    CHECK(rig.mapper.mapped.count(1) == 0);
    rig.card.reset();
    CHECK(rig.mapper.mapped.empty());
}

TEST_CASE("loading a PCI function maps its base address registers") {
    PciRig rig;
    rig.put(3, 0x10, 0xE0000000);
    rig.put(3, 0x04, 2, 2);
    const std::vector<u8> bytes = saved_state(rig.card);
    PciRig other;
    REQUIRE(load_state(other.card, bytes));
    CHECK(other.mapper.mapped == std::map<unsigned, u64>{{0, 0xE0000000}});
}

TEST_CASE("PCI interrupts go through the rotation and the PIIX3 routes to shared ISA lines") {
    PciRig rig;
    Card second; // device 2 pin A is PIRQB; device 3 pin A is PIRQC
    rig.bus.add(2, 0, second);
    rig.card.set_interrupt(true);
    for (const auto& line : rig.lines) CHECK_FALSE(line.level);
    rig.put(1, 0x62, 11, 1);
    CHECK(rig.lines[11].level);
    rig.put(1, 0x61, 11, 1);
    second.set_interrupt(true);
    CHECK(rig.lines[11].rises == 1);
    rig.card.set_interrupt(false);
    CHECK(rig.lines[11].level); // the other one still holds it
    rig.put(1, 0x61, 10, 1);
    CHECK_FALSE(rig.lines[11].level);
    CHECK(rig.lines[10].level);
    rig.put(1, 0x61, 0x80, 1);
    CHECK_FALSE(rig.lines[10].level);
}

TEST_CASE("a PCI function with its interrupt disabled only shows it in the status register") {
    PciRig rig;
    rig.put(1, 0x62, 5, 1);
    rig.put(3, 0x04, 0x0400, 2);
    rig.card.set_interrupt(true);
    CHECK_FALSE(rig.lines[5].level);
    CHECK((rig.get(3, 0x06, 2) & 8) == 8);
    rig.put(3, 0x04, 0, 2);
    CHECK(rig.lines[5].level);
    rig.put(3, 0x04, 0x0400, 2);
    CHECK_FALSE(rig.lines[5].level);
    rig.card.set_interrupt(false);
    CHECK((rig.get(3, 0x06, 2) & 8) == 0);
}

TEST_CASE("the 440FX shadows each piece of the area below 1 MiB by its attribute register") {
    I440fxRig rig;
    CHECK(rig.bridge.config_read(0, 4) == 0x12378086);
    CHECK(rig.shadows.size() == 13);
    u32 covered = 0;
    for (const auto& [begin, piece] : rig.shadows) {
        covered += piece.first;
        CHECK(piece.second == I440fxRig::Shadow{});
    }
    CHECK(covered == 0x40000);
    rig.bridge.config_write(0x59, 1, 0x30);
    CHECK(rig.shadows.at(0xF0000).second == I440fxRig::Shadow{true, true});
    rig.bridge.config_write(0x5A, 1, 0x21);
    CHECK(rig.shadows.at(0xC0000).second == I440fxRig::Shadow{true, false});
    CHECK(rig.shadows.at(0xC4000).second == I440fxRig::Shadow{false, true});
    rig.bridge.config_write(0x5C, 4, 0x33000000);
    CHECK(rig.shadows.at(0xEC000).second == I440fxRig::Shadow{true, true});
    rig.bridge.reset();
    for (const auto& [begin, piece] : rig.shadows) CHECK(piece.second == I440fxRig::Shadow{});
}

TEST_CASE("the PIIX3 is a multi function ISA bridge") {
    PciRig rig;
    CHECK(rig.get(1, 0) == 0x70008086);
    CHECK(rig.get(1, 0x0E, 1) == 0x80);
    CHECK(rig.get(1, 0x08) >> 8 == 0x060100);
    CHECK(rig.get(1, 0x60) == 0x80808080);
}
