#include "cpu/interp/fpu/executable_arena.h"

#include "base/result.h"

#include <cerrno>
#include <cpuid.h>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace ringshift {

ExecutableArena::ExecutableArena(std::size_t size) : m_size(size) {
    const int fd = memfd_create("ringshift-thunks", MFD_CLOEXEC);
    ASSERT(fd >= 0 && ftruncate(fd, static_cast<off_t>(size)) == 0,
           "cannot create memory for generated code: {}; raise the limits on memory and open files", strerror(errno));
    void* const writable = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void* const executable = mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    if ((writable == MAP_FAILED || executable == MAP_FAILED) && errno == ENOMEM) throw std::bad_alloc();
    ASSERT(writable != MAP_FAILED && executable != MAP_FAILED,
           "cannot map executable memory: {}; this host's security policy must allow it", strerror(errno));
    close(fd);
    m_writable = static_cast<u8*>(writable);
    m_executable = static_cast<u8*>(executable);
}

ExecutableArena::~ExecutableArena() {
    munmap(m_writable, m_size);
    munmap(m_executable, m_size);
}

const void* ExecutableArena::publish(std::span<const u8> code) {
    const std::size_t begin = (m_used + 15) & ~std::size_t{15};
    if (begin + code.size() > m_size) return nullptr;
    std::memcpy(m_writable + begin, code.data(), code.size());
    m_used = begin + code.size();
    // Code modified through another linear address needs a serializing instruction before it runs (SDM vol. 3A, 8.1.3).
    unsigned a = 0, b = 0, c = 0, d = 0;
    __cpuid(0, a, b, c, d);
    return m_executable + begin;
}

} // namespace ringshift
