// All that the guest plays, as one stream of stereo samples: the PC speaker and the sound card.
//
// The card says for each level from which moment of virtual time on it holds; between two that follow each other
// closely the mixer draws a line. Since a card tells of its levels up to SoundSink::longest_delay_ns late, it is heard
// that much later than the speaker. A high-pass takes away where a card's level rests. Everything is whole numbers of
// virtual time, so that a run sounds the same on every engine. What is heard is no part of the machine's state.
#pragma once

#include "devices/sb16.h"
#include "machine/speaker.h"

#include <array>
#include <deque>

namespace ringshift {

class SoundMixer final : public SoundSink {
  public:
    /// Listens from now on. `card`: or null.
    SoundMixer(Pit& pit, Sb16* card, const Clock& clock);
    ~SoundMixer() override;

    /// Left and right samples in turn, up to now since the last call, at most a second of them.
    std::vector<i16> take();
    void play(unsigned source, std::span<const SoundFrame> frames) override;

  private:
    struct Side {
        i32 input = 0, output = 0; ///< of the high-pass; output in 1/256
        i32 pass(i32 sample);
    };
    /// What the sources add up to at a moment.
    std::array<i32, 2> card_level(u64 ns);

    SpeakerSound m_speaker;
    Sb16* m_card;
    std::array<std::deque<SoundFrame>, Sb16::source_count> m_frames; ///< the first one is heard now, or not yet
    std::array<Side, 2> m_sides;
};

} // namespace ringshift
