// Which pages of a piece of device memory have been written directly, without the device seeing it.
#pragma once

#include "base/types.h"

#include <span>

namespace ringshift {

class DirtyPages {
  public:
    virtual ~DirtyPages() = default;
    /// Sets bit n mod 64 of word n / 64 for each 4 KiB page n written since the last call; leaves other bits alone.
    virtual void collect(std::span<u64> bitmap) = 0;
};

} // namespace ringshift
