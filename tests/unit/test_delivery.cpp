#include "cpu_fixture.h"

using namespace ringshift;
using namespace ringshift::test;

namespace {

/// Makes delivery of `vector` raise #NP(vector) itself.
void make_absent(CpuFixture& f, u8 vector) {
    f.set_vector(vector, make_gate(system_type::interrupt_gate32, CpuFixture::code0, 0, 3) & ~(u64{0x80} << 40));
}

/// Clears the present bit of a 4 KiB page; paging is turned on with identity tables for the whole RAM.
void enable_paging(CpuFixture& f) {
    f.put<u32>(0x100000, 0x101007);
    for (u32 i = 0; i < 1024; ++i) f.put<u32>(0x101000 + 4 * i, i << 12 | 7);
    f.state.cr3 = 0x100000;
    REQUIRE(f.cpu.write_cr0(f.state.cr0 | cr0::pg).ok);
}
void unmap(CpuFixture& f, u32 address) { f.put<u32>(0x101000 + (address >> 12) * 4, 0); }

} // namespace

TEST_CASE("An interrupt from CPL 3 takes the stack of the TSS") { // SDM vol. 3A, 6.12.1
    CpuFixture f;
    f.protected_mode(3);
    f.state.system_flags |= flag::if_ | flag::tf;
    f.state.system_flags &= ~flag::tf;
    f.run({0xCD, 0x80});
    CHECK(f.state.rip == f.handler(0x80));
    CHECK(f.state.cpl == 0);
    CHECK((f.state.system_flags & flag::if_) == 0);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 20);
    CHECK(f.slot(0) == CpuFixture::code + 2);
    CHECK(f.slot(1) == CpuFixture::code3);
    CHECK(f.slot(2) == (flag::if_ | flag::always_one));
    CHECK(f.slot(3) == CpuFixture::stack3);
    CHECK(f.slot(4) == CpuFixture::data3);
}

TEST_CASE("A trap gate leaves IF and a 16-bit gate pushes words") { // SDM vol. 3A, 6.12.1.2
    CpuFixture f;
    f.protected_mode();
    f.state.system_flags |= flag::if_;
    f.set_vector(0x40, make_gate(system_type::trap_gate16, CpuFixture::code0, 0x4000));
    f.run({0xCD, 0x40});
    CHECK(f.state.rip == 0x4000);
    CHECK((f.state.system_flags & flag::if_) != 0);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 6);
    CHECK(f.slot16(0) == ((CpuFixture::code + 2) & 0xFFFF));
    CHECK(f.slot16(1) == CpuFixture::code0);
}

TEST_CASE("INT n checks the gate's DPL and an external interrupt does not") { // SDM vol. 3A, 6.12.1.1
    CpuFixture f;
    f.protected_mode(3);
    f.set_vector(0x20, make_gate(system_type::interrupt_gate32, CpuFixture::code0, f.handler(0x20), 0));
    SECTION("software") {
        f.run({0xCD, 0x20});
        f.check_delivered(Vector::general_protection, 0x20 * 8 + 2); // IDT set, EXT clear
        CHECK(f.slot(1) == CpuFixture::code);
    }
    SECTION("external") {
        f.state.system_flags |= flag::if_;
        f.cpu.raise_attention(attention::interrupt);
        f.run(0);
        CHECK(f.state.rip == f.handler(0x20));
    }
    SECTION("INT1 does not either") {
        f.set_vector(1, make_gate(system_type::interrupt_gate32, CpuFixture::code0, f.handler(1), 0));
        f.run({0xF1});
        CHECK(f.state.rip == f.handler(1));
    }
}

TEST_CASE("A fault while an external interrupt is delivered has EXT set") { // SDM vol. 3A, 6.13
    CpuFixture f;
    f.protected_mode();
    make_absent(f, 0x20);
    SECTION("external") {
        f.state.system_flags |= flag::if_;
        f.cpu.raise_attention(attention::interrupt);
        f.run(0);
        f.check_delivered(Vector::segment_not_present, 0x20 * 8 + 2 + 1);
    }
    SECTION("software") {
        f.run({0xCD, 0x20});
        f.check_delivered(Vector::segment_not_present, 0x20 * 8 + 2);
    }
}

