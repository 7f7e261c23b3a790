#include "frontend/snapshots.h"

#include "base/log.h"

#include "frontend/png.h"
#include "frontend/session.h"
#include "frontend/view.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <future>
#include <tuple>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

constexpr const char* extension = ".snapshot";
constexpr std::size_t longest_name = 100;
constexpr u32 thumbnail_width = 160, thumbnail_height = 120;

std::string local_time(i64 seconds) {
    const std::time_t time = seconds;
    std::tm fields{};
    ::localtime_r(&time, &fields);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields);
    return text;
}

} // namespace

Snapshots::Snapshots(Session& session, std::string folder, std::vector<std::string> lineage)
    : m_session(session), m_folder(std::move(folder)), m_lineage(std::move(lineage)) {}

void Snapshots::finish() {
    {
        const std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_wake.notify_one();
    if (m_thread.joinable()) m_thread.join();
}

// ---- The thread ----------------------------------------------------------------------------------------------------

void Snapshots::start(Action action, const std::string& name, Done done) {
    std::unique_lock lock(m_mutex);
    if (m_ending) {
        lock.unlock();
        return done(make_error("the guest has ended"));
    }
    m_jobs.push_back({action, name, std::move(done)});
    if (!m_thread.joinable()) m_thread = std::thread([this] { work(); });
    m_wake.notify_one();
}

Result<std::string> Snapshots::perform(Action action, const std::string& name) {
    std::promise<Result<std::string>> promise;
    start(action, name, [&](Result<std::string> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
}

void Snapshots::work() {
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wake.wait(lock, [this] { return m_ending || !m_jobs.empty(); });
        if (m_jobs.empty()) return;
        const Job job = std::move(m_jobs.front());
        m_jobs.pop_front();
        lock.unlock();
        job.done(job.action == Action::save   ? save(job.name)
                 : job.action == Action::load ? load(job.name)
                                              : remove(job.name));
        lock.lock();
    }
}

// ---- What it does --------------------------------------------------------------------------------------------------

Result<std::string> Snapshots::path_of(const std::string& name) const {
    const auto unwanted = [](char c) { return static_cast<u8>(c) < 0x20 || c == '/' || c == 0x7F; };
    if (name.empty() || name.size() > longest_name || name.front() == '.' ||
        std::any_of(name.begin(), name.end(), unwanted))
        return make_error("\"{}\" is no name for a snapshot: 1 to {} characters, no slash, no dot at the beginning",
                          name, longest_name);
    return (fs::path(m_folder) / (name + extension)).string();
}

/// What the disks keep of a snapshot that is gone is room in them, no more: a failure is only said.
void Snapshots::forget_disks(const std::string& id) {
    if (id.empty()) return;
    Result<> forgotten = Unit{};
    m_session.on_guest([&] { forgotten = m_session.machine().forget_disks(id); }, &m_ending);
    if (!forgotten.ok()) log(LogLevel::Warning, "{}", forgotten.error().message);
}

Result<std::string> Snapshots::save(const std::string& name) {
    const std::string path = TRY(path_of(name));
    std::error_code error;
    fs::create_directories(m_folder, error);
    if (error) return make_error("cannot make the folder {} for snapshots: {}", m_folder, error.message());
    const u64 begin = host_time_ns();
    Machine& machine = m_session.machine();
    u64 used = 0;
    const auto ended = [] { return make_error("the guest has ended"); };
    if (!m_session.on_guest([&] { used = machine.used_ram(); }, &m_ending)) return ended();
    const auto state = TRY(SavedState::prepare(used));
    SnapshotAbout about;
    about.id = SnapshotAbout::new_id();
    about.name = name;
    about.time = std::time(nullptr);
    Picture picture;
    Result<> frozen = Unit{};
    u64 waited = 0;
    const auto freeze = [&] {
        const u64 start = host_time_ns();
        frozen = machine.freeze(*state, about);
        picture = machine.capture_picture();
        about.virtual_ns = machine.statistics().virtual_ns;
        waited = host_time_ns() - start;
    };
    if (!m_session.on_guest(freeze, &m_ending)) return ended();
    TRY(std::move(frozen));
    about.thumbnail = make_thumbnail(picture, thumbnail_width, thumbnail_height);
    {
        const std::lock_guard lock(m_mutex);
        about.ancestors = m_lineage;
    }
    const std::string replaced = id_in_file(path);
    const Result<> written = state->write(path, about);
    forget_disks(written.ok() ? replaced : about.id);
    TRY(written);
    {
        const std::lock_guard lock(m_mutex);
        m_lineage.insert(m_lineage.begin(), about.id);
    }
    return fmt::format("saved \"{}\": {} MiB in {:.1f} s; the guest waited {} ms", name, used >> 20,
                       static_cast<double>(host_time_ns() - begin) / 1e9, waited / 1'000'000);
}

Result<std::string> Snapshots::load(const std::string& name) {
    const std::string path = TRY(path_of(name));
    if (!fs::exists(path)) return make_error("there is no snapshot \"{}\" in {}", name, m_folder);
    if (m_session.options().gdb_port) return make_error("a snapshot cannot be restored while gdb may be connected");
    const u64 begin = host_time_ns();
    const Snapshot snapshot = TRY(Snapshot::open(path));
    Result<> replaced = Unit{};
    if (!m_session.on_guest([&] { replaced = m_session.machine().replace(snapshot); }, &m_ending))
        return make_error("the guest has ended");
    TRY(std::move(replaced));
    const std::lock_guard lock(m_mutex);
    m_lineage = snapshot.about.ancestors;
    m_lineage.insert(m_lineage.begin(), snapshot.about.id);
    return fmt::format("restored \"{}\" of {} in {:.1f} s", name, local_time(snapshot.about.time),
                       static_cast<double>(host_time_ns() - begin) / 1e9);
}

Result<std::string> Snapshots::remove(const std::string& name) {
    const std::string path = TRY(path_of(name));
    const std::string id = id_in_file(path);
    std::error_code error;
    if (!fs::remove(path, error)) {
        if (!error) return make_error("there is no snapshot \"{}\" in {}", name, m_folder);
        return make_error("cannot delete the snapshot \"{}\": {}", name, error.message());
    }
    forget_disks(id);
    return fmt::format("deleted \"{}\"", name);
}

// ---- The list ------------------------------------------------------------------------------------------------------

std::vector<SnapshotEntry> Snapshots::list() const {
    std::vector<SnapshotEntry> entries;
    std::error_code error;
    for (const auto& file : fs::directory_iterator(m_folder, error)) {
        if (file.path().extension() != extension) continue;
        auto about = read_snapshot_about(file.path().string());
        if (!about.ok()) continue;
        SnapshotEntry entry;
        entry.about = about.release();
        entry.about.name = file.path().stem().string(); // by which it is asked for
        entry.path = file.path().string();
        entry.size = file.file_size(error);
        entries.push_back(std::move(entry));
    }
    const auto find = [&](const std::vector<std::string>& ids) -> SnapshotEntry* {
        for (const std::string& id : ids)
            for (SnapshotEntry& entry : entries)
                if (entry.about.id == id) return &entry;
        return nullptr;
    };
    for (SnapshotEntry& entry : entries)
        if (const SnapshotEntry* parent = find(entry.about.ancestors)) entry.parent = parent->about.name;
    {
        const std::lock_guard lock(m_mutex);
        if (SnapshotEntry* current = find(m_lineage)) current->current = true;
    }
    // Times are whole seconds: of two within one, what follows another comes after it.
    const auto order = [](const SnapshotEntry& entry) {
        return std::tuple(entry.about.time, entry.about.ancestors.size(), entry.about.name);
    };
    std::sort(entries.begin(), entries.end(),
              [&](const SnapshotEntry& a, const SnapshotEntry& b) { return order(a) < order(b); });
    return entries;
}

std::string snapshot_table(const std::vector<SnapshotEntry>& entries) {
    if (entries.empty()) return "there are no snapshots\n";
    std::string text = fmt::format("  {:<24} {:<20} {:>8} {:>9}  {}\n", "NAME", "TIME", "MIB", "RAN FOR", "AFTER");
    for (const SnapshotEntry& entry : entries)
        text +=
            fmt::format("{} {:<24} {:<20} {:>8.1f} {:>8.1f}s  {}\n", entry.current ? '*' : ' ', entry.about.name,
                        local_time(entry.about.time), static_cast<double>(entry.size) / (1 << 20),
                        static_cast<double>(entry.about.virtual_ns) / 1e9, entry.parent.empty() ? "-" : entry.parent);
    return text;
}

std::string default_snapshot_folder(const MachineConfig& config) {
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    fs::path folder =
        data != nullptr && *data == '/' ? fs::path(data) : fs::path(home != nullptr ? home : ".") / ".local/share";
    std::string name = "guest", paths = config.kernel ? config.kernel->name : "";
    for (const auto* drives : {&config.disks, &config.cdroms, &config.floppies})
        for (const DriveConfig& drive : *drives)
            if (!drive.path.empty() && (paths.empty() || drives == &config.disks))
                paths += fs::absolute(drive.path).lexically_normal().string() + "\n";
    if (!paths.empty()) name = fs::path(paths.substr(0, paths.find('\n'))).filename().string();
    return (folder / "ringshift/snapshots" /
            fmt::format("{}-{:08x}", name, static_cast<u32>(std::hash<std::string>{}(paths))))
        .string();
}

} // namespace ringshift
