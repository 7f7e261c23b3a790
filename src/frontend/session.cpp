#include "frontend/session.h"

#include "base/log.h"
#include "frontend/disc.h"
#include "frontend/explain.h"
#include "frontend/floppy_image.h"
#include "frontend/png.h"
#include "frontend/statistics.h"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace ringshift {

namespace {

sigset_t ending_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGHUP);
    return set;
}

void say(const std::string& message) { tell_line("ringshift: " + message); }

} // namespace

void block_ending_signals() {
    const sigset_t set = ending_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

// ---- Opening -------------------------------------------------------------------------------------------------------

Session::Session(Options options) : m_options(std::move(options)) {}

Result<std::unique_ptr<Session>> Session::create(Options options) {
    std::unique_ptr<Session> session(new Session(std::move(options)));
    const Options& o = session->m_options;
    for (unsigned port = 0; port < o.serial.size(); ++port)
        session->m_serial.push_back(TRY(SerialHost::open(port, o.serial[port])));
    if (o.debug_console == "-") {
        session->m_debug_fd = ::dup(STDERR_FILENO);
    } else if (!o.debug_console.empty()) {
        session->m_debug_fd = ::open(o.debug_console.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (session->m_debug_fd < 0) return errno_error(errno, fmt::format("cannot write {}", o.debug_console));
    }
    session->m_script = std::make_unique<Script>(o.script);
    if (!o.wav.empty())
        session->m_wav = TRY(WavFile::create(o.wav, MachineHost::sound_rate, MachineHost::sound_channels));
    if (o.command == Options::Command::resume)
        session->m_machine = TRY(Machine::restore(o.files.front(),
                                                  {.deterministic = o.machine.deterministic,
                                                   .engine = o.machine.engine,
                                                   .lockstep = o.machine.lockstep,
                                                   .translator = o.machine.translator,
                                                   .network = o.machine.network},
                                                  session->host()));
    else
        session->m_machine = TRY(Machine::create(o.machine, session->host()));
    session->m_machine->set_speed_limit(o.speed_limit);
    TRY(session->find_snapshots());
    return session;
}

Result<> Session::find_snapshots() {
    std::string folder = m_options.snapshot_folder;
    std::vector<std::string> lineage;
    if (m_options.command == Options::Command::resume) {
        const std::string& file = m_options.files.front();
        SnapshotAbout about = TRY(read_snapshot_about(file));
        lineage = std::move(about.ancestors);
        if (!about.id.empty()) lineage.insert(lineage.begin(), about.id);
        // One of a folder goes on there.
        if (folder.empty() && file.ends_with(".snapshot"))
            folder = std::filesystem::absolute(file).parent_path().string();
    }
    if (folder.empty()) folder = default_snapshot_folder(m_machine->config());
    m_snapshots = std::make_unique<Snapshots>(*this, std::move(folder), std::move(lineage));
    return Unit{};
}

Session::~Session() {
    if (m_debug_fd >= 0) ::close(m_debug_fd);
}

MachineHost Session::host() {
    MachineHost host;
    host.serial_output = [this](unsigned port, u8 byte) {
        if (port < m_serial.size()) m_serial[port]->put(byte);
        if (port == 0) m_script->serial_output(byte);
    };
    if (m_debug_fd >= 0) host.debug_output = [this](u8 byte) { (void)!::write(m_debug_fd, &byte, 1); };
    host.host_error = [this](const std::string& message) {
        if (!m_interactive) {
            say(message + "; the guest cannot go on");
            m_forced_status = exit_status::host_failure;
            m_machine->stop();
            return;
        }
        m_host_failed = true;
        log(LogLevel::Error, "{}", message);
        const std::lock_guard lock(m_mutex);
        m_host_error = message;
    };
    host.event = [this](MachineEvent event) {
        if (event == MachineEvent::resumed) m_host_failed = false;
        for (SessionListener* listener : m_listeners) listener->machine_event(event);
    };
    host.debug_stop = [this] {
        if (m_debug_stop) m_debug_stop();
    };
    host.difference = [this](const std::string& report) { write_report(report); };
    host.tick = [this] { tick(); };
    host.sound = [this](std::span<const i16> samples) {
        if (m_wav) m_wav->add(samples);
        const std::lock_guard lock(m_sound_mutex);
        if (m_sound_sink) m_sound_sink(samples);
    };
    return host;
}

void Session::write_report(const std::string& report) {
    tell_line(report);
    if (m_options.lockstep_report.empty()) return;
    std::ofstream file(m_options.lockstep_report);
    file << report;
    if (!file.flush()) say(fmt::format("cannot write {}", m_options.lockstep_report));
}

std::string Session::take_host_error() {
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_host_error, {});
}

// ---- Running -------------------------------------------------------------------------------------------------------

void Session::quit(const char* reason) {
    m_quit_reason = reason;
    m_machine->stop();
}

bool Session::on_guest(const std::function<void()>& work, const std::atomic<bool>* abandoned) {
    struct Rendezvous {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
        bool given_up = false;
    };
    const auto meeting = std::make_shared<Rendezvous>();
    m_machine->post([meeting, work] {
        const std::lock_guard lock(meeting->mutex);
        if (meeting->given_up) return;
        work();
        meeting->done = true;
        meeting->changed.notify_one();
    });
    std::unique_lock lock(meeting->mutex);
    for (;;) {
        const bool over = ended() || (abandoned != nullptr && *abandoned); // looked at before `done`
        if (meeting->done) return true;
        if (over) {
            meeting->given_up = true;
            return false;
        }
        meeting->changed.wait_for(lock, std::chrono::milliseconds(20));
    }
}

void Session::set_sound_sink(std::function<void(std::span<const i16> samples)> sink) {
    const std::lock_guard lock(m_sound_mutex);
    m_sound_sink = std::move(sink);
}

std::string Session::disc_folder() const { return (std::filesystem::path(m_snapshots->folder()) / "discs").string(); }

bool Session::has_floppy_drive() {
    bool has = false;
    on_guest([&] { has = !m_machine->config().floppies.empty(); });
    return has;
}

/// Takes as long as copying the files.
Result<std::string> Session::insert_now(const std::vector<std::string>& paths) {
    Machine::Drive drive = Machine::Drive::cdrom;
    std::string image;
    if (m_options.floppies_of_files) {
        const auto files = name_for_floppy(paths);
        if (files.ok() && fits_on_floppy(files.value()) && has_floppy_drive()) {
            image = TRY(make_floppy(files.value(), disc_folder()));
            drive = Machine::Drive::floppy;
        }
    }
    if (image.empty()) image = TRY(make_disc(paths, disc_folder()));
    Result<> inserted = make_error("the guest has ended");
    on_guest([&] { inserted = m_machine->change_medium(drive, 0, image); });
    TRY(std::move(inserted));
    const char* where = drive == Machine::Drive::cdrom ? "CD" : "floppy";
    return paths.size() == 1 ? fmt::format("{} is in the {} drive", paths.front(), where)
                             : fmt::format("{} files are in the {} drive", paths.size(), where);
}

void Session::insert_files(std::vector<std::string> paths, std::function<void(Result<std::string>)> done) {
    const auto work = [this, paths = std::move(paths), done] { done(insert_now(paths)); };
    const std::lock_guard lock(m_discs_mutex);
    if (m_discs_closed) return done(make_error("the guest has ended"));
    m_discs.push_back(std::async(std::launch::async, work));
}

/// Discs of files are kept only if a snapshot may have one in its drive.
void Session::finish_discs() {
    {
        const std::lock_guard lock(m_discs_mutex);
        m_discs_closed = true;
        for (auto& disc : m_discs) disc.wait();
    }
    std::error_code ignored;
    if (m_snapshots->list().empty()) {
        std::filesystem::remove_all(disc_folder(), ignored);
        std::filesystem::remove(m_snapshots->folder(), ignored); // if it is empty
    }
}

void Session::tell_listeners(const Ending& ending) {
    const char* reason = m_quit_reason;
    bool by_guest = true;
    switch (ending.kind) {
    case Ending::Kind::power_off:
    case Ending::Kind::debug_exit: reason = "guest-shutdown"; break;
    case Ending::Kind::reset:
    case Ending::Kind::triple_fault: reason = "guest-reset"; break;
    case Ending::Kind::difference: reason = "host-error"; [[fallthrough]];
    case Ending::Kind::stopped: by_guest = false; break;
    }
    for (SessionListener* listener : m_listeners) listener->session_ended(reason, by_guest);
}

void Session::tick() {
    for (const auto& serial : m_serial) serial->flush();
    m_script->advance(*m_machine);
    if (m_script->satisfied()) {
        m_forced_status = exit_status::success;
        m_machine->stop();
    }
}

/// Waits for a signal, the time-out or the end.
void Session::watch() {
    using Clock = std::chrono::steady_clock;
    const sigset_t set = ending_signals();
    const auto start = Clock::now();
    while (!m_ended) {
        const timespec wait{0, 20'000'000};
        const int signal = ::sigtimedwait(&set, nullptr, &wait);
        if (signal > 0) {
            m_forced_status = signal == SIGINT ? exit_status::interrupted : exit_status::terminated;
            m_machine->stop();
            return;
        }
        if (m_options.timeout && std::chrono::duration<double>(Clock::now() - start).count() >= *m_options.timeout) {
            m_forced_status = exit_status::timeout;
            m_machine->stop();
            return;
        }
    }
}

int Session::run(const std::function<void()>& front_end) {
    Ending ending;
    std::thread guest([&] {
        ending = m_machine->run(m_options.stop_after.value_or(Machine::no_limit));
        m_ended = true;
    });
    for (const auto& serial : m_serial) serial->start_input(*m_machine);
    std::thread watcher([this] { watch(); });
    if (front_end) {
        front_end();
        m_machine->stop();
    }
    guest.join();
    watcher.join();
    m_snapshots->finish();
    finish_discs();
    tell_listeners(ending);
    for (const auto& serial : m_serial) serial->stop_input();
    for (const auto& serial : m_serial) serial->flush();
    const int status = status_of(ending);
    const bool all_written = finish();
    return status == exit_status::success && !all_written ? exit_status::error : status;
}

int Session::status_of(const Ending& ending) {
    const int forced = m_forced_status;
    switch (ending.kind) {
    case Ending::Kind::power_off: return exit_status::success;
    case Ending::Kind::reset: say("the guest has reset itself"); return exit_status::reset;
    case Ending::Kind::triple_fault:
        say("the guest's processor has shut down (triple fault)");
        return exit_status::triple_fault;
    case Ending::Kind::debug_exit: return ending.status & 0xFF;
    case Ending::Kind::difference: return exit_status::difference;
    case Ending::Kind::stopped: break;
    }
    if (forced == exit_status::timeout) {
        const std::string expression = m_script->waiting_for();
        say(expression.empty() ? "the time is over"
                               : fmt::format("the time is over; \"{}\" has not been seen", expression));
    }
    return forced >= 0 ? forced : exit_status::success;
}

/// False: something that was asked for could not be written.
bool Session::finish() {
    bool all_written = true;
    const auto check = [&all_written](const Result<>& written) {
        if (written.ok()) return;
        say(written.error().message);
        all_written = false;
    };
    if (!m_options.screenshot.empty()) check(write_png(m_options.screenshot, m_machine->capture_picture()));
    if (!m_options.save.empty()) check(m_machine->save(m_options.save));
    if (m_options.print_state_hash) std::puts(fmt::format("state hash {:016x}", m_machine->state_hash()).c_str());
    if (m_options.shown_code) show_code(*m_machine, m_options);
    if (m_options.statistics != Options::Statistics::none) check(report_statistics(m_options, *m_machine));
    if (m_wav) check(m_wav->finish());
    check(m_machine->flush());
    return all_written;
}

} // namespace ringshift
