// Which keys type a character on a keyboard of another layout than the US one.
#pragma once

#include "machine/input.h"

#include <string>

namespace ringshift {

/// us, uk, dvorak, or an X layout with or without variant ("de", "ch:fr"). The error says that there is none of the
/// name.
Result<CharacterKeys> keyboard_layout(const std::string& name);

} // namespace ringshift
