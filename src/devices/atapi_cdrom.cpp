// The PACKET protocol (ATA-6, 9.8): command A0 asks for a 12-byte packet through the data port; its reply goes out in
// DRQ blocks of at most the guest's byte count limit, each with an interrupt, or by bus master in one go; a last
// interrupt brings the status. The Sector Count register says what a DRQ is for: CoD (command) and IO (to the host).
#include "devices/atapi_cdrom.h"

#include <algorithm>

namespace ringshift {

namespace {

using namespace atapi;

constexpr u64 block_size = 2048;
constexpr u64 packet_ns = 4'000, command_ns = 20'000;
constexpr u64 byte_ns = 2;
constexpr u32 chunk_blocks = 16;
constexpr u8 reason_cod = 1, reason_io = 2;
constexpr u8 event_none = 0, event_eject_request = 1, event_new_medium = 2, event_removal = 3;

/// What a packet command needs (MMC-3, table 95).
enum Needs : u8 { Unknown = 0, Known = 1, Medium = 2, IgnoresAttention = 4 };

constexpr u8 needs(u8 opcode) {
    switch (opcode) {
    case 0x03: // REQUEST SENSE
    case 0x12: // INQUIRY
    case 0x46: // GET CONFIGURATION
    case 0x4A: // GET EVENT STATUS NOTIFICATION
        return Known | IgnoresAttention;
    case 0x00: // TEST UNIT READY
    case 0x25: // READ CAPACITY
    case 0x28: // READ (10)
    case 0x2B: // SEEK (10)
    case 0x2F: // VERIFY (10)
    case 0x42: // READ SUB-CHANNEL
    case 0x43: // READ TOC/PMA/ATIP
    case 0x4E: // STOP PLAY/SCAN
    case 0x51: // READ DISC INFORMATION
    case 0xA8: // READ (12)
    case 0xB9: // READ CD MSF
    case 0xBE: // READ CD
        return Known | Medium;
    case 0x15: // MODE SELECT (6)
    case 0x1A: // MODE SENSE (6)
    case 0x1B: // START STOP UNIT
    case 0x1E: // PREVENT ALLOW MEDIUM REMOVAL
    case 0x55: // MODE SELECT (10)
    case 0x5A: // MODE SENSE (10)
    case 0xBB: // SET CD SPEED
    case 0xBD: // MECHANISM STATUS
        return Known;
    default: return Unknown;
    }
}

} // namespace

void AtapiCdrom::Request::archive(Archive& ar) {
    ar(packet, dma, aborted, limit, lba, remaining, selection, sense.key, sense.asc, sense.ascq, head, transfer_mode);
    ar.check(limit >= 2 || limit == 0, "ATAPI byte count limit");
    ar.check(limit <= 0xFFFF, "ATAPI byte count limit");
    ar.check(sense.key < 16, "ATAPI sense key");
}

// --- medium

u32 AtapiCdrom::blocks() const {
    if (!m_medium) return 0;
    return static_cast<u32>(std::min<u64>((m_medium->size() + block_size - 1) / block_size, 0x7FFF'FFFF));
}

void AtapiCdrom::insert(std::unique_ptr<BlockBackend> medium) {
    m_medium = std::move(medium);
    m_tray.open = false;
    m_tray.attention = true;
    m_tray.event = event_new_medium;
}

std::unique_ptr<BlockBackend> AtapiCdrom::eject() {
    if (m_medium) m_tray.event = event_removal;
    return std::move(m_medium);
}

void AtapiCdrom::press_eject() {
    if (m_tray.locked) {
        m_tray.event = event_eject_request;
        return;
    }
    m_tray.open = true;
    m_tray.event = event_removal;
}

// --- reset

void AtapiCdrom::reset(bool hard) {
    IdeDrive::reset(hard);
    const Request before = m_r;
    m_r = Request{};
    if (!hard) {
        m_r.transfer_mode = before.transfer_mode;
        return;
    }
    m_tray = Tray{};
}

void AtapiCdrom::set_signature() {
    TaskFile& t = m_s.task;
    t.count = t.lba_low = {1, 0};
    t.lba_mid = {0x14, 0};
    t.lba_high = {0xEB, 0};
    t.status = 0;
}

// --- ATA commands

void AtapiCdrom::execute() {
    TaskFile& t = m_s.task;
    const auto finish = [this](bool success, u64 delay) {
        m_r.aborted = !success;
        busy(Finish, delay);
    };
    switch (m_s.command) {
    case 0x08: // DEVICE RESET: at once and without an interrupt (ATA-6, 8.10)
        t.device &= 0x10;
        t.error = 1;
        set_signature();
        return;
    case 0xA0: // PACKET
        m_r.dma = t.feature[0] & 1;
        m_r.limit = t.lba_mid[0] | u32{t.lba_high[0]} << 8;
        if (m_r.limit < 2 || m_r.limit == 0xFFFF) m_r.limit = 0xFFFE;
        return busy(OfferPacket, packet_ns);
    case 0xA1: // IDENTIFY PACKET DEVICE
        m_s.buffer = identify_packet(m_r.transfer_mode, m_serial);
        return busy(OfferIdentify, command_ns);
    case 0xEC: // IDENTIFY DEVICE, READ SECTOR(S): the signature says why not (ATA-6, 9.12)
    case 0x20: set_signature(); return finish(false, packet_ns);
    case 0xE5: // CHECK POWER MODE
        t.count[0] = 0xFF;
        return finish(true, packet_ns);
    case 0xE0: // STANDBY IMMEDIATE, IDLE IMMEDIATE, STANDBY, IDLE, SLEEP
    case 0xE1:
    case 0xE2:
    case 0xE3:
    case 0xE6: return finish(true, packet_ns);
    case 0xEF: return set_features();
    default: return finish(false, packet_ns);
    }
}

void AtapiCdrom::set_features() {
    const u8 mode = m_s.task.count[0];
    const bool dma = (mode >= 0x20 && mode <= 0x22) || (mode >= 0x40 && mode <= 0x45);
    const bool pio = mode <= 0x01 || (mode >= 0x08 && mode <= 0x0C);
    const u8 feature = m_s.task.feature[0];
    const bool accepted = feature == 0x66 || feature == 0xCC || (feature == 0x03 && (dma || pio));
    if (feature == 0x03 && dma) m_r.transfer_mode = mode;
    m_r.aborted = !accepted;
    busy(Finish, packet_ns);
}

// --- steps

void AtapiCdrom::advance() {
    switch (static_cast<Step>(m_s.step)) {
    case Finish: return m_r.aborted ? fail(error_abrt) : complete();
    case OfferIdentify:
        if (m_s.buffer.empty()) return complete();
        m_s.position = 0;
        return request_data(Phase::DataIn, static_cast<u32>(m_s.buffer.size()), true);
    case OfferPacket:
        m_s.buffer.assign(12, 0);
        m_s.position = 0;
        m_s.task.count[0] = reason_cod;
        return request_data(Phase::DataOut, 12, false);
    case RunPacket: return run_packet();
    case Send: return send();
    case Receive: return receive();
    case StepCount: break;
    }
}

void AtapiCdrom::data_done() {
    switch (static_cast<Step>(m_s.step)) {
    case OfferPacket: return busy(RunPacket, command_ns);
    case Send: return busy(Send, packet_ns);
    case Receive: return busy(Receive, packet_ns);
    default: // IDENTIFY
        m_s.phase = Phase::Idle;
        m_s.buffer.clear();
        m_s.position = m_s.block_end = 0;
        m_s.task.status = status_drdy | status_dsc;
    }
}

void AtapiCdrom::succeed() {
    m_s.task.count[0] = reason_cod | reason_io;
    complete();
}

void AtapiCdrom::check_condition(Sense sense) {
    m_r.sense = sense;
    m_r.remaining = 0;
    m_s.task.count[0] = reason_cod | reason_io;
    fail(static_cast<u8>(sense.key << 4 | (sense.key == 0x05 ? error_abrt : 0)));
}

// --- data to the guest

void AtapiCdrom::reply(Reply bytes, u32 allocation) {
    bytes.resize(std::min<std::size_t>(bytes.size(), allocation));
    m_s.buffer = std::move(bytes);
    m_s.position = m_s.block_end = 0;
    m_r.remaining = 0;
    m_s.step = Send;
    send();
}

void AtapiCdrom::reply(std::optional<Reply> bytes, u32 allocation) {
    if (!bytes) return check_condition(invalid_field);
    reply(std::move(*bytes), allocation);
}

/// Reads the next blocks of the medium; false if that ended the command or the host failed.
bool AtapiCdrom::fill_buffer() {
    const u32 n = std::min(m_r.remaining, chunk_blocks);
    if (!view().present() || m_r.lba >= blocks() || n > blocks() - m_r.lba) {
        check_condition(medium_not_present); // taken out meanwhile
        return false;
    }
    std::vector<u8> data(n * block_size, 0);
    const u64 from = m_r.lba * block_size;
    const std::size_t available = static_cast<std::size_t>(std::min<u64>(data.size(), m_medium->size() - from));
    if (auto result = m_medium->read(from, std::span(data).first(available)); !result.ok()) {
        report(result.error());
        return false;
    }
    m_s.buffer.clear();
    for (u32 i = 0; i < n; ++i)
        append_selected(m_s.buffer, m_r.selection, m_r.lba + i, std::span(data).subspan(i * block_size, block_size));
    m_s.position = m_s.block_end = 0;
    m_r.lba += n;
    m_r.head = m_r.lba;
    m_r.remaining -= n;
    m_sectors_read += n;
    return true;
}

void AtapiCdrom::send() {
    if (m_s.position == m_s.buffer.size()) {
        if (m_r.remaining == 0) return succeed();
        if (!fill_buffer()) return;
        if (m_s.buffer.empty()) return succeed();
    }
    const u32 size = static_cast<u32>(m_s.buffer.size());
    m_s.task.count[0] = reason_io;
    if (m_r.dma) {
        m_s.block_end = size;
        m_s.position += static_cast<u32>(cable().dma(true, std::span(m_s.buffer).subspan(m_s.position)));
        if (m_s.position < size) return wait_for_dma(Send);
        return busy(Send, packet_ns + size * byte_ns);
    }
    u32 n = std::min(std::max(m_r.limit, 2u), size - m_s.position);
    if (m_s.position + n < size) n &= ~1u; // only the last block may be odd (ATA-6, 8.27.4)
    m_s.task.lba_mid[0] = static_cast<u8>(n);
    m_s.task.lba_high[0] = static_cast<u8>(n >> 8);
    m_s.step = Send;
    request_data(Phase::DataIn, m_s.position + n, true);
}

// --- data from the guest

void AtapiCdrom::receive() {
    const u32 size = static_cast<u32>(m_s.buffer.size());
    if (m_s.position == size) return succeed();
    m_s.task.count[0] = 0;
    if (m_r.dma) {
        m_s.block_end = size;
        m_s.position += static_cast<u32>(cable().dma(false, std::span(m_s.buffer).subspan(m_s.position)));
        if (m_s.position < size) return wait_for_dma(Receive);
        return succeed();
    }
    u32 n = std::min(std::max(m_r.limit, 2u), size - m_s.position);
    if (m_s.position + n < size) n &= ~1u;
    m_s.task.lba_mid[0] = static_cast<u8>(n);
    m_s.task.lba_high[0] = static_cast<u8>(n >> 8);
    m_s.step = Receive;
    request_data(Phase::DataOut, m_s.position + n, true);
}

// --- packet commands

void AtapiCdrom::run_packet() {
    if (m_s.buffer.size() >= 12) std::copy_n(m_s.buffer.begin(), 12, m_r.packet.begin());
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    m_r.remaining = 0;
    const u8 need = needs(m_r.packet[0]);
    if (need == Unknown) return check_condition(invalid_opcode);
    if (m_tray.attention && !(need & IgnoresAttention)) {
        m_tray.attention = false;
        return check_condition(medium_changed);
    }
    if ((need & Medium) && !view().present()) return check_condition(medium_not_present);
    run_command();
}

void AtapiCdrom::run_command() {
    const Packet p(m_r.packet);
    const u8 opcode = p[0];
    if (opcode != 0x03) m_r.sense = no_sense;
    switch (opcode) {
    case 0x03: {
        Sense sense = m_r.sense;
        if (m_tray.attention && sense.key == 0) {
            sense = medium_changed;
            m_tray.attention = false;
        }
        m_r.sense = no_sense;
        return reply(request_sense(sense), p[4]);
    }
    case 0x12: return run_inquiry();
    case 0x15: return run_mode_select(p[4]);
    case 0x55: return run_mode_select(be16(p.subspan(7)));
    case 0x1A: return run_mode_sense(false);
    case 0x5A: return run_mode_sense(true);
    case 0x1B: return run_start_stop();
    case 0x1E: m_tray.locked = p[4] & 1; return succeed();
    case 0x25: return reply(read_capacity(view()), 8);
    case 0x28: return run_read(be32(p.subspan(2)), be16(p.subspan(7)), 0x10);
    case 0xA8: return run_read(be32(p.subspan(2)), be32(p.subspan(6)), 0x10);
    case 0x2B:
    case 0x2F: return run_seek();
    case 0x42: return reply(read_subchannel(p, m_r.head), be16(p.subspan(7)));
    case 0x43: return reply(read_toc(view(), p), be16(p.subspan(7)));
    case 0x46: return reply(get_configuration(view(), p), be16(p.subspan(7)));
    case 0x4A: return run_get_event_status();
    case 0x51: return reply(read_disc_information(), be16(p.subspan(7)));
    case 0xB9: return run_read_cd_msf();
    case 0xBE: return run_read_cd();
    case 0xBD: return reply(mechanism_status(view()), be16(p.subspan(8)));
    default: return succeed(); // TEST UNIT READY, STOP PLAY/SCAN, SET CD SPEED
    }
}

void AtapiCdrom::run_inquiry() {
    if (m_r.packet[1] & 1 || m_r.packet[2] != 0) return check_condition(invalid_field); // no vital product data
    reply(inquiry(), m_r.packet[4]);
}

void AtapiCdrom::run_read(u32 lba, u32 count, u8 selection) {
    if (lba > blocks() || count > blocks() - lba) return check_condition(out_of_range);
    if (count == 0 || selected_size(selection) == 0) return succeed();
    m_r.lba = lba;
    m_r.remaining = count;
    m_r.selection = selection;
    m_s.step = Send;
    send();
}

void AtapiCdrom::run_read_cd() {
    run_read_cd_blocks(be32(Packet(m_r.packet).subspan(2)), be24(Packet(m_r.packet).subspan(6)));
}

void AtapiCdrom::run_read_cd_msf() {
    const auto lba = [this](unsigned at) {
        const u32 frames = (m_r.packet[at] * 60u + m_r.packet[at + 1]) * 75u + m_r.packet[at + 2];
        return frames >= 150 ? frames - 150 : 0;
    };
    const u32 first = lba(3), end = lba(6);
    if (end < first) return check_condition(invalid_field);
    run_read_cd_blocks(first, end - first);
}

void AtapiCdrom::run_read_cd_blocks(u32 lba, u32 count) {
    const unsigned expected = (m_r.packet[1] >> 2) & 7;
    if (expected != 0 && expected != 2) return check_condition(illegal_mode_for_track); // all sectors are mode 1
    if (m_r.packet[10] & 7) return check_condition(invalid_field);                      // no sub-channel data
    run_read(lba, count, m_r.packet[9] & 0xF8);
}

void AtapiCdrom::run_mode_sense(bool ten) {
    const Packet p(m_r.packet);
    const unsigned control = p[2] >> 6;
    if (control == 3) return check_condition(saving_not_supported);
    reply(mode_sense(view(), p[2] & 0x3F, control == 1, ten), ten ? be16(p.subspan(7)) : p[4]);
}

void AtapiCdrom::run_mode_select(u32 length) {
    // Parameters are accepted: none of the pages has one that changes what this drive does.
    m_s.buffer.assign(length, 0);
    m_s.position = m_s.block_end = 0;
    m_s.step = Receive;
    receive();
}

void AtapiCdrom::run_start_stop() {
    const bool load_eject = m_r.packet[4] & 2;
    const bool start = m_r.packet[4] & 1;
    if (!load_eject) return succeed();
    if (!start && m_tray.locked) return check_condition(removal_prevented);
    if (m_tray.open == start) {
        m_tray.open = !start;
        m_tray.attention = start && m_medium != nullptr;
        m_tray.event = start ? (m_medium ? event_new_medium : event_none) : event_removal;
    }
    succeed();
}

void AtapiCdrom::run_seek() {
    const u32 lba = be32(Packet(m_r.packet).subspan(2));
    if (lba >= blocks()) return check_condition(out_of_range);
    m_r.head = lba;
    succeed();
}

void AtapiCdrom::run_get_event_status() {
    const Packet p(m_r.packet);
    if (!(p[1] & 1)) return check_condition(invalid_field); // only polled
    const u8 event = m_tray.event;
    if (p[4] & 0x10) m_tray.event = event_none;
    reply(get_event_status(view(), p, event), be16(p.subspan(7)));
}

// --- archive

void AtapiCdrom::archive(Archive& ar) {
    IdeDrive::archive(ar);
    ar(m_tray, m_r);
    u32 medium = blocks();
    const u32 here = medium;
    ar(medium);
    ar.check(m_tray.event <= event_removal, "ATAPI event");
    // Another medium, or none, than at the time of the snapshot: the guest is told as of any change.
    if (ar.is_loading() && medium != here) {
        m_tray.attention = true;
        m_tray.event = here ? event_new_medium : event_removal;
    }
}

} // namespace ringshift
