// Port space: which device answers at which of the 65,536 ports.
//
// A claim names the widest access that the device takes in one piece; what is wider is split into consecutive ports, as
// the bus does for 8-bit cards (`out dx, ax` to the VGA's index register writes index and data). What nobody claims
// reads as ones and swallows writes.
#pragma once

#include "base/device.h"
#include "base/zeroed_table.h"

#include <string>
#include <vector>

namespace ringshift {

class PortBus {
  public:
    PortBus();

    /// Puts `block` at [base, base + count). `width`: the widest access in bytes, 1, 2 or 4. Fails if a port is taken.
    Result<> claim(u16 base, u32 count, unsigned width, RegisterBlock& block, std::string_view name);
    /// The same for ports that the guest places (PCI base addresses): only free ports are taken, the fixed ones win.
    void claim_free(u16 base, u32 count, unsigned width, RegisterBlock& block, std::string_view name);
    /// Gives back all ports of `block`.
    void release(const RegisterBlock& block);

    u32 read(u16 port, unsigned size);
    void write(u16 port, unsigned size, u32 value);
    u64 block_room(u16 port, unsigned size);
    void read_block(u16 port, unsigned size, std::span<u8> bytes);
    void write_block(u16 port, unsigned size, std::span<const u8> bytes);

  private:
    struct Entry {
        u16 base = 0;
        u32 count = 0;
        unsigned width = 0;
        RegisterBlock* block = nullptr; ///< null: unclaimed
        std::string name;
    };
    const Entry* whole(u16 port, unsigned size) const;
    u16 add(u16 base, u32 count, unsigned width, RegisterBlock& block, std::string_view name);

    std::vector<Entry> m_entries;  ///< [0] is the unclaimed one
    ZeroedTable<u16> m_map{65536}; ///< port to entry
};

} // namespace ringshift
