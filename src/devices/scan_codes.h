// Scan code sets 1, 2 and 3 of PC keyboards.
#pragma once

#include "base/types.h"

namespace ringshift {

/// The keyboard controller's translation of one byte from set 2 to set 1.
u8 translated_to_set1(u8 set2);
/// The make code in set 2, without prefix, of a make code in set 1 (01-7F).
u8 set2_code(u8 set1);
/// The make code in set 3 of a key named by set 1 with its prefix, as Ps2Keyboard::key(); 0 if the set has none.
u8 set3_code(u16 set1);

} // namespace ringshift
