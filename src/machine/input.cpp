#include "machine/input.h"

#include <array>
#include <cctype>
#include <map>

namespace ringshift {

namespace {

/// A character and its place on a US keyboard.
struct Place {
    u8 code = 0;
    bool shift = false;
};

constexpr std::array<Place, 128> us_layout() {
    std::array<Place, 128> layout{};
    struct Row {
        u8 first;
        const char* plain;
        const char* shifted;
    };
    constexpr std::array<Row, 4> rows = {{
        {0x02, "1234567890-=", "!@#$%^&*()_+"},
        {0x10, "qwertyuiop[]", "QWERTYUIOP{}"},
        {0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
        {0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
    }};
    for (const Row& row : rows) {
        for (u8 i = 0; row.plain[i] != 0; ++i) {
            layout[static_cast<u8>(row.plain[i])] = {static_cast<u8>(row.first + i), false};
            layout[static_cast<u8>(row.shifted[i])] = {static_cast<u8>(row.first + i), true};
        }
    }
    layout[' '] = {static_cast<u8>(Key::space), false};
    layout['\n'] = {static_cast<u8>(Key::enter), false};
    layout['\t'] = {static_cast<u8>(Key::tab), false};
    layout['\b'] = {static_cast<u8>(Key::backspace), false};
    layout[0x1B] = {static_cast<u8>(Key::escape), false};
    return layout;
}

constexpr std::array<Place, 128> layout = us_layout();

const std::map<std::string_view, Key>& key_names() {
    static const std::map<std::string_view, Key> names = {
        {"esc", Key::escape},
        {"backspace", Key::backspace},
        {"tab", Key::tab},
        {"enter", Key::enter},
        {"ctrl", Key::left_control},
        {"shift", Key::left_shift},
        {"alt", Key::left_alt},
        {"altgr", Key::right_alt},
        {"space", Key::space},
        {"capslock", Key::caps_lock},
        {"numlock", Key::num_lock},
        {"scrolllock", Key::scroll_lock},
        {"print", Key::print_screen},
        {"pause", Key::pause},
        {"home", Key::home},
        {"up", Key::up},
        {"pgup", Key::page_up},
        {"left", Key::left},
        {"right", Key::right},
        {"end", Key::end},
        {"down", Key::down},
        {"pgdn", Key::page_down},
        {"ins", Key::insert},
        {"del", Key::delete_},
        {"win", Key::left_windows},
        {"menu", Key::menu},
        {"f11", Key::f11},
        {"f12", Key::f12},
    };
    return names;
}

Result<Chord> chord_by_name(std::string_view name) {
    Chord chord;
    for (std::string_view rest = name; !rest.empty();) {
        const std::size_t dash = rest.find('-', 1); // "-" itself may be a key
        const std::string_view part = rest.substr(0, dash);
        const Key key = key_by_name(part);
        if (key == Key::none) return make_error("there is no key named \"{}\" in \"\\{{{}}}\"", part, name);
        chord.push_back(key);
        rest = dash == std::string_view::npos ? std::string_view{} : rest.substr(dash + 1);
    }
    if (chord.empty()) return make_error("\"\\{{}}\" names no key");
    return chord;
}

/// The character of UTF-8 that begins at `at`, which moves behind it. A byte that begins none counts as one.
char32_t take_character(std::string_view text, std::size_t& at) {
    const u8 first = static_cast<u8>(text[at++]);
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    if (more == 0 || text.size() - at < more) return first < 0x80 ? char32_t{first} : char32_t{0xFFFD};
    char32_t character = first & (0x3Fu >> more);
    for (std::size_t i = 0; i < more; ++i) character = character << 6 | (static_cast<u8>(text[at++]) & 0x3Fu);
    return character;
}

Result<> add_character(std::vector<Chord>& chords, char32_t character, const CharacterKeys& keys) {
    const std::vector<Chord> own = keys(character);
    if (own.empty())
        return make_error("character {:#04x} cannot be typed on this keyboard", static_cast<u32>(character));
    chords.insert(chords.end(), own.begin(), own.end());
    return Unit{};
}

} // namespace

Key key_by_name(std::string_view name) {
    const auto found = key_names().find(name);
    if (found != key_names().end()) return found->second;
    if (name.size() == 2 && name[0] == 'f' && name[1] >= '1' && name[1] <= '9')
        return static_cast<Key>(static_cast<u8>(Key::f1) + (name[1] - '1'));
    if (name == "f10") return Key::f10;
    if (name.size() == 1 && static_cast<u8>(name[0]) < layout.size() && !layout[static_cast<u8>(name[0])].shift)
        return static_cast<Key>(layout[static_cast<u8>(name[0])].code);
    return Key::none;
}

std::vector<Chord> us_keys(char32_t character) {
    const Place place = character < layout.size() ? layout[character] : Place{};
    if (place.code == 0) return {};
    const Key key = static_cast<Key>(place.code);
    return {place.shift ? Chord{Key::left_shift, key} : Chord{key}};
}

std::vector<Chord> chords_for_plain_text(std::string_view text, std::size_t& untypable, const CharacterKeys& keys) {
    std::vector<Chord> chords;
    untypable = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t character = take_character(text, at);
        if (character != '\r' && !add_character(chords, character, keys).ok()) ++untypable;
    }
    return chords;
}

Result<std::vector<Chord>> chords_for_text(std::string_view text, const CharacterKeys& keys) {
    std::vector<Chord> chords;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            TRY(add_character(chords, take_character(text, i), keys));
            continue;
        }
        const char escape = text[i + 1];
        i += 2;
        if (escape == '{') {
            const std::size_t end = text.find('}', i);
            if (end == std::string_view::npos) return make_error("\"\\{{\" without \"}}\" in \"{}\"", text);
            chords.push_back(TRY(chord_by_name(text.substr(i, end - i))));
            i = end + 1;
            continue;
        }
        static constexpr std::string_view escapes = "ntbe\\";
        static constexpr std::string_view meanings = "\n\t\b\x1B\\";
        const std::size_t index = escapes.find(escape);
        if (index == std::string_view::npos) return make_error("unknown escape \"\\{}\" in \"{}\"", escape, text);
        TRY(add_character(chords, static_cast<char32_t>(meanings[index]), keys));
    }
    return chords;
}

} // namespace ringshift
