// What x87, MMX and SSE instructions do beside computing: exceptions and when they come, pointers, images in memory.
#include "fpu_rig.h"

#include "cpu/interp/fpu/thunk.h"

#include <cstring>

namespace ringshift::test {

namespace {

constexpr u32 buffer = FpuRig::buffer;
constexpr u16 zero_divide_unmasked = 0x37B, all_masked = 0x37F;

/// FLD1, FLDZ, FDIVP with #Z unmasked: pending from now on.
void make_pending(FpuRig& rig) {
    rig.cpu.state.fpu.fcw = zero_divide_unmasked;
    REQUIRE(rig.run({0xD9, 0xE8}) == Flow::next);
    REQUIRE(rig.run({0xD9, 0xEE}) == Flow::next);
    REQUIRE(rig.run({0xDE, 0xF9}) == Flow::next);
}

void set_xmm(FpuRig& rig, unsigned n, std::array<float, 4> value) {
    std::memcpy(rig.cpu.state.fpu.xmm[n].data(), value.data(), 16);
}

} // namespace

TEST_CASE("An unmasked x87 exception is raised by the next waiting instruction") {
    FpuRig rig;
    make_pending(rig);
    CHECK((rig.cpu.state.fpu.fsw & 0x8084) == 0x8084);
    CHECK(rig.cpu.state.fpu.fsw >> 11 == (0x8000 >> 11 | 6)); // the pop was suppressed
    CHECK(rig.run({0xDF, 0xE0}) == Flow::next);               // FNSTSW AX
    CHECK(rig.cpu.state.reg<u16>(Gpr::ax) == rig.cpu.state.fpu.fsw);
    CHECK(rig.run({0xD9, 0x3F}) == Flow::next);               // FNSTCW
    CHECK(rig.run({0x0F, 0xAE, 0x07}) == Flow::next);         // FXSAVE
    CHECK(rig.raises(Vector::x87_error, {0xD9, 0xE8}));       // FLD1
    CHECK(rig.raises(Vector::x87_error, {0x9B}));             // WAIT
    CHECK(rig.raises(Vector::x87_error, {0xD9, 0x2F}));       // FLDCW
    CHECK(rig.raises(Vector::x87_error, {0x0F, 0xFC, 0xC1})); // PADDB mm0, mm1
    CHECK(rig.raises(Vector::x87_error, {0x0F, 0x77}));       // EMMS
    CHECK(rig.raises(Vector::x87_error, {0x0F, 0x2A, 0xC1})); // CVTPI2PS xmm0, mm1
    CHECK(rig.run({0x0F, 0x58, 0xC1}) == Flow::next);         // ADDPS does not look
    CHECK(rig.run({0xDB, 0xE2}) == Flow::next);               // FNCLEX
    CHECK(rig.cpu.state.fpu.fsw == 0x3000);
    CHECK(rig.run({0x9B}) == Flow::next);
}

TEST_CASE("FLDCW that unmasks a flag makes its exception pending and FNSTENV masks all") {
    FpuRig rig;
    rig.run({0xD9, 0xE8});
    rig.run({0xD9, 0xEE});
    CHECK(rig.run({0xDE, 0xF9}) == Flow::next);
    CHECK_FALSE(rig.cpu.state.fpu_exception_pending);
    rig.poke<u16>(buffer, zero_divide_unmasked);
    CHECK(rig.run({0xD9, 0x2F}) == Flow::next);
    CHECK(rig.raises(Vector::x87_error, {0x9B}));
    CHECK(rig.run({0xD9, 0x37}) == Flow::next); // FNSTENV
    CHECK(rig.peek<u16>(buffer) == zero_divide_unmasked);
    CHECK((rig.peek<u16>(buffer + 4) & 0x8084) == 0x8084);
    CHECK(rig.cpu.state.fpu.fcw == all_masked);
    CHECK((rig.cpu.state.fpu.fsw & 0x8084) == 4);
    CHECK(rig.run({0x9B}) == Flow::next);
}

TEST_CASE("Without CR0.NE a pending exception asserts FERR and waits until IGNNE") {
    FpuRig rig;
    rig.cpu.state.cr0 &= ~cr0::ne;
    make_pending(rig);
    const u64 rip = rig.cpu.state.rip;
    CHECK(rig.run({0xD9, 0xE8}) == Flow::branch); // tried again and again
    CHECK(rig.cpu.state.rip == rip);
    CHECK(rig.platform.ferr);
    rig.platform.ignne_asserted = true;
    const u16 before = rig.cpu.state.fpu.fsw;
    CHECK(rig.run({0xD9, 0xE8}) == Flow::next); // with ES still set
    CHECK((rig.cpu.state.fpu.fsw & 0x8084) == 0x8084);
    CHECK(((before - rig.cpu.state.fpu.fsw) & 0x3800) == 0x800);
    CHECK(rig.run({0xDB, 0xE2}) == Flow::next);
    CHECK_FALSE(rig.platform.ferr);
}

TEST_CASE("CR0 and CR4 decide which instructions exist and which are not available") {
    FpuRig rig;
    CpuState& s = rig.cpu.state;
    const u64 cr0_before = s.cr0;
    s.cr0 = cr0_before | cr0::ts;
    CHECK(rig.raises(Vector::device_not_available, {0xD9, 0xE8}));
    CHECK(rig.raises(Vector::device_not_available, {0xDF, 0xE0}));
    CHECK(rig.raises(Vector::device_not_available, {0x0F, 0xFC, 0xC1}));
    CHECK(rig.raises(Vector::device_not_available, {0x0F, 0x58, 0xC1}));
    CHECK(rig.raises(Vector::device_not_available, {0x0F, 0xAE, 0x07}));
    CHECK(rig.raises(Vector::device_not_available, {0x0F, 0xAE, 0x17}));
    CHECK(rig.run({0x9B}) == Flow::next); // WAIT: only with MP
    CHECK(rig.run({0x0F, 0xAE, 0xF8}) == Flow::next);
    s.cr0 |= cr0::mp;
    CHECK(rig.raises(Vector::device_not_available, {0x9B}));
    s.cr0 = cr0_before | cr0::em;
    CHECK(rig.raises(Vector::device_not_available, {0xD9, 0xE8}));
    CHECK(rig.raises(Vector::device_not_available, {0x0F, 0xAE, 0x07}));
    CHECK(rig.raises(Vector::invalid_opcode, {0x0F, 0xFC, 0xC1}));
    CHECK(rig.raises(Vector::invalid_opcode, {0x0F, 0x58, 0xC1}));
    CHECK(rig.run({0x9B}) == Flow::next);
    s.cr0 = cr0_before;
    s.cr4 &= ~cr4::osfxsr;
    CHECK(rig.raises(Vector::invalid_opcode, {0x0F, 0x58, 0xC1}));
    CHECK(rig.raises(Vector::invalid_opcode, {0x0F, 0xAE, 0x17}));
    CHECK(rig.raises(Vector::invalid_opcode, {0x66, 0x0F, 0xFC, 0xC1}));
    CHECK(rig.run({0x0F, 0xFC, 0xC1}) == Flow::next);
    CHECK(rig.run({0x0F, 0xE0, 0xC1}) == Flow::next); // PAVGB mm: MMX registers only
}

TEST_CASE("Unmasked exceptions suppress x87 stores and pops") {
    FpuRig rig;
    rig.cpu.state.fpu.fcw = 0x37E; // invalid unmasked
    rig.poke<u32>(buffer, 0x7F800000);
    rig.run({0xD9, 0x07}); // FLD infinity
    rig.poke<u32>(buffer, 0x12345678);
    CHECK(rig.run({0xDB, 0x1F}) == Flow::next); // FISTP m32
    CHECK(rig.peek<u32>(buffer) == 0x12345678);
    CHECK((rig.cpu.state.fpu.fsw & 0xB881) == 0xB881);
    rig.run({0xDB, 0xE2});
    rig.cpu.state.fpu.fcw = all_masked;
    CHECK(rig.run({0xDB, 0x1F}) == Flow::next);
    CHECK(rig.peek<u32>(buffer) == 0x80000000);
    CHECK(rig.cpu.state.fpu.ftw == 0);
}

TEST_CASE("A store that faults leaves the x87 state alone") {
    FpuRig rig;
    rig.run({0xD9, 0xE8});
    Segment& ds = rig.cpu.state.segment(SegmentName::ds);
    ds.limit = buffer + 6;
    ds.update(false);
    const FpuState before = rig.cpu.state.fpu;
    CHECK(rig.raises(Vector::general_protection, {0xDD, 0x1F}));       // FSTP m64
    CHECK(rig.raises(Vector::general_protection, {0xDB, 0x3F}));       // FSTP m80
    CHECK(rig.raises(Vector::general_protection, {0xDD, 0x37}));       // FNSAVE
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x7F, 0x07})); // MOVQ m64, mm0
    CHECK(std::memcmp(&before, &rig.cpu.state.fpu, sizeof before) == 0);
    CHECK(rig.peek<u64>(buffer) == 0);
}

