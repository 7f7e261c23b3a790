#include "frontend/sdl/window.h"

#include "base/log.h"

#include "frontend/sdl/canvas.h"
#include "frontend/sdl/keys.h"
#include "frontend/session.h"
#include "frontend/view.h"

#include <algorithm>
#include <mutex>

namespace ringshift {

namespace {

constexpr int frame_ms = 16;
constexpr u64 message_ns = 5'000'000'000;
constexpr const char* help = "Ctrl+Alt with G mouse, F full screen, Z scaling, S screenshot, P pause, R reset, O power "
                             "button, End Ctrl+Alt+Del, digit restore, Shift digit save";

class Window final : public FrontEnd {
  public:
    Window(std::unique_ptr<Canvas> canvas, const Options& options);
    ~Window() override;
    void run(Session& session) override;

  private:
    void handle(const SDL_Event& event);
    void handle_window(const SDL_WindowEvent& event);
    void handle_key(const SDL_KeyboardEvent& event);
    bool handle_hotkey(const SDL_Keysym& key);
    /// A snapshot with the number of a digit key.
    void use_slot(int slot, bool save);
    void handle_tap(const SDL_KeyboardEvent& event);
    void handle_button(const SDL_MouseButtonEvent& event);
    void send_key(Key key, bool down);
    void release_keys();
    void send_mouse();
    void capture_mouse(bool captured);
    void show_title();
    void show(std::string message);
    void show_status();

    std::unique_ptr<Canvas> m_canvas;
    std::string m_guest; ///< what runs, for the title
    std::string m_engine;
    Session* m_session = nullptr; ///< during run()
    Look m_look;
    SpeedMeter m_speed;
    std::vector<Key> m_pressed; ///< as the guest knows
    bool m_tap = false;         ///< nothing but Ctrl and Alt has been pressed since they are down
    bool m_captured = false;
    bool m_exposed = false; ///< has to be drawn again
    int m_dx = 0, m_dy = 0, m_wheel = 0;
    u8 m_buttons = 0;
    std::string m_host_error; ///< shown until the guest runs on

