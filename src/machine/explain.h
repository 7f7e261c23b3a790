// What the translator makes of code that no machine runs: flat binaries. For `ringshift explain`.
#pragma once

#include "base/code_view.h"
#include "base/result.h"
#include "base/types.h"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace ringshift {

struct ExplainWishes {
    unsigned bits = 32; ///< 16 or 32
    unsigned cpl = 0;   ///< 0 to 3; 0 with 16 bits is real mode
    u32 base = 0;       ///< EIP of the first byte
    /// First and last EIP to look at; nothing: all of the code.
    std::optional<std::pair<u32, u32>> range;
    std::string engine = "bt"; ///< with the translator's options
    std::string cpu = "max";
    CodeView view; ///< but for the number of blocks
};

/// Block after block, each from where the one before ends. Fails on an impossible wish.
Result<std::string> explain_code(std::span<const u8> code, const ExplainWishes& wishes);

} // namespace ringshift
