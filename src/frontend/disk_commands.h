// ringshift disk create, convert, info, resize.
#pragma once

#include "frontend/options.h"
#include "machine/disk_tool.h"

namespace CLI {
class App;
}

namespace ringshift {

/// Adds the commands; one that is parsed sets `options.action`.
void add_disk_commands(CLI::App& app, Options& options);
/// On a terminal a bar on standard error; nothing elsewhere.
DiskProgress progress_bar();
/// "1.5 GiB".
std::string readable_size(u64 bytes);

} // namespace ringshift
