// Disk images: files and block devices of the host, raw or in the qcow2 format, as BlockBackends.
#pragma once

#include "base/device.h"

#include <memory>
#include <string>

namespace ringshift {

enum class DiskFormat { recognise, raw, qcow2 };

/// "raw" or "qcow2".
Result<DiskFormat> disk_format(std::string_view name);

struct DiskImageOptions {
    /// The guest cannot write.
    bool read_only = false;
    /// The guest writes to an overlay that disappears with the process; the image stays untouched.
    bool snapshot = false;
    DiskFormat format = DiskFormat::recognise;
};

/// A BlockBackend whose own state belongs in snapshots.
class DiskImage : public BlockBackend {
  public:
    virtual const std::string& path() const = 0;
    /// Something that the user should know, as a sentence; or empty.
    virtual const std::string& note() const = 0;
    /// With an overlay, its content; without, only what tells whether the same kind of disk is there on load.
    virtual void archive(Archive& ar) = 0;
    /// Keeps the content as it is now in the image itself or beside it, under an id, so that go_back() finds it; an
    /// image that cannot (read only, an overlay, a block device) keeps nothing. `time`: seconds since 1970.
    virtual Result<> keep_state(const std::string& id, const std::string& name, i64 time, u64 virtual_ns) {
        (void)id, (void)name, (void)time, (void)virtual_ns;
        return Unit{};
    }
    virtual bool has_state(const std::string&) { return false; }
    virtual Result<> go_back(const std::string&) { return Unit{}; }
    virtual Result<> forget_state(const std::string&) { return Unit{}; }
    /// Gives up the lock against other users, or takes it again: while a machine is rebuilt from a snapshot, its images
    /// are opened anew before the old ones are closed. Without the lock nothing may be read or written.
    virtual Result<> set_locked(bool locked) = 0;
};

/// Opens an image, and the backing files behind it. An image that is written to is locked against every other user, one
/// that is only read against writers. Errors say what to do: no such file, a directory, empty, not readable, not
/// writable, in use. A size that is no multiple of 512 is rounded up; the missing bytes read as zero.
Result<std::unique_ptr<DiskImage>> open_disk_image(const std::string& path, DiskImageOptions options);

/// Whether DiskImage::go_back() would find this state; the image may be in use.
bool image_has_state(const std::string& path, const std::string& id);

} // namespace ringshift
