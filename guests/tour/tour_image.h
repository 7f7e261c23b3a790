// The guest that Ringshift carries with it: guests/tour, a Multiboot 1 kernel as an ELF file.
#pragma once

#include "base/types.h"

#include <span>

namespace ringshift {

/// The whole ELF file, for the Multiboot loader. It lives as long as the process.
std::span<const u8> tour_image();

} // namespace ringshift
