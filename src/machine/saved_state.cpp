#include "machine/saved_state.h"

#include "machine/disk_image.h"
#include "machine/snapshot.h"
#include "mmu/guest_ram.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace ringshift {

namespace {

/// RAM goes into chunks of this many bytes, without pages that are all zero.
constexpr u64 ram_piece_size = 4u << 20;
constexpr u64 huge_page = 2u << 20;

bool is_zero(const u8* page) { return page[0] == 0 && std::memcmp(page, page + 1, page_size - 1) == 0; }

template <typename T>
std::vector<u8> archived(T& object) {
    std::vector<u8> bytes;
    Archive ar = Archive::saver(bytes);
    ar(object);
    return bytes;
}

std::string local_time(i64 seconds) {
    const std::time_t time = seconds;
    std::tm fields{};
    ::localtime_r(&time, &fields);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &fields);
    return text;
}

} // namespace

std::string SnapshotAbout::new_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

void SnapshotAbout::archive(Archive& ar) {
    ar(id, name, ancestors, time, virtual_ns);
    ar.blob(thumbnail, 1u << 20);
}

// ---- Disks ---------------------------------------------------------------------------------------------------------

DiskStamp DiskStamp::of(const std::string& path) {
    DiskStamp stamp{path, 0, 0};
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return stamp;
    stamp.size = static_cast<u64>(status.st_size);
    stamp.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    return stamp;
}

std::string id_of(const SnapshotReader& reader) {
    SnapshotAbout about;
    if (reader.count("about") != 0) (void)reader.load("about", [&](Archive& ar) { ar(about); });
    return about.id;
}

Result<> check_disks(const SnapshotReader& reader) {
    if (reader.count("disks") == 0) return Unit{}; // of an older release
    std::vector<DiskStamp> stamps;
    TRY(reader.load("disks", [&](Archive& ar) { ar(stamps); }));
    for (const DiskStamp& then : stamps) {
        if (then.modified_ns == 0) continue;
        const DiskStamp now = DiskStamp::of(then.path);
        if (now.modified_ns == 0) continue; // opening it will say what is wrong
        if (now.size == then.size && now.modified_ns == then.modified_ns) continue;
        if (const std::string id = id_of(reader); !id.empty() && image_has_state(then.path, id)) continue;
        return make_error(
            "disk image '{}' was written at {}, after this snapshot of {}, and what it was then is not kept with it: "
            "something else than Ringshift wrote to it, it came without its file '{}.states', or the host failed. RAM "
            "and disk do not belong together any more, and going on would destroy the guest's files: start the machine "
            "from its disk. If the file's content is the same (a copy), give it its time back: touch -d @{}.{:09} '{}'",
            then.path, local_time(now.modified_ns / 1'000'000'000), local_time(then.modified_ns / 1'000'000'000),
            then.path, then.modified_ns / 1'000'000'000, then.modified_ns % 1'000'000'000, then.path);
    }
    return Unit{};
}

// ---- RAM -----------------------------------------------------------------------------------------------------------

u64 used_ram(const GuestRam& ram) {
    struct stat status {};
    return ::fstat(ram.fd(), &status) == 0 ? static_cast<u64>(status.st_blocks) * 512 : ram.size();
}

Result<std::unique_ptr<SavedState>> SavedState::prepare(u64 ram) {
    std::unique_ptr<SavedState> state(new SavedState);
    const u64 size = (ram + ram / 16 + huge_page) / huge_page * huge_page;
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return errno_error(errno, fmt::format("the host has no {} MiB of memory for a snapshot", size >> 20));
    state->m_copy = static_cast<u8*>(memory);
    state->m_copy_size = size;
    ::madvise(memory, size, MADV_DONTDUMP);
    ::madvise(memory, size, MADV_HUGEPAGE);
    // Present now, not when the guest waits. A kernel without it lets the copy take longer.
    if (::madvise(memory, size, MADV_POPULATE_WRITE) != 0 && errno == ENOMEM)
        return errno_error(ENOMEM, fmt::format("the host has no {} MiB of memory for a snapshot", size >> 20));
    return state;
}

SavedState::~SavedState() {
    if (m_copy != nullptr) ::munmap(m_copy, m_copy_size);
}

Result<std::vector<SavedState::Extent>> SavedState::extents_of(GuestRam& ram) {
    std::vector<Extent> extents;
    for (u64 end = 0; end < ram.size();) {
        const off_t data = ::lseek(ram.fd(), static_cast<off_t>(end), SEEK_DATA);
        if (data < 0 && errno == ENXIO) break;
        const off_t hole = data < 0 ? -1 : ::lseek(ram.fd(), data, SEEK_HOLE);
        if (hole < 0) return errno_error(errno, "cannot examine the guest's RAM");
        const u64 begin = static_cast<u64>(data) / page_size * page_size;
        end = std::min((static_cast<u64>(hole) + page_size - 1) / page_size * page_size, ram.size());
        extents.push_back({begin, end - begin, ram.data() + begin});
    }
    return extents;
}

Result<> SavedState::borrow_ram(GuestRam& ram) {
    m_extents = TRY(extents_of(ram));
    m_ram_size = ram.size();
    return Unit{};
}

