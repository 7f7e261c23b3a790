// What can be switched off in the interpreter. Off means the dumb equivalent, and everything still works.
#pragma once

#include "base/types.h"

namespace ringshift {

struct InterpreterOptions {
    bool block_links = true;    ///< a block knows those that came after it
    bool decode_cache = true;   ///< decoded instructions are found by their bytes
    bool string_runs = true;    ///< repeated string instructions do many elements at once
    bool new_code = true;       ///< no block is made of code that runs for the first time
    bool beside_code = true;    ///< stores beside code look at its marks and go on
    u64 block_bytes = 64 << 20; ///< of decoded code; when there is more, all of it is forgotten
};

} // namespace ringshift