TEST_CASE("A vector beyond the IDT limit is a general protection fault") { // SDM vol. 2A, INT n
    CpuFixture f;
    f.protected_mode();
    f.state.idtr.limit = 0x80 * 8 + 6;
    f.run({0xCD, 0x80});
    f.check_delivered(Vector::general_protection, 0x80 * 8 + 2);
}

TEST_CASE("Faults push RF and traps and software interrupts do not") { // SDM vol. 3B, 17.3.1.1
    CpuFixture f;
    f.protected_mode();
    SECTION("fault") {
        f.run({0x0F, 0x0B}); // UD2
        CHECK((f.slot(2) & flag::rf) != 0);
    }
    SECTION("INT3") {
        f.run({0xCC});
        CHECK(f.state.rip == f.handler(3));
        CHECK((f.slot(2) & flag::rf) == 0);
    }
    SECTION("single step") {
        f.state.system_flags |= flag::tf;
        f.run({0x90});
        f.run(0);
        CHECK(f.state.rip == f.handler(1));
        CHECK((f.state.dr[6] & dr6::bs) != 0);
        CHECK(f.slot(0) == CpuFixture::code + 1);
        CHECK((f.slot(2) & flag::rf) == 0);
        CHECK((f.slot(2) & flag::tf) != 0);
    }
}

TEST_CASE("The double fault matrix") { // SDM vol. 3A, table 6-5
    CpuFixture f;
    f.protected_mode();
    SECTION("contributory after contributory is a double fault") {
        make_absent(f, 13);
        f.set(Gpr::ax, 0x100);
        f.run({0x8E, 0xD8});
        f.check_delivered(Vector::double_fault, 0);
        CHECK(f.slot(1) == CpuFixture::code);
    }
    SECTION("contributory after benign is delivered by itself") {
        make_absent(f, 6);
        f.run({0x0F, 0x0B});
        f.check_delivered(Vector::segment_not_present, 6 * 8 + 2 + 1);
    }
    SECTION("page fault after contributory is delivered by itself") {
        enable_paging(f);
        f.set_vector(0, make_gate(system_type::interrupt_gate32, 0x30, 0, 0));
        f.state.gdtr.base = 0x200FD0; // entries from 0x30 on lie in a page of their own
        f.state.gdtr.limit = 0xFF;
        f.put(0x200FD0u + 8, f.get<u64>(CpuFixture::gdt + 8));
        f.put(0x200FD0u + 16, f.get<u64>(CpuFixture::gdt + 16));
        unmap(f, 0x201000);
        f.set(Gpr::cx, 0);
        f.run({0xF7, 0xF1}); // DIV ECX
        f.check_delivered(Vector::page_fault, 0);
        CHECK(f.state.cr2 == 0x201000);
    }
    SECTION("contributory after page fault is a double fault") {
        enable_paging(f);
        unmap(f, 0x300000);
        make_absent(f, 14);
        f.run({0xA1, 0, 0, 0x30, 0});
        f.check_delivered(Vector::double_fault, 0);
        CHECK(f.state.cr2 == 0x300000);
    }
    SECTION("page fault after page fault is a double fault") {
        enable_paging(f);
        unmap(f, 0x300000);
        f.state.idtr.base = 0x200F98; // vector 13 is the last in its page
        std::memcpy(&f.ram[0x200F98], &f.ram[CpuFixture::idt], 0x68);
        unmap(f, 0x201000);
        f.run({0xA1, 0, 0, 0x30, 0});
        f.check_delivered(Vector::double_fault, 0);
        CHECK(f.state.cr2 == 0x200F98 + 14 * 8);
    }
    SECTION("an exception while a double fault is delivered shuts down") {
        make_absent(f, 13);
        make_absent(f, 8);
        f.set(Gpr::ax, 0x100);
        CHECK(f.run({0x8E, 0xD8}) == Exit::shutdown);
        CHECK(f.state.activity == Activity::shutdown);
    }
}

