// Multiboot version 1 kernels (Multiboot Specification 0.6.96): ELF, or with load addresses in the header.
#pragma once

#include "base/result.h"
#include "machine/boot_blobs.h"

#include <span>
#include <string_view>

namespace ringshift {

/// Whether one is in the first 8 KiB of a file that begins with `head`.
bool has_multiboot_header(std::span<const u8> head);

struct MultibootModule {
    std::string command_line;
    std::vector<u8> content;
};

/// Builds the memory image: kernel, page-aligned modules, information structure. The memory map in it is filled in by
/// the option ROM. `ram_below_4g` in bytes.
Result<BootBlobs> prepare_multiboot(std::string_view name, std::span<const u8> kernel,
                                    const std::vector<MultibootModule>& modules, std::string_view command_line,
                                    u64 ram_below_4g);

} // namespace ringshift
