// The execution phase of the commands that move data. Each turn of the transfer timer moves one sector: between the
// image and `buffer`, and between `buffer` and the DMA channel or, in non-DMA mode, the FIFO. A snapshot between two
// turns is one in mid-transfer. The command ends with TC, at the end of the cylinder, or with an error.
#include "devices/floppy.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u8 st0_abnormal = 0x40, st0_not_ready = 0x08;
constexpr u8 st1_end = 0x80, st1_overrun = 0x10, st1_no_data = 0x04, st1_not_writable = 0x02, st1_no_address = 0x01;
constexpr u8 st2_control_mark = 0x40, st2_wrong_cylinder = 0x10, st2_scan_hit = 0x08, st2_scan_failed = 0x04,
             st2_no_data_address = 0x01;
constexpr u8 sector_size_code = 2;
constexpr u32 sector_size = 512;
constexpr u8 multi_track = 0x80, skip = 0x20;
constexpr u64 sector_ns = 100'000;
constexpr u64 rotation_ns = 200'000'000;

} // namespace

// --- end of a command

void Floppy::finish(u8 st0) {
    const u8 status = static_cast<u8>(st0 | m_s.unit | m_s.head << 2);
    m_s.buffer.clear();
    m_s.moved = 0;
    m_s.fifo_data = false;
    m_s.activity = Activity::None;
    result({status, m_s.st1, m_s.st2, m_s.cylinder, m_s.head, m_s.sector, m_s.size_code});
    m_s.irq = true;
    update_irq();
}

void Floppy::report(const Error& error) {
    m_s.host_failed = true;
    m_host_errors.host_error(name(), error);
}

void Floppy::retry() {
    if (!m_s.host_failed) return;
    m_s.host_failed = false;
    m_clock.arm(m_transfer_timer, m_clock.now());
}

void Floppy::again() { m_clock.arm(m_transfer_timer, m_clock.now() + sector_ns); }

// --- turns

bool Floppy::ready() const { return m_s.unit < 2 && m_media[m_s.unit].backend != nullptr; }

void Floppy::run() {
    if (m_s.phase != Phase::Execution || m_s.fifo_data || m_s.host_failed) return;
    if (!ready()) {
        m_s.st1 |= st1_no_address;
        return finish(st0_abnormal | st0_not_ready);
    }
    switch (m_s.activity) {
    case Activity::Read:
    case Activity::Verify: return run_read();
    case Activity::Write:
    case Activity::Scan: return run_write();
    case Activity::Format: return run_format();
    case Activity::ReadId: return run_read_id();
    case Activity::None: return;
    }
}

/// Whether the sector is on the track under the head; else the command has ended.
bool Floppy::locate() {
    const FloppyGeometry& g = *media().geometry;
    const Drive& drive = m_s.drives[m_s.unit];
    constexpr u8 rate_300 = 1, rate_250 = 2;
    const bool rate_fits = m_s.rate == g.rate || (g.rate == rate_250 && m_s.rate == rate_300);
    if (!rate_fits || drive.track >= g.tracks || m_s.head >= g.heads) {
        m_s.st1 |= st1_no_address;
        finish(st0_abnormal);
        return false;
    }
    if (m_s.activity == Activity::ReadId || m_s.activity == Activity::Format) return true;
    const u8 head_asked = m_s.fifo[3] & 1;
    const bool head_fits = m_s.fifo[3] < 2 && (head_asked == ((m_s.fifo[1] >> 2) & 1));
    if (m_s.cylinder != drive.track) {
        m_s.st2 |= st2_wrong_cylinder;
        m_s.st1 |= st1_no_data;
    } else if (!head_fits || m_s.sector == 0 || m_s.sector > g.sectors || m_s.size_code != sector_size_code) {
        m_s.st1 |= st1_no_data;
    } else {
        return true;
    }
    finish(st0_abnormal);
    return false;
}

