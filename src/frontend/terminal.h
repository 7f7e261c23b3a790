// The VGA screen in a terminal, with ncurses (which lives in terminal*.cpp only).
//
// A text mode is drawn character by character; a graphics mode as two pixels to each character, in 256 colours. The
// last line is the status line, unless the guest's screen needs it. A terminal sends characters and not keys: they
// become the keys of a US keyboard that type them (terminal_keys). Ctrl+] opens a menu of one-letter commands.
#pragma once

#include "frontend/front_end.h"

namespace ringshift {

/// Takes the terminal of standard input and output over until the front end is destroyed, the program ends or it
/// crashes.
Result<std::unique_ptr<FrontEnd>> open_terminal(const Options& options);

} // namespace ringshift
