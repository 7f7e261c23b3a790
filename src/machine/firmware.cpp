#include "machine/firmware.h"

#include "machine/host_file.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <span>

namespace ringshift {

namespace embedded {
extern const std::span<const u8> linux_boot;
extern const std::span<const u8> multiboot_boot;
} // namespace embedded

namespace {

Result<std::vector<u8>> load(const std::string& folder, const std::vector<std::string_view>& names, std::size_t unit,
                             std::size_t largest) {
    for (const std::string_view name : names) {
        const std::filesystem::path path = std::filesystem::path(folder) / name;
        std::error_code error;
        if (!std::filesystem::exists(path, error)) continue;
        std::vector<u8> bytes = TRY(read_host_file(path));
        if (bytes.empty() || bytes.size() % unit != 0 || bytes.size() > largest)
            return make_error("the firmware {} is damaged ({} bytes); install it again: apt-get install --reinstall "
                              "seabios",
                              path.string(), bytes.size());
        return bytes;
    }
    return make_error("the firmware {}/{} is missing; install it: apt-get install seabios", folder, names.front());
}

/// Makes the bytes of a range add up to zero by changing one of them.
void seal(std::span<u8> range, std::size_t checksum) {
    range[checksum] = 0;
    const unsigned sum = std::accumulate(range.begin(), range.end(), 0u);
    range[checksum] = static_cast<u8>(0u - sum);
}

} // namespace

Result<std::vector<u8>> load_system_firmware(const std::string& folder) {
    return load(folder, {"bios-256k.bin", "bios.bin"}, 0x10000, 16u << 20);
}

Result<std::vector<u8>> load_video_firmware(const std::string& folder) {
    return load(folder, {"vgabios-stdvga.bin"}, 512, 64u << 10);
}

std::vector<u8> option_rom(std::string_view name) {
    const std::span<const u8> code = name == "linux_boot" ? embedded::linux_boot : embedded::multiboot_boot;
    std::vector<u8> rom(code.begin(), code.end());
    // One byte beyond the code for the checksum, then whole blocks of 512 bytes.
    rom.resize((rom.size() + 1 + 511) / 512 * 512);
    rom[2] = static_cast<u8>(rom.size() / 512);
    const std::size_t header = static_cast<std::size_t>(rom[0x1A] | rom[0x1B] << 8);
    ASSERT(header + 32 <= code.size(), "option ROM {}", name);
    seal(std::span(rom).subspan(header, 32), 9);
    seal(rom, rom.size() - 1);
    return rom;
}

} // namespace ringshift
