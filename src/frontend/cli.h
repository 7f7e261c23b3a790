// The command line: one table of options makes the parser and the help text.
#pragma once

#include "frontend/options.h"

#include <variant>

namespace ringshift {

/// The options, or the status to end with (help, version and errors have been printed).
std::variant<Options, int> parse_command_line(int argc, char** argv);

} // namespace ringshift
