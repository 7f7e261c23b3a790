#include "devices/vga.h"

#include "devices/vga_registers.h"

#include <algorithm>
#include <bit>

namespace ringshift {

// ---- registers ----------------------------------------------------------------------------------------------------

namespace {

/// Bits that exist.
constexpr std::array<u8, 5> sequencer_bits = {0x03, 0x3D, 0x0F, 0x3F, 0x0E};
constexpr std::array<u8, 9> graphics_bits = {0x0F, 0x0F, 0x0F, 0x1F, 0x03, 0x7B, 0x0F, 0x0F, 0xFF};
constexpr std::array<u8, 21> attribute_bits = {0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
                                               0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0xEF, 0xFF, 0x3F, 0x0F, 0x0F};

constexpr std::size_t rom_bar_size(std::size_t image) { return std::max<std::size_t>(2048, std::bit_ceil(image)); }

} // namespace

Vga::Vga(Clock& clock, std::span<u8> vram, DirtyPages* direct, std::span<const u8> rom)
    : PciFunction({.vendor = 0x1234,
                   .device = 0x1111,
                   .class_code = 0x030000,
                   .revision = 2, // 2: the extended MMIO registers are there
                   .subsystem_vendor = 0x1AF4,
                   .subsystem = 0x1100}),
      m_clock(clock), m_vram(vram), m_vram_mask(static_cast<u32>(vram.size() - 1)), m_direct(direct),
      m_rom_image(rom.begin(), rom.end()),
      m_ports(
          0x30, [this](unsigned offset) { return read_port(0x3B0 + offset); },
          [this](unsigned offset, u8 value) { write_port(0x3B0 + offset, value); }),
      m_dispi_ports(
          [this](u64 offset, unsigned) -> u64 {
              return offset == 0 ? m_state.dispi_index : read_dispi(m_state.dispi_index);
          },
          [this](u64 offset, unsigned, u64 value) {
              if (offset == 0) {
                  m_state.dispi_index = static_cast<u16>(value);
              } else {
                  write_dispi(m_state.dispi_index, static_cast<u16>(value));
              }
          }),
      m_mmio([this](u64 offset, unsigned size) { return read_mmio(offset, size); },
             [this](u64 offset, unsigned size, u64 value) { write_mmio(offset, size, value); }) {
    ASSERT(std::has_single_bit(vram.size()) && vram.size() >= (256u << 10) && vram.size() <= (256u << 20));
    m_dirty.resize(vram.size() >> 18);
    m_dirty_mask = static_cast<u32>(m_dirty.size() - 1);
    m_rom_image.resize(rom_bar_size(rom.size()), 0xFF);
    add_bar(framebuffer_bar, BarKind::prefetchable_memory, static_cast<u32>(vram.size()));
    add_bar(mmio_bar, BarKind::memory, 4096);
    add_bar(rom_index, BarKind::memory, rom_size());
    m_state.dispi[dispi::id] = dispi::newest_id;
}

// ---- reset --------------------------------------------------------------------------------------------------------

void Vga::reset() {
    reset_config();
    m_state = {};
    m_state.dispi[dispi::id] = dispi::newest_id;
    std::fill(m_vram.begin(), m_vram.end(), u8{0});
    m_redraw = true;
}

// ---- read ---------------------------------------------------------------------------------------------------------

/// The CRTC and input status 1 are at 3Bx for a monochrome display, else at 3Dx.
bool Vga::crtc_at(unsigned port) const { return (port & 0xFF0) == (m_state.misc & misc_color ? 0x3D0u : 0x3B0u); }

u8 Vga::read_port(unsigned port) {
    State& s = m_state;
    switch (port) {
    case 0x3C0: return s.attribute_index;
    case 0x3C1: return read_attribute_data();
    case 0x3C2: return 0; // input status 0: no interrupt, no sense
    case 0x3C4: return s.sequencer_index;
    case 0x3C5: return s.sequencer_index < s.sequencer.size() ? s.sequencer[s.sequencer_index] : 0;
    case 0x3C6: return s.dac_mask;
    case 0x3C7: return s.dac_reading ? 3 : 0;
    case 0x3C8: return s.dac_write_index;
    case 0x3C9: return read_dac();
    case 0x3CA: return s.feature;
    case 0x3CC: return s.misc;
    case 0x3CE: return s.graphics_index;
    case 0x3CF: return s.graphics_index < s.graphics.size() ? s.graphics[s.graphics_index] : 0;
    default: break;
    }
    if (!crtc_at(port)) return 0xFF;
    switch (port & 0xF) {
    case 0x0:
    case 0x2:
    case 0x4: return s.crtc_index;
    case 0x1:
    case 0x3:
    case 0x5: return s.crtc_index < s.crtc.size() ? s.crtc[s.crtc_index] : 0;
    case 0xA: return input_status();
    default: return 0xFF;
    }
}

u8 Vga::read_attribute_data() const {
    const unsigned index = m_state.attribute_index & 0x1F;
    return index < m_state.attribute.size() ? m_state.attribute[index] : 0;
}

u8 Vga::read_dac() {
    State& s = m_state;
    const u8 value = s.dac[s.dac_read_index * 3u + s.dac_component];
    if (++s.dac_component == 3) {
        s.dac_component = 0;
        ++s.dac_read_index;
    }
    return value;
}

/// Bit 0: no display now, bit 3: vertical retrace. The beam's place follows from the clock and the CRTC's timing; VBE
/// modes leave that of the mode before, so they have one of their own: 60 Hz, a twentieth of it retrace.
u8 Vga::input_status() {
    m_state.attribute_data_next = false;
    if (vbe_enabled()) {
        constexpr u64 frame_ns = 16'666'667;
        return m_clock.now() % frame_ns > frame_ns / 20 * 19 ? 0x09 : 0x00;
    }
    const auto& c = m_state.crtc;
    const u64 dots = (m_state.sequencer[seq_clocking] & 1 ? 8u : 9u) * (m_state.sequencer[seq_clocking] & 8 ? 2u : 1u);
    const u64 total_dots = (c[crtc_horizontal_total] + 5u) * dots;
    const u32 overflow = c[crtc_overflow];
    const u64 total_lines = (c[crtc_vertical_total] | (overflow & 0x01) << 8 | (overflow & 0x20) << 4) + 2u;
    u64 retrace = c[crtc_retrace_start] | (overflow & 0x04) << 6 | (overflow & 0x80) << 2;
    retrace = std::min(retrace, total_lines - 1);
    // The end is the low four bits of the line.
    const u64 length = ((c[crtc_retrace_end] - retrace) & 0xF) ? (c[crtc_retrace_end] - retrace) & 0xF : 16;
    const u64 shown = c[crtc_display_end] | (overflow & 0x02) << 7 | (overflow & 0x40) << 3;

    const u64 dot = ticks_at(m_clock.now(), m_state.misc & misc_28_mhz ? 28'322'000 : 25'175'000);
    const u64 line = dot / total_dots % total_lines;
    const u64 column = dot % total_dots;
    u8 status = 0;
    if (line > shown || column >= (c[crtc_horizontal_end] + 1u) * dots) status |= 0x01;
    if (line >= retrace && line < retrace + length) status |= 0x09;
    return status;
}

// ---- write --------------------------------------------------------------------------------------------------------

void Vga::write_port(unsigned port, u8 value) {
    State& s = m_state;
    switch (port) {
    case 0x3C0: return write_attribute(value);
    case 0x3C2: return set(s.misc, value);
    case 0x3C4: s.sequencer_index = value & 7; return;
    case 0x3C5: return write_sequencer(value);
    case 0x3C6: return set(s.dac_mask, value);
    case 0x3C7:
        s.dac_read_index = value;
        s.dac_component = 0;
        s.dac_reading = true;
        return;
    case 0x3C8:
        s.dac_write_index = value;
        s.dac_component = 0;
        s.dac_reading = false;
        return;
    case 0x3C9: return write_dac(value);
    case 0x3CE: s.graphics_index = value & 15; return;
    case 0x3CF: return write_graphics(value);
    default: break;
    }
    if (!crtc_at(port)) return;
    switch (port & 0xF) {
    case 0x0:
    case 0x2:
    case 0x4: s.crtc_index = value; break;
    case 0x1:
    case 0x3:
    case 0x5: write_crtc(value); break;
    case 0xA: s.feature = value & 0x0B; break;
    default: break;
    }
}

void Vga::write_sequencer(u8 value) {
    const unsigned index = m_state.sequencer_index;
    if (index >= m_state.sequencer.size()) return;
    value &= sequencer_bits[index];
    // The map mask changes with every pixel and shows nowhere.
    if (index == seq_map_mask) {
        m_state.sequencer[index] = value;
    } else {
        set(m_state.sequencer[index], value);
    }
}

void Vga::write_graphics(u8 value) {
    const unsigned index = m_state.graphics_index;
    if (index >= m_state.graphics.size()) return;
    value &= graphics_bits[index];
    if (index == gc_mode || index == gc_miscellaneous) {
        set(m_state.graphics[index], value);
    } else {
        m_state.graphics[index] = value;
    }
}

void Vga::write_crtc(u8 value) {
    const unsigned index = m_state.crtc_index;
    if (index >= m_state.crtc.size()) return;
    if (m_state.crtc[crtc_retrace_end] & 0x80) {
        // Registers 0-7 are protected, but for bit 8 of the line compare.
        if (index == crtc_overflow) value = static_cast<u8>((m_state.crtc[index] & ~0x10) | (value & 0x10));
        if (index < crtc_overflow) return;
    }
    set(m_state.crtc[index], value);
}

void Vga::write_attribute(u8 value) {
    State& s = m_state;
    if (!s.attribute_data_next) {
        set(s.attribute_index, static_cast<u8>(value & 0x3F));
    } else if (const unsigned index = s.attribute_index & 0x1F; index < s.attribute.size()) {
        set(s.attribute[index], static_cast<u8>(value & attribute_bits[index]));
    }
    s.attribute_data_next = !s.attribute_data_next;
}

/// A colour changes when its third component arrives.
void Vga::write_dac(u8 value) {
    State& s = m_state;
    if (!(s.dispi[dispi::enable] & dispi::dac_8bit)) value &= 0x3F;
    if (s.dac_component < 2) {
        s.dac_pending[s.dac_component++] = value;
        return;
    }
    u8* color = &s.dac[s.dac_write_index * 3u];
    set(color[0], s.dac_pending[0]);
    set(color[1], s.dac_pending[1]);
    set(color[2], value);
    s.dac_component = 0;
    ++s.dac_write_index;
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Vga::archive(Archive& ar) {
    archive_config(ar);
    State& s = m_state;
    ar(s.misc, s.feature, s.sequencer_index, s.sequencer, s.graphics_index, s.graphics, s.crtc_index, s.crtc);
    ar(s.attribute_index, s.attribute_data_next, s.attribute);
    ar(s.dac_mask, s.dac_read_index, s.dac_write_index, s.dac_component, s.dac_reading, s.dac_pending, s.dac);
    ar(s.latches, s.dispi_index, s.dispi);
    ar.check(s.sequencer_index < 8 && s.graphics_index < 16 && s.attribute_index < 0x40, "VGA register index");
    ar.check(s.dac_component < 3, "VGA DAC component");
    ar.bytes(m_vram.data(), m_vram.size());
    if (!ar.is_loading()) return;
    ar.check((u64{s.dispi[dispi::bank]} << 16) < m_vram.size(), "VBE bank");
    const std::array<u16, 10> loaded = s.dispi;
    if (ar.ok() && vbe_enabled()) fix_geometry();
    ar.check(loaded == s.dispi, "VBE geometry");
    m_redraw = true;
}

} // namespace ringshift
