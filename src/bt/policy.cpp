#include "bt/policy.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>

namespace ringshift::bt {

namespace {

struct Placed {
    u32 offset = 0, size = 0; ///< size 0: it is gone
    u32 cold = 0, cold_size = 0;

    bool is_gone() const { return size == 0; }
    bool covers(u32 place) const { return place - offset < size || place - cold < cold_size; }
};

/// Blocks in the order in which they were placed: offsets rise, those of the cold parts fall.
using Row = std::deque<Placed>;

Row::iterator find(Row& row, u32 offset) {
    const auto it =
        std::lower_bound(row.begin(), row.end(), offset, [](const Placed& p, u32 at) { return p.offset < at; });
    return it != row.end() && it->offset == offset && !it->is_gone() ? it : row.end();
}

void remove(Placed& placed) { placed.size = placed.cold_size = 0; }

std::optional<u32> around(const Row& row, u32 place) {
    const auto behind =
        std::upper_bound(row.begin(), row.end(), place, [](u32 at, const Placed& p) { return at < p.offset; });
    if (behind != row.begin() && std::prev(behind)->covers(place)) return std::prev(behind)->offset;
    const auto cold =
        std::lower_bound(row.begin(), row.end(), place, [](const Placed& p, u32 at) { return p.cold > at; });
    if (cold != row.end() && cold->covers(place)) return cold->offset;
    return std::nullopt;
}

/// What all three do: in a stretch of the cache, what runs is laid from m_next on upwards, what is cold from m_last on
/// downwards, until they meet.
class SequentialPolicy : public CachePolicy {
  public:
    u32 largest() const override { return m_stretch; }

  protected:
    explicit SequentialPolicy(u32 stretch) : m_stretch(stretch) { begin(0); }
    void begin(u32 first) {
        m_next = first;
        m_last = first + m_stretch;
    }
    bool fits(u32 size, u32 cold_size) const { return m_next + size + cold_size <= m_last; }
    Place put(Row& row, u32 size, u32 cold_size) {
        m_last -= cold_size;
        row.push_back({m_next, size, m_last, cold_size});
        m_next += size;
        return {row.back().offset, m_last};
    }

    const u32 m_stretch; ///< bytes
    u32 m_next = 0, m_last = 0;
};

class Fifo final : public SequentialPolicy {
  public:
    /// One unit is the policy "flush".
    Fifo(u32 size, u32 units) : SequentialPolicy(size / units & ~63u), m_units(units) {}
    Place place(u32 size, u32 cold_size, std::vector<u32>& evicted) override {
        if (!fits(size, cold_size)) {
            m_current = (m_current + 1) % m_units.size();
            begin(static_cast<u32>(m_current) * m_stretch);
            for (const Placed& placed : m_units[m_current])
                if (!placed.is_gone()) evicted.push_back(placed.offset);
            m_units[m_current].clear();
        }
        return put(m_units[m_current], size, cold_size);
    }
    std::optional<u32> around(u32 place) const override {
        const std::size_t unit = place / m_stretch;
        return unit < m_units.size() ? bt::around(m_units[unit], place) : std::nullopt;
    }
    void removed(u32 offset) override {
        const std::size_t unit = offset / m_stretch;
        if (unit >= m_units.size()) return;
        if (const auto it = find(m_units[unit], offset); it != m_units[unit].end()) remove(*it);
    }
    void clear() override {
        for (Row& row : m_units) row.clear();
        m_current = 0;
        begin(0);
    }

  private:
    std::vector<Row> m_units;
    std::size_t m_current = 0;
};

/// Of the last round, what is in the way of this one lies first: what runs grows into what ran then, and the cold parts
/// into the cold ones. Where this round is longer, they grow into the other sort, and into what was placed last.
class Ring final : public SequentialPolicy {
  public:
    explicit Ring(u32 size) : SequentialPolicy(size) {}
    Place place(u32 size, u32 cold_size, std::vector<u32>& evicted) override {
        if (!fits(size, cold_size)) {
            begin(0);
            m_now.insert(m_now.end(), m_before.begin(), m_before.end()); // between the two ends
            m_before = std::exchange(m_now, {});
        }
        const auto evict = [&](Placed& placed) {
            evicted.push_back(placed.offset);
            remove(placed);
        };
        evict_for_hot(m_next, m_next + size, evict);
        evict_for_cold(m_last - cold_size, m_last, evict);
        while (!m_before.empty() && m_before.front().is_gone()) m_before.pop_front();
        while (!m_before.empty() && m_before.back().is_gone()) m_before.pop_back();
        return put(m_now, size, cold_size);
    }
    std::optional<u32> around(u32 place) const override {
        const auto now = bt::around(m_now, place);
        return now ? now : bt::around(m_before, place);
    }
    void removed(u32 offset) override {
        for (Row* row : {&m_now, &m_before}) {
            const auto it = find(*row, offset);
            if (it != row->end()) remove(*it);
        }
    }
    void clear() override {
        m_now.clear();
        m_before.clear();
        begin(0);
    }

  private:
    static bool overlap(u32 at, u32 size, u32 begin, u32 end) { return at < end && begin < at + size && size != 0; }
    template <typename Evict>
    void evict_for_hot(u32 begin, u32 end, Evict evict) {
        for (auto p = m_before.begin(); p != m_before.end() && p->offset < end; ++p)
            if (overlap(p->offset, p->size, begin, end)) evict(*p);
        for (auto p = m_before.rbegin(); p != m_before.rend() && p->cold < end; ++p)
            if (overlap(p->cold, p->cold_size, begin, end)) evict(*p);
    }
    template <typename Evict>
    void evict_for_cold(u32 begin, u32 end, Evict evict) {
        for (auto p = m_before.begin(); p != m_before.end() && p->cold + p->cold_size > begin; ++p)
            if (overlap(p->cold, p->cold_size, begin, end)) evict(*p);
        for (auto p = m_before.rbegin(); p != m_before.rend() && p->offset + p->size > begin; ++p)
            if (overlap(p->offset, p->size, begin, end)) evict(*p);
    }

    Row m_now, m_before; ///< this round and the last one
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
