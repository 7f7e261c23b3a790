#include "bt/ledger.h"

#include "bt/block.h"

#include <fmt/format.h>
#include <numeric>

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

Cause History::translated(const BlockKey& key) {
    if (m_keys.size() >= most_keys) {
        m_keys.clear();
        m_places.clear();
    }
    const bool new_place = m_places.insert(BlockKey{key.start, key.eip, 0}.hash()).second;
    const auto [it, is_new] = m_keys.emplace(key.hash(), Cause::flush);
    if (!is_new) return it->second;
    return new_place ? Cause::compulsory : Cause::mode;
}

void History::lost(const BlockKey& key, Cause why) {
    if (const auto it = m_keys.find(key.hash()); it != m_keys.end()) it->second = why;
}

} // namespace ringshift::bt