TEST_CASE("The environment shows the guest's own pointers in all four formats") {
    FpuRig rig;
    CpuState& s = rig.cpu.state;
    s.rip = 0x12345;
    rig.run({0xD9, 0x47, 0x10}); // FLD dword [edi + 16]
    s.rip = 0x20000;
    rig.run({0xD9, 0x37}); // FNSTENV
    CHECK(rig.peek<u32>(buffer) == 0xFFFF037F);
    CHECK(rig.peek<u32>(buffer + 4) == 0xFFFF3800);
    CHECK(rig.peek<u32>(buffer + 8) == 0xFFFF7FFF); // R7 holds zero
    CHECK(rig.peek<u32>(buffer + 12) == 0x12345);
    CHECK(rig.peek<u32>(buffer + 16) == 0x01470008);
    CHECK(rig.peek<u32>(buffer + 20) == buffer + 16);
    CHECK(rig.peek<u32>(buffer + 24) == 0xFFFF0010);
    rig.run({0x66, 0xD9, 0x37}); // 14 bytes
    CHECK(rig.peek<u16>(buffer + 6) == 0x2345);
    CHECK(rig.peek<u16>(buffer + 8) == 8);
    CHECK(rig.peek<u16>(buffer + 10) == buffer + 16);
    CHECK(rig.peek<u16>(buffer + 12) == 0x10);
    s.cr0 &= ~cr0::pe; // real-address formats: linear addresses
    rig.run({0xD9, 0x37});
    CHECK(rig.peek<u32>(buffer + 12) == 0xFFFF23C5);
    CHECK(rig.peek<u32>(buffer + 16) == 0x00001147);
    CHECK(rig.peek<u32>(buffer + 20) == 0xFFFF2110);
    CHECK(rig.peek<u32>(buffer + 24) == 0);
    rig.run({0x66, 0xD9, 0x37});
    CHECK(rig.peek<u16>(buffer + 6) == 0x23C5);
    CHECK(rig.peek<u16>(buffer + 8) == 0x1147);
    CHECK(rig.peek<u16>(buffer + 10) == 0x2110);
    CHECK(rig.peek<u16>(buffer + 12) == 0);
    s.fpu.fip = 0;
    rig.run({0x66, 0xD9, 0x27}); // FLDENV
    CHECK(s.fpu.fip == 0x123C5);
    CHECK(s.fpu.fop == 0x147);
}

