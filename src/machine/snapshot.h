// The file format of saved machines.
//
//     header   magic, version, checksum of both
//     chunk    tag (16 bytes), size, stored size, checksum of these and of the stored bytes; zstd-compressed bytes
//     ...
//     chunk    "end", empty: a file without it was cut off
//
// A chunk is what one part's archive() wrote. Numbers are little-endian. Nothing of a file is used before all of its
// checksums have been found right, so a damaged file never makes half a machine. Files are written beside their place
// and renamed when they are on the disk: an interrupted save leaves the old file.
#pragma once

#include "base/archive.h"
#include "base/result.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ringshift {

class SnapshotWriter {
  public:
    /// Opens a temporary file beside `path`.
    static Result<SnapshotWriter> create(const std::filesystem::path& path);
    SnapshotWriter(SnapshotWriter&& other) noexcept;
    SnapshotWriter& operator=(SnapshotWriter&&) = delete;
    /// Without finish() the temporary file goes away.
    ~SnapshotWriter();

    /// `tag`: at most 15 characters; several chunks may have the same one and keep their order.
    Result<> add(std::string_view tag, std::span<const u8> bytes);
    /// The same for bytes of any number, in as many chunks as they need.
    Result<> add_part(std::string_view tag, std::span<const u8> bytes);
    /// Writes the end, waits for the disk and gives the file its name.
    Result<> finish();

  private:
    SnapshotWriter(std::filesystem::path path, std::filesystem::path temporary, int fd)
        : m_path(std::move(path)), m_temporary(std::move(temporary)), m_fd(fd) {}
    Result<> put(std::span<const u8> bytes);

    std::filesystem::path m_path;
    std::filesystem::path m_temporary;
    int m_fd;
};

class SnapshotReader {
  public:
    static constexpr u32 version = 2;
    static constexpr std::string_view magic = "RINGSNAP";

    /// Reads the file and checks all of it.
    static Result<SnapshotReader> open(const std::filesystem::path& path);
    /// The same from memory; `name` is for messages.
    static Result<SnapshotReader> parse(std::vector<u8> file, std::string name);
    /// The first chunk, if it has this tag and is right; empty if the file begins with another one. Reads no more than
    /// that.
    static Result<std::vector<u8>> first_chunk(const std::filesystem::path& path, std::string_view tag);
    /// Whether a file that begins with `bytes` claims to be a snapshot.
    static bool recognises(std::span<const u8> bytes);

    const std::string& name() const { return m_name; }
    /// In alphabetical order, each once.
    std::vector<std::string> tags() const;
    std::size_t count(std::string_view tag) const;
    /// The uncompressed bytes of the `index`-th chunk with this tag.
    Result<std::vector<u8>> chunk(std::string_view tag, std::size_t index = 0) const;
    /// The same into a vector that can be used again and again.
    Result<> read_chunk(std::string_view tag, std::size_t index, std::vector<u8>& bytes) const;
    /// What add_part() has written.
    Result<std::vector<u8>> part(std::string_view tag) const;
    /// Runs `load` on a part, which must be used up exactly.
    Result<> load(std::string_view tag, const std::function<void(Archive&)>& load) const;

  private:
    struct Chunk {
        u64 size = 0;
        std::span<const u8> stored;
    };
    SnapshotReader() = default;
    static Result<SnapshotReader> parse(std::span<const u8> file, std::shared_ptr<const void> owner, std::string name);

    std::string m_name;
    std::shared_ptr<const void> m_owner; ///< of the bytes
    std::map<std::string, std::vector<Chunk>, std::less<>> m_chunks;
};

} // namespace ringshift