TEST_CASE("Real mode pushes three words and masks interrupts") { // SDM vol. 3A, 20.1.4
    CpuFixture f;
    f.real_mode();
    f.state.system_flags |= flag::if_;
    f.run({0xCD, 0x21});
    CHECK(f.state.segment(SegmentName::cs).base == CpuFixture::handlers);
    CHECK(f.state.rip == 0x210);
    CHECK((f.state.system_flags & flag::if_) == 0);
    CHECK(f.slot16(0) == 2);
    CHECK(f.slot16(1) == CpuFixture::code >> 4);
    CHECK(f.slot16(2) == (flag::if_ | 2));
    f.put<u8>(CpuFixture::handlers + 0x210, 0xCF);
    f.engine->invalidate_all();
    f.run();
    CHECK(f.state.rip == 2);
    CHECK((f.state.system_flags & flag::if_) != 0);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack3);
}

TEST_CASE("Real mode with an IDT that is too short shuts down at last") { // SDM vol. 3A, 20.1.4
    CpuFixture f;
    f.real_mode();
    f.state.idtr.limit = 0;
    CHECK(f.run({0xCD, 0x21}) == Exit::shutdown);
}

TEST_CASE("A fault in virtual-8086 mode saves the data segments on the ring 0 stack") { // SDM vol. 3A, 20.2.2
    CpuFixture f;
    f.v86_mode(3);
    f.state.segment(SegmentName::gs) = make_v86_segment(0x6666);
    f.state.segment(SegmentName::es) = make_v86_segment(0x3333);
    f.run({0x0F, 0x0B});
    CHECK(f.state.rip == f.handler(6));
    CHECK(f.state.cpl == 0);
    CHECK_FALSE(f.state.v86_mode());
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 36);
    CHECK(f.slot(1) == CpuFixture::code >> 4);
    CHECK((f.slot(2) & flag::vm) != 0);
    CHECK(f.slot(5) == 0x3333);
    CHECK(f.slot(8) == 0x6666);
    CHECK(f.selector(SegmentName::gs) == 0);
    CHECK(f.state.segment(SegmentName::gs).usable == 0);
}

TEST_CASE("An interrupt out of virtual-8086 mode must go to ring 0") { // SDM vol. 2A, INT n
    CpuFixture f;
    f.v86_mode(3);
    f.set_descriptor(CpuFixture::spare, make_descriptor(0, 0xFFFFF, attr::conforming | attr::wide));
    f.set_vector(0x40, make_gate(system_type::interrupt_gate32, CpuFixture::spare, 0, 3));
    f.run({0xCD, 0x40});
    f.check_delivered(Vector::general_protection, CpuFixture::spare);
}

