// Matching of the debug registers DR0-DR3 (SDM vol. 3B, 17.2).
#pragma once

#include "cpu/state.h"
#include "mmu/paging.h"

namespace ringshift {

/// The DR6 bits B0-B3 of the enabled instruction breakpoints at `address`.
u32 match_instruction_breakpoints(const CpuState& state, LinearAddr address);
/// The DR6 bits B0-B3 of the enabled data breakpoints that an access touches.
u32 match_data_breakpoints(const CpuState& state, LinearAddr address, unsigned size, AccessKind kind);
/// The DR6 bits B0-B3 of the enabled I/O breakpoints (CR4.DE) that an access touches.
u32 match_io_breakpoints(const CpuState& state, u16 port, unsigned size);
/// Whether any instruction breakpoint is enabled: the engine then looks before every instruction.
bool instruction_breakpoints_enabled(const CpuState& state);

} // namespace ringshift
