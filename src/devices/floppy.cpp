// The registers, the command and result phases, and the commands without data; floppy_transfer.cpp has the execution
// phase of those with data.
#include "devices/floppy.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u8 dor_reset = 0x04, dor_gate = 0x08;
constexpr u8 msr_rqm = 0x80, msr_dio = 0x40, msr_non_dma = 0x20, msr_busy = 0x10;
constexpr u8 configure_no_poll = 0x10;
constexpr u8 st0_seek_end = 0x20, st0_abnormal = 0x40, st0_equipment = 0x10, st0_polling = 0xC0;
constexpr u8 invalid_command = 0x80;
constexpr u8 last_track = 83; // where the head's stop is
// A real drive takes 3 ms for a step and 17 ms for a sector: nobody wants to wait for that.
constexpr u64 reset_ns = 50'000, seek_ns = 100'000, step_ns = 10'000, command_ns = 50'000;

constexpr std::array<FloppyGeometry, 10> formats = {{
    {40, 1, 8, 2},  // 160K
    {40, 1, 9, 2},  // 180K
    {40, 2, 8, 2},  // 320K
    {40, 2, 9, 2},  // 360K
    {80, 2, 9, 2},  // 720K
    {80, 2, 15, 0}, // 1.2M
    {80, 2, 18, 0}, // 1.44M
    {80, 2, 21, 0}, // 1.68M
    {82, 2, 21, 0}, // 1.72M
    {80, 2, 36, 3}, // 2.88M
}};

/// Bytes of a command with its parameters (82077AA, table 5-1); 1 also for what is invalid.
u8 command_length(u8 command) {
    switch (command & 0x1F) {
    case 0x02:                                // READ TRACK
    case 0x05:                                // WRITE DATA
    case 0x06:                                // READ DATA
    case 0x09:                                // WRITE DELETED DATA
    case 0x0C:                                // READ DELETED DATA
    case 0x11:                                // SCAN EQUAL
    case 0x16:                                // VERIFY
    case 0x19:                                // SCAN LOW OR EQUAL
    case 0x1D: return 9;                      // SCAN HIGH OR EQUAL
    case 0x0D: return 6;                      // FORMAT TRACK
    case 0x0A: return 2;                      // READ ID
    case 0x0F: return command & 0x20 ? 1 : 3; // SEEK, RELATIVE SEEK
    default: break;
    }
    switch (command) {
    case 0x03: return 3; // SPECIFY
    case 0x04:           // SENSE DRIVE STATUS
    case 0x07:           // RECALIBRATE
    case 0x12: return 2; // PERPENDICULAR MODE
    case 0x13: return 4; // CONFIGURE
    default: return 1;
    }
}

} // namespace

std::optional<FloppyGeometry> floppy_geometry(u64 bytes) {
    if (bytes == 0) return std::nullopt;
    for (const FloppyGeometry& format : formats) {
        if (bytes <= format.size()) return format;
    }
    return std::nullopt;
}

Floppy::Floppy(Clock& clock, IrqLine& irq, DmaChannel& dma, HostErrorSink& host_errors)
    : m_clock(clock), m_irq(irq), m_dma(dma), m_host_errors(host_errors),
      m_transfer_timer(clock.create_timer("floppy.transfer", [this](u64) { run(); })),
      m_seek_timer(clock.create_timer("floppy.seek", [this](u64) { finish_seeks(); })),
      m_reset_timer(clock.create_timer("floppy.reset", [this](u64) { finish_reset(); })),
      m_registers([this](u64 offset, unsigned) -> u64 { return read(offset); },
                  [this](u64 offset, unsigned, u64 value) { write(offset, static_cast<u8>(value)); }) {}

// --- media

void Floppy::attach_drive(unsigned unit) { m_media[unit].attached = true; }

void Floppy::insert(unsigned unit, std::unique_ptr<BlockBackend> medium) {
    m_media[unit].geometry = medium ? floppy_geometry(medium->size()) : std::nullopt;
    m_media[unit].backend = m_media[unit].geometry ? std::move(medium) : nullptr;
    m_s.drives[unit].changed = true;
}

std::unique_ptr<BlockBackend> Floppy::eject(unsigned unit) {
    m_s.drives[unit].changed = true;
    m_media[unit].geometry.reset();
    return std::move(m_media[unit].backend);
}

// --- reset

void Floppy::reset() {
    m_clock.cancel(m_transfer_timer);
    m_clock.cancel(m_seek_timer);
    m_clock.cancel(m_reset_timer);
    m_s = State{};
    m_irq.set(false);
}

