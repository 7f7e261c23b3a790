// x87, MMX and SSE instructions at random, executed by the interpreter's handlers and natively: every register, tag,
// flag and byte of memory must be the same. The same bytes run in both places: register forms mean the same in 64-bit
// mode, and the memory operand is [EDI] here and [RDI] there.
#include "fpu_rig.h"
#include "random_values.h"

#include "cpu/interp/fpu/thunk.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>

namespace ringshift::test {

namespace {

struct NativeContext {
    FpuState before;
    FpuState after;
    std::array<u64, 8> gpr{}; ///< by register number; slot 4 unused
    u64 flags = 0;
    u8* landing = nullptr; ///< where to go on after a SIGFPE
};
constexpr u32 offset_after = 512, offset_gpr = 1024, offset_flags = 1024 + 64;

thread_local u8* sigfpe_landing = nullptr;
thread_local bool sigfpe_taken = false;

void on_sigfpe(int, siginfo_t*, void* context) {
    sigfpe_taken = true;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(sigfpe_landing);
}

/// Runs instructions on the host CPU with a given FPU state.
class NativeRunner {
  public:
    NativeRunner() {
        m_code = static_cast<u8*>(
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        REQUIRE(m_code != MAP_FAILED);
        struct sigaction action {};
        action.sa_sigaction = on_sigfpe;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigaction(SIGFPE, &action, &m_previous);
    }
    ~NativeRunner() {
        sigaction(SIGFPE, &m_previous, nullptr);
        munmap(m_code, 4096);
    }

    /// True: a SIGFPE came.
    bool run(std::span<const u8> insn, NativeContext& context, u8* memory) {
        m_at = m_code;
        emit({0x53, 0x55, 0x41, 0x57, 0x49, 0x89, 0xFF, 0x48, 0x89,
              0xF7});                           // push rbx, rbp, r15; mov r15, rdi; mov rdi, rsi
        emit({0x41, 0x0F, 0xAE, 0x0F});         // fxrstor [r15]
        emit({0x41, 0xFF, 0xB7}, offset_flags); // push qword [r15 + flags]
        emit({0x9D});                           // popfq
        for (const int r : {0, 1, 2, 3, 5, 6}) emit({0x41, 0x8B, 0x87 | r << 3}, offset_gpr + 8 * static_cast<u32>(r));
        for (const u8 byte : insn) *m_at++ = byte;
        sigfpe_landing = m_at;
        emit({0x9C, 0x41, 0x8F, 0x87}, offset_flags); // pushfq; pop qword [r15 + flags]
        for (const int r : {0, 1, 2, 3, 5, 6}) emit({0x49, 0x89, 0x87 | r << 3}, offset_gpr + 8 * static_cast<u32>(r));
        emit({0x41, 0x0F, 0xAE, 0x87}, offset_after);           // fxsave [r15 + after]
        emit({0xDB, 0xE3, 0x41, 0x5F, 0x5D, 0x5B, 0xFC, 0xC3}); // fninit; pop r15, rbp, rbx; cld; ret
        sigfpe_taken = false;
        reinterpret_cast<void (*)(NativeContext*, u8*)>(reinterpret_cast<std::uintptr_t>(m_code))(&context, memory);
        __builtin_ia32_ldmxcsr(0x1F80);
        return sigfpe_taken;
    }

  private:
    void emit(std::initializer_list<int> bytes) {
        for (const int byte : bytes) *m_at++ = static_cast<u8>(byte);
    }
    void emit(std::initializer_list<int> bytes, u32 displacement) {
        emit(bytes);
        std::memcpy(m_at, &displacement, 4);
        m_at += 4;
    }
    u8* m_code;
    u8* m_at = nullptr;
    struct sigaction m_previous {};
};

class Generator : public RandomValues {
  public:
    using RandomValues::RandomValues;

