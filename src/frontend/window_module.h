// The window's code, loaded when a window is wanted.
//
// SDL comes with the clients of X, Wayland, PulseAudio and ALSA and what those need: fifty libraries, which cost some
// MiB of memory and ten milliseconds, and which a machine without a window has no use for. So src/frontend/sdl/ is a
// module beside the program (in the build folder) or in lib/ringshift/ (installed) that takes everything else from the
// program, and has one entry.
#pragma once

#include "base/result.h"
#include "frontend/front_end.h"

#include <memory>

namespace ringshift {

/// Loads the module and opens a window. The error says why there can be none.
Result<std::unique_ptr<FrontEnd>> open_window(const Options& options);

/// The module's entry, by its name in the module.
using OpenWindow = void(const Options& options, Result<std::unique_ptr<FrontEnd>>& window);
inline constexpr const char* window_module_entry = "ringshift_open_window";

} // namespace ringshift
