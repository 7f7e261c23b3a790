// What an ATAPI CD-ROM answers, as bytes: pure functions of the medium's size and the drive's settings
// (MMC-3 and SFF-8020i). Numbers in packets and replies are big-endian.
#pragma once

#include "base/types.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringshift::atapi {

using Packet = std::span<const u8, 12>;
using Reply = std::vector<u8>;

inline u32 be16(std::span<const u8> at) { return static_cast<u32>(at[0] << 8 | at[1]); }
inline u32 be24(std::span<const u8> at) { return static_cast<u32>(at[0] << 16 | at[1] << 8 | at[2]); }
inline u32 be32(std::span<const u8> at) { return be16(at) << 16 | be16(at.subspan(2)); }

/// Sense key, additional sense code and qualifier (MMC-3, Annex F).
struct Sense {
    u8 key = 0;
    u8 asc = 0;
    u8 ascq = 0;
};
inline constexpr Sense no_sense{0, 0, 0};
inline constexpr Sense medium_not_present{0x02, 0x3A, 0x00};
inline constexpr Sense invalid_opcode{0x05, 0x20, 0x00};
inline constexpr Sense out_of_range{0x05, 0x21, 0x00};
inline constexpr Sense invalid_field{0x05, 0x24, 0x00};
inline constexpr Sense saving_not_supported{0x05, 0x39, 0x00};
inline constexpr Sense removal_prevented{0x05, 0x53, 0x02};
inline constexpr Sense illegal_mode_for_track{0x05, 0x64, 0x00};
inline constexpr Sense medium_changed{0x06, 0x28, 0x00};

/// The drive as the replies see it.
struct DriveView {
    /// In 2048-byte blocks; 0 without a medium.
    u32 blocks = 0;
    bool tray_open = false;
    bool locked = false;
    bool present() const { return blocks != 0 && !tray_open; }
    /// More than a 90-minute CD holds.
    bool is_dvd() const { return blocks > 90 * 60 * 75; }
};

/// IDENTIFY PACKET DEVICE data (ATA-6, 8.16); `transfer_mode` as set by SET FEATURES 03.
Reply identify_packet(u8 transfer_mode, std::string_view serial);

Reply inquiry();
Reply request_sense(Sense sense);
Reply read_capacity(const DriveView& drive);
/// None: a field of the packet is invalid.
std::optional<Reply> read_toc(const DriveView& drive, Packet packet);
std::optional<Reply> read_subchannel(Packet packet, u32 lba);
Reply get_configuration(const DriveView& drive, Packet packet);
/// `event`: 0 none, 1 eject request, 2 new medium, 3 medium removed (MMC-3, 6.7.2.4).
Reply get_event_status(const DriveView& drive, Packet packet, u8 event);
Reply mechanism_status(const DriveView& drive);
Reply read_disc_information();
/// `ten`: the 8-byte header of MODE SENSE (10), else the 4-byte one. None: no such page.
std::optional<Reply> mode_sense(const DriveView& drive, u8 page, bool changeable, bool ten);

/// The parts of a 2352-byte sector that READ CD selects (MMC-3, 6.24, table 254), in bytes; mode 1.
std::size_t selected_size(u8 selection);
/// Appends the selected parts of mode 1 sector `lba` with this user data.
void append_selected(Reply& out, u8 selection, u32 lba, std::span<const u8> user_data);

} // namespace ringshift::atapi
