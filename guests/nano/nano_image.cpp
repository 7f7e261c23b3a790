#include "nano_image.h"

extern "C" const ringshift::u8 ringshift_nano_start[], ringshift_nano_end[], ringshift_nano_native_start[],
    ringshift_nano_native_end[]; // nano_image.S

namespace ringshift {

std::span<const u8> nano_image() { return {ringshift_nano_start, ringshift_nano_end}; }

std::span<const u8> nano_native_image() { return {ringshift_nano_native_start, ringshift_nano_native_end}; }

} // namespace ringshift
