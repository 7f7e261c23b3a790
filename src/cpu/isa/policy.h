// policy.def as a table to look things up in.
#pragma once

#include "cpu/isa/insn.h"
#include "cpu/model.h"

#include <string_view>

namespace ringshift {

/// What the translator does with an instruction (docs/design.md, "Facts once").
enum class Strategy : u8 { Native, Expand, Helper, Stop };

namespace fact {
inline constexpr u8 Lock = 1;   ///< LOCK is allowed with a memory destination
inline constexpr u8 Branch = 2; ///< sets RIP: ends a block
inline constexpr u8 Stops = 4;  ///< RIP advances, but the block ends: mode, interrupts or time may change
} // namespace fact

struct Policy {
    std::string_view name;
    Strategy strategy;
    Feature feature; ///< what a CPU model must have
    u8 facts;
};

const Policy& policy(Mnemonic mnemonic);

} // namespace ringshift
