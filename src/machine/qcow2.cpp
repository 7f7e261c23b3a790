// A power cut may keep or lose any write since the last flush of the file, whatever their order. An image stays whole,
// and nothing that the guest has flushed is lost, because the file never names what is not yet safely in it:
//
// - a new cluster lies at the end of the file, where nothing points to; data goes there at once;
// - reference counts, L2 tables and L1 entries change in memory only, until the guest flushes (or they become too
// many);
// - then commit() writes, with a flush of the file after each step: the counts and whole new L2 tables; the table of
//   counts; the entries of L2 tables that were there before, and of L1, which now make all of it visible;
// - what is no longer used is released after that, in memory; the file learns of it with the next commit.
//
// Cut at any moment, the file has clusters that are counted but not used (a leak that qemu-img check repairs), never
// one that is used but not counted. An entry is 8 bytes within one sector, so it is old or new. A cluster that was
// shared (backing file, internal snapshot, compressed) is written as a whole to a new place, so its old bytes do not
// depend on that write.
#include "machine/qcow2.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ringshift {

namespace {

constexpr u32 magic = 0x514649FB;
constexpr u32 smallest_cluster_bits = 9, largest_cluster_bits = 21, default_cluster_bits = 16;
constexpr u64 copied = u64{1} << 63, compressed = u64{1} << 62, zero_cluster = 1;
constexpr u64 offset_mask = 0x00FF'FFFF'FFFF'FE00;
constexpr u64 incompatible_dirty = 1, incompatible_corrupt = 2, incompatible_compression = 8;
constexpr u32 extension_backing_format = 0xE2792ACA;
constexpr u32 header_v2 = 72, header_v3 = 104;
/// L2 tables in memory, bytes: for clusters of 64 KiB those of 128 GiB of disk.
constexpr u64 table_memory = 16 << 20;
constexpr u64 most_l1_entries = 4 << 20;

} // namespace

bool is_qcow2(std::span<const u8> bytes) { return bytes.size() >= 4 && load_big_endian<u32>(bytes.data()) == magic; }

Error Qcow2::damaged(std::string_view how) const {
    return make_error("{} is damaged: {}; try: qemu-img check -r all", m_file->what(), how);
}

// --- opening

Result<Qcow2::Header> Qcow2::read_header(ImageFile& file) {
    std::array<u8, 112> raw{};
    TRY(file.read(0, raw));
    const auto word = [&raw](std::size_t at) { return load_big_endian<u32>(&raw[at]); };
    const auto quad = [&raw](std::size_t at) { return load_big_endian<u64>(&raw[at]); };
    Header h;
    h.version = word(4);
    if (!is_qcow2(raw) || (h.version != 2 && h.version != 3))
        return make_error("{} is a qcow image of version {}, which is not read here: qemu-img convert -O qcow2",
                          file.what(), h.version);
    h.cluster_bits = word(20);
    h.size = quad(24);
    h.l1_size = word(36);
    h.l1_offset = quad(40);
    h.refcount_offset = quad(48);
    h.refcount_clusters = word(56);
    h.snapshots = word(60);
    h.snapshots_offset = quad(64);
    u64 header_length = header_v2;
    if (h.version == 3) {
        const u64 incompatible = quad(72);
        h.autoclear = quad(88);
        h.refcount_order = word(96);
        header_length = word(100);
        if (incompatible & (incompatible_dirty | incompatible_corrupt))
            return make_error("{} was not closed properly, or is marked as damaged: qemu-img check -r all",
                              file.what());
        if (incompatible & ~incompatible_compression)
            return make_error("{} uses a feature of qcow2 that is not supported here: qemu-img convert -O qcow2",
                              file.what());
        if (incompatible & incompatible_compression) {
            if (raw[104] > 1) return make_error("{} is compressed in an unknown way", file.what());
            h.zstd = raw[104] == 1;
        }
    }
    if (word(32) != 0)
        return make_error("{} is encrypted, which is not supported here: qemu-img convert to another image",
                          file.what());
    const bool sane = h.cluster_bits >= smallest_cluster_bits && h.cluster_bits <= largest_cluster_bits &&
                      h.refcount_order <= 6 && header_length >= header_v2 &&
                      header_length <= (u64{1} << h.cluster_bits) && h.size <= u64{1} << 62 && h.size % 512 == 0;
    if (!sane) return make_error("{} is damaged: its header has impossible values", file.what());
    TRY(read_extensions(file, h, header_length, u64{1} << h.cluster_bits));
    const u64 name_offset = quad(8), name_size = word(16);
    if (name_offset != 0 && name_size != 0) {
        if (name_size > 1023 || name_offset + name_size < name_offset || name_offset + name_size > file.size())
            return make_error("{} is damaged: the name of its backing file is not in the file", file.what());
        h.backing.name.resize(name_size);
        TRY(file.read(name_offset, std::span(reinterpret_cast<u8*>(h.backing.name.data()), name_size)));
        if (h.backing.name.find('\0') != std::string::npos)
            return make_error("{} is damaged: its backing file has no proper name", file.what());
    }
    return h;
}

