#include "cpu_fixture.h"

using namespace ringshift;
using namespace ringshift::test;

namespace {

/// MOV DS, AX at CPL `cpl` with this selector and descriptor at `spare`.
void load_ds(CpuFixture& f, u16 selector, u64 raw, u8 cpl = 0) {
    f.protected_mode(cpl);
    f.set_descriptor(CpuFixture::spare, raw);
    f.set(Gpr::ax, selector);
    f.run({0x8E, 0xD8});
}

} // namespace

TEST_CASE("A data segment load checks type then privilege then presence") { // SDM vol. 2B, MOV
    CpuFixture f;
    SECTION("outside the table") {
        load_ds(f, 0x100, 0);
        f.check_delivered(Vector::general_protection, 0x100);
    }
    SECTION("an execute-only code segment cannot be read") {
        load_ds(f, 0x30, make_descriptor(0, 0xFFFFF, 0x99 | attr::wide));
        f.check_delivered(Vector::general_protection, 0x30);
    }
    SECTION("a system descriptor") {
        load_ds(f, 0x30, make_descriptor(0, 0xFFFF, 0x82));
        f.check_delivered(Vector::general_protection, 0x30);
    }
    SECTION("RPL above DPL") {
        load_ds(f, 0x33, make_descriptor(0, 0xFFFFF, attr::data | attr::wide));
        f.check_delivered(Vector::general_protection, 0x30);
    }
    SECTION("privilege comes before presence") {
        load_ds(f, 0x33, make_descriptor(0, 0xFFFFF, 0x13 | attr::wide));
        f.check_delivered(Vector::general_protection, 0x30);
    }
    SECTION("not present") {
        load_ds(f, 0x30, make_descriptor(0, 0xFFFFF, 0x13 | attr::wide));
        f.check_delivered(Vector::segment_not_present, 0x30);
    }
    SECTION("a conforming code segment has no privilege check") {
        load_ds(f, 0x33, make_descriptor(0, 0xFFFFF, attr::conforming | attr::wide), 3);
        CHECK(f.selector(SegmentName::ds) == 0x33);
    }
    SECTION("the accessed bit is set in memory") {
        load_ds(f, 0x30, make_descriptor(0x1234, 0xFFFF, 0x92));
        CHECK(f.get<u8>(CpuFixture::gdt + 0x35) == 0x93);
        CHECK(f.state.segment(SegmentName::ds).base == 0x1234);
    }
}

TEST_CASE("A null data segment loads but every access through it faults") { // SDM vol. 3A, 5.4.1
    CpuFixture f;
    load_ds(f, 3, 0);
    CHECK(f.selector(SegmentName::ds) == 3);
    f.run({0xA1, 0, 0, 0, 0}); // MOV EAX, [0]
    f.check_delivered(Vector::general_protection, 0);
}

TEST_CASE("SS accepts only a writable segment of exactly the current privilege") { // SDM vol. 3A, 5.7
    CpuFixture f;
    f.protected_mode();
    const u16 selector = GENERATE(u16{0}, u16{0x08}, u16{0x13}, u16{0x23});
    f.set(Gpr::ax, selector);
    f.run({0x8E, 0xD0});
    f.check_delivered(Vector::general_protection, selector & 0xFFFC);
}

TEST_CASE("A stack segment that is not present gives the stack fault") { // SDM vol. 2B, MOV
    CpuFixture f;
    f.protected_mode();
    f.set_descriptor(0x30, make_descriptor(0, 0xFFFFF, 0x13 | attr::wide));
    f.set(Gpr::ax, 0x30);
    f.run({0x8E, 0xD0});
    f.check_delivered(Vector::stack_fault, 0x30);
}

TEST_CASE("MOV to CS is an invalid opcode") {
    CpuFixture f;
    f.protected_mode();
    f.run({0x8E, 0xC8});
    f.check_delivered(Vector::invalid_opcode);
}

