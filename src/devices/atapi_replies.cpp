#include "devices/atapi_replies.h"

#include "devices/ide_drive.h"

#include <algorithm>
#include <string_view>

namespace ringshift::atapi {

namespace {

constexpr u8 data_track = 0x14; // ADR 1, control: data, digital copy prohibited
constexpr u32 msf_offset = 150; // LBA 0 is 00:02:00

void put16(Reply& reply, u32 value) {
    reply.push_back(static_cast<u8>(value >> 8));
    reply.push_back(static_cast<u8>(value));
}

void put32(Reply& reply, u32 value) {
    put16(reply, value >> 16);
    put16(reply, value);
}

void put(Reply& reply, std::initializer_list<u8> bytes) { reply.insert(reply.end(), bytes); }

void put_msf(Reply& reply, u32 lba) {
    const u32 frames = lba + msf_offset;
    put(reply, {static_cast<u8>(frames / (75 * 60)), static_cast<u8>(frames / 75 % 60), static_cast<u8>(frames % 75)});
}

void put_address(Reply& reply, u32 lba, bool msf) {
    if (!msf) return put32(reply, lba);
    reply.push_back(0);
    put_msf(reply, lba);
}

void put_text(Reply& reply, std::string_view text, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) reply.push_back(i < text.size() ? static_cast<u8>(text[i]) : u8{' '});
}

/// Sets a big-endian length at the start: the bytes that follow it.
void seal16(Reply& reply) {
    const std::size_t length = reply.size() - 2;
    reply[0] = static_cast<u8>(length >> 8);
    reply[1] = static_cast<u8>(length);
}

constexpr u8 to_bcd(u32 value) { return static_cast<u8>(value / 10 * 16 + value % 10); }

} // namespace

Reply identify_packet(u8 transfer_mode, std::string_view serial) {
    Reply block(512, 0);
    const auto word = [&block](unsigned index, u32 value) { put_identify_word(block, index, value); };
    const u32 multiword = transfer_mode >= 0x20 && transfer_mode <= 0x22 ? 0x100u << (transfer_mode & 7) : 0;
    const u32 ultra = transfer_mode >= 0x40 && transfer_mode <= 0x45 ? 0x100u << (transfer_mode & 7) : 0;
    word(0, 0x85C0); // ATAPI, CD-ROM, removable, DRQ within 50 us, 12-byte packets
    put_identify_string(std::span(block).subspan(20, 20), serial);
    put_identify_string(std::span(block).subspan(46, 8), "1.0");
    put_identify_string(std::span(block).subspan(54, 40), "RINGSHIFT CD-ROM");
    word(49, 0x0B00); // IORDY, LBA, DMA
    word(53, 0x0006);
    word(63, 0x0007 | multiword);
    word(64, 0x0003);
    for (unsigned i = 65; i <= 68; ++i) word(i, 120);
    word(71, 30);
    word(72, 30);
    word(80, 0x007E);
    for (const unsigned i : {82u, 85u}) word(i, 0x4210); // NOP, DEVICE RESET, PACKET
    for (const unsigned i : {83u, 84u, 87u}) word(i, 0x4000);
    word(88, 0x003F | ultra);
    word(93, 0x600B);
    seal_identify(block);
    return block;
}

Reply inquiry() {
    Reply reply{0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0}; // CD-ROM, removable, ATAPI
    put_text(reply, "RNGSHIFT", 8);
    put_text(reply, "CD-ROM", 16);
    put_text(reply, "1.0", 4);
    return reply;
}

Reply request_sense(Sense sense) {
    Reply reply(18, 0);
    reply[0] = 0x70;
    reply[2] = sense.key;
    reply[7] = 10;
    reply[12] = sense.asc;
    reply[13] = sense.ascq;
    return reply;
}

Reply read_capacity(const DriveView& drive) {
    Reply reply;
    put32(reply, drive.blocks - 1);
    put32(reply, 2048);
    return reply;
}

std::optional<Reply> read_toc(const DriveView& drive, Packet packet) {
    const bool msf = packet[1] & 2;
    // SFF-8020i has the format in the last byte's upper bits.
    const unsigned format = packet[2] & 15 ? packet[2] & 15u : packet[9] >> 6;
    const u8 start = packet[6];
    Reply reply{0, 0, 1, 1};
    switch (format) {
    case 0:
        if (start > 1 && start != 0xAA) return std::nullopt;
        if (start <= 1) {
            put(reply, {0, data_track, 1, 0});
            put_address(reply, 0, msf);
        }
        put(reply, {0, data_track, 0xAA, 0});
        put_address(reply, drive.blocks, msf);
        break;
    case 1:
        put(reply, {0, data_track, 1, 0});
        put_address(reply, 0, msf);
        break;
    case 2:
        put(reply, {1, data_track, 0, 0xA0, 0, 0, 0, 0, 1, 0, 0}); // first track, disc type
        put(reply, {1, data_track, 0, 0xA1, 0, 0, 0, 0, 1, 0, 0}); // last track
        put(reply, {1, data_track, 0, 0xA2, 0, 0, 0, 0});          // lead-out
        put_msf(reply, drive.blocks);
        put(reply, {1, data_track, 0, 1, 0, 0, 0, 0});
        put_msf(reply, 0);
        break;
    default: return std::nullopt;
    }
    seal16(reply);
    return reply;
}

