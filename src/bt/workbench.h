// A processor with nothing around it, on which guest code is translated but never run: for `ringshift explain`, golden
// files and tests.
#pragma once

#include "base/result.h"
#include "bt/translator.h"
#include "cpu/isa/decoder.h"

#include <memory>
#include <span>

namespace ringshift::bt {

class Workbench {
  public:
    explicit Workbench(const Options& options = {}, std::string_view cpu_model = "max");
    ~Workbench();

    /// Flat 32-bit protected mode, or for 16 bits real mode (at CPL 3: protected mode), every segment at `base`, a
    /// multiple of 16. For other modes change cpu().state.
    void set_mode(unsigned bits, unsigned cpl, u32 base = 0);
    Cpu& cpu();
    const Decoder& decoder() const;

    /// The block that starts `bytes` at this EIP, ended as the engine's would be; null: `bytes` has no whole
    /// instruction.
    std::unique_ptr<Block> decode(std::span<const u8> bytes, u32 eip) const;
    /// A block of these instructions.
    std::unique_ptr<Block> block_of(std::vector<DecodedInsn> insns, u32 eip) const;
    /// Its code in the current mode, with marks. Valid until the next call.
    std::span<const u8> translate(Block& block);
    Mode mode() const;
    const Emitter& emitter() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace ringshift::bt
