// A block, guest and host code side by side, with the provenance of every host instruction and why it is there. For
// people who want to see what a binary translator does.
#pragma once

#include "base/code_view.h"
#include "bt/block.h"

#include <span>
#include <string>
#include <vector>

namespace ringshift::bt {

std::string_view name_of(Provenance provenance);

struct Explanation {
    struct Guest {
        u32 eip = 0;
        std::vector<u8> bytes;
        std::string text;
    };
    struct Host {
        u32 offset = 0;
        std::vector<u8> bytes;
        std::string text;
        u32 guest = 0; ///< which of the guest instructions it is there for
        Provenance provenance = Provenance::native;
        std::string why;
        bool again = false; ///< the same reason as the one before: they belong together
    };
    u32 eip = 0;
    u64 linear = 0;
    u64 physical = 0;
    std::string mode; ///< what the translation takes for granted, in words
    std::string note; ///< about this block, or empty
    u32 cold = 0;     ///< from this offset on: what is seldom executed
    std::vector<Guest> guest;
    std::vector<Host> host; ///< every byte of the code, in order
};

/// `code` as it stands in the cache, or as the translator returned it; `block` with its marks.
Explanation explain(const Block& block, const Mode& mode, std::span<const u8> code, i64 runtime_distance);

std::string to_text(const Explanation& explanation, const CodeView& view);
std::string to_json(std::span<const Explanation> explanations);

} // namespace ringshift::bt
