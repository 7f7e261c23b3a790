// The window: the guest's screen, its keyboard and mouse, a status line. SDL is used in this folder only.
//
// The window's thread never waits for the guest: it asks for a look sixty times a second (view.h), draws what has
// changed, and posts keys and mouse movements. Ctrl+Alt with a letter is the window's own.
#pragma once

#include "frontend/front_end.h"

namespace ringshift {

/// The error says why there can be no window.
Result<std::unique_ptr<FrontEnd>> open_window(const Options& options);

} // namespace ringshift
