#include "machine/snapshot.h"

#include "machine/checksum.h"
#include "machine/host_file.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <zstd.h>

namespace ringshift {

namespace {

struct FileHeader {
    std::array<char, 8> magic{};
    u32 version = 0;
    u32 reserved = 0;
    u64 checksum = 0; ///< of the bytes before it
};
static_assert(sizeof(FileHeader) == 24);

struct ChunkHeader {
    std::array<char, 16> tag{}; ///< padded with zeros
    u64 size = 0;
    u64 stored = 0;
    u64 checksum = 0; ///< of the bytes before it, then of the stored bytes
};
static_assert(sizeof(ChunkHeader) == 40);

constexpr std::string_view end_tag = "end";
/// Keeps a forged size from asking for all memory.
constexpr u64 largest_chunk = 64u << 20;
/// What may be larger (what a guest wrote to a disk of --snapshot) goes into chunks of so much.
constexpr std::size_t part_piece = 32u << 20;

template <typename T>
std::span<const u8> bytes_of(const T& object) {
    return {reinterpret_cast<const u8*>(&object), sizeof object};
}

u64 checksum_of(const FileHeader& header) {
    return Checksum::of(bytes_of(header).first(offsetof(FileHeader, checksum)));
}

u64 checksum_of(const ChunkHeader& header, std::span<const u8> stored) {
    Checksum sum;
    sum.add(bytes_of(header).first(offsetof(ChunkHeader, checksum)));
    sum.add(stored);
    return sum.value();
}

} // namespace

// ---- Writing -------------------------------------------------------------------------------------------------------

Result<SnapshotWriter> SnapshotWriter::create(const std::filesystem::path& path) {
    std::filesystem::path temporary = path;
    temporary += fmt::format(".{}.tmp", ::getpid());
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return errno_error(errno, fmt::format("cannot write {}", temporary.string()));
    SnapshotWriter writer(path, temporary, fd);
    FileHeader header;
    std::memcpy(header.magic.data(), SnapshotReader::magic.data(), header.magic.size());
    header.version = SnapshotReader::version;
    header.checksum = checksum_of(header);
    TRY(writer.put(bytes_of(header)));
    return writer;
}

SnapshotWriter::SnapshotWriter(SnapshotWriter&& other) noexcept
    : m_path(std::move(other.m_path)), m_temporary(std::move(other.m_temporary)), m_fd(std::exchange(other.m_fd, -1)) {}

SnapshotWriter::~SnapshotWriter() {
    if (m_fd < 0) return;
    ::close(m_fd);
    ::unlink(m_temporary.c_str());
}

Result<> SnapshotWriter::put(std::span<const u8> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(m_fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(errno, fmt::format("cannot write {}", m_temporary.string()));
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return Unit{};
}

Result<> SnapshotWriter::add(std::string_view tag, std::span<const u8> bytes) {
    ChunkHeader header;
    ASSERT(tag.size() < header.tag.size() && bytes.size() <= largest_chunk, "chunk {} of {} bytes", tag, bytes.size());
    std::vector<u8> stored(ZSTD_compressBound(bytes.size()));
    const std::size_t size = ZSTD_compress(stored.data(), stored.size(), bytes.data(), bytes.size(), 1);
    ASSERT(ZSTD_isError(size) == 0, "{}", ZSTD_getErrorName(size));
    stored.resize(size);
    std::memcpy(header.tag.data(), tag.data(), tag.size());
    header.size = bytes.size();
    header.stored = stored.size();
    header.checksum = checksum_of(header, stored);
    TRY(put(bytes_of(header)));
    return put(stored);
}

Result<> SnapshotWriter::add_part(std::string_view tag, std::span<const u8> bytes) {
    do {
        const auto piece = bytes.first(std::min(bytes.size(), part_piece));
        TRY(add(tag, piece));
        bytes = bytes.subspan(piece.size());
    } while (!bytes.empty());
    return Unit{};
}

Result<> SnapshotWriter::finish() {
    TRY(add(end_tag, {}));
    if (::fsync(m_fd) != 0) return errno_error(errno, fmt::format("cannot write {}", m_temporary.string()));
    if (::rename(m_temporary.c_str(), m_path.c_str()) != 0)
        return errno_error(errno, fmt::format("cannot create {}", m_path.string()));
    ::close(std::exchange(m_fd, -1));
    return Unit{};
}

// ---- Reading -------------------------------------------------------------------------------------------------------

bool SnapshotReader::recognises(std::span<const u8> bytes) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

/// A file can be hundreds of MiB: it is read into large pages, which the host gives quickly.
Result<SnapshotReader> SnapshotReader::open(const std::filesystem::path& path) {
    const u64 size = TRY(host_file_size(path));
    constexpr u64 huge_page = 2u << 20;
    const u64 room = (size + huge_page) / huge_page * huge_page;
    void* memory = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return errno_error(errno, fmt::format("there is no memory to read the snapshot {}", path.string()));
    std::shared_ptr<const void> owner(memory, [room](void* m) { ::munmap(m, room); });
    ::madvise(memory, room, MADV_HUGEPAGE);
    const std::span file(static_cast<u8*>(memory), size);
    TRY(read_host_file_into(path, file));
    return parse(file, std::move(owner), path.string());
}

Result<std::vector<u8>> SnapshotReader::first_chunk(const std::filesystem::path& path, std::string_view tag) {
    constexpr std::size_t head = sizeof(FileHeader) + sizeof(ChunkHeader);
    const std::vector<u8> start = TRY(read_host_file_part(path, 0, head));
    if (!recognises(start)) return make_error("{} is not a Ringshift snapshot", path.string());
    const auto damaged = [&] { return make_error("the snapshot {} is damaged", path.string()); };
    if (start.size() < head) return damaged();
    ChunkHeader chunk;
    std::memcpy(&chunk, start.data() + sizeof(FileHeader), sizeof chunk);
    if (chunk.tag.back() != 0 || chunk.size > largest_chunk || chunk.stored > largest_chunk) return damaged();
    if (tag != chunk.tag.data()) return std::vector<u8>{};
    const std::vector<u8> stored = TRY(read_host_file_part(path, head, chunk.stored));
    if (stored.size() != chunk.stored || chunk.checksum != checksum_of(chunk, stored)) return damaged();
    std::vector<u8> bytes(chunk.size);
    const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), stored.data(), stored.size());
    if (ZSTD_isError(size) != 0 || size != bytes.size()) return damaged();
    return bytes;
}

