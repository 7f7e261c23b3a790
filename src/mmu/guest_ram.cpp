#include "mmu/guest_ram.h"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace ringshift {

Result<GuestRam> GuestRam::create(u64 size) {
    ASSERT(size != 0 && size % page_size == 0, "RAM size {}", size);
    const int fd = memfd_create("guest-ram", MFD_CLOEXEC);
    if (fd < 0) return errno_error(errno, "cannot create the guest's RAM");
    if (ftruncate(fd, static_cast<off_t>(size)) != 0) {
        const int number = errno;
        close(fd);
        return errno_error(
            number, fmt::format("cannot give the guest {} MiB of RAM (try a smaller --memory-size)", size >> 20));
    }
    void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (data == MAP_FAILED) {
        const int number = errno;
        close(fd);
        return errno_error(number,
                           fmt::format("cannot map {} MiB of guest RAM (try a smaller --memory-size)", size >> 20));
    }
    madvise(data, size, MADV_DONTDUMP);
    return GuestRam(fd, static_cast<u8*>(data), size);
}

GuestRam::GuestRam(GuestRam&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1)), m_data(std::exchange(other.m_data, nullptr)), m_size(other.m_size) {}

GuestRam::~GuestRam() {
    if (m_data) munmap(m_data, m_size);
    if (m_fd >= 0) close(m_fd);
}

} // namespace ringshift
