// Debug registers (SDM vol. 3B, 17.2): which breakpoints an access or an instruction matches.
#pragma once

#include "cpu/state.h"
#include "mmu/paging.h"

namespace ringshift {

/// DR6 status bits (SDM vol. 3B, 17.2.3).
namespace dr6 {
inline constexpr u32 b0 = 1, breakpoints = 0xF, bd = 1u << 13, bs = 1u << 14, bt = 1u << 15;
/// Bits that always read as one.
inline constexpr u32 always_one = 0xFFFF0FF0;
} // namespace dr6

/// DR7 control bits (SDM vol. 3B, 17.2.4).
namespace dr7 {
inline constexpr u32 enables = 0xFF, local_enables = 0x155, gd = 1u << 13, always_one = 0x400, writable = 0xFFFF23FF;
} // namespace dr7

/// The DR6 bits B0-B3 of the enabled instruction breakpoints at `address`: a fault before the instruction, unless
/// EFLAGS.RF is set (the caller's to test).
u32 match_instruction_breakpoints(const CpuState& state, LinearAddr address);
/// The DR6 bits B0-B3 of the enabled data breakpoints that an access of `size` bytes touches: a trap after the
/// instruction. Fetches match none.
u32 match_data_breakpoints(const CpuState& state, LinearAddr address, unsigned size, AccessKind kind);
/// The DR6 bits B0-B3 of the enabled I/O breakpoints (CR4.DE set, R/W = 10b) that an access touches: a trap.
u32 match_io_breakpoints(const CpuState& state, u16 port, unsigned size);
/// Whether any instruction breakpoint is enabled: the engine then looks before every instruction.
bool instruction_breakpoints_enabled(const CpuState& state);

} // namespace ringshift
