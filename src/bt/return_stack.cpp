#include "bt/return_stack.h"

#include "bt/runtime.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>

namespace ringshift::bt {

namespace {
constexpr u64 signal_room = 256 << 10; ///< a signal of the host may arrive while the stack is full
constexpr u64 usable = maximum_budget * 8 + signal_room + page_size;
constexpr u64 guard = 64 << 10;
} // namespace

Result<std::unique_ptr<ReturnStack>> ReturnStack::create() {
    std::unique_ptr<ReturnStack> stack(new ReturnStack);
    void* memory = mmap(nullptr, usable + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return errno_error(errno, "no memory for the translator's return stack");
    stack->m_memory = static_cast<u8*>(memory);
    if (mprotect(stack->m_memory + guard, usable, PROT_READ | PROT_WRITE) != 0)
        return errno_error(errno, "no memory for the translator's return stack");
    return stack;
}

ReturnStack::~ReturnStack() {
    if (m_memory) munmap(m_memory, usable + 2 * guard);
}

u64 ReturnStack::begin(const void* sentinel) {
    u8* bottom = m_memory + guard + usable - 64;
    std::memcpy(bottom, &sentinel, sizeof sentinel);
    return reinterpret_cast<u64>(bottom);
}

void LandingPages::add(u32 linear, u32 bytes) {
    for (const u32 at : {linear, linear + bytes - 1}) {
        m_pages.set(at >> 12);
        m_regions.set((at >> 12) / region_pages);
    }
}

bool LandingPages::any(u32 first, u32 pages) const {
    for (u32 begin = first; begin < first + pages; begin = (begin | (region_pages - 1)) + 1) {
        if (!m_regions[begin / region_pages]) continue;
        const u32 end = std::min(first + pages, (begin | (region_pages - 1)) + 1);
        for (u32 i = begin; i < end; ++i)
            if (m_pages[i]) return true;
    }
    return false;
}

void LandingPages::clear() {
    m_pages.reset();
    m_regions.reset();
}

} // namespace ringshift::bt
