// How a machine's window was when it was closed, in a file beside the machine's snapshots.
#pragma once

#include "frontend/sdl/canvas.h"

#include <string>

namespace ringshift {

/// The look of a new window if nothing, or nothing sensible, is remembered.
WindowLook remembered_look(const std::string& folder);
/// A look like that of a new window is not worth a file. That it cannot be written is no reason to complain.
void remember_look(const std::string& folder, const WindowLook& look);

} // namespace ringshift
