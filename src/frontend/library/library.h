// The user's machines, one folder each, in $XDG_DATA_HOME/ringshift (default ~/.local/share/ringshift):
//
//     machines/NAME/machine.toml    the machine (description.h)
//     machines/NAME/disk.qcow2      its disk
//     machines/NAME/snapshots/      its snapshots
//     machines/NAME/running         locked while it runs
//     machines/NAME/control         the socket of the running machine
//     bases/                        disks that clones stand on; they never change
//     images/NAME/                  what `images build` has made (images.h)
#pragma once

#include "frontend/library/description.h"
#include "machine/disk_tool.h"

#include <filesystem>
#include <memory>

namespace ringshift {

/// Held as long as nobody else may start, clone, rename or delete a machine.
class VmLock {
  public:
    explicit VmLock(int fd) : m_fd(fd) {}
    ~VmLock();
    VmLock(const VmLock&) = delete;
    VmLock& operator=(const VmLock&) = delete;

  private:
    int m_fd;
};

class Library {
  public:
    /// At its usual place.
    static Result<Library> open();
    explicit Library(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    const std::filesystem::path& folder() const { return m_folder; }
    std::vector<std::string> names() const;
    std::filesystem::path folder_of(const std::string& name) const { return m_folder / "machines" / name; }
    Result<VmDescription> load(const std::string& name) const;
    Result<> store(const std::string& name, const VmDescription& description) const;
    bool running(const std::string& name) const;
    /// Fails while the machine runs.
    Result<std::unique_ptr<VmLock>> lock(const std::string& name) const;

    /// `disk_size` 0: no disk, or one as large as `image`, whose content it begins with.
    Result<> create(const std::string& name, VmDescription description, u64 disk_size,
                    const std::filesystem::path& image = {}, const DiskProgress& progress = {}) const;
    Result<> remove(const std::string& name) const;
    Result<> rename(const std::string& from, const std::string& to) const;
    /// Both have the same content afterwards, and what one of them writes the other does not see.
    Result<> clone(const std::string& from, const std::string& to) const;

  private:
    Result<> check_new(const std::string& name) const;
    Result<std::string> share_disk(const std::filesystem::path& disk, const std::string& format) const;
    void drop_unused_bases() const;

    std::filesystem::path m_folder;
};

} // namespace ringshift