Result<> Qcow2::read_extensions(ImageFile& file, Header& header, u64 at, u64 end) {
    while (at + 8 <= end) {
        std::array<u8, 8> raw{};
        TRY(file.read(at, raw));
        const u32 type = load_big_endian<u32>(&raw[0]), length = load_big_endian<u32>(&raw[4]);
        if (type == 0) break;
        at += 8;
        if (length > end - at) return make_error("{} is damaged: its header's extensions", file.what());
        if (type == extension_backing_format && length < 64) {
            header.backing.format.resize(length);
            TRY(file.read(at, std::span(reinterpret_cast<u8*>(header.backing.format.data()), length)));
        }
        at += (u64{length} + 7) & ~u64{7};
    }
    return Unit{};
}

Result<> Qcow2::load_l1() {
    const u64 covered = cluster_size() * l2_entries();
    const u64 needed = m_header.size / covered + (m_header.size % covered != 0);
    if (m_header.l1_size < needed || m_header.l1_size > most_l1_entries || m_header.l1_offset % cluster_size() != 0 ||
        m_header.l1_offset > m_file->size() || u64{m_header.l1_size} * 8 > m_file->size() - m_header.l1_offset)
        return damaged("its L1 table is not where it can be");
    const u64 bytes = u64{m_header.l1_size} * 8;
    std::vector<u8> raw(bytes);
    TRY(m_file->read(m_header.l1_offset, raw));
    m_metadata.insert(0);
    for (u64 at = 0; at < bytes; at += cluster_size())
        m_metadata.insert((m_header.l1_offset + at) >> m_header.cluster_bits);
    m_refcounts->for_each_cluster([this](u64 offset) { m_metadata.insert(offset >> m_header.cluster_bits); });
    m_l1.resize(m_header.l1_size);
    for (std::size_t i = 0; i < m_l1.size(); ++i) {
        m_l1[i] = load_big_endian<u64>(&raw[8 * i]);
        const u64 offset = m_l1[i] & offset_mask;
        if (offset == 0) continue;
        if (offset % cluster_size() != 0 || offset >= m_refcounts->end() || is_metadata(offset))
            return damaged("an L2 table is not where it can be");
        m_metadata.insert(offset >> m_header.cluster_bits);
    }
    return Unit{};
}

Result<> Qcow2::reload() {
    m_tables.clear();
    m_dirty_l1.clear();
    m_released.clear();
    m_metadata.clear();
    m_header_dirty = false;
    m_decompressed = ~u64{0};
    m_header = TRY(read_header(*m_file));
    m_refcounts = std::make_unique<Qcow2Refcounts>(*m_file, m_header.cluster_bits, m_header.refcount_order);
    TRY(m_refcounts->load(m_header.refcount_offset, m_header.refcount_clusters));
    TRY(load_l1());
    return load_states();
}

Result<std::unique_ptr<Qcow2>> Qcow2::open(std::unique_ptr<ImageFile> file, const OpenBacking& open_backing) {
    std::unique_ptr<Qcow2> image(new Qcow2(std::move(file)));
    TRY(image->reload());
    const Header& h = image->m_header;
    if (!h.backing.name.empty()) image->m_backing = TRY(open_backing(h.backing.name, h.backing.format));
    return image;
}

// --- creating

