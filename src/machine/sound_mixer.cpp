#include "machine/sound_mixer.h"

#include <algorithm>

namespace ringshift {

namespace {

/// Frames that are further apart are not connected: the card was silent between them.
constexpr u64 closest_ns = 500'000;
/// More than a second of the fastest source, if nobody takes what is made.
constexpr std::size_t most_frames = 60'000;

} // namespace

SoundMixer::SoundMixer(Pit& pit, Sb16* card, const Clock& clock) : m_speaker(pit, clock), m_card(card) {
    if (m_card != nullptr) m_card->set_sink(this);
}

SoundMixer::~SoundMixer() {
    if (m_card != nullptr) m_card->set_sink(nullptr);
}

void SoundMixer::play(unsigned source, std::span<const SoundFrame> frames) {
    std::deque<SoundFrame>& queue = m_frames[source];
    if (queue.size() + frames.size() > most_frames) queue.clear();
    queue.insert(queue.end(), frames.begin(), frames.end());
}

std::array<i32, 2> SoundMixer::card_level(u64 ns) {
    std::array<i32, 2> sum{};
    for (std::deque<SoundFrame>& queue : m_frames) {
        while (queue.size() > 1 && queue[1].ns <= ns) queue.pop_front();
        if (queue.empty() || queue[0].ns > ns) continue;
        const SoundFrame& now = queue[0];
        i64 left = now.left, right = now.right;
        if (queue.size() > 1 && queue[1].ns - now.ns <= closest_ns) {
            const SoundFrame& next = queue[1];
            const i64 part = static_cast<i64>(ns - now.ns), whole = static_cast<i64>(next.ns - now.ns);
            left += (next.left - left) * part / whole;
            right += (next.right - right) * part / whole;
        }
        sum[0] += static_cast<i32>(left);
        sum[1] += static_cast<i32>(right);
    }
    return sum;
}

/// One pole at 5 Hz.
i32 SoundMixer::Side::pass(i32 sample) {
    output += (sample - input) * 256 - output / 1536;
    input = sample;
    return output / 256;
}

std::vector<i16> SoundMixer::take() {
    if (m_card != nullptr) m_card->catch_up();
    const std::vector<i16> speaker = m_speaker.take();
    const u64 first = m_speaker.next_sample() - speaker.size();
    std::vector<i16> mixed;
    mixed.reserve(2 * speaker.size());
    for (std::size_t n = 0; n < speaker.size(); ++n) {
        const u64 ns = time_of_tick(first + n, SpeakerSound::sample_rate);
        const std::array<i32, 2> card = card_level(ns > longest_delay_ns ? ns - longest_delay_ns : 0);
        for (unsigned side = 0; side < 2; ++side) {
            const i32 level = speaker[n] + (m_card == nullptr ? 0 : m_sides[side].pass(card[side]));
            mixed.push_back(static_cast<i16>(std::clamp(level, -32768, 32767)));
        }
    }
    return mixed;
}

} // namespace ringshift
