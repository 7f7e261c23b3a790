// Random code for the fuzz guest: slots filled with pieces. The essay is in fuzz_code.cpp.
#pragma once

#include "fuzz_guest.h"

namespace ringshift {

/// Where a piece lies in the arena; what it is made of is the arena's bytes.
struct PlacedPiece {
    u32 offset = 0;
    u32 size = 0;
};

struct FuzzProgram {
    GuestProgram guest;
    std::vector<PlacedPiece> pieces;
    /// Without the pieces whose flag is false: they become NOPs.
    GuestProgram without(const std::vector<bool>& keep) const;
};

FuzzProgram make_fuzz_program(u64 seed);

} // namespace ringshift