TEST_CASE("The VME bitmap sends INT n to the 8086 table or to the IDT") { // SDM vol. 3A, table 20-2
    CpuFixture f;
    f.v86_mode(0, flag::vif);
    f.state.cr4 |= cr4::vme;
    f.put<u16>(CpuFixture::tss + 102, 0x88); // redirection bitmap at 0x68
    f.put<u32>(0x21 * 4, 0x30000123);
    SECTION("bit clear: IF is pushed from VIF with IOPL 3") {
        f.run({0xCD, 0x21});
        CHECK(f.state.v86_mode());
        CHECK(f.state.segment(SegmentName::cs).base == 0x30000);
        CHECK(f.state.rip == 0x123);
        CHECK(f.slot16(0) == 2);
        CHECK(f.slot16(1) == CpuFixture::code >> 4);
        CHECK(f.slot16(2) == (flag::iopl | flag::if_ | 2));
        CHECK((f.state.system_flags & flag::vif) == 0);
    }
    SECTION("bit set: the monitor gets a fault below IOPL 3") {
        f.put<u8>(CpuFixture::tss + 0x68 + 0x21 / 8, 1 << (0x21 % 8));
        f.run({0xCD, 0x21});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("bit set with IOPL 3: the IDT") {
        f.state.system_flags |= flag::iopl;
        f.put<u8>(CpuFixture::tss + 0x68 + 0x21 / 8, 1 << (0x21 % 8));
        f.run({0xCD, 0x21});
        CHECK(f.state.rip == f.handler(0x21));
    }
    SECTION("INT3 never asks the bitmap") {
        f.run({0xCC});
        CHECK(f.state.rip == f.handler(3));
    }
}

TEST_CASE("VME makes CLI and STI and POPF act on VIF") { // SDM vol. 3A, 20.3.2
    CpuFixture f;
    f.v86_mode(0, flag::if_);
    f.state.cr4 |= cr4::vme;
    f.run({0xFB}); // STI
    CHECK((f.state.system_flags & flag::vif) != 0);
    f.run({0xFA}); // CLI
    CHECK((f.state.system_flags & flag::vif) == 0);
    CHECK((f.state.system_flags & flag::if_) != 0);
    f.run({0x9C}); // PUSHF
    CHECK((f.slot16(0) & flag::if_) == 0);
    CHECK((f.slot16(0) & flag::iopl) == flag::iopl);
    SECTION("STI with VIP pending goes to the monitor") {
        f.state.system_flags |= flag::vip;
        f.run({0xFB});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("POPF may not set TF") {
        f.put<u16>(f.reg(Gpr::sp), flag::tf);
        f.run({0x9D});
        f.check_delivered(Vector::general_protection, 0);
    }
    SECTION("POPF sets VIF from IF") {
        f.put<u16>(f.reg(Gpr::sp), flag::if_ | flag::cf);
        f.run({0x9D});
        CHECK((f.state.system_flags & flag::vif) != 0);
        CHECK((f.state.arithmetic_flags & flag::cf) != 0);
        CHECK(f.state.iopl() == 0);
    }
    SECTION("IRET sets VIF from IF") {
        f.set(Gpr::sp, CpuFixture::stack3 - 6);
        f.put<u16>(CpuFixture::stack3 - 6, 0x77);
        f.put<u16>(CpuFixture::stack3 - 4, CpuFixture::code >> 4);
        f.put<u16>(CpuFixture::stack3 - 2, flag::if_);
        f.run({0xCF});
        CHECK(f.state.rip == 0x77);
        CHECK((f.state.system_flags & flag::vif) != 0);
    }
}

TEST_CASE("PVI gives CPL 3 a virtual interrupt flag for CLI and STI alone") { // SDM vol. 3A, 20.4
    CpuFixture f;
    f.protected_mode(3);
    f.state.system_flags |= flag::if_;
    f.state.cr4 |= cr4::pvi;
    f.run({0xFB});
    CHECK((f.state.system_flags & flag::vif) != 0);
    f.run({0xFA});
    CHECK((f.state.system_flags & (flag::vif | flag::if_)) == flag::if_);
    f.state.cr4 &= ~cr4::pvi;
    f.run({0xFA});
    f.check_delivered(Vector::general_protection, 0);
}

TEST_CASE("STI and MOV SS hold interrupts off for one instruction") { // SDM vol. 3A, 6.8.3
    CpuFixture f;
    f.protected_mode();
    f.cpu.raise_attention(attention::interrupt);
    SECTION("STI") {
        f.run({0xFB, 0x40, 0x40}, 2); // STI; INC EAX; INC EAX
        f.run(0);
        CHECK(f.state.rip == f.handler(0x20));
        CHECK(f.reg(Gpr::ax) == 1);
    }
    SECTION("POP SS with a single-step trap pending") {
        f.set(Gpr::ax, 0);
        f.cpu.clear_attention(attention::interrupt);
        f.put<u32>(CpuFixture::stack0 - 4, CpuFixture::data0);
        f.set(Gpr::sp, CpuFixture::stack0 - 4);
        f.state.system_flags |= flag::tf;
        f.run({0x17, 0x40, 0x40}, 2); // POP SS; INC EAX: the trap comes after INC
        f.run(0);
        CHECK(f.state.rip == f.handler(1));
        CHECK(f.slot(0) == CpuFixture::code + 2);
        CHECK(f.reg(Gpr::ax) == 1);
    }
}

TEST_CASE("POP SS delays the trap of its own data breakpoint") { // SDM vol. 3A, 6.8.3
    CpuFixture f;
    f.protected_mode();
    f.put<u32>(CpuFixture::stack0 - 4, CpuFixture::data0);
    f.set(Gpr::sp, CpuFixture::stack0 - 4);
    f.state.dr[0] = CpuFixture::stack0 - 4;
    f.state.dr[7] = 0x400 | 1 | (0xFu << 16); // L0, read or write, 4 bytes
    f.cpu.update_debug();
    f.run({0x17, 0x40, 0x40}, 2); // the frame itself lies on the breakpoint: no further run
    CHECK(f.state.rip == f.handler(1));
    CHECK(f.slot(0) == CpuFixture::code + 2);
    CHECK((f.state.dr[6] & 1) != 0);
}

TEST_CASE("An NMI is delivered once until IRET") { // SDM vol. 3A, 6.7.1
    CpuFixture f;
    f.protected_mode();
    f.program({0x90, 0x90});
    f.cpu.raise_attention(attention::nmi);
    f.run(0);
    CHECK(f.state.rip == f.handler(2));
    CHECK(f.state.nmi_blocked);
    f.cpu.raise_attention(attention::nmi);
    f.put<u16>(f.handler(2), 0xCF40); // INC EAX; IRET
    f.engine->invalidate_all();
    f.run(1);
    CHECK(f.state.rip == f.handler(2) + 1); // held back
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 12);
    f.run(1);
    CHECK(f.state.rip == f.handler(2)); // delivered behind IRET
    CHECK(f.slot(0) == CpuFixture::code);
    CHECK(f.reg(Gpr::sp) == CpuFixture::stack0 - 12);
    CHECK(f.reg(Gpr::ax) == 1);
}

TEST_CASE("An interrupt ends HLT and returns behind it") { // SDM vol. 2A, HLT
    CpuFixture f;
    f.protected_mode();
    f.state.system_flags |= flag::if_;
    CHECK(f.run({0xF4}) == Exit::halted);
    f.cpu.raise_attention(attention::interrupt);
    f.run(0);
    CHECK(f.state.activity == Activity::running);
    CHECK(f.state.rip == f.handler(0x20));
    CHECK(f.slot(0) == CpuFixture::code + 1);
}

TEST_CASE("A repeated string instruction that hits its breakpoint again goes on under RF") { // SDM vol. 3B, 17.3.1.1
    CpuFixture f;
    f.protected_mode();
    f.state.dr[0] = CpuFixture::code;
    f.state.dr[7] = 0x400 | 1; // L0, execute
    f.cpu.update_debug();
    f.set(Gpr::cx, 3);
    f.set(Gpr::di, 0x300000);
    // NOP; OR BYTE [ESP+10], 1 (RF of the image); IRET
    static constexpr u8 handler[] = {0x90, 0x80, 0x4C, 0x24, 0x0A, 0x01, 0xCF};
    std::copy(std::begin(handler), std::end(handler), f.ram.begin() + f.handler(1));
    f.run({0xF3, 0xAA, 0x90}); // REP STOSB
    CHECK(f.state.rip == f.handler(1) + 1);
    CHECK((f.state.dr[6] & 1) != 0);
    CHECK((f.slot(2) & flag::rf) == 0); // the handler has to set it
    CHECK(f.slot(0) == CpuFixture::code);
    CHECK(f.reg(Gpr::cx) == 3);
    f.state.dr[6] = dr6::always_one;
    f.run(2 + 3);
    CHECK(f.reg(Gpr::cx) == 0);
    CHECK(f.state.rip == CpuFixture::code + 2);
    CHECK((f.state.system_flags & flag::rf) == 0);
    CHECK((f.state.dr[6] & 1) == 0);
}
