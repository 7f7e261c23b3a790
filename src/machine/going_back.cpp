#include "machine/going_back.h"

#include "base/log.h"

#include "machine/raw_states.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

constexpr const char* extension = ".going-back";
constexpr const char* first_line = "going back to a snapshot";
constexpr std::size_t most_disks = 16;

struct Marker {
    std::string id;
    std::vector<std::string> disks; ///< paths
};

std::string marker_of(const std::string& disk) { return disk + extension; }

/// The names in a folder are on the host's disk.
void sync_folder(const fs::path& file) {
    const int fd =
        ::open(file.has_parent_path() ? file.parent_path().c_str() : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)::fsync(fd);
    ::close(fd);
}

Result<> write_marker(const std::string& disk, const Marker& marker) {
    const fs::path path = marker_of(disk);
    const fs::path folder = fs::absolute(path).parent_path();
    std::string text = fmt::format("{}\n{}\n", first_line, marker.id);
    for (const std::string& other : marker.disks)
        text += fs::absolute(other).lexically_relative(folder).string() + "\n";
    const std::string temporary = path.string() + ".new";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(fd) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
    const int number = errno;
    if (fd >= 0) ::close(fd);
    if (!written) {
        (void)::unlink(temporary.c_str());
        return errno_error(number, fmt::format("cannot write {}", path.string()));
    }
    sync_folder(path);
    return Unit{};
}

/// No disks: there is no such marker, or none that can be read.
Marker read_marker(const std::string& disk) {
    const fs::path folder = fs::absolute(disk).parent_path();
    std::ifstream stream(marker_of(disk));
    Marker marker;
    std::string line;
    if (!std::getline(stream, line) || line != first_line || !std::getline(stream, marker.id)) return {};
    while (marker.disks.size() < most_disks && std::getline(stream, line))
        marker.disks.push_back((folder / line).lexically_normal().string());
    return marker;
}

/// The decision first, then the others.
void remove_markers(const std::vector<std::string>& disks) {
    std::error_code ignored;
    for (const std::string& disk : disks) {
        fs::remove(marker_of(disk), ignored);
        sync_folder(disk);
    }
}

Result<> write_markers(const Marker& marker) {
    for (auto disk = marker.disks.rbegin(); disk != marker.disks.rend(); ++disk) {
        Result<> written = write_marker(*disk, marker);
        if (written.ok()) continue;
        remove_markers(marker.disks);
        return written;
    }
    return Unit{};
}

bool decided(const std::string& path, const Marker& marker) {
    if (marker.disks.empty()) return false;
    const Marker first = read_marker(marker.disks.front());
    const std::string own = fs::absolute(path).lexically_normal().string();
    return first.id == marker.id && std::find(first.disks.begin(), first.disks.end(), own) != first.disks.end();
}

/// While the machine goes on: what was there before the way back is kept until all disks have gone it.
class Undo {
  public:
    Undo(const std::vector<DiskImage*>& images, std::string id) : m_images(images), m_id(std::move(id)) {}
    ~Undo() {
        for (DiskImage* image : m_images) (void)image->forget_state(m_id);
    }
    Result<> keep() {
        for (DiskImage* image : m_images) {
            TRY(image->forget_state(m_id)); // of a host that failed before
            TRY(image->keep_state(m_id, "before going back", 0, 0));
        }
        return Unit{};
    }
    Result<> undo() {
        for (DiskImage* image : m_images) TRY(image->go_back(m_id));
        return Unit{};
    }

  private:
    const std::vector<DiskImage*>& m_images;
    std::string m_id;
};

} // namespace

Result<> go_back_together(const std::vector<DiskImage*>& images, const std::string& id) {
    std::vector<DiskImage*> those;
    std::copy_if(images.begin(), images.end(), std::back_inserter(those),
                 [&](DiskImage* image) { return image->has_state(id); });
    if (those.empty()) return Unit{};
    if (those.size() == 1) return those.front()->go_back(id);
    Undo undo(those, id + "-undo");
    TRY(undo.keep());
    Marker marker{id, {}};
    for (const DiskImage* image : those)
        marker.disks.push_back(fs::absolute(image->path()).lexically_normal().string());
    TRY(write_markers(marker));
    Result<> gone = Unit{};
    for (DiskImage* image : those)
        if (gone.ok()) gone = image->go_back(id);
    if (!gone.ok()) TRY(undo.undo()); // while the markers are there: at worst the next opening ends the way back
    remove_markers(marker.disks);
    return gone;
}

Result<> finish_going_back(const std::string& path, const OpenDisk& open) {
    std::error_code ignored;
    if (!fs::exists(marker_of(path), ignored)) return Unit{};
    const Marker marker = read_marker(path);
    if (!decided(path, marker)) {
        fs::remove(marker_of(path), ignored);
        return Unit{};
    }
    for (const std::string& disk : marker.disks) {
        const auto finish = [&]() -> Result<> {
            const auto image =
                TRY(open(disk, fs::exists(disk + RawStates::extension) ? DiskFormat::raw : DiskFormat::qcow2));
            if (image->has_state(marker.id)) TRY(image->go_back(marker.id));
            TRY(image->forget_state(marker.id + "-undo"));
            return image->flush();
        };
        if (const Result<> finished = finish(); !finished.ok())
            return make_error(
                "going back to a snapshot was interrupted on disk image '{}', and '{}' is needed to end it: "
                "{}. To give that up, and have disks of different times: rm '{}'",
                path, disk, finished.error().message, marker_of(marker.disks.front()));
    }
    remove_markers(marker.disks);
    log(LogLevel::Warning, "going back to a snapshot had been interrupted; its disks have gone back now");
    return Unit{};
}

} // namespace ringshift
