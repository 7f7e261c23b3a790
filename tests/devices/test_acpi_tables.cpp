#include <catch2/catch.hpp>

#include "devices/acpi_tables.h"
#include "devices/aml.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

using namespace ringshift;

namespace {

u32 dword(const std::vector<u8>& bytes, std::size_t at) {
    u32 value;
    REQUIRE(at + 4 <= bytes.size());
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
}

u8 sum(const std::vector<u8>& bytes, std::size_t at, std::size_t length) {
    REQUIRE(at + length <= bytes.size());
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(length), u8{0},
                           [](u8 a, u8 b) { return static_cast<u8>(a + b); });
}

std::string text(const std::vector<u8>& bytes, std::size_t at, std::size_t length) {
    REQUIRE(at + length <= bytes.size());
    return {reinterpret_cast<const char*>(bytes.data()) + at, length};
}

/// Does what the firmware does with the script: files land in one memory at the given addresses.
struct Firmware {
    std::map<std::string, std::pair<u32, std::vector<u8>>> files;
    std::vector<std::string> allocated;

    std::pair<u32, std::vector<u8>>& file(const std::vector<u8>& script, std::size_t at) {
        const std::string name(reinterpret_cast<const char*>(script.data()) + at);
        REQUIRE(files.count(name) == 1);
        return files.at(name);
    }
    void run(const std::vector<u8>& script) {
        REQUIRE(script.size() % 128 == 0);
        for (std::size_t at = 0; at < script.size(); at += 128) {
            auto& target = file(script, at + 4);
            switch (dword(script, at)) {
            case 1:
                CHECK(target.first % dword(script, at + 60) == 0);
                allocated.push_back(text(script, at + 4, std::strlen(reinterpret_cast<const char*>(&script[at + 4]))));
                break;
            case 2: {
                const u32 offset = dword(script, at + 116);
                CHECK(script[at + 120] == 4);
                const u32 value = dword(target.second, offset) + file(script, at + 60).first;
                std::memcpy(target.second.data() + offset, &value, 4);
                break;
            }
            case 3: {
                u8& byte = target.second.at(dword(script, at + 60));
                byte = static_cast<u8>(byte - sum(target.second, dword(script, at + 64), dword(script, at + 68)));
                break;
            }
            default: FAIL("unknown command");
            }
        }
    }
};

} // namespace

TEST_CASE("AML names and integers have their shortest encodings") {
    CHECK(aml_path("\\_SB") == Aml{'\\', '_', 'S', 'B', '_'});
    CHECK(aml_path("^A.BCDE") == Aml{'^', 0x2E, 'A', '_', '_', '_', 'B', 'C', 'D', 'E'});
    CHECK(aml_path("A.B.C") == Aml{0x2F, 3, 'A', '_', '_', '_', 'B', '_', '_', '_', 'C', '_', '_', '_'});
    CHECK(aml_integer(0) == Aml{0});
    CHECK(aml_integer(1) == Aml{1});
    CHECK(aml_integer(2) == Aml{0x0A, 2});
    CHECK(aml_integer(0x1234) == Aml{0x0B, 0x34, 0x12});
    CHECK(aml_integer(0x12345678) == Aml{0x0C, 0x78, 0x56, 0x34, 0x12});
    CHECK(aml_integer(u64{1} << 32) == Aml{0x0E, 0, 0, 0, 0, 1, 0, 0, 0});
    CHECK(aml_eisa_id("PNP0303") == Aml{0x0C, 0x41, 0xD0, 0x03, 0x03});
    CHECK(aml_eisa_id("PNP0C0F") == Aml{0x0C, 0x41, 0xD0, 0x0C, 0x0F});
}

TEST_CASE("AML package lengths count themselves") {
    // A scope of n bytes: opcode, length, four bytes of name, n - 4 zeros.
    const auto scope = [](std::size_t zeros) { return aml_scope("ABCD", Aml(zeros, 0)); };
    CHECK(scope(0) == Aml{0x10, 5, 'A', 'B', 'C', 'D'});
    CHECK(scope(58)[1] == 63);
    CHECK(scope(58).size() == 64);
    CHECK(scope(59)[1] == 0x41); // 65 = 0x41: low nibble 1, then 4
    CHECK(scope(59)[2] == 0x04);
    CHECK(scope(59).size() == 66);
    CHECK(scope(4089).size() == 4096);
    CHECK(scope(4089)[1] == 0x4F);
    CHECK(scope(4089)[2] == 0xFF);
    CHECK(scope(4090)[1] == (0x80 | (4097 & 15)));
    CHECK(scope(4090)[2] == (4097 >> 4 & 0xFF));
    CHECK(scope(4090)[3] == 4097 >> 12);
}

TEST_CASE("AML terms and resources are encoded as the specification says") {
    CHECK(aml_name("X", aml_integer(1)) == Aml{0x08, 'X', '_', '_', '_', 1});
    CHECK(aml_method("M", 1, aml_return(aml_argument(0))) == Aml{0x14, 8, 'M', '_', '_', '_', 9, 0xA4, 0x68});
    CHECK(aml_if(aml_less(aml_integer(0), aml_integer(1)), aml_return(aml_integer(0))) ==
          Aml{0xA0, 6, 0x95, 0, 1, 0xA4, 0});
    CHECK(aml_package({aml_integer(0), aml_integer(5)}) == Aml{0x12, 5, 2, 0, 0x0A, 5});
    CHECK(aml_buffer({7, 8}) == Aml{0x11, 5, 0x0A, 2, 7, 8});
    CHECK(resource_io(0x3F8, 8) == Aml{0x47, 1, 0xF8, 3, 0xF8, 3, 1, 8});
    CHECK(resource_irq(12) == Aml{0x22, 0, 0x10});
    CHECK(resource_dma(2) == Aml{0x2A, 4, 0});
    CHECK(resource_interrupts({5}) == Aml{0x89, 6, 0, 9, 1, 5, 0, 0, 0});
    CHECK(resource_io_window(0xD00, 0xFFFF) ==
          Aml{0x88, 13, 0, 1, 0x0C, 3, 0, 0, 0x00, 0x0D, 0xFF, 0xFF, 0, 0, 0x00, 0xF3});
    CHECK(resource_memory_window(0xA0000, 0xBFFFF, true).size() == 26);
}

