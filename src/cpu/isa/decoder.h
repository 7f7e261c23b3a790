// The one door to instruction encodings: bytes in, Insn out. Built on Zydis, which no other file but the disassembler
// may include.
#pragma once

#include "cpu/isa/insn.h"
#include "cpu/model.h"

#include <array>
#include <memory>
#include <span>

namespace ringshift {

/// Decodes for one CPU model. Immutable after construction, so any thread may use it.
class Decoder {
  public:
    static constexpr std::size_t max_length = 15; ///< SDM vol. 2A, 2.3.11

    enum class Outcome : u8 {
        ok,
        invalid,   ///< #UD: no instruction, not one of this model, or LOCK where it is not allowed
        too_long,  ///< #GP(0): more than 15 bytes with its prefixes
        truncated, ///< more bytes are needed than were given
    };

    explicit Decoder(const CpuModel& model);
    ~Decoder();
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    /// Decodes the instruction at the start of `bytes`; what follows its 15th byte is ignored. `code32`: CS.D. On any
    /// outcome but ok, insn.mnemonic is invalid and insn.length counts the bytes that showed it (at least 1, none if
    /// `bytes` is empty).
    Outcome decode(std::span<const u8> bytes, bool code32, Insn& insn) const;

  private:
    struct Zydis;
    std::unique_ptr<Zydis> m_zydis;
};

} // namespace ringshift
