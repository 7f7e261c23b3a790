// How translated code is to be shown to people and programs.
#pragma once

namespace ringshift {

struct CodeView {
    unsigned blocks = 1; ///< that many, each from where the one before ends
    bool colour = false; ///< with the escape sequences of terminals
    bool narrow = false; ///< the host's code below the guest's instead of beside it
    bool json = false;   ///< everything, for programs
};

} // namespace ringshift
