#include "frontend/sdl/selection.h"

#include <algorithm>
#include <utility>

namespace ringshift {

namespace {

const TextScreen* text_screen(const Look& look) {
    return look.text && look.text->columns != 0 && look.text->rows != 0 ? &*look.text : nullptr;
}

} // namespace

TextSelection::Cell TextSelection::cell_at(const Look& look, int x, int y) const {
    const SDL_Point point = m_canvas.guest_point(x, y);
    const TextScreen& text = *look.text;
    const u32 cell_width = std::max(1u, look.picture.width / text.columns);
    const u32 cell_height = std::max(1u, look.picture.height / text.rows);
    return {static_cast<int>(std::min(static_cast<u32>(point.x) / cell_width, text.columns - 1)),
            static_cast<int>(std::min(static_cast<u32>(point.y) / cell_height, text.rows - 1))};
}

bool TextSelection::begin(const Look& look, int x, int y) {
    if (text_screen(look) == nullptr) return false;
    m_start = m_end = cell_at(look, x, y);
    return true;
}

void TextSelection::move(const Look& look, int x, int y) {
    if (!m_start || text_screen(look) == nullptr) return;
    m_end = cell_at(look, x, y);
    mark(look);
}

std::optional<std::string> TextSelection::end(const Look& look) {
    const std::optional<Cell> start = std::exchange(m_start, std::nullopt);
    m_canvas.set_marks({});
    const TextScreen* text = text_screen(look);
    if (!start || *start == m_end || text == nullptr) return std::nullopt;
    const auto place = [&](Cell cell) {
        return static_cast<std::size_t>(cell.row) * text->columns + static_cast<std::size_t>(cell.column);
    };
    return text_of(*text, std::min(place(*start), place(m_end)), std::max(place(*start), place(m_end)));
}

void TextSelection::mark(const Look& look) {
    std::vector<SDL_Rect> marks;
    if (*m_start != m_end) {
        const TextScreen& text = *look.text;
        const int width = static_cast<int>(look.picture.width / text.columns);
        const int height = static_cast<int>(look.picture.height / text.rows);
        const auto reading_order = [](Cell a, Cell b) {
            return std::pair(a.row, a.column) < std::pair(b.row, b.column);
        };
        const Cell first = std::min(*m_start, m_end, reading_order);
        const Cell last = std::max(*m_start, m_end, reading_order);
        for (int row = first.row; row <= last.row; ++row) {
            const int begin = row == first.row ? first.column : 0;
            const int end = row == last.row ? last.column + 1 : static_cast<int>(text.columns);
            marks.push_back({begin * width, row * height, (end - begin) * width, height});
        }
    }
    m_canvas.set_marks(std::move(marks));
}

std::string text_of(const TextScreen& screen, std::size_t first, std::size_t last) {
    std::string text, line;
    for (std::size_t i = first; i <= last && i < screen.cells.size(); ++i) {
        line += code_page_437(screen.cells[i].character);
        if ((i + 1) % screen.columns != 0 && i != last) continue;
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + (i == last ? "" : "\n");
        line.clear();
    }
    return text;
}

} // namespace ringshift
