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

std::size_t History::place_of(u32 hash, Known what) const {
    const std::size_t mask = m_entries.size() - 1;
    for (std::size_t i = (u64{hash} * 0x9E3779B97F4A7C15u >> 32) + static_cast<u64>(what);; ++i) {
        const Known there = m_entries[i & mask].what;
        if (there == Known::no || (there == what && m_hashes[i & mask] == hash)) return i & mask;
    }
}

void History::grow() {
    const std::vector<Entry> entries = std::exchange(m_entries, std::vector<Entry>(2 * m_entries.size()));
    const std::vector<u32> hashes = std::exchange(m_hashes, std::vector<u32>(2 * m_hashes.size()));
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].what == Known::no) continue;
        const std::size_t place = place_of(hashes[i], entries[i].what);
        m_entries[place] = entries[i];
        m_hashes[place] = hashes[i];
    }
}

Cause History::translated(const BlockKey& key) {
    if (m_count >= 2 * most_keys) {
        std::fill(m_entries.begin(), m_entries.end(), Entry{});
        m_count = 0;
    }
    if (2 * (m_count + 2) > m_entries.size()) grow();
    const auto note = [this](std::size_t place, u32 hash, Entry entry) {
        m_entries[place] = entry;
        m_hashes[place] = hash;
        ++m_count;
    };
    const u32 hash = key.hash(), of_place = BlockKey{key.start, key.eip, 0}.hash();
    const std::size_t place = place_of(of_place, Known::place);
    const bool new_place = m_entries[place].what == Known::no;
    if (new_place) note(place, of_place, Entry{Known::place, Cause{}});
    const std::size_t at = place_of(hash, Known::key);
    if (m_entries[at].what == Known::key) return m_entries[at].cause;
    note(at, hash, Entry{Known::key, Cause::flush});
    return new_place ? Cause::compulsory : Cause::mode;
}

void History::lost(const BlockKey& key, Cause why) {
    if (Entry& entry = m_entries[place_of(key.hash(), Known::key)]; entry.what == Known::key) entry.cause = why;
}

} // namespace ringshift::bt
