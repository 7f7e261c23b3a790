#include "frontend/terminal.h"

#include "base/crash_hook.h"
#include "base/log.h"
#include "frontend/session.h"
#include "frontend/terminal_keys.h"
#include "frontend/terminal_screen.h"
#include "frontend/view.h"

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstring>
#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <ncurses.h>

namespace ringshift {

namespace {

constexpr int frame_ms = 25;
/// Between an Escape and what belongs to it.
constexpr int escape_delay_ms = 25;
constexpr u64 message_ns = 4'000'000'000;

// ---- Leaving the terminal as it was, even in a crash ----------------------------------------------------------------

/// Of the terminal before it was taken over. Signal handlers reach it, so it is no member.
termios saved_settings{};

void restore_terminal() {
    // Main screen, cursor, colours, plain keypad: only what is async-signal-safe.
    static constexpr char sequence[] = "\x1B[?1049l\x1B[?25h\x1B[0m\x1B[?1l\x1B>\r\n";
    (void)!::write(STDOUT_FILENO, sequence, sizeof sequence - 1);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &saved_settings);
}

void restore_in_crash(int signal) {
    run_crash_hook();
    ::raise(signal); // the default again (SA_RESETHAND), once this handler has returned
}

/// Memory windows have handlers of their own for memory faults, which run the hook too.
void handle_crashes() {
    set_crash_hook(restore_terminal);
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
        struct sigaction previous {};
        if (::sigaction(signal, nullptr, &previous) != 0 || previous.sa_handler != SIG_DFL) continue;
        struct sigaction action {};
        action.sa_handler = restore_in_crash;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        ::sigaction(signal, &action, nullptr);
    }
}

void choose_locale() {
    std::setlocale(LC_CTYPE, "");
    // Without a locale the terminal is most likely a UTF-8 one all the same.
    if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

// ---- The front end -------------------------------------------------------------------------------------------------

class Terminal final : public FrontEnd {
  public:
    Terminal(SCREEN* screen, std::string engine);
    ~Terminal() override;
    void run(Session& session) override;

  private:
    void show(std::string message);
    void follow_size();
    void read_keys(Session& session);
    void take_menu_key(Session& session, const TerminalKey& key);
    void scroll(const Chord& chord);
    TerminalArea area();
    void follow_cursor(const TextScreen& text, TerminalArea& area);
    std::string status() const;
    void draw();

    SCREEN* m_ncurses;
    TerminalScreen m_screen;
    std::string m_engine;
    Look m_look;
    SpeedMeter m_speed;
    bool m_menu = false;
    int m_first_row = 0, m_first_column = 0; ///< of the guest's screen, in a small terminal
    u32 m_cursor_row = 0, m_cursor_column = 0;
    std::string m_host_error; ///< shown until the guest runs on

    std::mutex m_mutex; ///< of the following: log messages come from any thread
    std::string m_message;
    u64 m_message_until = 0;
};

Terminal::Terminal(SCREEN* screen, std::string engine) : m_ncurses(screen), m_engine(std::move(engine)) {
    set_log_sink([this](LogLevel, std::string_view message) { show(std::string(message)); });
}

Terminal::~Terminal() {
    set_log_sink(nullptr);
    set_crash_hook(nullptr);
    ::endwin();
    ::delscreen(m_ncurses);
}

void Terminal::show(std::string message) {
    const std::lock_guard lock(m_mutex);
    m_message = std::move(message);
    m_message_until = host_time_ns() + message_ns;
}

void Terminal::run(Session& session) {
    View view(session, View::Wants::text);
    if (!session.notice().empty()) show(session.notice());
    while (!session.ended()) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        if (::poll(&input, 1, frame_ms) > 0 && (input.revents & (POLLHUP | POLLERR)) != 0) break;
        follow_size();
        read_keys(session);
        if (std::string error = session.take_host_error(); !error.empty()) m_host_error = std::move(error);
        view.request();
        if (view.take(m_look)) {
            m_speed.update(m_look, host_time_ns());
            draw();
        }
    }
    ::endwin();
}

void Terminal::follow_size() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
    if (size.ws_row == LINES && size.ws_col == COLS && !::is_term_resized(size.ws_row, size.ws_col)) return;
    ::resizeterm(size.ws_row, size.ws_col);
    ::clearok(stdscr, true);
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

void Terminal::read_keys(Session& session) {
    std::vector<Chord> chords;
    while (const auto key = next_terminal_key()) {
        if (m_menu)
            take_menu_key(session, *key);
        else if (key->kind == TerminalKey::Kind::menu)
            m_menu = true;
        else if (key->kind == TerminalKey::Kind::chord)
            chords.push_back(key->chord);
        else
            show("no key of a US keyboard types that");
    }
    if (chords.empty()) return;
    Machine& machine = session.machine();
    machine.post([&machine, chords] { machine.input().type(chords); });
}

