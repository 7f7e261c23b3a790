// The page walk (SDM vol. 3A, chapter 4): 32-bit, PSE and PAE paging, with accessed and dirty bits and exact error
// codes.
#pragma once

#include "mmu/physical_map.h"

#include <array>

namespace ringshift {

/// What the walk needs to know of the processor; copied in by the CPU whenever one of these changes.
struct PagingContext {
    u64 cr0 = 0;
    u64 cr3 = 0;
    u64 cr4 = 0;
    u64 efer = 0;
    std::array<u64, 4> pdpte{}; ///< as loaded by the last write that loads them (SDM vol. 3A, 4.4.1)
    u8 physical_bits = 36;
    bool a20 = true;
    bool operator==(const PagingContext&) const = default;
};

enum class AccessKind : u8 { Read, Write, Fetch };
/// Implicit supervisor accesses (descriptor tables, TSS) are supervisor accesses whatever the CPL.
enum class Privilege : u8 { Supervisor = 0, User = 1, ImplicitSupervisor = 2 };

struct Access {
    AccessKind kind = AccessKind::Read;
    Privilege privilege = Privilege::Supervisor;
};

/// Error code bits of #PF (SDM vol. 3A, 4.7).
namespace page_fault_error {
inline constexpr u32 present = 1, write = 2, user = 4, reserved = 8, fetch = 16;
}

/// The result of a walk: an address and what the page allows, or the error code of the #PF.
struct Translation {
    bool ok = false;
    u32 error_code = 0;
    PhysAddr address;
    bool writable =
        false; ///< a write with this privilege would succeed without a further walk: R/W or WP rules, and D is set
    bool user = false;     ///< user accesses allowed
    bool accessed = false; ///< A is set in all entries, or would be by a walk that sets it
    bool executable = true;
    bool global = false;
    bool large = false; ///< of 2 or 4 MiB
    /// The frames that the entries were read from: page directory, page table. Unused ones are 0, and `table_count`
    /// says so; without paging there are none.
    std::array<u64, 2> tables{};
    u8 table_count = 0;
    u8 entry_size = 0; ///< bytes

    /// The same tables have the same number. (Physical addresses have at most 44 bits.)
    u64 source() const { return tables[0] << 20 | tables[1] >> 12; }
};

/// Walks the tables for one access and sets A (and D for writes). Without paging: the address itself, under A20.
Translation walk(PhysicalMap& memory, const PagingContext& context, LinearAddr address, Access access);
/// The same without setting A or D; for debuggers.
Translation probe(PhysicalMap& memory, const PagingContext& context, LinearAddr address, Access access);

/// The reserved-bits check of PDPTEs when CR3 is loaded (SDM vol. 3A, 4.4.1): false gives #GP(0).
bool load_pdptes(PhysicalMap& memory, PagingContext& context);

} // namespace ringshift
