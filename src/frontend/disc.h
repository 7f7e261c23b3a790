// Files of the host as a CD for the guest: ISO 9660 with Joliet and Rock Ridge, made by xorriso.
#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace ringshift {

/// The path of an image to put in: the file itself if there is one alone and it is an ISO image, else a new one in
/// `folder` that holds all of these files and folders. Takes as long as copying them.
Result<std::string> make_disc(const std::vector<std::string>& paths, const std::string& folder);

} // namespace ringshift
