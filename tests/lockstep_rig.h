// Two bare CPUs run the same program, one on the engine under test, one on the engine that is believed; the first
// difference becomes a report.
//
//     const std::string report = run_in_lockstep({.prepare = [](BareCpu& bare) { bare.flat_32bit(); ... },
//                                                 .instructions = 10'000, .piece = 100}, make_mine);
//     CHECK(report == "");
#pragma once

#include "cpu/comparison.h"
#include "suites/bare_cpu.h"

#include <functional>
#include <limits>
#include <optional>
#include <string>

namespace ringshift {

using EngineFactory = std::function<std::unique_ptr<Engine>(Cpu&)>;

struct LockstepProgram {
    /// Puts code, data and registers in place; called on both CPUs, and again if a difference has to be found. Must do
    /// the same each time.
    std::function<void(BareCpu&)> prepare;
    i64 instructions = 1'000'000; ///< to run at most; a halt or shutdown ends earlier
    /// The subject runs at most this many at a time; registers are compared after each piece, memory at the end.
    i64 piece = std::numeric_limits<i64>::max();
    /// If given, instead of `piece`: how long each is, by its number; at least 1.
    std::function<i64(u64 piece)> piece_size;
    /// Called on both CPUs before each piece, with its number: interrupts, changes of memory or pins. May be empty.
    std::function<void(BareCpu&, u64 piece)> between;
    u64 ram_size = 1 << 20;
    std::string model = "max";

    i64 size_of(u64 number) const { return piece_size ? piece_size(number) : piece; }
};

namespace lockstep_detail {

struct Pair {
    Pair(const LockstepProgram& program, const EngineFactory& make_subject, const EngineFactory& make_reference)
        : subject(program.ram_size, program.model), reference(program.ram_size, program.model) {
        subject.engine = nullptr; // what it has registered goes first
        reference.engine = nullptr;
        subject.engine = make_subject(*subject.cpu);
        reference.engine = make_reference(*reference.cpu);
        reference.cpu->mmu.watch_page_tables(subject.cpu->mmu.watches_page_tables());
        program.prepare(subject);
        program.prepare(reference);
    }

    /// The subject runs, then the reference the same number. What differs beside registers and memory, as sentences.
    std::vector<std::string> run(i64 count) {
        const auto used = [](BareCpu& bare, i64 asked) {
            return asked - (bare.state().budget + bare.state().budget_reserve);
        };
        exit = subject.engine->run(count);
        retired = used(subject, count);
        std::vector<std::string> remarks;
        if (retired < 0 || retired > count)
            return {fmt::format("the subject says that it has retired {} of {} instructions", retired, count)};
        const Exit other = reference.engine->run(retired);
        const i64 other_retired = used(reference, retired);
        if (other_retired != retired)
            remarks.push_back(
                fmt::format("the subject has retired {} instructions, the reference {}", retired, other_retired));
        const bool end = exit != Exit::budget && exit != Exit::stopped;
        if (end && other != exit)
            remarks.push_back(
                fmt::format("run() of the subject returned {}, of the reference {}", int(exit), int(other)));
        if (subject.cpu->attention != reference.cpu->attention)
            remarks.push_back(fmt::format("attention of the subject is {}, of the reference {}",
                                          subject.cpu->attention.load(), reference.cpu->attention.load()));
        if (subject.platform.trace != reference.platform.trace) remarks.push_back("port accesses differ");
        return remarks;
    }
    std::vector<DifferingByte> memory(std::size_t most = 64) {
        return differing_bytes(subject.ram.bytes(), reference.ram.bytes(), 0, most);
    }
    bool equal_registers() const { return equal_states(subject.cpu->state, reference.cpu->state); }

