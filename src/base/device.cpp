#include "base/device.h"

#include <cstring>

namespace ringshift {

u64 RegisterBlock::block_room(u64, unsigned) { return 0; }

void RegisterBlock::read_block(u64 offset, unsigned size, std::span<u8> out) {
    for (std::size_t i = 0; i + size <= out.size(); i += size) {
        const u64 value = read(offset, size);
        std::memcpy(out.data() + i, &value, size);
    }
}

void RegisterBlock::write_block(u64 offset, unsigned size, std::span<const u8> in) {
    for (std::size_t i = 0; i + size <= in.size(); i += size) {
        u64 value = 0;
        std::memcpy(&value, in.data() + i, size);
        write(offset, size, value);
    }
}

void RegisterBlock::write_range(u64 offset, std::span<const u8> in) {
    for (std::size_t i = 0; i < in.size(); ++i) write(offset + i, 1, in[i]);
}

void RegisterBlock::read_range(u64 offset, std::span<u8> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<u8>(read(offset + i, 1));
}

} // namespace ringshift
