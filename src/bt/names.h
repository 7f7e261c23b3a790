// Names for the addresses in generated code, so that a reader, or a file that must not change with every run, sees
// [state.rip] and site2 instead of numbers.
#pragma once

#include "bt/block.h"
#include "cpu/isa/host_code.h"

#include <string>

namespace ringshift::bt {

class Names final : public HostNames {
  public:
    Names(const Block& block, i64 runtime_distance) : m_block(block), m_runtime_distance(runtime_distance) {}
    /// Of the instruction that is named next, in the block's code.
    void set_offset(u32 offset) { m_offset = offset; }
    std::string memory(const HostMemory& m) const override;
    std::string immediate(u64 value) const override;
    std::string target(i64 distance) const override;

  private:
    std::string table(const HostMemory& m) const;
    const Block& m_block;
    const i64 m_runtime_distance;
    u32 m_offset = 0;
};

/// How the code of a block names a place in it: "+01c".
std::string offset_name(u32 offset);

} // namespace ringshift::bt
