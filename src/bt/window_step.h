// What the engine and generated code have to say to each other about memory windows.
#pragma once

#include "cpu/cpu.h"
#include "cpu/interp/handler.h"

namespace ringshift::bt {

/// The handler of instructions whose access has missed its window: does the instruction by its own handler, then lets
/// the window show what the access has brought into the soft TLB.
Step step_beside_window(Cpu& cpu, const Insn& insn);

} // namespace ringshift::bt
