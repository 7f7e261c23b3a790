// A machine's state at one moment, apart from the machine: written to a file while the guest runs on.
//
// Guest RAM is shared memory, so fork() would not keep a copy of it. Instead the guest is held up only while its RAM is
// copied into memory that was made ready before (prepare(): present, in large pages), and only the parts of it that
// were ever touched: the file behind the RAM has holes elsewhere. Compressing and writing happen after that, on another
// thread. 512 MiB hold the guest up for about a tenth of a second; the host needs that much memory for a while.
#pragma once

#include "base/archive.h"
#include "base/result.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ringshift {

class SnapshotReader;
class GuestRam;

/// What a snapshot says about itself.
struct SnapshotAbout {
    std::string id;                     ///< unique
    std::string name;                   ///< for people
    std::vector<std::string> ancestors; ///< ids, nearest first: the snapshots that its state came from
    i64 time = 0;                       ///< seconds since 1970 UTC
    u64 virtual_ns = 0;                 ///< of the machine, since power-on
    std::vector<u8> thumbnail;          ///< PNG, or empty
    void archive(Archive& ar);
    static std::string new_id();
};

/// A disk image that a machine writes to, as a snapshot remembers it.
struct DiskStamp {
    std::string path;
    u64 size = 0;
    i64 modified_ns = 0; ///< since 1970; 0: not known (a block device)
    void archive(Archive& ar) { ar(path, size, modified_ns); }
    static DiskStamp of(const std::string& path);
};

class SavedState {
  public:
    /// Any thread: makes room for `ram` bytes. The error: the host has not enough memory.
    static Result<std::unique_ptr<SavedState>> prepare(u64 ram);
    ~SavedState();
    SavedState(const SavedState&) = delete;
    SavedState& operator=(const SavedState&) = delete;

    /// The thread of Machine::run(), by Machine::freeze(): `parts` in the order in which they are loaded.
    struct Part {
        std::string tag;
        std::vector<u8> bytes;
    };
    void set_parts(std::vector<Part> parts) { m_parts = std::move(parts); }
    void set_disks(std::vector<DiskStamp> disks) { m_disks = std::move(disks); }
    Result<> copy_ram(GuestRam& ram);
    /// Instead of copying: the guest must not run before the state has been written.
    Result<> borrow_ram(GuestRam& ram);

    /// Any thread. The disks' files reach the host's disk before the snapshot does.
    Result<> write(const std::string& path, const SnapshotAbout& about) const;

  private:
    /// A run of RAM that was touched.
    struct Extent {
        u64 begin;
        u64 size;
        const u8* content;
    };
    SavedState() = default;
    static Result<std::vector<Extent>> extents_of(GuestRam& ram);
    std::vector<u8> ram_piece(u64 begin, u64 size) const;

    std::vector<Part> m_parts;
    std::vector<DiskStamp> m_disks;
    std::vector<Extent> m_extents; ///< by address
    u64 m_ram_size = 0;
    u8* m_copy = nullptr;
    u64 m_copy_size = 0;
    std::vector<u8> m_overflow; ///< what did not fit: RAM touched since prepare()
};

/// Bytes of RAM that were ever touched; the host knows.
u64 used_ram(const GuestRam& ram);
/// Puts a snapshot's RAM into RAM that was never touched.
Result<> load_ram(const SnapshotReader& reader, GuestRam& ram);
/// That the disks of the snapshot still are what they were when it was taken; else the error says which, and what to
/// do.
Result<> check_disks(const SnapshotReader& reader);
/// SnapshotAbout::id; empty in snapshots that have none.
std::string id_of(const SnapshotReader& reader);
/// The same of a file; empty if there is no such snapshot.
std::string id_in_file(const std::string& path);
/// Reads only the beginning of the file. Snapshots of older releases have a name alone: that of the file.
Result<SnapshotAbout> read_snapshot_about(const std::string& path);

} // namespace ringshift
