#include "frontend/terminal_keys.h"

#include <array>
#include <string_view>

#define NCURSES_NOMACROS
#include <ncurses.h>

namespace ringshift {

namespace {

constexpr wint_t control_bracket = 0x1D, escape_character = 0x1B, delete_character = 0x7F;

struct NamedKey {
    std::string_view name; ///< terminfo's, without "k" and the modifiers' digit
    Key key;
};

/// Keys with modifiers have no KEY_ codes of their own but names: kLFT5 is Ctrl+Left.
constexpr std::array<NamedKey, 10> named_keys = {{{"kUP", Key::up},
                                                  {"kDN", Key::down},
                                                  {"kLFT", Key::left},
                                                  {"kRIT", Key::right},
                                                  {"kHOM", Key::home},
                                                  {"kEND", Key::end},
                                                  {"kPRV", Key::page_up},
                                                  {"kNXT", Key::page_down},
                                                  {"kDC", Key::delete_},
                                                  {"kIC", Key::insert}}};

Key f_key(int number) {
    return number <= 10 ? static_cast<Key>(static_cast<int>(Key::f1) + number - 1)
                        : static_cast<Key>(static_cast<int>(Key::f11) + number - 11);
}

/// xterm's numbering: F13-F24 are Shift and F1-F12, then Ctrl, Ctrl+Shift, Alt, Alt+Shift.
std::optional<Chord> chord_for_f_key(int number) {
    static const std::array<Chord, 6> modifiers = {{{},
                                                    {Key::left_shift},
                                                    {Key::left_control},
                                                    {Key::left_control, Key::left_shift},
                                                    {Key::left_alt},
                                                    {Key::left_alt, Key::left_shift}}};
    const std::size_t group = static_cast<std::size_t>(number - 1) / 12;
    if (number < 1 || group >= modifiers.size()) return std::nullopt;
    Chord chord = modifiers[group];
    chord.push_back(f_key((number - 1) % 12 + 1));
    return chord;
}

std::optional<Chord> chord_for_named_key(int code) {
    const char* text = ::keyname(code);
    const std::string_view name = text != nullptr ? text : "";
    if (name.size() < 3 || name.back() < '2' || name.back() > '8') return std::nullopt;
    const int modifiers = name.back() - '1';
    for (const NamedKey& named : named_keys) {
        if (named.name != name.substr(0, name.size() - 1)) continue;
        Chord chord;
        if (modifiers & 4) chord.push_back(Key::left_control);
        if (modifiers & 2) chord.push_back(Key::left_alt);
        if (modifiers & 1) chord.push_back(Key::left_shift);
        chord.push_back(named.key);
        return chord;
    }
    return std::nullopt;
}

std::optional<Chord> chord_for_function_key(int code) {
    if (code > KEY_F0 && code <= KEY_F(63)) return chord_for_f_key(code - KEY_F0);
    const auto shifted = [](Key key) { return Chord{Key::left_shift, key}; };
    switch (code) {
    case KEY_UP: return Chord{Key::up};
    case KEY_DOWN: return Chord{Key::down};
    case KEY_LEFT: return Chord{Key::left};
    case KEY_RIGHT: return Chord{Key::right};
    case KEY_HOME: return Chord{Key::home};
    case KEY_END: return Chord{Key::end};
    case KEY_PPAGE: return Chord{Key::page_up};
    case KEY_NPAGE: return Chord{Key::page_down};
    case KEY_IC: return Chord{Key::insert};
    case KEY_DC: return Chord{Key::delete_};
    case KEY_BACKSPACE: return Chord{Key::backspace};
    case KEY_ENTER: return Chord{Key::keypad_enter};
    case KEY_BTAB: return shifted(Key::tab);
    case KEY_SLEFT: return shifted(Key::left);
    case KEY_SRIGHT: return shifted(Key::right);
    case KEY_SR: return shifted(Key::up);
    case KEY_SF: return shifted(Key::down);
    case KEY_SHOME: return shifted(Key::home);
    case KEY_SEND: return shifted(Key::end);
    case KEY_SPREVIOUS: return shifted(Key::page_up);
    case KEY_SNEXT: return shifted(Key::page_down);
    case KEY_SDC: return shifted(Key::delete_);
    case KEY_SIC: return shifted(Key::insert);
    default: return chord_for_named_key(code);
    }
}

std::optional<Chord> chord_for_text(char character) {
    const auto chords = chords_for_text(std::string_view(&character, 1));
    if (!chords.ok() || chords.value().size() != 1) return std::nullopt;
    return chords.value().front();
}

std::optional<Chord> chord_for_character(wint_t character) {
    switch (character) {
    case 0: return Chord{Key::left_control, Key::space};
    case '\b':
    case delete_character: return Chord{Key::backspace};
    case '\t': return Chord{Key::tab};
    case '\r': return Chord{Key::enter};
    case escape_character: return Chord{Key::escape};
    case 0x1C: return Chord{Key::left_control, key_by_name("\\")};
    case 0x1E: return Chord{Key::left_control, key_by_name("6")};
    case 0x1F: return Chord{Key::left_control, key_by_name("-")};
    default: break;
    }
    if (character < ' ') {
        const char letter = static_cast<char>('a' + character - 1);
        return Chord{Key::left_control, key_by_name(std::string_view(&letter, 1))};
    }
    if (character > '~') return std::nullopt;
    return chord_for_text(static_cast<char>(character));
}

TerminalKey key_of(std::optional<Chord> chord) {
    if (!chord) return {};
    return {TerminalKey::Kind::chord, std::move(*chord)};
}

} // namespace

std::optional<TerminalKey> next_terminal_key() {
    wint_t character = 0;
    const int kind = ::get_wch(&character);
    if (kind == ERR) return std::nullopt;
    if (kind == KEY_CODE_YES) {
        if (character == KEY_RESIZE) return next_terminal_key();
        return key_of(chord_for_function_key(static_cast<int>(character)));
    }
    if (character == control_bracket) return TerminalKey{TerminalKey::Kind::menu, {}};
    if (character != escape_character) return key_of(chord_for_character(character));
    const int next_kind = ::get_wch(&character);
    if (next_kind == ERR) return key_of(Chord{Key::escape});
    auto chord = next_kind == KEY_CODE_YES ? chord_for_function_key(static_cast<int>(character))
                                           : chord_for_character(character);
    if (chord) chord->insert(chord->begin(), Key::left_alt);
    return key_of(std::move(chord));
}

} // namespace ringshift
