// An ATA disk: the command set of ATA-6 for CHS, 28-bit and 48-bit addresses, PIO, multiword and Ultra DMA.
#pragma once

#include "devices/ide_drive.h"

#include <string>

namespace ringshift {

/// Cylinders, heads and sectors per track of an addressing translation.
struct DiskGeometry {
    u32 cylinders;
    u32 heads;
    u32 sectors;
};

/// The default translation of a disk of `sectors` 512-byte sectors (ATA-6, Annex C).
DiskGeometry default_geometry(u64 sectors);

class AtaDisk final : public IdeDrive {
  public:
    struct Settings {
        u8 heads = 16;
        u8 sectors_per_track = 63;
        /// Sectors per DRQ block of READ/WRITE MULTIPLE; 0 when never set.
        u8 multiple = 0;
        bool write_cache = true;
        bool look_ahead = true;
        bool smart = true;
        /// CHECK POWER MODE's answer: FF active, 80 idle, 00 standby.
        u8 power = 0xFF;
        /// Transfer mode as SET FEATURES 03 sets it: 20-22 multiword DMA, 40-45 Ultra DMA.
        u8 transfer_mode = 0x45;
        void archive(Archive& ar);
    };
    struct Request {
        u64 lba = 0;
        u32 remaining = 0;
        /// Sectors per DRQ block.
        u32 block = 1;
        bool extended = false;
        /// Error register at the end of the Delay phase; 0 for success.
        u8 error = 0;
        void archive(Archive& ar) { ar(lba, remaining, block, extended, error); }
    };

    /// `serial`: at most 20 printable characters. Whole 512-byte sectors of `backend` are used.
    AtaDisk(std::unique_ptr<BlockBackend> backend, std::string serial);

    Kind kind() const override { return Kind::Disk; }
    void reset(bool hard) override;
    void archive(Archive& ar) override;

    BlockBackend& backend() { return *m_backend; }
    /// In 512-byte sectors.
    u64 capacity() const { return m_capacity; }
    DiskGeometry geometry() const { return default_geometry(m_capacity); }

  private:
    enum Step : u8 { Finish, Offer, ReadPio, OfferWrite, WritePio, ReadDma, WriteDma, Flush, StepCount };

    void execute() override;
    bool execute_transfer(u8 command);
    bool execute_simple(u8 command);
    void advance() override;
    void data_done() override;
    void set_signature() override;
    u8 step_count() const override { return StepCount; }

    void set_features();
    void smart();
    void identify();
    bool decode_request(bool extended);
    std::optional<u64> decode_address(bool extended) const;
    void store_address(u64 lba);
    void start_transfer(Step step, bool extended, u32 block);
    void finish_later(u8 error, u64 delay_ns);
    void offer(u64 delay_ns);
    void offer_write(bool interrupt);
    void end_transfer(bool written);

    void read_pio();
    void write_pio();
    void read_dma();
    void write_dma();
    bool fill_buffer(u32 limit);
    bool empty_buffer();

    std::unique_ptr<BlockBackend> m_backend;
    std::string m_serial;
    u64 m_capacity;
    Settings m_set;
    Request m_r;
};

/// IDENTIFY DEVICE data of a disk (ATA-6, 8.15).
void build_disk_identify(std::span<u8> block, u64 capacity, const AtaDisk::Settings& settings, std::string_view serial);

} // namespace ringshift
