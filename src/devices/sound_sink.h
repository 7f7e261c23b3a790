// The host side of a sound card.
#pragma once

#include "base/types.h"

#include <span>

namespace ringshift {

/// A moment of virtual time and the level from then on.
struct SoundFrame {
    u64 ns = 0;
    i16 left = 0, right = 0;
};

class SoundSink {
  public:
    virtual ~SoundSink() = default;
    /// Frames of one of the card's sources, in the order of time. They come at most `longest_delay_ns` late.
    virtual void play(unsigned source, std::span<const SoundFrame> frames) = 0;
    static constexpr u64 longest_delay_ns = 2'000'000;
};

} // namespace ringshift
