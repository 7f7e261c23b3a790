// Raw images, and the overlay of --snapshot: a sparse temporary file without a name, as large as the image, with the
// clusters at the offsets that they have in the image; a bitmap tells which are there.
#include "machine/disk_image.h"

#include "base/log.h"

#include "machine/going_back.h"
#include "machine/image_file.h"
#include "machine/qcow2.h"
#include "machine/raw_states.h"
#include "machine/saved_state.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

namespace ringshift {

namespace {

constexpr u64 sector = 512;
constexpr u64 cluster = 4096;

/// What of an image belongs in a snapshot of the machine: that it is the same kind of disk.
void archive_size(Archive& ar, u64 size, const std::string& what) {
    bool overlay = false;
    u64 saved = size;
    ar(overlay, saved);
    if (overlay) return ar.fail(what + " was used with --snapshot when this state was saved: use it again");
    if (saved != size) ar.fail(what + " has another size than when this state was saved");
}

// --- the image itself

class RawImage final : public DiskImage {
  public:
    /// `recognised`: nobody said that it is raw.
    RawImage(std::unique_ptr<ImageFile> file, std::string path, bool recognised)
        : m_file(std::move(file)), m_path(std::move(path)), m_size((m_file->size() + sector - 1) / sector * sector),
          m_recognised(recognised) {
        if (const u64 missing = m_size - m_file->size(); missing != 0)
            m_note = fmt::format("{} has {} bytes, which is no multiple of 512: the last {} bytes of its last sector "
                                 "read as zero until the guest writes them",
                                 m_file->what(), m_file->size(), missing);
    }
    ~RawImage() override {
        if (m_locked && m_states) (void)m_states->stop();
    }

    /// What there is beside the image (raw_states.h); before anything else.
    Result<> open_states() {
        std::error_code ignored;
        if (!std::filesystem::exists(states_path(), ignored)) return Unit{};
        auto log = TRY(open_image_file(states_path(), {.writing = !read_only(), .without_lock = true}));
        auto states = TRY(RawStates::load(*m_file, std::move(log), RawStates::host_of(m_path)));
        if (read_only() && states->interrupted())
            return make_error("{} was being taken back to a snapshot when that was interrupted: use it once so that it "
                              "can be written (without --snapshot), which ends it",
                              m_file->what());
        if (read_only()) return Unit{};
        if (const std::string said = TRY(states->start()); !said.empty()) log_warning(said);
        m_states = std::move(states);
        drop_empty_states();
        return Unit{};
    }

    u64 size() const override { return m_size; }
    bool read_only() const override { return m_file->read_only(); }
    const std::string& path() const override { return m_path; }
    const std::string& note() const override { return m_note; }

    Result<> read(u64 offset, std::span<u8> out) override {
        TRY(check_image_range(m_size, offset, out.size(), m_file->what()));
        return m_file->read(offset, out);
    }
    Result<> write(u64 offset, std::span<const u8> in) override {
        TRY(check_image_range(m_size, offset, in.size(), m_file->what()));
        // The next start would take the disk for a qcow2 image, and open files that the guest has named in it.
        if (m_recognised && offset == 0 && is_qcow2(in))
            return make_error(
                "the guest tries to make a qcow2 image of {}: give the format (--disk FILE,format=raw) to "
                "let it",
                m_file->what());
        if (m_states) TRY(m_states->preserve(offset, in.size()));
        return m_file->write(offset, in);
    }
    Result<> flush() override {
        if (m_states) TRY(m_states->flush());
        return m_file->flush();
    }
    void archive(Archive& ar) override { archive_size(ar, m_size, m_file->what()); }

