#include "frontend/sdl/canvas.h"

#include "frontend/sdl/font.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ringshift {

namespace {

constexpr unsigned status_rows = font_cell_height + 4;
constexpr u32 status_background = 0x20262E, status_line = 0x39424E, status_text = 0xD8DEE6, status_hint = 0x8D99A8;
constexpr u32 light_on = 0x6FDD7A, light_off = 0x59636F;
constexpr std::string_view menu_name = "Menu";
constexpr unsigned menu_width = 4 * font_cell_width + 12;
/// Of the screen, which a window of our own choice may cover.
constexpr double most_of_screen = 0.85;
constexpr unsigned largest_chosen_factor = 2;

/// Pixels for each unit of window sizes: 2 on many high-density screens.
double density(SDL_Window* window, SDL_Renderer* renderer) {
    int points = 0, pixels = 0;
    SDL_GetWindowSize(window, &points, nullptr);
    if (SDL_GetRendererOutputSize(renderer, &pixels, nullptr) != 0 || points <= 0) return 1;
    return std::max(1.0, static_cast<double>(pixels) / points);
}

} // namespace

Result<std::unique_ptr<Canvas>> Canvas::open(const Scaling& scaling) {
    SDL_Window* window = SDL_CreateWindow("Ringshift", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, 720,
                                          400 + status_rows, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (window == nullptr) return make_error("cannot open a window: {}", SDL_GetError());
    SDL_Renderer* renderer = SDL_CreateRenderer(window, -1, 0);
    if (renderer == nullptr) renderer = SDL_CreateRenderer(window, -1, SDL_RENDERER_SOFTWARE);
    if (renderer == nullptr) {
        const Error error = make_error("cannot draw in a window: {}", SDL_GetError());
        SDL_DestroyWindow(window);
        return error;
    }
    return std::unique_ptr<Canvas>(new Canvas(window, renderer, scaling));
}

Canvas::Canvas(SDL_Window* window, SDL_Renderer* renderer, const Scaling& scaling)
    : m_window(window), m_renderer(renderer), m_scaling(scaling) {
    fit_window();
    SDL_SetWindowPosition(m_window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
}

Canvas::~Canvas() {
    if (m_status != nullptr) SDL_DestroyTexture(m_status);
    if (m_picture != nullptr) SDL_DestroyTexture(m_picture);
    SDL_DestroyRenderer(m_renderer);
    SDL_DestroyWindow(m_window);
}

// ---- Sizes ---------------------------------------------------------------------------------------------------------

bool Canvas::fullscreen() const { return (SDL_GetWindowFlags(m_window) & SDL_WINDOW_FULLSCREEN) != 0; }

void Canvas::toggle_fullscreen() {
    SDL_SetWindowFullscreen(m_window, fullscreen() ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    if (!fullscreen()) fit_window();
    m_changed = true;
}

void Canvas::toggle_scaling() {
    using Fit = Scaling::Fit;
    m_scaling.fit = m_scaling.fit == Fit::integer  ? Fit::window
                    : m_scaling.fit == Fit::window ? Fit::aspect
                                                   : Fit::integer;
    m_changed = true;
}

/// How many times the guest's picture the window is to be.
unsigned Canvas::window_factor() const {
    if (m_scaling.factor != 0) return m_scaling.factor;
    SDL_Rect screen{};
    if (SDL_GetDisplayUsableBounds(std::max(0, SDL_GetWindowDisplayIndex(m_window)), &screen) != 0) return 1;
    const double room = most_of_screen * density(m_window, m_renderer) *
                        std::min(static_cast<double>(screen.w) / m_guest_width,
                                 static_cast<double>(screen.h) / (m_guest_height + status_height()));
    return std::clamp(static_cast<unsigned>(room), 1u,
                      largest_chosen_factor * static_cast<unsigned>(density(m_window, m_renderer)));
}

void Canvas::fit_window() {
    constexpr Uint32 not_ours = SDL_WINDOW_FULLSCREEN | SDL_WINDOW_MAXIMIZED;
    if (m_user_sized || (SDL_GetWindowFlags(m_window) & not_ours) != 0) return;
    const int factor = static_cast<int>(window_factor());
    const double pixels = density(m_window, m_renderer);
    m_asked_width = static_cast<int>(std::ceil(m_guest_width * factor / pixels));
    m_asked_height = static_cast<int>(std::ceil((m_guest_height * factor + status_height()) / pixels));
    SDL_SetWindowSize(m_window, m_asked_width, m_asked_height);
    keep_on_screen();
    m_changed = true;
}

/// A window that grows with the guest's mode keeps its status line, with the menu's button, in sight.
void Canvas::keep_on_screen() {
    SDL_Rect bounds{};
    int x = 0, y = 0;
    if (SDL_GetDisplayUsableBounds(std::max(0, SDL_GetWindowDisplayIndex(m_window)), &bounds) != 0) return;
    SDL_GetWindowPosition(m_window, &x, &y);
    const int wanted_x = std::max(bounds.x, std::min(x, bounds.x + bounds.w - m_asked_width));
    const int wanted_y = std::max(bounds.y, std::min(y, bounds.y + bounds.h - m_asked_height));
    if (wanted_x != x || wanted_y != y) SDL_SetWindowPosition(m_window, wanted_x, wanted_y);
}

void Canvas::note_resized(int width, int height) {
    m_changed = true;
    if (fullscreen() || (width == m_asked_width && height == m_asked_height)) return;
    m_user_sized = true;
    m_user_width = width;
    m_user_height = height;
}

WindowLook Canvas::look() const {
    WindowLook look;
    look.fit = m_scaling.fit;
    look.fullscreen = fullscreen();
    if (m_user_sized) {
        look.width = m_user_width;
        look.height = m_user_height;
    }
    return look;
}

void Canvas::set_look(const WindowLook& look) {
    m_scaling.fit = look.fit;
    if (look.width > 0 && look.height > 0) {
        m_user_sized = true;
        m_user_width = look.width;
        m_user_height = look.height;
        SDL_PumpEvents(); // about the size that it was opened with
        SDL_SetWindowSize(m_window, look.width, look.height);
        SDL_SetWindowPosition(m_window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
    }
    if (look.fullscreen != fullscreen()) toggle_fullscreen();
    m_changed = true;
}

/// In a window of `width` x `height` pixels, the status line not counted.
SDL_Rect Canvas::picture_place(int width, int height) const {
    const double guest_height = m_scaling.fit == Scaling::Fit::aspect ? m_guest_width * 0.75 : m_guest_height;
    double scale = std::min(static_cast<double>(width) / m_guest_width, static_cast<double>(height) / guest_height);
    // What does not fit even once is shrunk.
    if (m_scaling.fit == Scaling::Fit::integer && scale >= 1) scale = std::floor(scale);
    const int w = std::max(1, static_cast<int>(std::lround(m_guest_width * scale)));
    const int h = std::max(1, static_cast<int>(std::lround(guest_height * scale)));
    return {(width - w) / 2, (height - h) / 2, w, h};
}

// ---- Pictures ------------------------------------------------------------------------------------------------------

void Canvas::set_picture(const Picture& picture) {
    const int width = static_cast<int>(picture.width), height = static_cast<int>(picture.height);
    m_changed = true;
    if (width == 0 || height == 0) { // the screen is off
        if (m_picture != nullptr) SDL_DestroyTexture(m_picture);
        m_picture = nullptr;
        return;
    }
    if (m_picture == nullptr || width != m_guest_width || height != m_guest_height) {
        if (m_picture != nullptr) SDL_DestroyTexture(m_picture);
        m_picture = SDL_CreateTexture(m_renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, width, height);
        m_guest_width = width;
        m_guest_height = height;
        fit_window();
    }
    if (m_picture != nullptr) SDL_UpdateTexture(m_picture, nullptr, picture.pixels.data(), width * 4);
}

int Canvas::status_scale() const { return std::max(1, static_cast<int>(std::lround(density(m_window, m_renderer)))); }

int Canvas::status_height() const { return static_cast<int>(status_rows) * status_scale(); }

bool Canvas::status_shown() const { return !fullscreen(); }

void Canvas::set_status(const std::string& left, const std::string& right, const Lights& lights) {
    if (left == m_left && right == m_right && lights == m_lights) return;
    m_lights = lights;
    m_left = left;
    m_right = right;
    m_changed = true;
}

/// At the lower edge of an output of this size.
void Canvas::draw_status(int width, int height) {
    const int scale = status_scale();
    const int columns = std::max(1, width / scale);
    if (m_status == nullptr || columns != m_status_width) {
        if (m_status != nullptr) SDL_DestroyTexture(m_status);
        m_status = SDL_CreateTexture(m_renderer, SDL_PIXELFORMAT_RGB888, SDL_TEXTUREACCESS_STREAMING, columns,
                                     static_cast<int>(status_rows));
        m_status_width = columns;
    }
    if (m_status == nullptr) return;
    const unsigned count = static_cast<unsigned>(columns);
    std::vector<u32> pixels(std::size_t{count} * status_rows, status_background);
    std::fill_n(pixels.begin(), count, status_line);
    for (unsigned row = 1; row < status_rows; ++row)
        std::fill_n(pixels.begin() + row * count, std::min(count, menu_width), status_line);
    draw_small_text(pixels, count, 6, 3, menu_name, status_text);
    draw_small_text(pixels, count, menu_width + 6, 3, m_left, status_text);
    // The hint gives way to what is said, the lights only to a very narrow window.
    unsigned from_right = 6;
    const std::size_t left_end = menu_width + 6 + (m_left.size() + 2) * font_cell_width;
    std::size_t lights_width = 0;
    for (const auto& [name, on] : m_lights) lights_width += (name.size() + 2) * font_cell_width;
    const std::size_t right_width = m_right.size() * font_cell_width;
    if (left_end + lights_width + right_width + 6 <= count) {
        draw_small_text(pixels, count, static_cast<unsigned>(count - 6 - right_width), 3, m_right, status_hint);
        from_right += static_cast<unsigned>(right_width + 2 * font_cell_width);
    }
    if (menu_width + lights_width + from_right < count) {
        unsigned x = static_cast<unsigned>(count - from_right - lights_width);
        for (const auto& [name, on] : m_lights) {
            const unsigned width = static_cast<unsigned>(name.size() * font_cell_width);
            for (unsigned row = 1; row < status_rows; ++row)
                std::fill_n(pixels.begin() + row * count + x - 3, width + 5, on ? light_on : status_background);
            draw_small_text(pixels, count, x, 3, name, on ? status_background : light_off);
            x += width + 2 * font_cell_width;
        }
    }
    SDL_UpdateTexture(m_status, nullptr, pixels.data(), columns * 4);
    const SDL_Rect place{0, height - status_height(), columns * scale, status_height()};
    SDL_RenderCopy(m_renderer, m_status, nullptr, &place);
}

double Canvas::pixel_density() const { return density(m_window, m_renderer); }

bool Canvas::in_status(int, int y) const {
    int height = 0;
    SDL_GetRendererOutputSize(m_renderer, nullptr, &height);
    return status_shown() && y * pixel_density() >= height - status_height();
}

bool Canvas::on_menu_button(int x, int y) const {
    return in_status(x, y) && x * pixel_density() < menu_width * static_cast<unsigned>(status_scale());
}

SDL_Rect Canvas::current_place() const {
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(m_renderer, &width, &height);
    return picture_place(width, std::max(1, height - (status_shown() ? status_height() : 0)));
}

SDL_Point Canvas::guest_point(int x, int y) const {
    const SDL_Rect place = current_place();
    const double pixels = density(m_window, m_renderer);
    const auto at = [pixels](int position, int begin, int size, int guest_size) {
        return std::clamp(static_cast<int>((position * pixels - begin) * guest_size / size), 0, guest_size - 1);
    };
    return {at(x, place.x, place.w, m_guest_width), at(y, place.y, place.h, m_guest_height)};
}

/// The middle of the pixel, so that the guest comes to the same one whichever way it rounds.
SDL_Point Canvas::pointer_at(int x, int y) const {
    const SDL_Point pixel = guest_point(x, y);
    const auto scaled = [](int at, int size) { return (2 * at + 1) * (Input::pointer_extent + 1) / (2 * size); };
    return {scaled(pixel.x, m_guest_width), scaled(pixel.y, m_guest_height)};
}

bool Canvas::in_picture(int x, int y) const {
    const double pixels = density(m_window, m_renderer);
    const SDL_Point point{static_cast<int>(x * pixels), static_cast<int>(y * pixels)};
    const SDL_Rect place = current_place();
    return SDL_PointInRect(&point, &place) == SDL_TRUE;
}

void Canvas::set_marks(std::vector<SDL_Rect> marks) {
    m_changed = m_changed || !marks.empty() || !m_marks.empty();
    m_marks = std::move(marks);
}

void Canvas::draw_marks(const SDL_Rect& place) {
    SDL_SetRenderDrawBlendMode(m_renderer, SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(m_renderer, 90, 160, 255, 110);
    for (const SDL_Rect& mark : m_marks) {
        const int left = place.x + mark.x * place.w / m_guest_width;
        const int top = place.y + mark.y * place.h / m_guest_height;
        const SDL_Rect shown{left, top, place.x + (mark.x + mark.w) * place.w / m_guest_width - left,
                             place.y + (mark.y + mark.h) * place.h / m_guest_height - top};
        SDL_RenderFillRect(m_renderer, &shown);
    }
}

void Canvas::present(bool always, const Overlay& overlay) {
    if (!m_changed && !always) return;
    m_changed = false;
    int width = 0, height = 0;
    if (SDL_GetRendererOutputSize(m_renderer, &width, &height) != 0) return;
    SDL_SetRenderDrawColor(m_renderer, 0, 0, 0, SDL_ALPHA_OPAQUE);
    SDL_RenderClear(m_renderer);
    if (m_picture != nullptr) {
        const SDL_Rect place = current_place();
        const bool whole = place.w % m_guest_width == 0 && place.h % m_guest_height == 0;
        SDL_SetTextureScaleMode(m_picture, whole ? SDL_ScaleModeNearest : SDL_ScaleModeLinear);
        SDL_RenderCopy(m_renderer, m_picture, nullptr, &place);
        draw_marks(place);
    }
    if (status_shown()) draw_status(width, height);
    if (overlay) overlay(m_renderer, width, height);
    SDL_RenderPresent(m_renderer);
}

} // namespace ringshift
