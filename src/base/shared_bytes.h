// Bytes that many hold and nobody changes: a kernel in a machine's configuration, in its snapshots and in the device
// that its firmware reads is one piece of memory, or a file of the host that takes none: it is read again whenever the
// guest asks for it.
#pragma once

#include "base/archive.h"
#include "base/result.h"
#include "base/types.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ringshift {

class SharedBytes {
  public:
    /// Where they are.
    class Source {
      public:
        virtual ~Source() = default;
        virtual u64 size() const = 0;
        /// Fills `out` from `offset`, all of it within size(). Fails if they are not what they were any more.
        virtual Result<> read(u64 offset, std::span<u8> out) const = 0;
    };

    SharedBytes() = default;
    SharedBytes(std::vector<u8> bytes) : m_source(std::make_shared<Memory>(std::move(bytes))) {}
    explicit SharedBytes(std::shared_ptr<const Source> source) : m_source(std::move(source)) {}

    /// What is left of them behind the first `skipped`.
    SharedBytes from(std::size_t skipped) const {
        SharedBytes rest = *this;
        rest.m_skipped += skipped;
        return rest;
    }
    std::size_t size() const { return m_source ? m_source->size() - m_skipped : 0; }
    bool empty() const { return size() == 0; }
    /// Fills `out`, all of it within size().
    Result<> read(u64 offset, std::span<u8> out) const {
        if (out.empty()) return Unit{};
        ASSERT(offset <= size() && out.size() <= size() - offset);
        return m_source->read(m_skipped + offset, out);
    }
    /// At most `most` from `offset`; fewer where they end.
    Result<std::vector<u8>> part(u64 offset, std::size_t most) const {
        std::vector<u8> bytes(offset < size() ? std::min<u64>(most, size() - offset) : 0);
        TRY(read(offset, bytes));
        return bytes;
    }
    Result<std::vector<u8>> all() const { return part(0, size()); }

    /// Shares what `other` has if the bytes are the same.
    void share_if_same(const SharedBytes& other) {
        if (size() != other.size()) return;
        const auto here = all(), there = other.all();
        if (here.ok() && there.ok() && here.value() == there.value()) *this = other;
    }

    /// As Archive::blob().
    void archive_blob(Archive& ar, std::size_t maximum) {
        std::vector<u8> bytes;
        if (!ar.is_loading()) {
            auto held = all();
            if (!held.ok()) return ar.fail(held.error().message);
            bytes = std::move(held.value());
        }
        ar.blob(bytes, maximum);
        if (ar.is_loading()) *this = std::move(bytes);
    }

  private:
    class Memory final : public Source {
      public:
        explicit Memory(std::vector<u8> bytes) : m_bytes(std::move(bytes)) {}
        u64 size() const override { return m_bytes.size(); }
        Result<> read(u64 offset, std::span<u8> out) const override {
            std::copy_n(m_bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
            return Unit{};
        }

      private:
        const std::vector<u8> m_bytes;
    };
    std::shared_ptr<const Source> m_source;
    std::size_t m_skipped = 0; ///< of it
};

} // namespace ringshift