    Result<> keep_state(const std::string& id, const std::string&, i64, u64) override {
        if (read_only() || DiskStamp::of(m_path).modified_ns == 0) return Unit{};
        if (!m_states) {
            auto log = open_image_file(states_path(), {.writing = true, .create = true, .without_lock = true});
            if (!log.ok()) {
                log_warning(m_file->what() + " is not kept with the snapshot: " + log.error().message);
                return Unit{};
            }
            m_states = TRY(RawStates::load(*m_file, log.release(), RawStates::host_of(m_path)));
            TRY(m_states->start());
        }
        Result<> kept = m_states->keep_state(id);
        if (!kept.ok()) drop_empty_states();
        return kept;
    }
    bool has_state(const std::string& id) override { return m_states && m_states->has_state(id); }
    Result<> go_back(const std::string& id) override { return m_states->go_back(id); }
    Result<> forget_state(const std::string& id) override {
        if (!m_states) return Unit{};
        TRY(m_states->forget_state(id));
        drop_empty_states();
        return Unit{};
    }
    Result<> set_locked(bool locked) override {
        if (!locked && m_states) {
            TRY(m_states->stop());
            m_states.reset();
        }
        TRY(m_file->set_locked(locked));
        if (locked && !std::exchange(m_locked, locked)) TRY(open_states());
        m_locked = locked;
        return Unit{};
    }

  private:
    std::string states_path() const { return m_path + RawStates::extension; }
    static void log_warning(const std::string& message) { log(LogLevel::Warning, "{}", message); }
    void drop_empty_states() {
        if (!m_states || !m_states->empty()) return;
        m_states.reset();
        std::error_code ignored;
        std::filesystem::remove(states_path(), ignored);
    }

    std::unique_ptr<ImageFile> m_file;
    std::string m_path;
    std::string m_note;
    u64 m_size;
    bool m_recognised;
    bool m_locked = true;
    std::unique_ptr<RawStates> m_states; ///< null: none are kept
};

class Qcow2Image final : public DiskImage {
  public:
    Qcow2Image(std::unique_ptr<Qcow2> image, std::string path) : m_image(std::move(image)), m_path(std::move(path)) {}
    /// A host that fails now has had its chance in flush().
    ~Qcow2Image() override {
        if (m_locked) (void)m_image->flush();
    }

    u64 size() const override { return m_image->size(); }
    bool read_only() const override { return m_image->read_only(); }
    const std::string& path() const override { return m_path; }
    const std::string& note() const override { return m_note; }
    Result<> read(u64 offset, std::span<u8> out) override { return m_image->read(offset, out); }
    Result<> write(u64 offset, std::span<const u8> in) override { return m_image->write(offset, in); }
    Result<> flush() override { return m_image->flush(); }
    void archive(Archive& ar) override { archive_size(ar, m_image->size(), "disk image '" + m_path + "'"); }
    Result<> keep_state(const std::string& id, const std::string& name, i64 time, u64 virtual_ns) override {
        return read_only() ? Result<>(Unit{}) : m_image->keep_state(id, name, time, virtual_ns);
    }
    bool has_state(const std::string& id) override { return !read_only() && m_image->has_state(id); }
    Result<> go_back(const std::string& id) override { return m_image->go_back(id); }
    Result<> forget_state(const std::string& id) override {
        return read_only() ? Result<>(Unit{}) : m_image->forget_state(id);
    }
    /// Backing files have locks that several may hold.
    Result<> set_locked(bool locked) override {
        if (!locked) TRY(m_image->flush()); // what is in memory only belongs to the next owner
        TRY(m_image->set_locked(locked));
        if (locked && !m_locked && !read_only()) TRY(m_image->reload()); // its owner meanwhile may have gone back
        m_locked = locked;
        return Unit{};
    }

  private:
    std::unique_ptr<Qcow2> m_image;
    std::string m_path;
    std::string m_note;
    bool m_locked = true;
};

// --- copy-on-write overlay

class OverlayImage final : public DiskImage {
  public:
    OverlayImage(std::unique_ptr<DiskImage> base, std::unique_ptr<ImageFile> overlay)
        : m_base(std::move(base)), m_overlay(std::move(overlay)), m_what(m_overlay->what()),
          m_present((clusters() + 63) / 64) {}

    u64 size() const override { return m_base->size(); }
    bool read_only() const override { return false; }
    const std::string& path() const override { return m_base->path(); }
    const std::string& note() const override { return m_base->note(); }
    /// Nothing of an overlay outlives the process.
    Result<> flush() override { return Unit{}; }

