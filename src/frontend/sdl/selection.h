// Text marked on the guest's text screen with the mouse, line by line as terminals select.
#pragma once

#include "frontend/sdl/canvas.h"
#include "frontend/view.h"

#include <compare>
#include <optional>
#include <string>

namespace ringshift {

class TextSelection {
  public:
    explicit TextSelection(Canvas& canvas) : m_canvas(canvas) {}

    /// The button is down since begin().
    bool active() const { return m_start.has_value(); }
    /// At a point of the window. False: the guest is not in a text mode.
    bool begin(const Look& look, int x, int y);
    void move(const Look& look, int x, int y);
    /// What is marked; nothing if it was a click without a drag, or the guest has left its text mode.
    std::optional<std::string> end(const Look& look);

  private:
    struct Cell {
        int column, row;
        auto operator<=>(const Cell&) const = default;
    };
    Cell cell_at(const Look& look, int x, int y) const;
    void mark(const Look& look);

    Canvas& m_canvas;
    std::optional<Cell> m_start;
    Cell m_end{};
};

/// The text screen from one cell to another, counted in reading order, both included; blanks at the ends of lines are
/// left out. UTF-8.
std::string text_of(const TextScreen& screen, std::size_t first, std::size_t last);

} // namespace ringshift
