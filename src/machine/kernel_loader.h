// Kernels of any kind, from files to what the option ROMs need.
#pragma once

#include "base/result.h"
#include "machine/boot_blobs.h"
#include "machine/config.h"

namespace ringshift {

/// `ram_below_4g` in bytes. The error says what is wrong with the kernel, its initrd or a module.
Result<BootBlobs> load_kernel(const KernelConfig& kernel, u64 ram_below_4g);

} // namespace ringshift
