#include "devices/dma8237.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr u8 command_disable = 0x04;
constexpr u8 mode_auto_init = 0x10, mode_decrement = 0x20;
constexpr u8 type_verify = 0, type_write = 1, type_read = 2;

/// The page register of each channel, as an offset from port 80; channel 4 has the refresh page.
constexpr std::array<u8, 8> page_of = {0x7, 0x3, 0x1, 0x2, 0xF, 0xB, 0x9, 0xA};

} // namespace

Dma8237::Dma8237(DmaView& memory)
    : m_memory(memory), m_first([this](u64 offset, unsigned) { return read(m_s.controllers[0], offset & 15); },
                                [this](u64 offset, unsigned, u64 value) {
                                    write(m_s.controllers[0], offset & 15, static_cast<u8>(value));
                                }),
      m_second([this](u64 offset, unsigned) { return read(m_s.controllers[1], (offset >> 1) & 15); },
               [this](u64 offset, unsigned, u64 value) {
                   write(m_s.controllers[1], (offset >> 1) & 15, static_cast<u8>(value));
               }),
      m_pages([this](u64 offset, unsigned) { return m_s.pages[offset & 15]; },
              [this](u64 offset, unsigned, u64 value) { m_s.pages[offset & 15] = static_cast<u8>(value); }),
      m_ports{Port(*this, 0), Port(*this, 1), Port(*this, 2), Port(*this, 3),
              Port(*this, 4), Port(*this, 5), Port(*this, 6), Port(*this, 7)} {}

// --- read

u8 Dma8237::read(Controller& c, unsigned reg) {
    if (reg < 8) {
        const Channel& channel = c.channels[reg / 2];
        const u16 value = reg & 1 ? channel.count : channel.address;
        const u8 byte = static_cast<u8>(c.high_byte ? value >> 8 : value);
        c.high_byte = !c.high_byte;
        return byte;
    }
    switch (reg) {
    case 0x8: { // status: reading clears the terminal counts
        const u8 status = static_cast<u8>(c.status | c.request << 4);
        c.status = 0;
        return status;
    }
    case 0xD: return 0; // temporary register
    case 0xF: return static_cast<u8>(0xF0 | c.mask);
    default: return 0xFF;
    }
}

// --- write

void Dma8237::write(Controller& c, unsigned reg, u8 value) {
    if (reg < 8) {
        Channel& channel = c.channels[reg / 2];
        u16& base = reg & 1 ? channel.base_count : channel.base_address;
        base = c.high_byte ? static_cast<u16>((base & 0xFF) | value << 8) : static_cast<u16>((base & 0xFF00) | value);
        (reg & 1 ? channel.count : channel.address) = base;
        c.high_byte = !c.high_byte;
        return;
    }
    const u8 bit = static_cast<u8>(1 << (value & 3));
    switch (reg) {
    case 0x8: c.command = value; break;
    case 0x9: c.request = static_cast<u8>(value & 4 ? c.request | bit : c.request & ~bit); break;
    case 0xA: c.mask = static_cast<u8>(value & 4 ? c.mask | bit : c.mask & ~bit); break;
    case 0xB: c.channels[value & 3].mode = value & 0xFC; break;
    case 0xC: c.high_byte = false; break;
    case 0xD: // master clear
        c.command = c.status = c.request = 0;
        c.mask = 0x0F;
        c.high_byte = false;
        break;
    case 0xE: c.mask = 0; break;
    case 0xF: c.mask = value & 0x0F; break;
    default: break;
    }
}

// --- transfer

bool Dma8237::granted(unsigned number) const {
    const auto usable = [this](unsigned n) {
        const Controller& c = m_s.controllers[n / 4];
        return !(c.command & command_disable) && !(c.mask >> (n % 4) & 1);
    };
    constexpr u8 cascade = 3;
    if (!usable(number) || m_s.controllers[number / 4].channels[number % 4].mode >> 6 == cascade) return false;
    return number >= 4 || usable(4);
}

void Dma8237::move(u32 at, DmaDirection direction, bool verify, std::span<u8> data) {
    if (verify) {
        if (direction == DmaDirection::FromMemory) std::fill(data.begin(), data.end(), u8{0});
    } else if (direction == DmaDirection::ToMemory) {
        m_memory.write(PhysAddr(at), data);
    } else {
        m_memory.read(PhysAddr(at), data);
    }
}

DmaResult Dma8237::transfer(unsigned number, DmaDirection direction, std::span<u8> data) {
    DmaResult result;
    Controller& controller = m_s.controllers[number / 4];
    Channel& channel = controller.channels[number % 4];
    const u8 type = (channel.mode >> 2) & 3;
    const bool verify = type == type_verify;
    if (!verify && type != (direction == DmaDirection::ToMemory ? type_write : type_read)) return result;
    const u32 unit = number >= 4 ? 2 : 1;
    const u8 page = m_s.pages[page_of[number]];
    const u32 high = unit == 2 ? u32{page & 0xFEu} << 16 : u32{page} << 16;
    const bool down = channel.mode & mode_decrement;

    while (data.size() - result.moved >= unit && !result.terminal_count && granted(number)) {
        // As many units as neither the count nor the 16-bit address register ends; one at a time downwards.
        std::size_t units = std::min<std::size_t>((data.size() - result.moved) / unit, channel.count + 1u);
        units = std::min<std::size_t>(units, down ? 1u : 0x10000u - channel.address);
        move(high + channel.address * unit, direction, verify, data.subspan(result.moved, units * unit));
        result.moved += units * unit;
        channel.address = static_cast<u16>(down ? channel.address - units : channel.address + units);
        result.terminal_count = units == channel.count + 1u;
        channel.count = static_cast<u16>(channel.count - units);
    }
    if (!result.terminal_count) return result;
    const u8 bit = static_cast<u8>(1 << (number % 4));
    controller.status |= bit;
    controller.request &= static_cast<u8>(~bit);
    if (channel.mode & mode_auto_init) {
        channel.address = channel.base_address;
        channel.count = channel.base_count;
    } else {
        controller.mask |= bit;
    }
    return result;
}

} // namespace ringshift
