#include "machine/qcow2_refcounts.h"

#include <algorithm>
#include <unordered_set>

namespace ringshift {

namespace {
/// Of the table: for 64 KiB clusters 16 PiB.
constexpr u64 most_entries = u64{1} << 23;
} // namespace

Result<> Qcow2Refcounts::load(u64 table_offset, u32 clusters) {
    const auto damaged = [this](std::string_view how) {
        return make_error("{} is damaged: {}; try: qemu-img check -r all", m_file.what(), how);
    };
    m_table_offset = table_offset;
    m_end = (m_file.size() + cluster() - 1) >> m_bits << m_bits;
    const u64 bytes = u64{clusters} << m_bits;
    if (clusters == 0 || table_offset == 0 || table_offset % cluster() != 0 || bytes > most_entries * 8 ||
        table_offset > m_end || bytes > m_end - table_offset)
        return damaged("its table of reference counts is not where it can be");
    std::vector<u8> raw(bytes);
    TRY(m_file.read(table_offset, raw));
    m_table.resize(bytes / 8);
    std::unordered_set<u64> blocks;
    for (std::size_t i = 0; i < m_table.size(); ++i) {
        m_table[i] = load_big_endian<u64>(&raw[8 * i]);
        if (m_table[i] % cluster() != 0 || m_table[i] >= m_end)
            return damaged("its reference counts are not in the file");
        // So the search for a cluster that is not counted ends: a block takes its room in the file.
        if (m_table[i] != 0 && !blocks.insert(m_table[i]).second)
            return damaged("two of its blocks of reference counts are one");
    }
    return Unit{};
}

void Qcow2Refcounts::for_each_cluster(const std::function<void(u64 offset)>& call) const {
    for (u64 i = 0; i < table_clusters(); ++i) call(m_table_offset + (i << m_bits));
    for (const u64 offset : m_table)
        if (offset != 0) call(offset);
}

Result<Qcow2Refcounts::Block*> Qcow2Refcounts::block(u64 index) {
    const auto found = m_blocks.find(index);
    if (found != m_blocks.end()) return &found->second;
    Block loaded;
    loaded.bytes.resize(cluster());
    TRY(m_file.read(m_table[index], loaded.bytes));
    return &m_blocks.emplace(index, std::move(loaded)).first->second;
}

u64 Qcow2Refcounts::get(const Block& block, u64 index) const {
    const u64 width = u64{1} << m_order;
    if (width < 8) return block.bytes[index * width / 8] >> (index * width % 8) & ((1u << width) - 1);
    u64 value = 0;
    for (u64 i = 0; i < width / 8; ++i) value = value << 8 | block.bytes[index * width / 8 + i];
    return value;
}

void Qcow2Refcounts::set(Block& block, u64 index, u64 value) {
    const u64 width = u64{1} << m_order;
    block.dirty = true;
    if (width < 8) {
        u8& byte = block.bytes[index * width / 8];
        const unsigned shift = static_cast<unsigned>(index * width % 8);
        const unsigned mask = ((1u << width) - 1) << shift;
        byte = static_cast<u8>((byte & ~mask) | (static_cast<unsigned>(value) << shift & mask));
        return;
    }
    for (u64 i = 0; i < width / 8; ++i)
        block.bytes[index * width / 8 + i] = static_cast<u8>(value >> (width - 8 - 8 * i));
}

void Qcow2Refcounts::set_table(u64 index, u64 offset) {
    m_table[index] = offset;
    m_table_begin = std::min<std::size_t>(m_table_begin, index);
    m_table_end = std::max<std::size_t>(m_table_end, index + 1);
}

/// The next cluster at the end. A block of counts that is missing takes one first, and counts itself.
Result<u64> Qcow2Refcounts::take() {
    for (;;) {
        const u64 index = m_end >> m_bits, in_block = index % per_block(), at = index / per_block();
        if (at >= m_table.size()) {
            TRY(grow(at + 1));
            continue;
        }
        if (m_table[at] == 0) {
            Block& made = m_blocks[at];
            made.bytes.assign(cluster(), 0);
            set(made, in_block, 1);
            set_table(at, m_end);
            m_end += cluster();
            continue;
        }
        Block& counts = *TRY(block(at));
        const u64 offset = m_end;
        m_end += cluster();
        if (get(counts, in_block) != 0) continue; // a lost cluster
        set(counts, in_block, 1);
        return offset;
    }
}

Result<u64> Qcow2Refcounts::allocate(u64 count) {
    std::vector<u64> taken;
    u64 run = 0;
    while (run < count) {
        const u64 next = TRY(take());
        run = !taken.empty() && taken.back() + cluster() == next ? run + 1 : 1;
        taken.push_back(next);
    }
    // What lay before an interruption is given back.
    for (std::size_t i = 0; i + count < taken.size(); ++i) TRY(release(taken[i]));
    return taken[taken.size() - count];
}

/// The table moves to the end of the file, twice as large.
Result<> Qcow2Refcounts::grow(u64 entries) {
    const u64 per_cluster = cluster() / 8;
    const u64 clusters = (std::max<u64>(entries + entries / 2, m_table.size() * 2) + per_cluster - 1) / per_cluster;
    if (clusters * per_cluster > most_entries) return make_error("{} cannot become larger", m_file.what());
    for (u64 i = 0; i < table_clusters(); ++i) m_former.push_back(m_table_offset + (i << m_bits));
    m_table.resize(clusters * per_cluster);
    m_table_offset = TRY(allocate(clusters));
    m_moved = true;
    return Unit{};
}

Result<> Qcow2Refcounts::release(u64 offset) {
    const u64 index = offset >> m_bits, at = index / per_block();
    if (at >= m_table.size() || m_table[at] == 0) return Unit{};
    Block& counts = *TRY(block(at));
    const u64 value = get(counts, index % per_block());
    if (value != 0) set(counts, index % per_block(), value - 1);
    return Unit{};
}

Result<> Qcow2Refcounts::change(u64 offset, int by) {
    const u64 index = offset >> m_bits, at = index / per_block();
    const u64 most = m_order == 6 ? ~u64{0} : (u64{1} << (u64{1} << m_order)) - 1;
    if (at >= m_table.size() || m_table[at] == 0)
        return make_error("{} is damaged: a cluster is used and not counted; try: qemu-img check -r all",
                          m_file.what());
    Block& counts = *TRY(block(at));
    const u64 value = get(counts, index % per_block());
    if (by > 0 ? value == most : value == 0)
        return make_error("{} cannot count the uses of a cluster: convert it (ringshift disk convert)", m_file.what());
    set(counts, index % per_block(), by > 0 ? value + 1 : value - 1);
    return Unit{};
}

Result<u64> Qcow2Refcounts::count(u64 offset) {
    const u64 index = offset >> m_bits, at = index / per_block();
    if (at >= m_table.size() || m_table[at] == 0) return u64{0};
    return get(*TRY(block(at)), index % per_block());
}

Result<> Qcow2Refcounts::relocate() {
    const std::size_t blocks = m_table.size();
    for (std::size_t i = 0; i < blocks; ++i)
        if (m_table[i] != 0) TRY(block(i));
    for (std::size_t i = 0; i < blocks; ++i) {
        if (m_table[i] == 0 || (m_table_begin <= i && i < m_table_end)) continue; // new, so elsewhere already
        const u64 place = TRY(take());
        m_former.push_back(m_table[i]);
        m_table[i] = place;
        m_blocks[i].dirty = true;
    }
    for (u64 i = 0; i < table_clusters(); ++i) m_former.push_back(m_table_offset + (i << m_bits));
    m_table_offset = TRY(allocate(table_clusters()));
    m_moved = true;
    return Unit{};
}

bool Qcow2Refcounts::dirty() const {
    return table_dirty() ||
           std::any_of(m_blocks.begin(), m_blocks.end(), [](const auto& entry) { return entry.second.dirty; });
}

Result<> Qcow2Refcounts::write_blocks() {
    for (auto& [index, counts] : m_blocks) {
        if (!counts.dirty) continue;
        TRY(m_file.write(m_table[index], counts.bytes));
        counts.dirty = false;
    }
    return Unit{};
}

Result<> Qcow2Refcounts::write_table() {
    const std::size_t begin = m_moved ? 0 : m_table_begin, end = m_moved ? m_table.size() : m_table_end;
    if (begin >= end) return Unit{};
    std::vector<u8> raw((end - begin) * 8);
    for (std::size_t i = begin; i < end; ++i) store_big_endian(&raw[8 * (i - begin)], m_table[i]);
    TRY(m_file.write(m_table_offset + 8 * begin, raw));
    m_table_begin = ~std::size_t{0};
    m_table_end = 0;
    return Unit{};
}

std::vector<u64> Qcow2Refcounts::placed() {
    m_moved = false;
    return std::exchange(m_former, {});
}

} // namespace ringshift
