// A drive on an IDE cable: what ATA disks and ATAPI CD-ROMs have in common (ATA/ATAPI-6).
//
// Life of a command. Writing the Command register puts the drive in Phase::Delay (BSY) with a `step` of the drive's
// own; after a small virtual delay the channel's timer calls advance(), which does the step: moves data to or from the
// host, and goes to
//   DataIn/DataOut (DRQ: the guest empties or fills `buffer` up to `block_end` through the data port, then
//   data_done()), Dma            (DRQ: until the bus master runs in the right direction), Idle           (done or
//   failed; an interrupt), or again Delay.
// A step talks to the host before it changes anything. If the host fails, the drive stays BSY in Phase::HostError and
// retry() repeats the step: the guest sees a slow drive, never a failing one.
//
// Everything in flight is in the State (buffer included), so a snapshot can be taken between any two instructions.
#pragma once

#include "base/device.h"

#include <array>
#include <vector>

namespace ringshift {

/// The channel as its drives see it; `unit` is 0 (master) or 1 (slave).
class IdeCable {
  public:
    virtual ~IdeCable() = default;
    /// The drive's INTRQ changed.
    virtual void interrupt_changed() = 0;
    /// Calls the drive's advance() after `delay_ns`; replaces an earlier request.
    virtual void arm(unsigned unit, u64 delay_ns) = 0;
    virtual void cancel(unsigned unit) = 0;
    /// Whether the bus master runs in this direction.
    virtual bool dma_running(bool to_memory) const = 0;
    /// Moves data between memory and `data`; returns how many bytes, fewer when the bus master stops.
    virtual std::size_t dma(bool to_memory, std::span<u8> data) = 0;
    virtual void host_failed(const Error& error) = 0;
};

/// The command block registers of one drive; [1] is the previous content, read with HOB (ATA-6, 7.13).
struct TaskFile {
    std::array<u8, 2> feature{}, count{}, lba_low{}, lba_mid{}, lba_high{};
    u8 device = 0;
    u8 status = 0;
    u8 error = 0;
    void archive(Archive& ar) { ar(feature, count, lba_low, lba_mid, lba_high, device, status, error); }
};

class IdeDrive {
  public:
    // Status register (ATA-6, 7.15).
    static constexpr u8 status_err = 0x01, status_drq = 0x08, status_dsc = 0x10, status_drdy = 0x40, status_bsy = 0x80;
    // Error register (ATA-6, 7.9).
    static constexpr u8 error_abrt = 0x04, error_idnf = 0x10, error_wp = 0x40;

    enum class Kind : u8 { None, Disk, Cdrom };
    enum class Phase : u8 { Idle, Delay, DataIn, DataOut, Dma, HostError };

    /// The longest data that is in flight at once: also the bound of a loaded snapshot.
    static constexpr std::size_t buffer_limit = 64 * 1024;

    struct State {
        TaskFile task;
        Phase phase = Phase::Idle;
        u8 command = 0;
        u8 step = 0;
        bool irq = false;
        std::vector<u8> buffer;
        u32 position = 0;
        /// Where the current DRQ data block ends in `buffer`.
        u32 block_end = 0;
        void archive(Archive& ar);
    };

    virtual ~IdeDrive() = default;
    void connect(IdeCable& cable, unsigned unit);

    virtual Kind kind() const = 0;
    /// Hardware reset, SRST (`hard` is false then: settings stay) or the end of a diagnostic: the signature is set.
    virtual void reset(bool hard);
    /// Sets BSY until finish_reset(): the first half of SRST.
    void begin_reset();
    /// EXECUTE DEVICE DIAGNOSTIC: the result and the signature; an interrupt from unit 0.
    void diagnose();

    u8 read_register(unsigned index, bool high_order) const;
    void write_register(unsigned index, u8 value);
    void write_command(u8 command);

    bool irq() const { return m_s.irq; }
    void acknowledge();
    /// Status without side effects.
    u8 status() const { return m_s.task.status; }

    /// What is left of the DRQ data block, but for the access of `size` bytes that ends it.
    u64 block_room(unsigned size) const;
    void read_data(std::span<u8> out);
    void write_data(std::span<const u8> in);

    /// The timer that arm() started.
    void on_timer();
    void on_dma_start();
    bool host_failed() const { return m_s.phase == Phase::HostError; }
    void retry();

    virtual void archive(Archive& ar);

    /// Sectors moved since construction, for the lights of a front end; not part of the state.
    u64 sectors_read() const { return m_sectors_read; }
    u64 sectors_written() const { return m_sectors_written; }

  protected:
    /// A new command is in the Command register; the drive is idle.
    virtual void execute() = 0;
    /// Does m_s.step.
    virtual void advance() = 0;
    /// The guest has moved the whole DRQ data block.
    virtual void data_done() = 0;
    virtual void set_signature() = 0;
    /// The number of steps of the drive: bound of a loaded `step`.
    virtual u8 step_count() const = 0;

    void busy(u8 step, u64 delay_ns);
    void request_data(Phase phase, u32 block_end, bool interrupt);
    void wait_for_dma(u8 step);
    void complete();
    void fail(u8 error);
    void raise();
    void report(const Error& error);
    IdeCable& cable() { return *m_cable; }

    State m_s;
    u64 m_sectors_read = 0;
    u64 m_sectors_written = 0;

  private:
    IdeCable* m_cable = nullptr;
    unsigned m_unit = 0;
};

/// Puts `text` in IDENTIFY words, space-padded, the first character in the high byte (ATA-6, 8.15.8).
void put_identify_string(std::span<u8> words, std::string_view text);
/// One little-endian word of an IDENTIFY block.
void put_identify_word(std::span<u8> block, unsigned word, u32 value);
/// Sets word 255: signature and checksum (ATA-6, 8.15.62).
void seal_identify(std::span<u8> block);

} // namespace ringshift
