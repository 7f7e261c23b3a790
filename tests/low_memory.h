// Whether the window at home (mmu/windows.h) can be: on some hosts the first 4 GiB of the address space are in use, as
// by AddressSanitizer's shadow, or the kernel does not give them.
#pragma once

#include "mmu/windows.h"

#include <catch2/catch.hpp>

#include <sys/mman.h>

namespace ringshift {

inline bool low_memory_is_free() {
    const auto first = u64{Windows::first_at_home} * page_size;
    void* const wanted = reinterpret_cast<void*>(first);
    void* const got = mmap(wanted, Windows::size - first, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED) return false;
    munmap(got, Windows::size - first);
    return got == wanted;
}

} // namespace ringshift

/// Ends a test case where there can be no window at home, and says so.
#define NEEDS_LOW_MEMORY()                                                                                             \
    if (!ringshift::low_memory_is_free()) {                                                                            \
        WARN("skipped: the first 4 GiB of the address space are in use");                                              \
        return;                                                                                                        \
    }
