#include "machine/memory_medium.h"

#include <cstring>

namespace ringshift {

MemoryMedium::MemoryMedium(std::vector<u8> content, u64 size) : m_bytes(std::move(content)) { m_bytes.resize(size); }

Result<> MemoryMedium::read(u64 offset, std::span<u8> out) {
    if (offset > m_bytes.size() || out.size() > m_bytes.size() - offset)
        return make_error("read past the end of a medium");
    std::memcpy(out.data(), m_bytes.data() + offset, out.size());
    return Unit{};
}

Result<> MemoryMedium::write(u64 offset, std::span<const u8> in) {
    if (offset > m_bytes.size() || in.size() > m_bytes.size() - offset)
        return make_error("write past the end of a medium");
    std::memcpy(m_bytes.data() + offset, in.data(), in.size());
    return Unit{};
}

void MemoryMedium::archive(Archive& ar) {
    const std::size_t size = m_bytes.size();
    ar.blob(m_bytes, size);
    ar.check(m_bytes.size() == size, "size of a medium");
    m_bytes.resize(size);
}

} // namespace ringshift
