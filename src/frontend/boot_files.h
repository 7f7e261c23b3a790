// From what the user named on the command line to what the machine is made of.
#pragma once

#include "frontend/options.h"

namespace ringshift {

/// Recognises files, loads kernels, fills in options.machine. Returns lines that say what was chosen.
Result<std::vector<std::string>> choose_boot(Options& options);

} // namespace ringshift
