#include "devices/contract.h"

#include "devices/piix4_pm.h"

using namespace ringshift;

namespace {

struct PmRig : Rig {
    FakeIrqLine sci;
    std::vector<int> sleeps;
    std::map<RegisterBlock*, std::optional<u16>> moved;
    Piix4Pm pm{clock,
               {sci, [this](u8 type) { sleeps.push_back(type); },
                [this](RegisterBlock& block, std::optional<u16> base, u16) { moved[&block] = base; }}};
    PmRig() {
        use(pm);
        block(pm.pm_registers(), 64);
        block(pm.smbus_registers(), 16);
        block(pm.smi_command(), 2);
        block(m_config, 256);
        event = [this](Random& random) { random() % 2 ? pm.press_power_button() : pm.rtc_alarm(); };
    }
    u64 get(u64 offset, unsigned size = 2) { return pm.pm_registers().read(offset, size); }
    void set(u64 offset, u64 value, unsigned size = 2) { pm.pm_registers().write(offset, size, value); }

  private:
    FunctionRegisters m_config{[this](u64 offset, unsigned size) {
                                   return u64{pm.config_read(static_cast<u8>(offset & ~u64{size - 1}), size)};
                               },
                               [this](u64 offset, unsigned size, u64 value) {
                                   pm.config_write(static_cast<u8>(offset & ~u64{size - 1}), size,
                                                   static_cast<u32>(value));
                               }};
};

} // namespace

TEST_CASE("the power management function keeps the device contract") {
    check_device_contract([] { return std::make_unique<PmRig>(); }, 10'000);
}

TEST_CASE("the power management function is a PIIX4 that claims SMM is set up") {
    PmRig rig;
    CHECK(rig.pm.config_read(0, 4) == 0x71138086);
    CHECK(rig.pm.config_read(8, 4) >> 8 == 0x068000);
    rig.pm.config_write(0x58, 4, 0);
    CHECK((rig.pm.config_read(0x58, 4) & 1u << 25) != 0);
}

TEST_CASE("the PM blocks are where and while the guest enables them") {
    PmRig rig;
    rig.pm.config_write(0x40, 4, 0x600 | 1);
    CHECK(rig.moved.empty());
    rig.pm.config_write(0x80, 1, 1);
    CHECK(rig.moved[&rig.pm.pm_registers()] == 0x600);
    rig.pm.config_write(0x90, 4, 0x700 | 1);
    rig.pm.config_write(0xD2, 1, 9);
    CHECK(rig.moved[&rig.pm.smbus_registers()] == 0x700);
    std::vector<u8> bytes = saved_state(rig.pm);
    PmRig other;
    REQUIRE(load_state(other.pm, bytes));
    CHECK(other.moved[&other.pm.pm_registers()] == 0x600);
    rig.pm.reset();
    CHECK_FALSE(rig.moved[&rig.pm.pm_registers()]);
}

TEST_CASE("the PM timer runs at its rate and overflows every half turn") {
    PmRig rig;
    rig.clock.advance_to(1'000'000'000);
    CHECK(rig.get(8, 4) == 3'579'545);
    rig.set(2, 1);
    rig.pm.smi_command().write(0, 1, Piix4Pm::acpi_enable);
    CHECK((rig.get(4) & 1) == 1);
    rig.clock.advance_to(time_of_tick(1u << 23, Piix4Pm::timer_hz) - 1);
    CHECK_FALSE(rig.sci.level);
    rig.clock.advance(1);
    CHECK(rig.sci.level);
    CHECK((rig.get(0) & 1) == 1);
    rig.set(0, 1);
    CHECK_FALSE(rig.sci.level);
    rig.clock.advance_to(time_of_tick(1u << 24, Piix4Pm::timer_hz));
    CHECK(rig.get(8, 4) == 0);
    CHECK(rig.sci.level);
    CHECK(rig.sci.rises == 2);
}

TEST_CASE("the PM timer does not go on between the bytes of one access") {
    PmRig rig;
    rig.clock.runs_on = 100'000; // more than 256 ticks
    u64 last = 0;
    for (int i = 0; i < 1000; ++i) {
        const u64 ticks = rig.get(8, 4);
        REQUIRE(ticks >= last);
        REQUIRE(ticks - last < 1000);
        last = ticks;
    }
}

TEST_CASE("the power button raises the SCI of a guest in ACPI mode only") {
    PmRig rig;
    rig.set(2, 0x0100);
    rig.pm.press_power_button();
    CHECK_FALSE(rig.sci.level);
    rig.pm.smi_command().write(0, 1, Piix4Pm::acpi_enable);
    CHECK(rig.sci.level);
    CHECK(rig.get(0) == 0x0100);
    rig.set(0, 0x0100);
    CHECK_FALSE(rig.sci.level);
    rig.pm.press_power_button();
    CHECK(rig.sci.level);
    rig.pm.smi_command().write(0, 1, Piix4Pm::acpi_disable);
    CHECK_FALSE(rig.sci.level);
    CHECK((rig.get(4) & 1) == 0);
}

TEST_CASE("the guest goes to sleep by SLP_EN with its type") {
    PmRig rig;
    rig.set(4, 0x0001);
    CHECK(rig.sleeps.empty());
    rig.set(4, 0x2001);
    CHECK(rig.sleeps == std::vector<int>{0});
    CHECK(rig.get(4) == 0x0001);
    rig.set(5, 0x24, 1);
    CHECK(rig.sleeps == std::vector<int>{0, 1});
}

TEST_CASE("the SMBus has no devices and says so") {
    PmRig rig;
    RegisterBlock& bus = rig.pm.smbus_registers();
    bus.write(4, 1, 0xA1);
    bus.write(2, 1, 0x48);
    CHECK(bus.read(0, 1) == 0x04);
    CHECK(bus.read(2, 1) == 0x08);
    bus.write(0, 1, 0xFF);
    CHECK(bus.read(0, 1) == 0);
}
