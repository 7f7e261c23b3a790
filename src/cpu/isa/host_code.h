// 64-bit host instructions, looked at: what the emitted-code verifier has to know about each, and their text. Built on
// Zydis like decoder.h, with the newest processor that Zydis knows: what an emitted byte would do, not what was meant.
#pragma once

#include "base/types.h"

#include <array>
#include <memory>
#include <span>
#include <string>

namespace ringshift {

/// What sort of instruction it is, as far as generated code may contain it. Everything that is on no list here (system
/// and I/O instructions, INT, SYSCALL, CPUID, RDTSC, XSAVE, AVX, LZCNT, access to segment, control and debug registers)
/// is `other`.
enum class HostKind : u8 {
    integer,          ///< moves, arithmetic, logic, shifts, bits, CMOVcc, SETcc, LEA, NOP, CMPXCHG, BMI2
    arithmetic_flags, ///< CLC, STC, CMC, LAHF, SAHF
    jump,
    conditional_jump, ///< with JECXZ and LOOP
    call,
    ret,
    stack, ///< PUSH, POP, LEAVE and so on
    string,
    x87,
    vector,    ///< MMX and SSE, with prefetches and fences
    fpu_state, ///< moves FPU state as a whole, or what holds host addresses: FXSAVE, FNSTENV, FNSAVE, LDMXCSR,
               ///< VZEROUPPER
    other,
};

/// A memory access; address computations without one (LEA) are none.
struct HostMemory {
    static constexpr u8 no_register = 16;
    u8 base = no_register;  ///< number, 4 is RSP
    u8 index = no_register; ///< number
    u8 factor = 1;          ///< of the index
    i64 displacement = 0;
    u32 size = 0; ///< bytes
    bool reads = false;
    bool writes = false;
    bool rip_relative = false;
    bool segment = false;      ///< FS or GS
    bool gs = false;           ///< GS
    bool address32 = false;    ///< computed modulo 2^32
    bool vector_index = false; ///< gather, scatter
};

struct HostInsn {
    u8 length = 0;
    HostKind kind = HostKind::other;
    bool indirect = false;          ///< a jump or call through a register or memory
    bool relative = false;          ///< a jump or call by a displacement
    i64 target = 0;                 ///< if relative: offset from the start of this instruction
    bool sets_system_flags = false; ///< may change TF, IF, DF, AC, NT or another flag that is not arithmetic
    u32 written = 0;    ///< general registers, by number; the push of a CALL and the pop of a RET are not counted
    u32 written_64 = 0; ///< those of them whose upper half may become something else than zero
    u8 memory_count = 0;
    std::array<HostMemory, 2> memory{};
};

/// Names for what stands in operands; empty: as a number.
class HostNames {
  public:
    virtual ~HostNames() = default;
    virtual std::string memory(const HostMemory&) const { return {}; } ///< what stands between the brackets
    virtual std::string immediate(u64) const { return {}; }
    virtual std::string target(i64) const { return {}; } ///< offset from the start of the instruction
};

class HostDecoder {
  public:
    HostDecoder();
    ~HostDecoder();
    HostDecoder(HostDecoder&&) noexcept;
    HostDecoder& operator=(HostDecoder&&) noexcept;

    /// The instruction at the start of `bytes`; false if there is none.
    bool decode(std::span<const u8> bytes, HostInsn& insn) const;
    /// The same as text in Intel syntax, "(bad)" if there is none. `address`: its own, for branch targets.
    std::string text(std::span<const u8> bytes, u64 address, const HostNames* names = nullptr) const;

  private:
    struct Zydis;
    std::unique_ptr<Zydis> m_zydis;
};

} // namespace ringshift
