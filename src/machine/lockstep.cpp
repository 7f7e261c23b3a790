// Two whole machines run the same guest in deterministic time: the subject, which the user sees and whose engine is
// under test, and the reference, whose engine is the interpreter. Deterministic time makes both see the same clock,
// interrupts and device answers, so that any difference is the engine's.
//
// The subject runs in slices (Machine::Implementation::run()). After each one the reference runs to the same moment,
// and registers, time, pins and endings are compared; now and then all memory and every device's state. What the
// subject is given from outside is recorded with its moment (between two slices) or with the number of the tick in
// which the front end gave it, and given to the reference at the same place.
//
// A difference shows at the end of a slice, long after it was made. To find where it was made, both machines are built
// again and run to the last moment at which they agreed (inputs are replayed from the recording; everything else
// repeats itself). If they agree there in everything, the slice is run again, the subject block by block and the
// reference instruction by instruction, with a comparison after each block; the first block after which they differ is
// reported. If they do not, memory was wrong before: the bytes that differ now are watched from the last moment at
// which everything was compared, to find the slice in which the first of them became wrong, and so on.
#include "machine/lockstep.h"

#include "base/log.h"

#include <algorithm>
#include <unistd.h>

namespace ringshift {

namespace {

constexpr std::size_t most_watched = 4096;
constexpr std::size_t most_shown_bytes = 64;
/// How often the slice in which memory became wrong is looked for before giving up.
constexpr int most_attempts = 8;
/// Slices without an instruction let time pass or take a pending stop; more in a row lead nowhere.
constexpr int most_idle_slices = 1000;
/// What an engine calls a block and is longer has not narrowed the search (a REP instruction counts each element).
constexpr u64 longest_block = 500;
/// Comparing everything may take one part in this many of the time.
constexpr u64 whole_comparison_share = 8;

/// The next offset from `at` at which a memfd has been written, or its size.
u64 next_data(const GuestRam& ram, u64 at) {
    const off_t next = ::lseek(ram.fd(), static_cast<off_t>(at), SEEK_DATA);
    return next < 0 ? ram.size() : static_cast<u64>(next);
}

/// Offsets in RAM; what neither guest has touched is not looked at.
std::vector<DifferingByte> compare_ram(GuestRam& subject, GuestRam& reference, std::size_t most) {
    constexpr u64 piece = 64 * 1024;
    std::vector<DifferingByte> found;
    for (u64 at = 0; at < subject.size() && found.size() < most; at += piece) {
        const u64 next = std::min(next_data(subject, at), next_data(reference, at));
        if (next >= subject.size()) break;
        at = next - next % piece;
        const u64 size = std::min(piece, subject.size() - at);
        const auto more = differing_bytes(subject.bytes().subspan(at, size), reference.bytes().subspan(at, size), at,
                                          most - found.size());
        found.insert(found.end(), more.begin(), more.end());
    }
    return found;
}

/// Names of the parts of the board whose state differs. The CPU is compared by itself; media are what disks were
/// written, and large.
std::vector<std::string> differing_devices(Board& subject, Board& reference, bool with_media) {
    std::vector<std::pair<std::string, std::vector<u8>>> states;
    const auto save = [](const auto& archive) {
        std::vector<u8> bytes;
        Archive ar = Archive::saver(bytes);
        archive(ar);
        return bytes;
    };
    const auto wanted = [&](std::string_view tag) { return tag != "cpu" && (with_media || tag != "media"); };
    subject.for_each_part([&](std::string_view tag, const auto& archive) {
        if (wanted(tag)) states.emplace_back(tag, save(archive));
    });
    std::vector<std::string> names;
    std::size_t index = 0;
    reference.for_each_part([&](std::string_view tag, const auto& archive) {
        if (!wanted(tag)) return;
        if (states[index].second != save(archive)) names.emplace_back(tag);
        ++index;
    });
    return names;
}

} // namespace

// ---- Machines that are driven --------------------------------------------------------------------------------------

/// A machine that gets the recorded input at the recorded places.
class Machine::Lockstep::Driven {
  public:
    explicit Driven(const Inputs& inputs) : m_inputs(inputs) {}
    Implementation& operator*() { return *machine; }
    Implementation* operator->() { return machine.get(); }