TEST_CASE("FNSAVE initializes and FRSTOR brings everything back") {
    FpuRig rig;
    rig.run({0xD9, 0xEB}); // FLDPI
    rig.run({0xD9, 0xE8}); // FLD1
    const FpuState before = rig.cpu.state.fpu;
    CHECK(rig.run({0xDD, 0x37}) == Flow::next);
    CHECK(rig.cpu.state.fpu.ftw == 0);
    CHECK(rig.cpu.state.fpu.fsw == 0);
    CHECK(rig.cpu.state.fpu.fip == 0);
    CHECK(rig.run({0xDD, 0x27}) == Flow::next);
    CHECK(std::memcmp(&before, &rig.cpu.state.fpu, sizeof before) == 0);
}

TEST_CASE("FXSAVE and FXRSTOR are exact and check alignment and MXCSR") {
    FpuRig rig;
    rig.run({0xD9, 0xEB});
    set_xmm(rig, 7, {1, 2, 3, 4});
    rig.cpu.state.fpu.mxcsr = 0x9FC1;
    rig.poke<u32>(buffer + 300, 0xDEADBEEF);
    const FpuState before = rig.cpu.state.fpu;
    CHECK(rig.run({0x0F, 0xAE, 0x07}) == Flow::next);
    CHECK(rig.peek<u16>(buffer) == 0x37F);
    CHECK(rig.peek<u8>(buffer + 4) == 0x80);
    CHECK(rig.peek<u32>(buffer + 28) == rig.model.mxcsr_mask());
    CHECK(rig.peek<u32>(buffer + 300) == 0xDEADBEEF); // beyond XMM7: not ours
    rig.run({0xDB, 0xE3});
    rig.run({0x0F, 0x57, 0xFF});
    rig.cpu.state.fpu.mxcsr = 0x1F80;
    CHECK(rig.run({0x0F, 0xAE, 0x0F}) == Flow::next);
    CHECK(std::memcmp(&before, &rig.cpu.state.fpu, sizeof before) == 0);
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0xAE, 0x47, 0x08}));
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0xAE, 0x4F, 0x08}));
    rig.poke<u32>(buffer + 24, 0x10000);
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0xAE, 0x0F}));
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0xAE, 0x57, 0x18})); // LDMXCSR
    CHECK(std::memcmp(&before, &rig.cpu.state.fpu, sizeof before) == 0);
    rig.cpu.state.cr4 &= ~cr4::osfxsr;
    set_xmm(rig, 7, {5, 6, 7, 8});
    CHECK(rig.run({0x0F, 0xAE, 0x07}) == Flow::next);
    CHECK(rig.peek<float>(buffer + 160 + 7 * 16) == 1); // without OSFXSR the XMM part stays as it was
}

