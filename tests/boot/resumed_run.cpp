// resumed_run [--points N] [--seed S] [--engines A,B] run|resume ARGUMENTS...
//
// Runs the command line of Ringshift twice in deterministic mode: straight, and as a chain of machines, each of which
// is saved somewhere, thrown away and restored from its file. Both runs have the same script and must end after the
// same number of instructions, in the same way, with the same hash of everything that a snapshot holds.
//
// A machine is saved after a number of instructions (N of these, spread over the whole run and, one in four, over its
// first thousandth, which is firmware), so anywhere: inside REP, with transfers under way, between a fault and its
// handler; and at N / 4 ticks, where a guest that waits is halted. --engines names those that the restored machines run
// on, in turn.
#include "base/log.h"
#include "frontend/boot_files.h"
#include "frontend/cli.h"
#include "frontend/script.h"
#include "machine/machine.h"
#include "machine/snapshot.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <unistd.h>

using namespace ringshift;

namespace {

struct Outcome {
    u64 retired = 0;
    u64 ticks = 0;
    Ending ending;
    bool satisfied = false;
    std::string waiting_for;
    u64 hash = 0;
    std::string screen;
};

struct Points {
    std::vector<u64> instructions; ///< ascending
    std::vector<u64> ticks;        ///< ascending
};

struct Wishes {
    unsigned points = 24;
    u64 seed = 1;
    std::vector<std::string> engines;
};

/// Which parts of two saved machines are not the same; what a snapshot says about itself is different each time.
Result<std::string> differing_parts(const std::filesystem::path& first, const std::filesystem::path& second) {
    constexpr u64 most_shown = 16;
    const SnapshotReader a = TRY(SnapshotReader::open(first)), b = TRY(SnapshotReader::open(second));
    std::string list;
    for (const std::string& tag : a.tags()) {
        if (tag == "about") continue;
        for (std::size_t i = 0; i < a.count(tag); ++i) {
            const std::vector<u8> here = TRY(a.chunk(tag, i));
            const std::vector<u8> there = i < b.count(tag) ? TRY(b.chunk(tag, i)) : std::vector<u8>{};
            u64 bytes = 0;
            for (std::size_t at = 0; at < std::max(here.size(), there.size()); ++at) {
                if (at < std::min(here.size(), there.size()) && here[at] == there[at]) continue;
                if (++bytes == 1) list += fmt::format("\n  {} {}:", tag, i);
                if (bytes <= most_shown && at < std::min(here.size(), there.size()))
                    list += fmt::format(" {:x}: {:02x} {:02x}", at, here[at], there[at]);
            }
            if (bytes > most_shown) list += fmt::format(" ... {} bytes", bytes);
        }
    }
    return list;
}

/// One run of the script, on as many machines as it takes.
class Run {
  public:
    Run(const Options& options, const Wishes& wishes, std::filesystem::path file)
        : m_options(options), m_wishes(wishes), m_file(std::move(file)), m_script(options.script) {}

    Result<Outcome> go(const Points& points) {
        m_points = points;
        m_machine = TRY(start());
        Ending ending;
        for (;;) {
            ending = m_machine->run(until_next_point());
            if (ending.kind != Ending::Kind::stopped || m_script.satisfied()) break;
            if (!m_save_due && m_next < m_points.instructions.size() &&
                m_machine->statistics().retired >= m_points.instructions[m_next])
                m_save_due = true;
            // Keys that are still to be typed are the front end's: a snapshot does not have them.
            if (m_save_due && m_machine->input().typed()) TRY(change_machine());
        }
        TRY(m_machine->save(m_file));
        const auto text = m_machine->capture_text();
        return Outcome{.retired = m_machine->statistics().retired,
                       .ticks = m_tick,
                       .ending = ending,
                       .satisfied = m_script.satisfied(),
                       .waiting_for = m_script.waiting_for(),
                       .hash = m_machine->state_hash(),
                       .screen = text ? text->text() : "(graphics)"};
    }
    /// Where it was saved, in instructions.
    const std::vector<u64>& saves() const { return m_saves; }

  private:
    static constexpr u64 slice = 99'991; ///< instructions, of the chain

    MachineHost host() {
        MachineHost host;
        host.serial_output = [this](unsigned port, u8 byte) {
            if (port == 0) m_script.serial_output(byte);
        };
        host.tick = [this] {
            // A machine that was saved in a tick has its turn again when it is restored.
            if (const u64 now = m_machine->statistics().virtual_ns; std::exchange(m_last_tick, now) == now) return;
            m_script.advance(*m_machine);
            ++m_tick;
            if (m_next_tick < m_points.ticks.size() && m_tick >= m_points.ticks[m_next_tick]) {
                m_save_due = true;
                ++m_next_tick;
            }
            if (m_save_due || m_script.satisfied()) m_machine->stop();
        };
        host.host_error = [this](const std::string& message) {
            tell("{}", message);
            m_machine->stop();
        };
        return host;
    }

    Result<std::unique_ptr<Machine>> start() {
        MachineConfig config = m_options.machine;
        if (!m_wishes.engines.empty()) config.engine = m_wishes.engines.front();
        return Machine::create(std::move(config), host());
    }

