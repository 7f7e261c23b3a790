// Decoding by memory: programs are made of few different instructions, and looking one up by its bytes takes a tenth of
// the time that decoding it takes. Direct-mapped by the first three bytes; what is found must have the same bytes.
#pragma once

#include "cpu/interp/handler.h"
#include "cpu/isa/decoder.h"

#include <vector>

namespace ringshift {

struct DecodedInsn {
    Handler handler;
    Insn insn;
};

class DecodeCache {
  public:
    explicit DecodeCache(const CpuModel& model) : m_decoder(model) {}

    /// As Decoder::decode(). Of `insn.bytes` only those of the instruction itself are sure to be as given.
    Decoder::Outcome decode(std::span<const u8> bytes, bool code32, DecodedInsn& decoded);

  private:
    struct Entry {
        DecodedInsn decoded{};
        bool code32 = false;
    };
    static constexpr std::size_t entries = 8192;
    Decoder m_decoder;
    std::vector<Entry> m_entries = std::vector<Entry>(entries);
};

} // namespace ringshift
