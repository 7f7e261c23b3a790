// Picture files: PNG (libpng lives here only) and PPM.
#pragma once

#include "base/result.h"
#include "machine/machine.h"

#include <string>

namespace ringshift {

Result<> write_png(const std::string& path, const Picture& picture);
Result<> write_ppm(const std::string& path, const Picture& picture);

} // namespace ringshift
