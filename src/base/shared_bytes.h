// Bytes that many hold and nobody changes: a kernel in a machine's configuration, in its snapshots and in the device
// that its firmware reads is one piece of memory.
#pragma once

#include "base/archive.h"
#include "base/types.h"

#include <memory>
#include <utility>
#include <vector>

namespace ringshift {

class SharedBytes {
  public:
    SharedBytes() = default;
    SharedBytes(std::vector<u8> bytes) : m_whole(std::make_shared<const std::vector<u8>>(std::move(bytes))) {}

    /// What is left of them behind the first `skipped`.
    SharedBytes from(std::size_t skipped) const {
        SharedBytes rest = *this;
        rest.m_skipped += skipped;
        return rest;
    }
    const u8* data() const { return m_whole ? m_whole->data() + m_skipped : nullptr; }
    std::size_t size() const { return m_whole ? m_whole->size() - m_skipped : 0; }
    bool empty() const { return size() == 0; }
    const u8* begin() const { return data(); }
    const u8* end() const { return data() + size(); }
    u8 operator[](std::size_t i) const { return data()[i]; }

    /// As Archive::blob().
    void archive_blob(Archive& ar, std::size_t maximum) {
        std::vector<u8> bytes(begin(), end());
        ar.blob(bytes, maximum);
        if (ar.is_loading()) *this = std::move(bytes);
    }

  private:
    std::shared_ptr<const std::vector<u8>> m_whole;
    std::size_t m_skipped = 0; ///< of them
};

} // namespace ringshift
