#include "cpu/interp/handler.h"
#include "cpu/isa/decoder.h"
#include "cpu/msr.h"

#include <catch2/catch.hpp>

#include <memory>

using namespace ringshift;

namespace {

class ClockPlatform final : public Platform {
  public:
    u64 now = 0;
    u64 apic = 0xFEE00900;

    u32 in(u16, unsigned) override { return ~0u; }
    void out(u16, unsigned, u32) override {}
    u64 block_room(u16, unsigned) override { return ~u64{0}; }
    void in_block(u16, unsigned, std::span<u8>) override {}
    void out_block(u16, unsigned, std::span<const u8>) override {}
    u8 acknowledge_interrupt() override { return 0; }
    u64 timestamp() override { return now; }
    u64 timestamp_hz() const override { return 1'000'000'000; }
    void set_ferr(bool) override {}
    bool ignne() override { return false; }
    u64 read_apic_base() override { return apic; }
    bool write_apic_base(u64 value) override {
        if ((value & 0xFF) != 0) return false;
        apic = value;
        return true;
    }
};

struct Fixture {
    explicit Fixture(std::string_view name = "max")
        : model(CpuModel::by_name(name).release()), decoder(model), cpu(model, memory, platform) {}
    CpuModel model;
    Decoder decoder;
    PhysicalMap memory;
    ClockPlatform platform;
    Cpu cpu;

    /// Executes one instruction; whether it raised #GP(0).
    bool faults(std::initializer_list<u8> bytes) {
        Insn insn;
        const std::vector<u8> code(bytes);
        REQUIRE(decoder.decode(code, true, insn) == Decoder::Outcome::ok);
        const Step step = handler_for(insn)(cpu, insn);
        if (step.flow != Flow::fault) return false;
        CHECK(cpu.exception.vector == Vector::general_protection);
        CHECK(cpu.exception.error_code == 0);
        return true;
    }
    void set(Gpr r, u32 value) { cpu.state.set_reg<u32>(r, value); }
    u32 get(Gpr r) const { return cpu.state.reg<u32>(r); }
    u64 edx_eax() const { return u64{get(Gpr::dx)} << 32 | get(Gpr::ax); }

