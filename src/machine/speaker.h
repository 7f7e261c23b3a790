// The PC speaker as samples.
//
// Each sample is the mean position of the cone in its 1/48000 second, counted exactly in ticks of the timer that drives
// it: square waves of any pitch, and the pulse-width tricks by which programs made the speaker talk, come out as they
// should. A high-pass takes away where the cone rests. The timer says before it changes (Pit::set_speaker_listener), so
// nothing is polled. What is heard is no part of the machine's state.
#pragma once

#include "devices/pit.h"

#include <vector>

namespace ringshift {

class SpeakerSound {
  public:
    static constexpr u32 sample_rate = 48'000;

    /// Listens to the timer from now on.
    SpeakerSound(Pit& pit, const Clock& clock);
    ~SpeakerSound();
    SpeakerSound(const SpeakerSound&) = delete;
    SpeakerSound& operator=(const SpeakerSound&) = delete;

    /// The samples up to now since the last call, mono, at most a second of them.
    std::vector<i16> take();
    /// The number of the sample after the last one taken; sample n begins at n / 48000 s.
    u64 next_sample() const { return m_samples; }

  private:
    void render();
    void finish_sample();
    i64 now() const { return static_cast<i64>(ticks_at(m_clock.now(), Pit::hz)); }

    Pit& m_pit;
    const Clock& m_clock;
    i64 m_rendered; ///< the tick up to which samples are made
    u64 m_samples;  ///< since power-on: sample n ends at the tick that (n + 1) / 48000 s is in
    i64 m_high = 0; ///< ticks of the sample under way with the cone out
    i64 m_ticks = 0;
    i32 m_last_input = 0;  ///< of the high-pass
    i32 m_last_output = 0; ///< in 1/256
    std::vector<i16> m_output;
};

} // namespace ringshift
