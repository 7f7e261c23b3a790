// A table of zeros that takes memory where it has been written to, and nowhere else: for what is numbered by addresses
// that are far apart.
#pragma once

#include "base/types.h"

#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <type_traits>
#include <utility>

namespace ringshift {

template <typename T>
requires std::is_trivially_copyable_v<T>
class ZeroedTable {
  public:
    ZeroedTable() = default;
    explicit ZeroedTable(std::size_t size) { grow(size); }
    ZeroedTable(ZeroedTable&& other) noexcept
        : m_data(std::exchange(other.m_data, nullptr)), m_bytes(std::exchange(other.m_bytes, 0)) {}
    ZeroedTable& operator=(ZeroedTable&& other) noexcept {
        std::swap(m_data, other.m_data);
        std::swap(m_bytes, other.m_bytes);
        return *this;
    }
    ~ZeroedTable() {
        if (m_data) munmap(m_data, m_bytes);
    }

    /// To `size` elements at least; what is new is zero.
    void grow(std::size_t size) {
        const std::size_t bytes = (size * sizeof(T) + page_mask) & ~page_mask;
        if (bytes <= m_bytes) return;
        void* memory =
            m_data ? mremap(m_data, m_bytes, bytes, MREMAP_MAYMOVE)
                   : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        m_data = static_cast<T*>(memory);
        m_bytes = bytes;
    }
    std::size_t size() const { return m_bytes / sizeof(T); }
    T& operator[](std::size_t i) { return m_data[i]; }
    const T& operator[](std::size_t i) const { return m_data[i]; }

  private:
    T* m_data = nullptr;
    std::size_t m_bytes = 0;
};

} // namespace ringshift