TEST_CASE("An expand-down segment with B clear ends at 64 KiB") { // SDM vol. 3A, 3.4.5.1
    CpuFixture f;
    load_ds(f, 0x30, make_descriptor(0, 0xFFF, attr::expand_down));
    SECTION("below and at the limit") {
        f.run({0xA0, 0xFF, 0x0F, 0, 0}); // MOV AL, [0FFF]
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("just above it") {
        f.put<u8>(0x1000, 0x5A);
        f.run({0xA0, 0x00, 0x10, 0, 0});
        CHECK((f.reg(Gpr::ax) & 0xFF) == 0x5A);
    }
    SECTION("the last byte") {
        f.put<u8>(0xFFFF, 0x5A);
        f.run({0xA0, 0xFF, 0xFF, 0, 0});
        CHECK((f.reg(Gpr::ax) & 0xFF) == 0x5A);
    }
    SECTION("past 64 KiB") {
        f.run({0xA0, 0x00, 0x00, 1, 0});
        f.check_delivered(Vector::general_protection, 0);
    }
}

TEST_CASE("Real mode keeps the limit of the last protected-mode load") { // SDM vol. 3A, 9.9.2
    CpuFixture f;
    f.protected_mode();
    f.run({0x0F, 0x20, 0xC0, 0x24, 0xFE, 0x0F, 0x22, 0xC0}, 3); // MOV EAX,CR0; AND AL,FE; MOV CR0,EAX
    CHECK(f.state.segment(SegmentName::ds).limit == 0xFFFFFFFF);
    f.cpu.load_segment_real(SegmentName::ds, 0x10);
    f.put<u32>(0x200100, 0xCAFE);
    f.run({0xA1, 0, 0, 0x20, 0}); // CS.D is still set: MOV EAX, [200000]
    CHECK(f.reg(Gpr::ax) == 0xCAFE);
}

TEST_CASE("LAR and LSL see only what privilege and type allow") { // SDM vol. 2A, LAR, LSL
    CpuFixture f;
    f.protected_mode(3);
    f.set_descriptor(0x30, make_descriptor(0, 0x12345, 0xC00 | 0xF3));
    f.set(Gpr::cx, 0x33);
    f.run({0x0F, 0x02, 0xC1, 0x0F, 0x03, 0xD1}, 2); // LAR EAX,ECX; LSL EDX,ECX
    CHECK(f.reg(Gpr::ax) == 0x00C1F300);
    CHECK(f.reg(Gpr::dx) == 0x12345FFF);
    CHECK((f.state.arithmetic_flags & flag::zf) != 0);
    f.set(Gpr::cx, CpuFixture::data0); // DPL 0 from CPL 3
    f.set(Gpr::ax, 7);
    f.run({0x0F, 0x02, 0xC1});
    CHECK((f.state.arithmetic_flags & flag::zf) == 0);
    CHECK(f.reg(Gpr::ax) == 7);
    f.set_descriptor(0x30, make_gate(system_type::interrupt_gate32, 8, 0, 3)); // a type LAR does not know
    f.set(Gpr::cx, 0x33);
    f.run({0x0F, 0x02, 0xC1});
    CHECK((f.state.arithmetic_flags & flag::zf) == 0);
}

TEST_CASE("VERW refuses code and VERR refuses execute-only code") { // SDM vol. 2B, VERR
    CpuFixture f;
    f.protected_mode();
    f.set_descriptor(0x30, make_descriptor(0, 0xFFFF, 0x99));
    f.set(Gpr::ax, CpuFixture::code0);
    f.run({0x0F, 0x00, 0xE0}); // VERR AX
    CHECK((f.state.arithmetic_flags & flag::zf) != 0);
    f.run({0x0F, 0x00, 0xE8}); // VERW AX
    CHECK((f.state.arithmetic_flags & flag::zf) == 0);
    f.set(Gpr::ax, 0x30);
    f.state.arithmetic_flags |= flag::zf;
    f.run({0x0F, 0x00, 0xE0});
    CHECK((f.state.arithmetic_flags & flag::zf) == 0);
}

TEST_CASE("ARPL raises the privilege of a selector and is no instruction in real mode") { // SDM vol. 2A, ARPL
    CpuFixture f;
    f.protected_mode();
    f.set(Gpr::ax, 0x20);
    f.set(Gpr::cx, 3);
    f.run({0x63, 0xC8});
    CHECK(f.reg(Gpr::ax) == 0x23);
    CHECK((f.state.arithmetic_flags & flag::zf) != 0);
    CpuFixture real;
    real.real_mode();
    real.run({0x63, 0xC8});
    CHECK(real.state.rip == 6 * 16);
}

TEST_CASE("LTR marks the TSS busy and refuses a busy one") { // SDM vol. 2A, LTR
    CpuFixture f;
    f.protected_mode();
    f.set(Gpr::ax, CpuFixture::tss2_selector);
    f.run({0x0F, 0x00, 0xD8});
    CHECK(f.selector(SegmentName::cs) == CpuFixture::code0);
    CHECK(f.state.tr.selector == CpuFixture::tss2_selector);
    CHECK((f.get<u8>(CpuFixture::gdt + 0x4D) & 0xF) == system_type::tss32_busy);
    f.run({0x0F, 0x00, 0xD8});
    f.check_delivered(Vector::general_protection, CpuFixture::tss2_selector);
}

TEST_CASE("LLDT wants an LDT descriptor in the GDT and a null selector disables the LDT") { // SDM vol. 2A, LLDT
    CpuFixture f;
    f.protected_mode();
    f.set_descriptor(0x30, make_descriptor(CpuFixture::ldt, 0xF, 0x82));
    f.put(CpuFixture::ldt + 8, make_descriptor(0x100, 0xFFF, attr::data));
    f.set(Gpr::ax, 0x30);
    f.set(Gpr::cx, 0x0C);
    f.run({0x0F, 0x00, 0xD0, 0x8E, 0xD9}, 2); // LLDT AX; MOV DS, CX
    CHECK(f.state.segment(SegmentName::ds).base == 0x100);
    f.set(Gpr::ax, 0);
    f.run({0x0F, 0x00, 0xD0, 0x8E, 0xD9}, 2);
    f.check_delivered(Vector::general_protection, 0x0C);
}

TEST_CASE("LGDT with a 16-bit operand takes 24 bits of base") { // SDM vol. 2A, LGDT
    CpuFixture f;
    f.protected_mode();
    f.put<u16>(0x6000, 0x77);
    f.put<u32>(0x6002, 0xAB001000);
    f.run({0x66, 0x0F, 0x01, 0x15, 0x00, 0x60, 0, 0});
    CHECK(f.state.gdtr.base == 0x001000);
    CHECK(f.state.gdtr.limit == 0x77);
}

TEST_CASE("UMIP keeps descriptor-table registers from programs") { // SDM vol. 3A, 2.5
    CpuFixture f;
    if (!f.model.has(Feature::umip)) return;
    f.protected_mode(3);
    f.state.cr4 |= cr4::umip;
    f.run({0x0F, 0x01, 0x05, 0x00, 0x60, 0, 0}); // SGDT
    f.check_delivered(Vector::general_protection, 0);
}
