#include "cpu_fixture.h"

using namespace ringshift;
using namespace ringshift::test;

namespace {

constexpr u32 target = 0x12000;

/// CALL 0030:0 from CPL `cpl`, with this gate in the GDT.
void call_gate(CpuFixture& f, u8 cpl, u64 gate) {
    f.protected_mode(cpl);
    f.set_descriptor(CpuFixture::spare, gate);
    if (cpl == 3) {
        f.put<u32>(CpuFixture::stack3, 0x11111111);
        f.put<u32>(CpuFixture::stack3 + 4, 0x22222222);
    }
    f.run({0x9A, 0, 0, 0, 0, 0x33, 0});
}

} // namespace

TEST_CASE("A call gate switches stacks and copies parameters") { // SDM vol. 3A, 5.8.5
    CpuFixture f;
    call_gate(f, 3, make_gate(system_type::call_gate32, CpuFixture::code0, target, 3, 2));
    CHECK(f.state.cpl == 0);
    CHECK(f.state.rip == target);
    CHECK(f.selector(SegmentName::cs) == CpuFixture::code0);
    CHECK(f.selector(SegmentName::ss) == CpuFixture::data0);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 24);
    CHECK(f.slot(0) == CpuFixture::code + 7);
    CHECK(f.slot(1) == CpuFixture::code3);
    CHECK(f.slot(2) == 0x11111111);
    CHECK(f.slot(3) == 0x22222222);
    CHECK(f.slot(4) == CpuFixture::stack3);
    CHECK(f.slot(5) == CpuFixture::data3);
    SECTION("and RET n releases them on both stacks") {
        f.state.segment(SegmentName::es) = f.segment_of(CpuFixture::data0);
        f.run({0xCA, 8, 0});
        CHECK(f.state.cpl == 3);
        CHECK(f.state.rip == CpuFixture::code + 7);
        CHECK(f.reg(Gpr::sp) == CpuFixture::stack3 + 8);
        CHECK(f.selector(SegmentName::es) == 0); // DPL 0 data is dropped, SDM vol. 3A, 5.8.6
        CHECK(f.selector(SegmentName::ds) == CpuFixture::data3);
    }
}

TEST_CASE("A 16-bit call gate copies and pushes words") { // SDM vol. 3A, 5.8.5
    CpuFixture f;
    call_gate(f, 3, make_gate(system_type::call_gate16, CpuFixture::code0, 0xFFFF0000 | 0x2000, 3, 2));
    CHECK(f.state.rip == 0x2000);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 12);
    CHECK(f.slot16(0) == ((CpuFixture::code + 7) & 0xFFFF));
    CHECK(f.slot16(1) == CpuFixture::code3);
    CHECK(f.slot16(2) == 0x1111);
    CHECK(f.slot16(3) == 0x1111);
    CHECK(f.slot16(4) == CpuFixture::stack3);
}

