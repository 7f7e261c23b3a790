// One function that saves and loads: a part of the machine lists its fields once, and the direction is the Archive's.
//
//     void Pit::archive(Archive& ar) {
//         ar(m_state.latch, m_state.mode);
//         ar.check(m_state.mode < 6, "PIT mode");   // a hostile snapshot must not make an impossible state
//     }
//
// Values are little-endian and packed. A loader never reads past its input: after the first failure every value loaded
// is zero and ok() is false; the caller discards what it was loading.
#pragma once

#include "base/types.h"

#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ringshift {

class Archive {
  public:
    /// An archive that appends to `out`.
    static Archive saver(std::vector<u8>& out);
    /// An archive that reads from `in`, which must outlive it.
    static Archive loader(std::span<const u8> in);

    bool is_loading() const { return m_out == nullptr; }
    bool ok() const { return m_error.empty(); }
    const std::string& error() const { return m_error; }
    /// Marks the archive as failed; the first reason is kept.
    void fail(std::string reason);
    /// When loading, fails unless `condition`: the value just loaded cannot occur.
    void check(bool condition, std::string_view what);
    /// Bytes not yet read; only when loading.
    std::size_t remaining() const { return m_in.size() - m_position; }

    /// Raw bytes, in or out.
    void bytes(void* data, std::size_t size);

    template <typename... T>
    void operator()(T&... values) {
        (value(values), ...);
    }

    /// A byte vector whose size is stored; when loading, more than `maximum` fails.
    void blob(std::vector<u8>& data, std::size_t maximum);

  private:
    Archive(std::vector<u8>* out, std::span<const u8> in) : m_out(out), m_in(in) {}

    template <typename T>
    void value(T& v) {
        if constexpr (std::is_same_v<T, bool>) {
            u8 byte = v ? 1 : 0;
            bytes(&byte, 1);
            check(byte <= 1, "boolean");
            v = byte != 0;
        } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
            bytes(&v, sizeof v);
        } else if constexpr (std::is_same_v<T, LinearAddr> || std::is_same_v<T, PhysAddr>) {
            value(v.value);
        } else {
            container(v);
        }
    }

    template <typename T, std::size_t n>
    void container(std::array<T, n>& array) {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            bytes(array.data(), sizeof array);
        } else {
            for (auto& element : array) value(element);
        }
    }
    template <typename T>
    void container(std::vector<T>& vector) {
        resizable(vector);
    }
    template <typename T>
    void container(std::deque<T>& deque) {
        resizable(deque);
    }
    template <typename T>
    void container(std::optional<T>& optional) {
        bool present = optional.has_value();
        value(present);
        if (present && !optional) optional.emplace();
        if (!present) optional.reset();
        if (present) value(*optional);
    }
    void container(std::string& string);
    /// Anything else archives itself.
    template <typename T>
    requires requires(T& v, Archive& ar) { v.archive(ar); }
    void container(T& object) { object.archive(*this); }

    template <typename C>
    void resizable(C& container_) {
        u64 size = container_.size();
        value(size);
        if (is_loading()) {
            check(size <= remaining(), "element count"); // every element takes a byte at least
            container_.clear();
            if (!ok()) return;
            container_.resize(size);
        }
        for (auto& element : container_) value(element);
    }

    std::vector<u8>* m_out;
    std::span<const u8> m_in;
    std::size_t m_position = 0;
    std::string m_error;
};

} // namespace ringshift
