// The reference counts of a qcow2 image's clusters, and the allocation of new ones, always at the end of the file.
#pragma once

#include "base/result.h"
#include "machine/image_file.h"

#include <functional>
#include <map>
#include <vector>

namespace ringshift {

class Qcow2Refcounts {
  public:
    Qcow2Refcounts(ImageFile& file, u32 cluster_bits, u32 order) : m_file(file), m_bits(cluster_bits), m_order(order) {}
    /// `clusters`: of the table. Fails if the table or a block cannot be where it should.
    Result<> load(u64 table_offset, u32 clusters);
    /// Called for each cluster of table and blocks, by offset.
    void for_each_cluster(const std::function<void(u64 offset)>& call) const;

    /// `count` clusters in a row that nobody uses, counted once; their offset. In the file they are after
    /// write_blocks() and write_table().
    Result<u64> allocate(u64 count = 1);
    /// Counts a reference less. Only when no table in the file has it any more.
    Result<> release(u64 offset);

    /// Counts a reference more or less, for a switch of tables (qcow2_states.cpp); too many are an error.
    Result<> change(u64 offset, int by);
    Result<u64> count(u64 offset);
    /// Table and blocks go to new clusters: what the file has of them stays as it is until the header names the new.
    Result<> relocate();

    bool dirty() const;
    /// What is in memory goes to the file, but for what the file's table does not know yet: first this...
    Result<> write_blocks();
    /// ...then, when that is on the disk, this. If `moved()`, the header has to name the new place after that, and then
    /// placed() is to be called.
    Result<> write_table();
    bool table_dirty() const { return m_table_begin < m_table_end || m_moved; }
    bool moved() const { return m_moved; }
    u64 table_offset() const { return m_table_offset; }
    u32 table_clusters() const { return static_cast<u32>((m_table.size() * 8) >> m_bits); }
    /// The clusters of the former table, to be released.
    std::vector<u64> placed();
    /// Offset behind the last cluster.
    u64 end() const { return m_end; }

  private:
    struct Block {
        std::vector<u8> bytes;
        bool dirty = false;
    };
    u64 cluster() const { return u64{1} << m_bits; }
    u64 per_block() const { return (cluster() * 8) >> m_order; }
    Result<Block*> block(u64 index);
    u64 get(const Block& block, u64 index) const;
    void set(Block& block, u64 index, u64 value);
    Result<u64> take();
    Result<> grow(u64 entries);
    void set_table(u64 index, u64 offset);

    ImageFile& m_file;
    u32 m_bits, m_order;
    u64 m_table_offset = 0;
    std::vector<u64> m_table;
    std::map<u64, Block> m_blocks; ///< those in memory, by index in the table
    u64 m_end = 0;
    std::size_t m_table_begin = ~std::size_t{0}, m_table_end = 0; ///< entries that the file does not have
    bool m_moved = false;
    std::vector<u64> m_former; ///< clusters of tables that were outgrown
};

/// Big-endian numbers, as the format has them.
template <typename T>
T load_big_endian(const u8* from) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(static_cast<u64>(value) << 8 | from[i]);
    return value;
}
template <typename T>
void store_big_endian(u8* to, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        to[i] = static_cast<u8>(static_cast<u64>(value) >> (8 * (sizeof(T) - 1 - i)));
}

} // namespace ringshift
