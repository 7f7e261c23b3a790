// Memory operands that lie so near to each other that one look at the TLB is enough. The essay is in share.cpp.
#pragma once

#include "bt/block.h"
#include "bt/runtime.h"

#include <vector>

namespace ringshift::bt {

/// One instruction's part in it.
struct Share {
    bool shared = false;
    bool leads = false;   ///< the first of its group: looks up for all
    bool writes = false;  ///< some member of the group does
    bool aligned = false; ///< some member's operand has to be; then all such members are if the range is
    u8 slot = 0;          ///< of Runtime::shared
    u16 displacement = 0; ///< of its operand in the group's range
    u16 range = 0;        ///< of the group, in bytes
    u32 to_range = 0;     ///< leader: from its operand's address to the range, modulo 2^32
};

/// Instructions `first` to `last` of a block hold groups, and nothing but what keeps their look-ups good.
struct SharingRun {
    u32 first = 0;
    u32 last = 0;
};

struct SharingPlan {
    std::vector<Share> shares; ///< by instruction; empty: nothing is shared
    std::vector<SharingRun> runs;
};

/// What the planner asks about instruction i.
struct SharingFacts {
    bool stays = false;    ///< done in place, by the handler at most if its access is slow; no part of the mode changes
    bool accesses = false; ///< its memory operand is looked up the plain way
    bool writes = false;
    bool aligned = false;
    unsigned size = 0;
};

/// Fed with a block's instructions in order.
class SharingPlanner {
  public:
    SharingPlanner(const Block& block, const Mode& mode) : m_block(block), m_mode(mode) {}
    void add(u32 i, const SharingFacts& facts);
    SharingPlan finish();

  private:
    static constexpr u32 longest_range = 1024;
    struct Register { ///< its value is that of its version plus a constant
        u32 version = 0;
        u32 offset = 0;
    };
    struct Member {
        u32 insn;
        u32 at; ///< displacement, as if the registers had only their versions' values
        unsigned size;
        bool aligned;
    };
    struct Group {
        MemoryOperand anchor;
        u32 base_version = 0, index_version = 0;
        i64 low = 0, high = 0; ///< relative to the first member's `at`
        bool writes = false;
        std::vector<Member> members;
    };
    void add_member(u32 i, const SharingFacts& facts);
    void follow_registers(const Insn& insn);
    void end_run();
    void settle(const Group& group, u8 slot);

    const Block& m_block;
    const Mode& m_mode;
    std::array<Register, 8> m_registers{};
    std::vector<Group> m_groups;
    SharingPlan m_plan;
};

} // namespace ringshift::bt
