// libxkbcommon knows what each key of a layout gives with each modifier. All keys are asked once, with no modifier,
// Shift, AltGr and both, and the answers are turned round. A key number of evdev is the make code of our Key for the
// main part of the keyboard. What needs a dead key is found by trying each of them before each letter.
#include "frontend/keyboard_layout.h"

#include <xkbcommon/xkbcommon-compose.h>
#include <xkbcommon/xkbcommon.h>

#include <map>
#include <memory>

namespace ringshift {

namespace {

constexpr xkb_keycode_t keycode_of_evdev = 8;
constexpr xkb_keycode_t left_shift = keycode_of_evdev + 42, right_alt = keycode_of_evdev + 100;
/// The last key whose evdev number is its make code: the 102nd key and F11, F12 are 86 to 88.
constexpr u8 last_key = 0x58;

template <typename T, void (*free)(T*)>
struct Unref {
    void operator()(T* object) const { free(object); }
};
template <typename T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Unref<T, free>>;
using Context = Owned<xkb_context, xkb_context_unref>;
using Keymap = Owned<xkb_keymap, xkb_keymap_unref>;
using State = Owned<xkb_state, xkb_state_unref>;
using ComposeTable = Owned<xkb_compose_table, xkb_compose_table_unref>;
using ComposeState = Owned<xkb_compose_state, xkb_compose_state_unref>;

using Table = std::map<char32_t, std::vector<Chord>>;
using Symbols = std::map<xkb_keysym_t, Chord>;

/// The first, and so the simplest, chord for each symbol.
Symbols symbols_of(xkb_keymap* keymap) {
    Symbols symbols;
    for (const bool third : {false, true}) {
        for (const bool shift : {false, true}) {
            const State state(xkb_state_new(keymap));
            Chord modifiers;
            if (third) {
                xkb_state_update_key(state.get(), right_alt, XKB_KEY_DOWN);
                modifiers.push_back(Key::right_alt);
            }
            if (shift) {
                xkb_state_update_key(state.get(), left_shift, XKB_KEY_DOWN);
                modifiers.push_back(Key::left_shift);
            }
            for (u8 code = 1; code <= last_key; ++code) {
                // Not the keypad: what it gives depends on Num Lock.
                if (code == 0x37 || (code >= 0x47 && code <= 0x53)) continue;
                const xkb_keysym_t symbol = xkb_state_key_get_one_sym(state.get(), keycode_of_evdev + code);
                if (symbol == XKB_KEY_NoSymbol) continue;
                Chord chord = modifiers;
                chord.push_back(static_cast<Key>(code));
                symbols.try_emplace(symbol, std::move(chord));
            }
        }
    }
    return symbols;
}

bool is_dead(xkb_keysym_t symbol) { return symbol >= XKB_KEY_dead_grave && symbol <= XKB_KEY_dead_greek; }

/// What dead keys make of letters, as X composes them; without its tables there is nothing to add.
void add_composed(Table& table, const Symbols& symbols, xkb_context* context) {
    const ComposeTable composed(
        xkb_compose_table_new_from_locale(context, "en_US.UTF-8", XKB_COMPOSE_COMPILE_NO_FLAGS));
    if (!composed) return;
    const ComposeState state(xkb_compose_state_new(composed.get(), XKB_COMPOSE_STATE_NO_FLAGS));
    for (const auto& [dead, dead_chord] : symbols) {
        if (!is_dead(dead)) continue;
        for (const auto& [letter, letter_chord] : symbols) {
            xkb_compose_state_reset(state.get());
            xkb_compose_state_feed(state.get(), dead);
            xkb_compose_state_feed(state.get(), letter);
            if (xkb_compose_state_get_status(state.get()) != XKB_COMPOSE_COMPOSED) continue;
            const char32_t character = xkb_keysym_to_utf32(xkb_compose_state_get_one_sym(state.get()));
            if (character != 0) table.try_emplace(character, std::vector<Chord>{dead_chord, letter_chord});
        }
    }
}

xkb_rule_names names_of(const std::string& name, std::string& layout, std::string& variant) {
    const std::size_t colon = name.find(':');
    layout = name.substr(0, colon);
    variant = colon == std::string::npos ? "" : name.substr(colon + 1);
    if (name == "uk") layout = "gb";
    if (name == "dvorak") {
        layout = "us";
        variant = "dvorak";
    }
    return {"evdev", "pc105", layout.c_str(), variant.c_str(), ""};
}

} // namespace

Result<CharacterKeys> keyboard_layout(const std::string& name) {
    if (name == "us") return CharacterKeys(us_keys);
    const Context context(xkb_context_new(XKB_CONTEXT_NO_FLAGS));
    std::string layout, variant;
    const xkb_rule_names names = names_of(name, layout, variant);
    Keymap keymap;
    if (context) {
        xkb_context_set_log_level(context.get(), XKB_LOG_LEVEL_CRITICAL);
        keymap.reset(xkb_keymap_new_from_names(context.get(), &names, XKB_KEYMAP_COMPILE_NO_FLAGS));
    }
    if (!keymap || name.empty() || name.find(',') != std::string::npos)
        return make_error("there is no keyboard layout \"{}\"; among those of X are us, uk, de, fr, es, dvorak", name);
    const Symbols symbols = symbols_of(keymap.get());
    auto table = std::make_shared<Table>();
    for (const auto& [symbol, chord] : symbols)
        if (const char32_t character = xkb_keysym_to_utf32(symbol); character >= ' ' && character != 0x7F)
            table->try_emplace(character, std::vector<Chord>{chord});
    add_composed(*table, symbols, context.get());
    return CharacterKeys([table](char32_t character) -> std::vector<Chord> {
        if (character < ' ') return us_keys(character); // Enter, Tab and the like are everywhere where they are
        const auto found = table->find(character);
        return found == table->end() ? std::vector<Chord>{} : found->second;
    });
}

} // namespace ringshift
