// Names of VGA registers and their bits, for the files of the VGA.
#pragma once

#include "base/types.h"

namespace ringshift {

enum VgaMisc : u8 { misc_color = 0x01, misc_ram_enable = 0x02, misc_28_mhz = 0x04 };

enum VgaSequencer : unsigned { seq_clocking = 1, seq_map_mask = 2, seq_character_map = 3, seq_memory_mode = 4 };
enum VgaSequencerBits : u8 {
    clocking_8_dots = 0x01,
    clocking_half = 0x08,
    clocking_screen_off = 0x20,
    memory_odd_even_off = 0x04,
    memory_chain_4 = 0x08,
};

enum VgaGraphics : unsigned {
    gc_set_reset = 0,
    gc_enable_set_reset = 1,
    gc_color_compare = 2,
    gc_rotate = 3,
    gc_read_map = 4,
    gc_mode = 5,
    gc_miscellaneous = 6,
    gc_color_ignore = 7,
    gc_bit_mask = 8,
};
enum VgaGraphicsBits : u8 {
    mode_read_compare = 0x08,
    mode_odd_even = 0x10,
    mode_shift_cga = 0x20,
    mode_shift_256 = 0x40,
    miscellaneous_graphics = 0x01,
    miscellaneous_chain = 0x02,
};

enum VgaCrtc : unsigned {
    crtc_horizontal_total = 0x00,
    crtc_horizontal_end = 0x01,
    crtc_vertical_total = 0x06,
    crtc_overflow = 0x07,
    crtc_preset_row_scan = 0x08,
    crtc_maximum_scan_line = 0x09,
    crtc_cursor_start = 0x0A,
    crtc_cursor_end = 0x0B,
    crtc_start_high = 0x0C,
    crtc_start_low = 0x0D,
    crtc_cursor_high = 0x0E,
    crtc_cursor_low = 0x0F,
    crtc_retrace_start = 0x10,
    crtc_retrace_end = 0x11,
    crtc_display_end = 0x12,
    crtc_offset = 0x13,
    crtc_underline = 0x14,
    crtc_mode = 0x17,
    crtc_line_compare = 0x18,
};
enum VgaCrtcBits : u8 {
    scan_double = 0x80,
    cursor_off = 0x20,
    underline_doubleword = 0x40,
    mode_a13_from_ma = 0x01,
    mode_a14_from_ma = 0x02,
    mode_double_lines = 0x04,
    mode_wrap_a15 = 0x20,
    mode_byte = 0x40,
};

enum VgaAttribute : unsigned {
    attr_mode = 0x10,
    attr_overscan = 0x11,
    attr_plane_enable = 0x12,
    attr_panning = 0x13,
    attr_color_select = 0x14,
};
enum VgaAttributeBits : u8 {
    attribute_line_graphics = 0x04,
    attribute_blink = 0x08,
    attribute_panning_split = 0x20,
    attribute_256_colors = 0x40,
    attribute_color_select_54 = 0x80,
    attribute_index_pas = 0x20,
};

namespace dispi {
enum Register : unsigned {
    id,
    x_resolution,
    y_resolution,
    bits_per_pixel,
    enable,
    bank,
    virtual_width,
    virtual_height,
    x_offset,
    y_offset,
    memory_64k,
};
enum EnableBits : u16 {
    enabled = 0x01,
    get_capabilities = 0x02,
    dac_8bit = 0x20,
    linear = 0x40,
    keep_memory = 0x80,
};
inline constexpr u16 oldest_id = 0xB0C0, newest_id = 0xB0C5;
inline constexpr u16 largest_width = 4096, largest_height = 4096;
} // namespace dispi

} // namespace ringshift