TEST_CASE("the ACPI tables are linked and sum up to zero after the loader script") {
    const AcpiFiles files = build_acpi_tables({.low_ram = u64{256} << 20});
    Firmware firmware;
    constexpr u32 base = 0x0FFE0000;
    firmware.files["etc/acpi/tables"] = {base, files.tables};
    firmware.files["etc/acpi/rsdp"] = {0xF5A00, files.rsdp};
    firmware.run(files.loader);
    CHECK(firmware.allocated == std::vector<std::string>{"etc/acpi/tables", "etc/acpi/rsdp"});

    const auto& rsdp = firmware.files["etc/acpi/rsdp"].second;
    const auto& tables = firmware.files["etc/acpi/tables"].second;
    CHECK(text(rsdp, 0, 8) == "RSD PTR ");
    CHECK(sum(rsdp, 0, 20) == 0);
    const auto table = [&](u32 address, std::string_view signature) {
        const std::size_t at = address - base;
        CHECK(text(tables, at, 4) == signature);
        if (signature != "FACS") CHECK(sum(tables, at, dword(tables, at + 4)) == 0);
        return at;
    };
    const std::size_t rsdt = table(dword(rsdp, 16), "RSDT");
    REQUIRE(dword(tables, rsdt + 4) == 36 + 8);
    const std::size_t fadt = table(dword(tables, rsdt + 36), "FACP");
    const std::size_t madt = table(dword(tables, rsdt + 40), "APIC");
    CHECK(dword(tables, fadt + 4) == 116);
    const std::size_t facs = table(dword(tables, fadt + 36), "FACS");
    CHECK((base + facs) % 64 == 0);
    table(dword(tables, fadt + 40), "DSDT");
    CHECK(dword(tables, fadt + 48) == 0xB2);
    CHECK(dword(tables, fadt + 52) == 0xF0F1);
    CHECK(dword(tables, fadt + 56) == 0x600);
    CHECK(dword(tables, fadt + 64) == 0x604);
    CHECK(dword(tables, fadt + 76) == 0x608);
    CHECK(tables[fadt + 108] == 0x32);
    // The timer's interrupt is input 2; the SCI is level and active high.
    CHECK(text(tables, madt + 64, 10) == std::string("\2\12\0\0\2\0\0\0\0\0", 10));
    CHECK(text(tables, madt + 84, 10) == std::string("\2\12\0\11\11\0\0\0\15\0", 10));
}

TEST_CASE("a board without APICs has no MADT") {
    const AcpiFiles files = build_acpi_tables({.low_ram = u64{16} << 20, .has_apic = false});
    const std::string all = text(files.tables, 0, files.tables.size());
    CHECK(all.find("APIC") == std::string::npos);
    CHECK(all.find("FACP") != std::string::npos);
}

TEST_CASE("the ACPI compiler reads the DSDT and finds what the board has") {
    if (std::system("command -v iasl >/dev/null 2>&1") != 0) {
        WARN("iasl (package acpica-tools) is not installed: the DSDT is not disassembled");
        return;
    }
    const auto folder = std::filesystem::path(RINGSHIFT_BINARY_DIR) / "test-acpi";
    std::filesystem::create_directories(folder);
    std::vector<u8> dsdt = build_dsdt({.low_ram = u64{3} << 30});
    dsdt[9] = static_cast<u8>(-sum(dsdt, 0, dsdt.size()));
    std::ofstream(folder / "dsdt.aml", std::ios::binary)
        .write(reinterpret_cast<const char*>(dsdt.data()), static_cast<std::streamsize>(dsdt.size()));
    const std::string go = "cd " + folder.string() + " && ";
    REQUIRE(std::system((go + "iasl -d dsdt.aml >log 2>&1").c_str()) == 0);
    // And back: no errors, and warnings only about the Processor keyword, which old systems need.
    CHECK(std::system((go + "iasl -p again dsdt.dsl >log2 2>&1").c_str()) == 0);
    std::stringstream source;
    source << std::ifstream(folder / "dsdt.dsl").rdbuf();
    for (const char* expected :
         {"PNP0303", "PNP0F13", "PNP0501", "PNP0700", "PNP0B00", "PNP0A03", "PNP0C0F", "Name (\\_S5", "LNKD",
          "PCI_Config, 0x60, 0x04", "0xC0000000,", "0xFEBFFFFF,", "CreateDWordField (BUFF, "}) {
        INFO(expected);
        CHECK(source.str().find(expected) != std::string::npos);
    }
    std::stringstream log;
    log << std::ifstream(folder / "log2").rdbuf();
    INFO(log.str());
    CHECK(log.str().find("0 Errors") != std::string::npos);
    std::filesystem::remove_all(folder);
}
