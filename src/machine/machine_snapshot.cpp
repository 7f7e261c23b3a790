// Saving and restoring a whole machine.
#include "machine/checksum.h"
#include "machine/implementation.h"
#include "machine/snapshot.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

namespace {

/// RAM goes into chunks of this many bytes, without pages that are all zero.
constexpr u64 ram_piece = 4u << 20;
constexpr u64 content_piece = 32u << 20;

bool is_zero(std::span<const u8> page) {
    return page[0] == 0 && std::memcmp(page.data(), page.data() + 1, page.size() - 1) == 0;
}

/// The parts of the configuration that a snapshot brings with it.
void archive_config(Archive& ar, MachineConfig& config) {
    ar(config.memory_size, config.cpu, config.disks, config.cdroms, config.floppies, config.boot_order,
       config.deterministic, config.ns_per_instruction, config.reboot, config.reset_on_triple_fault, config.debug_exit,
       config.network.card);
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

/// The pages of one piece of RAM that are not zero: index in the piece, content.
std::vector<u8> save_ram_piece(std::span<const u8> piece) {
    std::vector<u8> bytes;
    for (u32 page = 0; page < piece.size() / page_size; ++page) {
        const std::span content = piece.subspan(page * page_size, page_size);
        if (is_zero(content)) continue;
        const std::size_t at = bytes.size();
        bytes.resize(at + sizeof page + page_size);
        std::memcpy(bytes.data() + at, &page, sizeof page);
        std::memcpy(bytes.data() + at + sizeof page, content.data(), page_size);
    }
    return bytes;
}

Result<> load_ram_piece(std::span<u8> piece, std::span<const u8> bytes) {
    constexpr std::size_t record = sizeof(u32) + page_size;
    for (; bytes.size() >= record; bytes = bytes.subspan(record)) {
        u32 page = 0;
        std::memcpy(&page, bytes.data(), sizeof page);
        if (page >= piece.size() / page_size) break;
        std::memcpy(piece.data() + page * page_size, bytes.data() + sizeof page, page_size);
    }
    if (!bytes.empty()) return make_error("the snapshot cannot be resumed: its RAM has impossible pages");
    return Unit{};
}

} // namespace

Result<> Machine::Implementation::save(const std::string& path) {
    TRY(board->flush_disks());
    SnapshotWriter writer = TRY(SnapshotWriter::create(path));
    TRY(writer.add("config", saved([this](Archive& ar) { archive_config(ar, config); })));
    const std::vector<u8> content_bytes = saved([this](Archive& ar) { content.archive(ar); });
    for (u64 at = 0; at < content_bytes.size(); at += content_piece)
        TRY(writer.add("content",
                       std::span(content_bytes).subspan(at, std::min(content_piece, content_bytes.size() - at))));
    Result<> done = Unit{};
    board->for_each_part([&](std::string_view tag, const auto& archive) {
        if (done.ok()) done = writer.add(tag, saved(archive));
    });
    TRY(std::move(done));
    const std::span<const u8> ram = board->memory().ram().bytes();
    for (u64 at = 0; at < ram.size(); at += ram_piece)
        TRY(writer.add("ram", save_ram_piece(ram.subspan(at, std::min(ram_piece, ram.size() - at)))));
    return writer.finish();
}

Result<> Machine::Implementation::load(const SnapshotReader& reader) {
    Result<> done = Unit{};
    board->for_each_part([&](std::string_view tag, const auto& archive) {
        if (done.ok()) done = reader.load(tag, archive);
    });
    TRY(std::move(done));
    const std::span<u8> ram = board->memory().ram().bytes();
    for (u64 at = 0; at < ram.size(); at += ram_piece) {
        const std::vector<u8> bytes = TRY(reader.chunk("ram", at / ram_piece));
        TRY(load_ram_piece(ram.subspan(at, std::min(ram_piece, ram.size() - at)), bytes));
    }
    engine->invalidate_all();
    return Unit{};
}

u64 Machine::Implementation::state_hash() {
    Checksum sum;
    board->for_each_part([&](std::string_view, const auto& archive) { sum.add(saved(archive)); });
    sum.add(board->memory().ram().bytes());
    return sum.value();
}

Result<std::unique_ptr<Machine>> Machine::restore(const std::string& path, ResumeWishes wishes, MachineHost host) {
    const auto reader = std::make_shared<const SnapshotReader>(TRY(SnapshotReader::open(path)));
    MachineConfig config;
    TRY(reader->load("config", [&](Archive& ar) { archive_config(ar, config); }));
    config.deterministic = config.deterministic || wishes.deterministic;
    config.engine = wishes.engine;
    config.lockstep = std::move(wishes.lockstep);
    config.translator = std::move(wishes.translator);
    std::swap(wishes.network.card, config.network.card);
    config.network = std::move(wishes.network);
    std::vector<u8> bytes;
    for (std::size_t i = 0; i == 0 || i < reader->count("content"); ++i) {
        const std::vector<u8> piece = TRY(reader->chunk("content", i));
        bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
    BoardContent content;
    Archive ar = Archive::loader(bytes);
    content.archive(ar);
    if (!ar.ok() || ar.remaining() != 0)
        return make_error("the snapshot {} cannot be resumed: part \"content\": {}", path, ar.error());
    return finish(std::move(config), std::move(host),
                  [content = std::move(content), reader](MachineConfig c,
                                                         MachineHost h) -> Result<std::unique_ptr<Implementation>> {
                      auto machine = TRY(Implementation::create(std::move(c), content, std::move(h)));
                      TRY(machine->load(*reader));
                      return machine;
                  });
}

} // namespace ringshift
