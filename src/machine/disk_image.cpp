// Writes go to the page cache at once (pwrite) and to the host's disk with flush() (fdatasync): no data waits in this
// process, so a crash of it loses nothing.
//
// The overlay of --snapshot is a sparse temporary file without a name, as large as the image, with the clusters at the
// offsets that they have in the image; a bitmap tells which are there.
#include "machine/disk_image.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace ringshift {

namespace {

constexpr u64 sector = 512;
constexpr u64 cluster = 4096;

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

/// Reads exactly; bytes after the end of the file are zero if `missing` allows that many, else an error.
Result<> read_fully(int fd, u64 offset, std::span<u8> out, u64 missing, const std::string& what) {
    while (!out.empty()) {
        const ssize_t n = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(errno, fmt::format("cannot read {}: check the host's disk", what));
        if (n == 0) {
            if (out.size() > missing)
                return make_error("{} became shorter while in use: restore it, then let the guest continue", what);
            std::fill(out.begin(), out.end(), u8{0});
            return Unit{};
        }
        out = out.subspan(static_cast<std::size_t>(n));
        offset += static_cast<u64>(n);
    }
    return Unit{};
}

Result<> write_fully(int fd, u64 offset, std::span<const u8> in, const std::string& what) {
    while (!in.empty()) {
        const ssize_t n = ::pwrite(fd, in.data(), in.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return write_error(errno, what);
        in = in.subspan(static_cast<std::size_t>(n));
        offset += static_cast<u64>(n);
    }
    return Unit{};
}

Result<> check_range(u64 size, u64 offset, u64 length, const std::string& what) {
    if (offset > size || length > size - offset) return make_error("access past the end of {}", what);
    return Unit{};
}

// --- locks

/// A lock of the open file, so that a second opening in this process conflicts too.
Result<> lock_file(int fd, const std::string& path, bool writing) {
    struct flock range {};
    range.l_type = writing ? F_WRLCK : F_RDLCK;
    range.l_whence = SEEK_SET;
    if (::fcntl(fd, F_OFD_SETLK, &range) == 0) return Unit{};
    if (errno != EAGAIN && errno != EACCES) return Unit{}; // a file system without locks
    return make_error("disk image '{}' is in use by another virtual machine: shut that one down first{}", path,
                      writing ? ", or add --snapshot to both" : "");
}

void unlock_file(int fd) {
    struct flock range {};
    range.l_type = F_UNLCK;
    range.l_whence = SEEK_SET;
    (void)::fcntl(fd, F_OFD_SETLK, &range);
}

// --- the image itself

class RawImage final : public DiskImage {
  public:
    RawImage(FileDescriptor fd, std::string path, u64 file_size, bool read_only)
        : m_fd(std::move(fd)), m_path(std::move(path)), m_what("disk image '" + m_path + "'"),
          m_size((file_size + sector - 1) / sector * sector), m_missing(m_size - file_size), m_read_only(read_only) {
        if (m_missing != 0)
            m_note = fmt::format("{} has {} bytes, which is no multiple of 512: the last {} bytes of its last sector "
                                 "read as zero until the guest writes them",
                                 m_what, file_size, m_missing);
    }

    u64 size() const override { return m_size; }
    bool read_only() const override { return m_read_only; }
    const std::string& path() const override { return m_path; }
    const std::string& note() const override { return m_note; }

    Result<> read(u64 offset, std::span<u8> out) override {
        TRY(check_range(m_size, offset, out.size(), m_what));
        return read_fully(m_fd.get(), offset, out, m_missing, m_what);
    }
    Result<> write(u64 offset, std::span<const u8> in) override {
        if (m_read_only) return make_error("{} is open for reading only", m_what);
        TRY(check_range(m_size, offset, in.size(), m_what));
        return write_fully(m_fd.get(), offset, in, m_what);
    }
    Result<> flush() override {
        if (m_read_only) return Unit{};
        while (::fdatasync(m_fd.get()) != 0) {
            if (errno != EINTR) return write_error(errno, m_what);
        }
        return Unit{};
    }
    void archive(Archive& ar) override {
        bool overlay = false;
        u64 size = m_size;
        ar(overlay, size);
        if (overlay) return ar.fail(m_what + " was used with --snapshot when this state was saved: use it again");
        if (size != m_size) ar.fail(m_what + " has another size than when this state was saved");
    }
    Result<> set_locked(bool locked) override {
        if (locked) return lock_file(m_fd.get(), m_path, !m_read_only);
        unlock_file(m_fd.get());
        return Unit{};
    }

  private:
    FileDescriptor m_fd;
    std::string m_path;
    std::string m_what;
    std::string m_note;
    u64 m_size;
    /// Bytes by which the size was rounded up.
    u64 m_missing;
    bool m_read_only;
};

// --- copy-on-write overlay

class OverlayImage final : public DiskImage {
  public:
    OverlayImage(std::unique_ptr<RawImage> base, FileDescriptor overlay)
        : m_base(std::move(base)), m_overlay(std::move(overlay)),
          m_what("the temporary overlay of disk image '" + m_base->path() + "' (set TMPDIR to place it elsewhere)"),
          m_present((clusters() + 63) / 64) {}

    u64 size() const override { return m_base->size(); }
    bool read_only() const override { return false; }
    const std::string& path() const override { return m_base->path(); }
    const std::string& note() const override { return m_base->note(); }
    /// Nothing of an overlay outlives the process.
    Result<> flush() override { return Unit{}; }

    Result<> read(u64 offset, std::span<u8> out) override {
        TRY(check_range(size(), offset, out.size(), m_what));
        while (!out.empty()) {
            // As far as the clusters come from the same place.
            const bool present = has(offset / cluster);
            u64 end = (offset / cluster + 1) * cluster;
            while (end < offset + out.size() && has(end / cluster) == present) end += cluster;
            const std::size_t n = static_cast<std::size_t>(std::min<u64>(end - offset, out.size()));
            if (present) {
                TRY(read_fully(m_overlay.get(), offset, out.first(n), 0, m_what));
            } else {
                TRY(m_base->read(offset, out.first(n)));
            }
            out = out.subspan(n);
            offset += n;
        }
        return Unit{};
    }

    Result<> write(u64 offset, std::span<const u8> in) override {
        TRY(check_range(size(), offset, in.size(), m_what));
        if (in.empty()) return Unit{};
        const u64 end = offset + in.size();
        // Clusters that are only written in part get the rest from the image first.
        if (offset % cluster != 0) TRY(copy_up(offset / cluster));
        const u64 tail = end / cluster * cluster;
        if (end != tail && (end != size() || offset > tail)) TRY(copy_up(end / cluster));
        TRY(write_fully(m_overlay.get(), offset, in, m_what));
        for (u64 index = offset / cluster; index * cluster < end; ++index) add(index);
        return Unit{};
    }

    void archive(Archive& ar) override;
    Result<> set_locked(bool locked) override { return m_base->set_locked(locked); }

  private:
    u64 clusters() const { return (size() + cluster - 1) / cluster; }
    u64 cluster_size(u64 index) const { return std::min(cluster, size() - index * cluster); }
    bool has(u64 index) const { return m_present[index / 64] >> (index % 64) & 1; }
    void add(u64 index) { m_present[index / 64] |= u64{1} << (index % 64); }

    Result<> copy_up(u64 index) {
        if (has(index)) return Unit{};
        std::vector<u8> data(cluster_size(index));
        TRY(m_base->read(index * cluster, data));
        TRY(write_fully(m_overlay.get(), index * cluster, data, m_what));
        add(index);
        return Unit{};
    }

    void save(Archive& ar);
    void load(Archive& ar);

    std::unique_ptr<RawImage> m_base;
    FileDescriptor m_overlay;
    std::string m_what;
    std::vector<u64> m_present;
};

void OverlayImage::archive(Archive& ar) {
    bool overlay = true;
    u64 bytes = size();
    ar(overlay, bytes);
    if (!overlay) return ar.fail("this state was saved without --snapshot for disk image '" + path() + "'");
    if (bytes != size()) return ar.fail("disk image '" + path() + "' has another size than when this state was saved");
    if (ar.is_loading()) {
        load(ar);
    } else {
        save(ar);
    }
}

void OverlayImage::save(Archive& ar) {
    u64 count = 0;
    for (u64 index = 0; index < clusters(); ++index) count += has(index);
    ar(count);
    std::vector<u8> data;
    for (u64 index = 0; index < clusters(); ++index) {
        if (!has(index)) continue;
        data.resize(cluster_size(index));
        if (auto result = read_fully(m_overlay.get(), index * cluster, data, 0, m_what); !result.ok())
            return ar.fail(result.error().message);
        ar(index);
        ar.bytes(data.data(), data.size());
    }
}

void OverlayImage::load(Archive& ar) {
    u64 count = 0;
    ar(count);
    ar.check(count <= clusters() && count <= ar.remaining() / sizeof(u64), "overlay cluster count");
    std::fill(m_present.begin(), m_present.end(), 0);
    if (::ftruncate(m_overlay.get(), 0) != 0 || ::ftruncate(m_overlay.get(), static_cast<off_t>(size())) != 0)
        return ar.fail(write_error(errno, m_what).message);
    std::vector<u8> data;
    u64 after = 0;
    for (u64 i = 0; i < count && ar.ok(); ++i) {
        u64 index = 0;
        ar(index);
        ar.check(index < clusters() && index >= after, "overlay cluster");
        if (!ar.ok()) return;
        after = index + 1;
        data.resize(cluster_size(index));
        ar.bytes(data.data(), data.size());
        if (!ar.ok()) return;
        if (auto result = write_fully(m_overlay.get(), index * cluster, data, m_what); !result.ok())
            return ar.fail(result.error().message);
        add(index);
    }
}

// --- opening

Result<FileDescriptor> make_temporary(u64 size) {
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
    return fd;
}

Error open_error(int number, const std::string& path, bool writing) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return make_error("disk image '{}': no such file; check the path, or make an empty disk: truncate -s 8G '{}'",
                          path, path);
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

Result<std::unique_ptr<DiskImage>> open_disk_image(const std::string& path, DiskImageOptions options) {
    const bool writing = !options.read_only && !options.snapshot;
    // O_NONBLOCK: a named pipe must not block here.
    FileDescriptor fd(::open(path.c_str(), (writing ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK));
    if (!fd.ok()) return open_error(errno, path, writing);
    const u64 file_size = TRY(image_size(fd.get(), path));
    if (file_size == 0)
        return make_error("disk image '{}' is empty: give it a size, for example: truncate -s 8G '{}'", path, path);
    TRY(lock_file(fd.get(), path, writing));
    auto image = std::make_unique<RawImage>(std::move(fd), path, file_size, !writing);
    if (!options.snapshot || options.read_only) return std::unique_ptr<DiskImage>(std::move(image));
    FileDescriptor overlay = TRY(make_temporary(image->size()));
    return std::unique_ptr<DiskImage>(std::make_unique<OverlayImage>(std::move(image), std::move(overlay)));
}

} // namespace ringshift
