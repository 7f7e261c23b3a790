// A floppy that exists in memory only: a boot sector that came as a short file becomes a whole disk.
#pragma once

#include "machine/disk_image.h"

#include <vector>

namespace ringshift {

class MemoryMedium final : public DiskImage {
  public:
    /// `content` from the start of the medium, zeros after it; `size` in bytes.
    MemoryMedium(std::vector<u8> content, u64 size);

    u64 size() const override { return m_bytes.size(); }
    bool read_only() const override { return false; }
    Result<> read(u64 offset, std::span<u8> out) override;
    Result<> write(u64 offset, std::span<const u8> in) override;
    Result<> flush() override { return Unit{}; }

    const std::string& path() const override { return m_path; }
    const std::string& note() const override { return m_note; }
    void archive(Archive& ar) override;
    Result<> set_locked(bool) override { return Unit{}; }

  private:
    std::vector<u8> m_bytes;
    std::string m_path, m_note; ///< empty
};

} // namespace ringshift
