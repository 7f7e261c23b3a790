#include "devices/bus_master.h"

#include <algorithm>

namespace ringshift {

namespace {
constexpr u8 command_start = 0x01, command_to_memory = 0x08;
constexpr u8 status_active = 0x01, status_error = 0x02, status_interrupt = 0x04, status_capable = 0x60;
} // namespace

// --- read

u8 BusMaster::read(u64 offset) const {
    switch (offset) {
    case 0: return m_s.command;
    case 2: return m_s.status;
    case 4:
    case 5:
    case 6:
    case 7: return static_cast<u8>(m_s.table >> (8 * (offset - 4)));
    default: return 0;
    }
}

// --- write

bool BusMaster::write(u64 offset, u8 value) {
    switch (offset) {
    case 0: {
        const bool was_started = m_s.command & command_start;
        const bool start = value & command_start;
        // The direction must not change while the engine runs (PIIX3, 2.7.1).
        const u8 direction = was_started && start ? m_s.command : value;
        m_s.command = static_cast<u8>((value & command_start) | (direction & command_to_memory));
        if (!start) m_s.status &= static_cast<u8>(~status_active);
        if (!start || was_started) return false;
        m_s.status |= status_active;
        m_s.next = m_s.table;
        m_s.remaining = 0;
        m_s.last = false;
        return true;
    }
    case 2:
        m_s.status = static_cast<u8>((m_s.status & status_active) | (value & status_capable) |
                                     (m_s.status & ~value & (status_error | status_interrupt)));
        return false;
    case 4:
    case 5:
    case 6:
    case 7: {
        const unsigned shift = static_cast<unsigned>(8 * (offset - 4));
        m_s.table = ((m_s.table & ~(0xFFu << shift)) | (u32{value} << shift)) & ~3u;
        return false;
    }
    default: return false;
    }
}

// --- transfer

bool BusMaster::running(bool to_memory) const {
    return (m_s.status & status_active) && ((m_s.command & command_to_memory) != 0) == to_memory;
}

void BusMaster::load_descriptor() {
    std::array<u8, 8> raw{};
    m_memory.read(PhysAddr(m_s.next), raw);
    const auto dword = [&raw](unsigned at) {
        return static_cast<u32>(raw[at] | raw[at + 1] << 8 | raw[at + 2] << 16) | u32{raw[at + 3]} << 24;
    };
    m_s.next += 8;
    m_s.address = dword(0) & ~1u;
    const u32 count = dword(4) & 0xFFFE;
    m_s.remaining = count ? count : 0x10000;
    m_s.last = dword(4) >> 31;
}

std::size_t BusMaster::transfer(bool to_memory, std::span<u8> data) {
    std::size_t moved = 0;
    while (moved < data.size() && running(to_memory)) {
        if (m_s.remaining == 0) load_descriptor();
        const std::size_t n = std::min<std::size_t>(m_s.remaining, data.size() - moved);
        if (to_memory) {
            m_memory.write(PhysAddr(m_s.address), data.subspan(moved, n));
        } else {
            m_memory.read(PhysAddr(m_s.address), data.subspan(moved, n));
        }
        moved += n;
        m_s.address += static_cast<u32>(n);
        m_s.remaining -= static_cast<u32>(n);
        // The last byte of the last region ends the activity, whether the drive wants more or not (PIIX3, 2.7.2).
        if (m_s.remaining == 0 && m_s.last) m_s.status &= static_cast<u8>(~status_active);
    }
    return moved;
}

void BusMaster::note_interrupt() { m_s.status |= status_interrupt; }

// --- archive

void BusMaster::State::archive(Archive& ar) {
    ar(command, status, table, next, address, remaining, last);
    ar.check(remaining <= 0x10000, "bus-master region size");
}

} // namespace ringshift
