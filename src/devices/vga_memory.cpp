// The VGA's planes seen through the window at A0000: the graphics controller's way of reading and writing.
#include "devices/vga.h"

#include "devices/vga_registers.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

namespace {

/// Four bits to four bytes of zeros or ones, one for each plane.
constexpr std::array<u32, 16> plane_bytes = [] {
    std::array<u32, 16> table{};
    for (u32 i = 0; i < 16; ++i) {
        for (u32 plane = 0; plane < 4; ++plane) {
            if (i >> plane & 1) table[i] |= 0xFFu << (8 * plane);
        }
    }
    return table;
}();

constexpr u32 every_plane(u8 value) { return value * 0x0101'0101u; }

} // namespace

Vga::Place Vga::place(u64 offset) const {
    if (!(m_state.misc & misc_ram_enable)) return {};
    u64 begin = 0, size = 0x10000;
    switch (m_state.graphics[gc_miscellaneous] >> 2) {
    case 0: size = 0x20000; break;
    case 1: break;
    case 2:
        begin = 0x10000;
        size = 0x8000;
        break;
    default:
        begin = 0x18000;
        size = 0x8000;
        break;
    }
    if (offset < begin || offset - begin >= size) return {};
    const u32 bank = vbe_enabled() ? static_cast<u32>(m_state.dispi[dispi::bank]) << 16 : 0;
    return {true, static_cast<u32>(offset - begin) + bank};
}

u32 Vga::plane_word(u32 offset) const {
    u32 word;
    std::memcpy(&word, m_vram.data() + (u64{offset} * 4 & m_vram_mask), 4);
    return word;
}

/// Chain-4 with nothing in the graphics controller's way: bytes go to memory as they are.
bool Vga::linear_writes() const {
    const auto& gc = m_state.graphics;
    return (m_state.sequencer[seq_memory_mode] & memory_chain_4) && m_state.sequencer[seq_map_mask] == 0x0F &&
           (gc[gc_mode] & 3) == 0 && gc[gc_enable_set_reset] == 0 && gc[gc_rotate] == 0 && gc[gc_bit_mask] == 0xFF;
}

bool Vga::linear_reads() const {
    return (m_state.sequencer[seq_memory_mode] & memory_chain_4) && !(m_state.graphics[gc_mode] & mode_read_compare);
}

void Vga::touch_range(u64 begin, u64 size) {
    for (u64 page = begin >> 12; page <= (begin + size - 1) >> 12; ++page) touch(static_cast<u32>(page << 12));
}

u8 Vga::read_memory(u64 offset) {
    const Place at = place(offset);
    if (!at.decoded) return 0xFF;
    const auto& gc = m_state.graphics;
    u32 address = at.address;
    unsigned plane = gc[gc_read_map];
    if (m_state.sequencer[seq_memory_mode] & memory_chain_4) {
        plane = address & 3;
        address >>= 2;
    } else if (gc[gc_mode] & mode_odd_even) {
        plane = (plane & 2) | (address & 1);
        if (gc[gc_miscellaneous] & miscellaneous_chain) address &= ~1u;
    }
    const u32 word = plane_word(address);
    std::memcpy(m_state.latches.data(), &word, 4);
    if (!(gc[gc_mode] & mode_read_compare)) return m_state.latches[plane];
    // Ones where all planes that are not ignored have the colour.
    const u32 different = (word ^ plane_bytes[gc[gc_color_compare]]) & plane_bytes[gc[gc_color_ignore]];
    return static_cast<u8>(~(different | different >> 8 | different >> 16 | different >> 24));
}

void Vga::write_memory(u64 offset, u8 value) {
    const Place at = place(offset);
    if (!at.decoded) return;
    u32 address = at.address;
    u8 planes = m_state.sequencer[seq_map_mask];
    const u8 memory_mode = m_state.sequencer[seq_memory_mode];
    if (memory_mode & memory_chain_4) {
        planes = planes & static_cast<u8>(1u << (address & 3));
        address >>= 2;
    } else if (!(memory_mode & memory_odd_even_off)) {
        planes = planes & (address & 1 ? 0x0A : 0x05);
        if (m_state.graphics[gc_miscellaneous] & miscellaneous_chain) address &= ~1u;
    }
    write_planes(address, value, planes);
}

/// The four write modes (VGA Technical Reference, "Write Modes").
void Vga::write_planes(u32 offset, u8 value, u8 planes) {
    const auto& gc = m_state.graphics;
    u32 latches;
    std::memcpy(&latches, m_state.latches.data(), 4);
    const unsigned rotation = gc[gc_rotate] & 7;
    const u8 rotated = static_cast<u8>(value >> rotation | value << (8 - rotation));
    u32 bits = every_plane(gc[gc_bit_mask]);
    u32 data = 0;
    switch (gc[gc_mode] & 3) {
    case 0: {
        const u32 fixed = plane_bytes[gc[gc_enable_set_reset]];
        data = (every_plane(rotated) & ~fixed) | (plane_bytes[gc[gc_set_reset]] & fixed);
        break;
    }
    case 1: break;
    case 2: data = plane_bytes[value & 0x0F]; break;
    default:
        bits &= every_plane(rotated);
        data = plane_bytes[gc[gc_set_reset]];
        break;
    }
    if ((gc[gc_mode] & 3) == 1) {
        data = latches;
    } else {
        switch (gc[gc_rotate] >> 3 & 3) {
        case 1: data &= latches; break;
        case 2: data |= latches; break;
        case 3: data ^= latches; break;
        default: break;
        }
        data = (data & bits) | (latches & ~bits);
    }
    const u32 at = static_cast<u32>(u64{offset} * 4 & m_vram_mask);
    const u32 enabled = plane_bytes[planes];
    u32 word;
    std::memcpy(&word, m_vram.data() + at, 4);
    word = (word & ~enabled) | (data & enabled);
    std::memcpy(m_vram.data() + at, &word, 4);
    touch(at);
}

// ---- the window ---------------------------------------------------------------------------------------------------

u64 Vga::Window::read(u64 offset, unsigned size) {
    u64 value = 0;
    read_range(offset, {reinterpret_cast<u8*>(&value), size});
    return value;
}

void Vga::Window::write(u64 offset, unsigned size, u64 value) {
    write_range(offset, {reinterpret_cast<const u8*>(&value), size});
}

void Vga::Window::read_range(u64 offset, std::span<u8> out) {
    const Place first = m_vga.place(offset), last = m_vga.place(offset + out.size() - 1);
    if (!out.empty() && first.decoded && last.decoded && m_vga.linear_reads() &&
        u64{first.address} + out.size() <= m_vga.m_vram.size()) {
        const u32 word = m_vga.plane_word(last.address >> 2);
        std::memcpy(m_vga.m_state.latches.data(), &word, 4);
        std::memcpy(out.data(), m_vga.m_vram.data() + first.address, out.size());
        return;
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = m_vga.read_memory(offset + i);
}

void Vga::Window::write_range(u64 offset, std::span<const u8> in) {
    const Place first = m_vga.place(offset), last = m_vga.place(offset + in.size() - 1);
    if (!in.empty() && first.decoded && last.decoded && m_vga.linear_writes() &&
        u64{first.address} + in.size() <= m_vga.m_vram.size()) {
        std::memcpy(m_vga.m_vram.data() + first.address, in.data(), in.size());
        m_vga.touch_range(first.address, in.size());
        return;
    }
    for (std::size_t i = 0; i < in.size(); ++i) m_vga.write_memory(offset + i, in[i]);
}

// ---- the ROM ------------------------------------------------------------------------------------------------------

u64 Vga::Rom::read(u64 offset, unsigned size) {
    u64 value = 0;
    read_range(offset, {reinterpret_cast<u8*>(&value), size});
    return value;
}

void Vga::Rom::read_range(u64 offset, std::span<u8> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = offset + i < m_image.size() ? m_image[offset + i] : 0xFF;
}

} // namespace ringshift
