// The precision flag of SSE instructions that end in an unmasked overflow or underflow.
#pragma once

#include "cpu/interp/fpu/thunk.h"

namespace ringshift::fpu {

/// Whether PE is to be set when `insn` (a and b: its operands before) raises an unmasked overflow or underflow under
/// the guest's `mxcsr`; `masked`: what the masked run says, the answer for instructions not looked into.
bool precision_with_unbounded_exponent(const Insn& insn, const u8* a, const u8* b, u32 mxcsr, bool masked);

} // namespace ringshift::fpu
