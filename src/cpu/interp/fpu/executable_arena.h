// Memory for generated host code, written through one mapping and executed through another.
#pragma once

#include "base/types.h"

#include <span>

namespace ringshift {

class ExecutableArena {
  public:
    /// `size` in bytes, a multiple of 4 KiB. A host that refuses executable mappings is an assertion failure.
    explicit ExecutableArena(std::size_t size);
    ~ExecutableArena();
    ExecutableArena(const ExecutableArena&) = delete;
    ExecutableArena& operator=(const ExecutableArena&) = delete;

    /// Copies code into the arena; the address to call, or null when it is full.
    const void* publish(std::span<const u8> code);

  private:
    std::size_t m_size;
    std::size_t m_used = 0;
    u8* m_writable = nullptr;
    u8* m_executable = nullptr;
};

} // namespace ringshift
