// The sixteen conditions of Jcc, SETcc and CMOVcc (SDM vol. 1, appendix B), by Zydis's names.
#pragma once

#include "cpu/state.h"

namespace ringshift {

#define RINGSHIFT_ALL_CONDITIONS(X)                                                                                    \
    X(o) X(no) X(b) X(nb) X(z) X(nz) X(be) X(nbe) X(s) X(ns) X(p) X(np) X(l) X(nl) X(le) X(nle)

enum class Condition : u8 {
#define RINGSHIFT_NAME(suffix) suffix,
    RINGSHIFT_ALL_CONDITIONS(RINGSHIFT_NAME)
#undef RINGSHIFT_NAME
};

template <Condition condition>
inline bool holds(u32 flags) {
    constexpr auto code = static_cast<unsigned>(condition);
    bool result = false;
    switch (code >> 1) {
    case 0: result = flags & flag::of; break;
    case 1: result = flags & flag::cf; break;
    case 2: result = flags & flag::zf; break;
    case 3: result = flags & (flag::cf | flag::zf); break;
    case 4: result = flags & flag::sf; break;
    case 5: result = flags & flag::pf; break;
    case 6: result = ((flags >> 7) ^ (flags >> 11)) & 1; break;
    case 7: result = (((flags >> 7) ^ (flags >> 11)) & 1) || (flags & flag::zf); break;
    }
    return (code & 1) ? !result : result;
}

} // namespace ringshift
