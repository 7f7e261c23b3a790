// Guest RAM: one memfd, so that the CPU, DMA, windows and a hardware engine can all map the same memory.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "mmu/physical_map.h"

#include <span>

namespace ringshift {

class GuestRam {
  public:
    /// `size` in bytes, a multiple of 4 KiB. Fails with a message when the host cannot provide it.
    static Result<GuestRam> create(u64 size);
    GuestRam(GuestRam&& other) noexcept;
    GuestRam& operator=(GuestRam&&) = delete;
    ~GuestRam();

    u64 size() const { return m_size; }
    u8* data() { return m_data; }
    std::span<u8> bytes() { return {m_data, m_size}; }
    int fd() const { return m_fd; }
    SharedMemory shared() const { return {m_data, m_size, m_fd}; }

  private:
    GuestRam(int fd, u8* data, u64 size) : m_fd(fd), m_data(data), m_size(size) {}

    int m_fd;
    u8* m_data;
    u64 m_size;
};

} // namespace ringshift
