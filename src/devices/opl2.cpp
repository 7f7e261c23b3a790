// How it sounds. An operator is a sine (or a part of one) whose phase advances by the voice's frequency times a small
// factor, and whose level is an envelope. In a voice the first operator either moves the phase of the second, which
// makes the timbre, or is added to it; it may also move its own phase (feedback). Levels are logarithms: the sine comes
// from a table of logarithms, attenuations are added to it, and a table of powers makes a number of the sum; there is
// no multiplication in the chip. Envelopes and tremolo and vibrato follow from the number of the sample, so that a chip
// that is silent needs no attention.
//
// Facts: Yamaha's application manual of the YM3812, and what is publicly known of the chip's tables and counters.
#include "devices/opl2.h"

#include <algorithm>
#include <cmath>

namespace ringshift {

namespace {

constexpr u16 silent = 511;
constexpr u32 no_sound = 0x1000;                                                                    ///< as a logarithm
constexpr std::array<u8, 16> factors = {1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 20, 24, 24, 30, 30}; // in halves
/// Attenuation of high notes by the upper four bits of the frequency number, in 3/4 dB.
constexpr std::array<u8, 16> key_levels = {0, 32, 40, 45, 48, 51, 53, 55, 56, 58, 59, 60, 61, 62, 63, 64};
constexpr std::array<u8, 4> key_level_shifts = {8, 1, 2, 0}; // none, 3, 1.5, 6 dB an octave
constexpr std::array<std::array<u8, 8>, 4> slow_steps = {
    {{0, 1, 0, 1, 0, 1, 0, 1}, {0, 1, 0, 1, 1, 1, 0, 1}, {0, 1, 1, 1, 0, 1, 1, 1}, {0, 1, 1, 1, 1, 1, 1, 1}}};
constexpr std::array<std::array<u8, 8>, 4> fast_steps = {
    {{1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 2, 1, 1, 1, 2}, {1, 2, 1, 2, 1, 2, 1, 2}, {1, 2, 2, 2, 1, 2, 2, 2}}};
constexpr u64 timer_unit_ns[2] = {80'000, 320'000};
constexpr u8 status_always = 0x06; ///< by which programs tell an OPL2 from an OPL3
constexpr unsigned bass_drum = 6, hi_hat = 14, snare = 15, tom = 16, cymbal = 17;

struct Tables {
    std::array<u16, 256> log_sine{}; ///< of a quarter wave, in 1/256 of a halving
    std::array<u16, 256> power{};    ///< 2^(i/256) - 1, in 1/1024
    Tables() {
        constexpr double pi = 3.14159265358979323846;
        for (unsigned i = 0; i < 256; ++i) {
            log_sine[i] = static_cast<u16>(std::lround(-std::log2(std::sin((i + 0.5) * pi / 512)) * 256));
            power[i] = static_cast<u16>(std::lround((std::exp2(i / 256.0) - 1) * 1024));
        }
    }
};
const Tables& tables() {
    static const Tables made;
    return made;
}

/// Where an operator's registers are from 20h, 40h, 60h, 80h and E0h on.
constexpr unsigned offset_of(unsigned op) { return op / 6 * 8 + (op / 2) % 3 + (op & 1) * 3; }

} // namespace

// --- reset, registers

void Opl2::reset() { m_s = State{}; }

u8 Opl2::status(u64 ns) {
    advance_timers(ns);
    const u8 flags = static_cast<u8>((m_s.timers[0].flag ? 0x40 : 0) | (m_s.timers[1].flag ? 0x20 : 0));
    return static_cast<u8>(flags | (flags != 0 ? 0x80 : 0) | status_always);
}

void Opl2::write(u8 value, u64 ns) {
    advance_timers(ns);
    if (m_s.index == 0x04) return write_timer_control(value, ns);
    m_s.registers[m_s.index] = value;
    if (m_s.index >= 0xB0 && m_s.index <= 0xBD) update_keys();
}

void Opl2::write_timer_control(u8 value, u64 ns) {
    if ((value & 0x80) != 0) { // only resets the flags
        for (Timer& timer : m_s.timers) timer.flag = false;
        return;
    }
    m_s.registers[0x04] = value;
    for (unsigned n = 0; n < 2; ++n) {
        Timer& timer = m_s.timers[n];
        const bool run = (value >> n & 1) != 0;
        if (run && !timer.running) timer.next = ns + timer_period(n);
        timer.running = run;
    }
}

u64 Opl2::timer_period(unsigned timer) const { return (256u - m_s.registers[0x02 + timer]) * timer_unit_ns[timer]; }

void Opl2::advance_timers(u64 ns) {
    for (unsigned n = 0; n < 2; ++n) {
        Timer& timer = m_s.timers[n];
        if (!timer.running || ns < timer.next) continue;
        const u64 period = timer_period(n);
        timer.next += ((ns - timer.next) / period + 1) * period;
        const bool masked = (m_s.registers[0x04] & (0x40 >> n)) != 0;
        timer.flag = timer.flag || !masked;
    }
}

// --- Keys

void Opl2::set_key(unsigned op, u8 key, bool down) {
    Operator& o = m_s.operators[op];
    const u8 before = o.keys;
    o.keys = static_cast<u8>(down ? o.keys | key : o.keys & ~key);
    if (before == 0 && o.keys != 0) {
        o.state = Phase::attack;
        o.phase = 0;
    } else if (before != 0 && o.keys == 0 && o.state != Phase::off) {
        o.state = Phase::release;
    }
}

void Opl2::update_keys() {
    constexpr u8 by_voice = 1, by_drum = 2;
    for (unsigned voice = 0; voice < 9; ++voice) {
        const bool down = m_s.registers[0xB0 + voice] & 0x20;
        set_key(2 * voice, by_voice, down);
        set_key(2 * voice + 1, by_voice, down);
    }
    const u8 drums = rhythm() ? m_s.registers[0xBD] : u8{0};
    set_key(2 * bass_drum, by_drum, drums & 0x10);
    set_key(2 * bass_drum + 1, by_drum, drums & 0x10);
    set_key(snare, by_drum, drums & 0x08);
    set_key(tom, by_drum, drums & 0x04);
    set_key(cymbal, by_drum, drums & 0x02);
    set_key(hi_hat, by_drum, drums & 0x01);
}

// --- Envelopes

u32 Opl2::number_of(unsigned voice) const {
    return m_s.registers[0xA0 + voice] | (m_s.registers[0xB0 + voice] & 3u) << 8;
}

/// 0 to 63: the rate of the register, faster for higher notes.
unsigned Opl2::rate_of(unsigned op, unsigned four_bits) const {
    if (four_bits == 0) return 0;
    const unsigned voice = op / 2;
    const bool by_second_bit = m_s.registers[0x08] & 0x40;
    const unsigned key = octave_of(voice) * 2 + ((number_of(voice) >> (by_second_bit ? 8 : 9)) & 1);
    const bool much = m_s.registers[0x20 + offset_of(op)] & 0x10;
    return std::min(63u, four_bits * 4 + (much ? key : key >> 2));
}

/// How far an envelope of this rate goes in the present sample.
unsigned Opl2::step_of(unsigned rate) const {
    const unsigned speed = rate >> 2, fraction = rate & 3;
    if (rate == 0) return 0;
    if (speed <= 12) {
        const unsigned shift = 12 - speed;
        if ((m_s.position & ((u64{1} << shift) - 1)) != 0) return 0;
        return slow_steps[fraction][(m_s.position >> shift) & 7];
    }
    return speed == 15 ? 4u : unsigned{fast_steps[fraction][m_s.position & 7]} << (speed - 13);
}

void Opl2::advance_envelope(unsigned op) {
    Operator& o = m_s.operators[op];
    const unsigned offset = offset_of(op);
    const u8 attack_decay = m_s.registers[0x60 + offset], sustain_release = m_s.registers[0x80 + offset];
    const bool held = m_s.registers[0x20 + offset] & 0x20;
    const auto fade = [&](unsigned four_bits) {
        o.attenuation = static_cast<u16>(std::min<unsigned>(silent, o.attenuation + step_of(rate_of(op, four_bits))));
    };
    switch (o.state) {
    case Phase::off: break;
    case Phase::attack: {
        const unsigned rate = rate_of(op, attack_decay >> 4);
        if (rate >= 60)
            o.attenuation = 0;
        else
            o.attenuation = static_cast<u16>(
                std::max(0, o.attenuation - (((o.attenuation + 1) * static_cast<int>(step_of(rate)) + 7) >> 3)));
        if (o.attenuation == 0) o.state = Phase::decay;
        break;
    }
    case Phase::decay: {
        fade(attack_decay & 15);
        const unsigned level = sustain_release >> 4 == 15 ? 31u : sustain_release >> 4;
        if (o.attenuation >= level << 4) o.state = Phase::sustain;
        break;
    }
    case Phase::sustain:
        if (!held) fade(sustain_release & 15);
        break;
    case Phase::release: fade(sustain_release & 15); break;
    }
    const bool over = o.state == Phase::release || (o.state == Phase::sustain && !held);
    if (over && o.attenuation == silent) {
        o.state = Phase::off;
        o.output = o.previous = 0;
    }
}

u32 Opl2::attenuation_of(unsigned op) const {
    const u8 levels = m_s.registers[0x40 + offset_of(op)];
    const unsigned voice = op / 2;
    const int by_key = (key_levels[number_of(voice) >> 6] << 2) - static_cast<int>((8 - octave_of(voice)) << 5);
    u32 total = m_s.operators[op].attenuation + ((levels & 0x3Fu) << 2) +
                (static_cast<u32>(std::max(0, by_key)) >> key_level_shifts[levels >> 6]);
    if ((m_s.registers[0x20 + offset_of(op)] & 0x80) != 0) { // tremolo: a triangle of 3.7 Hz
        const u32 at = static_cast<u32>((m_s.position >> 6) % 210);
        total += (at < 105 ? at : 210 - at) >> ((m_s.registers[0xBD] & 0x80) != 0 ? 2 : 4);
    }
    return std::min<u32>(total, silent);
}

// --- Waves

void Opl2::advance_phase(unsigned op) {
    const unsigned voice = op / 2;
    const u8 bits = m_s.registers[0x20 + offset_of(op)];
    u32 number = number_of(voice);
    if ((bits & 0x40) != 0) { // vibrato: eight steps at 6.1 Hz
        const u32 at = static_cast<u32>(m_s.position >> 10) & 7;
        u32 by = (number >> 7) & 7;
        if ((at & 3) == 0)
            by = 0;
        else if ((at & 1) != 0)
            by >>= 1;
        if ((m_s.registers[0xBD] & 0x40) == 0) by >>= 1;
        number = (at & 4) != 0 ? number - by : number + by;
    }
    const u32 step = ((number << octave_of(voice)) >> 1) * factors[bits & 15] >> 1;
    m_s.operators[op].phase = (m_s.operators[op].phase + step) & 0x7FFFF;
}

/// `phase`: 10 bits for a whole wave.
i32 Opl2::wave(unsigned op, u32 phase) const {
    const bool waves_chosen = m_s.registers[0x01] & 0x20;
    const unsigned form = waves_chosen ? m_s.registers[0xE0 + offset_of(op)] & 3u : 0u;
    const bool second_half = phase & 0x200, second_quarter = phase & 0x100;
    u32 level = tables().log_sine[second_quarter ? 255 - (phase & 255) : phase & 255];
    bool negative = form == 0 && second_half;
    if ((form == 1 && second_half) || (form == 3 && second_quarter)) level = no_sound;
    level = std::min<u32>(level + (attenuation_of(op) << 3), 0x1FFF);
    const i32 size = ((tables().power[255 - (level & 255)] + 1024) << 1) >> (level >> 8);
    return negative ? ~size : size;
}

i32 Opl2::run(unsigned op, i32 modulation) {
    Operator& o = m_s.operators[op];
    if (o.state == Phase::off) return 0;
    advance_envelope(op);
    const i32 sample = o.state == Phase::off ? 0 : wave(op, ((o.phase >> 9) + static_cast<u32>(modulation)) & 0x3FF);
    advance_phase(op);
    o.previous = o.output;
    o.output = static_cast<i16>(sample);
    return sample;
}

i32 Opl2::voice(unsigned number) {
    const u8 bits = m_s.registers[0xC0 + number];
    const unsigned feedback = (bits >> 1) & 7;
    const Operator& first = m_s.operators[2 * number];
    const i32 own = feedback == 0 ? 0 : (first.output + first.previous) >> (9 - feedback);
    const i32 modulator = run(2 * number, own);
    return (bits & 1) != 0 ? modulator + run(2 * number + 1, 0) : run(2 * number + 1, modulator);
}

/// Drums are made of the phases of two operators and of noise; each is twice as loud as a voice.
i32 Opl2::drums() {
    const auto phase = [this](unsigned op) { return (m_s.operators[op].phase >> 9) & 0x3FF; };
    const u32 h = phase(hi_hat), c = phase(cymbal), noise = m_s.noise & 1;
    const u32 metal = (((h >> 2) ^ (h >> 7)) | ((h >> 3) ^ (c >> 5)) | ((c >> 3) ^ (c >> 5))) & 1;
    const u32 h8 = (h >> 8) & 1;
    const auto at = [&](unsigned op, u32 wanted) {
        return run(op, static_cast<i32>(wanted) - static_cast<i32>(phase(op)));
    };
    i32 sum = (m_s.registers[0xC0 + bass_drum] & 1) != 0 ? (run(12, 0), run(13, 0)) : voice(bass_drum);
    // These two phases go on whether their drum sounds or not.
    for (const unsigned op : {hi_hat, cymbal})
        if (m_s.operators[op].state == Phase::off) advance_phase(op);
    sum += at(hi_hat, metal << 9 | (metal != noise ? 0xD0u : 0x34u));
    sum += at(snare, h8 << 9 | (h8 ^ noise) << 8);
    sum += run(tom, 0);
    sum += at(cymbal, metal << 9 | 0x80);
    return 2 * sum;
}

/// A first operator that only moves the phase of a silent second one is not heard.
bool Opl2::sounds() const {
    const auto on = [this](unsigned op) { return m_s.operators[op].state != Phase::off; };
    for (unsigned number = 0; number < 9; ++number) {
        const bool both = (m_s.registers[0xC0 + number] & 1) != 0 || (rhythm() && number > bass_drum);
        if (on(2 * number + 1) || (both && on(2 * number))) return true;
    }
    return false;
}

i16 Opl2::next_sample() {
    i32 sum = 0;
    const unsigned voices = rhythm() ? 6 : 9;
    for (unsigned number = 0; number < voices; ++number) sum += voice(number);
    if (rhythm()) sum += drums();
    m_s.noise = m_s.noise >> 1 | ((m_s.noise ^ m_s.noise >> 14) & 1) << 22;
    ++m_s.position;
    return static_cast<i16>(std::clamp(sum, -32768, 32767));
}

// --- archive

void Opl2::archive(Archive& ar) {
    State& s = m_s;
    ar(s.index, s.registers, s.operators, s.timers, s.noise, s.position);
    for (const Operator& o : s.operators)
        ar.check(o.phase <= 0x7FFFF && o.attenuation <= silent && o.state <= Phase::release && o.keys <= 3,
                 "OPL2 operator");
    for (const Timer& timer : s.timers) ar.check(timer.next < u64{1} << 62, "OPL2 timer");
    ar.check(s.noise != 0 && s.noise < 1u << 23 && s.position < u64{1} << 48, "OPL2 noise");
}

} // namespace ringshift
