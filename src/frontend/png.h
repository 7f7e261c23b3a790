// Picture files: PNG (libpng lives here only) and PPM.
#pragma once

#include "base/result.h"
#include "machine/machine.h"

#include <string>
#include <vector>

namespace ringshift {

Result<> write_png(const std::string& path, const Picture& picture);
/// A PNG file's bytes of the picture, made at most `width` x `height` with its proportions; empty if the screen is off.
std::vector<u8> make_thumbnail(const Picture& picture, u32 width, u32 height);
Result<> write_ppm(const std::string& path, const Picture& picture);

} // namespace ringshift