    bool writes(u32 index, u64 value) { return cpu.write_msr(index, value).ok; }
    u64 value(u32 index) {
        const auto result = cpu.read_msr(index);
        REQUIRE(result.ok);
        return result.value;
    }
    bool reads(u32 index) { return cpu.read_msr(index).ok; }
};

constexpr std::initializer_list<u8> cpuid = {0x0F, 0xA2}, rdtsc = {0x0F, 0x31}, rdmsr = {0x0F, 0x32},
                                    wrmsr = {0x0F, 0x30}, rdpmc = {0x0F, 0x33}, rdtscp = {0x0F, 0x01, 0xF9};

} // namespace

TEST_CASE("RDTSC reads the platform's counter plus the offset", "[msr]") {
    Fixture f;
    f.platform.now = 0x1'2345'6789;
    CHECK(!f.faults(rdtsc));
    CHECK(f.edx_eax() == 0x1'2345'6789);
    CHECK(f.writes(msr::time_stamp_counter, 0x50'0000'0000));
    f.platform.now += 77;
    CHECK(!f.faults(rdtsc));
    CHECK(f.edx_eax() == 0x50'0000'0000 + 77);
    CHECK(f.value(msr::time_stamp_counter) == 0x50'0000'0000 + 77);
    CHECK(f.value(msr::tsc_adjust) == 0x50'0000'0000 - 0x1'2345'6789);
    CHECK(f.writes(msr::tsc_adjust, 0));
    CHECK(f.value(msr::time_stamp_counter) == f.platform.now);
}

TEST_CASE("RDTSC is reserved for CPL 0 while CR4.TSD is set", "[msr]") {
    Fixture f;
    f.cpu.state.cpl = 3;
    CHECK(!f.faults(rdtsc));
    f.cpu.state.cr4 |= cr4::tsd;
    CHECK(f.faults(rdtsc));
    CHECK(f.faults(rdtscp));
    f.cpu.state.cpl = 0;
    CHECK(!f.faults(rdtsc));
}

TEST_CASE("Older models clear the upper half of a TSC that is written", "[msr]") {
    Fixture f("pentium");
    f.platform.now = 1000;
    CHECK(f.writes(msr::time_stamp_counter, 0xFFFF'FFFF'0000'0005));
    CHECK(f.value(msr::time_stamp_counter) == 5);
}

TEST_CASE("RDTSCP also gives the auxiliary value", "[msr]") {
    Fixture f;
    CHECK(f.writes(msr::tsc_aux, 0x1234));
    CHECK(!f.writes(msr::tsc_aux, 0x1'0000'0000));
    CHECK(!f.faults(rdtscp));
    CHECK(f.get(Gpr::cx) == 0x1234);
}

TEST_CASE("RDPMC needs CR4.PCE outside CPL 0 and has two counters", "[msr]") {
    Fixture f;
    f.set(Gpr::cx, 1);
    CHECK(!f.faults(rdpmc));
    f.set(Gpr::cx, 2);
    CHECK(f.faults(rdpmc));
    f.cpu.state.cpl = 3;
    f.set(Gpr::cx, 0);
    CHECK(f.faults(rdpmc));
    f.cpu.state.cr4 |= cr4::pce;
    CHECK(!f.faults(rdpmc));
}

TEST_CASE("RDMSR and WRMSR move EDX:EAX at CPL 0 only", "[msr]") {
    Fixture f;
    f.set(Gpr::cx, msr::pat);
    f.set(Gpr::ax, 0x00070406);
    f.set(Gpr::dx, 0x00070401);
    CHECK(!f.faults(wrmsr));
    CHECK(f.cpu.state.pat == 0x0007040100070406);
    f.set(Gpr::ax, 0);
    f.set(Gpr::dx, 0);
    CHECK(!f.faults(rdmsr));
    CHECK(f.edx_eax() == 0x0007040100070406);
    f.cpu.state.cpl = 3;
    CHECK(f.faults(rdmsr));
    CHECK(f.faults(wrmsr));
}

TEST_CASE("CPUID follows the APIC's enable bit and fetches the microcode revision", "[msr]") {
    Fixture f;
    CHECK(f.writes(msr::bios_sign_id, 0));
    f.set(Gpr::ax, 1);
    CHECK(!f.faults(cpuid));
    CHECK(f.get(Gpr::ax) == f.model.signature());
    CHECK((f.get(Gpr::dx) >> 9 & 1) == 1);
    CHECK(f.value(msr::bios_sign_id) == u64{1} << 32);
    f.platform.apic = 0xFEE00100;
    f.set(Gpr::ax, 1);
    CHECK(!f.faults(cpuid));
    CHECK((f.get(Gpr::dx) >> 9 & 1) == 0);
}

TEST_CASE("Registers that do not exist or cannot be written fault", "[msr]") {
    Fixture f;
    CHECK(!f.reads(0x12345));
    CHECK(!f.writes(0x12345, 0));
    CHECK(!f.reads(0x48)); // SPEC_CTRL
    CHECK(!f.writes(msr::mtrr_cap, 0x508));
    CHECK(!f.writes(msr::arch_capabilities, 0));
    CHECK(f.value(msr::arch_capabilities) == f.model.arch_capabilities());
    CHECK(f.value(msr::mcg_cap) == 0);
    CHECK(!f.reads(msr::bios_updt_trig));
    CHECK(f.writes(msr::bios_updt_trig, 0x1000));

    Fixture old("pentium");
    for (const u32 index : {msr::pat, msr::efer, msr::mtrr_cap, msr::sysenter_cs, msr::arch_capabilities,
                            msr::tsc_adjust, msr::misc_enable, msr::bios_sign_id})
        CHECK(!old.reads(index));
    CHECK(old.reads(msr::p5_mc_type));
}

TEST_CASE("PAT and MTRRs refuse memory types that do not exist", "[msr]") {
    Fixture f;
    CHECK(!f.writes(msr::pat, 0x0007040600070402));
    CHECK(!f.writes(msr::pat, 0x0307040600070406));
    CHECK(f.cpu.state.pat == 0x0007040600070406);

    CHECK(f.writes(msr::mtrr_def_type, 0xC06));
    CHECK(!f.writes(msr::mtrr_def_type, 0xC07));
    CHECK(!f.writes(msr::mtrr_def_type, 0x1C06));
    CHECK(f.value(msr::mtrr_def_type) == 0xC06);

    CHECK(f.writes(0x200, 0xE0000000));
    CHECK(f.writes(0x201, 0xFE0000800));
    CHECK(!f.writes(0x200, 0xE0000002));
    CHECK(!f.writes(0x200, 0xE0000100));
    CHECK(!f.writes(0x201, 0x10'0000'0800)); // beyond the physical address width
    CHECK(!f.writes(0x201, 0xFE0000C00));
    CHECK(f.value(0x201) == 0xFE0000800);
    CHECK(!f.reads(0x210));

    for (const u32 index : {0x250u, 0x258u, 0x259u, 0x268u, 0x26Fu}) {
        CHECK(f.writes(index, 0x0606060606060600 + (index & 1)));
        CHECK(!f.writes(index, 0x0606060606060602));
    }
    CHECK(f.value(0x26F) == 0x0606060606060601);
    CHECK(f.cpu.state.mtrr_fixed[0] == 0x0606060606060600);
    CHECK(f.cpu.state.mtrr_fixed[10] == 0x0606060606060601);
}

TEST_CASE("EFER holds NXE only and reaches the page walk", "[msr]") {
    Fixture f;
    CHECK(f.writes(msr::efer, efer::nxe));
    CHECK(f.cpu.mmu.context().efer == efer::nxe);
    CHECK(!f.writes(msr::efer, 1));     // SCE
    CHECK(!f.writes(msr::efer, 0x100)); // LME
    CHECK(f.value(msr::efer) == efer::nxe);
}

TEST_CASE("The APIC base is the platform's to accept", "[msr]") {
    Fixture f;
    CHECK(f.value(msr::apic_base) == 0xFEE00900);
    CHECK(f.writes(msr::apic_base, 0xFEE00100));
    CHECK(f.platform.apic == 0xFEE00100);
    CHECK(!f.writes(msr::apic_base, 0xFEE00901));
}

TEST_CASE("SYSENTER registers are 32 bits wide", "[msr]") {
    Fixture f;
    CHECK(f.writes(msr::sysenter_eip, 0x1'C0001000));
    CHECK(f.value(msr::sysenter_eip) == 0xC0001000);
    CHECK(f.cpu.state.sysenter_eip == 0xC0001000);
    CHECK(f.writes(msr::sysenter_cs, 0x60));
    CHECK(f.cpu.state.sysenter_cs == 0x60);
}

TEST_CASE("MISC_ENABLE switches fast strings and nothing that is not there", "[msr]") {
    Fixture f;
    CHECK(f.value(msr::misc_enable) == 0x1801);
    CHECK(f.writes(msr::misc_enable, 0x1800));
    CHECK(f.value(msr::misc_enable) == 0x1800);
    CHECK(!f.writes(msr::misc_enable, 1 << 18)); // MONITOR
}
