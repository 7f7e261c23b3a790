// Saving and restoring a whole machine.
#include "base/log.h"

#include "machine/checksum.h"
#include "machine/implementation.h"
#include "machine/snapshot.h"

#include <algorithm>
#include <ctime>
#include <filesystem>

namespace ringshift {

namespace {

/// The parts of the configuration that a snapshot brings with it.
void archive_config(Archive& ar, MachineConfig& config) {
    ar(config.memory_size, config.cpu, config.disks, config.cdroms, config.floppies, config.boot_order,
       config.deterministic, config.ns_per_instruction, config.reboot, config.reset_on_triple_fault, config.debug_exit,
       config.network.card);
    if (ar.is_loading() && ar.remaining() == 0) { // of an older release
        config.tablet = false;
        config.sound = "speaker";
    } else {
        ar(config.tablet, config.sound);
    }
    const auto sounds = sound_names();
    ar.check(std::find(sounds.begin(), sounds.end(), config.sound) != sounds.end(), "sound");
    ar.check(config.memory_size >= smallest_memory && config.memory_size <= largest_memory &&
                 config.memory_size % (1u << 20) == 0,
             "memory size");
    ar.check(config.ns_per_instruction >= 1 && config.ns_per_instruction <= 1000, "time per instruction");
    const auto cards = network_card_names();
    ar.check(std::find(cards.begin(), cards.end(), config.network.card) != cards.end(), "network card");
    ar.check(config.disks.size() <= 2 && config.cdroms.size() <= 2 && config.floppies.size() <= 2, "number of drives");
}

template <typename T>
std::vector<u8> saved(T&& archive) {
    std::vector<u8> bytes;
    Archive ar = Archive::saver(bytes);
    archive(ar);
    return bytes;
}

} // namespace

/// The disks keep their content for the snapshot.
Result<> Machine::Implementation::describe(SavedState& state, const SnapshotAbout& about) {
    if (config.reboot && std::exchange(m_reset_requested, false)) reset(); // a request is no part of the state
    std::vector<u8> content_bytes;
    Archive content_archive = Archive::saver(content_bytes);
    content.archive(content_archive);
    if (!content_archive.ok()) return make_error("a snapshot holds the kernel; {}", content_archive.error());
    TRY(board->flush_disks());
    TRY(board->keep_disks(about));
    std::vector<SavedState::Part> parts;
    parts.push_back({"config", saved([this](Archive& ar) { archive_config(ar, config); })});
    parts.push_back({"content", std::move(content_bytes)});
    board->for_each_part([&](std::string_view tag, const auto& archive) {
        parts.push_back({std::string(tag), saved(archive)});
    });
    state.set_parts(std::move(parts));
    std::vector<DiskStamp> disks;
    for (const std::string& path : board->written_images()) disks.push_back(DiskStamp::of(path));
    state.set_disks(std::move(disks));
    return Unit{};
}

Result<> Machine::Implementation::save(const std::string& path) {
    const auto state = TRY(SavedState::prepare(0));
    SnapshotAbout about;
    about.id = SnapshotAbout::new_id();
    about.name = std::filesystem::path(path).stem().string();
    about.time = std::time(nullptr);
    about.virtual_ns = board->timeline().now();
    TRY(describe(*state, about));
    const auto write = [&]() -> Result<> {
        TRY(state->borrow_ram(board->memory().ram()));
        return state->write(path, about);
    };
    const std::string replaced = id_in_file(path);
    Result<> written = write();
    const Result<> forgotten = board->forget_disks(written.ok() ? replaced : about.id);
    if (!forgotten.ok()) log(LogLevel::Warning, "{}", forgotten.error().message);
    return written;
}

Result<> Machine::Implementation::freeze(SavedState& state, const SnapshotAbout& about) {
    TRY(describe(state, about));
    Result<> copied = state.copy_ram(board->memory().ram());
    if (!copied.ok()) (void)board->forget_disks(about.id);
    return copied;
}

Result<> Machine::Implementation::load(const SnapshotReader& reader) {
    Result<> done = Unit{};
    board->for_each_part([&](std::string_view tag, const auto& archive) {
        if (done.ok()) done = reader.load(tag, archive);
    });
    TRY(std::move(done));
    TRY(load_ram(reader, board->memory().ram()));
    engine->invalidate_all();
    board->retry_host_requests();                     // who saw that the host failed the guest is not here any more
    if (host.tick) arm_tick(board->timeline().now()); // one that is due at this very moment has not been yet
    return Unit{};
}

void Machine::Implementation::note_medium(Drive drive, unsigned number, const std::string& path) {
    auto& drives = drive == Drive::cdrom ? config.cdroms : config.floppies;
    if (drives.size() <= number) drives.resize(number + 1); // a CD-ROM drive is there even if none was asked for
    drives[number].path = path;
    drives[number].content.clear();
    drives[number].keep_image = config.keep_inserted_images;
}

u64 Machine::Implementation::state_hash() {
    Checksum sum;
    board->for_each_part([&](std::string_view, const auto& archive) { sum.add(saved(archive)); });
    sum.add(board->memory().ram().bytes());
    return sum.value();
}

namespace {

/// A snapshot's configuration, with what the user of this process has chosen.
Result<MachineConfig> config_of(const SnapshotReader& reader) {
    MachineConfig config;
    TRY(reader.load("config", [&](Archive& ar) { archive_config(ar, config); }));
    return config;
}

Result<BoardContent> content_of(const SnapshotReader& reader) {
    BoardContent content;
    TRY(reader.load("content", [&](Archive& ar) { content.archive(ar); }));
    return content;
}

} // namespace

/// The old parts stay until the new ones are complete, so that a snapshot that cannot be loaded changes nothing.
Result<> Machine::Implementation::replace(const SnapshotReader& reader) {
    if (lockstep) return make_error("a snapshot cannot be restored while two engines run in lockstep");
    TRY(check_disks(reader));
    MachineConfig new_config = TRY(config_of(reader));
    new_config.deterministic = config.deterministic;
    new_config.engine = config.engine;
    new_config.translator = config.translator;
    if (new_config.network.card != config.network.card)
        return make_error("the snapshot {} is of a machine with another network card ({}): start with --nic {}",
                          reader.name(), new_config.network.card, new_config.network.card);
    new_config.network = config.network;
    new_config.keep_inserted_images = config.keep_inserted_images;
    BoardContent new_content = TRY(content_of(reader));
    if (content.kernel && new_content.kernel) new_content.kernel->share_if_same(*content.kernel);
    TRY(board->flush_disks());
    TRY(board->lock_disks(false));
    board->timeline().stop();
    const u64 network_now = board->timeline().now() + m_network_time_shift;
    Parts old = exchange_parts({});
    std::swap(config, new_config);
    std::swap(content, new_content);
    const auto build = [&]() -> Result<> {
        TRY(build_parts());
        TRY(load(reader));
        return board->take_disks_back(id_of(reader)); // last: nothing can fail after it
    };
    if (Result<> built = build(); !built.ok()) {
        exchange_parts({});
        std::swap(config, new_config);
        std::swap(content, new_content);
        exchange_parts(std::move(old));
        TRY(board->lock_disks(true));
        return built;
    }
    m_network_time_shift = network_now - board->timeline().now();
    m_reset_requested = false;
    m_host_error.reset();
    interrupt();
    return Unit{};
}

Result<std::unique_ptr<Machine>> Machine::restore(const std::string& path, ResumeWishes wishes, MachineHost host) {
    const auto reader = std::make_shared<const SnapshotReader>(TRY(SnapshotReader::open(path)));
    TRY(check_disks(*reader));
    MachineConfig config = TRY(config_of(*reader));
    config.deterministic = config.deterministic || wishes.deterministic;
    config.engine = wishes.engine;
    config.lockstep = std::move(wishes.lockstep);
    config.translator = std::move(wishes.translator);
    std::swap(wishes.network.card, config.network.card);
    config.network = std::move(wishes.network);
    BoardContent content = TRY(content_of(*reader));
    return finish(std::move(config), std::move(host),
                  [content = std::move(content), reader](MachineConfig c,
                                                         MachineHost h) -> Result<std::unique_ptr<Implementation>> {
                      auto machine = TRY(Implementation::create(std::move(c), content, std::move(h)));
                      TRY(machine->load(*reader));
                      TRY(machine->board->take_disks_back(id_of(*reader)));
                      return machine;
                  });
}

Result<Snapshot> Snapshot::open(const std::string& path) {
    auto reader = std::make_shared<const SnapshotReader>(TRY(SnapshotReader::open(path)));
    TRY(check_disks(*reader));
    Snapshot snapshot;
    snapshot.about = TRY(read_snapshot_about(path));
    snapshot.reader = std::move(reader);
    return snapshot;
}

Result<> Machine::replace(const Snapshot& snapshot) { return m_implementation->replace(*snapshot.reader); }

u64 Machine::used_ram() const { return ringshift::used_ram(m_implementation->board->memory().ram()); }

Result<> Machine::forget_disks(const std::string& id) { return m_implementation->board->forget_disks(id); }

Result<> Machine::freeze(SavedState& state, const SnapshotAbout& about) {
    if (m_implementation->lockstep)
        return make_error("no snapshot can be taken while two engines run in lockstep; --save takes one at the end");
    return m_implementation->freeze(state, about);
}

} // namespace ringshift
