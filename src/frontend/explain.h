// Showing what the translator does: the command explain, and --explain at the end of a run.
#pragma once

#include "frontend/options.h"
#include "machine/machine.h"

namespace ringshift {

/// `ringshift explain FILE`: to standard output.
Result<int> explain_file(const Options& options);
/// Options::shown_code of a machine that does not run.
void show_code(Machine& machine, const Options& options);

} // namespace ringshift