    void give_due() {
        const Moment now = machine->moment();
        for (; m_next < m_inputs.given.size() && m_inputs.given[m_next].moment <= now; ++m_next)
            m_inputs.given[m_next].input(*machine);
    }
    void tick() {
        ++m_tick;
        for (; m_next_in_tick < m_inputs.in_ticks.size() && m_inputs.in_ticks[m_next_in_tick].tick <= m_tick;
             ++m_next_in_tick)
            m_inputs.in_ticks[m_next_in_tick].input(*machine);
    }
    /// Instructions until the next recorded input.
    u64 until_input() const {
        if (m_next == m_inputs.given.size()) return ~u64{0};
        const u64 at = m_inputs.given[m_next].moment.retired, now = machine->moment().retired;
        return at > now ? at - now : ~u64{0};
    }

    std::unique_ptr<Implementation> machine;

  private:
    const Inputs& m_inputs;
    std::size_t m_next = 0;
    std::size_t m_next_in_tick = 0;
    u64 m_tick = 0;
};

/// Both machines once more, from the start.
struct Machine::Lockstep::Trial {
    std::unique_ptr<Driven> subject;
    std::unique_ptr<Driven> reference;
    Implementation& live; ///< whose stop() ends this too
    u64 interval;

    Moment moment() const { return subject->machine->moment(); }
    /// One slice of the subject, as in the live run; not beyond `end`.
    void run_subject(Moment end) {
        subject->give_due();
        if (!(*subject)->make_ready()) return;
        const u64 left = std::max<u64>(1, end.retired - std::min(end.retired, moment().retired));
        (*subject)->execute_slice(static_cast<i64>(std::min({interval, left, subject->until_input()})));
    }
    Result<> run_slice(Moment end) {
        if (live.stop_requested()) return make_error("interrupted");
        if ((*subject)->ending()) return make_error("the guest ended sooner than before");
        run_subject(end);
        reference->give_due();
        (*reference)->advance_to(moment());
        return Unit{};
    }
    Result<> run_to(Moment end) {
        for (int idle = 0; moment() < end && idle < most_idle_slices;) {
            const Moment before = moment();
            TRY(run_slice(end));
            idle = moment() == before ? idle + 1 : 0;
        }
        if (moment() != end) return make_error("the guest did not come to the same moment again");
        return Unit{};
    }
    std::vector<ExecutedInsn> follow_step_by_step() {
        std::vector<ExecutedInsn> executed;
        Implementation& machine = **reference;
        Cpu& cpu = machine.board->cpu();
        reference->give_due();
        for (int idle = 0; machine.make_ready() && machine.moment() < moment() && idle < most_idle_slices;) {
            const Moment before = machine.moment();
            machine.engine->run(0); // what is pending is delivered: the next instruction is the one that will run
            if (cpu.state.activity == Activity::running) executed.push_back(note_instruction(cpu));
            machine.execute_slice(1);
            idle = machine.moment() == before ? idle + 1 : 0;
            // What becomes due now is for the next slice.
            if (machine.moment() >= moment()) break;
        }
        return executed;
    }
};

void Machine::Lockstep::prepare(MachineConfig& config) {
    config.deterministic = true;
    config.keep_inserted_images = true;
    for (DriveConfig& drive : config.disks) drive.keep_image = true;
    for (DriveConfig& drive : config.floppies) drive.keep_image = true;
}

Machine::Lockstep::Lockstep(Implementation& subject, Build build)
    : m_subject(subject), m_build(std::move(build)), m_config(subject.config) {}

Machine::Lockstep::~Lockstep() = default;

Result<std::unique_ptr<Machine::Lockstep>> Machine::Lockstep::create(Implementation& subject, Build build) {
    std::unique_ptr<Lockstep> lockstep(new Lockstep(subject, std::move(build)));
    lockstep->m_reference = TRY(lockstep->make_driven(false));
    lockstep->m_slice_start = lockstep->m_agreed = subject.moment();
    lockstep->m_agreed_host_time = Timeline::host_now();
    return lockstep;
}

Result<std::unique_ptr<Machine::Lockstep::Driven>> Machine::Lockstep::make_driven(bool as_subject) {
    auto driven = std::make_unique<Driven>(m_inputs);
    MachineConfig config = m_config;
    if (!as_subject) config.engine = "interp";
    MachineHost host;
    // A front end's tick ends slices and naps, so every machine has one.
    if (m_subject.host.tick) host.tick = [self = driven.get()] { self->tick(); };
    driven->machine = TRY(m_build(std::move(config), std::move(host)));
    driven->machine->driven = true;
    driven->machine->board->cpu().mmu.watch_page_tables(m_subject.board->cpu().mmu.watches_page_tables());
    return driven;
}

Result<Machine::Lockstep::Trial> Machine::Lockstep::make_trial() {
    Trial trial{TRY(make_driven(true)), TRY(make_driven(false)), m_subject, m_config.lockstep.interval};
    return trial;
}

// ---- Input ---------------------------------------------------------------------------------------------------------

void Machine::Lockstep::record(const GuestInput& input) {
    if (m_in_tick)
        m_inputs.in_ticks.push_back({m_ticks, input});
    else
        m_inputs.given.push_back({m_subject.moment(), input});
}

void Machine::Lockstep::begin_tick() {
    ++m_ticks;
    m_in_tick = true;
}

// ---- Comparing -----------------------------------------------------------------------------------------------------

namespace {

template <typename Implementation>
bool equal_outside(Implementation& a, Implementation& b) {
    constexpr u32 pins = attention::interrupt | attention::nmi;
    const auto ending_of = [](Implementation& machine) { // being told to stop is not the guest's doing
        return machine.ending() && machine.ending()->kind == Ending::Kind::stopped ? std::nullopt : machine.ending();
    };
    const auto first = ending_of(a), second = ending_of(b);
    return a.moment() == b.moment() && a.reset_requested() == b.reset_requested() &&
           ((a.board->cpu().attention ^ b.board->cpu().attention) & pins) == 0 &&
           first.has_value() == second.has_value() &&
           (!first || (first->kind == second->kind && first->status == second->status));
}

template <typename Implementation>
bool equal_cpus(Implementation& a, Implementation& b) {
    return equal_states(a.board->cpu().state, b.board->cpu().state) && equal_outside(a, b);
}

/// What equal_outside() found, as sentences.
template <typename Implementation>
std::vector<std::string> remarks_about(Implementation& a, Implementation& b) {
    std::vector<std::string> remarks;
    const Moment first = a.moment(), second = b.moment();
    if (first != second)
        remarks.push_back(fmt::format("The subject has retired {} instructions at {} ns, the reference {} at {} ns.",
                                      first.retired, first.now, second.retired, second.now));
    if (a.board->cpu().attention != b.board->cpu().attention)
        remarks.push_back(
            fmt::format("Pins (1 INTR, 2 NMI, 4 stop) are {} at the subject's CPU and {} at the reference's.",
                        a.board->cpu().attention.load(), b.board->cpu().attention.load()));
    if (a.reset_requested() != b.reset_requested())
        remarks.push_back(
            fmt::format("The {} is about to be reset.", a.reset_requested() ? "subject alone" : "reference alone"));
    if (a.ending().has_value() != b.ending().has_value())
        remarks.push_back(fmt::format("The {} has come to its end.", a.ending() ? "subject alone" : "reference alone"));
    for (const std::string& name : differing_devices(*a.board, *b.board, true))
        remarks.push_back(fmt::format("The state of \"{}\" differs.", name));
    return remarks;
}

template <typename Implementation>
std::vector<u64> differing_offsets(Implementation& a, Implementation& b) {
    std::vector<u64> offsets;
    for (const DifferingByte& byte : compare_ram(a.board->memory().ram(), b.board->memory().ram(), most_watched))
        offsets.push_back(byte.address);
    return offsets;
}

template <typename Implementation>
bool watched_differ(Implementation& a, Implementation& b, const std::vector<u64>& watched) {
    const u8* first = a.board->memory().ram().data();
    const u8* second = b.board->memory().ram().data();
    return std::any_of(watched.begin(), watched.end(), [&](u64 offset) { return first[offset] != second[offset]; });
}

} // namespace

bool Machine::Lockstep::compare(bool everything) {
    Implementation& reference = **m_reference;
    const u64 start = Timeline::host_now();
    ++m_comparisons;
    const Moment now = m_subject.moment();
    bool equal = equal_cpus(m_subject, reference);
    const bool due = now.retired - m_agreed.retired >= m_config.lockstep.memory_interval &&
                     start - m_agreed_host_time >= whole_comparison_share * m_whole_comparison;
    if (everything || due || !equal) {
        m_watched = differing_offsets(m_subject, reference);
        equal = equal && m_watched.empty() && differing_devices(*m_subject.board, *reference.board, everything).empty();
        if (equal) {
            m_agreed = now;
            m_agreed_host_time = Timeline::host_now();
            m_whole_comparison = m_agreed_host_time - start;
        }
    }
    m_comparing_ns += Timeline::host_now() - start;
    if (equal) {
        m_slice_start = now;
        return true;
    }
    m_differs = true;
    m_difference = now;
    return false;
}

bool Machine::Lockstep::agree() {
    if (m_differs) return false;
    m_due_done = false;
    m_reference->give_due();
    (*m_reference)->advance_to(m_subject.moment());
    return compare(false);
}

bool Machine::Lockstep::agree_at_end() {
    if (m_differs) return false;
    m_reference->give_due();
    // An end that is no instruction's comes with what was due after the last slice.
    if (m_due_done || m_subject.ending()->kind != Ending::Kind::stopped) (*m_reference)->make_ready();
    return compare(true);
}

void Machine::Lockstep::add_statistics(MachineStatistics& statistics) const {
    statistics.comparisons = m_comparisons;
    statistics.comparing_ns = m_comparing_ns;
    statistics.following_ns = (*m_reference).machine->executing_ns;
}

// ---- Finding the first difference ----------------------------------------------------------------------------------

std::string Machine::Lockstep::take_report() {
    if (std::exchange(m_reported, true)) return {};
    log(LogLevel::Warning, "the engines differ after {} instructions; running again to find the first difference",
        m_difference.retired);
    const auto live = [&] {
        Difference d = difference_between(m_subject, **m_reference);
        d.headline = fmt::format("The engines differ after {} instructions.", m_difference.retired);
        return d;
    };
    Difference seen = live();
    Result<std::string> found = find();
    if (found.ok() && !found.value().empty()) return std::move(found.value());
    seen.remarks.push_back(found.ok() ? "The first difference was not found: the runs that looked for it did not "
                                        "differ. Does the subject do the same each time?"
                                      : "The first difference was not found: " + found.error().message);
    return format_difference(seen);
}

Difference Machine::Lockstep::difference_between(Implementation& subject, Implementation& reference) {
    Difference d;
    d.subject = subject.board->cpu().state;
    d.reference = reference.board->cpu().state;
    d.remarks = remarks_about(subject, reference);
    d.memory = compare_ram(subject.board->memory().ram(), reference.board->memory().ram(), most_shown_bytes);
    const u64 low = subject.board->memory().low_ram();
    for (DifferingByte& byte : d.memory)
        if (byte.address >= low) byte.address += (u64{1} << 32) - low;
    return d;
}

Result<std::string> Machine::Lockstep::find() {
    Moment good = m_agreed, start = m_slice_start, end = m_difference;
    std::vector<u64> watched = m_watched;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        Trial trial = TRY(make_trial());
        TRY(trial.run_to(start));
        Implementation &subject = **trial.subject, &reference = **trial.reference;
        const std::vector<u64> wrong = differing_offsets(subject, reference);
        const bool devices_differ = !differing_devices(*subject.board, *reference.board, true).empty();
        if (wrong.empty() && !devices_differ && equal_cpus(subject, reference)) {
            const FirstBlock block = TRY(search_blocks(trial, end, watched));
            if (!block.report.empty() && block.instructions <= longest_block) return block.report;
            const std::string report = TRY(search_lengths(
                start, end, block.report.empty() ? "It does not show when the subject runs block by block." : ""));
            return report.empty() ? block.report : report;
        }
        if (start == good) break;
        // Wrong since an earlier slice.
        watched = wrong;
        Trial earlier = TRY(make_trial());
        TRY(earlier.run_to(good));
        bool seen = false;
        while (!seen && earlier.moment() < start) {
            const Moment before = earlier.moment();
            TRY(earlier.run_slice(start));
            Implementation &a = **earlier.subject, &b = **earlier.reference;
            seen = !equal_cpus(a, b) || watched_differ(a, b, watched) ||
                   (devices_differ && !differing_devices(*a.board, *b.board, false).empty());
            if (seen) {
                end = earlier.moment();
                start = before;
            }
        }
        if (!seen) break;
    }
    return std::string();
}