/// What both resets by software do (82077AA, 4.0): CONFIGURE survives if locked, SPECIFY always.
void Floppy::begin_reset() {
    m_clock.cancel(m_transfer_timer);
    m_clock.cancel(m_seek_timer);
    m_clock.cancel(m_reset_timer);
    m_s.phase = Phase::Command;
    m_s.activity = Activity::None;
    m_s.position = m_s.length = 0;
    m_s.irq = false;
    m_s.reset_senses = 0;
    m_s.buffer.clear();
    m_s.moved = 0;
    m_s.fifo_data = m_s.terminal_count = m_s.host_failed = false;
    m_s.resetting = true;
    if (!m_s.locked) {
        m_s.configure = 0x20;
        m_s.precompensation = 0;
    }
    m_s.perpendicular &= 0xFC;
    for (Drive& drive : m_s.drives) {
        drive.cylinder = 0;
        drive.seeking = drive.seek_done = false;
    }
    update_irq();
}

void Floppy::finish_reset() {
    m_s.resetting = false;
    if (m_s.configure & configure_no_poll) return;
    m_s.reset_senses = 4; // polling finds that each drive's ready line changed (82077AA, 5.2.4)
    m_s.irq = true;
    update_irq();
}

void Floppy::update_irq() { m_irq.set(m_s.irq && (m_s.dor & dor_gate)); }

// --- read

u8 Floppy::read(u64 offset) {
    switch (offset) {
    case 2: return m_s.dor;
    case 3: return static_cast<u8>(0xFC | m_s.tdr);
    case 4: return main_status();
    case 5: return read_fifo();
    case 7: {
        const unsigned unit = m_s.dor & 3;
        const bool here = unit < 2 && m_media[unit].attached;
        return here && (!m_media[unit].backend || m_s.drives[unit].changed) ? 0x80 : 0x00;
    }
    default: return 0xFF; // status registers A and B exist on the PS/2 only
    }
}

u8 Floppy::main_status() const {
    if (!(m_s.dor & dor_reset) || m_s.resetting) return 0;
    u8 status = 0;
    for (unsigned unit = 0; unit < 2; ++unit) {
        if (m_s.drives[unit].seeking) status = static_cast<u8>(status | 1 << unit);
    }
    switch (m_s.phase) {
    case Phase::Command: return static_cast<u8>(status | msr_rqm | (m_s.position ? msr_busy : 0));
    case Phase::Result: return status | msr_rqm | msr_dio | msr_busy;
    case Phase::Execution: break;
    }
    status |= msr_busy;
    if (!dma_mode()) status |= msr_non_dma;
    if (m_s.fifo_data) {
        const bool to_host = m_s.activity == Activity::Read;
        status = static_cast<u8>(status | msr_rqm | (to_host ? msr_dio : 0));
    }
    return status;
}

u8 Floppy::read_fifo() {
    if (m_s.phase == Phase::Execution && m_s.fifo_data && m_s.activity == Activity::Read) {
        const u8 value = m_s.buffer[m_s.moved++];
        if (m_s.moved == m_s.buffer.size()) {
            m_s.fifo_data = false;
            m_s.irq = false;
            update_irq();
            next_sector();
        }
        return value;
    }
    if (m_s.phase != Phase::Result) return 0;
    m_s.irq = false;
    update_irq();
    const u8 value = m_s.fifo[m_s.position++];
    if (m_s.position >= m_s.length) {
        m_s.phase = Phase::Command;
        m_s.position = m_s.length = 0;
    }
    return value;
}

// --- write

void Floppy::write(u64 offset, u8 value) {
    switch (offset) {
    case 2: return write_dor(value);
    case 3: m_s.tdr = value & 3; return;
    case 4: // DSR: a reset that ends by itself
        m_s.rate = value & 3;
        if (!(value & 0x80) || !(m_s.dor & dor_reset)) return;
        begin_reset();
        m_clock.arm(m_reset_timer, m_clock.now() + reset_ns);
        return;
    case 5: return write_fifo(value);
    case 7: m_s.rate = value & 3; return; // CCR
    default: return;
    }
}

void Floppy::write_dor(u8 value) {
    const u8 before = m_s.dor;
    m_s.dor = value;
    if (!(value & dor_reset)) {
        begin_reset();
    } else if (!(before & dor_reset)) {
        m_s.resetting = true;
        m_clock.arm(m_reset_timer, m_clock.now() + reset_ns);
    }
    update_irq();
}