/// Cluster 0 is the header; then the table of counts, its first block, and L1.
Result<> Qcow2::create(ImageFile& file, u64 size, const Backing& backing) {
    if (size == 0 || size % 512 != 0 || size > largest_size)
        return make_error("a disk has from 512 bytes to 64 TiB, in whole sectors");
    if (backing.name.size() > 1023) return make_error("the name of the backing file is too long: '{}'", backing.name);
    constexpr u64 cluster = u64{1} << default_cluster_bits, entries = cluster / 8, counts = cluster / 2;
    const u64 data = (size + cluster - 1) / cluster, tables = (data + entries - 1) / entries;
    const u64 l1_clusters = (tables * 8 + cluster - 1) / cluster;
    const u64 all = data + tables + l1_clusters + 2;
    const u64 blocks = all / (counts - 1) + 2, table_clusters = (blocks * 8 + cluster - 1) / cluster;
    const u64 block_offset = (1 + table_clusters) * cluster, l1_offset = block_offset + cluster;

    std::vector<u8> header(header_v3);
    const auto word = [&header](std::size_t at, u64 value) { store_big_endian(&header[at], static_cast<u32>(value)); };
    const auto quad = [&header](std::size_t at, u64 value) { store_big_endian(&header[at], value); };
    word(0, magic);
    word(4, 3);
    word(20, default_cluster_bits);
    quad(24, size);
    word(36, tables);
    quad(40, l1_offset);
    quad(48, cluster);
    word(56, table_clusters);
    word(96, 4);
    word(100, header_v3);
    const auto append = [&header](u32 type, std::string_view text) {
        const std::size_t at = header.size();
        header.resize(at + 8 + (text.size() + 7) / 8 * 8);
        store_big_endian(&header[at], type);
        store_big_endian(&header[at + 4], static_cast<u32>(text.size()));
        std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at + 8));
    };
    if (!backing.name.empty() && !backing.format.empty()) append(extension_backing_format, backing.format);
    append(0, "");
    if (!backing.name.empty()) {
        quad(8, header.size());
        word(16, backing.name.size());
        header.insert(header.end(), backing.name.begin(), backing.name.end());
    }
    std::vector<u8> table(8), block((2 + table_clusters + l1_clusters) * 2);
    store_big_endian(table.data(), block_offset);
    for (std::size_t i = 0; i < block.size(); i += 2) block[i + 1] = 1;
    TRY(file.resize(l1_offset + l1_clusters * cluster));
    TRY(file.write(cluster, table));
    TRY(file.write(block_offset, block));
    TRY(file.write(0, header));
    return file.flush();
}

// --- tables

Result<Qcow2::L2*> Qcow2::table(u64 l1_index, bool writing) {
    const u64 entry = m_l1[l1_index], offset = entry & offset_mask;
    if (offset == 0 && !writing) return static_cast<L2*>(nullptr);
    auto found = m_tables.find(l1_index);
    if (found == m_tables.end() && offset != 0) {
        TRY(make_room_for_table());
        std::vector<u8> raw(cluster_size());
        TRY(m_file->read(offset, raw));
        L2 loaded;
        loaded.entries.resize(l2_entries());
        for (std::size_t i = 0; i < loaded.entries.size(); ++i) loaded.entries[i] = load_big_endian<u64>(&raw[8 * i]);
        found = m_tables.emplace(l1_index, std::move(loaded)).first;
    }
    if (!writing || (offset != 0 && (entry & copied))) return &found->second;
    return make_table(l1_index);
}

/// A table of its own where there is none, or one that is shared with an internal snapshot.
Result<Qcow2::L2*> Qcow2::make_table(u64 l1_index) {
    if (!m_tables.contains(l1_index)) TRY(make_room_for_table());
    const u64 offset = TRY(m_refcounts->allocate()), old = m_l1[l1_index] & offset_mask;
    L2& made = m_tables[l1_index];
    made.entries.resize(l2_entries());
    made.is_new = true;
    // Its clusters are shared as well: their entries have no "copied" flag.
    if (old != 0) m_released.push_back(old);
    m_metadata.insert(offset >> m_header.cluster_bits);
    m_l1[l1_index] = offset | copied;
    m_dirty_l1.push_back(l1_index);
    return &made;
}

