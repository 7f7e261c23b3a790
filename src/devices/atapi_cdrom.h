// An ATAPI CD-ROM (or DVD-ROM, by the size of the medium): the PACKET protocol of ATA-6 and the commands of MMC-3.
#pragma once

#include "devices/atapi_replies.h"
#include "devices/ide_drive.h"

#include <string>

namespace ringshift {

class AtapiCdrom final : public IdeDrive {
  public:
    struct Tray {
        bool open = false;
        bool locked = false;
        /// A UNIT ATTENTION is due: the medium may have changed.
        bool attention = false;
        /// What GET EVENT STATUS NOTIFICATION reports next.
        u8 event = 0;
        void archive(Archive& ar) { ar(open, locked, attention, event); }
    };
    struct Request {
        std::array<u8, 12> packet{};
        bool dma = false;
        /// An ATA command ends with ABRT.
        bool aborted = false;
        /// Bytes per DRQ block, from the byte count registers.
        u32 limit = 0;
        u32 lba = 0;
        /// Blocks still to be read from the medium.
        u32 remaining = 0;
        /// The parts of a sector that go to the guest (READ CD); 10 is the 2048 bytes of user data.
        u8 selection = 0x10;
        atapi::Sense sense;
        /// Where the last READ or SEEK ended.
        u32 head = 0;
        u8 transfer_mode = 0x45;
        void archive(Archive& ar);
    };

    explicit AtapiCdrom(std::string serial) : m_serial(std::move(serial)) {}

    Kind kind() const override { return Kind::Cdrom; }
    void reset(bool hard) override;
    void archive(Archive& ar) override;

    // Host side; between two guest instructions.
    /// Closes the tray on `medium`; the guest sees a changed medium.
    void insert(std::unique_ptr<BlockBackend> medium);
    /// Takes the medium out, locked or not; null if there is none.
    std::unique_ptr<BlockBackend> eject();
    /// The eject button: a locked drive only tells the guest, which may unlock and eject.
    void press_eject();
    bool has_medium() const { return m_medium != nullptr; }
    bool tray_open() const { return m_tray.open; }
    bool locked() const { return m_tray.locked; }

  private:
    enum Step : u8 { Finish, OfferIdentify, OfferPacket, RunPacket, Send, Receive, StepCount };

    void execute() override;
    void advance() override;
    void data_done() override;
    void set_signature() override;
    u8 step_count() const override { return StepCount; }

    void set_features();
    void run_packet();
    void run_command();
    void run_inquiry();
    void run_read(u32 lba, u32 count, u8 selection);
    void run_read_cd();
    void run_read_cd_msf();
    void run_read_cd_blocks(u32 lba, u32 count);
    void run_mode_sense(bool ten);
    void run_mode_select(u32 length);
    void run_start_stop();
    void run_seek();
    void run_get_event_status();
    void reply(atapi::Reply bytes, u32 allocation);
    void reply(std::optional<atapi::Reply> bytes, u32 allocation);
    void send();
    void receive();
    bool fill_buffer();
    void succeed();
    void check_condition(atapi::Sense sense);
    u32 blocks() const;
    atapi::DriveView view() const { return {blocks(), m_tray.open, m_tray.locked}; }

    std::unique_ptr<BlockBackend> m_medium;
    std::string m_serial;
    Tray m_tray;
    Request m_r;
};

} // namespace ringshift
