// Addresses of the model-specific registers that exist here (SDM vol. 4, chapter 2).
#pragma once

#include "base/types.h"

namespace ringshift::msr {

inline constexpr u32 p5_mc_addr = 0x0, p5_mc_type = 0x1, time_stamp_counter = 0x10, platform_id = 0x17,
                     apic_base = 0x1B, ebl_cr_poweron = 0x2A, tsc_adjust = 0x3B, bios_updt_trig = 0x79,
                     bios_sign_id = 0x8B, mtrr_cap = 0xFE, arch_capabilities = 0x10A, sysenter_cs = 0x174,
                     sysenter_esp = 0x175, sysenter_eip = 0x176, mcg_cap = 0x179, mcg_status = 0x17A,
                     misc_enable = 0x1A0, debug_ctl = 0x1D9, last_branch_from = 0x1DB, last_exception_to = 0x1DE,
                     mtrr_variable_first = 0x200, mtrr_variable_last = 0x20F, mtrr_fixed_64k = 0x250,
                     mtrr_fixed_16k_first = 0x258, mtrr_fixed_16k_last = 0x259, mtrr_fixed_4k_first = 0x268,
                     mtrr_fixed_4k_last = 0x26F, pat = 0x277, mtrr_def_type = 0x2FF, efer = 0xC000'0080,
                     tsc_aux = 0xC000'0103;

} // namespace ringshift::msr
