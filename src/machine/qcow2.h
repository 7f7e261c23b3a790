// Disk images in the qcow2 format, versions 2 and 3: read, written, with backing files, compressed clusters and
// clusters shared with internal snapshots (the format: QEMU's docs/interop/qcow2.txt). What is refused: encryption,
// external data files, subclusters, images marked as in doubt. See the essay in qcow2.cpp for what a power cut can do.
#pragma once

#include "base/device.h"
#include "machine/image_file.h"
#include "machine/qcow2_refcounts.h"

#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ringshift {

/// Whether a file that begins with `bytes` is a qcow2 (or qcow) image.
bool is_qcow2(std::span<const u8> bytes);

class Qcow2 final : public BlockBackend {
  public:
    /// Opens what an image names as its backing file; `format` is empty if it does not say.
    using OpenBacking =
        std::function<Result<std::unique_ptr<BlockBackend>>(const std::string& name, const std::string& format)>;
    /// `file` decides whether the image can be written.
    static Result<std::unique_ptr<Qcow2>> open(std::unique_ptr<ImageFile> file, const OpenBacking& open_backing);

    struct Backing {
        std::string name, format; ///< no name: none
    };
    static constexpr u64 largest_size = u64{64} << 40;
    /// Makes an empty image (version 3, clusters of 64 KiB) in an empty file. `size`: bytes, a multiple of 512.
    static Result<> create(ImageFile& file, u64 size, const Backing& backing);

    u64 size() const override { return m_header.size; }
    bool read_only() const override { return m_file->read_only(); }
    Result<> read(u64 offset, std::span<u8> out) override;
    Result<> write(u64 offset, std::span<const u8> in) override;
    Result<> flush() override;
    /// What is in memory is what is in the file; what was not flushed is gone.
    Result<> reload();
    Result<> set_locked(bool locked) { return m_file->set_locked(locked); }
    /// Keeps the disk as it is now, under an id of its own (qcow2_states.cpp). `time`: seconds since 1970.
    Result<> keep_state(const std::string& id, const std::string& name, i64 time, u64 virtual_ns);
    std::size_t states() const { return m_states.size(); }
    bool has_state(const std::string& id) { return find_state(id) != m_states.end(); }
    /// The disk is again what it was; the state stays.
    Result<> go_back(const std::string& id);
    /// An id that is not there is none any more.
    Result<> forget_state(const std::string& id);
    /// Makes the disk larger.
    Result<> resize(u64 size);

    u64 cluster_size() const { return u64{1} << m_header.cluster_bits; }
    unsigned version() const { return m_header.version; }
    const Backing& backing() const { return m_header.backing; }
    /// Nothing was ever written to it.
    bool empty() const;

  private:
    struct Header {
        u32 version = 0, cluster_bits = 0, refcount_order = 4;
        u64 size = 0;
        u32 l1_size = 0, refcount_clusters = 0, snapshots = 0;
        u64 l1_offset = 0, refcount_offset = 0, snapshots_offset = 0;
        u64 autoclear = 0;
        bool zstd = false;
        Backing backing;
    };
    /// A table of L2 entries in memory.
    struct L2 {
        std::vector<u64> entries;
        bool is_new = false; ///< not yet in the file, nor named there
        std::size_t dirty_begin = ~std::size_t{0}, dirty_end = 0;
        bool dirty() const { return dirty_begin < dirty_end; }
    };
    /// Where the bytes of a cluster are.
    struct Place {
        enum class Kind { nowhere, zero, data, compressed } kind = Kind::nowhere;
        u64 offset = 0;
        u64 length = 0;   ///< compressed
        bool own = false; ///< may be written in place
    };

    struct State {
        std::string id;
        u64 l1_offset = 0;
        u32 l1_size = 0;
        std::vector<u8> raw; ///< as the file has it
    };
    struct Tree {
        u64 l1_offset, l1_size;
    };

    explicit Qcow2(std::unique_ptr<ImageFile> file) : m_file(std::move(file)) {}
    static Result<Header> read_header(ImageFile& file);
    static Result<> read_extensions(ImageFile& file, Header& header, u64 at, u64 end);
    Result<> load_l1();
    Error damaged(std::string_view how) const;
    u64 l2_entries() const { return cluster_size() / 8; }
    u64 l2_index(u64 offset) const { return (offset >> m_header.cluster_bits) % l2_entries(); }
    u64 l1_index(u64 offset) const { return (offset >> m_header.cluster_bits) / l2_entries(); }
    bool is_metadata(u64 offset) const { return m_metadata.contains(offset >> m_header.cluster_bits); }

    /// Null: the table is not there, and `writing` is false.
    Result<L2*> table(u64 l1_index, bool writing);
    Result<L2*> make_table(u64 l1_index);
    Result<> make_room_for_table();
    Place place_of(u64 entry) const;
    Result<> check_place(const Place& place) const;
    Result<> read_cluster(const Place& place, u64 offset, std::span<u8> out);
    Result<> read_backing(u64 offset, std::span<u8> out);
    Result<> read_compressed(const Place& place, u64 inside, std::span<u8> out);
    Result<> write_cluster(u64 offset, std::span<const u8> in);
    Result<> write_new_cluster(L2& table, u64 offset, const Place& old, std::span<const u8> in);
    void release(const Place& place);

    // qcow2_states.cpp
    Result<> load_states();
    std::vector<State>::iterator find_state(const std::string& id);
    Result<std::vector<u64>> read_table(u64 offset, u64 entries);
    Result<u64> write_table(const std::vector<u64>& table);
    Result<> count_tree(const std::vector<u64>& l1, int change, bool tables);
    Result<> drop_tree(u64 l1_offset, u64 l1_size);
    Result<> write_active(std::vector<u64> l1);
    Result<> write_states(const std::vector<State>& states);
    Result<> switch_tables(const std::vector<u64>& from, const std::vector<Tree>& dropped,
                           const std::vector<State>& states);
    Result<> change_states(const std::function<Result<>()>& change);

    Result<> commit();
    Result<> write_l2(u64 l1_index, L2& table, bool whole);
    Result<> write_header_fields();

    std::unique_ptr<ImageFile> m_file;
    Header m_header;
    std::unique_ptr<BlockBackend> m_backing;
    std::unique_ptr<Qcow2Refcounts> m_refcounts;
    std::vector<u64> m_l1;
    std::vector<u64> m_dirty_l1;          ///< indices
    std::unordered_map<u64, L2> m_tables; ///< by L1 index
    std::unordered_set<u64> m_metadata;   ///< clusters that are no data, by number
    std::vector<u64> m_released;          ///< offsets; their counts go down after the next commit
    std::vector<State> m_states;
    u64 m_states_size = 0; ///< bytes of their list in the file
    bool m_header_dirty = false;
    u64 m_decompressed = ~u64{0}; ///< file offset of the compressed cluster in m_decompressed_bytes
    std::vector<u8> m_decompressed_bytes;
};

} // namespace ringshift
