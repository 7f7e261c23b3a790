// Media for device tests: a disk in memory that can be told to fail, and the sink that hears of it.
#pragma once

#include "base/device.h"

#include <algorithm>
#include <string>
#include <vector>

namespace ringshift {

/// A BlockBackend in memory. The bytes are shared with the test through `bytes` of the Medium it was made from.
struct Medium {
    std::vector<u8> bytes;
    bool read_only = false;
    /// The next operations of the kind fail, this many of them.
    unsigned failing_reads = 0, failing_writes = 0, failing_flushes = 0;
    unsigned flushes = 0;

    explicit Medium(std::size_t size, bool ro = false) : bytes(size), read_only(ro) {}
    /// Byte i of sector n is a function of both, so that misplaced data shows.
    void fill_pattern(std::size_t sector_size = 512) {
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bytes[i] = static_cast<u8>((i / sector_size) * 37 + i % sector_size * 3 + i / (sector_size * 256));
    }
};

class MemoryBackend final : public BlockBackend {
  public:
    explicit MemoryBackend(Medium& medium) : m_medium(medium) {}
    u64 size() const override { return m_medium.bytes.size(); }
    bool read_only() const override { return m_medium.read_only; }
    Result<> read(u64 offset, std::span<u8> out) override {
        if (failing(m_medium.failing_reads)) return make_error("injected read error");
        if (offset > size() || out.size() > size() - offset) return make_error("read past the end");
        std::copy_n(m_medium.bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
        return Unit{};
    }
    Result<> write(u64 offset, std::span<const u8> in) override {
        if (failing(m_medium.failing_writes)) return make_error("injected write error");
        if (offset > size() || in.size() > size() - offset) return make_error("write past the end");
        std::copy(in.begin(), in.end(), m_medium.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        return Unit{};
    }
    Result<> flush() override {
        if (failing(m_medium.failing_flushes)) return make_error("injected flush error");
        ++m_medium.flushes;
        return Unit{};
    }

  private:
    static bool failing(unsigned& count) {
        if (count == 0) return false;
        --count;
        return true;
    }
    Medium& m_medium;
};

class CollectingHostErrors final : public HostErrorSink {
  public:
    std::vector<std::string> messages;
    void host_error(std::string_view device, const Error& error) override {
        messages.push_back(std::string(device) + ": " + error.message);
    }
};

} // namespace ringshift