/// To the next sector of the command; false at the end of the cylinder (82077AA, table 6-4).
bool Floppy::advance_sector() {
    if (m_s.sector < m_s.last_sector) {
        ++m_s.sector;
        return true;
    }
    m_s.sector = 1;
    const bool both_sides = (m_s.fifo[0] & multi_track) && !m_s.whole_track;
    if (both_sides && m_s.head == 0) {
        m_s.head = 1;
        return true;
    }
    if (both_sides) m_s.head = 0;
    ++m_s.cylinder;
    return false;
}

void Floppy::next_sector() {
    m_s.buffer.clear();
    m_s.moved = 0;
    const bool more = advance_sector();
    const bool counted = m_s.sectors_left != 0 && --m_s.sectors_left == 0;
    const bool scan_met = m_s.activity == Activity::Scan && !(m_s.st2 & st2_scan_failed);
    if (m_s.terminal_count || counted || scan_met || (m_s.st2 & st2_control_mark)) return finish(0);
    if (more) return again();
    // READ TRACK, VERIFY and SCAN end here by themselves; the others should have had a TC.
    if (m_s.whole_track || m_s.activity == Activity::Verify || m_s.activity == Activity::Scan) return finish(0);
    m_s.st1 |= st1_end;
    finish(st0_abnormal);
}

// --- image

bool Floppy::read_sector() {
    const FloppyGeometry& g = *media().geometry;
    const u64 lba = (u64{m_s.cylinder} * g.heads + m_s.head) * g.sectors + m_s.sector - 1;
    const u64 size = media().backend->size();
    const u64 at = lba * sector_size;
    std::vector<u8> data(sector_size, 0);
    // An image may be shorter than its format.
    const std::size_t there = at < size ? static_cast<std::size_t>(std::min<u64>(sector_size, size - at)) : 0;
    if (there != 0) {
        if (auto done = media().backend->read(at, std::span(data).first(there)); !done.ok()) {
            report(done.error());
            return false;
        }
    }
    m_s.buffer = std::move(data);
    m_s.moved = 0;
    ++m_sectors_read;
    return true;
}

bool Floppy::write_sector() {
    const FloppyGeometry& g = *media().geometry;
    const u64 lba = (u64{m_s.cylinder} * g.heads + m_s.head) * g.sectors + m_s.sector - 1;
    const u64 size = media().backend->size();
    const u64 at = lba * sector_size;
    const std::size_t there = at < size ? static_cast<std::size_t>(std::min<u64>(m_s.buffer.size(), size - at)) : 0;
    if (there != 0) {
        if (auto done = media().backend->write(at, std::span(m_s.buffer).first(there)); !done.ok()) {
            report(done.error());
            return false;
        }
    }
    ++m_sectors_written;
    return true;
}

// --- the guest's side

/// Hands `buffer` to the guest; true when all of it, or what TC let through, has gone.
bool Floppy::send() {
    if (!dma_mode()) {
        m_s.fifo_data = true;
        m_s.irq = true;
        update_irq();
        return false;
    }
    const DmaResult done = m_dma.transfer(DmaDirection::ToMemory, m_s.buffer);
    m_s.terminal_count = done.terminal_count;
    if (done.moved == m_s.buffer.size() || done.terminal_count) return true;
    m_s.st1 |= st1_overrun;
    finish(st0_abnormal);
    return false;
}

/// Gets `size` bytes into `buffer`; true when they are there. After TC the rest is zero (82077AA, 6.2.1).
bool Floppy::gather(u32 size) {
    if (m_s.buffer.size() == size && m_s.moved == size) return true;
    m_s.buffer.assign(size, 0);
    m_s.moved = 0;
    if (!dma_mode()) {
        m_s.fifo_data = true;
        m_s.irq = true;
        update_irq();
        return false;
    }
    const DmaResult done = m_dma.transfer(DmaDirection::FromMemory, m_s.buffer);
    m_s.terminal_count = done.terminal_count;
    if (done.moved != size && !done.terminal_count) {
        m_s.st1 |= st1_overrun;
        finish(st0_abnormal);
        return false;
    }
    m_s.moved = size;
    return true;
}

