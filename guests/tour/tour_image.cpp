#include "tour_image.h"

extern "C" const ringshift::u8 ringshift_tour_start[], ringshift_tour_end[]; // tour_image.S

namespace ringshift {

std::span<const u8> tour_image() { return {ringshift_tour_start, ringshift_tour_end}; }

} // namespace ringshift