    Result<> read(u64 offset, std::span<u8> out) override {
        TRY(check_image_range(size(), offset, out.size(), m_what));
        while (!out.empty()) {
            // As far as the clusters come from the same place.
            const bool present = has(offset / cluster);
            u64 end = (offset / cluster + 1) * cluster;
            while (end < offset + out.size() && has(end / cluster) == present) end += cluster;
            const std::size_t n = static_cast<std::size_t>(std::min<u64>(end - offset, out.size()));
            if (present) {
                TRY(m_overlay->read(offset, out.first(n)));
            } else {
                TRY(m_base->read(offset, out.first(n)));
            }
            out = out.subspan(n);
            offset += n;
        }
        return Unit{};
    }

    Result<> write(u64 offset, std::span<const u8> in) override {
        TRY(check_image_range(size(), offset, in.size(), m_what));
        if (in.empty()) return Unit{};
        const u64 end = offset + in.size();
        // Clusters that are only written in part get the rest from the image first.
        if (offset % cluster != 0) TRY(copy_up(offset / cluster));
        const u64 tail = end / cluster * cluster;
        if (end != tail && (end != size() || offset > tail)) TRY(copy_up(end / cluster));
        TRY(m_overlay->write(offset, in));
        for (u64 index = offset / cluster; index * cluster < end; ++index) add(index);
        return Unit{};
    }

    void archive(Archive& ar) override;
    Result<> set_locked(bool locked) override { return m_base->set_locked(locked); }

  private:
    u64 clusters() const { return (size() + cluster - 1) / cluster; }
    u64 cluster_size(u64 index) const { return std::min(cluster, size() - index * cluster); }
    bool has(u64 index) const { return m_present[index / 64] >> (index % 64) & 1; }
    void add(u64 index) { m_present[index / 64] |= u64{1} << (index % 64); }

    Result<> copy_up(u64 index) {
        if (has(index)) return Unit{};
        std::vector<u8> data(cluster_size(index));
        TRY(m_base->read(index * cluster, data));
        TRY(m_overlay->write(index * cluster, data));
        add(index);
        return Unit{};
    }

    void save(Archive& ar);
    void load(Archive& ar);