/// The subject block by block, the reference instruction by instruction; empty if they agree to the end.
Result<Machine::Lockstep::FirstBlock> Machine::Lockstep::search_blocks(Trial& trial, Moment end,
                                                                       const std::vector<u64>& watched) {
    Implementation &subject = **trial.subject, &reference = **trial.reference;
    subject.engine->set_one_block(true);
    for (int idle = 0; trial.moment() < end && !subject.ending() && idle < most_idle_slices;) {
        const Moment before = trial.moment();
        trial.run_subject(end);
        const std::vector<ExecutedInsn> executed = trial.follow_step_by_step();
        idle = trial.moment() == before ? idle + 1 : 0;
        if (equal_cpus(subject, reference) && !watched_differ(subject, reference, watched)) continue;
        Difference d = difference_between(subject, reference);
        d.instructions = executed;
        d.headline =
            fmt::format("First difference: after {} instructions ({} ns of virtual time); after {} both agreed.",
                        trial.moment().retired, trial.moment().now, before.retired);
        if (!executed.empty()) {
            const CpuState& state = executed.front().before;
            d.host_code = subject.engine->describe_code(
                LinearAddr(static_cast<u32>(state.segment(SegmentName::cs).base + state.rip)));
        }
        return FirstBlock{format_difference(d), trial.moment().retired - before.retired};
    }
    return FirstBlock{};
}

