// The commands of an ATA disk. A transfer is checked as a whole before its first sector moves: one that would run past
// the end of the disk fails with IDNF and moves nothing.
#include "devices/ata_disk.h"

#include <algorithm>

namespace ringshift {

namespace {
constexpr u64 sector_size = 512;
// Virtual delays: long enough that a driver sees BSY and an asynchronous interrupt, short enough to cost no time.
constexpr u64 command_ns = 20'000, block_ns = 4'000, flush_ns = 50'000;
constexpr u64 byte_ns = 2;
constexpr u32 dma_chunk = 128; // sectors
constexpr u32 most_multiple = 16;

constexpr bool is_power_of_two(u32 n) { return n != 0 && (n & (n - 1)) == 0; }
} // namespace

void AtaDisk::Settings::archive(Archive& ar) {
    ar(heads, sectors_per_track, multiple, write_cache, look_ahead, smart, power, transfer_mode);
    ar.check(heads >= 1 && heads <= 16 && sectors_per_track >= 1, "ATA translation");
    ar.check(multiple <= most_multiple, "ATA multiple count");
}

AtaDisk::AtaDisk(std::unique_ptr<BlockBackend> backend, std::string serial)
    : m_backend(std::move(backend)), m_serial(std::move(serial)),
      m_capacity(std::min<u64>(m_backend->size() / sector_size, (u64{1} << 48) - 1)) {}

// --- reset

void AtaDisk::reset(bool hard) {
    IdeDrive::reset(hard);
    m_r = Request{};
    m_set.power = 0xFF;
    if (!hard) return; // SRST keeps the settings (ATA-6, 9.3)
    m_set = Settings{};
    const DiskGeometry g = geometry();
    m_set.heads = static_cast<u8>(g.heads);
    m_set.sectors_per_track = static_cast<u8>(g.sectors);
}

void AtaDisk::set_signature() {
    TaskFile& t = m_s.task;
    t.count = t.lba_low = {1, 0};
    t.lba_mid = t.lba_high = {0, 0};
    t.status = status_drdy | status_dsc;
}

// --- commands

void AtaDisk::finish_later(u8 error, u64 delay_ns) {
    m_r.error = error;
    busy(Finish, delay_ns);
}

void AtaDisk::offer(u64 delay_ns) {
    m_r.remaining = 0;
    busy(Offer, delay_ns);
}

void AtaDisk::execute() {
    m_r = Request{};
    const u8 command = m_s.command;
    if (execute_transfer(command) || execute_simple(command)) return;
    finish_later(error_abrt, block_ns);
}

bool AtaDisk::execute_transfer(u8 command) {
    switch (command) {
    case 0x20: // READ SECTOR(S), with and without the retry bit of ATA-1
    case 0x21: start_transfer(ReadPio, false, 1); return true;
    case 0x24: start_transfer(ReadPio, true, 1); return true;
    case 0x25: start_transfer(ReadDma, true, 1); return true;
    case 0x29: start_transfer(ReadPio, true, m_set.multiple); return true;
    case 0x30: // WRITE SECTOR(S)
    case 0x31: start_transfer(OfferWrite, false, 1); return true;
    case 0x34: start_transfer(OfferWrite, true, 1); return true;
    case 0x35: start_transfer(WriteDma, true, 1); return true;
    case 0x39: start_transfer(OfferWrite, true, m_set.multiple); return true;
    case 0x40: // READ VERIFY SECTOR(S)
    case 0x41: start_transfer(Finish, false, 1); return true;
    case 0x42: start_transfer(Finish, true, 1); return true;
    case 0xC4: start_transfer(ReadPio, false, m_set.multiple); return true;
    case 0xC5: start_transfer(OfferWrite, false, m_set.multiple); return true;
    case 0xC8: // READ DMA
    case 0xC9: start_transfer(ReadDma, false, 1); return true;
    case 0xCA: // WRITE DMA
    case 0xCB: start_transfer(WriteDma, false, 1); return true;
    default: return false;
    }
}

bool AtaDisk::execute_simple(u8 command) {
    TaskFile& t = m_s.task;
    if ((command & 0xF0) == 0x10) { // RECALIBRATE
        finish_later(0, command_ns);
        return true;
    }
    if ((command & 0xF0) == 0x70) { // SEEK
        const auto lba = decode_address(false);
        finish_later(lba && *lba < m_capacity ? 0 : error_idnf, command_ns);
        return true;
    }
    switch (command) {
    case 0x27: // READ NATIVE MAX ADDRESS (EXT)
    case 0xF8:
        m_r.extended = command == 0x27;
        store_address(m_r.extended ? m_capacity - 1 : std::min<u64>(m_capacity, 0x0FFF'FFFF) - 1);
        finish_later(0, block_ns);
        return true;
    case 0x91: { // INITIALIZE DEVICE PARAMETERS
        if (t.count[0] == 0) return false;
        m_set.sectors_per_track = t.count[0];
        m_set.heads = static_cast<u8>((t.device & 15) + 1);
        finish_later(0, block_ns);
        return true;
    }
    case 0x94: // STANDBY IMMEDIATE, STANDBY, SLEEP: any command spins the disk up again
    case 0x96:
    case 0x99:
    case 0xE0:
    case 0xE2:
    case 0xE6:
        m_set.power = 0x00;
        busy(Flush, flush_ns);
        return true;
    case 0x95: // IDLE IMMEDIATE, IDLE
    case 0x97:
    case 0xE1:
    case 0xE3:
        m_set.power = 0x80;
        finish_later(0, block_ns);
        return true;
    case 0x98: // CHECK POWER MODE
    case 0xE5:
        t.count[0] = m_set.power;
        finish_later(0, block_ns);
        return true;
    case 0xB0: smart(); return true;
    case 0xC6: // SET MULTIPLE MODE
        if (t.count[0] != 0 && (!is_power_of_two(t.count[0]) || t.count[0] > most_multiple)) return false;
        m_set.multiple = t.count[0];
        finish_later(0, block_ns);
        return true;
    case 0xE7: // FLUSH CACHE (EXT)
    case 0xEA: busy(Flush, flush_ns); return true;
    case 0xEC: identify(); return true;
    case 0xEF: set_features(); return true;
    default: return false; // also NOP, which always aborts (ATA-6, 8.26), DEVICE RESET and the PACKET commands
    }
}

void AtaDisk::identify() {
    m_s.buffer.assign(sector_size, 0);
    build_disk_identify(m_s.buffer, m_capacity, m_set, m_serial);
    offer(command_ns);
}

void AtaDisk::set_features() {
    u8 error = 0;
    switch (m_s.task.feature[0]) {
    case 0x02: m_set.write_cache = true; break;
    case 0x82:
        m_set.write_cache = false;
        busy(Flush, flush_ns); // what is cached goes to the medium (ATA-6, 8.46.4)
        return;
    case 0x03: {
        const u8 mode = m_s.task.count[0];
        const bool pio = mode <= 0x01 || (mode >= 0x08 && mode <= 0x0C);
        if ((mode >= 0x20 && mode <= 0x22) || (mode >= 0x40 && mode <= 0x45)) {
            m_set.transfer_mode = mode;
        } else if (!pio) {
            error = error_abrt;
        }
        break;
    }
    case 0x55: m_set.look_ahead = false; break;
    case 0xAA: m_set.look_ahead = true; break;
    case 0x66: // settings over a software reset: kept anyway
    case 0xCC: break;
    default: error = error_abrt;
    }
    finish_later(error, block_ns);
}

void AtaDisk::smart() {
    TaskFile& t = m_s.task;
    constexpr u8 key_mid = 0x4F, key_high = 0xC2; // ATA-6, 8.54
    const u8 function = t.feature[0];
    if (t.lba_mid[0] != key_mid || t.lba_high[0] != key_high) return finish_later(error_abrt, block_ns);
    if (function == 0xD8) m_set.smart = true;
    if (!m_set.smart) return finish_later(error_abrt, block_ns);
    switch (function) {
    case 0xD0: // READ DATA: no attribute, no self-test, checksum of the structure
        m_s.buffer.assign(sector_size, 0);
        m_s.buffer[0] = 0x10;
        m_s.buffer[511] = 0xF0;
        return offer(block_ns);
    case 0xD9: m_set.smart = false; break;
    case 0xD2: // attribute autosave
    case 0xD8:
    case 0xDA: break; // RETURN STATUS: the registers unchanged mean that no threshold was exceeded
    default: return finish_later(error_abrt, block_ns);
    }
    finish_later(0, block_ns);
}

// --- addresses

std::optional<u64> AtaDisk::decode_address(bool extended) const {
    const TaskFile& t = m_s.task;
    const u64 low = u64{t.lba_low[0]} | u64{t.lba_mid[0]} << 8 | u64{t.lba_high[0]} << 16;
    constexpr u8 lba_mode = 0x40;
    if (extended) {
        if (!(t.device & lba_mode)) return std::nullopt;
        return low | u64{t.lba_low[1]} << 24 | u64{t.lba_mid[1]} << 32 | u64{t.lba_high[1]} << 40;
    }
    if (t.device & lba_mode) return low | u64{t.device & 15u} << 24;
    const u32 cylinder = t.lba_mid[0] | u32{t.lba_high[0]} << 8;
    const u32 head = t.device & 15;
    const u32 sector = t.lba_low[0];
    if (sector == 0 || sector > m_set.sectors_per_track || head >= m_set.heads) return std::nullopt;
    return (u64{cylinder} * m_set.heads + head) * m_set.sectors_per_track + sector - 1;
}

void AtaDisk::store_address(u64 lba) {
    TaskFile& t = m_s.task;
    if (!m_r.extended && !(t.device & 0x40)) {
        const u64 track = lba / m_set.sectors_per_track;
        const u64 cylinder = track / m_set.heads;
        t.lba_low[0] = static_cast<u8>(lba % m_set.sectors_per_track + 1);
        t.lba_mid[0] = static_cast<u8>(cylinder);
        t.lba_high[0] = static_cast<u8>(cylinder >> 8);
        t.device = static_cast<u8>((t.device & 0xF0) | (track % m_set.heads));
        return;
    }
    t.lba_low[0] = static_cast<u8>(lba);
    t.lba_mid[0] = static_cast<u8>(lba >> 8);
    t.lba_high[0] = static_cast<u8>(lba >> 16);
    if (m_r.extended) {
        t.lba_low[1] = static_cast<u8>(lba >> 24);
        t.lba_mid[1] = static_cast<u8>(lba >> 32);
        t.lba_high[1] = static_cast<u8>(lba >> 40);
    } else {
        t.device = static_cast<u8>((t.device & 0xF0) | ((lba >> 24) & 15));
    }
}

bool AtaDisk::decode_request(bool extended) {
    const TaskFile& t = m_s.task;
    m_r.extended = extended;
    u32 count = t.count[0];
    if (extended) count |= u32{t.count[1]} << 8;
    if (count == 0) count = extended ? 65536 : 256;
    const auto lba = decode_address(extended);
    if (!lba || *lba >= m_capacity || count > m_capacity - *lba) return false;
    m_r.lba = *lba;
    m_r.remaining = count;
    return true;
}

void AtaDisk::start_transfer(Step step, bool extended, u32 block) {
    m_set.power = 0xFF;
    if (block == 0) return finish_later(error_abrt, block_ns); // MULTIPLE without SET MULTIPLE MODE
    const bool writes = step == OfferWrite || step == WriteDma;
    if (writes && m_backend->read_only()) return finish_later(error_abrt | error_wp, block_ns);
    if (!decode_request(extended)) return finish_later(error_idnf, command_ns);
    m_r.block = block;
    if (step == Finish) { // READ VERIFY: nothing to move
        store_address(m_r.lba + m_r.remaining - 1);
        m_r.remaining = 0;
    }
    busy(step, step == OfferWrite ? block_ns : command_ns);
}

// --- steps

void AtaDisk::advance() {
    switch (static_cast<Step>(m_s.step)) {
    case Finish: return m_r.error ? fail(m_r.error) : complete();
    case Offer:
        m_s.position = 0;
        if (m_s.buffer.empty()) return complete();
        return request_data(Phase::DataIn, static_cast<u32>(m_s.buffer.size()), true);
    case ReadPio: return read_pio();
    case OfferWrite: return offer_write(false); // no interrupt before the first block (ATA-6, 9.6)
    case WritePio: return write_pio();
    case ReadDma: return read_dma();
    case WriteDma: return write_dma();
    case Flush:
        if (auto flushed = m_backend->flush(); !flushed.ok()) return report(flushed.error());
        return complete();
    case StepCount: break;
    }
}

void AtaDisk::data_done() {
    if (m_s.phase == Phase::DataOut) return busy(WritePio, block_ns + m_s.buffer.size() * byte_ns);
    if (m_r.remaining != 0) return busy(ReadPio, block_ns + m_s.buffer.size() * byte_ns);
    // The last block of a PIO read ends the command without an interrupt (ATA-6, 9.5).
    m_s.phase = Phase::Idle;
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    m_s.task.status = status_drdy | status_dsc;
}

/// Reads the next sectors, `limit` at most; false if the host failed.
bool AtaDisk::fill_buffer(u32 limit) {
    const u32 n = std::min(limit, m_r.remaining);
    m_s.buffer.resize(n * sector_size);
    m_s.position = 0;
    m_s.block_end = static_cast<u32>(m_s.buffer.size());
    if (auto result = m_backend->read(m_r.lba * sector_size, m_s.buffer); !result.ok()) {
        m_s.buffer.clear();
        m_s.block_end = 0;
        report(result.error());
        return false;
    }
    m_r.lba += n;
    m_r.remaining -= n;
    m_sectors_read += n;
    if (m_r.remaining == 0) {
        store_address(m_r.lba - 1);
        m_s.task.count = {0, 0};
    }
    return true;
}

/// Writes the buffer; false if the host failed, and the buffer stays.
bool AtaDisk::empty_buffer() {
    const u32 n = std::min(static_cast<u32>(m_s.buffer.size() / sector_size), m_r.remaining);
    if (auto result = m_backend->write(m_r.lba * sector_size, std::span(m_s.buffer).first(n * sector_size));
        !result.ok()) {
        report(result.error());
        return false;
    }
    m_r.lba += n;
    m_r.remaining -= n;
    m_sectors_written += n;
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    return true;
}

void AtaDisk::end_transfer(bool written) {
    if (m_r.lba != 0) store_address(m_r.lba - 1);
    m_s.task.count = {0, 0};
    if (written && !m_set.write_cache) return busy(Flush, flush_ns);
    complete();
}

void AtaDisk::read_pio() {
    if (m_r.remaining == 0) return complete();
    if (fill_buffer(m_r.block)) request_data(Phase::DataIn, m_s.block_end, true);
}

void AtaDisk::offer_write(bool interrupt) {
    const u32 n = std::min(m_r.block, m_r.remaining);
    if (n == 0) return complete();
    m_s.buffer.assign(n * sector_size, 0);
    m_s.position = 0;
    request_data(Phase::DataOut, static_cast<u32>(m_s.buffer.size()), interrupt);
}

void AtaDisk::write_pio() {
    if (!empty_buffer()) return;
    if (m_r.remaining == 0) return end_transfer(true);
    offer_write(true);
}

void AtaDisk::read_dma() {
    if (m_s.buffer.empty() && m_r.remaining != 0 && !fill_buffer(dma_chunk)) return;
    if (m_s.position < m_s.block_end)
        m_s.position += static_cast<u32>(
            cable().dma(true, std::span(m_s.buffer).subspan(m_s.position, m_s.block_end - m_s.position)));
    if (m_s.position < m_s.block_end) return wait_for_dma(ReadDma);
    const u64 moved = m_s.buffer.size();
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    if (m_r.remaining == 0) return complete();
    busy(ReadDma, block_ns + moved * byte_ns);
}

void AtaDisk::write_dma() {
    if (m_s.buffer.empty()) {
        if (m_r.remaining == 0) return complete();
        m_s.buffer.assign(std::min(dma_chunk, m_r.remaining) * sector_size, 0);
        m_s.position = 0;
        m_s.block_end = static_cast<u32>(m_s.buffer.size());
    }
    if (m_s.position < m_s.block_end)
        m_s.position += static_cast<u32>(
            cable().dma(false, std::span(m_s.buffer).subspan(m_s.position, m_s.block_end - m_s.position)));
    if (m_s.position < m_s.block_end) return wait_for_dma(WriteDma);
    const u64 moved = m_s.buffer.size();
    if (!empty_buffer()) return;
    if (m_r.remaining == 0) return end_transfer(true);
    busy(WriteDma, block_ns + moved * byte_ns);
}

// --- archive

void AtaDisk::archive(Archive& ar) {
    u64 capacity = m_capacity;
    ar(capacity);
    if (capacity != m_capacity) return ar.fail("the disk has another size than when the snapshot was taken");
    IdeDrive::archive(ar);
    ar(m_set, m_r);
    ar.check(m_r.remaining <= m_capacity && m_r.lba <= m_capacity - m_r.remaining, "ATA request");
    ar.check(m_r.block >= 1 && m_r.block <= most_multiple, "ATA block size");
}

} // namespace ringshift
