#include "mmu/paging.h"

namespace ringshift {

namespace {

constexpr u64 cr0_wp = 1u << 16, cr0_pg = 1u << 31;
constexpr u64 cr4_pse = 1u << 4, cr4_pae = 1u << 5, cr4_pge = 1u << 7, cr4_smep = 1u << 20;
constexpr u64 efer_nxe = 1u << 11;

// Bits of a paging-structure entry (SDM vol. 3A, tables 4-4 to 4-6 and 4-8 to 4-11).
constexpr u64 entry_present = 1, entry_write = 2, entry_user = 4, entry_accessed = 1u << 5, entry_dirty = 1u << 6,
              entry_large = 1u << 7, entry_global = 1u << 8, entry_no_execute = u64{1} << 63;

constexpr u64 bits(unsigned high, unsigned low) { // inclusive; empty if high < low
    return high < low ? 0 : ((high == 63 ? 0 : (u64{1} << (high + 1))) - (u64{1} << low));
}

struct Walker {
    PhysicalMap& memory;
    const PagingContext& context;
    Access access;
    bool set_bits;

    u64 address_mask() const { return context.a20 ? ~u64{0} : ~(u64{1} << 20); }
    bool is_user() const { return access.privilege == Privilege::User; }
    bool no_execute_enabled() const { return (context.cr4 & cr4_pae) && (context.efer & efer_nxe); }

    u32 error_code(u32 reason) const {
        u32 code = reason;
        if (access.kind == AccessKind::Write) code |= page_fault_error::write;
        if (is_user()) code |= page_fault_error::user;
        if (access.kind == AccessKind::Fetch && (no_execute_enabled() || (context.cr4 & cr4_smep)))
            code |= page_fault_error::fetch;
        return code;
    }
    Translation fault(u32 reason) const {
        Translation result;
        result.error_code = error_code(reason);
        return result;
    }

    template <typename T>
    void set_in_entry(PhysAddr where, T& entry, u64 bits_to_set) {
        if (!set_bits || (entry & bits_to_set) == bits_to_set) return;
        entry = static_cast<T>(entry | bits_to_set);
        memory.set_in_table<T>(where, entry);
    }

    /// The rights check after all entries were found present and well-formed (SDM vol. 3A, 4.6.1), then A and D.
    /// `upper` is the PDE above a page table entry, or null for a large page. Intersected rights count.
    template <typename T>
    Translation finish(PhysAddr upper_where, T* upper, PhysAddr leaf_where, T leaf, PhysAddr page_base, u64 offset) {
        const u64 both = upper ? (leaf & *upper) : leaf;
        const bool user_page = (both & entry_user) != 0;
        const bool write_allowed = (both & entry_write) != 0;
        bool executable = true;
        if constexpr (sizeof(T) == 8)
            executable = !no_execute_enabled() || (((leaf | (upper ? *upper : 0)) & entry_no_execute) == 0);
        if (!is_user() && user_page && (context.cr4 & cr4_smep)) executable = false;
        const bool may_write = write_allowed || (!is_user() && !(context.cr0 & cr0_wp));
        const bool allowed = (!is_user() || user_page) && (access.kind != AccessKind::Write || may_write) &&
                             (access.kind != AccessKind::Fetch || executable);
        if (!allowed) return fault(page_fault_error::present);

        if (upper) set_in_entry(upper_where, *upper, entry_accessed);
        set_in_entry(leaf_where, leaf, entry_accessed | (access.kind == AccessKind::Write ? entry_dirty : 0));
        Translation result;
        result.ok = true;
        result.address = PhysAddr((page_base.value + offset) & address_mask());
        result.writable = may_write && (leaf & entry_dirty);
        result.user = user_page;
        result.accessed = (both & entry_accessed) != 0;
        result.executable = executable;
        result.global = (context.cr4 & cr4_pge) && (leaf & entry_global);
        result.large = upper == nullptr;
        result.entry_size = sizeof(T);
        result.table_count = upper ? 2 : 1;
        result.tables = {(upper ? upper_where : leaf_where).value & ~page_mask,
                         upper ? leaf_where.value & ~page_mask : 0};
        return result;
    }

