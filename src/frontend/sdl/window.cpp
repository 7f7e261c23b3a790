// The window: the guest's screen, its keyboard and mouse, a status line. SDL is used in this folder only, which is a
// module of its own (window_module.h).
//
// The window's thread never waits for the guest: it asks for a look sixty times a second (view.h), draws what has
// changed, and posts keys and mouse movements. Ctrl+Alt with a letter is the window's own.
#include "base/log.h"

#include "frontend/sdl/audio.h"
#include "frontend/sdl/canvas.h"
#include "frontend/sdl/gui.h"
#include "frontend/sdl/keys.h"
#include "frontend/sdl/menu.h"
#include "frontend/sdl/selection.h"
#include "frontend/sdl/status_line.h"
#include "frontend/sdl/window_memory.h"
#include "frontend/session.h"
#include "frontend/view.h"
#include "frontend/window_module.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <type_traits>

namespace ringshift {

namespace {

constexpr int frame_ms = 16;
constexpr u64 help_ns = 15'000'000'000;
/// Of the key H, one after the other: beside the lights, a window of 640 pixels has room for 88 characters.
constexpr std::array<const char*, 3> help = {
    "Ctrl+Alt with: M menu, G mouse, F full screen, Z scaling, S screenshot, P pause, H more",
    "Ctrl+Alt with: R reset, O power, V paste, C copy, N numbers, End Ctrl+Alt+Del, H more",
    "Ctrl+Alt with: 0-9 back to a snapshot, Shift+0-9 save one, - and = speed"};

class Window final : public FrontEnd {
  public:
    Window(std::unique_ptr<Canvas> canvas, const Options& options);
    ~Window() override;
    void run(Session& session) override;

  private:
    void hear(std::span<const i16> samples);
    void open_audio();
    void handle(const SDL_Event& event);
    void handle_window(const SDL_WindowEvent& event);
    void handle_key(const SDL_KeyboardEvent& event);
    bool handle_hotkey(const SDL_Keysym& key);
    bool press_hotkey(SDL_Scancode code);
    Menu::Actions menu_actions();
    void toggle_menu();
    bool handle_for_menu(const SDL_Event& event);
    void present();
    void set_limit(SpeedLimit limit);
    /// A snapshot with the number of a digit key.
    void use_slot(int slot, bool save);
    void use_snapshot(const std::string& name, bool save);
    void handle_tap(const SDL_KeyboardEvent& event);
    void handle_button(const SDL_MouseButtonEvent& event);
    void handle_drop(const SDL_DropEvent& event);
    void paste();
    void change_speed(int steps);
    void send_key(Key key, bool down);
    void release_keys();
    void release_buttons();
    void send_mouse();
    void capture_mouse(bool captured);
    /// The guest's pointer is where the host's is: nothing is captured.
    bool pointing() const { return m_pointing && !m_captured; }
    void follow_pointing();
    void handle_motion(const SDL_MouseMotionEvent& event);
    void select_text(const SDL_MouseButtonEvent& event);
    void give_mouse(int wheel);
    void show_title();
    void show(std::string message, u64 duration_ns = StatusLine::message_ns);
    void copy(const std::string& text);

    std::unique_ptr<Canvas> m_canvas;
    std::string m_guest;          ///< what runs, for the title
    Session* m_session = nullptr; ///< during run()
    Look m_look;
    SpeedMeter m_speed;
    std::vector<Key> m_pressed; ///< as the guest knows
    bool m_tap = false;         ///< nothing but Ctrl and Alt has been pressed since they are down
    bool m_captured = false;
    bool m_menu_shown = false;
    bool m_exposed = false; ///< has to be drawn again
    int m_dx = 0, m_dy = 0, m_wheel = 0;
    u8 m_buttons = 0;
    bool m_pointing = false; ///< the guest has a driver for the tablet
    bool m_pointed = false;  ///< m_point is new
    SDL_Point m_point{};     ///< Canvas::pointer_at()
    TextSelection m_selection;
    StatusLine m_status;
    std::size_t m_help_page = 0;
    std::vector<std::string> m_dropped; ///< until the drop is complete
    Gui m_gui;
    Menu m_menu;

