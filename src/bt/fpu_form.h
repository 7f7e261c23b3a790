// What the translator has to know of an x87, MMX or SSE instruction to run it as itself.
#pragma once

#include "cpu/isa/insn.h"
#include "cpu/state.h"

namespace ringshift::bt {

/// Bits of Mode::controls: what may run natively. The conditions are in fpu_form.cpp.
namespace fpu_ready {
inline constexpr u16 x87 = 1; ///< x87 and MMX
inline constexpr u16 sse = 2;
inline constexpr u16 all = x87 | sse;
} // namespace fpu_ready

u16 fpu_readiness(const CpuState& state);

struct FpuForm {
    u16 needs = 0;         ///< of fpu_ready: what has to be in the host's registers; 0: not done natively
    bool pointers = false; ///< x87: sets FIP, FCS and FOP, and with a memory operand FDP and FDS
    bool writes = false;   ///< its memory operand
    bool aligned = false;  ///< its memory operand has to be, to 16 bytes
};

/// Whether it is an x87, MMX or SSE instruction with operands or state of that sort.
bool is_fpu(const Insn& insn);
FpuForm fpu_form(const Insn& insn);
/// Whether it can change the control words or bits that fpu_readiness() looks at, and yet not end a block.
bool changes_fpu_readiness(const Insn& insn);

/// General registers that it may write, by number; all of them where nothing better is known.
u8 written_registers(const Insn& insn);
/// General registers that its memory operand's address is made of.
u8 address_registers(const Insn& insn);

} // namespace ringshift::bt
