// Selectors for MOV to and from control and debug registers: select::mov (interp/integer_*.cpp) hands over to these.
#pragma once

#include "cpu/interp/handler.h"

namespace ringshift {

/// MOV CRn, r32 and MOV r32, CRn.
Handler select_mov_control(const Insn& insn);
/// MOV DRn, r32 and MOV r32, DRn.
Handler select_mov_debug(const Insn& insn);

} // namespace ringshift
