// 8254 (Intel data sheet 231164).
//
// Nothing counts here. A counter is an origin (the tick at which its counting element was loaded) and a period; count
// and output are functions of the ticks since then, computed when somebody looks. Ticks come from virtual time by exact
// integer arithmetic, so a counter never drifts against any other clock of the machine.
// Only the output of counter 0 is a wire, IRQ 0: one timer is armed for the exact time of its next change. If that
// timer comes so late that whole periods have gone by, they are one edge together, never a burst.
#include "devices/pit.h"

#include <algorithm>

namespace ringshift {

namespace {

enum : u8 { speaker_gate = 0x01, speaker_enable = 0x02, speaker_writable = 0x0F, refresh = 0x10, out2 = 0x20 };

// Counter 1 of a PC divides by 18 for the memory refresh; port 61 shows it whatever counter 1 is programmed to.
constexpr i64 refresh_ticks = 18;

// 119 years; its time in nanoseconds fits into 64 bits.
constexpr i64 latest_tick = i64{1} << 52;

u32 from_bcd(u16 value) {
    return (value & 0xFu) + (value >> 4 & 0xFu) * 10 + (value >> 8 & 0xFu) * 100 + (value >> 12 & 0xFu) * 1000;
}

u16 to_bcd(u32 value) {
    return static_cast<u16>(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12);
}

} // namespace

Pit::Pit(Clock& clock, IrqLine& irq)
    : m_clock(clock), m_irq(irq), m_timer(clock.create_timer("pit", [this](u64) { update_irq(); })),
      m_counter_ports(
          4, [this](unsigned offset) { return read(offset); },
          [this](unsigned offset, u8 value) { write(offset, value); }),
      m_speaker_port(
          1, [this](unsigned) { return read_speaker(); }, [this](unsigned, u8 value) { write_speaker(value); }) {
    m_state.counters[2].gate = false;
}

void Pit::reset() {
    m_state = {};
    m_state.counters[2].gate = false;
    m_clock.cancel(m_timer);
    m_irq.set(false);
}

// ---- one counter --------------------------------------------------------------------------------------------------

void Pit::Counter::advance(i64 now) {
    if (running && reload && !paused) {
        // Mode 2 takes a new count at the end of its period, mode 3 at the end of a half of it.
        const i64 e = now - origin;
        const i64 high = (period + 1) / 2;
        const i64 boundary = mode == 3 && elapsed < high ? high : period;
        if (e >= boundary) {
            origin += boundary;
            if (mode == 3 && boundary == high && period > 1) {
                // The low half is counted with the new count: place the origin as if its high half had passed.
                origin -= (next_period + 1) / 2;
            }
            period = next_period;
            reload = false;
        }
    }
    if (running && !reload && ticks(now) >= 0 && period == next_period) null_count = false;
    if (running && (mode == 2 || mode == 3) && !paused && !reload && now > origin) {
        origin += (now - origin) / period * period; // whole periods change nothing; keeps numbers small
    }
}

bool Pit::Counter::output(i64 now) const {
    if (!running || ticks(now) < 0) return mode != 0;
    const i64 e = ticks(now);
    switch (mode) {
    case 0:
    case 1: return e >= period;
    case 2: return paused || e % period != period - 1;
    case 3: return paused || e % period < (period + 1) / 2;
    default: return e != period;
    }
}

u16 Pit::Counter::count(i64 now) const {
    if (!running) return 0;
    const i64 e = std::max<i64>(ticks(now), 0);
    i64 value = 0;
    if (mode == 2) {
        value = period - e % period;
    } else if (mode == 3) {
        // Counts by two, twice a period, from an even number (data sheet, "Mode 3").
        const i64 half = (period + 1) / 2;
        const i64 position = e % period;
        value = (period & ~1u) - 2 * (position < half ? position : position - half);
    } else {
        value = (period - e) % modulus();
        if (value < 0) value += modulus();
    }
    return bcd ? to_bcd(static_cast<u32>(value % 10'000)) : static_cast<u16>(value);
}

i64 Pit::Counter::next_change(i64 now) const {
    if (!running || paused) return -1;
    const i64 e = now - origin;
    if (e < 0) return origin;
    switch (mode) {
    case 0:
    case 1: return e < period ? origin + period : -1;
    case 2: {
        if (period == 1) return reload ? origin + period : -1;
        const i64 start = now - e % period;
        return e % period < period - 1 ? start + period - 1 : start + period;
    }
    case 3: {
        if (period == 1) return reload ? origin + period : -1;
        const i64 start = now - e % period;
        const i64 high = (period + 1) / 2;
        return e % period < high ? start + high : start + period;
    }
    default: return e < period ? origin + period : e == period ? origin + period + 1 : -1;
    }
}

void Pit::Counter::control(u8 word) {
    Counter fresh;
    fresh.gate = gate;
    fresh.mode = word >> 1 & 7;
    if (fresh.mode > 5) fresh.mode -= 4;
    fresh.access = word >> 4 & 3;
    fresh.bcd = word & 1;
    *this = fresh;
}

void Pit::Counter::load(u16 value, i64 now) {
    next_period = bcd ? from_bcd(value) : value;
    if (next_period == 0) next_period = modulus();
    null_count = true;
    programmed = true;
    if (mode == 1 || mode == 5) return; // the trigger loads it
    if ((mode == 2 || mode == 3) && running && !paused && now >= origin) {
        reload = true;
        elapsed = ticks(now) % period; // tells advance() in which half of the period the count was written
        origin = now - elapsed;
        return;
    }
    period = next_period;
    running = true;
    reload = false;
    origin = now + 1;
    elapsed = 0;
    paused = !gate;
}

void Pit::Counter::set_gate(bool level, i64 now) {
    if (level == gate) return;
    gate = level;
    if (!programmed) return;
    switch (mode) {
    case 0:
    case 4:
        if (!running) return;
        if (!level) elapsed = std::max<i64>(now - origin, 0);
        if (level) origin = now - elapsed;
        paused = !level;
        break;
    case 1:
    case 5:
        if (!level) return;
        running = true;
        period = next_period;
        origin = now + 1;
        break;
    default:
        paused = !level;
        running = true;
        reload = false;
        period = next_period;
        origin = now + 1;
        elapsed = 0;
        break;
    }
}

void Pit::Counter::latch_count(i64 now) {
    if (latched_bytes) return; // until it is read (data sheet, "Counter Latch Command")
    latch = count(now);
    latched_bytes = access == 3 ? 2 : 1;
}

void Pit::Counter::latch_status(i64 now) {
    if (status_latched) return;
    status = static_cast<u8>(output(now) << 7 | null_count << 6 | access << 4 | mode << 1 | (bcd ? 1 : 0));
    status_latched = true;
}

void Pit::Counter::write(u8 value, i64 now) {
    switch (access) {
    case 1: load(value, now); break;
    case 2: load(static_cast<u16>(value << 8), now); break;
    default:
        if (!write_high) {
            low = value;
            write_high = true;
            if (mode == 0) running = false; // the first byte stops the count and lowers the output
            return;
        }
        write_high = false;
        load(static_cast<u16>(value << 8 | low), now);
        break;
    }
}

u8 Pit::Counter::read(i64 now) {
    if (status_latched) {
        status_latched = false;
        return status;
    }
    if (latched_bytes) {
        const bool high = access == 2 || (access == 3 && latched_bytes == 1);
        --latched_bytes;
        return static_cast<u8>(high ? latch >> 8 : latch);
    }
    const u16 value = count(now);
    if (access == 2) return static_cast<u8>(value >> 8);
    if (access != 3) return static_cast<u8>(value);
    read_high = !read_high;
    return static_cast<u8>(read_high ? value : value >> 8);
}

// ---- read ---------------------------------------------------------------------------------------------------------

u8 Pit::read(unsigned offset) {
    if (offset == 3) return 0xFF; // the control word register is write-only
    if (offset == 2) tell_listener();
    Counter& counter = m_state.counters[offset];
    counter.advance(now());
    return counter.read(now());
}

u8 Pit::read_speaker() {
    tell_listener();
    Counter& counter = m_state.counters[2];
    counter.advance(now());
    u8 value = m_state.speaker;
    if (now() / refresh_ticks & 1) value |= refresh;
    if (counter.output(now())) value |= out2;
    return value;
}

SpeakerState Pit::speaker() const {
    const Counter& counter = m_state.counters[2];
    SpeakerState speaker;
    speaker.enabled = m_state.speaker & speaker_enable;
    speaker.level = speaker.enabled && counter.output(now());
    if (speaker.enabled && counter.running && !counter.paused && (counter.mode == 2 || counter.mode == 3)) {
        speaker.tone_hz = static_cast<u32>(hz / (counter.reload ? counter.next_period : counter.period));
    }
    return speaker;
}

i64 Pit::speaker_ticks(i64 begin, i64 end) const {
    const Counter& counter = m_state.counters[2];
    if (!(m_state.speaker & speaker_enable)) return 0;
    i64 high = 0;
    while (begin < end) {
        // From the count written last a period may end in another one: at most to the next change of the output.
        const i64 change = counter.next_change(begin);
        const i64 stop = change <= begin || change > end ? end : change;
        if (counter.output(begin)) high += stop - begin;
        begin = stop;
    }
    return high;
}

// ---- write --------------------------------------------------------------------------------------------------------

void Pit::write(unsigned offset, u8 value) {
    update_irq(); // up to now with the old programming
    if (offset >= 2) tell_listener();
    if (offset == 3) {
        write_control(value);
    } else {
        m_state.counters[offset].advance(now());
        m_state.counters[offset].write(value, now());
    }
    update_irq();
}

void Pit::write_control(u8 value) {
    if (value >> 6 == 3) {
        // Read-back: bits 5 and 4 are active low, bits 1-3 choose the counters.
        for (unsigned i = 0; i < 3; ++i) {
            if (!(value & 2u << i)) continue;
            Counter& counter = m_state.counters[i];
            counter.advance(now());
            if (!(value & 0x20)) counter.latch_count(now());
            if (!(value & 0x10)) counter.latch_status(now());
        }
        return;
    }
    Counter& counter = m_state.counters[value >> 6];
    counter.advance(now());
    if ((value & 0x30) == 0) {
        counter.latch_count(now());
    } else {
        counter.control(value);
    }
}

void Pit::write_speaker(u8 value) {
    tell_listener();
    Counter& counter = m_state.counters[2];
    counter.advance(now());
    counter.set_gate(value & speaker_gate, now());
    m_state.speaker = value & speaker_writable;
}

void Pit::update_irq() {
    Counter& counter = m_state.counters[0];
    const i64 tick = now();
    const i64 change = counter.next_change(m_state.irq_tick);
    const bool missed = change >= 0 && change < tick; // an edge has passed since the last look
    counter.advance(tick);
    const bool level = counter.output(tick);
    if (missed && level == m_state.irq) m_irq.set(!level);
    m_state.irq = level;
    m_state.irq_tick = tick;
    m_irq.set(level);
    const i64 next = counter.next_change(tick);
    if (next < 0) {
        m_clock.cancel(m_timer);
    } else {
        m_clock.arm(m_timer, time_of_tick(static_cast<u64>(next), hz));
    }
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Pit::Counter::archive(Archive& ar) {
    ar(mode, access, bcd, gate, null_count, write_high, read_high, status_latched, low, status, latched_bytes, latch);
    ar(programmed, running, paused, reload, period, next_period, origin, elapsed);
    constexpr i64 far = latest_tick;
    ar.check(mode < 6, "PIT mode");
    ar.check(access >= 1 && access <= 3, "PIT access mode");
    ar.check(latched_bytes <= 2, "PIT latched bytes");
    ar.check(period <= 65'536 && next_period <= 65'536, "PIT period");
    ar.check(!programmed || next_period != 0, "PIT count");
    ar.check(!running || (programmed && period != 0), "PIT running without a count");
    ar.check(origin >= -far && origin <= far && elapsed >= 0 && elapsed <= far, "PIT time");
}

void Pit::archive(Archive& ar) {
    ar(m_state.counters, m_state.speaker, m_state.irq, m_state.irq_tick);
    ar.check((m_state.speaker & ~speaker_writable) == 0, "PIT speaker bits");
    ar.check(m_state.irq_tick >= 0 && m_state.irq_tick <= latest_tick, "PIT time");
}

} // namespace ringshift
