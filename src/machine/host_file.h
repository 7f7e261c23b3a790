// Files of the host, whole.
#pragma once

#include "base/result.h"
#include "base/shared_bytes.h"
#include "base/types.h"

#include <filesystem>
#include <span>
#include <vector>

namespace ringshift {

/// The content of a regular file. Fails with a message for what is missing, unreadable or no file.
Result<std::vector<u8>> read_host_file(const std::filesystem::path& path);
/// The same without a copy of it: the file stays open and is read whenever its bytes are wanted. What has changed in
/// the meantime fails then; another file under its name is not looked at.
Result<SharedBytes> share_host_file(const std::filesystem::path& path);
/// Its size in bytes, after the same checks.
Result<u64> host_file_size(const std::filesystem::path& path);
/// Fills `out` from the beginning of the file, which must have that many bytes.
Result<> read_host_file_into(const std::filesystem::path& path, std::span<u8> out);
/// At most `size` bytes from `offset`; fewer where the file ends.
Result<std::vector<u8>> read_host_file_part(const std::filesystem::path& path, u64 offset, std::size_t size);

} // namespace ringshift