Result<> Qcow2::make_room_for_table() {
    if ((m_tables.size() + 1) * cluster_size() <= table_memory) return Unit{};
    TRY(commit());
    m_tables.clear();
    return Unit{};
}

Qcow2::Place Qcow2::place_of(u64 entry) const {
    Place place;
    if (entry & compressed) {
        const unsigned shift = 62 - (m_header.cluster_bits - 8);
        place.kind = Place::Kind::compressed;
        place.offset = entry & ((u64{1} << shift) - 1);
        place.length = (((entry & (compressed - 1)) >> shift) + 1) * 512 - place.offset % 512;
        return place;
    }
    place.offset = entry & offset_mask;
    place.own = (entry & copied) && place.offset != 0;
    if (m_header.version >= 3 && (entry & zero_cluster)) {
        place.kind = Place::Kind::zero;
    } else if (place.offset != 0) {
        place.kind = Place::Kind::data;
    }
    return place;
}

Result<> Qcow2::check_place(const Place& place) const {
    if (place.offset == 0) return Unit{};
    if (place.kind == Place::Kind::compressed)
        return place.offset < m_refcounts->end() ? Result<>(Unit{})
                                                 : damaged("a compressed cluster is not in the file");
    if (place.offset % cluster_size() != 0 || place.offset >= m_refcounts->end())
        return damaged("a cluster is not in the file");
    if (is_metadata(place.offset)) return damaged("a cluster of the disk lies upon the image's tables");
    return Unit{};
}

bool Qcow2::empty() const {
    return std::all_of(m_l1.begin(), m_l1.end(), [](u64 entry) { return (entry & offset_mask) == 0; });
}

// --- reading

Result<> Qcow2::read(u64 offset, std::span<u8> out) {
    TRY(check_image_range(size(), offset, out.size(), m_file->what()));
    while (!out.empty()) {
        const u64 inside = offset % cluster_size();
        const std::size_t n = static_cast<std::size_t>(std::min<u64>(out.size(), cluster_size() - inside));
        L2* l2 = TRY(table(l1_index(offset), false));
        const Place place = l2 == nullptr ? Place{} : place_of(l2->entries[l2_index(offset)]);
        TRY(check_place(place));
        TRY(read_cluster(place, offset, out.first(n)));
        out = out.subspan(n);
        offset += n;
    }
    return Unit{};
}

Result<> Qcow2::read_cluster(const Place& place, u64 offset, std::span<u8> out) {
    const u64 inside = offset % cluster_size();
    switch (place.kind) {
    case Place::Kind::nowhere: return read_backing(offset, out);
    case Place::Kind::zero: std::fill(out.begin(), out.end(), u8{0}); return Unit{};
    case Place::Kind::data: return m_file->read(place.offset + inside, out);
    case Place::Kind::compressed: return read_compressed(place, inside, out);
    }
    return Unit{};
}

/// A backing file may be smaller than the image.
Result<> Qcow2::read_backing(u64 offset, std::span<u8> out) {
    const u64 there = m_backing && offset < m_backing->size() ? m_backing->size() - offset : 0;
    const std::size_t n = static_cast<std::size_t>(std::min<u64>(out.size(), there));
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(n), out.end(), u8{0});
    return n == 0 ? Result<>(Unit{}) : m_backing->read(offset, out.first(n));
}

