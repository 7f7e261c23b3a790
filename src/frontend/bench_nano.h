// `ringshift bench nano`: what each kind of operation costs that an operating system is made of.
#pragma once

#include "frontend/options.h"

namespace ringshift {

/// Runs guests/nano on every engine asked for, and its user-mode loops on the host; prints or writes a table of host
/// TSC cycles for one operation. Returns the exit status.
Result<int> bench_nano(const Options& options);

} // namespace ringshift
