#include "devices/network_card.h"

#include <algorithm>

namespace ringshift {

bool NetworkCard::is_broadcast(std::span<const u8> frame) {
    return std::all_of(frame.begin(), frame.begin() + 6, [](u8 byte) { return byte == 0xFF; });
}

u32 NetworkCard::address_crc(std::span<const u8> frame) {
    u32 crc = 0xFFFFFFFF;
    for (const u8 byte : frame.first(6)) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            const bool carry = (crc >> 31) != (byte >> bit & 1u);
            crc = crc << 1 ^ (carry ? 0x04C11DB7u : 0u);
        }
    }
    return crc;
}

} // namespace ringshift
