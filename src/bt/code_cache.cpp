#include "bt/code_cache.h"

#include "base/types.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace ringshift::bt {

Result<std::unique_ptr<CodeMemory>> CodeMemory::create(u64 size) {
    size = (size + page_mask) & ~page_mask;
    const int file = memfd_create("ringshift code", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0) {
        const int error = errno;
        if (file >= 0) close(file);
        return make_error("no memory for a code cache of {} KiB: {}", size >> 10, std::strerror(error));
    }
    std::unique_ptr<CodeMemory> memory(new CodeMemory);
    void* writable = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void* executable = mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    const int error = errno;
    close(file);
    memory->m_size = static_cast<u32>(size);
    if (writable != MAP_FAILED) memory->m_writable = static_cast<u8*>(writable);
    if (executable != MAP_FAILED) memory->m_executable = static_cast<u8*>(executable);
    if (writable == MAP_FAILED || executable == MAP_FAILED)
        return make_error("a code cache of {} KiB cannot be mapped: {}; try a smaller --cache-size or --engine interp",
                          size >> 10, std::strerror(error));
    return memory;
}

CodeMemory::~CodeMemory() {
    if (m_writable) munmap(m_writable, m_size);
    if (m_executable) munmap(m_executable, m_size);
}

void CodeMemory::publish(u32 offset, std::span<const u8> code) {
    ASSERT(offset + code.size() <= m_size);
    std::memcpy(m_writable + offset, code.data(), code.size());
    m_written = true;
}

void CodeMemory::relocate(u32 offset, u32 distance) {
    u32 relative;
    std::memcpy(&relative, m_writable + offset, sizeof relative);
    relative += distance;
    std::memcpy(m_writable + offset, &relative, sizeof relative);
}

void CodeMemory::patch(u32 offset, u32 target) {
    const u32 relative = target - (offset + 4);
    std::memcpy(m_writable + offset, &relative, sizeof relative);
    m_written = true;
}

void CodeMemory::synchronise() {
    if (!m_written) return;
    m_written = false;
    // IRET is a serialising instruction that no hypervisor intercepts.
    u64 scratch;
    asm volatile("mov %%ss, %k0\n\t"
                 "lea -128(%%rsp), %%rsp\n\t" // the red zone
                 "mov %%rsp, %%r11\n\t"
                 "push %0\n\t"
                 "push %%r11\n\t"
                 "pushfq\n\t"
                 "mov %%cs, %k0\n\t"
                 "push %0\n\t"
                 "lea 1f(%%rip), %0\n\t"
                 "push %0\n\t"
                 "iretq\n"
                 "1:\n\t"
                 "lea 128(%%rsp), %%rsp"
                 : "=&r"(scratch)
                 :
                 : "memory", "cc", "r11");
}

} // namespace ringshift::bt
