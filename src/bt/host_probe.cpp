// Generated code rests on facts that are older or newer than most: instructions that leave the flags alone, a jump that
// asks 32 bits of RCX, shift counts that are taken modulo the operand's width, addresses that wrap. Each is written in
// the manuals; each is tried here, once, before the first block is translated: processors, emulators and hypervisors
// have been known to differ, and a guest that computes wrongly is worse than one that runs slowly.
#include "bt/host_probe.h"

#include "bt/code_cache.h"
#include "bt/runtime.h"

#include <asmjit/x86.h>
#include <cpuid.h>

#include <array>
#include <span>

namespace ringshift::bt {

namespace {

namespace x86 = asmjit::x86;
using asmjit::Label;

/// A piece of code as a function of two arguments, RDI and RSI, with its result in RAX. Every register but RBX, RBP,
/// RSP and r12 to r15 is free.
struct Probe {
    const char* fact; ///< what does not hold if the result is another one
    u64 first, second, result;
    void (*emit)(x86::Assembler& a);
};

/// Sets all six arithmetic flags as in `image` (bits 0 to 7 as LAHF has them, bit 8: OF) from RDI.
void emit_set_flags(x86::Assembler& a) {
    a.mov(x86::eax, x86::edi);
    a.mov(x86::r9d, x86::edi);
    a.shr(x86::r9d, 8);
    a.add(x86::r9b, 0x7F); // OF
    a.mov(x86::ah, x86::al);
    a.sahf();
}

/// The same image of the flags in RAX.
void emit_get_flags(x86::Assembler& a) {
    a.seto(x86::al);
    a.lahf();
    a.movzx(x86::ecx, x86::ah);
    a.movzx(x86::eax, x86::al);
    a.shl(x86::eax, 8);
    a.or_(x86::eax, x86::ecx);
}

/// Everything that stands between two instructions of the guest.
void emit_all_that_keeps_flags(x86::Assembler& a) {
    Label taken = a.newLabel(), on = a.newLabel();
    a.xor_(x86::ecx, x86::ecx);
    emit_set_flags(a); // XOR was only for JECXZ
    a.jecxz(x86::ecx, taken);
    a.jmp(on);
    a.bind(taken);
    a.lea(x86::ecx, x86::ptr(x86::rcx, 1));
    a.bind(on);
    a.not_(x86::r10);
    a.lea(x86::r10d, x86::ptr(x86::rsi, x86::rsi, 1, -1));
    a.rorx(x86::r10, x86::r10, 13);
    a.shrx(x86::r10d, x86::r10d, x86::esi);
    a.shlx(x86::r11, x86::r10, x86::rsi);
    a.sarx(x86::r11, x86::r10, x86::rsi);
    a.movzx(x86::r11d, x86::r10w);
    a.movsxd(x86::r11, x86::r10d);
    a.pext(x86::r10d, x86::r10d, x86::esi);
    emit_get_flags(a);
}

constexpr std::array probes{
    Probe{"SHRX does not take a 32-bit count modulo 32", 0x87654321, table_bias, 0x87654321 >> (table_bias - 32),
          [](x86::Assembler& a) { a.shrx(x86::eax, x86::edi, x86::esi); }},
    Probe{"SHRX does not take a 64-bit count modulo 64", ~u64{0}, table_bias + 64, ~u64{0} >> table_bias,
          [](x86::Assembler& a) { a.shrx(x86::rax, x86::rdi, x86::rsi); }},
    Probe{"JECXZ does not look at the lower half of RCX alone", 0xFFFFFFFF00000000, 0, 1,
          [](x86::Assembler& a) {
              Label taken = a.newLabel();
              a.mov(x86::rcx, x86::rdi);
              a.mov(x86::eax, 1);
              a.jecxz(x86::ecx, taken);
              a.mov(x86::eax, 2);
              a.bind(taken);
          }},
    Probe{"JRCXZ does not look at all of RCX", 0xFFFFFFFF00000000, 0, 2,
          [](x86::Assembler& a) {
              Label taken = a.newLabel();
              a.mov(x86::rcx, x86::rdi);
              a.mov(x86::eax, 1);
              a.jecxz(x86::rcx, taken);
              a.mov(x86::eax, 2);
              a.bind(taken);
          }},
    Probe{"SAHF, LAHF and SETO do not carry all six arithmetic flags", 0x1D7, 0, 0x1D7,
          [](x86::Assembler& a) {
              emit_set_flags(a);
              emit_get_flags(a);
          }},
    Probe{"SAHF, LAHF and SETO do not carry flags that are clear", 0x002, 0, 0x002,
          [](x86::Assembler& a) {
              emit_set_flags(a);
              emit_get_flags(a);
          }},
    Probe{"LEA, NOT, RORX, SHRX, SHLX, SARX, MOVZX, MOVSXD, PEXT or JECXZ changes flags", 0x1D7, 5, 0x1D7,
          emit_all_that_keeps_flags},
    Probe{"LEA, NOT, RORX, SHRX, SHLX, SARX, MOVZX, MOVSXD, PEXT or JECXZ changes flags", 0x002, 5, 0x002,
          emit_all_that_keeps_flags},
    Probe{"rotating a register does not bring AH to AL and back", 0x11223344, 0x99, 0x11229944,
          [](x86::Assembler& a) {
              a.mov(x86::eax, x86::edi);
              a.rorx(x86::eax, x86::eax, 8);
              a.mov(x86::al, x86::sil);
              a.rorx(x86::eax, x86::eax, 24);
          }},
    Probe{"a 32-bit result does not clear the upper half of its register", ~u64{0}, 0x12345678, 0x12345678,
          [](x86::Assembler& a) {
              a.mov(x86::rax, x86::rdi);
              a.mov(x86::eax, x86::esi);
          }},
    Probe{"a CMOV that moves nothing does not clear the upper half", 0xAAAAAAAA12345678, 7, 0x12345678,
          [](x86::Assembler& a) {
              a.mov(x86::rax, x86::rdi);
              a.cmp(x86::eax, x86::eax);
              a.cmovnz(x86::eax, x86::esi);
          }},
    Probe{"the sum of an address does not wrap at 64 bits", 0xFFFFFFF0, 0, 0x5A,
          [](x86::Assembler& a) { // [(address of the value - RDI) + RDI]
              Label value = a.newLabel(), on = a.newLabel();
              a.lea(x86::r11, x86::ptr(value));
              a.sub(x86::r11, x86::rdi);
              a.mov(x86::eax, x86::dword_ptr(x86::r11, x86::rdi));
              a.jmp(on);
              a.bind(value);
              a.dd(0x5A);
              a.bind(on);
          }},
    Probe{"LEA does not compute modulo 2^32 what it stores in 32 bits", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE,
          [](x86::Assembler& a) { a.lea(x86::eax, x86::ptr(x86::rdi, x86::rsi)); }},
};

Error missing(std::string_view what) { return make_error("the translator cannot be used on this host: {}", what); }

using Function = u64 (*)(u64 first, u64 second);

Result<u64> run(CodeMemory& memory, const Probe& probe) {
    asmjit::CodeHolder code;
    code.init(asmjit::Environment::host());
    x86::Assembler a(&code);
    probe.emit(a);
    a.ret();
    if (code.hasUnresolvedLinks() || code.textSection()->buffer().size() > memory.size())
        return missing("no assembler");
    memory.publish(0, {code.textSection()->buffer().data(), code.textSection()->buffer().size()});
    memory.synchronise();
    return reinterpret_cast<Function>(reinterpret_cast<std::uintptr_t>(memory.executable(0)))(probe.first,
                                                                                              probe.second);
}

/// That a jump which was executed and is then patched through the other mapping leads to its new target.
Result<> probe_patching(CodeMemory& memory) {
    // jmp +0; mov eax, 1; ret; int3...; mov eax, 2; ret
    static constexpr std::array<u8, 17> code{0xE9, 0, 0, 0, 0, 0xB8, 1, 0, 0, 0, 0xC3, 0xB8, 2, 0, 0, 0, 0xC3};
    memory.publish(0, code);
    memory.synchronise();
    const auto function = reinterpret_cast<Function>(reinterpret_cast<std::uintptr_t>(memory.executable(0)));
    for (const auto& [target, result] : {std::pair<u32, u64>{5, 1}, {11, 2}, {5, 1}}) {
        memory.patch(1, target);
        memory.synchronise();
        if (function(0, 0) != result) return missing("code that was changed is still executed as it was");
    }
    return Unit{};
}

} // namespace

HostFeatures host_features() {
    HostFeatures features;
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) features.fxsr = (edx & (1u << 24)) != 0;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) features.bmi2 = (ebx & (1u << 8)) != 0;
    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx)) features.lahf = (ecx & 1) != 0;
    features.avx = __builtin_cpu_supports("avx") != 0;
    return features;
}

Result<> probe_host(const HostFeatures& features) {
    if (!features.bmi2)
        return missing("its processor has no BMI2 (Intel from Haswell on, AMD from Excavator on have it)");
    if (!features.lahf) return missing("its processor has no LAHF in 64-bit mode");
    if (!features.fxsr) return missing("its processor has no FXSAVE");
    if (!features.avx) return missing("it has no AVX, or its system does not enable it");
    const auto memory = TRY(CodeMemory::create(4096));
    for (const Probe& probe : probes) {
        const u64 result = TRY(run(*memory, probe));
        if (result != probe.result)
            return missing(fmt::format("{} ({:x} instead of {:x})", probe.fact, result, probe.result));
    }
    return probe_patching(*memory);
}

} // namespace ringshift::bt
