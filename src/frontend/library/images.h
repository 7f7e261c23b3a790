// Systems that can be had by name: `ringshift images build NAME` makes them of Debian's packages, on this machine, by
// the scripts in guests/; each lies in $XDG_DATA_HOME/ringshift/images/NAME.
#pragma once

#include "base/result.h"
#include "frontend/options.h"

#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace ringshift {

struct BuiltImage {
    std::filesystem::path file;
    bool is_disk = false; ///< else a CD
    std::string os;       ///< its profile (vm_profiles())
};
/// An image that `images build` has made; if it is not there, the error says how to get it.
Result<BuiltImage> built_image(const std::string& name);

void add_image_commands(CLI::App& app, Options& options);

} // namespace ringshift
