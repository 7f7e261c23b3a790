// `ringshift ctl SOCKET COMMAND [ARGUMENTS]`: drives a running machine by its control socket.
#pragma once

#include "base/result.h"
#include "frontend/options.h"

namespace ringshift {

/// The exit status: 0, or 2 if the machine refuses.
Result<int> control_machine(const Options& options);

/// Name and meaning of each command, in lines, for the help text.
std::string control_commands();

} // namespace ringshift
