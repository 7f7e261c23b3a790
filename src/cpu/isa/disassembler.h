// Instructions as text, for debuggers and error reports.
#pragma once

#include "base/types.h"

#include <span>
#include <string>

namespace ringshift {

/// The instruction at the start of `bytes` in Intel syntax, or "(bad)". `code32`: CS.D; `address`: its EIP, from which
/// branch targets are computed. Shows whatever Zydis knows, also what the CPU model lacks.
/// `length`, if given, becomes that of the instruction in bytes, 1 for "(bad)".
std::string disassemble(std::span<const u8> bytes, bool code32, u32 address, std::size_t* length = nullptr);

} // namespace ringshift