void Terminal::take_menu_key(Session& session, const TerminalKey& key) {
    m_menu = false;
    Machine& machine = session.machine();
    const Chord& chord = key.chord;
    const auto is = [&](const char* name) { return chord == Chord{key_by_name(name)}; };
    if (key.kind == TerminalKey::Kind::menu || is("]")) {
        machine.post([&machine] { machine.input().type({{Key::left_control, key_by_name("]")}}); });
    } else if (is("q")) {
        session.quit();
    } else if (is("r")) {
        machine.post([&machine] { machine.reset(); });
        show("reset");
    } else if (is("p")) {
        toggle_pause(session);
        m_host_error.clear();
    } else if (is("s")) {
        take_screenshot(session, [this](std::string message) { show(std::move(message)); });
    } else if (is("o")) {
        machine.post([&machine] { machine.press_power_button(); });
        show("power button pressed");
    } else if (is("d")) {
        machine.post([&machine] { machine.input().type({{Key::left_control, Key::left_alt, Key::delete_}}); });
    } else if (chord.size() == 1) {
        scroll(chord);
    }
}

void Terminal::scroll(const Chord& chord) {
    switch (chord.front()) {
    case Key::up: m_first_row = 0; break;
    case Key::down: m_first_row = INT16_MAX; break;
    case Key::left: m_first_column = 0; break;
    case Key::right: m_first_column = INT16_MAX; break;
    default: break;
    }
}

// ---- Drawing -------------------------------------------------------------------------------------------------------

/// The part of the terminal that shows the guest: without the status line, if that would hide nothing else or if not
/// everything can be seen anyway.
TerminalArea Terminal::area() {
    const int rows = m_look.text ? static_cast<int>(m_look.text->rows) : 0;
    TerminalArea area;
    area.rows = LINES == rows ? LINES : LINES - 1;
    area.columns = COLS;
    if (!m_look.text) return area;
    follow_cursor(*m_look.text, area);
    return area;
}

void Terminal::follow_cursor(const TextScreen& text, TerminalArea& area) {
    const int last_row = std::max(0, static_cast<int>(text.rows) - area.rows);
    const int last_column = std::max(0, static_cast<int>(text.columns) - area.columns);
    if (text.cursor_row != m_cursor_row || text.cursor_column != m_cursor_column) {
        m_cursor_row = text.cursor_row;
        m_cursor_column = text.cursor_column;
        const int row = static_cast<int>(m_cursor_row), column = static_cast<int>(m_cursor_column);
        m_first_row = std::clamp(m_first_row, row - area.rows + 1, row);
        m_first_column = std::clamp(m_first_column, column - area.columns + 1, column);
    }
    m_first_row = std::clamp(m_first_row, 0, last_row);
    m_first_column = std::clamp(m_first_column, 0, last_column);
    area.first_row = m_first_row;
    area.first_column = m_first_column;
}

std::string Terminal::status() const {
    if (m_menu)
        return "q quit  r reset  p pause  s screenshot  o power button  d Ctrl+Alt+Del  ] Ctrl+]  arrows scroll";
    if (!m_host_error.empty()) return m_host_error + " - paused; Ctrl+] p tries again";
    if (!m_message.empty() && host_time_ns() < m_message_until) return m_message;
    std::string text = fmt::format("Ringshift  {}: {}", m_engine, m_speed.text());
    if (!m_look.text)
        text += fmt::format("  graphics {}x{}", m_look.picture.width, m_look.picture.height);
    else if (static_cast<int>(m_look.text->columns) > COLS || static_cast<int>(m_look.text->rows) > LINES)
        text += fmt::format("  {}x{} of {}x{} shown, Ctrl+] and arrows scroll", COLS, LINES - 1, m_look.text->columns,
                            m_look.text->rows);
    return text;
}

void Terminal::draw() {
    const TerminalArea shown = area();
    ::werase(stdscr);
    const std::lock_guard lock(m_mutex);
    const bool has_line = shown.rows < LINES;
    const bool urgent = m_menu || !m_host_error.empty() || host_time_ns() < m_message_until;
    if (!m_look.text) m_screen.draw_picture(m_look.picture, shown);
    if (m_look.text) m_screen.draw_text(*m_look.text, shown);
    const int row = ::getcury(stdscr);
    const int column = ::getcurx(stdscr);
    if (has_line || urgent) m_screen.draw_status(LINES - 1, COLS, status(), m_menu ? "" : "Ctrl+] menu");
    ::move(row, column);
    ::refresh();
}

} // namespace

Result<std::unique_ptr<FrontEnd>> open_terminal(const Options& options) {
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
        return make_error("standard input and output are no terminal to show the screen in");
    choose_locale();
    ::tcgetattr(STDIN_FILENO, &saved_settings);
    SCREEN* screen = ::newterm(nullptr, stdout, stdin);
    if (screen == nullptr) {
        const char* kind = std::getenv("TERM");
        return make_error("the terminal cannot show the screen: TERM is \"{}\"", kind != nullptr ? kind : "");
    }
    handle_crashes();
    ::raw();
    ::noecho();
    ::nonl();
    ::keypad(stdscr, true);
    ::nodelay(stdscr, true);
    ::set_escdelay(escape_delay_ms);
    if (::has_colors()) ::start_color();
    return std::unique_ptr<FrontEnd>(new Terminal(screen, options.machine.engine));
}

} // namespace ringshift
