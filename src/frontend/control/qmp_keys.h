// Keys by the names that QMP's QKeyCode gives them.
#pragma once

#include "machine/input.h"

#include <string_view>

namespace ringshift {

/// Key::none for an unknown name, or one of a key that a PC keyboard does not have.
Key key_of_qcode(std::string_view name);

} // namespace ringshift