Result<> SavedState::copy_ram(GuestRam& ram) {
    TRY(borrow_ram(ram));
    u64 used = 0, total = 0;
    for (const Extent& extent : m_extents) total += extent.size;
    if (total > m_copy_size) m_overflow.resize(total - m_copy_size);
    std::vector<Extent> copied;
    for (const Extent& extent : m_extents) {
        for (u64 done = 0; done < extent.size;) {
            const bool fits = used < m_copy_size;
            const u64 part = fits ? std::min(extent.size - done, m_copy_size - used) : extent.size - done;
            u8* to = fits ? m_copy + used : m_overflow.data() + (used - m_copy_size);
            std::memcpy(to, extent.content + done, part);
            copied.push_back({extent.begin + done, part, to});
            done += part;
            used += part;
        }
    }
    m_extents = std::move(copied);
    return Unit{};
}

/// The pages of one piece of RAM that are not zero: index in the piece, content.
std::vector<u8> SavedState::ram_piece(u64 begin, u64 size) const {
    std::vector<u8> bytes;
    auto extent = std::partition_point(m_extents.begin(), m_extents.end(),
                                       [&](const Extent& e) { return e.begin + e.size <= begin; });
    for (; extent != m_extents.end() && extent->begin < begin + size; ++extent) {
        const u64 from = std::max(begin, extent->begin), to = std::min(begin + size, extent->begin + extent->size);
        for (u64 address = from; address < to; address += page_size) {
            const u8* page = extent->content + (address - extent->begin);
            if (is_zero(page)) continue;
            const u32 index = static_cast<u32>((address - begin) / page_size);
            const std::size_t at = bytes.size();
            bytes.resize(at + sizeof index + page_size);
            std::memcpy(bytes.data() + at, &index, sizeof index);
            std::memcpy(bytes.data() + at + sizeof index, page, page_size);
        }
    }
    return bytes;
}

namespace {

Result<> load_ram_piece(std::span<u8> piece, std::span<const u8> bytes) {
    constexpr std::size_t record = sizeof(u32) + page_size;
    for (; bytes.size() >= record; bytes = bytes.subspan(record)) {
        u32 page = 0;
        std::memcpy(&page, bytes.data(), sizeof page);
        if (page >= piece.size() / page_size) break;
        std::memcpy(piece.data() + page * page_size, bytes.data() + sizeof page, page_size);
    }
    if (!bytes.empty()) return make_error("the snapshot cannot be resumed: its RAM has impossible pages");
    return Unit{};
}

} // namespace

Result<> load_ram(const SnapshotReader& reader, GuestRam& ram) {
    const auto load = [&](u64 first, u64 step) -> Result<> {
        std::vector<u8> bytes;
        for (u64 at = first * ram_piece_size; at < ram.size(); at += step * ram_piece_size) {
            TRY(reader.read_chunk("ram", at / ram_piece_size, bytes));
            const std::span piece = ram.bytes().subspan(at, std::min(ram_piece_size, ram.size() - at));
            // Most of its pages at once, instead of by a fault each.
            if (bytes.size() > piece.size() / 2) (void)::madvise(piece.data(), piece.size(), MADV_POPULATE_WRITE);
            TRY(load_ram_piece(piece, bytes));
        }
        return Unit{};
    };
    Result<> others = Unit{};
    std::thread helper([&] { others = load(1, 2); });
    Result<> own = load(0, 2);
    helper.join();
    TRY(std::move(own));
    return others;
}

// ---- The file ------------------------------------------------------------------------------------------------------

Result<> SavedState::write(const std::string& path, const SnapshotAbout& about) const {
    for (const DiskStamp& disk : m_disks) {
        const int fd = ::open(disk.path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        const bool written = ::fdatasync(fd) == 0 || errno == EINVAL;
        ::close(fd);
        if (!written) return errno_error(errno, fmt::format("cannot write disk image '{}'", disk.path));
    }
    SnapshotWriter writer = TRY(SnapshotWriter::create(path));
    SnapshotAbout described = about;
    std::vector<DiskStamp> disks = m_disks;
    TRY(writer.add("about", archived(described)));
    TRY(writer.add("disks", archived(disks)));
    for (const Part& part : m_parts) TRY(writer.add_part(part.tag, part.bytes));
    for (u64 at = 0; at < m_ram_size; at += ram_piece_size)
        TRY(writer.add("ram", ram_piece(at, std::min(ram_piece_size, m_ram_size - at))));
    return writer.finish();
}

std::string id_in_file(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return {};
    const auto about = read_snapshot_about(path);
    return about.ok() ? about.value().id : std::string();
}

Result<SnapshotAbout> read_snapshot_about(const std::string& path) {
    SnapshotAbout about;
    const std::vector<u8> bytes = TRY(SnapshotReader::first_chunk(path, "about"));
    if (bytes.empty()) {
        about.name = std::filesystem::path(path).stem().string();
        about.time = DiskStamp::of(path).modified_ns / 1'000'000'000;
        return about;
    }
    Archive ar = Archive::loader(bytes);
    ar(about);
    if (!ar.ok()) return make_error("the snapshot {} is damaged: {}", path, ar.error());
    return about;
}

} // namespace ringshift