Result<> Qcow2::read_compressed(const Place& place, u64 inside, std::span<u8> out) {
    if (m_decompressed != place.offset) {
        std::vector<u8> packed(place.length);
        TRY(m_file->read(place.offset, packed));
        m_decompressed = ~u64{0};
        m_decompressed_bytes.resize(cluster_size());
        bool good = false;
        if (m_header.zstd) {
            const auto context =
                std::unique_ptr<ZSTD_DCtx, decltype(&::ZSTD_freeDCtx)>(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
            ZSTD_inBuffer input{packed.data(), packed.size(), 0};
            ZSTD_outBuffer output{m_decompressed_bytes.data(), m_decompressed_bytes.size(), 0};
            // What follows the frame belongs to something else.
            std::size_t left = 1;
            while (left != 0 && !::ZSTD_isError(left) && input.pos < input.size && output.pos < output.size)
                left = ::ZSTD_decompressStream(context.get(), &output, &input);
            good = !::ZSTD_isError(left) && output.pos == output.size;
        } else {
            z_stream stream{};
            if (::inflateInit2(&stream, -15) == Z_OK) {
                stream.next_in = packed.data();
                stream.avail_in = static_cast<uInt>(packed.size());
                stream.next_out = m_decompressed_bytes.data();
                stream.avail_out = static_cast<uInt>(m_decompressed_bytes.size());
                const int status = ::inflate(&stream, Z_FINISH);
                good = (status == Z_STREAM_END || status == Z_BUF_ERROR) && stream.avail_out == 0;
                ::inflateEnd(&stream);
            }
        }
        if (!good) return damaged("a compressed cluster cannot be read");
        m_decompressed = place.offset;
    }
    std::memcpy(out.data(), m_decompressed_bytes.data() + inside, out.size());
    return Unit{};
}

// --- writing

Result<> Qcow2::write(u64 offset, std::span<const u8> in) {
    if (read_only()) return make_error("{} is open for reading only", m_file->what());
    TRY(check_image_range(size(), offset, in.size(), m_file->what()));
    if (m_header.autoclear != 0) { // what other programs keep about this image (dirty bitmaps) is no longer true
        const std::array<u8, 8> cleared{};
        TRY(m_file->write(88, cleared));
        m_header.autoclear = 0;
    }
    while (!in.empty()) {
        const std::size_t n =
            static_cast<std::size_t>(std::min<u64>(in.size(), cluster_size() - offset % cluster_size()));
        TRY(write_cluster(offset, in.first(n)));
        in = in.subspan(n);
        offset += n;
    }
    return Unit{};
}

Result<> Qcow2::write_cluster(u64 offset, std::span<const u8> in) {
    L2& l2 = *TRY(table(l1_index(offset), true));
    const Place place = place_of(l2.entries[l2_index(offset)]);
    TRY(check_place(place));
    if (place.kind == Place::Kind::data && place.own) return m_file->write(place.offset + offset % cluster_size(), in);
    return write_new_cluster(l2, offset, place, in);
}

Result<> Qcow2::write_new_cluster(L2& l2, u64 offset, const Place& old, std::span<const u8> in) {
    const u64 inside = offset % cluster_size(), start = offset - inside;
    const bool in_place = old.kind == Place::Kind::zero && old.own; // allocated beforehand, and not yet used
    const u64 target = in_place ? old.offset : TRY(m_refcounts->allocate());
    const bool behind = old.kind != Place::Kind::nowhere || (m_backing && start < m_backing->size());
    if (in.size() == cluster_size() || (!behind && !in_place)) {
        TRY(m_file->write(target + inside, in)); // the rest of a new cluster is a hole at the end of the file
    } else {
        std::vector<u8> whole(cluster_size());
        TRY(read_cluster(old, start, whole));
        std::copy(in.begin(), in.end(), whole.begin() + static_cast<std::ptrdiff_t>(inside));
        TRY(m_file->write(target, whole));
    }
    const std::size_t index = l2_index(offset);
    l2.entries[index] = target | copied;
    l2.dirty_begin = std::min(l2.dirty_begin, index);
    l2.dirty_end = std::max(l2.dirty_end, index + 1);
    if (!in_place) release(old);
    return Unit{};
}

void Qcow2::release(const Place& place) {
    if (place.offset == 0) return;
    const u64 length = place.kind == Place::Kind::compressed ? place.length : 1;
    for (u64 at = place.offset & ~(cluster_size() - 1); at < place.offset + length; at += cluster_size())
        m_released.push_back(at);
}

// --- flushing

Result<> Qcow2::write_l2(u64 l1_index, L2& l2, bool whole) {
    const std::size_t begin = whole ? 0 : l2.dirty_begin, end = whole ? l2.entries.size() : l2.dirty_end;
    std::vector<u8> raw((end - begin) * 8);
    for (std::size_t i = begin; i < end; ++i) store_big_endian(&raw[8 * (i - begin)], l2.entries[i]);
    return m_file->write((m_l1[l1_index] & offset_mask) + 8 * begin, raw);
}

/// Size, L1, table of counts and list of states: 48 bytes in the first sector.
Result<> Qcow2::write_header_fields() {
    std::array<u8, 48> fields{};
    store_big_endian(&fields[0], m_header.size);
    store_big_endian(&fields[12], m_header.l1_size);
    store_big_endian(&fields[16], m_header.l1_offset);
    store_big_endian(&fields[24], m_refcounts->table_offset());
    store_big_endian(&fields[32], m_refcounts->table_clusters());
    store_big_endian(&fields[36], m_header.snapshots);
    store_big_endian(&fields[40], m_header.snapshots_offset);
    TRY(m_file->write(24, fields));
    return m_file->flush();
}

/// See the essay. After a failure everything is as dirty as before, and it can be tried again.
Result<> Qcow2::commit() {
    TRY(m_refcounts->write_blocks());
    for (auto& [index, l2] : m_tables)
        if (l2.is_new) TRY(write_l2(index, l2, true));
    TRY(m_file->flush());
    if (m_refcounts->table_dirty()) {
        TRY(m_refcounts->write_table());
        TRY(m_file->flush());
    }
    if (m_refcounts->moved() || m_header_dirty) {
        TRY(write_header_fields());
        m_header_dirty = false;
        if (m_refcounts->moved())
            for (const u64 offset : m_refcounts->placed()) m_released.push_back(offset);
    }
    bool written = false;
    for (auto& [index, l2] : m_tables) {
        if (!l2.is_new && l2.dirty()) {
            TRY(write_l2(index, l2, false));
            written = true;
        }
    }
    for (const u64 index : m_dirty_l1) {
        std::array<u8, 8> raw{};
        store_big_endian(raw.data(), m_l1[index]);
        TRY(m_file->write(m_header.l1_offset + 8 * index, raw));
        written = true;
    }
    if (written) TRY(m_file->flush());
    for (auto& [index, l2] : m_tables) {
        l2.is_new = false;
        l2.dirty_begin = ~std::size_t{0};
        l2.dirty_end = 0;
    }
    m_dirty_l1.clear();
    while (!m_released.empty()) {
        TRY(m_refcounts->release(m_released.back()));
        m_released.pop_back();
    }
    return Unit{};
}

Result<> Qcow2::flush() {
    if (read_only()) return Unit{};
    TRY(commit());
    return m_refcounts->dirty() ? commit() : Result<>(Unit{}); // what the first one released
}

Result<> Qcow2::resize(u64 size) {
    if (size < this->size())
        return make_error("{} has {} bytes: a disk can only become larger, or the guest's data would be cut off",
                          m_file->what(), this->size());
    if (size % 512 != 0 || size > largest_size) return make_error("a disk has up to 64 TiB, in whole sectors");
    if (m_header.snapshots != 0)
        return make_error("{} has internal snapshots, so it cannot be resized: qemu-img snapshot -d", m_file->what());
    TRY(flush());
    const u64 covered = cluster_size() * l2_entries(), needed = (size + covered - 1) / covered;
    if (needed > most_l1_entries) return make_error("{} has too small clusters for that size", m_file->what());
    if (needed > m_l1.size()) {
        const u64 old_clusters = (m_l1.size() * 8 + cluster_size() - 1) / cluster_size(), old = m_header.l1_offset;
        const u64 clusters = (needed * 8 + cluster_size() - 1) / cluster_size();
        const u64 offset = TRY(m_refcounts->allocate(clusters));
        std::vector<u8> raw(clusters * cluster_size());
        m_l1.resize(needed);
        for (std::size_t i = 0; i < m_l1.size(); ++i) store_big_endian(&raw[8 * i], m_l1[i]);
        TRY(m_file->write(offset, raw));
        m_header.l1_offset = offset;
        m_header.l1_size = static_cast<u32>(needed);
        for (u64 i = 0; i < old_clusters; ++i) m_released.push_back(old + i * cluster_size());
        for (u64 i = 0; i < clusters; ++i) m_metadata.insert((offset >> m_header.cluster_bits) + i);
    }
    m_header.size = size;
    m_header_dirty = true;
    return flush();
}

} // namespace ringshift
