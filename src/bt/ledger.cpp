#include "bt/ledger.h"

#include "bt/block.h"

#include <algorithm>
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

History::Entry& History::entry_of(u32 hash, Known what) {
    const std::size_t mask = m_entries.size() - 1;
    for (std::size_t i = (u64{hash} * 0x9E3779B97F4A7C15u >> 32) + static_cast<u64>(what);; ++i) {
        Entry& entry = m_entries[i & mask];
        if (entry.what == Known::no || (entry.hash == hash && entry.what == what)) return entry;
    }
}

void History::grow() {
    std::vector<Entry> old(2 * m_entries.size());
    old.swap(m_entries);
    for (const Entry& entry : old)
        if (entry.what != Known::no) entry_of(entry.hash, entry.what) = entry;
}

Cause History::translated(const BlockKey& key) {
    if (m_count >= 2 * most_keys) {
        std::fill(m_entries.begin(), m_entries.end(), Entry{});
        m_count = 0;
    }
    if (2 * (m_count + 2) > m_entries.size()) grow();
    const u32 hash = key.hash(), place_hash = BlockKey{key.start, key.eip, 0}.hash();
    Entry& place = entry_of(place_hash, Known::place);
    const bool new_place = place.what == Known::no;
    if (new_place) {
        place = {place_hash, Known::place, {}};
        ++m_count;
    }
    Entry& entry = entry_of(hash, Known::key);
    if (entry.what == Known::key) return entry.cause;
    entry = {hash, Known::key, Cause::flush};
    ++m_count;
    return new_place ? Cause::compulsory : Cause::mode;
}

void History::lost(const BlockKey& key, Cause why) {
    if (Entry& entry = entry_of(key.hash(), Known::key); entry.what == Known::key) entry.cause = why;
}

} // namespace ringshift::bt
