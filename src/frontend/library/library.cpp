// A clone costs no space: its disk and the original's become thin qcow2 images on a common base, which neither writes
// any more. The base is the original's disk, moved by name only; at every moment there is a disk where the machine
// expects one.
#include "frontend/library/library.h"

#include "machine/disk_tool.h"
#include "machine/host_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <set>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

constexpr const char* description_file = "machine.toml";

Result<> check_name(const std::string& name) {
    const auto good = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    };
    if (!name.empty() && name.size() <= 64 && name[0] != '.' && name[0] != '-' &&
        std::all_of(name.begin(), name.end(), good))
        return Unit{};
    return make_error("\"{}\" cannot be a machine's name: up to 64 letters, digits, and . - _ after the first", name);
}

Result<> make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    return error ? errno_error(error.value(), fmt::format("cannot make the folder {}", folder.string()))
                 : Result<>(Unit{});
}

Result<> move(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return Unit{};
    return errno_error(errno, fmt::format("cannot rename {} to {}", from.string(), to.string()));
}

} // namespace

VmLock::~VmLock() { ::close(m_fd); }

Result<Library> Library::open() {
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    if (data != nullptr && data[0] == '/') return Library(fs::path(data) / "ringshift");
    if (home == nullptr || home[0] != '/')
        return make_error("there is no place for machines: set HOME or XDG_DATA_HOME");
    return Library(fs::path(home) / ".local/share/ringshift");
}

std::vector<std::string> Library::names() const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(m_folder / "machines", ignored))
        if (fs::exists(entry.path() / description_file, ignored)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

Result<VmDescription> Library::load(const std::string& name) const {
    TRY(check_name(name));
    const fs::path file = folder_of(name) / description_file;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
        std::string list;
        for (const std::string& other : names()) list += (list.empty() ? "" : ", ") + other;
        return make_error("there is no machine \"{}\"{}", name,
                          list.empty() ? "; make one: ringshift create NAME --iso FILE" : "; there are: " + list);
    }
    const std::vector<u8> bytes = TRY(read_host_file(file));
    return read_description(std::string(bytes.begin(), bytes.end()), file.string());
}

Result<> Library::store(const std::string& name, const VmDescription& description) const {
    const fs::path file = folder_of(name) / description_file, temporary = file.string() + ".new";
    {
        std::ofstream stream(temporary);
        stream << write_description(description);
        if (!stream.flush()) return make_error("cannot write {}: check the host's disk", temporary.string());
    }
    return move(temporary, file);
}

Result<std::unique_ptr<VmLock>> Library::lock(const std::string& name) const {
    const fs::path file = folder_of(name) / "running";
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return errno_error(errno, fmt::format("cannot write {}", file.string()));
    auto lock = std::make_unique<VmLock>(fd);
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    if (::fcntl(fd, F_OFD_SETLK, &range) != 0 && (errno == EAGAIN || errno == EACCES))
        return make_error("{} is running: ringshift stop {}", name, name);
    return lock;
}

