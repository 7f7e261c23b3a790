// Shared look-ups: compiled code reads and writes several fields of one structure, or several locals of one frame, in a
// row. Where the registers of the address are the same (but for constants added meanwhile) and the displacements are
// near each other, the operands form a group. The group's first instruction looks up the whole range at once: on one
// page, writable if any of them writes, aligned if any of them must be. The host address of the range goes to a slot of
// the runtime, and the other members find their operands by it, with no look-up of their own.
//
// That holds as long as nothing runs that may change translations, segments or the registers: within a run of
// instructions that are done in place. A member of another group, or an access alone, may still call its handler for a
// slow access in the middle of a run; a handler that changes the memory map or destroys the block also ends it.
//
// If the range cannot be had (not in the TLB, across two pages, not writable although only read here), the leader jumps
// to a second copy of the run behind the block, where every instruction looks up its own operand, and which comes back
// at the end of the run. So nothing is left to the handler that a look-up of its own could do.
#include "bt/share.h"

#include "bt/fpu_form.h"

#include <algorithm>
#include <optional>

namespace ringshift::bt {

namespace {

/// The constant that the instruction adds to a 32-bit register, if that is all it does to registers.
struct Step32 {
    unsigned reg;
    u32 by;
};
std::optional<Step32> constant_step(const Insn& insn, bool stack32) {
    using enum Mnemonic;
    const Operand& to = insn.op(0);
    const bool whole = to.kind == OperandKind::gpr && to.size == 4;
    const bool by_constant = insn.op(1).kind == OperandKind::immediate;
    const unsigned reg = to.slot >> 3;
    switch (insn.mnemonic) {
    case ADD:
        if (whole && by_constant) return Step32{reg, insn.immediate};
        break;
    case SUB:
        if (whole && by_constant) return Step32{reg, 0 - insn.immediate};
        break;
    case INC:
        if (whole) return Step32{reg, 1};
        break;
    case DEC:
        if (whole) return Step32{reg, ~u32{0}};
        break;
    case LEA:
        if (whole && insn.address_size == 4 && insn.memory.base == reg &&
            insn.memory.index == MemoryOperand::no_register)
            return Step32{reg, insn.memory.displacement};
        break;
    case PUSH:
        if (stack32) return Step32{4, 0u - insn.operand_size};
        break;
    default: break;
    }
    return std::nullopt;
}

} // namespace

void SharingPlanner::add(u32 i, const SharingFacts& facts) {
    if (m_plan.shares.size() <= i) m_plan.shares.resize(i + 1);
    if (!facts.stays) {
        end_run();
        return;
    }
    if (facts.accesses) add_member(i, facts);
    follow_registers(m_block.insns[i].insn);
}

SharingPlan SharingPlanner::finish() {
    end_run();
    return std::move(m_plan);
}

void SharingPlanner::add_member(u32 i, const SharingFacts& facts) {
    const MemoryOperand& m = m_block.insns[i].insn.memory;
    const Register base = m.base == MemoryOperand::no_register ? Register{} : m_registers[m.base];
    const Register index = m.index == MemoryOperand::no_register ? Register{} : m_registers[m.index];
    const u32 at = m.displacement + base.offset + (index.offset << m.scale);
    for (Group& group : m_groups) {
        const MemoryOperand& anchor = group.anchor;
        if (anchor.base != m.base || anchor.index != m.index || anchor.scale != m.scale ||
            anchor.segment != m.segment || group.base_version != base.version || group.index_version != index.version)
            continue;
        const i64 from_first = static_cast<i32>(at - group.members.front().at);
        const i64 low = std::min(group.low, from_first), high = std::max(group.high, from_first + facts.size);
        if (high - low > longest_range - 16) continue;
        const auto misfits = [&](const Member& other) { return other.aligned && ((other.at ^ at) & 15) != 0; };
        if (facts.aligned && std::any_of(group.members.begin(), group.members.end(), misfits)) continue;
        group.low = low;
        group.high = high;
        group.writes = group.writes || facts.writes;
        group.members.push_back({i, at, facts.size, facts.aligned});
        return;
    }
    m_groups.push_back(
        {m, base.version, index.version, 0, facts.size, facts.writes, {{i, at, facts.size, facts.aligned}}});
}

void SharingPlanner::follow_registers(const Insn& insn) {
    if (const auto step = constant_step(insn, m_mode.stack32)) {
        m_registers[step->reg].offset += step->by;
        return;
    }
    const u8 written = written_registers(insn);
    for (unsigned reg = 0; reg < m_registers.size(); ++reg) {
        if ((written & (1u << reg)) == 0) continue;
        ++m_registers[reg].version;
        m_registers[reg].offset = 0;
    }
}

void SharingPlanner::end_run() {
    std::erase_if(m_groups, [](const Group& group) { return group.members.size() < 2; });
    std::stable_sort(m_groups.begin(), m_groups.end(),
                     [](const Group& a, const Group& b) { return a.members.size() > b.members.size(); });
    if (m_groups.size() > Runtime::shared_slots) m_groups.resize(Runtime::shared_slots);
    if (!m_groups.empty()) {
        SharingRun run{~u32{0}, 0};
        for (const Group& group : m_groups) {
            settle(group, static_cast<u8>(&group - m_groups.data()));
            run.first = std::min(run.first, group.members.front().insn);
            run.last = std::max(run.last, group.members.back().insn);
        }
        m_plan.runs.push_back(run);
    }
    m_groups.clear();
}

void SharingPlanner::settle(const Group& group, u8 slot) {
    const u32 first = group.members.front().at;
    i64 low = group.low;
    bool aligned = false;
    for (const Member& member : group.members) {
        if (!member.aligned) continue;
        aligned = true; // the range begins a multiple of 16 before its aligned members
        low = group.low - (((first + static_cast<u32>(group.low)) - member.at) & 15);
    }
    for (const Member& member : group.members) {
        Share& share = m_plan.shares[member.insn];
        share.shared = true;
        share.leads = &member == &group.members.front();
        share.writes = group.writes;
        share.aligned = aligned;
        share.slot = slot;
        share.displacement = static_cast<u16>(static_cast<i32>(member.at - first) - low);
        share.range = static_cast<u16>(group.high - low);
        share.to_range = static_cast<u32>(low);
    }
}

} // namespace ringshift::bt
