#include "bt/policy.h"

#include <charconv>
#include <map>

namespace ringshift::bt {

namespace {

/// What all three do: blocks are laid one behind the other from m_next on.
class SequentialPolicy : public CachePolicy {
  public:
    explicit SequentialPolicy(u32 size) : m_size(size) {}
    void removed(u32 offset) override { m_placed.erase(offset); }
    void clear() override {
        m_placed.clear();
        m_next = 0;
    }

  protected:
    u32 put(u32 size) {
        const u32 offset = m_next;
        m_placed[offset] = size;
        m_next += size;
        return offset;
    }
    /// Every block that has bytes in [begin, end).
    void evict(u32 begin, u32 end, std::vector<u32>& evicted) {
        auto it = m_placed.lower_bound(begin);
        if (it != m_placed.begin() && std::prev(it)->first + std::prev(it)->second > begin) --it;
        while (it != m_placed.end() && it->first < end) {
            evicted.push_back(it->first);
            it = m_placed.erase(it);
        }
    }

    const u32 m_size;
    u32 m_next = 0;

  private:
    std::map<u32, u32> m_placed; ///< sizes by offset
};

class Fifo final : public SequentialPolicy {
  public:
    /// One unit is the policy "flush".
    Fifo(u32 size, u32 units) : SequentialPolicy(size), m_unit(size / units & ~63u), m_units(units) {}
    u32 largest() const override { return m_unit; }
    u32 place(u32 size, std::vector<u32>& evicted) override {
        const u32 unit_end = (m_current + 1) * m_unit;
        if (m_next + size > unit_end) {
            m_current = (m_current + 1) % m_units;
            m_next = m_current * m_unit;
            evict(m_next, m_next + m_unit, evicted);
        }
        return put(size);
    }
    void clear() override {
        SequentialPolicy::clear();
        m_current = 0;
    }

  private:
    const u32 m_unit; ///< bytes
    const u32 m_units;
    u32 m_current = 0;
};

class Ring final : public SequentialPolicy {
  public:
    using SequentialPolicy::SequentialPolicy;
    u32 largest() const override { return m_size; }
    u32 place(u32 size, std::vector<u32>& evicted) override {
        if (m_next + size > m_size) m_next = 0;
        evict(m_next, m_next + size, evicted);
        return put(size);
    }
};

} // namespace

Result<std::unique_ptr<CachePolicy>> make_policy(std::string_view name, u32 size) {
    constexpr std::string_view fifo = "fifo:";
    if (name == "flush") return std::unique_ptr<CachePolicy>(std::make_unique<Fifo>(size, 1));
    if (name == "ring") return std::unique_ptr<CachePolicy>(std::make_unique<Ring>(size));
    if (name.starts_with(fifo)) {
        const std::string_view number = name.substr(fifo.size());
        const u32 most = size / smallest_unit;
        u32 units = 0;
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), units);
        if (error == std::errc{} && end == number.data() + number.size() && units >= 2 && units <= most)
            return std::unique_ptr<CachePolicy>(std::make_unique<Fifo>(size, units));
        return make_error("cache policy \"{}\": a cache of {} KiB has from 2 to {} units, for example fifo:8", name,
                          size >> 10, most);
    }
    return make_error("cache policy \"{}\" is none of: flush, fifo:N (N units, for example fifo:8), ring", name);
}

} // namespace ringshift::bt
