// The 82077AA floppy disk controller in PC-AT mode with two drives (Intel 82077AA datasheet 290166).
#pragma once

#include "devices/dma8237.h"

#include <optional>
#include <string_view>

namespace ringshift {

struct FloppyGeometry {
    u8 tracks;
    u8 heads;
    u8 sectors;
    /// Data rate code of DSR and CCR: 0 500, 1 300, 2 250, 3 1000 kbit/s.
    u8 rate;
    u64 size() const { return u64{tracks} * heads * sectors * 512; }
};

/// The standard format of an image of `bytes` bytes: the smallest that holds it. None above 2.88 MB or for nothing.
std::optional<FloppyGeometry> floppy_geometry(u64 bytes);

class Floppy final : public Device {
  public:
    enum class Phase : u8 { Command, Execution, Result };
    enum class Activity : u8 { None, Read, Write, Verify, Scan, Format, ReadId };

    struct Drive {
        /// Where the head is, and where the controller believes it to be.
        u8 track = 0;
        u8 cylinder = 0;
        /// DSKCHG: set until a step with a medium in.
        bool changed = true;
        /// A SEEK or RECALIBRATE under way or not yet asked for, and its ST0.
        bool seeking = false;
        bool seek_done = false;
        u8 seek_status = 0;
        void archive(Archive& ar) { ar(track, cylinder, changed, seeking, seek_done, seek_status); }
    };
    struct State {
        u8 dor = 0;
        u8 tdr = 0;
        u8 rate = 2;
        u8 configure = 0x20;
        u8 precompensation = 0;
        bool locked = false;
        u8 perpendicular = 0;
        u8 step_rate = 0;
        u8 head_load = 0;
        /// The last SC or EOT, for DUMPREG.
        u8 last_count = 0;

        Phase phase = Phase::Command;
        Activity activity = Activity::None;
        std::array<u8, 16> fifo{};
        u8 position = 0;
        u8 length = 0;
        bool irq = false;
        bool resetting = false;
        /// SENSE INTERRUPT STATUS answers that a reset leaves: one for each drive number.
        u8 reset_senses = 0;

        // The data command in execution.
        u8 unit = 0;
        u8 cylinder = 0, head = 0, sector = 0, size_code = 0, last_sector = 0;
        u8 st1 = 0, st2 = 0;
        u16 sectors_left = 0;
        bool deleted = false;
        bool whole_track = false;
        /// The sector buffer, as far as it goes through the FIFO or is kept over a host error.
        std::vector<u8> buffer;
        u32 moved = 0;
        bool terminal_count = false;
        /// The guest moves `buffer` through the FIFO.
        bool fifo_data = false;
        bool host_failed = false;
        std::array<Drive, 2> drives{};
        void archive(Archive& ar);
    };

    /// `irq` is IRQ 6, `dma` channel 2.
    Floppy(Clock& clock, IrqLine& irq, DmaChannel& dma, HostErrorSink& host_errors);

    /// Before the guest runs: there is a drive `unit` (0 or 1), empty.
    void attach_drive(unsigned unit);

    /// The image must have a floppy_geometry(). The guest sees the disk change line.
    void insert(unsigned unit, std::unique_ptr<BlockBackend> medium);
    /// Null if there was none.
    std::unique_ptr<BlockBackend> eject(unsigned unit);
    bool has_medium(unsigned unit) const { return m_media[unit].backend != nullptr; }

    /// Ports 3F0-3F7; 3F6 belongs to the IDE controller and is never touched here.
    RegisterBlock& registers() { return m_registers; }

    std::string_view name() const override { return "floppy"; }
    void reset() override;
    void archive(Archive& ar) override;

    /// Repeats the request that the host failed.
    void retry();
    bool host_failed() const { return m_s.host_failed; }
    u64 sectors_read() const { return m_sectors_read; }
    u64 sectors_written() const { return m_sectors_written; }

  private:
    struct Media {
        bool attached = false;
        std::unique_ptr<BlockBackend> backend;
        std::optional<FloppyGeometry> geometry;
    };

    u8 read(u64 offset);
    void write(u64 offset, u8 value);
    u8 main_status() const;
    u8 read_fifo();
    void write_fifo(u8 value);
    void write_dor(u8 value);
    void begin_reset();
    void finish_reset();
    void update_irq();

    void execute();
    void execute_control(u8 opcode);
    void start_data(Activity activity);
    void start_seek(u8 unit, int target, bool recalibrate);
    void finish_seeks();
    void sense_interrupt();
    void dump_registers();
    void result(std::initializer_list<u8> bytes);
    void finish(u8 st0);

    void run();
    void run_read();
    void run_write();
    void run_format();
    void run_read_id();
    void next_sector();
    bool advance_sector();
    bool locate();
    bool read_sector();
    bool write_sector();
    void compare(std::span<const u8> wanted);
    bool gather(u32 size);
    bool send();
    void report(const Error& error);
    void again();
    Media& media() { return m_media[m_s.unit & 1]; }
    bool dma_mode() const { return !(m_s.head_load & 1); }
    bool ready() const;

    Clock& m_clock;
    IrqLine& m_irq;
    DmaChannel& m_dma;
    HostErrorSink& m_host_errors;
    TimerId m_transfer_timer, m_seek_timer, m_reset_timer;
    FunctionRegisters m_registers;
    std::array<Media, 2> m_media;
    u64 m_sectors_read = 0;
    u64 m_sectors_written = 0;
    State m_s;
};

} // namespace ringshift
