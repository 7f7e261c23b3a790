// The ACPI tables of the board, for the firmware to place: fw_cfg files with the tables, and a script for SeaBIOS that
// says where pointers and checksums go (docs/specs of QEMU: "bios-linker-loader").
//
// There is no MP table here: SeaBIOS makes its own, from fw_cfg's CPU count and the IO-APIC.
#pragma once

#include "base/types.h"

#include <vector>

namespace ringshift {

class FwCfg;

struct AcpiBoard {
    u64 low_ram = 0;      ///< RAM below 4 GiB, bytes: the PCI memory window begins where SeaBIOS begins it
    bool has_apic = true; ///< CPU and board have APICs
    u32 cpu_count = 1;    ///< APIC identifiers 0.. of the CPUs, at most 255
    u8 io_apic_id = 0;
    u32 pm_base = 0x600; ///< of PIIX4's power management block, as SeaBIOS sets it when there are these tables
};

struct AcpiFiles {
    std::vector<u8> rsdp;   ///< file etc/acpi/rsdp
    std::vector<u8> tables; ///< file etc/acpi/tables
    std::vector<u8> loader; ///< file etc/table-loader
};

/// Pointers in the files are offsets into etc/acpi/tables, and checksums zero, until the script has run.
AcpiFiles build_acpi_tables(const AcpiBoard& board);
/// The same, into fw_cfg.
void add_acpi_tables(FwCfg& fw_cfg, const AcpiBoard& board);

/// The bytes of the DSDT, with its header; the checksum is zero.
std::vector<u8> build_dsdt(const AcpiBoard& board);

} // namespace ringshift
