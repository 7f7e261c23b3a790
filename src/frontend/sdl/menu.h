// The window's menu, the dialogue for a medium's file, and the display of the engine's live numbers over the picture.
//
// The menu only says what was chosen (Actions); what has a hot key goes the same way as the key.
#pragma once

#include "frontend/view.h"

#define SDL_MAIN_HANDLED
#include <SDL.h>
#include <functional>
#include <string>
#include <vector>

namespace ringshift {

class Menu {
  public:
    struct Actions {
        std::function<void(SDL_Scancode)> hotkey; ///< as with Ctrl+Alt
        std::function<void(const Chord&)> press;
        std::function<void(int slot, bool save)> slot;
        std::function<void(const std::string& name)> load; ///< a snapshot
        std::function<void(Machine::Drive, unsigned number, const std::string& path)> change_medium;
        std::function<void(SpeedLimit)> limit_speed;
        std::function<void(bool connected)> set_cable;
        std::function<void()> quit;
    };
    explicit Menu(Actions actions) : m_actions(std::move(actions)) {}

    /// `snapshots`: those that are there, by name.
    void open(std::vector<std::string> snapshots);
    void close();
    /// It has mouse and keyboard.
    bool is_open() const { return m_opening || m_open || m_drive.has_value(); }
    void toggle_numbers() { m_numbers = !m_numbers; }
    bool shows_numbers() const { return m_numbers; }
    /// What it shows is new about twice a second; returns whether it is. `now_ns`: host time.
    bool update_numbers(const Look& look, u64 now_ns);

    /// Between Gui::begin() and end(), for a window of so many pixels with `bar` rows at its lower edge.
    void draw(const Look& look, int width, int height, int bar);

  private:
    void entry(const char* name, const char* shortcut, SDL_Scancode key);
    void draw_entries(const Look& look);
    void draw_media(const Look& look);
    void draw_slots(bool save);
    void draw_snapshots();
    void draw_keys();
    void draw_speed(const Look& look);
    void draw_view();
    void draw_dialogue(int width, int height);
    void draw_numbers(int width) const;

    Actions m_actions;
    bool m_opening = false, m_open = false;
    std::vector<std::string> m_snapshots;
    std::optional<DriveLook> m_drive; ///< for which a file is being asked
    std::vector<char> m_path;
    bool m_numbers = false;
    MachineStatistics m_last;
    u64 m_last_ns = 0;
    std::vector<std::string> m_lines;
};

} // namespace ringshift
