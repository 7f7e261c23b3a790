// The guest's FPU state between CpuState and the host's registers. The essay is in emit_fpu.cpp.
#pragma once

#include "bt/emitter.h"

namespace ringshift::bt {

/// Code that loads what is needed for SSE, or everything, and returns. It is called from blocks: it changes neither
/// flags nor any register that holds the guest's, and uses RCX, which the caller has in r12.
void emit_load_sse(Emitter& e);
void emit_load_x87(Emitter& e);

/// What is in the host's registers goes to CpuState, and the host's defaults come back. Needs the guest's general
/// registers to be stored; destroys rax, rcx, rdx, rsi, xmm8 to xmm15 and the flags.
void emit_save_fpu(Emitter& e);

/// x87 pointers that the block has not written yet when it calls the handler of `site`.
void settle_x87_pointers(Cpu& cpu, const Site& site);
/// After the handler of `site`: whether the block's assumptions on what may run natively still hold.
bool keeps_fpu_readiness(const Cpu& cpu, const Site& site);

} // namespace ringshift::bt
