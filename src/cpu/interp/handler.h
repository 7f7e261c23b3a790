// The shape of an instruction handler, and how one is chosen.
//
// A row of isa/policy.def names a selector; the selector looks at the operands once, when an instruction is decoded,
// and returns the handler to call each time it is executed:
//
//     INSN(ADD, add, Native)         // policy.def
//     Handler select::add(const Insn& insn) { return alu_handler<Add>(insn); }
//
// A selector returns null for operands that do not exist: #UD. A handler advances nothing: it returns Flow::next (see
// exception.h) and the loop moves RIP.
#pragma once

#include "cpu/cpu.h"

namespace ringshift {

using Handler = Step (*)(Cpu& cpu, const Insn& insn);
using Selector = Handler (*)(const Insn& insn);

namespace select {
#define INSN(mnemonic, selector, ...) Handler selector(const Insn& insn);
#include "cpu/isa/policy.def"
#undef INSN
} // namespace select

/// The handler for a decoded instruction; for Mnemonic::invalid one that raises #UD.
Handler handler_for(const Insn& insn);

} // namespace ringshift
