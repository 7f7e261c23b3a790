// Linux kernels by the 16-bit boot protocol (Documentation/arch/x86/boot.rst in Linux).
#pragma once

#include "base/result.h"
#include "machine/boot_blobs.h"

#include <span>
#include <string_view>

namespace ringshift {

/// Whether a file that begins with `head` is a bzImage or zImage.
bool is_linux_kernel(std::span<const u8> head);

/// Checks a kernel and places its parts and the initrd. `ram_below_4g` in bytes. The messages name `name`.
Result<BootBlobs> prepare_linux(std::string_view name, const SharedBytes& kernel, SharedBytes initrd,
                                std::string_view command_line, u64 ram_below_4g);

} // namespace ringshift