    BareCpu subject, reference;
    Exit exit = Exit::budget;
    i64 retired = 0;
};

/// Block by block, with all memory compared after each; `until`: where a difference is known to show.
inline std::string find_difference(const LockstepProgram& program, const EngineFactory& make_subject,
                                   const EngineFactory& make_reference, i64 until, const std::string& known) {
    Pair pair(program, make_subject, make_reference);
    pair.subject.engine->set_one_block(true);
    pair.reference.engine->set_one_block(true);
    i64 done = 0;
    u64 piece = 0;
    for (i64 next_piece = 0; done < until;) {
        if (done >= next_piece) {
            if (program.between) {
                program.between(pair.subject, piece);
                program.between(pair.reference, piece);
            }
            const i64 size = program.size_of(piece++);
            next_piece = size > until - done ? until : done + size;
        }
        Difference d;
        const CpuState before = pair.reference.state();
        const i64 asked = next_piece - done;
        const Exit exit = pair.subject.engine->run(asked);
        const i64 retired = asked - (pair.subject.state().budget + pair.subject.state().budget_reserve);
        i64 stepped = 0;
        do {
            pair.reference.engine->run(0); // delivers what is due, so that the next instruction is the one noted
            d.instructions.push_back(note_instruction(*pair.reference.cpu));
            pair.reference.engine->run(std::min<i64>(1, retired - stepped));
            stepped += std::min<i64>(1, retired - stepped);
        } while (stepped < retired);
        if (retired == 0) d.instructions.clear();
        const auto memory = pair.memory();
        if (!pair.equal_registers() || !memory.empty() ||
            pair.subject.platform.trace != pair.reference.platform.trace) {
            d.headline = fmt::format("First difference after {} instructions:", done + retired);
            if (!known.empty()) d.remarks.push_back("At full speed: " + known);
            d.subject = pair.subject.state();
            d.reference = pair.reference.state();
            d.memory = memory;
            d.host_code = pair.subject.engine->describe_code(
                LinearAddr(static_cast<u32>(before.segment(SegmentName::cs).base + before.rip)));
            return format_difference(d);
        }
        done += retired;
        if (exit != Exit::budget && exit != Exit::stopped) break;
    }
    return {};
}

} // namespace lockstep_detail

/// What shows at full speed, and after how many instructions.
struct LockstepOutcome {
    i64 instructions = 0;
    Exit exit = Exit::budget;
    std::optional<Difference> difference;
};

/// Runs until a difference, an end, or all instructions.
inline LockstepOutcome compare_at_full_speed(const LockstepProgram& program, const EngineFactory& make_subject,
                                             const EngineFactory& make_reference = make_interpreter) {
    lockstep_detail::Pair pair(program, make_subject, make_reference);
    LockstepOutcome outcome;
    bool ended = false;
    for (u64 piece = 0; outcome.instructions < program.instructions && !ended; ++piece) {
        if (program.between) {
            program.between(pair.subject, piece);
            program.between(pair.reference, piece);
        }
        std::vector<std::string> remarks =
            pair.run(std::min(program.size_of(piece), program.instructions - outcome.instructions));
        outcome.instructions += pair.retired;
        outcome.exit = pair.exit;
        ended = (pair.exit != Exit::budget && pair.exit != Exit::stopped) ||
                (pair.retired == 0 && pair.exit == Exit::budget);
        std::vector<DifferingByte> memory;
        if (ended || outcome.instructions >= program.instructions || !pair.equal_registers()) memory = pair.memory();
        if (remarks.empty() && memory.empty() && pair.equal_registers()) continue;
        Difference& d = outcome.difference.emplace();
        d.headline = fmt::format("A difference after {} instructions:", outcome.instructions);
        d.remarks = remarks;
        d.subject = pair.subject.state();
        d.reference = pair.reference.state();
        d.memory = memory;
        break;
    }
    return outcome;
}

namespace lockstep_detail {

/// The last instructions of a run of the reference alone.
inline std::vector<ExecutedInsn> note_last(const LockstepProgram& program, const EngineFactory& make_reference,
                                           i64 instructions, i64 most) {
    BareCpu reference(program.ram_size, program.model);
    reference.engine = nullptr;
    reference.engine = make_reference(*reference.cpu);
    program.prepare(reference);
    std::vector<ExecutedInsn> noted;
    i64 done = 0;
    for (u64 piece = 0; done < instructions; ++piece) {
        if (program.between) program.between(reference, piece);
        const i64 end = done + std::min(program.size_of(piece), instructions - done);
        while (done < end) {
            const bool note = instructions - done <= most;
            const i64 asked = note ? 1 : std::min(end, instructions - most) - done;
            if (note) {
                reference.engine->run(0);
                noted.push_back(note_instruction(*reference.cpu));
            }
            const Exit exit = reference.engine->run(asked);
            const i64 retired = asked - (reference.state().budget + reference.state().budget_reserve);
            done += retired;
            if (exit != Exit::budget && exit != Exit::stopped) return noted;
            if (exit == Exit::stopped) break;
        }
    }
    return noted;
}

/// For what does not show block by block: the shortest run at full speed that differs, and how it ends.
inline std::string find_shortest_run(const LockstepProgram& program, const EngineFactory& make_subject,
                                     const EngineFactory& make_reference, const LockstepOutcome& known) {
    i64 equal = 0;
    LockstepOutcome shortest = known;
    while (shortest.instructions - equal > 1) {
        LockstepProgram part = program;
        part.instructions = equal + (shortest.instructions - equal) / 2;
        const LockstepOutcome outcome = compare_at_full_speed(part, make_subject, make_reference);
        if (!outcome.difference)
            equal = part.instructions;
        else if (outcome.instructions < shortest.instructions)
            shortest = outcome;
        else
            break;
    }
    Difference& d = *shortest.difference;
    d.headline = fmt::format("The shortest run that differs has {} instructions:", shortest.instructions);
    d.remarks.push_back("It does not show when the subject runs block by block.");
    d.instructions = note_last(program, make_reference, shortest.instructions, 200);
    return format_difference(d);
}

} // namespace lockstep_detail

/// Empty if both end alike, else what differs first, with a listing. Whoever wants the difference at full speed only
/// (`piece` large) still gets it found block by block, if it shows there too.
inline std::string run_in_lockstep(const LockstepProgram& program, const EngineFactory& make_subject,
                                   const EngineFactory& make_reference = make_interpreter) {
    LockstepOutcome outcome = compare_at_full_speed(program, make_subject, make_reference);
    if (!outcome.difference) return {};
    Difference& d = *outcome.difference;
    const std::string found =
        lockstep_detail::find_difference(program, make_subject, make_reference, std::max<i64>(outcome.instructions, 1),
                                         fmt::format("{}", fmt::join(d.remarks, "; ")));
    if (!found.empty()) return found;
    return lockstep_detail::find_shortest_run(program, make_subject, make_reference, outcome);
}

} // namespace ringshift
