// Drawing in the terminal: a text screen, a picture in half blocks, the status line.
#pragma once

#include "machine/machine.h"

#include <array>
#include <string_view>

namespace ringshift {

/// Part of the terminal and where the guest's screen is in it.
struct TerminalArea {
    int rows = 0;
    int columns = 0;
    int first_row = 0; ///< of the guest's screen
    int first_column = 0;
};

class TerminalScreen {
  public:
    /// After ncurses has taken the terminal over.
    TerminalScreen();

    void draw_text(const TextScreen& screen, const TerminalArea& area);
    void draw_picture(const Picture& picture, const TerminalArea& area);
    /// In reverse video, over the whole of line `row`; `right` is left out if it does not fit.
    void draw_status(int row, int columns, std::string_view left, std::string_view right);

  private:
    struct Style {
        int pair = 0;
        unsigned attributes = 0;
    };
    Style style_for(u8 attribute);

    std::array<wchar_t, 256> m_characters{};
    std::array<Style, 256> m_styles{};
};

} // namespace ringshift
