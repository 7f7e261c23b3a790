// What a processor's pins are wired to. Implemented by the machine; the CPU knows no device.
#pragma once

#include "base/archive.h"
#include "base/types.h"

#include <span>

namespace ringshift {

/// Port space (SDM vol. 1, chapter 18). `size` is 1, 2 or 4.
class PortIo {
  public:
    virtual ~PortIo() = default;
    virtual u32 in(u16 port, unsigned size) = 0;
    virtual void out(u16 port, unsigned size, u32 value) = 0;
    /// REP INS and REP OUTS may move so many bytes as a block, for nothing happens meanwhile that could depend on when.
    virtual u64 block_room(u16 port, unsigned size) = 0;
    /// `bytes.size() / size` accesses of one port.
    virtual void in_block(u16 port, unsigned size, std::span<u8> bytes) = 0;
    virtual void out_block(u16 port, unsigned size, std::span<const u8> bytes) = 0;
};

/// The other pins. Time is exact within an instruction stream: the machine derives it from CpuState's budget.
class Platform : public PortIo {
  public:
    /// The interrupt-acknowledge cycle: the vector of the interrupt to deliver now.
    virtual u8 acknowledge_interrupt() = 0;
    /// The time-stamp counter before IA32_TIME_STAMP_COUNTER's offset, in TSC ticks.
    virtual u64 timestamp() = 0;
    /// TSC frequency in Hz.
    virtual u64 timestamp_hz() const = 0;
    /// Frequency in Hz of the clock that the local APIC's timer divides; 0: nobody says.
    virtual u64 bus_hz() const { return 0; }
    /// FERR#: an unmasked x87 exception while CR0.NE is 0; the board raises IRQ 13. Released through port F0.
    virtual void set_ferr(bool level) = 0;
    /// Whether IGNNE# is asserted (port F0 was written while FERR# was active): waiting x87 instructions go on.
    virtual bool ignne() = 0;
    virtual u64 read_apic_base() = 0;
    /// False: reserved bits, gives #GP(0).
    virtual bool write_apic_base(u64 value) = 0;
    /// INIT or RESET of this CPU by itself is the machine's; shutdown and triple fault leave run() with an Exit.
};

} // namespace ringshift