void Floppy::write_fifo(u8 value) {
    if (!(m_s.dor & dor_reset) || m_s.resetting) return;
    if (m_s.phase == Phase::Execution && m_s.fifo_data && m_s.activity != Activity::Read) {
        m_s.buffer[m_s.moved++] = value;
        if (m_s.moved == m_s.buffer.size()) {
            m_s.fifo_data = false;
            m_s.irq = false;
            update_irq();
            again();
        }
        return;
    }
    if (m_s.phase != Phase::Command) return;
    if (m_s.position == 0) m_s.length = command_length(value);
    m_s.fifo[m_s.position++] = value;
    if (m_s.position < m_s.length) return;
    m_s.position = m_s.length = 0;
    execute();
}

// --- commands

void Floppy::result(std::initializer_list<u8> bytes) {
    std::copy(bytes.begin(), bytes.end(), m_s.fifo.begin());
    m_s.phase = Phase::Result;
    m_s.position = 0;
    m_s.length = static_cast<u8>(bytes.size());
}

void Floppy::execute() {
    const u8 command = m_s.fifo[0];
    m_s.whole_track = false;
    m_s.deleted = false;
    switch (command & 0x1F) {
    case 0x02: m_s.whole_track = true; return start_data(Activity::Read);
    case 0x0C: m_s.deleted = true; return start_data(Activity::Read);
    case 0x06: return start_data(Activity::Read);
    case 0x05:
    case 0x09: return start_data(Activity::Write); // an image has no place for the deleted mark
    case 0x16: return start_data(Activity::Verify);
    case 0x11:
    case 0x19:
    case 0x1D: return start_data(Activity::Scan);
    case 0x0D: return start_data(Activity::Format);
    case 0x0A: return start_data(Activity::ReadId);
    case 0x0F: {
        if (command & 0x20) return result({invalid_command});
        const u8 unit = m_s.fifo[1] & 3;
        if (!(command & 0x80)) return start_seek(unit, m_s.fifo[2], false);
        const int step = m_s.fifo[2]; // RELATIVE SEEK: DIR is towards higher cylinders
        const int from = unit < 2 ? m_s.drives[unit].cylinder : 0;
        return start_seek(unit, command & 0x40 ? from + step : from - step, false);
    }
    default: return execute_control(command);
    }
}

void Floppy::execute_control(u8 command) {
    const auto& p = m_s.fifo;
    switch (command) {
    case 0x03: // SPECIFY
        m_s.step_rate = p[1];
        m_s.head_load = p[2];
        return;
    case 0x04: { // SENSE DRIVE STATUS: ST3
        const u8 unit = p[1] & 3;
        u8 st3 = static_cast<u8>(0x28 | (p[1] & 7)); // ready, two sides: not sensed
        if (unit < 2 && m_media[unit].attached) {
            if (m_s.drives[unit].track == 0) st3 |= 0x10;
            if (m_media[unit].backend && m_media[unit].backend->read_only()) st3 |= 0x40;
        }
        return result({st3});
    }
    case 0x07: return start_seek(p[1] & 3, 0, true); // RECALIBRATE
    case 0x08: return sense_interrupt();
    case 0x0E: return dump_registers();
    case 0x10: return result({0x90}); // VERSION: 82077
    case 0x12:                        // PERPENDICULAR MODE: the drive bits change only with OW
        m_s.perpendicular = static_cast<u8>(p[1] & 0x80 ? p[1] & 0x3F : (m_s.perpendicular & 0x3C) | (p[1] & 3));
        return;
    case 0x13: // CONFIGURE
        m_s.configure = p[2];
        m_s.precompensation = p[3];
        return;
    case 0x14: // UNLOCK, LOCK
    case 0x94: m_s.locked = command & 0x80; return result({static_cast<u8>(m_s.locked ? 0x10 : 0)});
    default: return result({invalid_command});
    }
}

void Floppy::sense_interrupt() {
    m_s.irq = false;
    update_irq();
    if (m_s.reset_senses != 0) {
        const u8 unit = static_cast<u8>(4 - m_s.reset_senses--);
        const u8 cylinder = unit < 2 ? m_s.drives[unit].cylinder : u8{0};
        return result({static_cast<u8>(st0_polling | unit), cylinder});
    }
    for (Drive& drive : m_s.drives) {
        if (!drive.seek_done) continue;
        drive.seek_done = false;
        return result({drive.seek_status, drive.cylinder});
    }
    result({invalid_command});
}

void Floppy::dump_registers() {
    const u8 pcn0 = m_s.drives[0].cylinder, pcn1 = m_s.drives[1].cylinder;
    result({pcn0, pcn1, 0, 0, m_s.step_rate, m_s.head_load, m_s.last_count,
            static_cast<u8>((m_s.locked ? 0x80 : 0) | m_s.perpendicular), m_s.configure, m_s.precompensation});
}

