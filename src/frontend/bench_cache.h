// `ringshift bench cache`: the translation cache under every combination of size, policy and linking.
#pragma once

#include "frontend/options.h"

namespace ringshift {

/// Runs the workload once for each combination, in deterministic mode with instrumented blocks; writes the table and
/// the plot. What is in them depends on the workload, the options and the build alone. Returns the exit status.
Result<int> bench_cache(const Options& options);

} // namespace ringshift
