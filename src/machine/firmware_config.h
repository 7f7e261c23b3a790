// What the firmware is told about the machine: fw_cfg items and CMOS memory.
#pragma once

#include "machine/boot_blobs.h"
#include "machine/config.h"

namespace ringshift {

class FwCfg;
class Rtc;

struct FirmwareFacts {
    u64 low_ram = 0;  ///< below 4 GiB, bytes
    u64 high_ram = 0; ///< above
    bool has_apic = true;
};

/// Fills in fw_cfg.
void configure_firmware(FwCfg& fw_cfg, const MachineConfig& config, const FirmwareFacts& facts,
                        const BoardContent& content);

/// Sizes of memory and kinds of floppy drives where firmware and old systems look for them.
void configure_cmos(Rtc& rtc, const MachineConfig& config, const FirmwareFacts& facts);

} // namespace ringshift
