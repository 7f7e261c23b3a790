#include "machine/checksum.h"

#include <cstring>

namespace ringshift {

void Checksum::add(std::span<const u8> bytes) {
    std::size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
        u64 word;
        std::memcpy(&word, bytes.data() + i, 8);
        mix(word);
    }
    u64 rest = 0;
    for (std::size_t shift = 0; i < bytes.size(); ++i, shift += 8) rest |= u64{bytes[i]} << shift;
    mix(rest);
    mix(bytes.size());
}

} // namespace ringshift
