// What an instruction does to the arithmetic flags, as far as the translator uses it.
#pragma once

#include "cpu/isa/insn.h"

namespace ringshift::bt {

enum class FlagUse : u8 {
    none,        ///< reads and writes no flag, cannot fault, does not leave the block
    defines_all, ///< writes all six without reading any, cannot fault
    other,
};

FlagUse flag_use(const Insn& insn);

} // namespace ringshift::bt
