// Decoding by memory: programs are made of few different instructions, and looking one up by its bytes takes a tenth of
// the time that decoding it takes. Direct-mapped by prefixes, opcode, ModRM and SIB. Displacements and immediates are
// not compared: they are what differs between instructions that are otherwise the same, and are read from the bytes. A
// few immediates choose the handler (the count of a shift, for example); those are compared like the rest.
#pragma once

#include "cpu/interp/handler.h"
#include "cpu/isa/decoder.h"

#include <array>
#include <vector>

namespace ringshift {

struct DecodedInsn {
    Handler handler;
    Insn insn;
};

class DecodeCache {
  public:
    explicit DecodeCache(const CpuModel& model) : m_decoder(model) {}

    /// Every instruction is decoded from then on.
    void switch_off() { m_on = false; }

    /// As Decoder::decode(). Of `insn.bytes` only those of the instruction itself are sure to be as given.
    Decoder::Outcome decode(std::span<const u8> bytes, bool code32, DecodedInsn& decoded) {
        const Found found = find(bytes, code32);
        decoded = *found.decoded;
        return found.outcome;
    }
    struct Found {
        Decoder::Outcome outcome;
        const DecodedInsn* decoded; ///< valid until the next call
    };
    Found find(std::span<const u8> bytes, bool code32);

  private:
    using Bytes = std::array<u64, 2>; ///< 15 of an instruction
    struct Entry {
        DecodedInsn decoded{};
        Bytes bytes{};
        Bytes fixed{};    ///< ones where bytes are compared
        Bytes variable{}; ///< ones where they are read
        bool code32 = false;
    };
    static constexpr std::size_t entries = 8192;
    static std::size_t slot(const Bytes& bytes, bool code32);
    static void describe(Entry& entry);
    static void read_fields(Entry& entry);

    Decoder m_decoder;
    std::vector<Entry> m_entries = std::vector<Entry>(entries);
    DecodedInsn m_other; ///< what was decoded and is no instruction
    bool m_on = true;
};

} // namespace ringshift
