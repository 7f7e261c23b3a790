// What the guest plays, on the host's loudspeakers.
#pragma once

#include "base/result.h"
#include "base/types.h"

#define SDL_MAIN_HANDLED
#include <SDL.h>
#include <memory>
#include <span>

namespace ringshift {

class AudioOutput {
  public:
    static Result<std::unique_ptr<AudioOutput>> open(u32 sample_rate);
    ~AudioOutput();
    /// Any thread. A guest that is late gets a short pause before it goes on, one that is ahead loses samples: what is
    /// heard stays less than a fifth of a second behind.
    void play(std::span<const i16> samples);

  private:
    AudioOutput(SDL_AudioDeviceID device, u32 sample_rate) : m_device(device), m_sample_rate(sample_rate) {}
    SDL_AudioDeviceID m_device;
    u32 m_sample_rate;
};

} // namespace ringshift
