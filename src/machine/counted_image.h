// A disk image that counts how often it is used, for the light on the front of the PC.
#pragma once

#include "machine/disk_image.h"

namespace ringshift {

class CountedImage final : public DiskImage {
  public:
    /// `count` must outlive the image.
    CountedImage(std::unique_ptr<DiskImage> image, u64& count) : m_image(std::move(image)), m_count(count) {}

    u64 size() const override { return m_image->size(); }
    bool read_only() const override { return m_image->read_only(); }
    Result<> read(u64 offset, std::span<u8> out) override {
        ++m_count;
        return m_image->read(offset, out);
    }
    Result<> write(u64 offset, std::span<const u8> in) override {
        ++m_count;
        return m_image->write(offset, in);
    }
    Result<> flush() override { return m_image->flush(); }
    const std::string& path() const override { return m_image->path(); }
    const std::string& note() const override { return m_image->note(); }
    void archive(Archive& ar) override { m_image->archive(ar); }
    Result<> keep_state(const std::string& id, const std::string& name, i64 time, u64 virtual_ns) override {
        return m_image->keep_state(id, name, time, virtual_ns);
    }
    bool has_state(const std::string& id) override { return m_image->has_state(id); }
    Result<> go_back(const std::string& id) override { return m_image->go_back(id); }
    Result<> forget_state(const std::string& id) override { return m_image->forget_state(id); }
    Result<> set_locked(bool locked) override { return m_image->set_locked(locked); }

  private:
    std::unique_ptr<DiskImage> m_image;
    u64& m_count;
};

} // namespace ringshift
