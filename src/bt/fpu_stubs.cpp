#include "bt/fpu_stubs.h"

#include "bt/fpu_form.h"
#include "cpu/interp/fpu/fpu_rules.h"

namespace ringshift::bt {

namespace {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
x86::Mem in_fpu(std::size_t offset, u32 size) { return in_state(offsetof(CpuState, fpu) + offset, size); }
#pragma GCC diagnostic pop
x86::Mem xmm_slot(u32 i) { return in_fpu(offsetof(FpuState, xmm) + 16 * i, 16); }

void store_xmm(Emitter& e) {
    for (u32 i = 0; i < 8; ++i) e.a.movaps(xmm_slot(i), x86::xmm(i));
    e.a.stmxcsr(in_fpu(offsetof(FpuState, mxcsr), 4));
}

} // namespace

void emit_load_sse(Emitter& e) {
    e.a.vzeroupper(); // what C++ leaves in upper halves makes SSE slow
    for (u32 i = 0; i < 8; ++i) e.a.movaps(x86::xmm(i), xmm_slot(i));
    e.a.ldmxcsr(in_fpu(offsetof(FpuState, mxcsr), 4));
    e.a.mov(e.in_runtime(offsetof(Runtime, sse_away), 4), 0);
    e.a.ret();
}

/// FXRSTOR is the one instruction that loads the x87 part, and it loads the XMM registers too.
void emit_load_x87(Emitter& e) {
    auto only_in_memory = e.a.newLabel();
    auto load = e.a.newLabel();
    e.a.mov(x86::ecx, e.in_runtime(offsetof(Runtime, sse_away), 4));
    e.a.lea(x86::ecx, x86::ptr(x86::rcx, -1));
    e.a.jecxz(x86::ecx, only_in_memory);
    store_xmm(e);
    e.a.jmp(load);
    e.a.bind(only_in_memory);
    e.a.vzeroupper();
    e.a.bind(load);
    e.a.fxrstor(in_fpu(0, 512));
    e.a.mov(e.in_runtime(offsetof(Runtime, sse_away), 4), 0);
    e.a.mov(e.in_runtime(offsetof(Runtime, x87_away), 4), 0);
    e.a.ret();
}

/// FXSAVE also writes the host's own FIP, FDP, FOP and MXCSR_MASK, and XMM8 to XMM15 where FpuState has zeros.
void emit_save_fpu(Emitter& e) {
    auto& a = e.a;
    auto done = a.newLabel();
    auto without_x87 = a.newLabel();
    auto usual_control = a.newLabel();
    auto mxcsr = a.newLabel();
    const x86::Mem code_pointer = in_fpu(offsetof(FpuState, fip), 8), data_pointer = in_fpu(offsetof(FpuState, fdp), 8),
                   mask = in_fpu(offsetof(FpuState, mxcsr_mask), 4), opcode = in_fpu(offsetof(FpuState, fop), 2);
    a.cmp(e.in_runtime(offsetof(Runtime, sse_away), 4), 0);
    a.jne(done); // then x87 is away too
    a.mov(e.in_runtime(offsetof(Runtime, sse_away), 4), 1);
    a.cmp(e.in_runtime(offsetof(Runtime, x87_away), 4), 0);
    a.jne(without_x87);
    a.mov(e.in_runtime(offsetof(Runtime, x87_away), 4), 1);
    a.mov(x86::rax, code_pointer);
    a.mov(x86::rcx, data_pointer);
    a.mov(x86::edx, mask);
    a.movzx(x86::esi, opcode);
    for (u32 i = 8; i < 16; ++i) a.xorps(x86::xmm(i), x86::xmm(i));
    a.fxsave(in_fpu(0, 512));
    a.mov(code_pointer, x86::rax);
    a.mov(data_pointer, x86::rcx);
    a.mov(mask, x86::edx);
    a.mov(opcode, x86::si);
    a.emms(); // empty, as C++ expects
    a.movzx(x86::eax, in_fpu(offsetof(FpuState, fcw), 2));
    a.cmp(x86::eax, 0x37F);
    a.je(usual_control);
    a.fninit();
    a.bind(usual_control);
    a.short_().jmp(mxcsr);
    a.bind(without_x87);
    store_xmm(e);
    a.bind(mxcsr);
    a.ldmxcsr(e.in_runtime(offsetof(Runtime, host_mxcsr), 4));
    a.bind(done);
}

void settle_x87_pointers(Cpu& cpu, const Site& site) {
    std::vector<Site>& sites = site.block->sites->all;
    Site& code = sites[site.unsettled_code];
    fpu::set_code_pointer(cpu, insn_of(cpu, code), code.rip);
    if (site.unsettled_data != Site::nobody) fpu::set_data_pointer(cpu, insn_of(cpu, sites[site.unsettled_data]));
}

bool keeps_fpu_readiness(const Cpu& cpu, const Site& site) { return fpu_readiness(cpu.state) == site.block->fpu_ready; }

} // namespace ringshift::bt
