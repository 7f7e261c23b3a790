// A small font of our own for the status line: 5 x 7 dots in cells of 6 x 9, ASCII.
#pragma once

#include "base/types.h"

#include <span>
#include <string_view>

namespace ringshift {

inline constexpr unsigned font_cell_width = 6, font_cell_height = 9;

/// Draws `text` with its cells' upper left corner at (x, y) of an image of `width` columns and as many rows as `pixels`
/// holds, clipped at the right. Characters beyond ASCII become question marks.
void draw_small_text(std::span<u32> pixels, unsigned width, unsigned x, unsigned y, std::string_view text, u32 color);

} // namespace ringshift