TEST_CASE("Misaligned SSE operands give general protection and aligned-by-8 extended operands are aligned") {
    FpuRig rig;
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x28, 0x47, 0x04})); // MOVAPS
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x29, 0x47, 0x08}));
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x58, 0x47, 0x01}));       // ADDPS
    CHECK(rig.raises(Vector::general_protection, {0x66, 0x0F, 0xE7, 0x47, 0x08})); // MOVNTDQ
    CHECK(rig.run({0x0F, 0x10, 0x47, 0x01}) == Flow::next);                        // MOVUPS
    CHECK(rig.run({0xF3, 0x0F, 0x58, 0x47, 0x01}) == Flow::next);                  // ADDSS
    CHECK(rig.run({0x66, 0x0F, 0x3A, 0x63, 0x47, 0x01, 0x00}) == Flow::next);      // PCMPISTRI
    CpuState& s = rig.cpu.state;
    s.cr0 |= cr0::am;
    s.system_flags |= flag::ac;
    s.cpl = 3;
    rig.cpu.update_alignment_check();
    CHECK(rig.raises(Vector::alignment_check, {0xDB, 0x6F, 0x04})); // FLD m80
    CHECK(rig.run({0xDB, 0x6F, 0x08}) == Flow::next);
    CHECK(rig.raises(Vector::alignment_check, {0xDD, 0x47, 0x04})); // FLD m64
    CHECK(rig.raises(Vector::alignment_check, {0xD9, 0x77, 0x02})); // FNSTENV by dwords
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x28, 0x47, 0x04}));
}

