// The 8254 timer with its three counters, and port 61h: gate of counter 2, speaker, refresh toggle.
#pragma once

#include "devices/byte_registers.h"

#include <array>

namespace ringshift {

/// What the PC speaker does now; for a host that makes sound of it.
struct SpeakerState {
    bool enabled = false; ///< the cone is connected (port 61 bit 1)
    bool level = false;   ///< where the cone is while no tone plays
    u32 tone_hz = 0;      ///< the frequency of the square wave of counter 2; 0 is none
    bool operator==(const SpeakerState&) const = default;
};

class Pit final : public Device {
  public:
    static constexpr u64 hz = 1'193'182;

    /// `irq` is the output of counter 0.
    Pit(Clock& clock, IrqLine& irq);

    RegisterBlock& counters() { return m_counter_ports; }    ///< ports 40-43
    RegisterBlock& speaker_port() { return m_speaker_port; } ///< port 61
    SpeakerState speaker() const;
    /// Called before anything about the speaker changes, so that the time up to now can be heard with what it was; or
    /// null.
    void set_speaker_listener(std::function<void()> listener) { m_speaker_listener = std::move(listener); }
    /// How many of the ticks (of Pit::hz, since power-on) from `begin` to `end` the cone is out, if nothing changes.
    i64 speaker_ticks(i64 begin, i64 end) const;

    std::string_view name() const override { return "pit"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    /// One counter. Times are ticks of the 1193182 Hz clock since power-on.
    struct Counter {
        u8 mode = 0;   // 0..5
        u8 access = 3; // 1 low byte, 2 high byte, 3 low then high
        bool bcd = false;
        bool gate = true;
        bool null_count = true;      // the count written last is not in the counting element yet
        bool write_high = false;     // access 3: the low byte is in `low`
        bool read_high = false;      // access 3: the low byte has been read
        bool status_latched = false; // read-back: `status` is read next
        u8 low = 0;
        u8 status = 0;
        u8 latched_bytes = 0; // of `latch`, still to be read
        u16 latch = 0;
        bool programmed = false; // a count has been written since the control word
        bool running = false;    // the counting element is loaded; modes 1 and 5: triggered
        bool paused = false;     // the gate holds the count at `elapsed`
        bool reload = false;     // modes 2 and 3: `next_period` is loaded at the next boundary
        u32 period = 0;          // counts of the running cycle
        u32 next_period = 0;     // from the count written last
        i64 origin = 0;          // the tick at which the counting element was loaded
        i64 elapsed = 0;

        void archive(Archive& ar);
        u32 modulus() const { return bcd ? 10'000 : 65'536; }
        i64 ticks(i64 now) const { return paused ? elapsed : now - origin; }
        /// Brings `origin` and `period` up to `now`.
        void advance(i64 now);
        bool output(i64 now) const;
        u16 count(i64 now) const;
        /// The next tick after `now` at which the output may change, or -1.
        i64 next_change(i64 now) const;
        void control(u8 word);
        void load(u16 value, i64 now);
        void set_gate(bool level, i64 now);
        void latch_count(i64 now);
        void latch_status(i64 now);
        void write(u8 value, i64 now);
        u8 read(i64 now);
    };

    i64 now() const { return static_cast<i64>(ticks_at(m_clock.now(), hz)); }
    u8 read(unsigned offset);
    void write(unsigned offset, u8 value);
    void write_control(u8 value);
    void tell_listener() const {
        if (m_speaker_listener) m_speaker_listener();
    }
    u8 read_speaker();
    void write_speaker(u8 value);
    /// Drives IRQ 0 to the output of counter 0 and arms the timer for its next change.
    void update_irq();

    Clock& m_clock;
    IrqLine& m_irq;
    TimerId m_timer;
    ByteRegisters m_counter_ports;
    ByteRegisters m_speaker_port;
    std::function<void()> m_speaker_listener;
    struct State {
        std::array<Counter, 3> counters;
        u8 speaker = 0;   // port 61 bits 0-3
        bool irq = false; // the level driven last
        i64 irq_tick = 0; // and when
    } m_state;
};

} // namespace ringshift