    std::mutex m_mutex; ///< of the following: log messages come from any thread
    std::string m_message;
    u64 m_message_until = 0;
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
    : m_canvas(std::move(canvas)), m_guest(name_of_guest(options)), m_engine(options.machine.engine) {
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
        send_mouse();
        if (std::string error = session.take_host_error(); !error.empty()) m_host_error = std::move(error);
        view.request();
        if (view.take(m_look)) m_speed.update(m_look, host_time_ns());
        if (m_look.picture_number != picture_number) m_canvas->set_picture(m_look.picture);
        picture_number = m_look.picture_number;
        show_status();
        m_canvas->present(std::exchange(m_exposed, false));
    }
    m_session = nullptr;
}

// ---- Events --------------------------------------------------------------------------------------------------------

void Window::handle(const SDL_Event& event) {
    switch (event.type) {
    case SDL_QUIT: m_session->quit(); break;
    case SDL_WINDOWEVENT: handle_window(event.window); break;
    case SDL_KEYDOWN:
    case SDL_KEYUP: handle_key(event.key); break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP: handle_button(event.button); break;
    case SDL_MOUSEMOTION:
        if (!m_captured) break;
        m_dx += event.motion.xrel;
        m_dy += event.motion.yrel;
        break;
    case SDL_MOUSEWHEEL:
        if (m_captured) m_wheel += event.wheel.direction == SDL_MOUSEWHEEL_FLIPPED ? -event.wheel.y : event.wheel.y;
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
    Machine& machine = m_session->machine();
    if (key.scancode >= SDL_SCANCODE_1 && key.scancode <= SDL_SCANCODE_0) {
        use_slot((key.scancode - SDL_SCANCODE_1 + 1) % 10, (key.mod & KMOD_SHIFT) != 0);
        return true;
    }
    switch (key.scancode) {
    case SDL_SCANCODE_G: capture_mouse(!m_captured); return true;
    case SDL_SCANCODE_F: m_canvas->toggle_fullscreen(); return true;
    case SDL_SCANCODE_Z:
        m_canvas->toggle_scaling();
        show(m_canvas->integer_scaling() ? "scaled by whole numbers" : "scaled to fit the window");
        return true;
    case SDL_SCANCODE_S:
        take_screenshot(*m_session, [this](std::string message) { show(std::move(message)); });
        return true;
    case SDL_SCANCODE_P:
        toggle_pause(*m_session);
        m_host_error.clear();
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
    case SDL_SCANCODE_H: show(help); return true;
    default: return false;
    }
}

void Window::use_slot(int slot, bool save) {
    const std::string name = fmt::format("slot-{}", slot);
    show(fmt::format("{} \"{}\"", save ? "saving" : "restoring", name));
    m_session->snapshots().start(
        save ? Snapshots::Action::save : Snapshots::Action::load, name,
        [this](Result<std::string> result) { show(result.ok() ? result.value() : result.error().message); });
}

void Window::handle_button(const SDL_MouseButtonEvent& event) {
    const bool down = event.type == SDL_MOUSEBUTTONDOWN;
    if (!m_captured) {
        if (down && event.button == SDL_BUTTON_LEFT) capture_mouse(true);
        return;
    }
    const u8 button = event.button == SDL_BUTTON_LEFT     ? mouse_button::left
                      : event.button == SDL_BUTTON_RIGHT  ? mouse_button::right
                      : event.button == SDL_BUTTON_MIDDLE ? mouse_button::middle
                                                          : u8{0};
    if (button == 0) return;
    send_mouse(); // the way up to here, before the button
    m_buttons = static_cast<u8>(down ? m_buttons | button : m_buttons & ~button);
    Machine& machine = m_session->machine();
    machine.post([&machine, buttons = m_buttons] { machine.input().mouse(0, 0, 0, buttons); });
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
    if (m_dx == 0 && m_dy == 0 && m_wheel == 0) return;
    Machine& machine = m_session->machine();
    machine.post([&machine, dx = m_dx, dy = m_dy, wheel = m_wheel, buttons = m_buttons] {
        machine.input().mouse(dx, dy, wheel, buttons);
    });
    m_dx = m_dy = m_wheel = 0;
}

void Window::capture_mouse(bool captured) {
    if (captured == m_captured) return;
    if (captured && SDL_SetRelativeMouseMode(SDL_TRUE) != 0) return show("this display cannot capture the mouse");
    if (!captured) SDL_SetRelativeMouseMode(SDL_FALSE);
    SDL_SetWindowKeyboardGrab(m_canvas->window(), captured ? SDL_TRUE : SDL_FALSE);
    m_captured = captured;
    if (!captured && m_buttons != 0) {
        m_buttons = 0;
        Machine& machine = m_session->machine();
        machine.post([&machine] { machine.input().mouse(0, 0, 0, 0); });
    }
    show_title();
}

// ---- What is said --------------------------------------------------------------------------------------------------

void Window::show_title() {
    std::string title = "Ringshift";
    if (!m_guest.empty()) title += ": " + m_guest;
    title += m_captured ? " - Ctrl+Alt+G releases the mouse" : " - click to use the mouse";
    SDL_SetWindowTitle(m_canvas->window(), title.c_str());
}

void Window::show(std::string message) {
    const std::lock_guard lock(m_mutex);
    m_message = std::move(message);
    m_message_until = host_time_ns() + message_ns;
}

void Window::show_status() {
    const std::lock_guard lock(m_mutex);
    std::string left = fmt::format("{}: {}", m_engine, m_look.paused ? "paused" : m_speed.text());
    std::string right = m_captured ? "Ctrl+Alt+G releases the mouse" : "click: mouse   Ctrl+Alt+H: keys";
    if (host_time_ns() < m_message_until) {
        left = m_message;
        right.clear();
    } else if (!m_host_error.empty()) {
        left = m_host_error + " - paused; Ctrl+Alt+P tries again";
        right.clear();
    } else if (m_look.paused) {
        right = "Ctrl+Alt+P: run on";
    }
    m_canvas->set_status(left, right);
}

} // namespace

Result<std::unique_ptr<FrontEnd>> open_window(const Options& options) {
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

} // namespace ringshift