std::optional<Reply> read_subchannel(Packet packet, u32 lba) {
    const bool msf = packet[1] & 2;
    Reply reply{0, 0x15, 0, 0}; // no audio status to return
    if (packet[2] & 0x40) {
        switch (packet[3]) {
        case 1: // current position
            put(reply, {1, data_track, 1, 1});
            put_address(reply, lba, msf);
            put_address(reply, lba, msf);
            break;
        case 2: // media catalogue number, track ISRC: none
        case 3:
            put(reply, {packet[3], data_track, 1, 0});
            reply.resize(24, 0);
            break;
        default: return std::nullopt;
        }
    }
    reply[3] = static_cast<u8>(reply.size() - 4);
    return reply;
}

Reply get_configuration(const DriveView& drive, Packet packet) {
    constexpr u32 profile_cd = 0x0008, profile_dvd = 0x0010;
    const bool cd = drive.present() && !drive.is_dvd();
    const bool dvd = drive.present() && drive.is_dvd();
    const unsigned which = packet[1] & 3;
    const u32 start = be16(packet.subspan(2));
    Reply reply;
    put32(reply, 0);
    put16(reply, 0);
    put16(reply, cd ? profile_cd : dvd ? profile_dvd : 0);
    // version << 2 | persistent << 1 | current (MMC-3, 5.2.2)
    const auto feature = [&](u32 code, u8 version, bool persistent, bool current, std::initializer_list<u8> data) {
        if (code < start || (which == 1 && !current) || (which == 2 && code != start)) return;
        put16(reply, code);
        put(reply,
            {static_cast<u8>(version << 2 | (persistent ? 2 : 0) | (current ? 1 : 0)), static_cast<u8>(data.size())});
        put(reply, data);
    };
    feature(0x0000, 0, true, true, {0, profile_dvd, dvd, 0, 0, profile_cd, cd, 0});
    feature(0x0001, 0, true, true, {0, 0, 0, 2});                   // core: ATAPI
    feature(0x0003, 0, true, true, {0x29, 0, 0, 0});                // removable: tray, eject, lock
    feature(0x0010, 0, false, cd || dvd, {0, 0, 8, 0, 0, 1, 0, 0}); // random readable, 2048-byte blocks
    feature(0x001D, 0, false, cd, {});                              // multi-read
    feature(0x001E, 0, false, cd, {0, 0, 0, 0});                    // CD read
    feature(0x001F, 0, false, dvd, {});                             // DVD read
    feature(0x0100, 0, true, true, {});                             // power management
    feature(0x0105, 0, true, true, {});                             // time-out
    const u32 length = static_cast<u32>(reply.size() - 4);
    reply[2] = static_cast<u8>(length >> 8);
    reply[3] = static_cast<u8>(length);
    return reply;
}

Reply get_event_status(const DriveView& drive, Packet packet, u8 event) {
    constexpr u8 media_class = 4, media_bit = 1 << media_class;
    if (!(packet[4] & media_bit)) return {0, 2, 0x80, media_bit}; // no event of the classes asked for
    const u8 status = static_cast<u8>((drive.present() ? 2 : 0) | (drive.tray_open ? 1 : 0));
    return {0, 6, media_class, media_bit, event, status, 0, 0};
}

Reply mechanism_status(const DriveView& drive) {
    return {0, static_cast<u8>(drive.tray_open ? 0x10 : 0), 0, 0, 0, 1, 0, 0};
}

Reply read_disc_information() {
    Reply reply(34, 0);
    reply[2] = 0x0E; // complete disc, complete last session
    reply[3] = reply[4] = reply[5] = reply[6] = 1;
    reply[7] = 0x20; // unrestricted use
    seal16(reply);
    return reply;
}

