#include "frontend/disc.h"

#include "frontend/child_process.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

/// The volume descriptor of ISO 9660 (ECMA-119, 8.1) is in sector 16.
bool is_disc_image(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    char identifier[5] = {};
    return file.seekg(16 * 2048 + 1) && file.read(identifier, 5) && std::memcmp(identifier, "CD001", 5) == 0;
}

/// Runs a program; the error has the end of what it said.
Result<> run(const std::vector<std::string>& words, const std::string& output_path) {
    const int log = TRY(open_program_log(output_path));
    const auto child = ChildProcess::start(words, log, log);
    ::close(log);
    if (!child.ok()) return make_error("no CD can be made of files: {}", child.error().message);
    if (child.value().wait() == 0) return Unit{};
    std::ifstream output(output_path);
    std::string line, last;
    while (std::getline(output, line))
        if (line.find("FAILURE") != std::string::npos || line.find("FATAL") != std::string::npos) last = line;
    return make_error("{} could not make a CD of these files: {}", words[0], last);
}

} // namespace

Result<std::string> make_disc(const std::vector<std::string>& paths, const std::string& folder) {
    if (paths.empty()) return make_error("there are no files for a CD");
    if (paths.size() == 1 && is_disc_image(paths.front())) return fs::absolute(paths.front()).string();
    std::error_code error;
    for (const std::string& path : paths)
        if (!fs::exists(path, error)) return make_error("there is no file {}", path);
    fs::create_directories(folder, error);
    std::string name;
    for (unsigned n = 1; name.empty() || fs::exists(name, error); ++n)
        name = (fs::absolute(folder) / fmt::format("files-{}-{}.iso", ::getpid(), n)).string();
    std::vector<std::string> words = {"xorriso", "-outdev", name,          "-volid",           "FILES",
                                      "-joliet", "on",      "-compliance", "joliet_long_names"};
    for (const std::string& path : paths) {
        const fs::path source = fs::absolute(path).lexically_normal();
        const fs::path leaf = source.has_filename() ? source.filename() : source.parent_path().filename();
        words.insert(words.end(), {"-map", source.string(), "/" + leaf.string()});
    }
    words.emplace_back("-commit");
    const std::string log = name + ".log";
    Result<> made = run(words, log);
    fs::remove(log, error);
    if (!made.ok()) {
        fs::remove(name, error);
        return made.release_error();
    }
    return name;
}

} // namespace ringshift
