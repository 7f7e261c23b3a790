#include "frontend/floppy_image.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

namespace ringshift {

namespace fs = std::filesystem;

namespace {

// The layout of a 1.44 MB floppy (Microsoft, FAT: General Overview of On-Disk Format 1.03).
constexpr u64 sector = 512, sectors = 2880, fat_sectors = 9, fats = 2, root_entries = 224;
constexpr u64 root_begin = (1 + fats * fat_sectors) * sector;
constexpr u64 data_begin = root_begin + root_entries * 32;
constexpr u64 clusters = (sectors * sector - data_begin) / sector;
constexpr unsigned first_cluster = 2, end_of_chain = 0xFFF;

constexpr u64 clusters_of(u64 size) { return (size + sector - 1) / sector; }

/// At most `length` of what DOS allows in names.
std::string letters_of(const std::string& text, std::size_t length) {
    std::string letters;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("!#$%&'()-@^_`{}~", c);
        if (c == '.' || c == ' ' || letters.size() == length) continue;
        letters += plain && static_cast<unsigned char>(c) < 0x80
                       ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                       : '_';
    }
    return letters;
}

/// NAME.EXT, or NAME~2.EXT if that is taken.
std::string short_name(const fs::path& path, const std::set<std::string>& taken) {
    const std::string extension = letters_of(path.extension().string(), 3);
    const std::string end = extension.empty() ? std::string() : fmt::format(".{}", extension);
    for (unsigned n = 1;; ++n) {
        const std::string number = n == 1 ? std::string() : fmt::format("~{}", n);
        std::string stem = letters_of(path.stem().string(), 8 - number.size());
        if (stem.empty()) stem.push_back('_');
        if (const std::string name = fmt::format("{}{}{}", stem, number, end); !taken.contains(name)) return name;
    }
}

void put(std::vector<u8>& image, u64 at, u64 value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) image[at + i] = static_cast<u8>(value >> (8 * i));
}

void put_text(std::vector<u8>& image, u64 at, std::string_view text) {
    std::copy(text.begin(), text.end(), image.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The boot sector's parameters; a PC that is started with it says so by doing nothing.
void put_boot_sector(std::vector<u8>& image) {
    put(image, 0, 0x903CEB, 3);
    put_text(image, 3, "MSDOS5.0");
    put(image, 11, sector, 2);
    put(image, 13, 1, 1); // sectors in a cluster
    put(image, 14, 1, 2); // before the first FAT
    put(image, 16, fats, 1);
    put(image, 17, root_entries, 2);
    put(image, 19, sectors, 2);
    put(image, 21, 0xF0, 1);
    put(image, 22, fat_sectors, 2);
    put(image, 24, 18, 2); // sectors in a track
    put(image, 26, 2, 2);  // heads
    put(image, 38, 0x29, 1);
    put(image, 39, static_cast<u64>(std::time(nullptr)), 4);
    put_text(image, 43, "FILES      FAT12   ");
    put(image, 62, 0x18CD, 2); // the firmware goes on
    put(image, 510, 0xAA55, 2);
}

void put_fat(std::vector<u8>& image, unsigned cluster, unsigned value) {
    for (u64 fat = 0; fat < fats; ++fat) {
        const u64 at = (1 + fat * fat_sectors) * sector + cluster * 3 / 2;
        const unsigned old = image[at] | image[at + 1] << 8;
        put(image, at, (cluster & 1) != 0 ? (old & 0x000F) | value << 4 : (old & 0xF000) | value, 2);
    }
}

/// Date and time as DOS writes them.
u32 dos_time(const std::string& path) {
    std::error_code error;
    const auto changed = fs::last_write_time(path, error);
    if (error) return 0x00210000; // 1980-01-01
    const std::time_t seconds =
        std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
            changed - fs::file_time_type::clock::now() + std::chrono::system_clock::now()));
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const u32 year = static_cast<u32>(std::clamp(local.tm_year - 80, 0, 127));
    const u32 date = year << 9 | static_cast<u32>(local.tm_mon + 1) << 5 | static_cast<u32>(local.tm_mday);
    return date << 16 | static_cast<u32>(local.tm_hour) << 11 | static_cast<u32>(local.tm_min) << 5 |
           static_cast<u32>(local.tm_sec) / 2;
}

void put_entry(std::vector<u8>& image, u64 at, const FloppyFile& file, unsigned cluster) {
    std::fill_n(image.begin() + static_cast<std::ptrdiff_t>(at), 11, ' ');
    const std::size_t dot = file.name.find('.');
    put_text(image, at, file.name.substr(0, dot));
    if (dot != std::string::npos) put_text(image, at + 8, file.name.substr(dot + 1));
    put(image, at + 11, 0x20, 1); // archive
    put(image, at + 22, dos_time(file.path), 4);
    put(image, at + 26, file.size == 0 ? 0 : cluster, 2);
    put(image, at + 28, file.size, 4);
}

} // namespace

Result<std::vector<FloppyFile>> name_for_floppy(const std::vector<std::string>& paths) {
    std::vector<FloppyFile> files;
    std::set<std::string> taken;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_regular_file(path, error)) return make_error("{} is no plain file", path);
        FloppyFile file{short_name(path, taken), path, fs::file_size(path, error)};
        taken.insert(file.name);
        files.push_back(std::move(file));
    }
    return files;
}

bool fits_on_floppy(const std::vector<FloppyFile>& files) {
    u64 used = 0;
    for (const FloppyFile& file : files) used += clusters_of(file.size);
    return files.size() <= root_entries - 1 && used <= clusters;
}

Result<std::string> make_floppy(const std::vector<FloppyFile>& files, const std::string& folder) {
    if (!fits_on_floppy(files)) return make_error("these files do not fit on a floppy of 1.44 MB");
    std::vector<u8> image(sectors * sector);
    put_boot_sector(image);
    put_fat(image, 0, 0xFF0);
    put_fat(image, 1, end_of_chain);
    put_text(image, root_begin, "FILES      \x08");
    unsigned next = first_cluster;
    for (std::size_t n = 0; n < files.size(); ++n) {
        const FloppyFile& file = files[n];
        put_entry(image, root_begin + (n + 1) * 32, file, next);
        std::ifstream content(file.path, std::ios::binary);
        const u64 at = data_begin + (next - first_cluster) * sector;
        if (!content.read(reinterpret_cast<char*>(image.data() + at), static_cast<std::streamsize>(file.size)))
            return make_error("cannot read {}", file.path);
        const unsigned count = static_cast<unsigned>(clusters_of(file.size));
        for (unsigned i = 0; i < count; ++i) put_fat(image, next + i, i + 1 == count ? end_of_chain : next + i + 1);
        next += count;
    }
    std::error_code error;
    fs::create_directories(folder, error);
    std::string name;
    for (unsigned n = 1; name.empty() || fs::exists(name, error); ++n)
        name = (fs::absolute(folder) / fmt::format("files-{}-{}.img", ::getpid(), n)).string();
    std::ofstream out(name, std::ios::binary);
    out.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size()));
    if (!out.flush()) return errno_error(errno, fmt::format("cannot write {}", name));
    return name;
}

} // namespace ringshift
