#include "base/archive.h"

#include <fmt/format.h>

namespace ringshift {

static_assert(std::endian::native == std::endian::little, "archives are little-endian");

Archive Archive::saver(std::vector<u8>& out) { return Archive(&out, {}); }

Archive Archive::loader(std::span<const u8> in) { return Archive(nullptr, in); }

void Archive::fail(std::string reason) {
    if (m_error.empty()) m_error = std::move(reason);
}

void Archive::check(bool condition, std::string_view what) {
    if (is_loading() && !condition) fail(fmt::format("impossible value: {}", what));
}

void Archive::bytes(void* data, std::size_t size) {
    if (size == 0) return;
    if (!is_loading()) {
        const auto* begin = static_cast<const u8*>(data);
        m_out->insert(m_out->end(), begin, begin + size);
        return;
    }
    if (!ok() || size > remaining()) {
        fail("data ends too early");
        std::memset(data, 0, size);
        return;
    }
    std::memcpy(data, m_in.data() + m_position, size);
    m_position += size;
}

void Archive::blob(std::vector<u8>& data, std::size_t maximum) {
    u64 size = data.size();
    value(size);
    check(size <= maximum && size <= remaining(), "blob size");
    if (is_loading()) data.assign(ok() ? size : 0, 0);
    bytes(data.data(), data.size());
}

void Archive::container(std::string& string) {
    u64 size = string.size();
    value(size);
    check(size <= remaining(), "string size");
    if (is_loading()) string.assign(ok() ? size : 0, '\0');
    bytes(string.data(), string.size());
}

} // namespace ringshift
