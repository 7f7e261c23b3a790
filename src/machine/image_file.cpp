// Writes go to the page cache at once (pwrite) and to the host's disk with flush() (fdatasync): no data waits in this
// process, so a crash of it loses nothing.
#include "machine/image_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace ringshift {

namespace {

class FileDescriptor {
  public:
    explicit FileDescriptor(int fd = -1) : m_fd(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~FileDescriptor() {
        if (m_fd >= 0) ::close(m_fd);
    }
    int get() const { return m_fd; }
    bool ok() const { return m_fd >= 0; }

  private:
    int m_fd;
};

Error write_error(int number, const std::string& what) {
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return make_error("no space left on the host for {}: free some space, then let the guest continue", what);
    case EFBIG:
        return make_error("{} reached the host's limit of file size: raise it (ulimit -f), then let the guest continue",
                          what);
    default: return errno_error(number, fmt::format("cannot write {}: check the host's disk", what));
    }
}

// --- locks

/// A lock of the open file, so that a second opening in this process conflicts too. `what`: "disk image 'PATH'".
Result<> lock_file(int fd, const std::string& what, bool writing) {
    struct flock range {};
    range.l_type = writing ? F_WRLCK : F_RDLCK;
    range.l_whence = SEEK_SET;
    if (::fcntl(fd, F_OFD_SETLK, &range) == 0) return Unit{};
    if (errno != EAGAIN && errno != EACCES) return Unit{}; // a file system without locks
    return make_error("{} is in use by another virtual machine: shut that one down first{}", what,
                      writing ? ", or add --snapshot to both" : "");
}

void unlock_file(int fd) {
    struct flock range {};
    range.l_type = F_UNLCK;
    range.l_whence = SEEK_SET;
    (void)::fcntl(fd, F_OFD_SETLK, &range);
}

class HostImageFile final : public ImageFile {
  public:
    HostImageFile(FileDescriptor fd, std::string what, u64 size, bool read_only)
        : m_fd(std::move(fd)), m_what(std::move(what)), m_size(size), m_read_only(read_only) {}

    const std::string& what() const override { return m_what; }
    u64 size() const override { return m_size; }
    bool read_only() const override { return m_read_only; }

    Result<> read(u64 offset, std::span<u8> out) override {
        const u64 there = offset < m_size ? std::min<u64>(out.size(), m_size - offset) : 0;
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(there), out.end(), u8{0});
        for (out = out.first(there); !out.empty();) {
            const ssize_t n = ::pread(m_fd.get(), out.data(), out.size(), static_cast<off_t>(offset));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return errno_error(errno, fmt::format("cannot read {}: check the host's disk", m_what));
            if (n == 0)
                return make_error("{} became shorter while in use: restore it, then let the guest continue", m_what);
            out = out.subspan(static_cast<std::size_t>(n));
            offset += static_cast<u64>(n);
        }
        return Unit{};
    }

    Result<> write(u64 offset, std::span<const u8> in) override {
        if (m_read_only) return make_error("{} is open for reading only", m_what);
        while (!in.empty()) {
            const ssize_t n = ::pwrite(m_fd.get(), in.data(), in.size(), static_cast<off_t>(offset));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return write_error(errno, m_what);
            in = in.subspan(static_cast<std::size_t>(n));
            offset += static_cast<u64>(n);
            m_size = std::max(m_size, offset);
        }
        return Unit{};
    }

    Result<> resize(u64 size) override {
        if (::ftruncate(m_fd.get(), static_cast<off_t>(size)) != 0) return write_error(errno, m_what);
        m_size = size;
        return Unit{};
    }

    Result<> discard(u64 offset, u64 size) override {
        (void)::fallocate(m_fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                          static_cast<off_t>(size));
        return Unit{};
    }

    Result<> flush() override {
        if (m_read_only) return Unit{};
        while (::fdatasync(m_fd.get()) != 0)
            if (errno != EINTR) return write_error(errno, m_what);
        return Unit{};
    }

