#include "cpu/interp/decode_cache.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

Decoder::Outcome DecodeCache::decode(std::span<const u8> bytes, bool code32, DecodedInsn& decoded) {
    u32 first = 0;
    std::memcpy(&first, bytes.data(), std::min<std::size_t>(bytes.size(), 3));
    Entry& entry = m_entries[(first * 0x9E3779B1u >> 16 ^ (code32 ? 1u : 0u)) % entries];
    const Insn& known = entry.decoded.insn;
    if (entry.decoded.handler && entry.code32 == code32 && known.length <= bytes.size() &&
        std::memcmp(known.bytes.data(), bytes.data(), known.length) == 0) {
        decoded = entry.decoded;
        return Decoder::Outcome::ok;
    }
    const auto outcome = m_decoder.decode(bytes, code32, decoded.insn);
    decoded.handler = handler_for(decoded.insn);
    if (outcome == Decoder::Outcome::ok) entry = {decoded, code32};
    return outcome;
}

} // namespace ringshift
