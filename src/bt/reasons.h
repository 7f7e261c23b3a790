// Why an instruction is left to the interpreter's handler, in one line for people.
#pragma once

#include "cpu/isa/insn.h"

namespace ringshift::bt {

/// A literal.
const char* handler_reason(const Insn& insn);

} // namespace ringshift::bt
