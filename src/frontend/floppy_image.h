// Files of the host as a floppy for the guest: FAT12 on 1.44 MB, as DOS formats it.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <string>
#include <vector>

namespace ringshift {

/// A file as it will be on the floppy: its name there (8.3) and where it is on the host.
struct FloppyFile {
    std::string name;
    std::string path;
    u64 size = 0;
};

/// Names of at most eight and three letters for these files, no two alike. The error says that one is no plain file.
Result<std::vector<FloppyFile>> name_for_floppy(const std::vector<std::string>& paths);
/// Whether they fit on one floppy.
bool fits_on_floppy(const std::vector<FloppyFile>& files);
/// Writes the image to a new file in `folder` and returns its path.
Result<std::string> make_floppy(const std::vector<FloppyFile>& files, const std::string& folder);

} // namespace ringshift
