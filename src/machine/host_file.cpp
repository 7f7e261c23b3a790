#include "machine/host_file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ringshift {

namespace {

/// Closes a descriptor at the end of its scope.
class Descriptor {
  public:
    explicit Descriptor(int fd) : m_fd(fd) {}
    Descriptor(Descriptor&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (m_fd >= 0) ::close(m_fd);
    }
    int get() const { return m_fd; }

  private:
    int m_fd;
};

struct OpenFile {
    Descriptor descriptor;
    u64 size;
    timespec changed; ///< when its content was
};

Result<OpenFile> open_file(const std::filesystem::path& path) {
    Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (descriptor.get() < 0) return errno_error(errno, fmt::format("cannot open {}", path.string()));
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0)
        return errno_error(errno, fmt::format("cannot examine {}", path.string()));
    if (S_ISDIR(status.st_mode)) return make_error("{} is a directory, not a file", path.string());
    u64 size = static_cast<u64>(status.st_size);
    if (S_ISBLK(status.st_mode)) {
        const off_t end = ::lseek(descriptor.get(), 0, SEEK_END);
        if (end < 0) return errno_error(errno, fmt::format("cannot find the size of {}", path.string()));
        size = static_cast<u64>(end);
    } else if (!S_ISREG(status.st_mode)) {
        return make_error("{} is neither a file nor a block device", path.string());
    }
    return OpenFile{std::move(descriptor), size, status.st_mtim};
}

} // namespace

Result<u64> host_file_size(const std::filesystem::path& path) { return TRY(open_file(path)).size; }

namespace {

/// The number of bytes read: less than asked for where the file ends.
Result<std::size_t> read_at(const OpenFile& file, u64 offset, std::span<u8> out, const std::filesystem::path& path) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n =
            ::pread(file.descriptor.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(errno, fmt::format("cannot read {}", path.string()));
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

class FileSource final : public SharedBytes::Source {
  public:
    FileSource(OpenFile file, std::filesystem::path path) : m_file(std::move(file)), m_path(std::move(path)) {}
    u64 size() const override { return m_file.size; }
    Result<> read(u64 offset, std::span<u8> out) const override {
        const std::size_t count = TRY(read_at(m_file, offset, out, m_path));
        struct stat now {};
        if (::fstat(m_file.descriptor.get(), &now) != 0)
            return errno_error(errno, fmt::format("cannot examine {}", m_path.string()));
        const timespec &then = m_file.changed, &changed = now.st_mtim;
        const bool same = changed.tv_sec == then.tv_sec && changed.tv_nsec == then.tv_nsec &&
                          (!S_ISREG(now.st_mode) || static_cast<u64>(now.st_size) == m_file.size);
        if (count != out.size() || !same)
            return make_error("{} has changed since the machine was started with it: start the machine anew (a file "
                              "that is in use is better replaced than written to)",
                              m_path.string());
        return Unit{};
    }

  private:
    const OpenFile m_file;
    const std::filesystem::path m_path;
};

} // namespace

Result<SharedBytes> share_host_file(const std::filesystem::path& path) {
    return SharedBytes(std::make_shared<const FileSource>(TRY(open_file(path)), path));
}

Result<> read_host_file_into(const std::filesystem::path& path, std::span<u8> out) {
    const OpenFile file = TRY(open_file(path));
    if (TRY(read_at(file, 0, out, path)) != out.size())
        return make_error("{} became shorter while it was read", path.string());
    return Unit{};
}

Result<std::vector<u8>> read_host_file_part(const std::filesystem::path& path, u64 offset, std::size_t size) {
    OpenFile file = TRY(open_file(path));
    if (offset >= file.size) return std::vector<u8>{};
    std::vector<u8> bytes(std::min<u64>(size, file.size - offset));
    bytes.resize(TRY(read_at(file, offset, bytes, path)));
    return bytes;
}

Result<std::vector<u8>> read_host_file(const std::filesystem::path& path) {
    const u64 size = TRY(host_file_size(path));
    if (size > (u64{8} << 30)) return make_error("{} is too large ({} bytes) to be loaded whole", path.string(), size);
    return read_host_file_part(path, 0, size);
}

} // namespace ringshift
