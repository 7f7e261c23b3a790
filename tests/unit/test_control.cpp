#include "cpu_fixture.h"

using namespace ringshift;
using namespace ringshift::test;

namespace {

/// Identity PAE tables of 2 MiB pages for the first GiB.
void make_pae_tables(CpuFixture& f) {
    f.put<u64>(0x100000, 0x101001);
    for (u32 i = 0; i < 512; ++i) f.put<u64>(0x101000 + 8 * i, u64{i} << 21 | 0x83);
    f.state.cr3 = 0x100000;
}

} // namespace

TEST_CASE("Paging needs protection and NW needs CD") { // SDM vol. 3A, 2.5
    CpuFixture f;
    CHECK_FALSE(f.cpu.write_cr0(cr0::pg).ok);
    f.protected_mode();
    CHECK_FALSE(f.cpu.write_cr0(cr0::pe | cr0::nw).ok);
    CHECK(f.cpu.write_cr0(cr0::pe | cr0::nw | cr0::cd).ok);
    CHECK((f.state.cr0 & cr0::et) != 0);
}

TEST_CASE("Reserved bits of a present PDPTE fault when they are loaded") { // SDM vol. 3A, 4.4.1
    CpuFixture f;
    f.protected_mode();
    make_pae_tables(f);
    REQUIRE(f.cpu.write_cr4(cr4::pae).ok);
    SECTION("by CR0.PG") {
        f.put<u64>(0x100008, 0x101003); // R/W is reserved here
        CHECK_FALSE(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
        CHECK(f.cpu.exception.vector == Vector::general_protection);
        CHECK((f.state.cr0 & cr0::pg) == 0);
    }
    SECTION("by CR3") {
        REQUIRE(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
        f.put<u64>(0x100038, u64{1} << 63 | 1); // entry 3 of the table at 0x100020
        CHECK_FALSE(f.cpu.write_cr3(0x100020).ok);
        CHECK(f.state.cr3 == 0x100000);
    }
    SECTION("not if the entry is absent") {
        f.put<u64>(0x100008, 0x1E6);
        CHECK(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
    }
}

TEST_CASE("PDPTEs stay as loaded until CR3 is written") { // SDM vol. 3A, 4.4.1
    CpuFixture f;
    f.protected_mode();
    make_pae_tables(f);
    REQUIRE(f.cpu.write_cr4(cr4::pae).ok);
    REQUIRE(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
    f.put<u64>(0x100000, 0);
    f.cpu.mmu.flush_all();
    f.run({0xA1, 0, 0, 0x20, 0});
    CHECK(f.state.rip == CpuFixture::code + 5);
    REQUIRE(f.cpu.write_cr3(0x100000).ok);
    CHECK(f.run(1) == Exit::shutdown);
}

TEST_CASE("INVLPG drops the whole of a large page") { // SDM vol. 3A, 4.10.4.1
    CpuFixture f;
    f.protected_mode();
    f.put<u32>(0x100000, 0x83);
    f.put<u32>(0x100004, 0x83); // 0x400000.. shows the same RAM
    f.state.cr3 = 0x100000;
    REQUIRE(f.cpu.write_cr4(cr4::pse).ok);
    REQUIRE(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
    f.run({0xA1, 0, 0x50, 0x70, 0}); // MOV EAX, [705000] fills the TLB
    CHECK(f.state.rip == CpuFixture::code + 5);
    f.put<u32>(0x100004, 0);
    f.run({0x0F, 0x01, 0x3D, 0, 0, 0x40, 0, 0xA1, 0, 0x50, 0x70, 0}, 2); // INVLPG [400000]; MOV EAX, [705000]
    f.check_delivered(Vector::page_fault, 0);
    CHECK(f.state.cr2 == 0x705000);
}

TEST_CASE("CR4 bits that the model lacks are reserved") { // SDM vol. 3A, 2.5
    CpuFixture f("pentium");
    f.protected_mode();
    CHECK_FALSE(f.cpu.write_cr4(cr4::osfxsr).ok);
    CHECK(f.cpu.exception.vector == Vector::general_protection);
    CHECK_FALSE(f.cpu.write_cr4(u64{1} << 30).ok);
    CHECK(f.cpu.write_cr4(cr4::de | cr4::vme).ok);
}

TEST_CASE("Privileged instructions fault at CPL 3") { // SDM vol. 3A, 5.9
    CpuFixture f;
    f.protected_mode(3);
    SECTION("HLT") { f.run({0xF4}); }
    SECTION("CLTS") { f.run({0x0F, 0x06}); }
    SECTION("MOV to CR0") { f.run({0x0F, 0x22, 0xC0}); }
    SECTION("MOV from CR3") { f.run({0x0F, 0x20, 0xD8}); }
    SECTION("MOV to DR7") { f.run({0x0F, 0x23, 0xF8}); }
    SECTION("LGDT") { f.run({0x0F, 0x01, 0x15, 0, 0x60, 0, 0}); }
    SECTION("LLDT") { f.run({0x0F, 0x00, 0xD0}); }
    SECTION("LTR") { f.run({0x0F, 0x00, 0xD8}); }
    SECTION("LMSW") { f.run({0x0F, 0x01, 0xF0}); }
    SECTION("INVLPG") { f.run({0x0F, 0x01, 0x38}); }
    SECTION("WBINVD") { f.run({0x0F, 0x09}); }
    SECTION("CLI") { f.run({0xFA}); }
    f.check_delivered(Vector::general_protection, 0);
    CHECK(f.slot(1) == CpuFixture::code);
}

TEST_CASE("LMSW sets PE and cannot clear it") { // SDM vol. 2A, LMSW
    CpuFixture f;
    f.protected_mode();
    f.set(Gpr::ax, cr0::ts);
    f.run({0x0F, 0x01, 0xF0});
    CHECK((f.state.cr0 & (cr0::pe | cr0::ts)) == (cr0::pe | cr0::ts));
}

TEST_CASE("POPF at CPL 3 silently keeps IF and IOPL") { // SDM vol. 2B, POPF
    CpuFixture f;
    f.protected_mode(3);
    f.set(Gpr::sp, CpuFixture::stack3 - 4);
    f.put<u32>(CpuFixture::stack3 - 4, flag::if_ | flag::iopl | flag::df | flag::vm | flag::rf);
    f.run({0x9D});
    CHECK(f.state.eflags() == (flag::df | flag::always_one));
}

TEST_CASE("Ports are allowed by IOPL or by the bitmap of the TSS") { // SDM vol. 1, 18.5
    CpuFixture f;
    f.protected_mode(3);
    f.set(Gpr::dx, 0x3F7);
    SECTION("bitmap bits clear") {
        f.run({0xED}); // IN EAX, DX: four bits across two bytes
        CHECK(f.reg(Gpr::ax) == 0x3F7);
    }
    SECTION("one of four bits set") {
        f.put<u8>(CpuFixture::tss + 0x68 + 0x3FA / 8, 1 << (0x3FA % 8));
        f.run({0xED});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("the bitmap must reach one byte further than its last bit") {
        f.state.tr.limit = 0x68 + 0x3F7 / 8;
        f.run({0xEC});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("IOPL 3 asks no bitmap") {
        f.state.tr.limit = 0x67;
        f.state.system_flags |= flag::iopl;
        f.run({0xEC});
        CHECK((f.reg(Gpr::ax) & 0xFF) == 0xF7);
    }
    SECTION("a 16-bit TSS has no bitmap") {
        f.state.tr.attributes = 0x83;
        f.put<u16>(CpuFixture::tss + 2, CpuFixture::stack0);
        f.put<u16>(CpuFixture::tss + 4, CpuFixture::data0);
        f.run({0xEC});
        f.check_delivered(Vector::general_protection, 0);
    }
}

TEST_CASE("Virtual-8086 mode always asks the I/O bitmap") { // SDM vol. 1, 18.5.2
    CpuFixture f;
    f.v86_mode(3);
    f.put<u8>(CpuFixture::tss + 0x68 + 0x60 / 8, 1);
    f.run({0xE4, 0x60});
    f.check_delivered(Vector::general_protection, 0);
}

TEST_CASE("DR7.GD makes an access to a debug register a fault") { // SDM vol. 3B, 17.2.4
    CpuFixture f;
    f.protected_mode();
    f.state.dr[7] |= dr7::gd;
    f.run({0x0F, 0x21, 0xC0}); // MOV EAX, DR0
    CHECK(f.state.rip == f.handler(1));
    CHECK((f.state.dr[6] & dr6::bd) != 0);
    CHECK((f.state.dr[7] & dr7::gd) == 0);
    CHECK(f.slot(0) == CpuFixture::code);
    CHECK((f.slot(2) & flag::rf) != 0);
}

TEST_CASE("DR4 and DR5 are aliases until CR4.DE") { // SDM vol. 3B, 17.2.2
    CpuFixture f;
    f.protected_mode();
    f.set(Gpr::ax, 0xFFFFFFFF);
    f.run({0x0F, 0x23, 0xE0, 0x0F, 0x21, 0xF1}, 2); // MOV DR4, EAX; MOV ECX, DR6
    CHECK(f.reg(Gpr::cx) == 0xFFFFEFFF);
    f.state.cr4 |= cr4::de;
    f.run({0x0F, 0x21, 0xE8}); // MOV EAX, DR5
    f.check_delivered(Vector::invalid_opcode);
}

TEST_CASE("I/O breakpoints trap after the instruction when CR4.DE is set") { // SDM vol. 3B, 17.3.1.2
    CpuFixture f;
    f.protected_mode();
    f.state.dr[1] = 0x60;
    f.state.dr[7] = 0x400 | (1 << 2) | (2u << 20); // L1, I/O, 1 byte
    f.state.cr4 |= cr4::de;
    f.run({0xE4, 0x60});
    f.run(0);
    CHECK(f.state.rip == f.handler(1));
    CHECK((f.state.dr[6] & 2) != 0);
    CHECK(f.slot(0) == CpuFixture::code + 2);
}

TEST_CASE("BOUND compares as signed numbers") { // SDM vol. 2A, BOUND
    CpuFixture f;
    f.protected_mode();
    f.put<i32>(0x6000, -2);
    f.put<i32>(0x6004, 5);
    f.set(Gpr::ax, static_cast<u32>(-2));
    f.run({0x62, 0x05, 0, 0x60, 0, 0});
    CHECK(f.state.rip == CpuFixture::code + 6);
    f.set(Gpr::ax, 6);
    f.run({0x62, 0x05, 0, 0x60, 0, 0});
    CHECK(f.state.rip == f.handler(5));
}

TEST_CASE("Alignment is checked at CPL 3 with AM and AC alone") { // SDM vol. 3A, 6.15
    CpuFixture f;
    f.protected_mode(3);
    REQUIRE(f.cpu.write_cr0(f.state.cr0 | cr0::am).ok);
    f.run({0xA1, 1, 0x60, 0, 0});
    CHECK(f.state.rip == CpuFixture::code + 5);
    f.cpu.load_flags(flag::ac, flag::ac);
    f.run({0xA1, 1, 0x60, 0, 0});
    f.check_delivered(Vector::alignment_check, 0);
}