    u64 until_next_point() const {
        if (m_points.instructions.empty()) return Machine::no_limit;
        if (m_save_due || m_next == m_points.instructions.size()) return slice;
        const u64 retired = m_machine->statistics().retired, point = m_points.instructions[m_next];
        return std::clamp<u64>(point - std::min(point, retired), 1, slice);
    }

    Result<> change_machine() {
        m_save_due = false;
        const u64 retired = m_machine->statistics().retired, hash = m_machine->state_hash();
        while (m_next < m_points.instructions.size() && m_points.instructions[m_next] <= retired) ++m_next;
        m_saves.push_back(retired);
        TRY(m_machine->save(m_file));
        Machine::ResumeWishes wishes{.engine = m_options.machine.engine, .translator = m_options.machine.translator};
        if (!m_wishes.engines.empty()) wishes.engine = m_wishes.engines[m_saves.size() % m_wishes.engines.size()];
        m_machine.reset(); // images have one owner at a time
        m_machine = TRY(Machine::restore(m_file, std::move(wishes), host()));
        if (const u64 now = m_machine->state_hash(); now != hash)
            return make_error("after {} instructions: hash {:016x} when saved, {:016x} when restored", retired, hash,
                              now);
        const std::filesystem::path again = m_file.string() + "-again";
        TRY(m_machine->save(again));
        const std::string differing = TRY(differing_parts(m_file, again));
        if (!differing.empty())
            return make_error("after {} instructions, saved and saved again:{}", retired, differing);
        return Unit{};
    }

    const Options& m_options;
    const Wishes& m_wishes;
    std::filesystem::path m_file;
    Script m_script;
    std::unique_ptr<Machine> m_machine;
    Points m_points;
    std::size_t m_next = 0;      ///< of m_points.instructions
    std::size_t m_next_tick = 0; ///< of m_points.ticks
    bool m_save_due = false;
    u64 m_tick = 0;
    u64 m_last_tick = 0; ///< ns
    std::vector<u64> m_saves;
};

Points choose_points(const Wishes& wishes, const Outcome& straight) {
    std::mt19937_64 random(wishes.seed);
    const auto below = [&](u64 limit) { return 1 + random() % std::max<u64>(limit, 1); };
    Points points;
    for (unsigned i = 0; i < wishes.points; ++i)
        points.instructions.push_back(below(i % 4 == 0 ? straight.retired / 1000 : straight.retired - 1));
    for (unsigned i = 0; i < wishes.points / 4; ++i) points.ticks.push_back(below(straight.ticks - 1));
    std::sort(points.instructions.begin(), points.instructions.end());
    std::sort(points.ticks.begin(), points.ticks.end());
    return points;
}

std::string text_of(const Outcome& o) {
    return fmt::format("{} instructions, {} ticks, ending {} status {}, script {}{}, hash {:016x}", o.retired, o.ticks,
                       static_cast<int>(o.ending.kind), o.ending.status, o.satisfied ? "done" : "not done",
                       o.waiting_for.empty() ? "" : ": waits for " + o.waiting_for, o.hash);
}

Result<int> compare(Options options, const Wishes& wishes) {
    options.machine.deterministic = true;
    TRY(choose_boot(options));
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / fmt::format("ringshift-resumed-run-{}", ::getpid());
    std::filesystem::create_directories(folder);
    struct Remove {
        const std::filesystem::path& folder;
        ~Remove() { std::filesystem::remove_all(folder); }
    } remove{folder};

    const Outcome straight = TRY(Run(options, wishes, folder / "straight").go({}));
    std::puts(("straight:  " + text_of(straight)).c_str());
    const bool ended = straight.satisfied || straight.ending.kind == Ending::Kind::power_off ||
                       straight.ending.kind == Ending::Kind::reset;
    if (!ended) {
        std::puts(straight.screen.c_str());
        return 1;
    }
    Run chain(options, wishes, folder / "resumed");
    const Outcome resumed = TRY(chain.go(choose_points(wishes, straight)));
    std::puts(fmt::format("{} machines: {}", chain.saves().size() + 1, text_of(resumed)).c_str());
    if (text_of(straight) == text_of(resumed)) return 0;
    std::puts(fmt::format("saved after these instructions: {}\nthey differ; part, number, where: straight and "
                          "resumed{}\nthe screen of the resumed run:\n{}",
                          fmt::join(chain.saves(), " "), TRY(differing_parts(folder / "straight", folder / "resumed")),
                          resumed.screen)
                  .c_str());
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    Wishes wishes;
    std::vector<char*> rest{argv[0]};
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : "";
        if (rest.size() > 1 || !name.starts_with("--")) {
            rest.push_back(argv[i]);
            continue;
        }
        ++i;
        if (name == "--points") {
            wishes.points = static_cast<unsigned>(std::atoi(value));
        } else if (name == "--seed") {
            wishes.seed = static_cast<u64>(std::atoll(value));
        } else if (name == "--engines") {
            std::string list = value;
            for (std::size_t at = 0; at <= list.size();) {
                const std::size_t end = std::min(list.find(',', at), list.size());
                wishes.engines.push_back(list.substr(at, end - at));
                at = end + 1;
            }
        } else {
            tell("{} is unknown", name);
            return 2;
        }
    }
    auto parsed = parse_command_line(static_cast<int>(rest.size()), rest.data());
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto result = compare(std::move(std::get<Options>(parsed)), wishes);
    if (result.ok()) return result.value();
    tell("{}", result.error().message);
    return 1;
}
