// Dear ImGui on an SDL renderer. Debian's package has its core, and no back end that draws with SDL_Renderer; what it
// takes is here: textured triangles, and SDL's events as input. ImGui enters the project by this folder alone.
#pragma once

#define SDL_MAIN_HANDLED
#include <SDL.h>
#include <deque>

struct ImGuiContext;
struct ImDrawData;

namespace ringshift {

class Gui {
  public:
    /// `renderer` outlives it.
    explicit Gui(SDL_Renderer* renderer);
    ~Gui();
    Gui(const Gui&) = delete;
    Gui& operator=(const Gui&) = delete;

    /// Mouse and keyboard; `density`: pixels for each unit of the window. Of keys and buttons one change counts in each
    /// frame, since ImGui sees no more; the others wait.
    void handle(const SDL_Event& event, double density);
    /// Nothing is held any more.
    void release();
    /// Begins a frame of so many pixels, with text `scale` times as large as usual.
    void begin(int width, int height, int scale);
    /// Ends it and draws what is in it.
    void end();

  private:
    bool apply(const SDL_Event& event);
    void draw(const ImDrawData& data);

    SDL_Renderer* m_renderer;
    ImGuiContext* m_context;
    SDL_Texture* m_font = nullptr;
    Uint64 m_last_frame = 0;
    std::deque<SDL_Event> m_events; ///< not yet applied
    double m_density = 1;
};

} // namespace ringshift