TEST_CASE("Call gates check their own privilege and presence") { // SDM vol. 3A, 5.8.4
    CpuFixture f;
    SECTION("DPL below CPL") {
        call_gate(f, 3, make_gate(system_type::call_gate32, CpuFixture::code0, target, 0));
        f.check_delivered(Vector::general_protection, 0x30);
    }
    SECTION("not present") {
        call_gate(f, 3, make_gate(system_type::call_gate32, CpuFixture::code0, target, 3) & ~(u64{0x80} << 40));
        f.check_delivered(Vector::segment_not_present, 0x30);
    }
    SECTION("null code selector") {
        call_gate(f, 3, make_gate(system_type::call_gate32, 0, target, 3));
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("target is data") {
        call_gate(f, 3, make_gate(system_type::call_gate32, CpuFixture::data0, target, 3));
        f.check_delivered(Vector::general_protection, CpuFixture::data0);
    }
}

TEST_CASE("An inner stack that cannot be used is an invalid TSS") { // SDM vol. 2A, CALL
    CpuFixture f;
    f.protected_mode(3);
    f.set_descriptor(CpuFixture::spare, make_gate(system_type::call_gate32, CpuFixture::code0, target, 3));
    // #TS is delivered through a task gate: an interrupt gate to ring 0 would need the same stack.
    f.set_vector(10, make_gate(system_type::task_gate, CpuFixture::tss2_selector, 0, 0));
    f.put<u32>(CpuFixture::tss2 + 32, 0x23000);
    f.put<u32>(CpuFixture::tss2 + 56, 0xC000);
    f.put<u16>(CpuFixture::tss2 + 76, CpuFixture::code0);
    f.put<u16>(CpuFixture::tss2 + 80, CpuFixture::data0);
    f.put<u16>(CpuFixture::tss + 8, CpuFixture::data3);
    f.run({0x9A, 0, 0, 0, 0, 0x33, 0});
    CHECK(f.state.rip == 0x23000);
    CHECK(f.slot(0) == (CpuFixture::data3 & 0xFFFC));
    CHECK(f.get<u32>(CpuFixture::tss + 32) == CpuFixture::code);
}

TEST_CASE("A conforming segment keeps the caller's privilege") { // SDM vol. 3A, 5.8.1.2
    CpuFixture f;
    f.protected_mode(3);
    f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFFFF, attr::conforming | attr::wide));
    f.run({0xEA, 0x00, 0x20, 0x01, 0x00, 0x30, 0});
    CHECK(f.state.rip == target);
    CHECK(f.state.cpl == 3);
    CHECK(f.selector(SegmentName::cs) == 0x33);
}

TEST_CASE("Far jumps check privilege then presence then the limit") { // SDM vol. 2A, JMP
    CpuFixture f;
    f.protected_mode(3);
    SECTION("null") {
        f.run({0xEA, 0, 0, 0, 0, 0, 0});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("more privileged") {
        f.run({0xEA, 0, 0, 0, 0, 0x08, 0});
        f.check_delivered(Vector::general_protection, 8);
    }
    SECTION("not present") {
        f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFF, 0x7B));
        f.run({0xEA, 0, 0, 0, 0, 0x33, 0});
        f.check_delivered(Vector::segment_not_present, 0x30);
    }
    SECTION("beyond the limit") {
        f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFF, 0xFB));
        f.run({0xEA, 0, 0x10, 0, 0, 0x33, 0});
        f.check_delivered(Vector::general_protection, 0);
    }
}

TEST_CASE("A far call that faults on its push leaves the stack pointer alone") { // SDM vol. 2A, CALL
    CpuFixture f;
    f.protected_mode();
    f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFFF, attr::expand_down | 0x400));
    f.state.segment(SegmentName::ss) = f.segment_of(CpuFixture::spare);
    f.set(Gpr::sp, 0x10004); // room for one dword only
    f.set_vector(12, make_gate(system_type::task_gate, CpuFixture::tss2_selector, 0, 0));
    f.put<u32>(CpuFixture::tss2 + 32, 0x23000);
    f.put<u32>(CpuFixture::tss2 + 56, 0xC000);
    f.put<u16>(CpuFixture::tss2 + 76, CpuFixture::code0);
    f.put<u16>(CpuFixture::tss2 + 80, CpuFixture::data0);
    f.run({0x9A, 0, 0x20, 1, 0, 0x08, 0});
    CHECK(f.state.rip == 0x23000);
    CHECK(f.get<u32>(CpuFixture::tss + 56) == 0x10004);
    CHECK(f.get<u32>(CpuFixture::tss + 32) == CpuFixture::code);
}

TEST_CASE("IRET at CPL 0 with VM in the image enters virtual-8086 mode") { // SDM vol. 3A, 20.2.1
    CpuFixture f;
    f.protected_mode();
    const u32 sp = CpuFixture::stack0 - 36;
    f.set(Gpr::sp, sp);
    const u32 image[] = {0x100, 0x1000, flag::vm | flag::if_ | 2, 0x800, 0x0300, 0x0E00, 0x0D00, 0x0F00, 0x0A00};
    for (u32 i = 0; i < 9; ++i) f.put<u32>(sp + 4 * i, image[i]);
    f.run({0xCF});
    CHECK(f.state.v86_mode());
    CHECK(f.state.cpl == 3);
    CHECK(f.state.rip == 0x100);
    CHECK(f.state.segment(SegmentName::cs).base == 0x10000);
    CHECK(f.reg(Gpr::sp) == 0x800);
    CHECK(f.selector(SegmentName::ss) == 0x0300);
    CHECK(f.selector(SegmentName::es) == 0x0E00);
    CHECK(f.selector(SegmentName::ds) == 0x0D00);
    CHECK(f.selector(SegmentName::fs) == 0x0F00);
    CHECK(f.selector(SegmentName::gs) == 0x0A00);
    CHECK(f.state.segment(SegmentName::gs).limit == 0xFFFF);
}

