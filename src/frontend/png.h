// PNG files (libpng lives here only).
#pragma once

#include "base/result.h"
#include "machine/machine.h"

#include <string>

namespace ringshift {

Result<> write_png(const std::string& path, const Picture& picture);

} // namespace ringshift
