#include "devices/ide_drive.h"

#include <algorithm>

namespace ringshift {

namespace {
constexpr u8 ready = IdeDrive::status_drdy | IdeDrive::status_dsc;
} // namespace

void IdeDrive::State::archive(Archive& ar) {
    ar(task, phase, command, step, irq);
    ar.blob(buffer, buffer_limit);
    ar(position, block_end);
    ar.check(phase <= Phase::HostError, "IDE phase");
    ar.check(position <= block_end && block_end <= buffer.size(), "IDE buffer position");
}

void IdeDrive::connect(IdeCable& cable, unsigned unit) {
    m_cable = &cable;
    m_unit = unit;
}

// --- reset

void IdeDrive::reset(bool hard) {
    m_cable->cancel(m_unit);
    const u8 device = m_s.task.device;
    m_s = State{};
    if (!hard) m_s.task.device = device & 0x10;
    m_s.task.error = 0x01; // diagnostic code: no error
    set_signature();
}

void IdeDrive::begin_reset() {
    m_cable->cancel(m_unit);
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    m_s.phase = Phase::Idle;
    m_s.irq = false;
    m_s.task.status = status_bsy;
}

void IdeDrive::diagnose() {
    m_cable->cancel(m_unit);
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    m_s.phase = Phase::Idle;
    m_s.task.device = 0;
    m_s.task.error = 0x01;
    set_signature();
    if (m_unit == 0) raise();
}

// --- registers

u8 IdeDrive::read_register(unsigned index, bool high_order) const {
    const TaskFile& t = m_s.task;
    switch (index) {
    case 1: return t.error;
    case 2: return t.count[high_order];
    case 3: return t.lba_low[high_order];
    case 4: return t.lba_mid[high_order];
    case 5: return t.lba_high[high_order];
    case 6: return t.device;
    default: return t.status;
    }
}

void IdeDrive::write_register(unsigned index, u8 value) {
    TaskFile& t = m_s.task;
    if (t.status & status_bsy) return; // ATA-6, 9.1: the drive owns the registers
    const auto push = [value](std::array<u8, 2>& reg) { reg = {value, reg[0]}; };
    switch (index) {
    case 1: push(t.feature); break;
    case 2: push(t.count); break;
    case 3: push(t.lba_low); break;
    case 4: push(t.lba_mid); break;
    case 5: push(t.lba_high); break;
    case 6: t.device = value; break;
    default: break;
    }
}

void IdeDrive::write_command(u8 command) {
    acknowledge();
    constexpr u8 device_reset = 0x08;
    if ((m_s.task.status & status_bsy) && !(command == device_reset && kind() == Kind::Cdrom)) return;
    m_cable->cancel(m_unit);
    m_s.phase = Phase::Idle;
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    m_s.command = command;
    m_s.task.error = 0;
    m_s.task.status = ready;
    execute();
}

void IdeDrive::acknowledge() {
    if (!m_s.irq) return;
    m_s.irq = false;
    m_cable->interrupt_changed();
}

// --- data port

u64 IdeDrive::block_room(unsigned size) const {
    if (m_s.phase != Phase::DataIn && m_s.phase != Phase::DataOut) return 0;
    const u32 left = m_s.block_end - m_s.position;
    return left - std::min(left, size);
}

void IdeDrive::read_data(std::span<u8> out) {
    while (!out.empty()) {
        if (m_s.phase != Phase::DataIn) {
            std::fill(out.begin(), out.end(), u8{0});
            return;
        }
        const std::size_t n = std::min<std::size_t>(out.size(), m_s.block_end - m_s.position);
        std::copy_n(m_s.buffer.begin() + m_s.position, n, out.begin());
        m_s.position += static_cast<u32>(n);
        out = out.subspan(n);
        if (m_s.position == m_s.block_end) data_done();
    }
}

void IdeDrive::write_data(std::span<const u8> in) {
    while (!in.empty() && m_s.phase == Phase::DataOut) {
        const std::size_t n = std::min<std::size_t>(in.size(), m_s.block_end - m_s.position);
        std::copy_n(in.begin(), n, m_s.buffer.begin() + m_s.position);
        m_s.position += static_cast<u32>(n);
        in = in.subspan(n);
        if (m_s.position == m_s.block_end) data_done();
    }
}

// --- steps

void IdeDrive::on_timer() {
    if (m_s.phase == Phase::Delay) advance();
}

void IdeDrive::on_dma_start() {
    if (m_s.phase == Phase::Dma) busy(m_s.step, 1'000);
}

void IdeDrive::retry() {
    if (m_s.phase == Phase::HostError) busy(m_s.step, 0);
}

void IdeDrive::busy(u8 step, u64 delay_ns) {
    m_s.phase = Phase::Delay;
    m_s.step = step;
    m_s.task.status = status_bsy | ready;
    m_cable->arm(m_unit, delay_ns);
}

void IdeDrive::request_data(Phase phase, u32 block_end, bool interrupt) {
    m_s.phase = phase;
    m_s.block_end = block_end;
    m_s.task.status = ready | status_drq;
    if (interrupt) raise();
}

void IdeDrive::wait_for_dma(u8 step) {
    m_s.phase = Phase::Dma;
    m_s.step = step;
    m_s.task.status = ready | status_drq;
}

void IdeDrive::complete() {
    m_s.phase = Phase::Idle;
    m_s.buffer.clear();
    m_s.position = m_s.block_end = 0;
    m_s.task.status = ready;
    raise();
}

void IdeDrive::fail(u8 error) {
    complete();
    m_s.task.error = error;
    m_s.task.status = ready | status_err;
}

void IdeDrive::raise() {
    m_s.irq = true;
    m_cable->interrupt_changed();
}

void IdeDrive::report(const Error& error) {
    m_s.phase = Phase::HostError;
    m_s.task.status = status_bsy | ready;
    m_cable->host_failed(error);
}

// --- archive

void IdeDrive::archive(Archive& ar) {
    ar(m_s);
    ar.check(m_s.step < step_count(), "IDE step");
    const bool moves = m_s.phase == Phase::DataIn || m_s.phase == Phase::DataOut;
    ar.check(!moves || m_s.position < m_s.block_end, "IDE data block");
}

// --- IDENTIFY blocks

void put_identify_string(std::span<u8> words, std::string_view text) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i ^ 1] = i < text.size() ? static_cast<u8>(text[i]) : u8{' '};
}

void put_identify_word(std::span<u8> block, unsigned word, u32 value) {
    block[2 * word] = static_cast<u8>(value);
    block[2 * word + 1] = static_cast<u8>(value >> 8);
}

void seal_identify(std::span<u8> block) {
    block[510] = 0xA5;
    unsigned sum = 0;
    for (std::size_t i = 0; i < 511; ++i) sum += block[i];
    block[511] = static_cast<u8>(0x100 - (sum & 0xFF));
}

} // namespace ringshift
