// The guest's keyboard and mouse, for front ends. Keys are places on the keyboard, not characters.
#pragma once

#include "base/result.h"
#include "base/types.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ringshift {

/// A key of the 102-key keyboard by its set 1 make code, plus 80h for those with the E0 prefix.
enum class Key : u8 {
    none = 0,
    escape = 0x01,
    digit_1 = 0x02,
    digit_0 = 0x0B,
    backspace = 0x0E,
    tab = 0x0F,
    enter = 0x1C,
    left_control = 0x1D,
    left_shift = 0x2A,
    right_shift = 0x36,
    left_alt = 0x38,
    space = 0x39,
    caps_lock = 0x3A,
    f1 = 0x3B,
    f10 = 0x44,
    num_lock = 0x45,
    scroll_lock = 0x46,
    f11 = 0x57,
    f12 = 0x58,
    keypad_enter = 0x80 | 0x1C,
    right_control = 0x80 | 0x1D,
    print_screen = 0x80 | 0x37,
    right_alt = 0x80 | 0x38,
    pause = 0x80 | 0x45,
    home = 0x80 | 0x47,
    up = 0x80 | 0x48,
    page_up = 0x80 | 0x49,
    left = 0x80 | 0x4B,
    right = 0x80 | 0x4D,
    end = 0x80 | 0x4F,
    down = 0x80 | 0x50,
    page_down = 0x80 | 0x51,
    insert = 0x80 | 0x52,
    delete_ = 0x80 | 0x53,
    left_windows = 0x80 | 0x5B,
    right_windows = 0x80 | 0x5C,
    menu = 0x80 | 0x5D,
};

/// Keys held together: modifiers first.
using Chord = std::vector<Key>;

/// What to press for a Unicode character: chords one after the other (a dead key comes before its letter); none: it
/// cannot be typed.
using CharacterKeys = std::function<std::vector<Chord>(char32_t)>;
/// Those of a US keyboard.
std::vector<Chord> us_keys(char32_t character);

/// The keys that type `text` (UTF-8) on a keyboard of that layout. `\n \t \e \b \\` are what they are in C; `\{up}`,
/// `\{f12}`,
/// `\{ctrl-alt-del}` are keys by name. The error says which character or name cannot be typed.
Result<std::vector<Chord>> chords_for_text(std::string_view text, const CharacterKeys& keys = us_keys);
/// The same for text as it is, without escapes; `untypable` counts the characters that are left out.
std::vector<Chord> chords_for_plain_text(std::string_view text, std::size_t& untypable,
                                         const CharacterKeys& keys = us_keys);
/// One key by name ("enter", "f1", "a"), or Key::none.
Key key_by_name(std::string_view name);

/// Mouse buttons, bits.
namespace mouse_button {
inline constexpr u8 left = 1, right = 2, middle = 4;
}

class Input {
  public:
    virtual ~Input() = default;
    virtual void key(Key key, bool down) = 0;
    /// Types chords one after the other, at a pace that every guest can follow.
    virtual void type(const std::vector<Chord>& chords) = 0;
    /// All that was given to type() has been typed.
    virtual bool typed() const = 0;
    /// Relative movement in counts, y grows downwards; wheel in notches, positive is away from the user.
    virtual void mouse(int dx, int dy, int wheel, u8 buttons) = 0;
    /// Whether the guest follows point(): it has a driver for the tablet that is listening.
    virtual bool can_point() const = 0;
    /// A place on the screen, 0 to `pointer_extent` to the right and down; the rest as with mouse().
    virtual void point(int x, int y, int wheel, u8 buttons) = 0;
    static constexpr int pointer_extent = 32767;
};

} // namespace ringshift