Result<SnapshotReader> SnapshotReader::parse(std::vector<u8> file, std::string name) {
    const auto owner = std::make_shared<const std::vector<u8>>(std::move(file));
    return parse(*owner, owner, std::move(name));
}

Result<SnapshotReader> SnapshotReader::parse(std::span<const u8> file, std::shared_ptr<const void> owner,
                                             std::string name) {
    if (!recognises(file)) return make_error("{} is not a Ringshift snapshot", name);
    FileHeader header;
    const auto damaged = [&](std::string_view what) {
        return make_error("the snapshot {} is damaged ({}); it cannot be resumed", name, what);
    };
    if (file.size() < sizeof header) return damaged("it ends in its header");
    std::memcpy(&header, file.data(), sizeof header);
    if (header.checksum != checksum_of(header)) return damaged("wrong checksum of its header");
    if (header.version > version)
        return make_error("the snapshot {} has format version {}, but this Ringshift reads up to version {}: resume it "
                          "with the newer Ringshift that wrote it",
                          name, header.version, version);
    if (header.version != version || header.reserved != 0) return damaged("impossible header");

    SnapshotReader reader;
    std::size_t position = sizeof header;
    bool ended = false;
    std::vector<std::pair<ChunkHeader, std::span<const u8>>> chunks;
    while (!ended) {
        ChunkHeader chunk;
        if (file.size() - position < sizeof chunk) return damaged("it ends too early");
        std::memcpy(&chunk, file.data() + position, sizeof chunk);
        position += sizeof chunk;
        if (chunk.stored > file.size() - position) return damaged("it ends too early");
        const std::span stored(file.data() + position, chunk.stored);
        chunks.emplace_back(chunk, stored);
        ended = chunk.tag.back() == 0 && end_tag == chunk.tag.data();
        position += chunk.stored;
    }
    std::atomic<bool> good = true;
    const auto check = [&](std::size_t first) {
        for (std::size_t i = first; i < chunks.size(); i += 2)
            if (chunks[i].first.checksum != checksum_of(chunks[i].first, chunks[i].second)) good = false;
    };
    std::thread helper(check, 1);
    check(0);
    helper.join();
    if (!good) return damaged("wrong checksum of a chunk");
    for (const auto& [chunk, stored] : chunks) {
        if (chunk.tag.back() != 0 || chunk.size > largest_chunk) return damaged("impossible chunk");
        reader.m_chunks[chunk.tag.data()].push_back({chunk.size, stored});
    }
    if (position != file.size()) return damaged("there is more after its end");
    reader.m_name = std::move(name);
    reader.m_owner = std::move(owner);
    return reader;
}

std::vector<std::string> SnapshotReader::tags() const {
    std::vector<std::string> list;
    for (const auto& [tag, chunks] : m_chunks) list.push_back(tag);
    return list;
}

std::size_t SnapshotReader::count(std::string_view tag) const {
    const auto found = m_chunks.find(tag);
    return found == m_chunks.end() ? 0 : found->second.size();
}

Result<std::vector<u8>> SnapshotReader::chunk(std::string_view tag, std::size_t index) const {
    std::vector<u8> bytes;
    TRY(read_chunk(tag, index, bytes));
    return bytes;
}

Result<> SnapshotReader::read_chunk(std::string_view tag, std::size_t index, std::vector<u8>& bytes) const {
    if (index >= count(tag))
        return make_error("the snapshot {} has no part \"{}\": it is of another kind of machine", m_name, tag);
    const Chunk& chunk = m_chunks.find(tag)->second[index];
    bytes.resize(chunk.size);
    const std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), chunk.stored.data(), chunk.stored.size());
    if (ZSTD_isError(size) != 0 || size != bytes.size())
        return make_error("the snapshot {} is damaged (part \"{}\" cannot be decompressed)", m_name, tag);
    return Unit{};
}

Result<std::vector<u8>> SnapshotReader::part(std::string_view tag) const {
    std::vector<u8> bytes = TRY(chunk(tag));
    for (std::size_t i = 1; i < count(tag); ++i) {
        const std::vector<u8> piece = TRY(chunk(tag, i));
        bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
    return bytes;
}

Result<> SnapshotReader::load(std::string_view tag, const std::function<void(Archive&)>& load) const {
    const std::vector<u8> bytes = TRY(part(tag));
    Archive ar = Archive::loader(bytes);
    load(ar);
    if (ar.ok() && ar.remaining() != 0) ar.fail("data is left over");
    if (!ar.ok()) return make_error("the snapshot {} cannot be resumed: part \"{}\": {}", m_name, tag, ar.error());
    return Unit{};
}

} // namespace ringshift