    /// An instruction with [EDI] as memory operand, perhaps.
    std::vector<u8> instruction() {
        std::vector<u8> code;
        const auto push = [&](u32 byte) { code.push_back(static_cast<u8>(byte)); };
        const u32 modrm = below(2) ? 0xC0 | below(64) : below(8) << 3 | 7;
        if (below(3) == 0) {
            push(0xD8 | below(8));
            push(modrm);
            return code;
        }
        static constexpr u8 prefixes[] = {0, 0x66, 0xF2, 0xF3};
        if (const u8 prefix = prefixes[below(4)]) push(prefix);
        push(0x0F);
        const u32 map = below(4);
        if (map == 2) push(0x38);
        if (map == 3) push(0x3A);
        push(below(256));
        push(modrm);
        push(below(256));
        return code;
    }
};

bool is_covered(const Insn& insn) {
    const bool x87 = insn.opcode_map == 0 && insn.opcode >= 0xD8 && insn.opcode <= 0xDF;
    switch (insn.mnemonic) {
    case Mnemonic::FXSAVE:
    case Mnemonic::FXRSTOR:
    case Mnemonic::LDMXCSR: return false; // random contents would fault
    default: break;
    }
    for (const Operand& operand : insn.operands)
        if (operand.kind == OperandKind::gpr && (operand.slot == 8 * 4 || operand.slot == 8 * 7)) return false;
    const MemoryOperand& memory = insn.memory;
    if (insn.has_memory() && (memory.base != 7 || memory.index != MemoryOperand::no_register || memory.displacement))
        return false;
    switch (policy(insn.mnemonic).feature) {
    case Feature::fpu:
    case Feature::mmx:
    case Feature::sse:
    case Feature::sse2:
    case Feature::sse3:
    case Feature::ssse3:
    case Feature::sse4_1:
    case Feature::sse4_2:
    case Feature::pclmulqdq: return true;
    case Feature::cmov: return x87;
    case Feature::base:
        return insn.opcode_map == 1 && (insn.opcode == 0xC2 || insn.opcode == 0x10 || insn.opcode == 0x11);
    default: return false;
    }
}

void put_f80(Generator& random, u8* out) {
    const auto value = random.f80();
    std::memcpy(out, value.data(), value.size());
}

void randomize(Generator& random, FpuState& fpu) {
    fpu.fcw = static_cast<u16>(0x40 | (random.below(4) << 8) | (random.below(4) << 10) |
                               (random.below(3) ? 0x3F : random.below(64)));
    fpu.fsw = static_cast<u16>((random.bits() & 0x7F00) | (random.bits() & fpu.fcw & 0x3F));
    if (random.below(2)) fpu.fsw &= 0x47FF;
    fpu.ftw = random.below(3) ? 0xFF : static_cast<u8>(random.bits());
    for (auto& st : fpu.st) put_f80(random, st.data());
    for (auto& xmm : fpu.xmm)
        for (unsigned half = 0; half < 2; ++half) {
            const u64 value = random.f64_or_pair();
            std::memcpy(xmm.data() + 8 * half, &value, 8);
        }
    fpu.mxcsr = 0x1F80 | (random.below(4) << 13) | random.below(2) << 6 | random.below(2) << 15;
    if (random.below(3) == 0) fpu.mxcsr &= ~0x1F80u | static_cast<u32>(random.bits());
    // A flag that is set and unmasked is possible, but only new ones raise.
    fpu.mxcsr |= static_cast<u32>(random.bits()) & 0x3F;
}

std::string difference(const FpuState& a, const FpuState& b) {
    std::string text;
    const auto check = [&](const char* name, auto x, auto y) {
        if (x != y) text += fmt::format(" {}: {:x} natively {:x}", name, x, y);
    };
    check("FCW", a.fcw, b.fcw);
    check("FSW", a.fsw, b.fsw);
    check("tags", a.ftw, b.ftw);
    check("MXCSR", a.mxcsr, b.mxcsr);
    for (unsigned i = 0; i < 8; ++i) {
        if (std::memcmp(a.st[i].data(), b.st[i].data(), 10) != 0) text += fmt::format(" ST({})", i);
        if (a.xmm[i] != b.xmm[i]) text += fmt::format(" XMM{}", i);
    }
    return text;
}

} // namespace

TEST_CASE("Random x87 MMX and SSE instructions do what the host CPU does with them") {
    const bool short_ways = GENERATE(true, false);
    FpuRig rig;
    rig.cpu.fpu_thunks->use_short_ways = short_ways;
    NativeRunner native;
    Generator random(20260714);
    CpuState& state = rig.cpu.state;
    alignas(64) static NativeContext context;
    std::array<bool, 4096> seen{};
    unsigned kinds = 0, faults = 0;
    for (unsigned round = 0; round < 300'000;) {
        std::vector<u8> code = random.instruction();
        Insn insn;
        if (rig.decoder.decode(code, true, insn) != Decoder::Outcome::ok || !is_covered(insn)) continue;
        code.resize(insn.length);
        ++round;
        if (!std::exchange(seen[static_cast<std::size_t>(insn.mnemonic)], true)) ++kinds;

        randomize(random, state.fpu);
        state.fpu_exception_pending = false;
        for (const Gpr r : {Gpr::ax, Gpr::cx, Gpr::dx, Gpr::bx, Gpr::bp, Gpr::si})
            state.set_reg<u32>(r, random.below(2) ? static_cast<u32>(random.bits()) : random.below(20));
        state.arithmetic_flags = static_cast<u32>(random.bits()) & flag::arithmetic;
        alignas(64) std::array<u8, 128> memory{};
        for (unsigned i = 0; i < 128; i += 8) {
            const u64 value = random.f64_or_pair();
            std::memcpy(memory.data() + i, &value, 8);
        }
        if (random.below(2)) put_f80(random, memory.data());
        rig.memory.write(PhysAddr(FpuRig::buffer), memory);

        context.before = state.fpu;
        for (std::size_t r = 0; r < 8; ++r) context.gpr[r] = state.gpr[r];
        context.flags = state.arithmetic_flags | 2;
        const bool trapped = native.run(code, context, memory.data());
        const Flow flow = rig.run(code);

        std::string text = difference(state.fpu, context.after);
        for (const std::size_t r : {0u, 1u, 2u, 3u, 5u, 6u})
            if (state.gpr[r] != context.gpr[r]) text += fmt::format(" r{}", r);
        if (state.arithmetic_flags != (context.flags & flag::arithmetic)) text += " EFLAGS";
        std::array<u8, 128> after;
        rig.memory.read(PhysAddr(FpuRig::buffer), after);
        if (insn.mnemonic == Mnemonic::FNSTENV || insn.mnemonic == Mnemonic::FNSAVE) // the pointers
            for (std::size_t i = 12; i < 26; ++i) after[i] = memory[i];
        if (after != memory) text += " memory";
        const bool raised = flow == Flow::fault;
        if (raised != trapped) text += raised ? " raised" : " not raised";
        if (raised && rig.cpu.exception.vector != Vector::simd_error) text += " vector";
        faults += raised;
        if (!text.empty()) {
            std::string bytes;
            for (const u8 byte : code) bytes += fmt::format("{:02X} ", byte);
            FAIL_CHECK(fmt::format("{} ({}) round {}, FCW {:x} FSW {:x} tags {:x} MXCSR {:x}:{}",
                                   policy(insn.mnemonic).name, bytes, round, context.before.fcw, context.before.fsw,
                                   context.before.ftw, context.before.mxcsr, text));
            static int failures = 0;
            if (++failures > 40) return;
        }
    }
    CHECK(kinds > 340);
    CHECK(faults > 500);
}

} // namespace ringshift::test
