// What the VGA shows: the CRTC's walk through memory and the attribute controller's colours, done when a picture is
// asked for. A picture is drawn whole, and only if a register, a colour, the blinking or memory that shows has changed.
#include "devices/vga.h"

#include "devices/vga_registers.h"

#include <algorithm>
#include <cstring>

namespace ringshift {

namespace {

/// Of the 256 KiB that VGA modes show.
constexpr u64 vga_memory = 256u << 10;

/// The cursor is on for 8 frames of 70 Hz and off for 8, blinking characters for 16 each.
constexpr u64 blink_period_ns = 8 * 1'000'000'000ull / 70;
enum BlinkBits : unsigned { cursor_hidden = 1, characters_hidden = 2 };

/// Lines are drawn from their first whole character, so panning needs some dots more than are shown.
constexpr std::size_t panning_room = 32;

constexpr u32 rgb(u32 red, u32 green, u32 blue) { return red << 16 | green << 8 | blue; }
constexpr u32 five_bits(u32 v) { return (v & 0x1F) << 3 | (v & 0x1F) >> 2; }
constexpr u32 six_bits(u32 v) { return (v & 0x3F) << 2 | (v & 0x3F) >> 4; }

} // namespace

// ---- colours ------------------------------------------------------------------------------------------------------

u32 Vga::dac_color(unsigned index) const {
    const u8* c = &m_state.dac[(index & m_state.dac_mask) * 3u];
    if (m_state.dispi[dispi::enable] & dispi::dac_8bit) return rgb(c[0], c[1], c[2]);
    return rgb(six_bits(c[0]), six_bits(c[1]), six_bits(c[2]));
}

void Vga::update_palettes() {
    for (unsigned i = 0; i < 256; ++i) m_dac_colors[i] = dac_color(i);
    const auto& a = m_state.attribute;
    for (unsigned i = 0; i < 16; ++i) {
        unsigned index = a[i & a[attr_plane_enable] & 15u];
        if (a[attr_mode] & attribute_color_select_54) index = (index & 0x0F) | (a[attr_color_select] & 3u) << 4;
        m_attribute_colors[i] = m_dac_colors[index | (a[attr_color_select] & 0x0Cu) << 4];
    }
}

// ---- the CRTC -----------------------------------------------------------------------------------------------------

bool Vga::text_mode() const { return !vbe_enabled() && !(m_state.graphics[gc_miscellaneous] & miscellaneous_graphics); }

bool Vga::screen_off() const {
    return (m_state.sequencer[seq_clocking] & clocking_screen_off) || !(m_state.attribute_index & attribute_index_pas);
}

/// Scan lines on the screen.
u32 Vga::shown_lines() const {
    const auto& c = m_state.crtc;
    const u32 lines = (c[crtc_display_end] | (c[crtc_overflow] & 0x02u) << 7 | (c[crtc_overflow] & 0x40u) << 3) + 1;
    return c[crtc_mode] & mode_double_lines ? 2 * lines : lines;
}

/// Scan lines of a row of characters.
u32 Vga::character_rows() const {
    const u8 maximum = m_state.crtc[crtc_maximum_scan_line];
    u32 rows = (maximum & 0x1Fu) + 1;
    if (maximum & scan_double) rows *= 2;
    if (m_state.crtc[crtc_mode] & mode_double_lines) rows *= 2;
    return rows;
}

/// Dots of a character before doubling. Graphics have no ninth dot.
unsigned Vga::character_dots() const {
    return text_mode() && !(m_state.sequencer[seq_clocking] & clocking_8_dots) ? 9 : 8;
}

Vga::Geometry Vga::geometry() const {
    const auto& r = m_state.dispi;
    if (vbe_enabled()) {
        const u64 line = vbe_line_bytes();
        const u64 first = r[dispi::y_offset] * line; // a few bytes more than show, when panned
        const u64 last = std::min<u64>(first + (r[dispi::y_resolution] + u64{1}) * line, m_vram.size());
        return {r[dispi::x_resolution], r[dispi::y_resolution], first, last};
    }
    u32 width = (m_state.crtc[crtc_horizontal_end] + 1u) * character_dots();
    if (m_state.sequencer[seq_clocking] & clocking_half) width *= 2;
    return {width, shown_lines(), 0, vga_memory};
}

/// Where a scan line of the screen comes from. Below the line compare the picture starts again at address 0.
Vga::ScanLine Vga::scan_line(u32 line) const {
    const auto& c = m_state.crtc;
    if (c[crtc_mode] & mode_double_lines) line /= 2;
    const u32 compare =
        c[crtc_line_compare] | (c[crtc_overflow] & 0x10u) << 4 | (c[crtc_maximum_scan_line] & 0x40u) << 3;
    u32 start = c[crtc_start_high] * 256u + c[crtc_start_low];
    u32 preset = c[crtc_preset_row_scan] & 0x1F;
    u32 byte_panning = c[crtc_preset_row_scan] >> 5 & 3;
    u32 panning = m_state.attribute[attr_panning];
    if (line > compare) {
        line -= compare + 1;
        start = preset = 0;
        if (m_state.attribute[attr_mode] & attribute_panning_split) byte_panning = panning = 0;
    }
    const u32 height = (c[crtc_maximum_scan_line] & 0x1Fu) + 1;
    const u32 scan = (c[crtc_maximum_scan_line] & scan_double ? line / 2 : line) + preset;
    ScanLine result;
    result.counter = start + byte_panning + scan / height * c[crtc_offset] * 2;
    result.row_scan = scan % height;
    // With nine dots 8 is no panning and 0 is one dot; 256-colour pixels are two dots and pan by half of the value.
    if (character_dots() == 9) {
        result.panning = panning >= 8 ? 0 : panning + 1;
    } else {
        result.panning = panning & (m_state.graphics[gc_mode] & mode_shift_256 ? 6 : 7);
    }
    return result;
}

/// The offset in the planes that the CRTC's counter fetches (IBM: "address line" bits of the mode control register).
u32 Vga::plane_address(u32 counter, u32 row_scan) const {
    const u8 mode = m_state.crtc[crtc_mode];
    u32 address = counter & 0xFFFF;
    if (!(m_state.crtc[crtc_underline] & underline_doubleword) && !(mode & mode_byte)) {
        const u32 low = address >> (mode & mode_wrap_a15 ? 15 : 13) & 1;
        address = (address << 1 & 0xFFFF) | low;
    }
    if (!(mode & mode_a13_from_ma)) address = (address & ~0x2000u) | (row_scan & 1) << 13;
    if (!(mode & mode_a14_from_ma)) address = (address & ~0x4000u) | (row_scan & 2) << 13;
    return address;
}

// ---- text ---------------------------------------------------------------------------------------------------------

bool Vga::cursor_enabled() const {
    const auto& c = m_state.crtc;
    const unsigned start = c[crtc_cursor_start] & 0x1F;
    return !(c[crtc_cursor_start] & cursor_off) && start <= (c[crtc_cursor_end] & 0x1Fu) &&
           start <= (c[crtc_maximum_scan_line] & 0x1Fu);
}

u32 Vga::cursor_address() const { return m_state.crtc[crtc_cursor_high] * 256u + m_state.crtc[crtc_cursor_low]; }

/// What blinking hides now, of what can blink.
unsigned Vga::blink_phase() const {
    if (!text_mode()) return 0;
    unsigned blinking = 0;
    if (cursor_enabled()) blinking |= cursor_hidden;
    if (m_state.attribute[attr_mode] & attribute_blink) blinking |= characters_hidden;
    return static_cast<unsigned>(m_clock.now() / blink_period_ns) & blinking;
}

TextScreen Vga::text() const {
    TextScreen screen;
    screen.columns = m_state.crtc[crtc_horizontal_end] + 1u;
    screen.rows = std::max(1u, shown_lines() / character_rows());
    screen.cells.reserve(std::size_t{screen.columns} * screen.rows);
    for (u32 row = 0; row < screen.rows; ++row) {
        const ScanLine at = scan_line(row * character_rows());
        for (u32 column = 0; column < screen.columns; ++column) {
            const u32 counter = (at.counter + column) & 0xFFFF;
            const u32 word = plane_word(plane_address(counter, at.row_scan));
            screen.cells.push_back({static_cast<u8>(word), static_cast<u8>(word >> 8)});
            if (counter == cursor_address() && cursor_enabled() && !screen.cursor_visible) {
                screen.cursor_visible = true;
                screen.cursor_column = column;
                screen.cursor_row = row;
            }
        }
    }
    return screen;
}

void Vga::draw_text_line(const ScanLine& at, std::span<u32> dots) const {
    const auto& c = m_state.crtc;
    const u8 mode = m_state.attribute[attr_mode];
    const unsigned width = character_dots();
    // Two fonts of 256 characters, chosen by attribute bit 3; each in one of eight places, 32 bytes a character.
    const unsigned map = m_state.sequencer[seq_character_map];
    const auto font_at = [](unsigned number) { return (number & 3) << 14 | (number & 4) << 11; };
    const u32 fonts[] = {font_at((map & 3) | (map >> 2 & 4)), font_at((map >> 2 & 3) | (map >> 3 & 4))};
    const bool cursor_here = cursor_enabled() && !(m_drawn_blink & cursor_hidden) &&
                             at.row_scan >= (c[crtc_cursor_start] & 0x1Fu) &&
                             at.row_scan <= (c[crtc_cursor_end] & 0x1Fu);
    const bool underline_here = at.row_scan == (c[crtc_underline] & 0x1Fu);
    for (std::size_t done = 0, column = 0; done + width <= dots.size(); done += width, ++column) {
        const u32 counter = (at.counter + static_cast<u32>(column)) & 0xFFFF;
        const u32 word = plane_word(plane_address(counter, at.row_scan));
        const u8 character = static_cast<u8>(word), attribute = static_cast<u8>(word >> 8);
        u32 glyph = plane_word(fonts[attribute >> 3 & 1] + character * 32u + at.row_scan) >> 16 & 0xFF;
        glyph <<= 1;
        if ((character & 0xE0) == 0xC0 && (mode & attribute_line_graphics)) glyph |= glyph >> 1 & 1;
        unsigned background = attribute >> 4;
        if (mode & attribute_blink) {
            background &= 7;
            if ((attribute & 0x80) && (m_drawn_blink & characters_hidden)) glyph = 0;
        }
        if (underline_here && (attribute & 7) == 1) glyph = 0x1FF;
        if (cursor_here && counter == cursor_address()) glyph = 0x1FF;
        const u32 colors[] = {m_attribute_colors[background], m_attribute_colors[attribute & 15]};
        for (unsigned i = 0; i < width; ++i) dots[done + i] = colors[glyph >> (8 - i) & 1];
    }
}

// ---- graphics -----------------------------------------------------------------------------------------------------

void Vga::draw_planar_line(const ScanLine& at, std::span<u32> dots) const {
    for (std::size_t done = 0, column = 0; done + 8 <= dots.size(); done += 8, ++column) {
        const u32 word = plane_word(plane_address(at.counter + static_cast<u32>(column), at.row_scan));
        for (unsigned i = 0; i < 8; ++i) {
            const u32 bits = word >> (7 - i);
            dots[done + i] = m_attribute_colors[(bits & 1) | (bits >> 7 & 2) | (bits >> 14 & 4) | (bits >> 21 & 8)];
        }
    }
}

/// Two bits of a pixel lie side by side: four pixels from planes 0 and 2, then four from planes 1 and 3.
void Vga::draw_cga_line(const ScanLine& at, std::span<u32> dots) const {
    for (std::size_t done = 0, column = 0; done + 8 <= dots.size(); done += 8, ++column) {
        const u32 word = plane_word(plane_address(at.counter + static_cast<u32>(column), at.row_scan));
        for (unsigned i = 0; i < 8; ++i) {
            const u32 bits = word >> (i / 4 * 8 + 6 - i % 4 * 2);
            dots[done + i] = m_attribute_colors[(bits & 3) | (bits >> 14 & 12)];
        }
    }
}

void Vga::draw_256_line(const ScanLine& at, std::span<u32> dots) const {
    for (std::size_t done = 0, column = 0; done + 8 <= dots.size(); done += 8, ++column) {
        const u32 word = plane_word(plane_address(at.counter + static_cast<u32>(column), at.row_scan));
        for (unsigned i = 0; i < 8; ++i) dots[done + i] = m_dac_colors[word >> (i / 2 * 8) & 0xFF];
    }
}

void Vga::draw_line(const ScanLine& at, std::span<u32> out) const {
    const bool doubled = m_state.sequencer[seq_clocking] & clocking_half;
    std::array<u32, 256 * 9 + panning_room> buffer;
    const std::size_t needed = (doubled ? out.size() / 2 : out.size()) + at.panning;
    // Whole characters.
    const unsigned width = character_dots();
    const std::span<u32> dots(buffer.data(), (needed + width - 1) / width * width);
    if (text_mode()) {
        draw_text_line(at, dots);
    } else if (m_state.graphics[gc_mode] & mode_shift_256) {
        draw_256_line(at, dots);
    } else if (m_state.graphics[gc_mode] & mode_shift_cga) {
        draw_cga_line(at, dots);
    } else {
        draw_planar_line(at, dots);
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = dots[at.panning + (doubled ? i / 2 : i)];
}

// ---- VBE ----------------------------------------------------------------------------------------------------------

void Vga::draw_vbe_planar_line(u32 line, std::span<u32> out) const {
    const auto& r = m_state.dispi;
    u32 offset = ((r[dispi::y_offset] + line) * r[dispi::virtual_width] + r[dispi::x_offset]) / 8;
    for (std::size_t done = 0; done + 8 <= out.size(); done += 8, ++offset) {
        const u32 word = plane_word(offset);
        for (unsigned i = 0; i < 8; ++i) {
            const u32 bits = word >> (7 - i);
            out[done + i] = m_attribute_colors[(bits & 1) | (bits >> 7 & 2) | (bits >> 14 & 4) | (bits >> 21 & 8)];
        }
    }
}

void Vga::draw_vbe_line(u32 line, std::span<u32> out) const {
    const auto& r = m_state.dispi;
    const u16 depth = r[dispi::bits_per_pixel];
    if (depth == 4) return draw_vbe_planar_line(line, out);
    const u64 bytes = (depth + 7u) / 8;
    const u64 offset = u64{r[dispi::y_offset] + line} * vbe_line_bytes() + r[dispi::x_offset] * bytes;
    if (offset + out.size() * bytes > m_vram.size()) { // panned beyond the end of memory
        std::fill(out.begin(), out.end(), 0u);
        return;
    }
    const u8* from = m_vram.data() + offset;
    for (std::size_t i = 0; i < out.size(); ++i, from += bytes) {
        switch (depth) {
        case 8: out[i] = m_dac_colors[*from]; break;
        case 15:
        case 16: {
            const u32 v = from[0] | static_cast<u32>(from[1]) << 8;
            out[i] = depth == 15 ? rgb(five_bits(v >> 10), five_bits(v >> 5), five_bits(v))
                                 : rgb(five_bits(v >> 11), six_bits(v >> 5), five_bits(v));
            break;
        }
        default: out[i] = rgb(from[2], from[1], from[0]); break;
        }
    }
}

// ---- the picture --------------------------------------------------------------------------------------------------

bool Vga::dirty_within(u64 first, u64 last) const {
    for (u64 page = first >> 12; page < (last + page_mask) >> 12; ++page) {
        if (m_dirty[page >> 6] >> (page & 63) & 1) return true;
    }
    return false;
}

bool Vga::render(Picture& picture) {
    if (m_direct) m_direct->collect(m_dirty);
    const Geometry g = geometry();
    const unsigned blink = blink_phase();
    const std::size_t size = std::size_t{g.width} * g.height;
    const bool same_size = picture.width == g.width && picture.height == g.height && picture.pixels.size() == size;
    const bool changed = m_redraw || blink != m_drawn_blink || (!screen_off() && dirty_within(g.first, g.last));
    if (same_size && !changed) return false;

    m_redraw = false;
    m_drawn_blink = blink;
    std::fill(m_dirty.begin(), m_dirty.end(), u64{0});
    update_palettes();
    picture.width = g.width;
    picture.height = g.height;
    picture.pixels.resize(size);
    if (screen_off()) {
        std::fill(picture.pixels.begin(), picture.pixels.end(), 0u);
        return true;
    }
    ScanLine before;
    for (u32 line = 0; line < g.height; ++line) {
        const std::span<u32> out(picture.pixels.data() + std::size_t{line} * g.width, g.width);
        if (vbe_enabled()) {
            draw_vbe_line(line, out);
            continue;
        }
        const ScanLine at = scan_line(line);
        if (line > 0 && at == before) {
            std::memcpy(out.data(), out.data() - g.width, out.size_bytes());
        } else {
            draw_line(at, out);
        }
        before = at;
    }
    return true;
}

} // namespace ringshift