// --- seeks

void Floppy::start_seek(u8 unit, int target, bool recalibrate) {
    // The controller knows four drives; numbers 2 and 3 have none and share the state of none.
    if (unit >= 2) return;
    Drive& drive = m_s.drives[unit];
    const bool attached = m_media[unit].attached;
    const u8 cylinder = static_cast<u8>(target);
    const u8 track = static_cast<u8>(std::clamp(target, 0, int{last_track}));
    drive.seek_status = static_cast<u8>(st0_seek_end | unit | (recalibrate ? 0 : m_s.fifo[1] & 4));
    if (recalibrate && !attached) drive.seek_status |= st0_abnormal | st0_equipment; // TRK0 never came
    const unsigned steps = static_cast<unsigned>(std::abs(track - drive.track));
    if (attached) {
        // A step pulse clears DSKCHG if there is a medium; a recalibration at track 0 gives none.
        if (steps != 0 && m_media[unit].backend) drive.changed = false;
        drive.track = track;
    }
    drive.cylinder = cylinder;
    drive.seeking = true;
    drive.seek_done = false;
    m_clock.arm(m_seek_timer, m_clock.now() + seek_ns + steps * step_ns);
}

void Floppy::finish_seeks() {
    for (Drive& drive : m_s.drives) {
        if (!drive.seeking) continue;
        drive.seeking = false;
        drive.seek_done = true;
        m_s.irq = true;
    }
    update_irq();
}

// --- the start of a data command

void Floppy::start_data(Activity activity) {
    const auto& p = m_s.fifo;
    m_s.phase = Phase::Execution;
    m_s.activity = activity;
    m_s.unit = p[1] & 3;
    m_s.head = (p[1] >> 2) & 1;
    m_s.st1 = m_s.st2 = 0;
    m_s.buffer.clear();
    m_s.moved = 0;
    m_s.fifo_data = m_s.terminal_count = false;
    if (activity == Activity::Format) {
        m_s.size_code = p[2];
        m_s.sectors_left = p[3];
        m_s.last_count = p[3];
    } else if (activity != Activity::ReadId) {
        m_s.cylinder = p[2];
        m_s.sector = m_s.whole_track ? u8{1} : p[4];
        m_s.size_code = p[5];
        m_s.last_sector = p[6];
        m_s.last_count = p[6];
        // VERIFY with EC counts sectors instead of looking at EOT.
        m_s.sectors_left = activity == Activity::Verify && (p[1] & 0x80) ? (p[8] ? p[8] : 256) : 0;
        constexpr u8 implied_seek = 0x40;
        if ((m_s.configure & implied_seek) && m_s.unit < 2 && media().attached) {
            Drive& drive = m_s.drives[m_s.unit];
            if (drive.track != std::min(m_s.cylinder, last_track) && media().backend) drive.changed = false;
            drive.track = std::min(m_s.cylinder, last_track);
            drive.cylinder = m_s.cylinder;
        }
    }
    m_clock.arm(m_transfer_timer, m_clock.now() + command_ns);
}

// --- archive

void Floppy::State::archive(Archive& ar) {
    ar(dor, tdr, rate, configure, precompensation, locked, perpendicular, step_rate, head_load, last_count, phase,
       activity, fifo, position, length, irq, resetting, reset_senses, unit, cylinder, head, sector, size_code,
       last_sector, st1, st2, sectors_left, deleted, whole_track);
    ar.blob(buffer, 512);
    ar(moved, terminal_count, fifo_data, host_failed, drives);
    ar.check(phase <= Phase::Result && activity <= Activity::ReadId, "floppy phase");
    ar.check(length <= 10 && position <= length, "floppy FIFO");
    ar.check(phase != Phase::Result || position < length, "floppy result");
    ar.check(phase != Phase::Execution || activity != Activity::None, "floppy activity");
    ar.check(fifo_data ? moved < buffer.size() : moved <= buffer.size(), "floppy buffer");
    ar.check(rate < 4 && unit < 4 && head < 2 && reset_senses <= 4 && tdr < 4, "floppy registers");
    for (const Drive& drive : drives) ar.check(drive.track <= last_track, "floppy track");
}

void Floppy::archive(Archive& ar) {
    ar(m_s);
    // Another medium than at the time of the snapshot is a changed one.
    for (unsigned unit = 0; unit < 2; ++unit) {
        const u64 here = m_media[unit].backend ? m_media[unit].backend->size() : 0;
        u64 size = here;
        ar(size);
        if (size != here) m_s.drives[unit].changed = true;
    }
}

} // namespace ringshift