// --- commands

void Floppy::run_read() {
    if (!locate()) return;
    if (m_s.deleted) { // no sector of an image has the deleted mark
        if (m_s.fifo[0] & skip) {
            m_s.terminal_count = false;
            if (advance_sector()) return again();
            m_s.st1 |= st1_no_data;
            return finish(st0_abnormal);
        }
        m_s.st2 |= st2_control_mark;
    }
    if (!read_sector()) return;
    if (m_s.activity == Activity::Verify || send()) next_sector();
}

void Floppy::run_write() {
    if (!locate()) return;
    const bool scan = m_s.activity == Activity::Scan;
    if (!scan && media().backend->read_only()) {
        m_s.st1 |= st1_not_writable;
        return finish(st0_abnormal);
    }
    if (!gather(sector_size)) return;
    if (scan) {
        const std::vector<u8> wanted = m_s.buffer;
        if (!read_sector()) { // the guest's bytes stay for the retry
            m_s.buffer = wanted;
            m_s.moved = sector_size;
            return;
        }
        compare(wanted);
    } else if (!write_sector()) {
        return;
    }
    next_sector();
}

/// SCAN: the disk's bytes in `buffer` against the guest's; FF of either matches anything (82077AA, 5.1.9).
void Floppy::compare(std::span<const u8> wanted) {
    constexpr u8 equal = 0x11, low_or_equal = 0x19;
    int order = 0; // sign of disk - guest
    for (std::size_t i = 0; i < wanted.size() && order == 0; ++i) {
        if (wanted[i] == 0xFF || m_s.buffer[i] == 0xFF) continue;
        order = int{m_s.buffer[i]} - int{wanted[i]};
    }
    const u8 kind = m_s.fifo[0] & 0x1F;
    m_s.st2 &= static_cast<u8>(~(st2_scan_hit | st2_scan_failed));
    if (order == 0) {
        m_s.st2 |= st2_scan_hit;
    } else if (kind == equal || (kind == low_or_equal) != (order < 0)) {
        m_s.st2 |= st2_scan_failed;
    }
}

void Floppy::run_format() {
    if (!locate()) return;
    const FloppyGeometry& g = *media().geometry;
    if (media().backend->read_only()) {
        m_s.st1 |= st1_not_writable;
        return finish(st0_abnormal);
    }
    if (m_s.sectors_left == 0) return finish(0);
    // The ID field of each sector: C, H, R, N. An image cannot hold another layout than its own.
    if (m_s.buffer.size() != sector_size) {
        if (!gather(4)) return;
        m_s.cylinder = m_s.buffer[0];
        m_s.sector = m_s.buffer[2];
        const bool fits = m_s.cylinder == m_s.drives[m_s.unit].track && m_s.buffer[1] == m_s.head && m_s.sector != 0 &&
                          m_s.sector <= g.sectors && m_s.buffer[3] == sector_size_code;
        if (!fits) {
            m_s.st2 |= st2_no_data_address;
            return finish(st0_abnormal);
        }
        m_s.buffer.assign(sector_size, m_s.fifo[5]);
        m_s.moved = sector_size;
    }
    if (!write_sector()) return;
    m_s.buffer.clear();
    m_s.moved = 0;
    if (--m_s.sectors_left == 0) return finish(0);
    again();
}

void Floppy::run_read_id() {
    m_s.size_code = sector_size_code;
    m_s.cylinder = m_s.drives[m_s.unit].track;
    m_s.sector = 0;
    if (!locate()) return;
    // The one that comes by: the disk turns with virtual time.
    const u64 sectors = media().geometry->sectors;
    m_s.sector = static_cast<u8>(1 + m_clock.now() % rotation_ns * sectors / rotation_ns);
    finish(0);
}

} // namespace ringshift
