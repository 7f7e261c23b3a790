// SDL's names of the places on a keyboard as the guest's.
#pragma once

#include "machine/input.h"

#define SDL_MAIN_HANDLED
#include <SDL.h>

namespace ringshift {

/// Key::none for a key that a PC keyboard does not have.
Key key_of_scancode(SDL_Scancode scancode);

} // namespace ringshift
