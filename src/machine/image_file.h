// The file under a disk image, as image formats see it.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <memory>
#include <span>
#include <string>

namespace ringshift {

class ImageFile {
  public:
    virtual ~ImageFile() = default;
    /// For messages: "disk image 'PATH'".
    virtual const std::string& what() const = 0;
    /// Bytes.
    virtual u64 size() const = 0;
    virtual bool read_only() const = 0;
    /// What lies beyond the end reads as zero.
    virtual Result<> read(u64 offset, std::span<u8> out) = 0;
    /// Beyond the end: the file grows; what was left out reads as zero.
    virtual Result<> write(u64 offset, std::span<const u8> in) = 0;
    virtual Result<> resize(u64 size) = 0;
    /// What is there is not needed any more, and takes no room if the host can make holes.
    virtual Result<> discard(u64, u64) { return Unit{}; }
    /// All writes so far survive a power cut. Without it any of them may be lost, and any later one not.
    virtual Result<> flush() = 0;
    /// Gives up the lock against other users, or takes it again (DiskImage::set_locked).
    virtual Result<> set_locked(bool) { return Unit{}; }
};

struct ImageFileOptions {
    bool writing = false;
    /// The file must not be there yet.
    bool create = false;
    /// Only to look at: whoever uses it goes on using it.
    bool without_lock = false;
};

/// A file or block device of the host. One that is written to is locked against every other user, one that is only read
/// against writers. Errors say what to do: no such file, a directory, not readable, not writable, in use.
Result<std::unique_ptr<ImageFile>> open_image_file(const std::string& path, ImageFileOptions options);
/// A file of holes without a name, for an overlay.
Result<std::unique_ptr<ImageFile>> make_temporary_image_file(const std::string& what, u64 size);

/// An access that leaves [0, size) is an error.
Result<> check_image_range(u64 size, u64 offset, u64 length, const std::string& what);

} // namespace ringshift
