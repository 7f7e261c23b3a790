#include "cpu_fixture.h"

using namespace ringshift;
using namespace ringshift::test;

namespace {

constexpr u32 entry = 0x24000;

/// A 32-bit TSS for a task at CPL 0.
void make_task(CpuFixture& f, u32 tss = CpuFixture::tss2) {
    f.put<u32>(tss + 32, entry);
    f.put<u32>(tss + 36, flag::always_one);
    for (u32 i = 0; i < 8; ++i) f.put<u32>(tss + 40 + 4 * i, 0x1000 + i);
    f.put<u32>(tss + 56, 0xC000);
    static constexpr u16 selectors[] = {0x10, 0x08, 0x10, 0x10, 0, 0}; // ES CS SS DS FS GS
    for (u32 i = 0; i < 6; ++i) f.put<u32>(tss + 72 + 4 * i, selectors[i]);
}

u8 descriptor_type(const CpuFixture& f, u16 selector) { return f.get<u8>(CpuFixture::gdt + selector + 5u) & 0xF; }

void jump_to_task(CpuFixture& f) { f.run({0xEA, 0, 0, 0, 0, 0x48, 0}); }
void call_task(CpuFixture& f) { f.run({0x9A, 0, 0, 0, 0, 0x48, 0}); }

} // namespace

TEST_CASE("JMP to a TSS saves the old task and clears its busy bit") { // SDM vol. 3A, 7.3
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    f.state.dr[7] = 0x401; // L0
    f.state.dr[0] = 0x300000;
    f.set(Gpr::bx, 0xB0B0B0B0);
    jump_to_task(f);
    CHECK(f.state.rip == entry);
    CHECK(f.reg(Gpr::bx) == 0x1003);
    CHECK(f.reg(Gpr::sp) == 0xC000);
    CHECK(f.state.tr.selector == CpuFixture::tss2_selector);
    CHECK((f.state.cr0 & cr0::ts) != 0);
    CHECK(f.state.dr[7] == 0x400);
    CHECK((f.state.system_flags & flag::nt) == 0);
    CHECK(descriptor_type(f, CpuFixture::tss_selector) == system_type::tss32_available);
    CHECK(descriptor_type(f, CpuFixture::tss2_selector) == system_type::tss32_busy);
    CHECK(f.get(CpuFixture::tss + 32) == CpuFixture::code + 7);
    CHECK(f.get(CpuFixture::tss + 52) == 0xB0B0B0B0);
    CHECK(f.get<u16>(CpuFixture::tss + 76) == CpuFixture::code0);
}

TEST_CASE("CALL nests a task and IRET returns to it") { // SDM vol. 3A, 7.4
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    call_task(f);
    CHECK(f.state.rip == entry);
    CHECK((f.state.system_flags & flag::nt) != 0);
    CHECK(f.get<u16>(CpuFixture::tss2) == CpuFixture::tss_selector);
    CHECK(descriptor_type(f, CpuFixture::tss_selector) == system_type::tss32_busy);
    f.run({0xCF});
    CHECK(f.state.rip == CpuFixture::code + 7);
    CHECK(f.state.tr.selector == CpuFixture::tss_selector);
    CHECK(descriptor_type(f, CpuFixture::tss2_selector) == system_type::tss32_available);
    CHECK(descriptor_type(f, CpuFixture::tss_selector) == system_type::tss32_busy);
    CHECK((f.get(CpuFixture::tss2 + 36) & flag::nt) == 0);
    CHECK(f.get(CpuFixture::tss2 + 32) == entry + 1);
}

TEST_CASE("IRET with a back link that is no busy TSS is an invalid TSS") { // SDM vol. 2A, IRET
    CpuFixture f;
    f.protected_mode();
    f.state.system_flags |= flag::nt;
    f.put<u16>(CpuFixture::tss, CpuFixture::tss2_selector);
    f.run({0xCF});
    f.check_delivered(Vector::invalid_tss, CpuFixture::tss2_selector);
}

TEST_CASE("A TSS that is busy or absent or too short refuses a switch") { // SDM vol. 3A, table 7-1
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    SECTION("busy") {
        f.set_descriptor(CpuFixture::tss2_selector, make_descriptor(CpuFixture::tss2, 0x67, 0x8B));
        jump_to_task(f);
        f.check_delivered(Vector::general_protection, CpuFixture::tss2_selector);
    }
    SECTION("absent") {
        f.set_descriptor(CpuFixture::tss2_selector, make_descriptor(CpuFixture::tss2, 0x67, 0x09));
        jump_to_task(f);
        f.check_delivered(Vector::segment_not_present, CpuFixture::tss2_selector);
    }
    SECTION("too short") {
        f.set_descriptor(CpuFixture::tss2_selector, make_descriptor(CpuFixture::tss2, 0x66, 0x89));
        jump_to_task(f);
        f.check_delivered(Vector::invalid_tss, CpuFixture::tss2_selector);
    }
    CHECK(f.state.tr.selector == CpuFixture::tss_selector);
    CHECK((f.state.cr0 & cr0::ts) == 0);
}