    Translation walk_32(u32 address) { // SDM vol. 3A, 4.3
        const PhysAddr pde_where(((context.cr3 & 0xFFFFF000) | ((address >> 22) << 2)) & address_mask());
        u32 pde = memory.read_value<u32>(pde_where);
        if (!(pde & entry_present)) return fault(0);
        if ((pde & entry_large) && (context.cr4 & cr4_pse)) {
            const unsigned m = context.physical_bits < 40 ? context.physical_bits : 40;
            if (pde & bits(21, m - 19)) return fault(page_fault_error::present | page_fault_error::reserved);
            const u64 base = (pde & 0xFFC00000) | ((pde & bits(m - 20, 13)) << 19);
            return finish<u32>({}, nullptr, pde_where, pde, PhysAddr(base), address & 0x3FFFFF);
        }
        const PhysAddr pte_where(((pde & 0xFFFFF000) | (((address >> 12) & 0x3FF) << 2)) & address_mask());
        const u32 pte = memory.read_value<u32>(pte_where);
        if (!(pte & entry_present)) return fault(0);
        return finish<u32>(pde_where, &pde, pte_where, pte, PhysAddr(pte & 0xFFFFF000), address & 0xFFF);
    }

    Translation walk_pae(u32 address) { // SDM vol. 3A, 4.4.2
        const u64 reserved = bits(62, context.physical_bits) | (no_execute_enabled() ? 0 : entry_no_execute);
        const u64 frame_bits = bits(context.physical_bits - 1u, 12);
        const u64 pdpte = context.pdpte[address >> 30];
        if (!(pdpte & entry_present)) return fault(0);
        const PhysAddr pde_where(((pdpte & frame_bits) | (((address >> 21) & 0x1FF) << 3)) & address_mask());
        u64 pde = memory.read_value<u64>(pde_where);
        if (!(pde & entry_present)) return fault(0);
        if (pde & reserved) return fault(page_fault_error::present | page_fault_error::reserved);
        if (pde & entry_large) {
            if (pde & bits(20, 13)) return fault(page_fault_error::present | page_fault_error::reserved);
            return finish<u64>({}, nullptr, pde_where, pde, PhysAddr(pde & frame_bits & ~u64{0x1FFFFF}),
                               address & 0x1FFFFF);
        }
        const PhysAddr pte_where(((pde & frame_bits) | (((address >> 12) & 0x1FF) << 3)) & address_mask());
        const u64 pte = memory.read_value<u64>(pte_where);
        if (!(pte & entry_present)) return fault(0);
        if (pte & reserved) return fault(page_fault_error::present | page_fault_error::reserved);
        return finish<u64>(pde_where, &pde, pte_where, pte, PhysAddr(pte & frame_bits), address & 0xFFF);
    }

    Translation run(LinearAddr address) {
        const u32 linear = static_cast<u32>(address.value);
        if (!(context.cr0 & cr0_pg)) {
            Translation result;
            result.ok = true;
            result.address = PhysAddr(linear & address_mask());
            result.writable = true;
            result.user = true;
            result.accessed = true;
            return result;
        }
        return (context.cr4 & cr4_pae) ? walk_pae(linear) : walk_32(linear);
    }
};

} // namespace

Translation walk(PhysicalMap& memory, const PagingContext& context, LinearAddr address, Access access) {
    return Walker{memory, context, access, true}.run(address);
}

Translation probe(PhysicalMap& memory, const PagingContext& context, LinearAddr address, Access access) {
    return Walker{memory, context, access, false}.run(address);
}

bool load_pdptes(PhysicalMap& memory, PagingContext& context) {
    const u64 a20_mask = context.a20 ? ~u64{0} : ~(u64{1} << 20);
    const u64 table = context.cr3 & 0xFFFFFFE0;
    std::array<u64, 4> loaded{};
    for (unsigned i = 0; i < 4; ++i) {
        loaded[i] = memory.read_value<u64>(PhysAddr((table + 8 * i) & a20_mask));
        const u64 reserved = bits(63, context.physical_bits) | bits(8, 5) | bits(2, 1);
        if ((loaded[i] & entry_present) && (loaded[i] & reserved)) return false;
    }
    context.pdpte = loaded;
    return true;
}

} // namespace ringshift
