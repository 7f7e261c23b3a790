#include "cpu/isa/policy.h"
#include "cpu/model.h"

#include <catch2/catch.hpp>

#include <cstring>

using namespace ringshift;

namespace {

CpuModel model(std::string_view name) { return CpuModel::by_name(name).release(); }

std::string text(std::initializer_list<u32> registers) {
    std::string s;
    for (const u32 r : registers) s.append(reinterpret_cast<const char*>(&r), 4);
    return s.c_str();
}

} // namespace

TEST_CASE("An unknown CPU model is an error that lists the models", "[model]") {
    const auto result = CpuModel::by_name("80186");
    REQUIRE(!result.ok());
    for (const auto name : CpuModel::names()) CHECK(result.error().message.find(name) != std::string::npos);
    CHECK(CpuModel::names().size() == 5);
}

TEST_CASE("Every model identifies itself", "[model]") {
    for (const auto name : CpuModel::names()) {
        const CpuModel m = model(name);
        CHECK(m.name() == name);
        const CpuidResult leaf0 = m.cpuid(0, 0, true);
        CHECK(text({leaf0.ebx, leaf0.edx, leaf0.ecx}) == "GenuineIntel");
        CHECK(leaf0.eax >= 1);
        CHECK(m.cpuid(1, 0, true).eax == m.signature());
        CHECK((m.cpuid(1, 0, true).edx >> 9 & 1) == m.has(Feature::apic));
        CHECK((m.cpuid(1, 0, false).edx >> 9 & 1) == 0);
    }
    CHECK((model("486").signature() >> 8 & 15) == 4);
    CHECK((model("pentium").signature() >> 8 & 15) == 5);
    CHECK((model("pentium3").signature() >> 8 & 15) == 6);
    CHECK((model("pentium4").signature() >> 8 & 15) == 15);
}

TEST_CASE("Every model has what the one before it has", "[model]") {
    const auto names = CpuModel::names();
    for (std::size_t i = 1; i < names.size(); ++i)
        for (unsigned f = 0; f < static_cast<unsigned>(Feature::count); ++f)
            if (model(names[i - 1]).has(static_cast<Feature>(f))) CHECK(model(names[i]).has(static_cast<Feature>(f)));
    CHECK(!model("486").has(Feature::tsc));
    CHECK(!model("pentium").has(Feature::cmov));
    CHECK(!model("pentium3").has(Feature::sse2));
    CHECK(!model("pentium4").has(Feature::nx));
    CHECK(model("max").has(Feature::nx));
}

TEST_CASE("No instruction set is advertised without an instruction", "[model]") {
    const CpuModel m = model("max");
    for (const Feature f : {Feature::fpu, Feature::mmx, Feature::sse, Feature::sse2, Feature::sse3, Feature::ssse3,
                            Feature::sse4_1, Feature::sse4_2, Feature::pclmulqdq, Feature::popcnt, Feature::movbe,
                            Feature::rdtscp, Feature::fxsr, Feature::clfsh, Feature::sep, Feature::cmov}) {
        bool has_row = false;
#define INSN(mnemonic, ...) has_row |= policy(Mnemonic::mnemonic).feature == f;
#include "cpu/isa/policy.def"
#undef INSN
        CHECK(m.has(f) == has_row);
    }
}

TEST_CASE("Extended leaves give the brand and the address sizes", "[model]") {
    const CpuModel m = model("max");
    CHECK(m.cpuid(0x80000000, 0, true).eax == 0x80000008);
    std::string brand;
    for (u32 leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
        const CpuidResult r = m.cpuid(leaf, 0, true);
        brand += text({r.eax, r.ebx, r.ecx, r.edx});
    }
    CHECK(brand == "Ringshift Virtual CPU");
    CHECK(m.cpuid(0x80000008, 0, true).eax == (m.physical_bits() | 32u << 8));
    CHECK((m.cpuid(0x80000001, 0, true).edx >> 20 & 1) == 1); // NX
    CHECK((m.cpuid(0x80000001, 0, true).edx >> 29 & 1) == 0); // no long mode
    CHECK((m.cpuid(0x80000007, 0, true).edx >> 8 & 1) == 1);  // invariant TSC
}

TEST_CASE("Leaves beyond the last one repeat the highest basic leaf", "[model]") {
    for (const auto name : CpuModel::names()) {
        const CpuModel m = model(name);
        const u32 last = m.cpuid(0, 0, true).eax;
        const CpuidResult expected = m.cpuid(last, 0, true);
        for (const u32 leaf : {last + 1, 0x7FFFFFFFu, 0x80001000u, 0xFFFFFFFFu}) {
            const CpuidResult r = m.cpuid(leaf, 0, true);
            CHECK((r.eax == expected.eax && r.ebx == expected.ebx && r.ecx == expected.ecx && r.edx == expected.edx));
        }
    }
}

TEST_CASE("The clocks of the TSC and of the local APIC are leaves where they are known", "[model]") {
    const CpuModel m = model("max");
    const CpuClocks clocks{.timestamp = 1'000'000'000, .bus = 100'000'000};
    const CpuidResult ratio = m.cpuid(0x15, 0, true, clocks);
    REQUIRE(ratio.eax != 0);
    CHECK(u64{ratio.ecx} * ratio.ebx / ratio.eax == clocks.timestamp);
    CHECK(ratio.ecx == clocks.bus);
    const CpuidResult frequencies = m.cpuid(0x16, 0, true, clocks);
    CHECK(frequencies.eax == 1000);
    CHECK(frequencies.ecx == 100);
    CHECK(m.cpuid(0x15, 0, true).ebx == 0); // the ratio is not enumerated
}

TEST_CASE("Only model max says that it is virtual", "[model]") {
    for (const auto name : CpuModel::names()) {
        const CpuModel m = model(name);
        CHECK((m.cpuid(1, 0, true).ecx >> 31 != 0) == (name == "max"));
    }
    const CpuidResult r = model("max").cpuid(0x40000000, 0, true);
    CHECK(text({r.ebx, r.ecx, r.edx}) == "RingshiftVM");
}

TEST_CASE("Cache leaves end and agree with each other", "[model]") {
    const CpuModel m = model("max");
    const CpuidResult l2 = m.cpuid(4, 2, true);
    CHECK((l2.eax & 31) == 3);
    const u64 size = u64{(l2.ebx >> 22) + 1} * ((l2.ebx & 0xFFF) + 1) * (l2.ecx + 1);
    CHECK(size == u64{m.cpuid(0x80000006, 0, true).ecx >> 16} * 1024);
    CHECK((m.cpuid(4, 3, true).eax & 31) == 0);
    CHECK((m.cpuid(2, 0, true).eax & 0xFF) == 1);
}

TEST_CASE("Vulnerabilities are denied only where that is true", "[model]") {
    CHECK(model("pentium4").arch_capabilities() == 0);
    const u64 bits = model("max").arch_capabilities();
    CHECK((bits & 1) != 0);       // RDCL_NO
    CHECK((bits & 1 << 5) != 0);  // MDS_NO
    CHECK((bits & 1 << 1) == 0);  // IBRS_ALL: there is no IBRS
    CHECK((bits & 1 << 4) == 0);  // SSB_NO is the host's business
    CHECK((bits & 1 << 20) == 0); // so is BHI_NO
}

TEST_CASE("MXCSR mask follows the model", "[model]") {
    CHECK(model("486").mxcsr_mask() == 0);
    if (model("pentium4").has(Feature::sse2)) {
        CHECK(model("pentium3").mxcsr_mask() == 0xFFBF);
        CHECK(model("pentium4").mxcsr_mask() == 0xFFFF);
    }
}