TEST_CASE("A bad segment of the new task faults in the new task") { // SDM vol. 3A, 7.3 and table 7-1
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    SECTION("DS not present") {
        f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFFF, 0x13));
        f.put<u16>(CpuFixture::tss2 + 84, 0x30);
        jump_to_task(f);
        f.check_delivered(Vector::segment_not_present, 0x30);
    }
    SECTION("DS execute-only") {
        f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFFF, 0x99));
        f.put<u16>(CpuFixture::tss2 + 84, 0x30);
        jump_to_task(f);
        f.check_delivered(Vector::invalid_tss, 0x30);
    }
    SECTION("LDT in the LDT") {
        // SS is not loaded yet, so the handler is a task of its own.
        f.put<u16>(CpuFixture::tss2 + 96, 0x34);
        f.set_vector(10, make_gate(system_type::task_gate, 0x50, 0, 0));
        f.set_descriptor(0x50, make_descriptor(0x6000, 0x67, 0x89));
        make_task(f, 0x6000);
        jump_to_task(f);
        CHECK(f.state.tr.selector == 0x50);
        CHECK(f.slot(0) == 0x34);
        CHECK(f.get<u16>(0x6000) == CpuFixture::tss2_selector);
        return;
    }
    CHECK(f.state.tr.selector == CpuFixture::tss2_selector);
    CHECK(f.slot(1) == entry);
}

TEST_CASE("A 16-bit TSS saves and loads sixteen bits") { // SDM vol. 3A, 7.6
    CpuFixture f;
    f.protected_mode();
    f.set_descriptor(CpuFixture::tss2_selector, make_descriptor(CpuFixture::tss2, 0x2B, 0x81));
    f.put<u16>(CpuFixture::tss2 + 14, 0x7000);
    f.put<u16>(CpuFixture::tss2 + 16, flag::always_one | flag::cf);
    f.put<u16>(CpuFixture::tss2 + 18, 0xAAAA);
    f.put<u16>(CpuFixture::tss2 + 26, 0x8000); // SP
    static constexpr u16 selectors[] = {0x10, 0x08, 0x10, 0x10};
    for (u32 i = 0; i < 4; ++i) f.put<u16>(CpuFixture::tss2 + 34 + 2 * i, selectors[i]);
    call_task(f);
    CHECK(f.state.rip == 0x7000);
    CHECK(f.reg(Gpr::ax) == 0xFFFFAAAA);
    CHECK(f.selector(SegmentName::fs) == 0);
    CHECK(f.state.eflags() == (flag::always_one | flag::cf | flag::nt));
    CHECK(f.get<u16>(CpuFixture::tss2) == CpuFixture::tss_selector);
    f.set(Gpr::ax, 0x12345678);
    f.run({0xCF});
    CHECK(f.state.rip == CpuFixture::code + 7);
    CHECK(f.get<u16>(CpuFixture::tss2 + 14) == 0x7001);
    CHECK(f.get<u16>(CpuFixture::tss2 + 18) == 0x5678);
    CHECK(f.get<u16>(CpuFixture::tss2 + 20) == 0);
}

TEST_CASE("The T bit of a TSS traps before the first instruction of the task") { // SDM vol. 3B, 17.3.1.5
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    f.put<u16>(CpuFixture::tss2 + 100, 1);
    jump_to_task(f);
    f.run(0);
    CHECK(f.state.rip == f.handler(1));
    CHECK((f.state.dr[6] & dr6::bt) != 0);
    CHECK(f.slot(0) == entry);
    CHECK((f.slot(2) & flag::rf) == 0);
}

TEST_CASE("A task gate delivers an exception with its error code to a task") { // SDM vol. 3A, 6.12.2
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    f.set_vector(13, make_gate(system_type::task_gate, CpuFixture::tss2_selector, 0, 0));
    f.set(Gpr::ax, 0x100);
    f.run({0x8E, 0xD8});
    CHECK(f.state.rip == entry);
    CHECK(f.reg(Gpr::sp) == 0xC000 - 4);
    CHECK(f.slot(0) == 0x100);
    CHECK((f.state.system_flags & flag::nt) != 0);
    CHECK(f.get(CpuFixture::tss + 32) == CpuFixture::code);
    CHECK((f.get(CpuFixture::tss + 36) & flag::rf) != 0); // a fault restarts with RF
}

TEST_CASE("A task switch loads CR3 while paging is on") { // SDM vol. 3A, 7.3
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    for (const u32 directory : {0x100000u, 0x101000u}) f.put<u32>(directory, 0x83); // 4 MiB identity, CR4.PSE
    f.state.cr4 |= cr4::pse;
    f.state.cr3 = 0x100000;
    f.put<u32>(CpuFixture::tss2 + 28, 0x101000);
    REQUIRE(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
    jump_to_task(f);
    CHECK(f.state.cr3 == 0x101000);
    CHECK(f.state.rip == entry);
}

TEST_CASE("A task with VM set starts in virtual-8086 mode") { // SDM vol. 3A, 20.2.1
    CpuFixture f;
    f.protected_mode();
    make_task(f);
    f.put<u32>(CpuFixture::tss2 + 36, flag::vm | 2);
    f.put<u32>(CpuFixture::tss2 + 32, 0x123);
    f.put<u16>(CpuFixture::tss2 + 76, 0x1000);
    jump_to_task(f);
    CHECK(f.state.v86_mode());
    CHECK(f.state.cpl == 3);
    CHECK(f.state.segment(SegmentName::cs).base == 0x10000);
    CHECK(f.state.segment(SegmentName::ds).base == 0x100);
}
