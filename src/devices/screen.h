// What a display adapter shows: pixels, or the characters of a text mode.
#pragma once

#include "base/types.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

struct Picture {
    u32 width = 0;
    u32 height = 0;
    std::vector<u32> pixels; ///< 00RRGGBB, row by row
};

struct TextCell {
    u8 character = 0; ///< code page 437
    u8 attribute = 0; ///< bits 0-3 foreground, 4-6 background, 7 blink or bright background
};

/// The screen in a text mode.
struct TextScreen {
    u32 columns = 0;
    u32 rows = 0;
    std::vector<TextCell> cells; ///< row by row
    bool cursor_visible = false; ///< and on the screen; it may blink
    u32 cursor_column = 0;
    u32 cursor_row = 0;

    /// UTF-8, rows without trailing blanks, each ended by a line feed.
    std::string text() const;
};

/// A character of code page 437 in UTF-8; control codes give their pictures, 0 and 255 a space.
std::string_view code_page_437(u8 character);

} // namespace ringshift
