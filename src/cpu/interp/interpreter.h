// The interpreter: the reference for what every instruction does, and the engine where cold code stays.
#pragma once

#include "cpu/engine.h"

#include <memory>

namespace ringshift {

std::unique_ptr<Engine> make_interpreter(Cpu& cpu);

} // namespace ringshift
