// MC146818 (Motorola data sheet) as wired in a PC/AT; century in CMOS byte 32h.
//
// The time is what the ten registers hold, in whatever format the guest has chosen, and whatever nonsense it wrote
// there: each second one update advances them in place. The phase of the seconds is that of the divider chain, which
// the guest can hold in reset; the first update after its release comes half a second later.
#include "devices/rtc.h"

namespace ringshift {

namespace {

enum : u8 {
    seconds,
    seconds_alarm,
    minutes,
    minutes_alarm,
    hours,
    hours_alarm,
    day_of_week,
    day_of_month,
    month,
    year,
    register_a,
    register_b,
    register_c,
    register_d,
    century = 0x32
};
enum : u8 { a_uip = 0x80, a_divider = 0x70, a_divider_reset = 0x60, a_rate = 0x0F };
enum : u8 { b_set = 0x80, b_pie = 0x40, b_aie = 0x20, b_uie = 0x10, b_sqwe = 0x08, b_binary = 0x04, b_24h = 0x02 };
enum : u8 { c_irq = 0x80, c_pf = 0x40, c_af = 0x20, c_uf = 0x10 };
enum : u8 { d_valid = 0x80, hour_pm = 0x80, alarm_any = 0xC0 };

constexpr u64 second_ns = 1'000'000'000;
constexpr u64 crystal_hz = 32'768;
// UIP is set 244 us before the update cycle, which takes 1984 us and ends with the new time (data sheet, "Update
// Cycle").
constexpr u64 uip_ns = 244'000 + 1'984'000;

unsigned days_in_month(unsigned month_, unsigned year_) {
    static constexpr u8 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month_ < 1 || month_ > 12) return 31;
    const bool leap = year_ % 4 == 0 && (year_ % 100 != 0 || year_ % 400 == 0);
    return days[month_ - 1] + (month_ == 2 && leap ? 1u : 0u);
}

} // namespace

Rtc::Rtc(Clock& clock, IrqLine& irq, i64 epoch_seconds)
    : m_clock(clock), m_irq(irq), m_update_timer(clock.create_timer("rtc.update", [this](u64) { on_update(); })),
      m_periodic_timer(clock.create_timer("rtc.periodic",
                                          [this](u64) {
                                              collect_periodic();
                                              arm_periodic();
                                          })),
      m_ports(
          2, [this](unsigned offset) { return offset == 1 ? read_data(m_state.index) : u8{0xFF}; },
          [this](unsigned offset, u8 value) {
              if (offset == 1) return write_data(m_state.index, value);
              m_state.index = value & 0x7F;
              m_state.nmi_masked = value & 0x80;
          }),
      m_extended_ports(
          2,
          [this](unsigned offset) { return offset == 1 ? read_data(m_state.extended_index) : m_state.extended_index; },
          [this](unsigned offset, u8 value) {
              if (offset == 1) return write_data(m_state.extended_index, value);
              m_state.extended_index = value;
          }) {
    m_state.memory[register_a] = 0x26;
    m_state.memory[register_b] = b_24h;
    m_state.memory[register_d] = d_valid;
    m_state.divider_base = static_cast<i64>(m_clock.now());
    set_time(epoch_seconds);
    arm_update();
}

void Rtc::reset() {
    m_state.memory[register_b] &= static_cast<u8>(~(b_pie | b_aie | b_uie | b_sqwe));
    m_state.memory[register_c] = 0;
    m_state.index = 0;
    m_state.extended_index = 0;
    m_state.nmi_masked = false;
    m_clock.cancel(m_periodic_timer);
    m_irq.set(false);
}

void Rtc::set_cmos(u8 index, u8 value) {
    if (index > register_d) m_state.memory[index] = value;
}

// ---- calendar -----------------------------------------------------------------------------------------------------

unsigned Rtc::decode(u8 value) const {
    return m_state.memory[register_b] & b_binary ? value : (value >> 4) * 10u + (value & 0x0Fu);
}

u8 Rtc::encode(unsigned value) const {
    if (m_state.memory[register_b] & b_binary) return static_cast<u8>(value);
    return static_cast<u8>(value / 10 % 10 << 4 | value % 10);
}

