// The OPL2 (Yamaha YM3812): nine voices of two operators each, or six and five drums. See the essay in opl2.cpp.
#pragma once

#include "base/device.h"

#include <array>
#include <vector>

namespace ringshift {

/// Part of a sound card, which archives it and tells it the time.
class Opl2 {
  public:
    /// 3.579545 MHz / 72.
    static constexpr u64 sample_rate = 49'716;

    void reset();
    /// The status register at virtual time `ns`: which timers have run off.
    u8 status(u64 ns);
    void select(u8 index) { m_s.index = index; }
    /// Writes the selected register; the samples up to now have been taken before.
    void write(u8 value, u64 ns);

    /// Something sounds: samples have to be taken, or time passes without them.
    bool sounds() const;
    /// The number of the next sample, since power-on.
    u64 position() const { return m_s.position; }
    /// Nothing has sounded since the last sample.
    void skip_to(u64 position) { m_s.position = position; }
    i16 next_sample();

    void archive(Archive& ar);

  private:
    enum class Phase : u8 { off, attack, decay, sustain, release };
    struct Operator {
        u32 phase = 0;         ///< 19 bits
        u16 attenuation = 511; ///< of the envelope, in 3/16 dB
        Phase state = Phase::off;
        u8 keys = 0; ///< bit 0: the voice's, bit 1: the drum's
        i16 output = 0, previous = 0;
        void archive(Archive& ar) { ar(phase, attenuation, state, keys, output, previous); }
    };
    struct Timer {
        bool running = false, flag = false;
        u64 next = 0; ///< ns
        void archive(Archive& ar) { ar(running, flag, next); }
    };
    struct State {
        u8 index = 0;
        std::array<u8, 256> registers{};
        std::array<Operator, 18> operators; ///< 2c and 2c + 1 are those of voice c
        std::array<Timer, 2> timers;
        u32 noise = 1;
        u64 position = 0;
    };

    bool rhythm() const { return m_s.registers[0xBD] & 0x20; }
    u32 number_of(unsigned voice) const;
    u32 octave_of(unsigned voice) const { return (m_s.registers[0xB0 + voice] >> 2) & 7; }
    void set_key(unsigned op, u8 key, bool down);
    void update_keys();
    void write_timer_control(u8 value, u64 ns);
    u64 timer_period(unsigned timer) const;
    void advance_timers(u64 ns);
    unsigned rate_of(unsigned op, unsigned four_bits) const;
    unsigned step_of(unsigned rate) const;
    void advance_envelope(unsigned op);
    void advance_phase(unsigned op);
    u32 attenuation_of(unsigned op) const;
    i32 wave(unsigned op, u32 phase) const;
    i32 run(unsigned op, i32 modulation);
    i32 voice(unsigned number);
    i32 drums();

    State m_s;
};

} // namespace ringshift
