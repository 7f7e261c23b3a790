// A kernel made ready for one of our option ROMs: blobs and where they go (machine/roms/).
#pragma once

#include "base/archive.h"
#include "base/shared_bytes.h"
#include "base/types.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringshift {

/// What the ROM finds in fw_cfg. Addresses are physical and below 4 GiB.
struct BootBlobs {
    std::string rom; ///< name of the option ROM: "linux_boot" or "multiboot_boot"
    u32 setup_address = 0;
    std::vector<u8> setup;
    u32 command_line_address = 0;
    std::vector<u8> command_line; ///< with its zero
    u32 kernel_address = 0;
    u32 kernel_entry = 0;
    SharedBytes kernel;
    u32 initrd_address = 0; ///< Multiboot: of the information structure, which is part of `kernel`
    SharedBytes initrd;

    void archive(Archive& ar) {
        ar(rom, setup_address, command_line_address, kernel_address, kernel_entry, initrd_address);
        ar.check(rom == "linux_boot" || rom == "multiboot_boot", "option ROM");
        for (std::vector<u8>* blob : {&setup, &command_line}) ar.blob(*blob, u64{1} << 32);
        for (SharedBytes* blob : {&kernel, &initrd}) blob->archive_blob(ar, u64{1} << 32);
    }
    /// One copy of what both have.
    void share_if_same(const BootBlobs& other) {
        kernel.share_if_same(other.kernel);
        initrd.share_if_same(other.initrd);
    }
};

/// What a board is given in memory, apart from the disks.
struct BoardContent {
    std::shared_ptr<const std::vector<u8>> system_firmware; ///< not null
    std::vector<u8> video_firmware;
    std::optional<BootBlobs> kernel;

    void archive(Archive& ar) {
        std::vector<u8> firmware;
        if (!ar.is_loading()) firmware = *system_firmware;
        ar.blob(firmware, 16u << 20);
        ar.check(!firmware.empty() && firmware.size() % 0x10000 == 0, "size of the firmware");
        if (ar.is_loading()) system_firmware = std::make_shared<const std::vector<u8>>(std::move(firmware));
        ar.blob(video_firmware, 1u << 20);
        ar(kernel);
    }
};

/// At the top of the RAM below 4 GiB the firmware keeps ACPI tables and its own data; kernels stay out of it (bytes).
inline constexpr u64 firmware_reserve = 1u << 20;

} // namespace ringshift
