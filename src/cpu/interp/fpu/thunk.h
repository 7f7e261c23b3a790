// Generated host routines that run one x87, MMX or SSE instruction on the guest's operands. The essay is in thunk.cpp.
#pragma once

#include "cpu/interp/fpu/executable_arena.h"
#include "cpu/isa/insn.h"
#include "cpu/state.h"

#include <array>
#include <unordered_map>

namespace ringshift {

/// A vector register or memory operand.
struct alignas(16) Vec128 {
    std::array<u8, 16> byte{};
};

/// What a SIMD thunk that works in place reads and writes beside its operands.
struct SimdStatus {
    u32 mxcsr = 0;   ///< out: the host's afterwards
    u32 unknown = 0; ///< in: the exception flags that the guest does not have; if one is set now, nothing is stored
};

/// What the other SIMD thunks read beside their operands, and all that they write.
struct SimdFrame {
    Vec128 result;        ///< the register operand afterwards: XMM, MMX (8 bytes) or general (4 bytes)
    Vec128 implicit;      ///< XMM0, for instructions that have it as hidden operand; PCMPxSTRM write it
    u32 mxcsr = 0;        ///< in: to run with; out: as left
    u32 host_mxcsr = 0;   ///< put back at the end
    u32 flags_ax = 0;     ///< out: LAHF and SETO
    u32 eax = 0, edx = 0; ///< in: lengths for PCMPESTRx
    u32 ecx = 0;          ///< out: the index of PCMPxSTRI
};

/// What stands in a ModRM field.
enum class ThunkOperand : u8 { none, gpr, mmx, xmm, memory };

/// What a SIMD thunk does beside its instruction; part of its identity.
namespace thunk {
inline constexpr u8 mxcsr = 1;    ///< depends on MXCSR and reports exceptions there
inline constexpr u8 flags = 2;    ///< reports flags
inline constexpr u8 implicit = 4; ///< takes XMM0, EAX and EDX, reports XMM0 and ECX
} // namespace thunk

struct SimdEncoding {
    u8 mandatory_prefix = 0;
    u8 opcode_map = 1;
    u8 opcode = 0;
    u8 extension = 0; ///< ModRM.reg where it belongs to the opcode (`reg` is none)
    ThunkOperand reg = ThunkOperand::none;
    ThunkOperand rm = ThunkOperand::none;
    bool has_immediate = false;
    u8 immediate = 0;
    u8 actions = 0;
};

/// `reg` is the register operand before (`frame.result` after); `rm` the other operand, readable for its full size.
using SimdThunk = void (*)(SimdFrame* frame, const void* reg, const void* rm);
/// Changes the operand where it is (a register of CpuState; `status` only with thunk::mxcsr). Returns flags in LAHF's
/// and SETO's places with thunk::flags.
using SimdInPlaceThunk = u32 (*)(SimdStatus* status, void* reg, void* rm);

/// How to run one form of SIMD instruction.
struct SimdRoutine {
    SimdInPlaceThunk in_place = nullptr; ///< null with thunk::implicit
    SimdThunk exact = nullptr;           ///< with thunk::mxcsr or thunk::implicit, else null
};

/// The x87 part of an FXSAVE image, loaded before and stored after; nothing pending and no stack left in the host.
/// `memory`: the memory operand, read or written. `ax`: flags in LAHF's and SETO's places, in for FCMOVcc, out for
/// FCOMI.
using X87Thunk = u32 (*)(FpuState* image, void* memory, u32 ax);

/// What an x87 instruction does to the stack, if there is a short way to do it (x87_short.cpp).
struct X87Form {
    enum class Source : u8 {
        none,   ///< no short way
        host,   ///< the host runs `opcode`, `modrm`
        copy,   ///< ST(i) as it is
        copy_0, ///< ST(0) as it is
    };
    enum class Destination : u8 { none, st_0, st_i, push, memory, exchange };
    Source source = Source::none;
    Destination destination = Destination::none;
    u8 opcode = 0; ///< what the host runs: never pops; ST(i) is ST(1)
    u8 modrm = 0;
    bool uses_st_0 = false;
    bool uses_st_i = false;
    bool has_memory = false;
    bool sets_flags = false; ///< FCOMI and its kind
    u8 i = 0;
    u8 pops = 0;
    u16 conditions = 0; ///< the bits of the status word that it sets
};

/// What a short thunk reads beside its operands, and writes.
struct alignas(16) X87Frame {
    std::array<u8, 16> result{};
    u16 control = 0x37F;      ///< to run with
    u16 host_control = 0x37F; ///< put back at the end
};

/// The short way (x87_short.cpp). `st`: the register file by stack position. `memory`: the memory operand. Returns the
/// status word in the low half, flags in LAHF's and SETO's places in the high half.
using X87ShortThunk = u32 (*)(const void* st, void* memory, X87Frame* frame);

/// How to run one form of x87 instruction.
struct X87Routine {
    X87Form form;
    X87ShortThunk usual = nullptr;       ///< with the control word that the host has anyway; null: form.source says how
    X87ShortThunk own_control = nullptr; ///< with X87Frame::control
    X87Thunk full = nullptr;
};

/// One for each Cpu. Routines are made when first asked for and stay where they are as long as the Cpu does, so that a
/// decoded instruction can keep its own (Insn::kept).
class FpuThunks {
  public:
    FpuThunks();

    const SimdRoutine& simd(const SimdEncoding& encoding);
    /// `opcode` D8 to DF; only the reg field of a memory form's `modrm` counts.
    const X87Routine& x87(u8 opcode, u8 modrm);

    /// Off: every instruction goes the full way (to compare the two).
    bool use_short_ways = true;

    /// Work area for x87 instructions: committed to CpuState only when nothing can fault any more.
    FpuState image;

  private:
    template <typename Thunk>
    Thunk publish(std::span<const u8> code);
    SimdThunk make_exact(const SimdEncoding& encoding);
    SimdInPlaceThunk make_in_place(const SimdEncoding& encoding);
    X87Thunk make_x87(u8 opcode, u8 modrm);
    X87ShortThunk make_x87_short(const X87Form& form, bool own_control);

    /// All routines that there can be fit in (a test makes them all).
    static constexpr std::size_t arena_size = 16 << 20;
    ExecutableArena m_arena;
    std::unordered_map<u64, SimdRoutine> m_simd;
    std::unordered_map<u16, X87Routine> m_x87;
};

/// The routine of an instruction: looked up by `look_up() -> const Routine&` when it is executed for the first time.
template <typename Routine, typename LookUp>
inline const Routine& kept_routine(const Insn& insn, LookUp look_up) {
    if (!insn.kept) [[unlikely]]
        insn.kept = &look_up();
    return *static_cast<const Routine*>(insn.kept);
}

} // namespace ringshift
