// What a device may touch: an IRQ line, a clock, a view of guest memory for DMA, and its host side. A device knows
// neither its addresses nor the CPU; the machine wires all of it (machine/).
#pragma once

#include "base/archive.h"
#include "base/result.h"
#include "base/types.h"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ringshift {

/// A wire that a device drives. Level semantics: set(true) asserts, set(false) releases; the interrupt controller at
/// the other end decides whether it looks at edges or levels.
class IrqLine {
  public:
    virtual ~IrqLine() = default;
    virtual void set(bool level) = 0;
    void pulse() {
        set(true);
        set(false);
    }
};

/// Names one timer of one device on the machine's Timeline.
using TimerId = u32;

/// The one virtual time. Nanoseconds since the machine was powered on; never goes back.
/// A callback runs between two guest instructions, at or after its deadline, and is told how late it is (nanoseconds).
class Clock {
  public:
    using Callback = std::function<void(u64 late_ns)>;
    virtual ~Clock() = default;
    virtual u64 now() const = 0;
    /// Only in a device's constructor: the order of creation is part of the snapshot format. Starts disarmed.
    virtual TimerId create_timer(std::string_view name, Callback callback) = 0;
    /// Arms or re-arms. A deadline in the past fires at the next instruction boundary.
    virtual void arm(TimerId timer, u64 deadline_ns) = 0;
    virtual void cancel(TimerId timer) = 0;
};

/// Ticks of a counter of `hz` at virtual time `ns`, exactly (128-bit).
constexpr u64 ticks_at(u64 ns, u64 hz) {
    return static_cast<u64>(static_cast<unsigned __int128>(ns) * hz / 1'000'000'000u);
}
/// The earliest virtual time (ns) at which a counter of `hz` has reached `ticks`.
constexpr u64 time_of_tick(u64 ticks, u64 hz) {
    return static_cast<u64>((static_cast<unsigned __int128>(ticks) * 1'000'000'000u + hz - 1) / hz);
}

/// Guest physical memory as a bus master sees it. Writes invalidate translated and decoded code like CPU writes do.
/// Ranges outside RAM read as ones and swallow writes.
class DmaView {
  public:
    virtual ~DmaView() = default;
    virtual void read(PhysAddr from, std::span<u8> out) = 0;
    virtual void write(PhysAddr to, std::span<const u8> in) = 0;
};

/// A run of registers at offsets from wherever the machine puts it, in port or memory space.
/// `size` is 1, 2, 4 (8 in memory space only). What is not there reads as ones.
class RegisterBlock {
  public:
    virtual ~RegisterBlock() = default;
    virtual u64 read(u64 offset, unsigned size) = 0;
    virtual void write(u64 offset, unsigned size, u64 value) = 0;
    /// How many bytes read_block() and write_block() may now move with no effect but that they are moved: nothing is
    /// timed, no line changes. What ends such a stretch is an access of its own, at its own time.
    virtual u64 block_room(u64 offset, unsigned size);
    /// `out.size() / size` reads of the same register (REP INS); a device with a data port overrides it.
    virtual void read_block(u64 offset, unsigned size, std::span<u8> out);
    /// `in.size() / size` writes of the same register (REP OUTS).
    virtual void write_block(u64 offset, unsigned size, std::span<const u8> in);
    /// Memory space only: consecutive bytes mean the same in accesses of any size (video memory).
    virtual bool is_memory() const { return false; }
    /// Memory space only: consecutive addresses from `offset`; default: byte by byte.
    virtual void write_range(u64 offset, std::span<const u8> in);
    virtual void read_range(u64 offset, std::span<u8> out);
};

/// A device: what the contract test of tests/devices runs on every one.
class Device {
  public:
    virtual ~Device() = default;
    /// Short and unique in a machine; the tag of its chunk in snapshots ("pic", "ide0", ...).
    virtual std::string_view name() const = 0;
    /// Hardware reset (RESET#): the same state as after construction, but for what a battery or a medium keeps.
    virtual void reset() = 0;
    virtual void archive(Archive& ar) = 0;
};

/// Calls functions as a RegisterBlock; for devices with more than one block.
class FunctionRegisters final : public RegisterBlock {
  public:
    using Read = std::function<u64(u64 offset, unsigned size)>;
    using Write = std::function<void(u64 offset, unsigned size, u64 value)>;
    FunctionRegisters(Read read, Write write) : m_read(std::move(read)), m_write(std::move(write)) {}
    u64 read(u64 offset, unsigned size) override { return m_read(offset, size); }
    void write(u64 offset, unsigned size, u64 value) override { m_write(offset, size, value); }

  private:
    Read m_read;
    Write m_write;
};

/// Host side of a character device (serial line, debug console): bytes out. Bytes in are pushed into the device.
class ByteSink {
  public:
    virtual ~ByteSink() = default;
    virtual void put(u8 byte) = 0;
};

/// Host side of a disk, CD or floppy: a flat array of bytes. Reads past the end are an error.
class BlockBackend {
  public:
    virtual ~BlockBackend() = default;
    /// In bytes.
    virtual u64 size() const = 0;
    virtual bool read_only() const = 0;
    virtual Result<> read(u64 offset, std::span<u8> out) = 0;
    virtual Result<> write(u64 offset, std::span<const u8> in) = 0;
    /// What was written is in the file, and on the host's disk, when this returns.
    virtual Result<> flush() = 0;
};

/// Host side of a network card. A frame is an Ethernet frame from the destination address on, without the check
/// sequence.
class PacketSink {
  public:
    virtual ~PacketSink() = default;
    virtual void send(std::span<const u8> frame) = 0;
    /// A card that had no room for frames has some again.
    virtual void ready() = 0;
};

/// Told when the host failed a device (disk full, I/O error): the machine pauses the guest with the message; the device
/// keeps the request and repeats it on retry().
class HostErrorSink {
  public:
    virtual ~HostErrorSink() = default;
    virtual void host_error(std::string_view device, const Error& error) = 0;
};

} // namespace ringshift
