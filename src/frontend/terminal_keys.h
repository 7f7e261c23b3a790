// What is typed in a terminal, as keys of a US keyboard.
#pragma once

#include "machine/input.h"

#include <optional>

namespace ringshift {

struct TerminalKey {
    enum class Kind {
        chord,
        menu,    ///< Ctrl+]
        unknown, ///< no key of a US keyboard types it
    };
    Kind kind = Kind::unknown;
    Chord chord;
};

/// The next that was typed; nothing if none is there yet. An Escape that is followed at once by another character is
/// Alt held with it, as terminals send it.
std::optional<TerminalKey> next_terminal_key();

} // namespace ringshift
