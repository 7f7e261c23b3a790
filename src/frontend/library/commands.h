// ringshift create, list, start, stop, delete, clone, rename, info, edit.
#pragma once

#include "frontend/options.h"

namespace CLI {
class App;
}

namespace ringshift {

/// All but `start`, which is a run; one that is parsed sets `options.action`.
void add_library_commands(CLI::App& app, Options& options);
/// What a run of a machine begins with: its drives, its place for snapshots, its control socket, its lock.
Result<> prepare_start(const std::string& name, Options& options);

} // namespace ringshift
