// SeaBIOS and the VGA BIOS, from Debian's package.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <string>
#include <vector>

namespace ringshift {

/// bios-256k.bin, or bios.bin. A missing file gives the command that installs it.
Result<std::vector<u8>> load_system_firmware(const std::string& folder);
Result<std::vector<u8>> load_video_firmware(const std::string& folder);

/// One of our own option ROMs ("linux_boot", "multiboot_boot"), with size and checksums filled in.
std::vector<u8> option_rom(std::string_view name);

} // namespace ringshift
