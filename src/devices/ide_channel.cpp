#include "devices/ide_channel.h"

namespace ringshift {

namespace {
constexpr u8 control_nien = 0x02, control_srst = 0x04, control_hob = 0x80;
constexpr u8 execute_diagnostic = 0x90;
// Real drives take up to 31 s; drivers wait at least 2 ms.
constexpr u64 reset_ns = 100'000;
} // namespace

IdeChannel::IdeChannel(std::string name, Clock& clock, DmaView& memory, IrqLine& irq, HostErrorSink& host_errors)
    : m_name(std::move(name)), m_clock(clock), m_irq(irq), m_host_errors(host_errors), m_bus_master(memory),
      m_control_block([this](u64, unsigned) -> u64 { return m_decoded ? read_status(false) : 0xFF; },
                      [this](u64, unsigned, u64 value) {
                          if (m_decoded) write_control(static_cast<u8>(value));
                      }) {
    for (unsigned unit = 0; unit < 2; ++unit) {
        m_timers[unit] = clock.create_timer(m_name + (unit ? ".slave" : ".master"), [this, unit](u64) {
            if (m_drives[unit]) m_drives[unit]->on_timer();
        });
    }
    m_reset_timer = clock.create_timer(m_name + ".reset", [this](u64) { finish_reset(); });
}

void IdeChannel::attach(unsigned unit, std::unique_ptr<IdeDrive> drive) {
    drive->connect(*this, unit);
    m_drives[unit] = std::move(drive);
    m_drives[unit]->reset(true);
}

// --- reset

void IdeChannel::reset() {
    m_clock.cancel(m_reset_timer);
    m_bus_master.reset();
    m_s.slave_selected = false;
    m_s.control = 0;
    for (auto& drive : m_drives) {
        if (drive) drive->reset(true);
    }
    interrupt_changed();
}

void IdeChannel::finish_reset() {
    if (m_s.control & control_srst) return;
    m_s.slave_selected = false;
    for (auto& drive : m_drives) {
        if (drive) drive->reset(false);
    }
    interrupt_changed();
}

// --- read

u8 IdeChannel::read_status(bool acknowledge) {
    if (empty()) return 0xFF; // pull-ups
    IdeDrive* drive = selected();
    // Drive 0 answers for an absent drive 1 with zero (ATA-6, 9.16.1); nothing drives the bus for an absent drive 0.
    if (!drive) return 0x00;
    const u8 status = drive->status();
    if (acknowledge) drive->acknowledge();
    return status;
}

u8 IdeChannel::read_register(unsigned index) {
    if (index == 7) return read_status(true);
    if (empty()) return 0xFF;
    const IdeDrive* drive = selected();
    if (!drive) drive = m_drives[!m_s.slave_selected].get();
    const u8 value = drive->read_register(index, m_s.control & control_hob);
    if (index != 6) return value;
    return static_cast<u8>((value & ~0x10) | (m_s.slave_selected ? 0x10 : 0));
}

u64 IdeChannel::CommandBlock::read(u64 offset, unsigned size) {
    u64 value = 0;
    std::array<u8, 8> bytes{};
    if (offset == 0) {
        read_block(0, size, std::span(bytes).first(size));
    } else {
        for (unsigned i = 0; i < size; ++i)
            bytes[i] = offset + i < 8 && m_channel.m_decoded
                           ? m_channel.read_register(static_cast<unsigned>(offset + i))
                           : u8{0xFF};
    }
    std::memcpy(&value, bytes.data(), size);
    return value;
}

u64 IdeChannel::CommandBlock::block_room(u64 offset, unsigned size) {
    const IdeDrive* drive = m_channel.selected();
    return offset == 0 && drive && m_channel.m_decoded ? drive->block_room(size) : 0;
}

void IdeChannel::CommandBlock::read_block(u64 offset, unsigned size, std::span<u8> out) {
    if (offset != 0) return RegisterBlock::read_block(offset, size, out);
    IdeDrive* drive = m_channel.selected();
    if (drive && m_channel.m_decoded) return drive->read_data(out);
    std::fill(out.begin(), out.end(), u8{0xFF});
}

// --- write

void IdeChannel::CommandBlock::write(u64 offset, unsigned size, u64 value) {
    std::array<u8, 8> bytes{};
    std::memcpy(bytes.data(), &value, size);
    if (offset == 0) return write_block(0, size, std::span(bytes).first(size));
    for (unsigned i = 0; i < size && offset + i < 8; ++i) {
        if (m_channel.m_decoded) m_channel.write_register(static_cast<unsigned>(offset + i), bytes[i]);
    }
}

void IdeChannel::CommandBlock::write_block(u64 offset, unsigned size, std::span<const u8> in) {
    if (offset != 0) return RegisterBlock::write_block(offset, size, in);
    IdeDrive* drive = m_channel.selected();
    if (drive && m_channel.m_decoded) drive->write_data(in);
}

void IdeChannel::write_register(unsigned index, u8 value) {
    m_s.control &= static_cast<u8>(~control_hob); // any write of the command block (ATA-6, 7.8)
    if (index == 7) return execute_command(value);
    if (index == 6) {
        m_s.slave_selected = value & 0x10;
        interrupt_changed();
    }
    for (auto& drive : m_drives) {
        if (drive) drive->write_register(index, value);
    }
}

void IdeChannel::execute_command(u8 command) {
    if (command == execute_diagnostic) { // for both drives, whichever is selected (ATA-6, 8.9)
        m_s.slave_selected = false;
        for (auto& drive : m_drives) {
            if (drive) drive->diagnose();
        }
        interrupt_changed();
        return;
    }
    if (IdeDrive* drive = selected()) drive->write_command(command);
}

void IdeChannel::write_control(u8 value) {
    const u8 before = m_s.control;
    m_s.control = value & (control_nien | control_srst | control_hob);
    if ((value & control_srst) && !(before & control_srst)) {
        m_clock.cancel(m_reset_timer);
        for (auto& drive : m_drives) {
            if (drive) drive->begin_reset();
        }
    } else if (!(value & control_srst) && (before & control_srst)) {
        m_clock.arm(m_reset_timer, m_clock.now() + reset_ns);
    }
    interrupt_changed();
}

void IdeChannel::write_bus_master(u64 offset, u8 value) {
    if (m_bus_master.write(offset, value)) start_dma();
}

void IdeChannel::configure(bool decoded, bool bus_master) {
    m_decoded = decoded;
    m_may_master = bus_master;
}

void IdeChannel::start_dma() {
    if (!m_may_master) return;
    for (auto& drive : m_drives) {
        if (drive) drive->on_dma_start();
    }
}

// --- the cable

void IdeChannel::interrupt_changed() {
    const IdeDrive* drive = selected();
    const bool line = drive && drive->irq() && !(m_s.control & control_nien);
    if (line == m_s.line) return;
    m_s.line = line;
    if (line) m_bus_master.note_interrupt();
    m_irq.set(line);
}

void IdeChannel::arm(unsigned unit, u64 delay_ns) { m_clock.arm(m_timers[unit], m_clock.now() + delay_ns); }

void IdeChannel::cancel(unsigned unit) { m_clock.cancel(m_timers[unit]); }

void IdeChannel::host_failed(const Error& error) { m_host_errors.host_error(m_name, error); }

bool IdeChannel::host_failed() const {
    for (const auto& drive : m_drives) {
        if (drive && drive->host_failed()) return true;
    }
    return false;
}

void IdeChannel::retry() {
    for (auto& drive : m_drives) {
        if (drive) drive->retry();
    }
}

// --- archive

void IdeChannel::archive(Archive& ar) {
    ar(m_s, m_bus_master);
    for (auto& drive : m_drives) {
        auto kind = drive ? drive->kind() : IdeDrive::Kind::None;
        const auto present = kind;
        ar(kind);
        if (kind != present) return ar.fail(m_name + ": the snapshot was taken with other drives attached");
        if (drive) drive->archive(ar);
    }
}

} // namespace ringshift
