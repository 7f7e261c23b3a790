// Two engines' results side by side: whether they are equal, what differs, and a report for a human.
//
// The subject is the engine under test, the reference is the one that is believed. Both have run the same program from
// the same state. What the reference did since the last agreement is kept instruction by instruction, so the report can
// name those that write what differs.
#pragma once

#include "cpu/cpu.h"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace ringshift {

/// All that a program can notice of a CPU between two instructions. Budgets are no part of it.
bool equal_states(const CpuState& a, const CpuState& b);

/// One instruction of the reference, before it runs.
struct ExecutedInsn {
    CpuState before;
    std::array<u8, 15> bytes{};
    u8 available = 0; ///< how many of `bytes` could be fetched
};
ExecutedInsn note_instruction(Cpu& cpu);

struct DifferingByte {
    u64 address = 0; ///< physical
    u8 subject = 0;
    u8 reference = 0;
};
/// The first `most` bytes that differ; `base`: the address of the first one. Both are of equal size.
std::vector<DifferingByte> differing_bytes(std::span<const u8> subject, std::span<const u8> reference, u64 base,
                                           std::size_t most);

/// What is known of the first difference.
struct Difference {
    std::string headline;                   ///< a sentence: when and where
    std::vector<std::string> remarks;       ///< other things that differ, one sentence each
    std::vector<ExecutedInsn> instructions; ///< of the reference since both agreed, in order
    CpuState subject;                       ///< after them
    CpuState reference;
    std::vector<DifferingByte> memory;
    std::string host_code; ///< Engine::describe_code() of the block, or empty

    /// Which of `instructions` made it, as far as registers tell: of those that changed a register which differs, and
    /// were the last to, the first. Their number if none did.
    std::size_t suspect() const;
};

/// Many lines: what was executed, both states with `*` where they differ, memory, host code.
std::string format_difference(const Difference& difference);

} // namespace ringshift
