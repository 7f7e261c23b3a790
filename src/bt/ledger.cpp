#include "bt/ledger.h"

#include "bt/block.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <utility>

namespace ringshift::bt {

std::string Ledger::discrepancy() const {
    u64 sum = 0, inside = 0;
    for (std::size_t i = 0; i < levels.size(); ++i) (level_facts[i].cold ? sum : inside) += levels[i];
    if (split && inside != cached)
        return fmt::format("{} entries from inside the cache, but {} counted by the blocks", cached, inside);
    sum += cached;
    if (sum != entries) return fmt::format("{} entries, but the levels add up to {}", entries, sum);
    const u64 causes_sum = std::accumulate(causes.begin(), causes.end(), u64{0});
    if (causes_sum != level(Level::translate))
        return fmt::format("{} translations, but the causes add up to {}", level(Level::translate), causes_sum);
    return {};
}

u32 History::place_of(const BlockKey& key) { return BlockKey{key.start, key.eip, 0}.hash(); }

u16 History::mode_of(const BlockKey& key) { return static_cast<u16>(key.mode % most_modes + 1); }

History::Found History::find(u32 place, u16 mode) const {
    const std::size_t mask = m_entries.size() - 1;
    bool found = false;
    for (std::size_t i = u64{place} * 0x9E3779B97F4A7C15u >> 32;; ++i) {
        const Entry there = m_entries[i & mask];
        if (there.mode == 0) return {i & mask, found};
        if (m_places[i & mask] != place) continue;
        found = true;
        if (there.mode == mode) return {i & mask, true};
    }
}

void History::grow() {
    const std::vector<Entry> entries = std::exchange(m_entries, std::vector<Entry>(2 * m_entries.size()));
    const std::vector<u32> places = std::exchange(m_places, std::vector<u32>(2 * m_places.size()));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].mode == 0) continue;
        const std::size_t at = find(places[i], entries[i].mode).at;
        m_entries[at] = entries[i];
        m_places[at] = places[i];
    }
}

Cause History::translated(const BlockKey& key) {
    if (m_count >= most_keys) {
        std::fill(m_entries.begin(), m_entries.end(), Entry{});
        m_count = 0;
    }
    if (3 * (m_count + 1) > 2 * m_entries.size()) grow();
    const u32 place = place_of(key);
    const auto [at, known_place] = find(place, mode_of(key));
    if (m_entries[at].mode != 0) return static_cast<Cause>(m_entries[at].cause);
    m_entries[at].mode = mode_of(key) & most_modes;
    m_entries[at].cause = static_cast<u16>(Cause::flush) & 0xF;
    m_places[at] = place;
    ++m_count;
    return known_place ? Cause::mode : Cause::compulsory;
}

void History::lost(const BlockKey& key, Cause why) {
    if (Entry& entry = m_entries[find(place_of(key), mode_of(key)).at]; entry.mode != 0)
        entry.cause = static_cast<u16>(why) & 0xF;
}

} // namespace ringshift::bt
