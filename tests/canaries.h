// Host memory that no guest may reach: pages beside the places where memory windows are (mmu/windows.cpp), behind their
// guards, filled with a word that nothing else has.
#pragma once

#include "mmu/windows.h"

#include <cstring>
#include <span>
#include <sys/mman.h>
#include <vector>

namespace ringshift {

class Canaries {
  public:
    static constexpr u64 word = 0xCA4A11E5B1AD5EED;

    /// Beside the first windows of the process, whether they exist yet or not.
    explicit Canaries(unsigned windows = 4) {
        constexpr u64 first_place = 0x100000000000, stride = u64{8} << 30;
        for (unsigned i = 0; i < windows; ++i) {
            const u64 place = first_place + i * stride;
            add(place - Windows::guard - size);
            add(place + Windows::size + Windows::guard);
        }
    }
    ~Canaries() {
        for (u8* page : m_places) munmap(page, size);
    }
    Canaries(const Canaries&) = delete;
    Canaries& operator=(const Canaries&) = delete;

    std::size_t count() const { return m_places.size(); }
    bool untouched() const {
        for (const u8* place : m_places)
            for (u64 i = 0; i < size; i += sizeof word)
                if (std::memcmp(place + i, &word, sizeof word) != 0) return false;
        return true;
    }
    /// Whether it has been read: at any byte of what a guest can see.
    static bool in(std::span<const u8> bytes) {
        constexpr u8 first = word & 0xFF;
        for (std::size_t i = 0; i + sizeof word <= bytes.size(); ++i) {
            const void* found = std::memchr(bytes.data() + i, first, bytes.size() - i - (sizeof word - 1));
            if (!found) return false;
            i = static_cast<std::size_t>(static_cast<const u8*>(found) - bytes.data());
            if (std::memcmp(found, &word, sizeof word) == 0) return true;
        }
        return false;
    }

  private:
    static constexpr u64 size = 64 << 10;
    void add(u64 address) {
        void* at = mmap(reinterpret_cast<void*>(address), size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (at == MAP_FAILED) return;
        for (u64 i = 0; i < size; i += sizeof word) std::memcpy(static_cast<u8*>(at) + i, &word, sizeof word);
        m_places.push_back(static_cast<u8*>(at));
    }
    std::vector<u8*> m_places;
};

} // namespace ringshift