std::optional<Reply> mode_sense(const DriveView& drive, u8 page, bool changeable, bool ten) {
    constexpr u8 all = 0x3F;
    Reply reply(ten ? 8 : 4, 0);
    // SFF-8020i medium types: 70 door open, 71 no disc, 01 data CD.
    reply[ten ? 2 : 1] = drive.tray_open ? 0x71 : drive.present() ? 0x01 : 0x70;
    bool found = false;
    const auto add = [&](u8 code, std::initializer_list<u8> data) {
        if (page != code && page != all) return;
        found = true;
        put(reply, {code, static_cast<u8>(data.size())});
        if (changeable) {
            reply.resize(reply.size() + data.size(), 0);
        } else {
            put(reply, data);
        }
    };
    add(0x01, {0, 5, 0, 0, 0, 0}); // read error recovery: five retries
    add(0x0D, {0, 0, 0, 60, 0, 75});
    add(0x0E, {4, 0, 0, 0, 0, 75, 1, 0xFF, 2, 0xFF, 0, 0, 0, 0}); // CD audio control
    // Capabilities: reads CD-R, CD-RW, DVD-ROM; mode 2 forms 1 and 2, multisession; tray, eject, lock; 50 speed.
    add(0x2A, {0x0B, 0, 0x70, 0, static_cast<u8>(0x29 | (drive.locked ? 2 : 0)), 0, 0x22, 0x74, 0, 2, 2, 0, 0x22, 0x74,
               0, 0, 0, 0});
    if (!found) return std::nullopt;
    if (ten) {
        seal16(reply);
    } else {
        reply[0] = static_cast<u8>(reply.size() - 1);
    }
    return reply;
}

// --- raw sectors (ECMA-130, sections 14 and Annex A)

namespace {

constexpr u8 select_sync = 0x80, select_header = 0x20, select_user = 0x10, select_check = 0x08;

struct Parity {
    std::array<u8, 256> twice{}, inverse{};
    std::array<u32, 256> edc{};
    constexpr Parity() {
        for (unsigned i = 0; i < 256; ++i) {
            const unsigned doubled = (i << 1) ^ (i & 0x80 ? 0x11D : 0);
            twice[i] = static_cast<u8>(doubled);
            inverse[(i ^ doubled) & 0xFF] = static_cast<u8>(i);
            u32 sum = i;
            for (unsigned bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0xD8018001u : 0);
            edc[i] = sum;
        }
    }
};
constexpr Parity parity;

/// One Reed-Solomon product code over the bytes from the header on: `columns` code words of `length` bytes.
void add_parity(std::span<u8> data, std::size_t columns, std::size_t length, std::size_t column_step,
                std::size_t byte_step, std::size_t at) {
    const std::size_t size = columns * length;
    for (std::size_t column = 0; column < columns; ++column) {
        std::size_t index = (column / 2) * column_step + column % 2;
        u8 first = 0, second = 0;
        for (std::size_t i = 0; i < length; ++i) {
            const u8 byte = data[index];
            index += byte_step;
            if (index >= size) index -= size;
            first = parity.twice[first ^ byte];
            second ^= byte;
        }
        first = parity.inverse[parity.twice[first] ^ second];
        data[at + column] = first;
        data[at + columns + column] = static_cast<u8>(first ^ second);
    }
}

} // namespace

std::size_t selected_size(u8 selection) {
    return (selection & select_sync ? 12u : 0) + (selection & select_header ? 4u : 0) +
           (selection & select_user ? 2048u : 0) + (selection & select_check ? 288u : 0);
}

void append_selected(Reply& out, u8 selection, u32 lba, std::span<const u8> user_data) {
    if ((selection & 0xF8) == select_user) {
        out.insert(out.end(), user_data.begin(), user_data.end());
        return;
    }
    std::array<u8, 2352> raw{};
    std::fill(raw.begin() + 1, raw.begin() + 11, u8{0xFF});
    const u32 frames = lba + msf_offset;
    raw[12] = to_bcd(frames / (75 * 60));
    raw[13] = to_bcd(frames / 75 % 60);
    raw[14] = to_bcd(frames % 75);
    raw[15] = 1; // mode
    std::copy(user_data.begin(), user_data.end(), raw.begin() + 16);
    u32 edc = 0;
    for (std::size_t i = 0; i < 2064; ++i) edc = (edc >> 8) ^ parity.edc[(edc ^ raw[i]) & 0xFF];
    for (unsigned i = 0; i < 4; ++i) raw[2064 + i] = static_cast<u8>(edc >> (8 * i));
    const std::span<u8> from_header = std::span(raw).subspan(12);
    add_parity(from_header, 86, 24, 2, 86, 2064);        // P
    add_parity(from_header, 52, 43, 86, 88, 2064 + 172); // Q
    const auto add = [&](u8 bit, std::size_t begin, std::size_t end) {
        if (selection & bit)
            out.insert(out.end(), raw.begin() + static_cast<std::ptrdiff_t>(begin),
                       raw.begin() + static_cast<std::ptrdiff_t>(end));
    };
    add(select_sync, 0, 12);
    add(select_header, 12, 16);
    add(select_user, 16, 2064);
    add(select_check, 2064, 2352);
}

} // namespace ringshift::atapi
