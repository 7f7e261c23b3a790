// Several disks that go back to a snapshot together, all or none, whatever fails in between.
//
// Each disk gets a marker beside it, DISK.going-back, with the snapshot's id and the list of the disks. The marker of
// the list's first disk is written last and removed first: while it is there the way back has been decided on, and
// whoever opens one of the disks for writing ends it on all of them before anything else. A marker without that one
// means nothing and goes away. Names in a marker are relative to its folder, so that a machine's folder can be moved.
#pragma once

#include "machine/disk_image.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringshift {

/// All of the images that have the state go back to it. After an error all are as they were.
Result<> go_back_together(const std::vector<DiskImage*>& images, const std::string& id);

/// Before the disk at `path` is opened for writing. `open` opens a disk for writing without asking here again.
using OpenDisk = std::function<Result<std::unique_ptr<DiskImage>>(const std::string& path, DiskFormat format)>;
Result<> finish_going_back(const std::string& path, const OpenDisk& open);

} // namespace ringshift
