// What one does with disk images when no machine runs: make, convert, look at, enlarge.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <functional>
#include <string>
#include <string_view>

namespace ringshift {

/// "8G", "512M", bytes; a multiple of 512.
Result<u64> parse_disk_size(std::string_view text);
/// What the end of a name says: "qcow2", or "raw" where it says nothing.
std::string disk_format_of_name(const std::string& path);

/// Makes an empty disk in a file that is not there yet. `format`: raw or qcow2. With `backing` (qcow2 only) it begins
/// with that image's content, which must not change any more; `size` 0 is then that image's size.
Result<> create_disk(const std::string& path, const std::string& format, u64 size, const std::string& backing);

/// Told now and then; bytes.
using DiskProgress = std::function<void(u64 done, u64 all)>;
/// Writes the content of an image to a new file. What is zero takes no space there. Formats other than raw and qcow2,
/// on either side, are left to qemu-img.
Result<> convert_disk(const std::string& from, const std::string& to, const std::string& format,
                      const DiskProgress& progress);

struct DiskInfo {
    std::string format;
    u64 size = 0;      ///< of the disk
    u64 file_size = 0; ///< as the host sees it
    u64 used = 0;      ///< on the host's disk
    std::string backing, backing_format;
    u64 cluster_size = 0;   ///< qcow2
    bool empty = false;     ///< qcow2: all content is the backing file's
    std::size_t states = 0; ///< kept for snapshots, in the image or beside it
};
/// Also while a machine uses it.
Result<DiskInfo> disk_info(const std::string& path);

/// Makes a disk larger.
Result<> resize_disk(const std::string& path, u64 size);

} // namespace ringshift
