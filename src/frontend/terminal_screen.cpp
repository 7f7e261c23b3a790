#include "frontend/terminal_screen.h"

#include <algorithm>
#include <cwchar>
#include <vector>

#define NCURSES_NOMACROS
#include <ncurses.h>

namespace ringshift {

namespace {

/// VGA counts blue 1, green 2, red 4; terminals the other way round.
int terminal_color(unsigned vga) { return static_cast<int>((vga & 8) | (vga & 4) >> 2 | (vga & 2) | (vga & 1) << 2); }

wchar_t wide_character(std::string_view utf8) {
    wchar_t wide = L'?';
    std::mbstate_t state{};
    const std::size_t n = std::mbrtowc(&wide, utf8.data(), utf8.size(), &state);
    return n == utf8.size() ? wide : L'?';
}

void put(int row, int column, wchar_t character, attr_t attributes, int pair) {
    const wchar_t text[2] = {character, 0};
    cchar_t cell;
    ::setcchar(&cell, text, attributes, 0, &pair);
    ::mvadd_wch(row, column, &cell);
}

struct Color {
    u32 red = 0, green = 0, blue = 0;
};

/// Mean of the pixels in [x0, x1) x [y0, y1).
Color mean(const Picture& picture, u32 x0, u32 y0, u32 x1, u32 y1) {
    u64 red = 0, green = 0, blue = 0;
    for (u32 y = y0; y < y1; ++y) {
        for (u32 x = x0; x < x1; ++x) {
            const u32 pixel = picture.pixels[std::size_t{y} * picture.width + x];
            red += pixel >> 16 & 0xFF;
            green += pixel >> 8 & 0xFF;
            blue += pixel & 0xFF;
        }
    }
    const u64 count = std::max<u64>(1, u64{x1 - x0} * (y1 - y0));
    return {static_cast<u32>(red / count), static_cast<u32>(green / count), static_cast<u32>(blue / count)};
}

/// The nearest of xterm's 6 x 6 x 6 colours, whose levels are 0, 95, 135, 175, 215, 255, or of its 24 greys; with fewer
/// colours, of the basic eight.
int nearest_color(const Color& c) {
    if (COLORS < 256) return static_cast<int>((c.red > 127 ? 1 : 0) | (c.green > 127 ? 2 : 0) | (c.blue > 127 ? 4 : 0));
    if (std::max({c.red, c.green, c.blue}) - std::min({c.red, c.green, c.blue}) < 8) {
        const u32 grey = (c.red + c.green + c.blue) / 3;
        if (grey >= 4 && grey < 247) return static_cast<int>(232 + std::min<u32>(23, (grey - 3) / 10));
    }
    const auto level = [](u32 value) { return value < 48 ? 0u : value < 115 ? 1u : (value - 35) / 40; };
    return static_cast<int>(16 + 36 * level(c.red) + 6 * level(c.green) + level(c.blue));
}

} // namespace

TerminalScreen::TerminalScreen() {
    for (unsigned i = 0; i < m_characters.size(); ++i)
        m_characters[i] = wide_character(code_page_437(static_cast<u8>(i)));
    for (unsigned i = 0; i < m_styles.size(); ++i) m_styles[i] = style_for(static_cast<u8>(i));
}

TerminalScreen::Style TerminalScreen::style_for(u8 attribute) {
    const unsigned foreground = attribute & 15;
    const unsigned background = attribute >> 4 & 7;
    Style style;
    if ((attribute & 0x80) != 0) style.attributes |= A_BLINK;
    if (!::has_colors()) {
        if (background > (foreground & 7)) style.attributes |= A_REVERSE;
        if ((foreground & 8) != 0) style.attributes |= A_BOLD;
        return style;
    }
    const bool bright = COLORS >= 16;
    if (!bright && (foreground & 8) != 0) style.attributes |= A_BOLD;
    style.pair = ::alloc_pair(terminal_color(bright ? foreground : foreground & 7), terminal_color(background));
    return style;
}

void TerminalScreen::draw_text(const TextScreen& screen, const TerminalArea& area) {
    const int rows = std::min(area.rows, static_cast<int>(screen.rows) - area.first_row);
    const int columns = std::min(area.columns, static_cast<int>(screen.columns) - area.first_column);
    for (int y = 0; y < rows; ++y) {
        const std::size_t line = static_cast<std::size_t>(area.first_row + y) * screen.columns;
        for (int x = 0; x < columns; ++x) {
            const TextCell& cell = screen.cells[line + static_cast<std::size_t>(area.first_column + x)];
            const Style& style = m_styles[cell.attribute];
            put(y, x, m_characters[cell.character], style.attributes, style.pair);
        }
    }
    const int cursor_row = static_cast<int>(screen.cursor_row) - area.first_row;
    const int cursor_column = static_cast<int>(screen.cursor_column) - area.first_column;
    const bool visible =
        screen.cursor_visible && cursor_row >= 0 && cursor_row < rows && cursor_column >= 0 && cursor_column < columns;
    ::curs_set(visible ? 1 : 0);
    if (visible) ::move(cursor_row, cursor_column);
}

void TerminalScreen::draw_picture(const Picture& picture, const TerminalArea& area) {
    ::curs_set(0);
    if (picture.width == 0 || picture.height == 0 || area.rows <= 0 || area.columns <= 0) return;
    constexpr wchar_t upper_half_block = L'\u2580';
    // A character is about twice as high as it is wide, so that half of one is a square pixel.
    const double scale = std::min(static_cast<double>(area.columns) / picture.width,
                                  2.0 * static_cast<double>(area.rows) / picture.height);
    const u32 width = std::max(1u, static_cast<u32>(picture.width * scale));
    const u32 height = std::max(2u, static_cast<u32>(picture.height * scale) & ~1u);
    const auto pixel = [&](u32 x, u32 y) {
        const u32 x0 = x * picture.width / width, y0 = y * picture.height / height;
        return mean(picture, x0, y0, std::max(x0 + 1, (x + 1) * picture.width / width),
                    std::max(y0 + 1, (y + 1) * picture.height / height));
    };
    for (u32 y = 0; y < height; y += 2)
        for (u32 x = 0; x < width; ++x)
            put(static_cast<int>(y / 2), static_cast<int>(x), upper_half_block, A_NORMAL,
                ::alloc_pair(nearest_color(pixel(x, y)), nearest_color(pixel(x, y + 1))));
}

void TerminalScreen::draw_status(int row, int columns, std::string_view left, std::string_view right) {
    const std::size_t width = columns > 0 ? static_cast<std::size_t>(columns) : 0;
    std::string line = " " + std::string(left);
    if (line.size() + right.size() + 2 <= width) {
        line.resize(width - right.size() - 1, ' ');
        line += std::string(right) + " ";
    }
    line.resize(width, ' ');
    ::attr_set(A_REVERSE, 0, nullptr);
    ::mvaddnstr(row, 0, line.c_str(), columns);
    ::attr_set(A_NORMAL, 0, nullptr);
}

} // namespace ringshift