    std::unique_ptr<DiskImage> m_base;
    std::unique_ptr<ImageFile> m_overlay;
    std::string m_what;
    std::vector<u64> m_present;
};

void OverlayImage::archive(Archive& ar) {
    bool overlay = true;
    u64 bytes = size();
    ar(overlay, bytes);
    if (!overlay) return ar.fail("this state was saved without --snapshot for disk image '" + path() + "'");
    if (bytes != size()) return ar.fail("disk image '" + path() + "' has another size than when this state was saved");
    if (ar.is_loading()) {
        load(ar);
    } else {
        save(ar);
    }
}

void OverlayImage::save(Archive& ar) {
    u64 count = 0;
    for (u64 index = 0; index < clusters(); ++index) count += has(index);
    ar(count);
    std::vector<u8> data;
    for (u64 index = 0; index < clusters(); ++index) {
        if (!has(index)) continue;
        data.resize(cluster_size(index));
        if (auto result = m_overlay->read(index * cluster, data); !result.ok()) return ar.fail(result.error().message);
        ar(index);
        ar.bytes(data.data(), data.size());
    }
}

void OverlayImage::load(Archive& ar) {
    u64 count = 0;
    ar(count);
    ar.check(count <= clusters() && count <= ar.remaining() / sizeof(u64), "overlay cluster count");
    std::fill(m_present.begin(), m_present.end(), 0);
    if (auto result = m_overlay->resize(0); !result.ok()) return ar.fail(result.error().message);
    std::vector<u8> data;
    u64 after = 0;
    for (u64 i = 0; i < count && ar.ok(); ++i) {
        u64 index = 0;
        ar(index);
        ar.check(index < clusters() && index >= after, "overlay cluster");
        if (!ar.ok()) return;
        after = index + 1;
        data.resize(cluster_size(index));
        ar.bytes(data.data(), data.size());
        if (!ar.ok()) return;
        if (auto result = m_overlay->write(index * cluster, data); !result.ok()) return ar.fail(result.error().message);
        add(index);
    }
}

// --- opening

/// Chains of backing files are not longer.
constexpr unsigned longest_chain = 64;

Result<std::unique_ptr<DiskImage>> open_chain(const std::string& path, bool writing, DiskFormat format, unsigned depth);

/// `name` is as an image has it: relative to the image's folder.
Result<std::unique_ptr<DiskImage>> open_backing(const std::string& image, const std::string& name,
                                                const std::string& format, unsigned depth) {
    const std::string path = (std::filesystem::path(image).parent_path() / name).string();
    if (depth == longest_chain)
        return make_error("disk image '{}' has too many backing files behind it, or they go round in a circle", image);
    if (!format.empty() && format != "raw" && format != "qcow2")
        return make_error("the backing file '{}' of disk image '{}' has the format {}, which is not read here: convert "
                          "it (ringshift disk convert)",
                          path, image, format);
    auto opened = open_chain(path, false, format.empty() ? DiskFormat::recognise : TRY(disk_format(format)), depth + 1);
    if (opened.ok()) return opened;
    return make_error("the backing file of disk image '{}': {}", image, opened.error().message);
}

Result<std::unique_ptr<DiskImage>> open_chain(const std::string& path, bool writing, DiskFormat format,
                                              unsigned depth) {
    auto file = TRY(open_image_file(path, {.writing = writing}));
    if (file->size() == 0)
        return make_error("disk image '{}' is empty: give it a size, for example: truncate -s 8G '{}'", path, path);
    std::array<u8, 4> magic{};
    TRY(file->read(0, magic));
    const bool recognised = format == DiskFormat::recognise;
    if (recognised) format = is_qcow2(magic) ? DiskFormat::qcow2 : DiskFormat::raw;
    if (format == DiskFormat::raw) {
        auto image = std::make_unique<RawImage>(std::move(file), path, recognised);
        TRY(image->open_states());
        return std::unique_ptr<DiskImage>(std::move(image));
    }
    auto image = TRY(Qcow2::open(
        std::move(file),
        [&](const std::string& name, const std::string& backing_format) -> Result<std::unique_ptr<BlockBackend>> {
            return std::unique_ptr<BlockBackend>(TRY(open_backing(path, name, backing_format, depth)));
        }));
    return std::unique_ptr<DiskImage>(std::make_unique<Qcow2Image>(std::move(image), path));
}

} // namespace

Result<DiskFormat> disk_format(std::string_view name) {
    if (name == "raw") return DiskFormat::raw;
    if (name == "qcow2") return DiskFormat::qcow2;
    return make_error("\"{}\" is no format of disk images: raw or qcow2", name);
}

bool image_has_state(const std::string& path, const std::string& id) {
    auto file = open_image_file(path, {.without_lock = true});
    std::array<u8, 4> magic{};
    if (!file.ok() || !file.value()->read(0, magic).ok()) return false;
    if (!is_qcow2(magic)) {
        const auto states = RawStates::look(*file.value(), path);
        return states.ok() && states.value() && states.value()->has_state(id);
    }
    const auto no_backing = [](const std::string&, const std::string&) -> Result<std::unique_ptr<BlockBackend>> {
        return std::unique_ptr<BlockBackend>();
    };
    auto image = Qcow2::open(file.release(), no_backing);
    return image.ok() && image.value()->has_state(id);
}

Result<std::unique_ptr<DiskImage>> open_disk_image(const std::string& path, DiskImageOptions options) {
    const auto open = [](const std::string& disk, DiskFormat format) { return open_chain(disk, true, format, 0); };
    const bool writing = !options.read_only && !options.snapshot;
    if (writing) TRY(finish_going_back(path, open));
    auto image = TRY(open_chain(path, writing, options.format, 0));
    if (!options.snapshot || options.read_only) return image;
    auto overlay = TRY(make_temporary_image_file(
        "the temporary overlay of disk image '" + path + "' (set TMPDIR to place it elsewhere)", image->size()));
    return std::unique_ptr<DiskImage>(std::make_unique<OverlayImage>(std::move(image), std::move(overlay)));
}

} // namespace ringshift