bool Library::running(const std::string& name) const {
    const int fd = ::open((folder_of(name) / "running").c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    const bool locked = ::fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
    ::close(fd);
    return locked;
}

Result<> Library::check_new(const std::string& name) const {
    TRY(check_name(name));
    std::error_code ignored;
    if (fs::exists(folder_of(name), ignored)) return make_error("there is a machine \"{}\" already", name);
    return Unit{};
}

Result<> Library::create(const std::string& name, VmDescription description, u64 disk_size, const fs::path& image,
                         const DiskProgress& progress) const {
    TRY(check_new(name));
    const fs::path folder = folder_of(name);
    TRY(make_folder(folder));
    const auto fill = [&]() -> Result<> {
        const std::string disk = (folder / "disk.qcow2").string();
        if (!image.empty()) {
            TRY(convert_disk(image.string(), disk, "qcow2", progress));
            if (disk_size != 0) TRY(resize_disk(disk, disk_size));
        } else if (disk_size != 0) {
            TRY(create_disk(disk, "qcow2", disk_size, ""));
        }
        if (!image.empty() || disk_size != 0) {
            description.disks.push_back({"disk.qcow2", "qcow2"});
        }
        return store(name, description);
    };
    const Result<> filled = fill();
    std::error_code ignored;
    if (!filled.ok()) fs::remove_all(folder, ignored);
    return filled;
}

Result<> Library::remove(const std::string& name) const {
    (void)TRY(load(name));
    const auto held = TRY(lock(name));
    std::error_code error;
    fs::remove_all(folder_of(name), error);
    if (error) return errno_error(error.value(), fmt::format("cannot remove {}", folder_of(name).string()));
    drop_unused_bases();
    return Unit{};
}

Result<> Library::rename(const std::string& from, const std::string& to) const {
    (void)TRY(load(from));
    TRY(check_new(to));
    const auto held = TRY(lock(from));
    return move(folder_of(from), folder_of(to));
}

/// Makes `disk` stand on a base that has its content; the base. A disk that was cloned and not written since has one.
Result<std::string> Library::share_disk(const fs::path& disk, const std::string& format) const {
    const fs::path bases = m_folder / "bases";
    const DiskInfo info = TRY(disk_info(disk.string()));
    if (info.empty && !info.backing.empty()) {
        const fs::path base = (disk.parent_path() / info.backing).lexically_normal();
        if (base.parent_path() == bases.lexically_normal()) return base.string();
    }
    TRY(make_folder(bases));
    fs::path base;
    for (unsigned number = 1;; ++number) {
        base = bases / fmt::format("{}.{}", number, format);
        if (::link(disk.c_str(), base.c_str()) == 0) break;
        if (errno != EEXIST) return errno_error(errno, fmt::format("cannot make {}", base.string()));
    }
    const std::string thin = disk.string() + ".new";
    ::unlink(thin.c_str());
    const Result<> made = create_disk(thin, "qcow2", 0, base.string());
    const Result<> placed = made.ok() ? move(thin, disk) : made;
    if (placed.ok()) return base.string();
    ::unlink(base.c_str());
    return placed.error();
}

Result<> Library::clone(const std::string& from, const std::string& to) const {
    VmDescription original = TRY(load(from));
    TRY(check_new(to));
    const auto held = TRY(lock(from));
    VmDescription copy = original;
    TRY(make_folder(folder_of(to)));
    const auto fill = [&]() -> Result<> {
        for (std::size_t i = 0; i < original.disks.size(); ++i) {
            VmDescription::Disk& disk = original.disks[i];
            const fs::path file = folder_of(from) / disk.file;
            if (file.parent_path() != folder_of(from))
                return make_error("the disk {} is outside of the machine's folder, so it cannot be cloned", disk.file);
            const std::string base = TRY(share_disk(file, disk.format));
            disk.format = "qcow2";
            TRY(store(from, original));
            copy.disks[i] = {fmt::format("disk{}.qcow2", i == 0 ? "" : std::to_string(i + 1)), "qcow2"};
            TRY(create_disk((folder_of(to) / copy.disks[i].file).string(), "qcow2", 0, base));
        }
        return store(to, copy);
    };
    const Result<> filled = fill();
    std::error_code ignored;
    if (!filled.ok()) fs::remove_all(folder_of(to), ignored);
    return filled;
}

/// Bases that no disk stands on, and those under them.
void Library::drop_unused_bases() const {
    std::error_code ignored;
    const fs::path bases = (m_folder / "bases").lexically_normal();
    std::set<fs::path> used;
    std::vector<fs::path> files;
    for (const auto& machine : fs::directory_iterator(m_folder / "machines", ignored))
        for (const auto& entry : fs::directory_iterator(machine.path(), ignored))
            if (entry.is_regular_file(ignored)) files.push_back(entry.path());
    while (!files.empty()) {
        const fs::path file = files.back();
        files.pop_back();
        const auto info = disk_info(file.string());
        // A disk in use that cannot be looked at may stand on anything.
        if (!info.ok() && file.extension() == ".qcow2") return;
        if (!info.ok() || info.value().backing.empty()) continue;
        const fs::path base = (file.parent_path() / info.value().backing).lexically_normal();
        if (base.parent_path() == bases && used.insert(base).second) files.push_back(base);
    }
    for (const auto& entry : fs::directory_iterator(bases, ignored))
        if (!used.contains(entry.path().lexically_normal())) fs::remove(entry.path(), ignored);
}

} // namespace ringshift