    std::mutex m_audio_mutex;
    std::unique_ptr<AudioOutput> m_audio; ///< under m_audio_mutex; only the window's thread changes it
    std::atomic<bool> m_wants_audio{false};
    bool m_tried_audio = false;
};

std::string name_of_guest(const Options& options) {
    std::string path = !options.files.empty()              ? options.files.front()
                       : options.machine.kernel            ? options.machine.kernel->name
                       : !options.machine.disks.empty()    ? options.machine.disks.front().path
                       : !options.machine.cdroms.empty()   ? options.machine.cdroms.front().path
                       : !options.machine.floppies.empty() ? options.machine.floppies.front().path
                                                           : std::string();
    return path.substr(path.rfind('/') + 1);
}

Window::Window(std::unique_ptr<Canvas> canvas, const Options& options)
    : m_canvas(std::move(canvas)), m_guest(name_of_guest(options)), m_selection(*m_canvas),
      m_status(options.machine.engine), m_gui(m_canvas->renderer()), m_menu(menu_actions()) {
    set_log_sink([this](LogLevel, std::string_view message) { show(std::string(message)); });
    show_title();
}

Window::~Window() {
    set_log_sink(nullptr);
    m_canvas.reset();
    SDL_Quit();
}

void Window::run(Session& session) {
    m_session = &session;
    const std::string& folder = session.snapshots().folder();
    const bool remember = !session.options().scaling.given;
    if (remember) m_canvas->set_look(remembered_look(folder));
    session.set_sound_sink([this](std::span<const i16> samples) { hear(samples); });
    View view(session, View::Wants::picture);
    if (!session.notice().empty()) show(session.notice());
    u64 picture_number = 0;
    while (!session.ended()) {
        SDL_Event event;
        if (SDL_WaitEventTimeout(&event, frame_ms) != 0) {
            do {
                handle(event);
            } while (SDL_PollEvent(&event) != 0);
        }
        follow_pointing();
        send_mouse();
        if (m_wants_audio && !std::exchange(m_tried_audio, true)) open_audio();
        if (std::string error = session.take_host_error(); !error.empty()) m_status.set_host_error(std::move(error));
        view.request();
        if (view.take(m_look)) m_speed.update(m_look, host_time_ns());
        if (m_look.picture_number != picture_number) m_canvas->set_picture(m_look.picture);
        picture_number = m_look.picture_number;
        m_status.show(*m_canvas, m_look, m_speed.text(),
                      m_captured   ? MouseUse::captured
                      : m_pointing ? MouseUse::pointing
                                   : MouseUse::free);
        present();
    }
    if (remember) remember_look(folder, m_canvas->look());
    session.set_sound_sink(nullptr);
    m_audio.reset();
    m_session = nullptr;
}

/// On the guest's thread. The loudspeaker is opened, by the window's thread, when there is something to hear.
void Window::hear(std::span<const i16> samples) {
    const std::lock_guard lock(m_audio_mutex);
    if (m_audio)
        m_audio->play(samples);
    else if (std::any_of(samples.begin(), samples.end(), [](i16 sample) { return sample != 0; }))
        m_wants_audio = true;
}

void Window::open_audio() {
    auto audio = AudioOutput::open(MachineHost::sound_rate);
    if (!audio.ok()) return show(audio.error().message);
    const std::lock_guard lock(m_audio_mutex);
    m_audio = audio.release();
}

// ---- Events --------------------------------------------------------------------------------------------------------

void Window::handle(const SDL_Event& event) {
    if (handle_for_menu(event)) return;
    switch (event.type) {
    case SDL_QUIT: m_session->quit(); break;
    case SDL_WINDOWEVENT: handle_window(event.window); break;
    case SDL_KEYDOWN:
    case SDL_KEYUP: handle_key(event.key); break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: handle_button(event.button); break;
    case SDL_DROPBEGIN:
    case SDL_DROPFILE:
    case SDL_DROPTEXT:
    case SDL_DROPCOMPLETE: handle_drop(event.drop); break;
    case SDL_MOUSEMOTION: handle_motion(event.motion); break;
    case SDL_MOUSEWHEEL:
        if (m_captured || m_pointing)
            m_wheel += event.wheel.direction == SDL_MOUSEWHEEL_FLIPPED ? -event.wheel.y : event.wheel.y;
        break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET: m_exposed = true; break;
    default: break;
    }
}

void Window::handle_window(const SDL_WindowEvent& event) {
    switch (event.event) {
    case SDL_WINDOWEVENT_RESIZED: m_canvas->note_resized(event.data1, event.data2); break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SHOWN: m_exposed = true; break;
    case SDL_WINDOWEVENT_FOCUS_LOST:
        release_keys();
        release_buttons();
        capture_mouse(false);
        break;
    default: break;
    }
}

void Window::handle_key(const SDL_KeyboardEvent& event) {
    if (event.repeat != 0) return; // the guest's keyboard repeats by itself
    handle_tap(event);
    const bool down = event.type == SDL_KEYDOWN;
    constexpr u16 control = KMOD_CTRL, alt = KMOD_ALT;
    const bool ours = (event.keysym.mod & control) != 0 && (event.keysym.mod & alt) != 0;
    if (down && ours && handle_hotkey(event.keysym)) return;
    const Key key = key_of_scancode(event.keysym.scancode);
    if (key != Key::none) send_key(key, down);
}

/// Ctrl+Alt, pressed and let go with nothing between, releases the mouse.
void Window::handle_tap(const SDL_KeyboardEvent& event) {
    const SDL_Scancode code = event.keysym.scancode;
    const bool control = code == SDL_SCANCODE_LCTRL || code == SDL_SCANCODE_RCTRL;
    const bool alt = code == SDL_SCANCODE_LALT || code == SDL_SCANCODE_RALT;
    if (event.type == SDL_KEYDOWN) {
        // The modifiers of the event include its own key.
        m_tap = (control || alt) && (event.keysym.mod & KMOD_CTRL) != 0 && (event.keysym.mod & KMOD_ALT) != 0;
    } else if (std::exchange(m_tap, false) && (control || alt)) {
        capture_mouse(false);
    }
}

bool Window::handle_hotkey(const SDL_Keysym& key) {
    if (key.scancode >= SDL_SCANCODE_1 && key.scancode <= SDL_SCANCODE_0) {
        use_slot((key.scancode - SDL_SCANCODE_1 + 1) % 10, (key.mod & KMOD_SHIFT) != 0);
        return true;
    }
    return press_hotkey(key.scancode);
}

bool Window::press_hotkey(SDL_Scancode code) {
    Machine& machine = m_session->machine();
    switch (code) {
    case SDL_SCANCODE_M: toggle_menu(); return true;
    case SDL_SCANCODE_N:
        m_menu.toggle_numbers();
        m_exposed = true;
        return true;
    case SDL_SCANCODE_G: capture_mouse(!m_captured); return true;
    case SDL_SCANCODE_F: m_canvas->toggle_fullscreen(); return true;
    case SDL_SCANCODE_Z:
        m_canvas->toggle_scaling();
        show(m_canvas->scaling() == Scaling::Fit::integer ? "scaled by whole numbers"
             : m_canvas->scaling() == Scaling::Fit::window
                 ? "scaled to fit the window"
                 : "scaled to fit the window, with the proportions of a 4:3 monitor");
        return true;
    case SDL_SCANCODE_S:
        take_screenshot(*m_session, [this](std::string message) { show(std::move(message)); });
        return true;
    case SDL_SCANCODE_P:
        toggle_pause(*m_session);
        m_status.set_host_error({});
        return true;
    case SDL_SCANCODE_R:
        machine.post([&machine] { machine.reset(); });
        show("reset");
        return true;
    case SDL_SCANCODE_O:
        machine.post([&machine] { machine.press_power_button(); });
        show("power button pressed");
        return true;
    case SDL_SCANCODE_END:
        machine.post([&machine] { machine.input().type({{Key::left_control, Key::left_alt, Key::delete_}}); });
        return true;
    case SDL_SCANCODE_V: paste(); return true;
    case SDL_SCANCODE_C:
        if (m_look.text && !m_look.text->cells.empty())
            copy(text_of(*m_look.text, 0, m_look.text->cells.size() - 1));
        else
            show("the guest is not in a text mode");
        return true;
    case SDL_SCANCODE_MINUS: change_speed(-1); return true;
    case SDL_SCANCODE_EQUALS: change_speed(1); return true;
    case SDL_SCANCODE_H: show(help[m_help_page++ % help.size()], help_ns); return true;
    default: return false;
    }
}

void Window::handle_drop(const SDL_DropEvent& event) {
    if (event.type == SDL_DROPFILE && event.file != nullptr) m_dropped.emplace_back(event.file);
    if (event.file != nullptr) SDL_free(event.file);
    if (event.type != SDL_DROPCOMPLETE || m_dropped.empty()) return;
    show("making a medium of the files");
    m_session->insert_files(std::exchange(m_dropped, {}), [this](Result<std::string> result) {
        show(result.ok() ? result.value() : result.error().message);
    });
}

// ---- The menu ------------------------------------------------------------------------------------------------------

Menu::Actions Window::menu_actions() {
    Menu::Actions actions;
    actions.hotkey = [this](SDL_Scancode code) { press_hotkey(code); };
    actions.press = [this](const Chord& chord) {
        Machine& machine = m_session->machine();
        machine.post([&machine, chord] { machine.input().type({chord}); });
    };
    actions.slot = [this](int slot, bool save) { use_slot(slot, save); };
    actions.load = [this](const std::string& name) { use_snapshot(name, false); };
    actions.change_medium = [this](Machine::Drive drive, unsigned number, const std::string& path) {
        Machine& machine = m_session->machine();
        machine.post([this, &machine, drive, number, path] {
            const Result<> changed = machine.change_medium(drive, number, path);
            show(!changed.ok() ? changed.error().message : path.empty() ? "ejected" : path + " is in the drive");
        });
    };
    actions.limit_speed = [this](SpeedLimit limit) { set_limit(limit); };
    actions.set_cable = [this](bool connected) {
        Machine& machine = m_session->machine();
        machine.post([&machine, connected] { machine.set_network_connected(connected); });
        show(connected ? "the network's cable is in" : "the network's cable is out");
    };
    actions.quit = [this] { m_session->quit(); };
    return actions;
}

void Window::toggle_menu() {
    m_exposed = true;
    if (m_menu.is_open()) return m_menu.close();
    release_keys();
    release_buttons();
    capture_mouse(false);
    SDL_ShowCursor(SDL_ENABLE);
    std::vector<std::string> names;
    for (const SnapshotEntry& entry : m_session->snapshots().list()) names.push_back(entry.about.name);
    m_gui.release();
    m_menu.open(std::move(names));
}

/// While it is open it has mouse and keyboard, but for the hot keys and for keys that go up.
bool Window::handle_for_menu(const SDL_Event& event) {
    if (!m_menu.is_open()) return false;
    switch (event.type) {
    case SDL_KEYDOWN:
        if ((event.key.keysym.mod & KMOD_CTRL) != 0 && (event.key.keysym.mod & KMOD_ALT) != 0) return false;
        break;
    case SDL_KEYUP:
    case SDL_MOUSEMOTION:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
    case SDL_MOUSEWHEEL:
    case SDL_TEXTINPUT: break;
    default: return false;
    }
    m_gui.handle(event, m_canvas->pixel_density());
    return true;
}

void Window::present() {
    const bool numbers = m_menu.update_numbers(m_look, host_time_ns());
    const bool menu = m_menu.is_open();
    const auto overlay = [this](SDL_Renderer*, int width, int height) {
        m_gui.begin(width, height, m_canvas->status_scale());
        m_menu.draw(m_look, width, height, m_canvas->fullscreen() ? 0 : m_canvas->status_height());
        m_gui.end();
    };
    const bool exposed = std::exchange(m_exposed, false) || std::exchange(m_menu_shown, menu) || numbers;
    m_canvas->present(exposed || menu, menu || m_menu.shows_numbers() ? Canvas::Overlay(overlay) : Canvas::Overlay());
}

// ---- Text out and in -----------------------------------------------------------------------------------------------

void Window::copy(const std::string& text) {
    SDL_SetClipboardText(text.c_str());
    show("copied to the clipboard");
}

void Window::paste() {
    char* clipboard = SDL_GetClipboardText();
    const std::string text = clipboard != nullptr ? clipboard : "";
    SDL_free(clipboard);
    std::size_t untypable = 0;
    const std::vector<Chord> chords = chords_for_plain_text(text, untypable, m_session->options().keys);
    if (chords.empty()) return show("the clipboard has no text that the guest's keyboard can type");
    release_keys(); // Ctrl and Alt, which are down now
    Machine& machine = m_session->machine();
    machine.post([&machine, chords] { machine.input().type(chords); });
    show(untypable == 0
             ? "typing the clipboard"
             : fmt::format("typing the clipboard, without {} characters that the guest's keyboard has not", untypable));
}

void Window::change_speed(int steps) {
    static constexpr std::array<u32, 8> percents = {1, 2, 5, 10, 25, 50, 75, 100};
    const auto now = std::lower_bound(percents.begin(), percents.end(), m_look.speed_limit.percent) - percents.begin();
    const auto next = std::clamp<std::ptrdiff_t>(now + steps, 0, percents.size() - 1);
    set_limit({percents[static_cast<std::size_t>(next)], 0});
}

void Window::set_limit(SpeedLimit limit) {
    Machine& machine = m_session->machine();
    machine.post([&machine, limit] { machine.set_speed_limit(limit); });
    show("speed limit: " + to_string(limit));
}

void Window::use_slot(int slot, bool save) { use_snapshot(fmt::format("slot-{}", slot), save); }

void Window::use_snapshot(const std::string& name, bool save) {
    show(fmt::format("{} \"{}\"", save ? "saving" : "restoring", name));
    m_session->snapshots().start(
        save ? Snapshots::Action::save : Snapshots::Action::load, name,
        [this](Result<std::string> result) { show(result.ok() ? result.value() : result.error().message); });
}

void Window::handle_motion(const SDL_MouseMotionEvent& event) {
    if (m_selection.active()) {
        m_selection.move(m_look, event.x, event.y);
    } else if (m_captured) {
        m_dx += event.xrel;
        m_dy += event.yrel;
    } else if (pointing()) {
        m_point = m_canvas->pointer_at(event.x, event.y);
        m_pointed = true;
        SDL_ShowCursor(m_canvas->in_picture(event.x, event.y) ? SDL_DISABLE : SDL_ENABLE);
    }
}

/// The left button while the mouse is free.
void Window::select_text(const SDL_MouseButtonEvent& event) {
    if (event.type == SDL_MOUSEBUTTONDOWN) {
        if (!m_selection.begin(m_look, event.x, event.y) && !pointing()) capture_mouse(true);
    } else if (m_selection.active()) {
        if (const auto text = m_selection.end(m_look))
            copy(*text);
        else if (!pointing()) // a click without a drag is for the mouse
            capture_mouse(true);
    }
}

void Window::handle_button(const SDL_MouseButtonEvent& event) {
    const bool down = event.type == SDL_MOUSEBUTTONDOWN;
    if (!m_captured && down && m_canvas->in_status(event.x, event.y)) {
        if (m_canvas->on_menu_button(event.x, event.y)) toggle_menu();
        return;
    }
    const bool selects = m_selection.active() || (down && (SDL_GetModState() & KMOD_SHIFT) != 0);
    if (!m_captured && (!pointing() || selects)) {
        if (event.button == SDL_BUTTON_LEFT) select_text(event);
        return;
    }
    const u8 button = event.button == SDL_BUTTON_LEFT     ? mouse_button::left
                      : event.button == SDL_BUTTON_RIGHT  ? mouse_button::right
                      : event.button == SDL_BUTTON_MIDDLE ? mouse_button::middle
                                                          : u8{0};
    if (button == 0 || (pointing() && down && !m_canvas->in_picture(event.x, event.y))) return;
    send_mouse(); // the way up to here, before the button
    if (pointing()) m_point = m_canvas->pointer_at(event.x, event.y);
    m_buttons = static_cast<u8>(down ? m_buttons | button : m_buttons & ~button);
    give_mouse(0);
}

// ---- To the guest --------------------------------------------------------------------------------------------------

void Window::send_key(Key key, bool down) {
    const auto found = std::find(m_pressed.begin(), m_pressed.end(), key);
    if ((found != m_pressed.end()) == down) return;
    if (down)
        m_pressed.push_back(key);
    else
        m_pressed.erase(found);
    Machine& machine = m_session->machine();
    machine.post([&machine, key, down] { machine.input().key(key, down); });
}

void Window::release_keys() {
    while (!m_pressed.empty()) send_key(m_pressed.back(), false);
}

void Window::send_mouse() {
    if (m_dx == 0 && m_dy == 0 && m_wheel == 0 && !m_pointed) return;
    give_mouse(std::exchange(m_wheel, 0));
}

/// Where the mouse is or how far it has come, its buttons, and so many notches of the wheel.
void Window::give_mouse(int wheel) {
    Machine& machine = m_session->machine();
    if (pointing())
        machine.post([&machine, at = m_point, wheel, buttons = m_buttons] {
            machine.input().point(at.x, at.y, wheel, buttons);
        });
    else
        machine.post([&machine, dx = m_dx, dy = m_dy, wheel, buttons = m_buttons] {
            machine.input().mouse(dx, dy, wheel, buttons);
        });
    m_dx = m_dy = 0;
    m_pointed = false;
}

/// The guest's driver for the tablet comes and goes.
void Window::follow_pointing() {
    if (m_pointing == m_look.can_point) return;
    release_buttons();
    m_pointing = m_look.can_point;
    if (m_pointing) capture_mouse(false);
    if (!m_pointing) SDL_ShowCursor(SDL_ENABLE);
    show_title();
}

void Window::release_buttons() {
    if (std::exchange(m_buttons, u8{0}) != 0) give_mouse(0);
}

void Window::capture_mouse(bool captured) {
    if (captured == m_captured) return;
    if (captured && SDL_SetRelativeMouseMode(SDL_TRUE) != 0) return show("this display cannot capture the mouse");
    if (!captured) SDL_SetRelativeMouseMode(SDL_FALSE);
    SDL_SetWindowKeyboardGrab(m_canvas->window(), captured ? SDL_TRUE : SDL_FALSE);
    release_buttons();
    m_captured = captured;
    show_title();
}

// ---- What is said --------------------------------------------------------------------------------------------------

void Window::show_title() {
    std::string title = "Ringshift";
    if (!m_guest.empty()) title += ": " + m_guest;
    if (m_captured)
        title += " - Ctrl+Alt+G releases the mouse";
    else if (!m_pointing)
        title += " - click to use the mouse";
    SDL_SetWindowTitle(m_canvas->window(), title.c_str());
}

void Window::show(std::string message, u64 duration_ns) { m_status.say(std::move(message), duration_ns); }

Result<std::unique_ptr<FrontEnd>> create_window(const Options& options) {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_APP_NAME, "Ringshift");
    SDL_SetMainReady();
    if (SDL_Init(SDL_INIT_VIDEO) != 0) return make_error("there is no display for a window ({})", SDL_GetError());
    auto canvas = Canvas::open(options.scaling);
    if (!canvas.ok()) {
        SDL_Quit();
        return canvas.release_error();
    }
    return std::unique_ptr<FrontEnd>(new Window(canvas.release(), options));
}

} // namespace

} // namespace ringshift

/// The module's entry (window_module.h).
extern "C" __attribute__((visibility("default"))) void
ringshift_open_window(const ringshift::Options& options,
                      ringshift::Result<std::unique_ptr<ringshift::FrontEnd>>& window) {
    window = ringshift::create_window(options);
}
static_assert(std::is_same_v<decltype(ringshift_open_window), ringshift::OpenWindow>);
