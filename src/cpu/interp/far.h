// Selectors for the forms of JMP, CALL, RET, MOV, PUSH and POP that work on segments: their mnemonics are shared with
// the near and general-register forms, whose selectors (interp/control.cpp, interp/integer_*.cpp, interp/stack.cpp)
// hand over to these.
#pragma once

#include "cpu/interp/handler.h"

namespace ringshift {

/// JMP ptr16:16/32 (EA) and m16:16/32 (FF /5).
Handler select_far_jmp(const Insn& insn);
/// CALL ptr16:16/32 (9A) and m16:16/32 (FF /3).
Handler select_far_call(const Insn& insn);
/// RET far (CA, CB).
Handler select_far_ret(const Insn& insn);
/// MOV Sreg, r/m16 and MOV r/m, Sreg.
Handler select_mov_segment(const Insn& insn);
Handler select_push_segment(const Insn& insn);
Handler select_pop_segment(const Insn& insn);

} // namespace ringshift
