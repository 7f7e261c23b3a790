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

/// What a SIMD thunk reads beside its operands, and all that it writes.
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
inline constexpr u8 mxcsr = 1;      ///< runs with SimdFrame::mxcsr and reports it
inline constexpr u8 host_mxcsr = 8; ///< beside mxcsr: runs with the host's as it is, flags and all, and reports it
inline constexpr u8 flags = 2;      ///< reports flags
inline constexpr u8 implicit = 4;   ///< takes XMM0, EAX and EDX, reports XMM0 and ECX
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

/// The x87 part of an FXSAVE image, loaded before and stored after; nothing pending and no stack left in the host.
/// `memory`: the memory operand, read or written. `ax`: flags in LAHF's and SETO's places, in for FCMOVcc, out for
/// FCOMI.
using X87Thunk = u32 (*)(FpuState* image, void* memory, u32 ax);

namespace fpu {
struct X87Form;
struct X87Frame;
} // namespace fpu
/// The short way (x87_short.cpp). `st`: the register file by stack position. `memory`: the memory operand. Returns the
/// status word in the low half, flags in LAHF's and SETO's places in the high half.
using X87ShortThunk = u32 (*)(const void* st, void* memory, fpu::X87Frame* frame);

/// One for each Cpu. Routines are made when first asked for; a returned pointer is good until the next call.
class FpuThunks {
  public:
    FpuThunks();

    /// Inline, because most of an encoding is known where a handler is compiled.
    SimdThunk simd(const SimdEncoding& e) {
        // Bit 63 keeps SIMD keys apart from x87 keys and from the empty entry.
        const u64 key = u64{1} << 63 | u64{e.opcode} | u64{e.mandatory_prefix} << 8 | u64{e.opcode_map} << 16 |
                        u64{e.immediate} << 18 | u64{e.has_immediate} << 26 | static_cast<u64>(e.reg) << 27 |
                        static_cast<u64>(e.rm) << 30 | u64{e.actions} << 33 | u64{e.extension} << 37;
        const void* code = find(key);
        if (!code) [[unlikely]]
            code = make_simd(e, key);
        return reinterpret_cast<SimdThunk>(reinterpret_cast<std::uintptr_t>(code));
    }
    /// `opcode` D8 to DF; only the reg field of a memory form's `modrm` counts.
    X87Thunk x87(u8 opcode, u8 modrm);
    /// `own_control`: not with the host's usual control word.
    X87ShortThunk x87_short(const fpu::X87Form& form, bool own_control);

    /// Off: every instruction goes the full way (to compare the two).
    bool use_short_ways = true;

    /// Work area for x87 instructions: committed to CpuState only when nothing can fault any more.
    FpuState image;

  private:
    struct Entry {
        u64 key = 0;
        const void* code = nullptr;
    };
    static std::size_t slot(u64 key) { return (key * 0x9E3779B97F4A7C15) >> 54; } // upper bits of a product mix well
    const void* find(u64 key) const {
        const Entry& entry = m_recent[slot(key)];
        return entry.key == key ? entry.code : nullptr;
    }
    const void* publish(u64 key, std::span<const u8> code);
    const void* find_slow(u64 key);
    const void* make_simd(const SimdEncoding& encoding, u64 key);

    static constexpr std::size_t arena_size = 1 << 20;
    static constexpr std::size_t recent_entries = 1024; ///< slot() gives ten bits
    ExecutableArena m_arena;
    std::array<Entry, recent_entries> m_recent{};
    std::unordered_map<u64, const void*> m_all;
};

} // namespace ringshift
