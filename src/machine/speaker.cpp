#include "machine/speaker.h"

#include <algorithm>

namespace ringshift {

namespace {

/// The cone's two positions are so far apart; a quarter of full scale is loud enough.
constexpr i64 amplitude = 8192;

constexpr i64 end_of_sample(u64 sample) {
    return static_cast<i64>(static_cast<unsigned __int128>(sample + 1) * Pit::hz / SpeakerSound::sample_rate);
}

} // namespace

SpeakerSound::SpeakerSound(Pit& pit, const Clock& clock)
    : m_pit(pit), m_clock(clock), m_rendered(now()), m_samples(ticks_at(clock.now(), sample_rate)) {
    m_pit.set_speaker_listener([this] { render(); });
}

SpeakerSound::~SpeakerSound() { m_pit.set_speaker_listener(nullptr); }

void SpeakerSound::finish_sample() {
    const i32 input = m_ticks == 0 ? m_last_input : static_cast<i32>(m_high * amplitude / m_ticks);
    m_high = m_ticks = 0;
    // One pole at 15 Hz.
    m_last_output += (input - m_last_input) * 256 - m_last_output / 512;
    m_last_input = input;
    m_output.push_back(static_cast<i16>(std::clamp(m_last_output / 256, -32768, 32767)));
}

void SpeakerSound::render() {
    const i64 end = now();
    // Time has jumped (a restored machine), or nobody takes what is made.
    if (end < m_rendered || end - m_rendered > static_cast<i64>(Pit::hz) || m_output.size() >= sample_rate) {
        m_output.clear();
        m_rendered = end;
        m_samples = ticks_at(m_clock.now(), sample_rate);
        m_high = m_ticks = 0;
    }
    while (m_rendered < end) {
        const i64 sample_end = std::max(m_rendered + 1, end_of_sample(m_samples));
        const i64 stop = std::min(end, sample_end);
        m_high += m_pit.speaker_ticks(m_rendered, stop);
        m_ticks += stop - m_rendered;
        m_rendered = stop;
        if (stop != sample_end) break;
        finish_sample();
        ++m_samples;
    }
}

std::vector<i16> SpeakerSound::take() {
    render();
    return std::exchange(m_output, {});
}

} // namespace ringshift
