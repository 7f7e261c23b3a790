// Registers of the 82540EM and bits in them, by the names of Intel's "PCI/PCI-X Family of Gigabit Ethernet Controllers
// Software Developer's Manual" (317453), chapter 13.
#pragma once

#include "base/types.h"

#include <array>

namespace ringshift::e1000 {

/// No header and no payload of a packet to segment is larger than this together, in bytes.
inline constexpr std::size_t longest_packet = 0x10000 + 256;

/// Offsets in the memory BAR.
enum Register : u32 {
    CTRL = 0x0000,
    STATUS = 0x0008,
    EECD = 0x0010,
    EERD = 0x0014,
    CTRL_EXT = 0x0018,
    MDIC = 0x0020,
    FCAL = 0x0028,
    FCAH = 0x002C,
    FCT = 0x0030,
    VET = 0x0038,
    ICR = 0x00C0,
    ITR = 0x00C4,
    ICS = 0x00C8,
    IMS = 0x00D0,
    IMC = 0x00D8,
    RCTL = 0x0100,
    FCTTV = 0x0170,
    TXCW = 0x0178,
    TCTL = 0x0400,
    TIPG = 0x0410,
    AIFS = 0x0458,
    LEDCTL = 0x0E00,
    PBA = 0x1000,
    FCRTL = 0x2160,
    FCRTH = 0x2168,
    RDBAL = 0x2800,
    RDBAH = 0x2804,
    RDLEN = 0x2808,
    RDH = 0x2810,
    RDT = 0x2818,
    RDTR = 0x2820,
    RXDCTL = 0x2828,
    RADV = 0x282C,
    RSRPD = 0x2C00,
    TDBAL = 0x3800,
    TDBAH = 0x3804,
    TDLEN = 0x3808,
    TDH = 0x3810,
    TDT = 0x3818,
    TIDV = 0x3820,
    TXDCTL = 0x3828,
    TADV = 0x382C,
    TSPMT = 0x3830,
    MPC = 0x4010,
    GPRC = 0x4074,
    GPTC = 0x4080,
    GORCL = 0x4088,
    GORCH = 0x408C,
    GOTCL = 0x4090,
    GOTCH = 0x4094,
    TORL = 0x40C0,
    TORH = 0x40C4,
    TOTL = 0x40C8,
    TOTH = 0x40CC,
    TPR = 0x40D0,
    TPT = 0x40D4,
    RXCSUM = 0x5000,
    MTA = 0x5200,
    RAL = 0x5400,
    VFTA = 0x5600,
    WUC = 0x5800,
    WUFC = 0x5808,
    WUS = 0x5810,
    MANC = 0x5820,
};
/// All registers lie below.
inline constexpr u32 register_end = 0x6000;
inline constexpr u32 statistics_begin = 0x4000, statistics_end = 0x4100;
inline constexpr u32 multicast_words = 128, receive_addresses = 16, vlan_words = 128;

inline constexpr u32 ctrl_reset = 1u << 26, ctrl_vlan = 1u << 30, ctrl_phy_reset = 1u << 31;
inline constexpr u32 status_full_duplex = 1u << 0, status_link_up = 1u << 1, status_1000 = 2u << 6 | 2u << 8;
inline constexpr u32 rctl_enable = 1u << 1, rctl_unicast_all = 1u << 3, rctl_multicast_all = 1u << 4,
                     rctl_broadcast = 1u << 15, rctl_size_extended = 1u << 25, rctl_strip_crc = 1u << 26;
inline constexpr u32 tctl_enable = 1u << 1, tctl_pad_short = 1u << 3;
inline constexpr u32 rxcsum_ip = 1u << 8, rxcsum_tcp = 1u << 9;
inline constexpr u32 address_valid = 1u << 31;

/// Causes of interrupts: ICR, ICS, IMS, IMC.
inline constexpr u32 cause_transmitted = 1u << 0, cause_queue_empty = 1u << 1, cause_link = 1u << 2,
                     cause_receive_low = 1u << 4, cause_overrun = 1u << 6, cause_received = 1u << 7,
                     cause_mdio = 1u << 9, cause_asserted = 1u << 31;
inline constexpr u32 cause_bits = 0x0001FFFF;

} // namespace ringshift::e1000
