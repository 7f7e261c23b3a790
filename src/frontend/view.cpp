#include "frontend/view.h"

#include "frontend/png.h"
#include "frontend/session.h"
#include "machine/speed.h"

#include <chrono>
#include <filesystem>
#include <mutex>

namespace ringshift {

struct View::Shared {
    std::mutex mutex;
    Look newest;
    bool asked = false;
    bool ready = false;
};

namespace {

std::vector<DriveLook> drives_of(const Machine& machine) {
    std::vector<DriveLook> drives;
    const MachineConfig& config = machine.config();
    for (unsigned n = 0; n < std::max<std::size_t>(1, config.cdroms.size()); ++n)
        drives.push_back({Machine::Drive::cdrom, n, n < config.cdroms.size() ? config.cdroms[n].path : std::string(),
                          machine.locked(n)});
    for (unsigned n = 0; n < config.floppies.size(); ++n)
        drives.push_back({Machine::Drive::floppy, n, config.floppies[n].path, false});
    return drives;
}

} // namespace

View::View(Session& session, Wants wants) : m_session(session), m_wants(wants), m_shared(std::make_shared<Shared>()) {}

void View::request() {
    {
        const std::lock_guard lock(m_shared->mutex);
        if (m_shared->asked) return;
        m_shared->asked = true;
    }
    Machine& machine = m_session.machine();
    machine.post([&machine, shared = m_shared, wants = m_wants] {
        std::optional<TextScreen> text = machine.capture_text();
        static const Picture nothing;
        const Picture& picture = text && wants == Wants::text ? nothing : machine.capture_picture();
        const MachineStatistics statistics = machine.statistics();
        const std::lock_guard lock(shared->mutex);
        Look& look = shared->newest;
        if (picture.width != look.picture.width || picture.height != look.picture.height ||
            picture.pixels != look.picture.pixels) {
            look.picture = picture;
            ++look.picture_number;
        }
        look.text = std::move(text);
        look.paused = machine.paused();
        look.can_point = machine.input().can_point();
        look.statistics = statistics;
        look.speed_limit = machine.speed_limit();
        look.drives = drives_of(machine);
        look.has_network = machine.config().network.card != "none";
        look.connected = machine.config().network.connected;
        shared->asked = false;
        shared->ready = true;
    });
}

bool View::take(Look& look) {
    const std::lock_guard lock(m_shared->mutex);
    if (!std::exchange(m_shared->ready, false)) return false;
    const Look& newest = m_shared->newest;
    if (look.picture_number != newest.picture_number) look.picture = newest.picture;
    look.picture_number = newest.picture_number;
    look.text = newest.text;
    look.paused = newest.paused;
    look.can_point = newest.can_point;
    look.statistics = newest.statistics;
    look.speed_limit = newest.speed_limit;
    look.drives = newest.drives;
    look.has_network = newest.has_network;
    look.connected = newest.connected;
    return true;
}

bool SpeedMeter::update(const Look& look, u64 now_ns) {
    constexpr u64 period_ns = 500'000'000;
    if (now_ns - m_last_ns < period_ns) return false;
    const u64 passed = now_ns - m_last_ns;
    const u64 executing = look.statistics.executing_ns - m_last_executing_ns;
    const u64 executed = look.statistics.executed - m_last_executed;
    const u64 all_cached = cached_ns(look.statistics);
    const u64 cached = all_cached - m_last_cached_ns;
    const bool first = m_last_ns == 0;
    m_last_ns = now_ns;
    m_last_executing_ns = look.statistics.executing_ns;
    m_last_executed = look.statistics.executed;
    m_last_cached_ns = all_cached;
    if (first) return false;
    const u64 busy = std::min<u64>(100, (executing * 100 + passed / 2) / passed);
    // A handful of instructions between two halts says nothing about speed.
    if (look.paused)
        m_text = "paused";
    else if (busy == 0 || executing == 0)
        m_text = "idle";
    else
        m_text = fmt::format("{:.0f} million instructions/s, {}% busy",
                             static_cast<double>(executed) * 1000.0 / static_cast<double>(executing), busy);
    if (!look.paused && all_cached != 0 && executing != 0 && busy != 0)
        m_text += fmt::format(", {}% of it in translated code", std::min<u64>(100, cached * 100 / executing));
    return true;
}

void take_screenshot(Session& session, std::function<void(std::string)> report) {
    Machine& machine = session.machine();
    machine.post([&machine, report = std::move(report)] {
        std::string path;
        for (unsigned n = 1;; ++n) {
            path = fmt::format("ringshift-{}.png", n);
            std::error_code ignored;
            if (!std::filesystem::exists(path, ignored)) break;
        }
        const Result<> written = write_png(path, machine.capture_picture());
        report(written.ok() ? "screenshot: " + path : written.error().message);
    });
}

void toggle_pause(Session& session) {
    Machine& machine = session.machine();
    machine.post([&machine] { machine.set_paused(!machine.paused()); });
}

u64 host_time_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<u64>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

} // namespace ringshift
