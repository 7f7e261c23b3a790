// Where the recorded vectors are, and how to read them. The folder is ../shared/conformance beside the checkout, or
// RINGSHIFT_VECTORS; a suite whose data is absent says so and passes over its cases.
#pragma once

#include "base/types.h"

#include <catch2/catch.hpp>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace ringshift {

inline std::optional<std::filesystem::path> vectors_folder(const std::string& suite) {
    const char* variable = std::getenv("RINGSHIFT_VECTORS");
    const std::filesystem::path root = variable ? std::filesystem::path(variable)
                                                : std::filesystem::path(RINGSHIFT_SOURCE_DIR) / "../shared/conformance";
    const auto folder = root / suite;
    if (std::filesystem::is_directory(folder)) return folder;
    WARN("skipped: no vectors in " << folder.string() << " (set RINGSHIFT_VECTORS)");
    return std::nullopt;
}

/// The files below a folder with this ending, sorted.
inline std::vector<std::filesystem::path> vector_files(const std::filesystem::path& folder, const std::string& ending) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().string().ends_with(ending)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

/// The cases of a suite that tests/KNOWN_FAILURES lists: lines of `suite case reason`, where a case has no spaces.
inline std::set<std::string> known_failures(const std::string& suite) {
    std::ifstream file(std::filesystem::path(RINGSHIFT_SOURCE_DIR) / "tests/KNOWN_FAILURES");
    std::set<std::string> cases;
    std::string line, name, which;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        if (words >> name >> which && name == suite) cases.insert(which);
    }
    return cases;
}

/// A whole file, unpacked if it is gzipped.
inline std::vector<u8> read_vectors(const std::filesystem::path& path) {
    const gzFile file = gzopen(path.c_str(), "rb");
    REQUIRE(file != nullptr);
    std::vector<u8> data;
    std::vector<u8> chunk(1 << 20);
    int count;
    while ((count = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0)
        data.insert(data.end(), chunk.begin(), chunk.begin() + count);
    gzclose(file);
    REQUIRE(count == 0);
    return data;
}

} // namespace ringshift