TEST_CASE("Aligned SSE operands and FXSAVE images end within the segment") {
    FpuRig rig;
    Segment& ds = rig.cpu.state.segment(SegmentName::ds);
    ds.limit = buffer + 15;
    ds.update(false);
    CHECK(rig.run({0x0F, 0x28, 0x07}) == Flow::next);                        // MOVAPS
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0xAE, 0x07}));       // FXSAVE
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0xAE, 0x0F}));       // FXRSTOR
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x28, 0x47, 0x10})); // MOVAPS
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x29, 0x47, 0x10}));
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x58, 0x47, 0x10})); // ADDPS
    ds.limit = buffer + 14;
    ds.update(false);
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x28, 0x07}));
    CHECK(rig.raises(Vector::general_protection, {0x0F, 0x58, 0x07}));
}

TEST_CASE("Unmasked SSE exceptions leave the destination and are XM or UD") {
    FpuRig rig;
    FpuState& fpu = rig.cpu.state.fpu;
    set_xmm(rig, 0, {1, 1, 1, 1});
    set_xmm(rig, 1, {0, 3, 3, 3});
    fpu.mxcsr = 0x1F80 & ~0x200u; // divide by zero unmasked
    const auto before = fpu.xmm;
    CHECK(rig.raises(Vector::simd_error, {0x0F, 0x5E, 0xC1})); // DIVPS
    CHECK(fpu.xmm == before);
    CHECK(fpu.mxcsr == (0x1D80 | 4)); // no inexact: nothing was computed
    rig.cpu.state.cr4 &= ~cr4::osxmmexcpt;
    CHECK(rig.raises(Vector::invalid_opcode, {0x0F, 0x5E, 0xC1}));
    fpu.mxcsr = 0x1F80;
    CHECK(rig.run({0x0F, 0x5E, 0xC1}) == Flow::next);
    CHECK(fpu.mxcsr == (0x1F80 | 0x24));
    rig.cpu.state.arithmetic_flags = flag::of;
    set_xmm(rig, 2, {__builtin_nanf(""), 0, 0, 0});
    fpu.mxcsr = 0x1F00;
    CHECK(rig.raises(Vector::invalid_opcode, {0x0F, 0x2F, 0xC2})); // COMISS: flags stay
    CHECK(rig.cpu.state.arithmetic_flags == flag::of);
    CHECK(rig.run({0x0F, 0x2E, 0xC2}) == Flow::next); // UCOMISS: quiet
    CHECK(rig.cpu.state.arithmetic_flags == (flag::zf | flag::pf | flag::cf));
}

TEST_CASE("MMX instructions alias the x87 registers and make them all valid") {
    FpuRig rig;
    FpuState& fpu = rig.cpu.state.fpu;
    rig.run({0xD9, 0xEB}); // FLDPI: into R7
    rig.poke<u64>(buffer, 0x0102030405060708);
    CHECK(rig.run({0x0F, 0x6F, 0x0F}) == Flow::next); // MOVQ mm1, [edi]
    CHECK(fpu.ftw == 0xFF);
    CHECK((fpu.fsw & 0x3800) == 0);
    CHECK(fpu.st[1][0] == 8);
    CHECK(fpu.st[1][9] == 0xFF);
    CHECK(rig.run({0x0F, 0x7F, 0x3F}) == Flow::next); // MOVQ [edi], mm7: pi's significand
    CHECK(rig.peek<u64>(buffer) == 0xC90FDAA22168C235);
    CHECK(fpu.st[7][9] == 0x40); // reading does not change the exponent
    CHECK(rig.run({0x0F, 0x77}) == Flow::next);
    CHECK(fpu.ftw == 0);
}

TEST_CASE("A masked move touches only the bytes that are selected") {
    FpuRig rig;
    FpuState& fpu = rig.cpu.state.fpu;
    fpu.xmm[0].fill(0x55);
    fpu.xmm[1] = {0x80, 0, 0xFF, 0x7F};
    Segment& ds = rig.cpu.state.segment(SegmentName::ds);
    ds.limit = buffer + 2;
    ds.update(false);
    CHECK(rig.run({0x66, 0x0F, 0xF7, 0xC1}) == Flow::next);
    CHECK(rig.peek<u32>(buffer) == 0x00550055);
    fpu.xmm[0].fill(0x66);
    fpu.xmm[1][15] = 0x80;
    CHECK(rig.raises(Vector::general_protection, {0x66, 0x0F, 0xF7, 0xC1}));
    CHECK(rig.peek<u32>(buffer) == 0x00550055);
}