/// For a difference that block by block does not show, or not closely: looks for the smallest number of instructions
/// from `start` that shows it at the end of a run.
Result<std::string> Machine::Lockstep::search_lengths(Moment start, Moment end, const std::string& remark) {
    u64 good = start.retired, bad = end.retired;
    const u64 begin = Timeline::host_now();
    constexpr u64 most_time = 120'000'000'000;
    std::optional<Difference> found;
    for (u64 length = bad; bad - good > 1 || !found; length = good + (bad - good) / 2) {
        Trial trial = TRY(make_trial());
        TRY(trial.run_to(start));
        trial.run_subject({length, end.now});
        const std::vector<ExecutedInsn> executed = trial.follow_step_by_step();
        Implementation &subject = **trial.subject, &reference = **trial.reference;
        const bool differs = !equal_cpus(subject, reference) ||
                             (length == end.retired && !differing_offsets(subject, reference).empty());
        if (differs) {
            bad = length;
            found = difference_between(subject, reference);
            found->instructions = executed;
        } else {
            if (!found) return std::string(); // not even all of it
            good = length;
        }
        if (Timeline::host_now() - begin > most_time) break;
    }
    found->headline =
        fmt::format("A difference after {} instructions, in a run from {}; if it ends after {} both agree.", bad,
                    start.retired, good);
    if (!remark.empty()) found->remarks.push_back(remark);
    return format_difference(*found);
}

} // namespace ringshift
