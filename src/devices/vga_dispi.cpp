// Bochs' VBE extension ("dispi"): sixteen-bit registers behind an index, and the same ones flat in PCI memory space.
#include "devices/vga.h"

#include "devices/vga_registers.h"

#include <algorithm>

namespace ringshift {

namespace {

constexpr std::array<u16, 6> depths = {4, 8, 15, 16, 24, 32};

/// Bits of memory for a pixel; the four of a four-bit pixel lie in different planes.
constexpr u32 pixel_bits(u16 depth) { return depth == 15 ? 16 : depth; }

// PCI memory space.
constexpr u64 mmio_vga = 0x400, mmio_vga_size = 0x20; // ports 3C0-3DF
constexpr u64 mmio_dispi = 0x500, mmio_dispi_size = 0x16;
constexpr u64 mmio_extended = 0x600; // size of the extended registers, then byte order of the framebuffer
constexpr u64 extended_size = 8, little_endian = 0x1E1E'1E1E;

} // namespace

bool Vga::vbe_enabled() const { return m_state.dispi[dispi::enable] & dispi::enabled; }

/// Bytes of VRAM from one line to the next.
u32 Vga::vbe_line_bytes() const {
    return m_state.dispi[dispi::virtual_width] * pixel_bits(m_state.dispi[dispi::bits_per_pixel]) / 8;
}

// ---- read ---------------------------------------------------------------------------------------------------------

u16 Vga::read_dispi(unsigned index) const {
    const auto& r = m_state.dispi;
    if (index == dispi::memory_64k) return static_cast<u16>(m_vram.size() >> 16);
    if (index >= r.size()) return 0;
    if (r[dispi::enable] & dispi::get_capabilities) {
        switch (index) {
        case dispi::x_resolution: return dispi::largest_width;
        case dispi::y_resolution: return dispi::largest_height;
        case dispi::bits_per_pixel: return depths.back();
        default: break;
        }
    }
    return r[index];
}

u64 Vga::read_mmio(u64 offset, unsigned size) {
    if (offset >= mmio_vga && offset + size <= mmio_vga + mmio_vga_size)
        return m_ports.read(offset - mmio_vga + 0x10, size);
    if (offset >= mmio_dispi && offset + size <= mmio_dispi + mmio_dispi_size) {
        u64 value = 0;
        for (unsigned i = 0; i < size; ++i) {
            const unsigned byte = static_cast<unsigned>(offset - mmio_dispi) + i;
            value |= u64{read_dispi(byte / 2) >> (8 * (byte % 2)) & 0xFFu} << (8 * i);
        }
        return value;
    }
    if (size == 4 && offset == mmio_extended) return extended_size;
    if (size == 4 && offset == mmio_extended + 4) return little_endian;
    return 0;
}

// ---- write --------------------------------------------------------------------------------------------------------

/// While a mode is on, what the guest writes takes effect at once, as far as the memory allows.
void Vga::write_dispi(unsigned index, u16 value) {
    auto& r = m_state.dispi;
    switch (index) {
    case dispi::id:
        if (value >= dispi::oldest_id && value <= dispi::newest_id) r[index] = value;
        return;
    case dispi::enable: return enable_dispi(value);
    case dispi::bank:
        if ((u64{value} << 16) < m_vram.size()) r[index] = value;
        return;
    case dispi::virtual_height: return; // follows from the width
    case dispi::x_resolution:
    case dispi::y_resolution:
    case dispi::bits_per_pixel:
    case dispi::virtual_width:
    case dispi::x_offset:
    case dispi::y_offset:
        r[index] = value;
        if (vbe_enabled()) fix_geometry();
        m_redraw = true;
        return;
    default: return;
    }
}

void Vga::enable_dispi(u16 value) {
    auto& r = m_state.dispi;
    const bool was_enabled = vbe_enabled();
    r[dispi::enable] =
        value & (dispi::enabled | dispi::get_capabilities | dispi::dac_8bit | dispi::linear | dispi::keep_memory);
    m_redraw = true;
    if (!vbe_enabled()) {
        r[dispi::bank] = 0;
        return;
    }
    if (was_enabled) return;
    r[dispi::virtual_width] = r[dispi::x_offset] = r[dispi::y_offset] = 0;
    fix_geometry();
    // The window shows this memory, whatever mode was before: graphics at A0000, all planes, linear but for four-bit
    // pixels. Guests without a VGA BIOS rely on it.
    u8& miscellaneous = m_state.graphics[gc_miscellaneous];
    miscellaneous = static_cast<u8>((miscellaneous & ~0x0C) | 0x04 | miscellaneous_graphics);
    m_state.sequencer[seq_map_mask] = 0x0F;
    u8& memory_mode = m_state.sequencer[seq_memory_mode];
    memory_mode = static_cast<u8>((memory_mode & ~memory_chain_4) | memory_odd_even_off |
                                  (r[dispi::bits_per_pixel] == 4 ? 0 : memory_chain_4));
    if (!(value & dispi::keep_memory)) {
        const u64 size = std::min<u64>(m_vram.size(), u64{vbe_line_bytes()} * r[dispi::y_resolution]);
        std::fill_n(m_vram.begin(), size, u8{0});
        touch_range(0, size);
    }
}

/// Makes the registers agree with each other and with the size of the memory.
void Vga::fix_geometry() {
    auto& r = m_state.dispi;
    if (std::find(depths.begin(), depths.end(), r[dispi::bits_per_pixel]) == depths.end()) r[dispi::bits_per_pixel] = 8;
    const auto multiple_of_8 = [](u16 value, u16 least) {
        return std::clamp<u16>(static_cast<u16>(value & ~7), least, dispi::largest_width);
    };
    r[dispi::x_resolution] = multiple_of_8(r[dispi::x_resolution], 8);
    r[dispi::virtual_width] = multiple_of_8(r[dispi::virtual_width], r[dispi::x_resolution]);
    const u64 lines = std::min<u64>(m_vram.size() / vbe_line_bytes(), 0xFFFF);
    r[dispi::virtual_height] = static_cast<u16>(lines);
    const u16 highest = static_cast<u16>(std::min<u64>(lines, dispi::largest_height));
    r[dispi::y_resolution] = std::clamp<u16>(r[dispi::y_resolution], 1, highest);
    // Lines may go on into the next one: the VBE function that sets the display's start counts in bytes.
    r[dispi::x_offset] = std::min<u16>(r[dispi::x_offset], static_cast<u16>(r[dispi::virtual_width] - 1));
    r[dispi::y_offset] = std::min<u16>(r[dispi::y_offset], static_cast<u16>(lines - r[dispi::y_resolution]));
}

void Vga::write_mmio(u64 offset, unsigned size, u64 value) {
    if (offset >= mmio_vga && offset + size <= mmio_vga + mmio_vga_size) {
        m_ports.write(offset - mmio_vga + 0x10, size, value);
    } else if (offset >= mmio_dispi && offset + size <= mmio_dispi + mmio_dispi_size && offset % 2 == 0) {
        for (unsigned i = 0; i + 2 <= size; i += 2)
            write_dispi(static_cast<unsigned>(offset - mmio_dispi + i) / 2, static_cast<u16>(value >> (8 * i)));
    }
}

} // namespace ringshift