TEST_CASE("All host routines that a guest can ask for fit in") {
    FpuRig rig;
    unsigned executed = 0;
    const auto execute = [&](const std::vector<u8>& code) -> const Insn {
        Insn insn;
        const auto is_vector = [](const Operand& operand) {
            return operand.kind == OperandKind::xmm || operand.kind == OperandKind::mmx;
        };
        const bool x87 = code[0] >= 0xD8 && code[0] <= 0xDF;
        if (rig.decoder.decode(code, true, insn) != Decoder::Outcome::ok) return {};
        if (!x87 && std::none_of(insn.operands.begin(), insn.operands.end(), is_vector)) return {};
        rig.cpu.state.fpu = FpuState{};
        rig.cpu.state.fpu_exception_pending = false;
        rig.cpu.state.set_reg<u32>(Gpr::di, FpuRig::buffer);
        const Flow flow = handler_for(insn)(rig.cpu, insn).flow;
        if (flow != Flow::next)
            UNSCOPED_INFO("opcode " << unsigned{insn.opcode} << " map " << unsigned{insn.opcode_map});
        REQUIRE(flow == Flow::next); // the address [edi] is aligned, everything is masked
        ++executed;
        return insn;
    };
    for (unsigned rest = 0; rest < 4 * 4 * 256 * 16; ++rest) {
        static constexpr u8 prefixes[] = {0, 0x66, 0xF2, 0xF3}, maps[] = {0, 0x0F, 0x38, 0x3A};
        const u8 prefix = prefixes[rest & 3], map = maps[rest >> 2 & 3], opcode = static_cast<u8>(rest >> 4 & 0xFF);
        const u8 modrm = static_cast<u8>((rest >> 12 & 8 ? 0xC1 : 0x07) | (rest >> 9 & 0x38));
        if ((map == 0 && opcode == 0x0F) || (map == 0x0F && (opcode & 0xFD) == 0x38)) continue; // escapes
        std::vector<u8> code;
        if (prefix) code.push_back(prefix);
        if (map) code.push_back(0x0F);
        if (map >= 0x38) code.push_back(map);
        code.insert(code.end(), {opcode, modrm});
        const Insn insn = execute(code);
        code.push_back(0);
        if (insn.length == 0)
            for (unsigned immediate = 0; immediate < 256; ++immediate) {
                code.back() = static_cast<u8>(immediate);
                if (execute(code).length == 0) break;
            }
    }
    CHECK(executed > 25'000);
}

TEST_CASE("An instruction keeps its host routine and so does a copy of it") {
    FpuRig rig;
    set_xmm(rig, 0, {1, 2, 3, 4});
    set_xmm(rig, 1, {10, 20, 30, 40});
    const std::array<u8, 3> bytes{0x0F, 0x58, 0xC1}; // ADDPS xmm0, xmm1
    Insn insn;
    REQUIRE(rig.decoder.decode(bytes, true, insn) == Decoder::Outcome::ok);
    CHECK(insn.kept == nullptr);
    const Handler handler = handler_for(insn);
    REQUIRE(handler(rig.cpu, insn).flow == Flow::next);
    const void* const kept = insn.kept;
    CHECK(kept != nullptr);
    const Insn copy = insn;
    REQUIRE(handler(rig.cpu, copy).flow == Flow::next);
    CHECK(copy.kept == kept);
    float sum[4];
    std::memcpy(sum, rig.cpu.state.fpu.xmm[0].data(), 16);
    CHECK(sum[0] == 21);
    CHECK(sum[3] == 84);
}

} // namespace ringshift::test