    Result<> set_locked(bool locked) override {
        if (locked) return lock_file(m_fd.get(), m_what, !m_read_only);
        unlock_file(m_fd.get());
        return Unit{};
    }

  private:
    FileDescriptor m_fd;
    std::string m_what;
    u64 m_size;
    bool m_read_only;
};

Error open_error(int number, const std::string& path, bool writing) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return make_error("disk image '{}': no such file; check the path, or make an empty disk: truncate -s 8G '{}'",
                          path, path);
    case EEXIST: return make_error("'{}' is there already: give another name, or remove it first", path);
    case EISDIR: return make_error("disk image '{}' is a directory: give the file", path);
    case EACCES:
    case EPERM:
    case EROFS:
    case ETXTBSY:
        if (writing && ::access(path.c_str(), R_OK) == 0)
            return make_error("disk image '{}' is not writable: add --snapshot to leave it untouched and drop the "
                              "guest's changes, or make it writable: chmod u+w '{}'",
                              path, path);
        return make_error("disk image '{}' is not readable: chmod u+r '{}'", path, path);
    default: return errno_error(number, fmt::format("cannot open disk image '{}'", path));
    }
}

Result<u64> image_size(int fd, const std::string& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return errno_error(errno, fmt::format("cannot examine disk image '{}'", path));
    if (S_ISDIR(status.st_mode)) return open_error(EISDIR, path, false);
    if (S_ISBLK(status.st_mode)) {
        u64 bytes = 0;
        if (::ioctl(fd, BLKGETSIZE64, &bytes) != 0)
            return errno_error(errno, fmt::format("cannot get the size of block device '{}'", path));
        return bytes;
    }
    if (!S_ISREG(status.st_mode)) return make_error("disk image '{}' is neither a file nor a block device", path);
    return static_cast<u64>(status.st_size);
}

} // namespace

Result<> check_image_range(u64 size, u64 offset, u64 length, const std::string& what) {
    if (offset > size || length > size - offset) return make_error("access past the end of {}", what);
    return Unit{};
}

Result<std::unique_ptr<ImageFile>> open_image_file(const std::string& path, ImageFileOptions options) {
    // O_NONBLOCK: a named pipe must not block here.
    const int flags = (options.writing ? O_RDWR : O_RDONLY) | (options.create ? O_CREAT | O_EXCL : 0);
    FileDescriptor fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0644));
    if (!fd.ok()) return open_error(errno, path, options.writing);
    const u64 size = TRY(image_size(fd.get(), path));
    if (!options.without_lock) TRY(lock_file(fd.get(), "disk image '" + path + "'", options.writing));
    return std::unique_ptr<ImageFile>(
        std::make_unique<HostImageFile>(std::move(fd), "disk image '" + path + "'", size, !options.writing));
}

Result<std::unique_ptr<ImageFile>> make_temporary_image_file(const std::string& what, u64 size) {
    const char* directory = std::getenv("TMPDIR");
    const std::string base = directory && *directory ? directory : "/var/tmp";
    FileDescriptor fd(::open(base.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!fd.ok()) { // a file system without O_TMPFILE
        std::string name = base + "/ringshift-overlay-XXXXXX";
        fd = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
        if (fd.ok()) ::unlink(name.c_str());
    }
    if (!fd.ok())
        return errno_error(errno, fmt::format("cannot create a temporary file in '{}' for --snapshot: set TMPDIR to a "
                                              "directory that can be written",
                                              base));
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0)
        return errno_error(errno, fmt::format("cannot make a temporary file of {} bytes in '{}' for --snapshot: set "
                                              "TMPDIR to a directory of another file system",
                                              size, base));
    return std::unique_ptr<ImageFile>(std::make_unique<HostImageFile>(std::move(fd), what, size, false));
}

} // namespace ringshift