Rtc::Fields Rtc::fields() const {
    const auto& r = m_state.memory;
    Fields f{};
    f.second = decode(r[seconds]);
    f.minute = decode(r[minutes]);
    f.hour = decode(r[hours]);
    if (!(r[register_b] & b_24h)) f.hour = decode(r[hours] & 0x7F) % 12 + (r[hours] & hour_pm ? 12u : 0u);
    f.weekday = decode(r[day_of_week]);
    f.day = decode(r[day_of_month]);
    f.month = decode(r[month]);
    f.year = decode(r[year]);
    f.century = decode(r[century]);
    return f;
}

void Rtc::set_fields(const Fields& f) {
    auto& r = m_state.memory;
    r[seconds] = encode(f.second);
    r[minutes] = encode(f.minute);
    if (r[register_b] & b_24h) {
        r[hours] = encode(f.hour);
    } else {
        r[hours] = static_cast<u8>(encode(f.hour % 12 ? f.hour % 12 : 12) | (f.hour >= 12 ? hour_pm : 0));
    }
    r[day_of_week] = encode(f.weekday);
    r[day_of_month] = encode(f.day);
    r[month] = encode(f.month);
    r[year] = encode(f.year);
    r[century] = encode(f.century);
}

// Days to a date of the Gregorian calendar, by eras of 400 years that start on 1 March.
void Rtc::set_time(i64 epoch_seconds) {
    const i64 seconds_per_day = 86'400;
    i64 days = epoch_seconds / seconds_per_day;
    i64 rest = epoch_seconds % seconds_per_day;
    if (rest < 0) {
        rest += seconds_per_day;
        --days;
    }
    const i64 shifted = days + 719'468; // since 0000-03-01
    const i64 era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
    const i64 day_of_era = shifted - era * 146'097;
    const i64 year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const i64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const i64 march_month = (5 * day_of_year + 2) / 153;
    const i64 calendar_month = march_month < 10 ? march_month + 3 : march_month - 9;
    const i64 calendar_year = year_of_era + era * 400 + (calendar_month <= 2 ? 1 : 0);
    const auto u = [](i64 value) { return static_cast<unsigned>(value); };
    Fields f{};
    f.second = u(rest % 60);
    f.minute = u(rest / 60 % 60);
    f.hour = u(rest / 3'600);
    f.weekday = u(((days + 4) % 7 + 7) % 7 + 1); // 1 January 1970 was a Thursday; Sunday is 1
    f.day = u(day_of_year - (153 * march_month + 2) / 5 + 1);
    f.month = u(calendar_month);
    f.year = u((calendar_year % 100 + 100) % 100);
    f.century = u((calendar_year / 100 % 100 + 100) % 100);
    set_fields(f);
}

void Rtc::tick() {
    Fields f = fields();
    const auto carry = [](unsigned& field, unsigned limit, unsigned first) {
        if (++field < limit) return false;
        field = first;
        return true;
    };
    if (carry(f.second, 60, 0) && carry(f.minute, 60, 0) && carry(f.hour, 24, 0)) {
        carry(f.weekday, 8, 1);
        if (carry(f.day, days_in_month(f.month, f.century * 100 + f.year) + 1, 1) && carry(f.month, 13, 1) &&
            carry(f.year, 100, 0)) {
            carry(f.century, 100, 0);
        }
    }
    set_fields(f);
}

bool Rtc::alarm_matches() const {
    const auto& r = m_state.memory;
    const auto matches = [&](u8 alarm, u8 now) { return (r[alarm] & alarm_any) == alarm_any || r[alarm] == r[now]; };
    return matches(seconds_alarm, seconds) && matches(minutes_alarm, minutes) && matches(hours_alarm, hours);
}

// ---- update, alarm and periodic interrupts ------------------------------------------------------------------------

bool Rtc::divider_held() const { return (m_state.memory[register_a] & a_divider_reset) == a_divider_reset; }

u64 Rtc::next_update() const {
    return static_cast<u64>(m_state.divider_base + static_cast<i64>((m_state.updates + 1) * second_ns));
}

void Rtc::arm_update() {
    if (divider_held()) {
        m_clock.cancel(m_update_timer);
    } else {
        m_clock.arm(m_update_timer, next_update());
    }
}

void Rtc::on_update() {
    ++m_state.updates;
    if (!(m_state.memory[register_b] & b_set)) {
        tick();
        raise(c_uf);
        if (alarm_matches()) raise(c_af);
    }
    arm_update();
}

bool Rtc::update_in_progress() const {
    if (divider_held() || (m_state.memory[register_b] & b_set)) return false;
    return m_clock.now() + uip_ns >= next_update();
}

// In ticks of the crystal; rates 1 and 2 repeat 8 and 9 (data sheet, table 5). 0 is none.
u64 Rtc::period_ticks() const {
    const unsigned rate = m_state.memory[register_a] & a_rate;
    if (rate == 0 || divider_held()) return 0;
    return u64{1} << (rate <= 2 ? rate + 6 : rate - 1);
}

u64 Rtc::periods_passed() const {
    const u64 ticks = period_ticks();
    const i64 elapsed = static_cast<i64>(m_clock.now()) - m_state.divider_base;
    if (ticks == 0 || elapsed < 0) return 0;
    return ticks_at(static_cast<u64>(elapsed), crystal_hz) / ticks;
}

void Rtc::collect_periodic() {
    const u64 passed = periods_passed();
    if (passed != m_state.periods && passed != 0) raise(c_pf);
    m_state.periods = passed;
}

void Rtc::arm_periodic() {
    const u64 ticks = period_ticks();
    if (ticks != 0 && (m_state.memory[register_b] & b_pie)) {
        const u64 next = time_of_tick((periods_passed() + 1) * ticks, crystal_hz);
        m_clock.arm(m_periodic_timer, static_cast<u64>(m_state.divider_base + static_cast<i64>(next)));
    } else {
        m_clock.cancel(m_periodic_timer);
    }
}

void Rtc::raise(u8 flag) {
    m_state.memory[register_c] |= flag;
    update_irq();
}

// The enable bits of register B stand where the flags of register C stand.
void Rtc::update_irq() {
    u8& c = m_state.memory[register_c];
    const bool active = c & m_state.memory[register_b] & (c_pf | c_af | c_uf);
    c = static_cast<u8>((c & ~c_irq) | (active ? c_irq : 0));
    m_irq.set(active);
}

// ---- read ---------------------------------------------------------------------------------------------------------

u8 Rtc::read_data(u8 index) {
    switch (index) {
    case register_a: return static_cast<u8>(m_state.memory[register_a] | (update_in_progress() ? a_uip : 0));
    case register_c: return read_flags();
    default: return m_state.memory[index];
    }
}

u8 Rtc::read_flags() {
    collect_periodic();
    const u8 value = m_state.memory[register_c];
    m_state.memory[register_c] = 0;
    update_irq();
    return value;
}

// ---- write --------------------------------------------------------------------------------------------------------

void Rtc::write_data(u8 index, u8 value) {
    switch (index) {
    case register_a: write_a(value); break;
    case register_b: write_b(value); break;
    case register_c:
    case register_d: break;
    default: m_state.memory[index] = value; break;
    }
}

void Rtc::write_a(u8 value) {
    collect_periodic();
    const bool was_held = divider_held();
    m_state.memory[register_a] = value & static_cast<u8>(~a_uip);
    if (was_held && !divider_held()) {
        // The first update comes after half a second: the count of seconds starts in the middle of one.
        m_state.divider_base = static_cast<i64>(m_clock.now()) - static_cast<i64>(second_ns / 2);
        m_state.updates = 0;
    }
    m_state.periods = periods_passed();
    if (was_held != divider_held()) arm_update();
    arm_periodic();
}

void Rtc::write_b(u8 value) {
    collect_periodic();
    if (value & b_set) value &= static_cast<u8>(~b_uie); // data sheet, "SET"
    m_state.memory[register_b] = value;
    update_irq();
    arm_periodic();
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Rtc::archive(Archive& ar) {
    State& s = m_state;
    ar(s.memory, s.index, s.extended_index, s.nmi_masked, s.divider_base, s.updates, s.periods);
    ar.check(s.index < 128, "RTC index");
    // Both together stay within 64 bits of nanoseconds (292 years).
    ar.check(s.divider_base >= -static_cast<i64>(second_ns) && s.divider_base < i64{1} << 62 &&
                 s.updates < u64{1} << 32,
             "RTC time");
    ar.check((s.memory[register_a] & a_uip) == 0 && s.memory[register_d] == d_valid, "RTC registers");
}

} // namespace ringshift
