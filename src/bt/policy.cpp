#include "bt/policy.h"

#include <charconv>
#include <map>
#include <optional>

namespace ringshift::bt {

namespace {

/// What all three do: in a stretch of the cache, what runs is laid from m_next on upwards, what is cold from m_last on
/// downwards, until they meet.
class SequentialPolicy : public CachePolicy {
  public:
    void removed(u32 offset) override {
        const auto it = m_placed.find(offset);
        if (it == m_placed.end()) return;
        if (it->second.cold_size != 0) m_cold.erase(it->second.cold);
        m_placed.erase(it);
    }
    void clear() override {
        m_placed.clear();
        m_cold.clear();
        begin(0);
    }
    u32 largest() const override { return m_stretch; }

  protected:
    explicit SequentialPolicy(u32 stretch) : m_stretch(stretch) { begin(0); }
    void begin(u32 first) {
        m_next = first;
        m_last = first + m_stretch;
    }
    bool fits(u32 size, u32 cold_size) const { return m_next + size + cold_size <= m_last; }
    Place put(u32 size, u32 cold_size) {
        m_last -= cold_size;
        const Place place{m_next, m_last};
        m_next += size;
        m_placed[place.offset] = {size, place.cold, cold_size};
        if (cold_size != 0) m_cold[place.cold] = place.offset;
        return place;
    }
    /// Every block that has bytes in [begin, end).
    void evict(u32 begin, u32 end, std::vector<u32>& evicted) {
        while (const auto offset = in_the_way(begin, end)) {
            evicted.push_back(*offset);
            removed(*offset);
        }
    }

    const u32 m_stretch; ///< bytes
    u32 m_next = 0, m_last = 0;

  private:
    struct Placed {
        u32 size = 0, cold = 0, cold_size = 0;
    };
    std::optional<u32> in_the_way(u32 begin, u32 end) const {
        if (begin == end) return std::nullopt;
        auto it = m_placed.upper_bound(begin);
        if (it != m_placed.begin() && std::prev(it)->first + std::prev(it)->second.size > begin) --it;
        if (it != m_placed.end() && it->first < end) return it->first;
        auto cold = m_cold.upper_bound(begin);
        if (cold != m_cold.begin() && std::prev(cold)->first + m_placed.at(std::prev(cold)->second).cold_size > begin)
            --cold;
        if (cold != m_cold.end() && cold->first < end) return cold->second;
        return std::nullopt;
    }

    std::map<u32, Placed> m_placed; ///< by offset
    std::map<u32, u32> m_cold;      ///< by offset of the cold part: that of the block
};

class Fifo final : public SequentialPolicy {
  public:
    /// One unit is the policy "flush".
    Fifo(u32 size, u32 units) : SequentialPolicy(size / units & ~63u), m_units(units) {}
    Place place(u32 size, u32 cold_size, std::vector<u32>& evicted) override {
        if (!fits(size, cold_size)) {
            m_current = (m_current + 1) % m_units;
            begin(m_current * m_stretch);
            evict(m_next, m_last, evicted);
        }
        return put(size, cold_size);
    }
    void clear() override {
        SequentialPolicy::clear();
        m_current = 0;
    }

  private:
    const u32 m_units;
    u32 m_current = 0;
};

class Ring final : public SequentialPolicy {
  public:
    explicit Ring(u32 size) : SequentialPolicy(size) {}
    Place place(u32 size, u32 cold_size, std::vector<u32>& evicted) override {
        if (!fits(size, cold_size)) begin(0);
        evict(m_next, m_next + size, evicted);
        evict(m_last - cold_size, m_last, evicted);
        return put(size, cold_size);
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
