#include "frontend/sdl/audio.h"

#include "machine/machine.h"

#include <vector>

namespace ringshift {

namespace {
constexpr u32 frame_bytes = 2 * MachineHost::sound_channels;
}

Result<std::unique_ptr<AudioOutput>> AudioOutput::open(u32 sample_rate) {
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) != 0) return make_error("there is no sound ({})", SDL_GetError());
    SDL_AudioSpec wanted{};
    wanted.freq = static_cast<int>(sample_rate);
    wanted.format = AUDIO_S16SYS;
    wanted.channels = MachineHost::sound_channels;
    wanted.samples = 1024;
    const SDL_AudioDeviceID device = SDL_OpenAudioDevice(nullptr, 0, &wanted, nullptr, 0);
    if (device == 0) {
        const Error error = make_error("there is no sound ({})", SDL_GetError());
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        return error;
    }
    SDL_PauseAudioDevice(device, 0);
    return std::unique_ptr<AudioOutput>(new AudioOutput(device, sample_rate));
}

AudioOutput::~AudioOutput() {
    SDL_CloseAudioDevice(m_device);
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
}

void AudioOutput::play(std::span<const i16> samples) {
    const u32 queued = SDL_GetQueuedAudioSize(m_device) / frame_bytes;
    if (queued > m_sample_rate / 6) return;
    if (queued == 0) { // it has run dry: begin with something in hand, so that it does not again
        const std::vector<i16> silence(m_sample_rate / 20 * MachineHost::sound_channels);
        SDL_QueueAudio(m_device, silence.data(), static_cast<Uint32>(silence.size() * 2));
    }
    SDL_QueueAudio(m_device, samples.data(), static_cast<Uint32>(samples.size_bytes()));
}

} // namespace ringshift
