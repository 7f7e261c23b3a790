// The snapshots of a running machine: a folder of files, saved, restored and deleted by name while the guest runs.
//
// Work is done in order on a thread of its own. The guest waits only while its RAM is copied (machine/saved_state.h),
// or while it is rebuilt from a file that has been read and checked before. Each snapshot knows the ids of those that
// its state came from, so the files together are a tree, also after some of them have gone.
#pragma once

#include "machine/machine.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ringshift {

class Session;

struct SnapshotEntry {
    SnapshotAbout about;
    std::string path;
    std::string parent;   ///< name of the nearest ancestor that is still there, or empty
    u64 size = 0;         ///< of the file, bytes
    bool current = false; ///< the running state came from it last
};

class Snapshots {
  public:
    enum class Action { save, load, remove };
    /// A sentence about what has been done, or the error; on the thread that does the work.
    using Done = std::function<void(Result<std::string>)>;

    /// `folder` is made when it is needed. `lineage`: ids of the snapshots that the machine came from, nearest first.
    Snapshots(Session& session, std::string folder, std::vector<std::string> lineage);
    ~Snapshots() { finish(); }

    /// When the guest has ended: writes what has been taken out of it already, refuses the rest.
    void finish();
    /// Any thread. An existing snapshot of the name is replaced by a new one.
    void start(Action action, const std::string& name, Done done);
    /// The same, and waits.
    Result<std::string> perform(Action action, const std::string& name);
    /// Oldest first. Files that cannot be read are left out.
    std::vector<SnapshotEntry> list() const;
    const std::string& folder() const { return m_folder; }

  private:
    struct Job {
        Action action;
        std::string name;
        Done done;
    };
    void work();
    Result<std::string> save(const std::string& name);
    Result<std::string> load(const std::string& name);
    Result<std::string> remove(const std::string& name);
    void forget_disks(const std::string& id);
    Result<std::string> path_of(const std::string& name) const;

    Session& m_session;
    std::string m_folder;
    mutable std::mutex m_mutex; ///< of the following
    std::condition_variable m_wake;
    std::vector<std::string> m_lineage;
    std::deque<Job> m_jobs;
    std::atomic<bool> m_ending{false};
    std::thread m_thread; ///< from the first job on
};

/// The list as a table for people.
std::string snapshot_table(const std::vector<SnapshotEntry>& entries);
/// Where the snapshots of a machine are if the user does not say: in the user's data folder (XDG), by its media.
std::string default_snapshot_folder(const MachineConfig& config);

} // namespace ringshift
