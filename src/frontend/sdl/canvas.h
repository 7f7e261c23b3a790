// What the window draws: the guest's picture, scaled, and the status line under it.
#pragma once

#include "base/result.h"
#include "frontend/options.h"
#include "machine/machine.h"

#define SDL_MAIN_HANDLED
#include <SDL.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ringshift {

/// What the user has made of a window.
struct WindowLook {
    Scaling::Fit fit = Scaling::Fit::integer;
    bool fullscreen = false;
    int width = 0, height = 0; ///< that he gave it; 0: as the guest's mode asks
    bool operator==(const WindowLook&) const = default;
};

class Canvas {
  public:
    /// Opens the window.
    static Result<std::unique_ptr<Canvas>> open(const Scaling& scaling);
    ~Canvas();

    SDL_Window* window() { return m_window; }
    SDL_Renderer* renderer() { return m_renderer; }
    bool fullscreen() const;
    void toggle_fullscreen();
    void toggle_scaling();
    WindowLook look() const;
    void set_look(const WindowLook& look);
    Scaling::Fit scaling() const { return m_scaling.fit; }
    /// The guest's pixel under a point of the window, clamped to the picture.
    SDL_Point guest_point(int x, int y) const;
    /// Where that is on the screen, each from 0 to Input::pointer_extent.
    SDL_Point pointer_at(int x, int y) const;
    bool in_picture(int x, int y) const;
    /// Rectangles of guest pixels to be marked.
    void set_marks(std::vector<SDL_Rect> marks);

    /// The window follows the size of the picture, until the user gives it a size of his own.
    void set_picture(const Picture& picture);
    /// `left` and `right` of the status line, and lights between them: a name and whether it is on.
    using Lights = std::vector<std::pair<std::string, bool>>;
    void set_status(const std::string& left, const std::string& right, const Lights& lights);
    /// Whether a point of the window is on the status line, and there on the menu's button.
    bool in_status(int x, int y) const;
    bool on_menu_button(int x, int y) const;
    int status_height() const;
    /// Pixels for each unit of the window, and how large small text is to be.
    double pixel_density() const;
    int status_scale() const;
    /// Somebody else than we has given the window this size.
    void note_resized(int width, int height);
    /// Draws on the screen if something has changed since the last time, or always.
    /// `overlay`, if any, draws over it all, for an output of so many pixels.
    using Overlay = std::function<void(SDL_Renderer*, int width, int height)>;
    void present(bool always, const Overlay& overlay);

  private:
    Canvas(SDL_Window* window, SDL_Renderer* renderer, const Scaling& scaling);
    void fit_window();
    void keep_on_screen();
    unsigned window_factor() const;
    SDL_Rect picture_place(int width, int height) const;
    SDL_Rect current_place() const;
    void draw_marks(const SDL_Rect& place);
    void draw_status(int width, int height);
    bool status_shown() const;

    SDL_Window* m_window;
    SDL_Renderer* m_renderer;
    SDL_Texture* m_picture = nullptr;
    SDL_Texture* m_status = nullptr;
    int m_status_width = 0; ///< of the texture
    Scaling m_scaling;
    int m_guest_width = 720;
    int m_guest_height = 400;
    int m_asked_width = 0; ///< the size that we gave the window
    int m_asked_height = 0;
    bool m_user_sized = false;
    int m_user_width = 0, m_user_height = 0; ///< if so
    bool m_changed = true;
    std::vector<SDL_Rect> m_marks;
    std::string m_left;
    std::string m_right;
    Lights m_lights;
};

} // namespace ringshift