TEST_CASE("IRET to an outer level cannot change IF or IOPL that the inner level may not") { // SDM vol. 2A, IRET
    CpuFixture f;
    f.protected_mode(3);
    f.set(Gpr::sp, CpuFixture::stack3 - 12);
    f.put<u32>(CpuFixture::stack3 - 12, target);
    f.put<u32>(CpuFixture::stack3 - 8, CpuFixture::code3);
    f.put<u32>(CpuFixture::stack3 - 4, flag::if_ | flag::iopl | flag::id | flag::cf);
    f.run({0xCF});
    CHECK(f.state.rip == target);
    CHECK(f.state.eflags() == (flag::id | flag::cf | flag::always_one));
}

TEST_CASE("IRET in virtual-8086 mode below IOPL 3 faults without VME") { // SDM vol. 3A, 20.2.7
    CpuFixture f;
    f.v86_mode(0);
    f.run({0xCF});
    CHECK_FALSE(f.state.v86_mode());
    f.check_delivered(Vector::general_protection, 0);
}

TEST_CASE("SYSENTER and SYSEXIT use the fixed segments after their MSRs") { // SDM vol. 3A, 5.8.7
    CpuFixture f;
    f.protected_mode(3);
    f.state.sysenter_cs = CpuFixture::code0;
    f.state.sysenter_esp = 0x8000;
    f.state.sysenter_eip = target;
    f.state.system_flags |= flag::if_;
    f.run({0x0F, 0x34});
    CHECK(f.state.cpl == 0);
    CHECK(f.state.rip == target);
    CHECK(f.reg(Gpr::sp) == 0x8000);
    CHECK(f.selector(SegmentName::cs) == CpuFixture::code0);
    CHECK(f.selector(SegmentName::ss) == CpuFixture::data0);
    CHECK((f.state.system_flags & flag::if_) == 0);
    f.set(Gpr::cx, 0xA000);
    f.set(Gpr::dx, CpuFixture::code);
    f.run({0x0F, 0x35});
    CHECK(f.state.cpl == 3);
    CHECK(f.state.rip == CpuFixture::code);
    CHECK(f.selector(SegmentName::cs) == CpuFixture::code3);
    CHECK(f.selector(SegmentName::ss) == CpuFixture::data3);
    SECTION("and SYSEXIT is for CPL 0") {
        f.run({0x0F, 0x35});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("and SYSENTER wants a selector") {
        f.state.sysenter_cs = 3;
        f.run({0x0F, 0x34});
        f.check_delivered(Vector::general_protection, 0);
    }
}

TEST_CASE("A real-mode far call and return move by selector times sixteen") { // SDM vol. 2A, CALL
    CpuFixture f;
    f.real_mode();
    f.put<u8>(0x30005, 0xCB);
    f.run({0x9A, 5, 0, 0, 0x30});
    CHECK(f.state.segment(SegmentName::cs).base == 0x30000);
    CHECK(f.state.rip == 5);
    f.run();
    CHECK(f.state.segment(SegmentName::cs).base == 0x10000);
    CHECK(f.state.rip == 5);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack3);
}

TEST_CASE("LOCK on an instruction that cannot have it is an invalid opcode") { // SDM vol. 2A, LOCK
    CpuFixture f;
    f.protected_mode();
    SECTION("MOV") { f.run({0xF0, 0x89, 0x00}); }
    SECTION("ADD to a register") { f.run({0xF0, 0x01, 0xC0}); }
    SECTION("CMP") { f.run({0xF0, 0x39, 0x00}); }
    f.check_delivered(Vector::invalid_opcode);
}
