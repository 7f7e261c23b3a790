// The guest of `ringshift bench nano`, and the program that runs the same loops on the host.
#pragma once

#include "base/types.h"

#include <span>

namespace ringshift {

/// A Multiboot 1 kernel as an ELF file. It lives as long as the process.
std::span<const u8> nano_image();
/// A static 32-bit Linux program as an ELF file.
std::span<const u8> nano_native_image();

} // namespace ringshift
