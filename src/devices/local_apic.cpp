// The local APIC (SDM vol. 3A, chapter 11).
//
// The timer does not count: its current count is a function of virtual time. A deadline is armed only while its expiry
// would change something, that is, while its LVT entry is unmasked and its vector is not requested already. So however
// short the period that a guest programs, it costs no more events than the guest acknowledges interrupts. Paced time
// goes on while a register is written, so an expiry may be noticed anywhere before its deadline is called: whoever
// notices it requests its interrupt, and each access looks at the clock once.
#include "devices/local_apic.h"

namespace ringshift {

namespace {

enum : u64 {
    reg_id = 0x020,
    reg_version = 0x030,
    reg_tpr = 0x080,
    reg_apr = 0x090,
    reg_ppr = 0x0A0,
    reg_eoi = 0x0B0,
    reg_ldr = 0x0D0,
    reg_dfr = 0x0E0,
    reg_spurious = 0x0F0,
    reg_isr = 0x100,
    reg_tmr = 0x180,
    reg_irr = 0x200,
    reg_error_status = 0x280,
    reg_icr_low = 0x300,
    reg_icr_high = 0x310,
    reg_lvt = 0x320,
    reg_initial_count = 0x380,
    reg_current_count = 0x390,
    reg_divide = 0x3E0
};

constexpr u64 base_bootstrap = 1u << 8;
constexpr u64 base_enable = 1u << 11;
constexpr u64 base_address = 0xF'FFFF'F000; // 36 bits of physical address
constexpr u32 spurious_enable = 1u << 8;
constexpr u32 spurious_writable = 0x3FF;
constexpr u32 lvt_masked = 1u << 16;
constexpr u32 lvt_periodic = 1u << 17;
constexpr u32 lvt_level = 1u << 15;
constexpr u32 icr_writable = 0x000C'CFFF;
constexpr u32 error_send_vector = 1u << 5;
constexpr u32 error_receive_vector = 1u << 6;
constexpr u32 error_register = 1u << 7;
constexpr u32 error_bits = error_send_vector | error_receive_vector | error_register;
// What software may write of each LVT entry: timer, thermal, performance, LINT0, LINT1, error.
constexpr std::array<u32, 6> lvt_writable = {0x300FF, 0x107FF, 0x107FF, 0x1A7FF, 0x1A7FF, 0x100FF};
constexpr u32 version = 0x14 | 5u << 16;

DeliveryMode mode_of(u32 entry) { return static_cast<DeliveryMode>(entry >> 8 & 7); }

} // namespace

LocalApic::LocalApic(std::string_view name, u8 id, bool bootstrap, Clock& clock, ApicBus& bus, CpuWires wires)
    : m_name(name), m_initial_id(id), m_bootstrap(bootstrap), m_clock(clock), m_bus(bus), m_wires(std::move(wires)),
      m_timer(clock.create_timer(m_name + ".timer", [this](u64) { arm_timer(m_clock.now()); })),
      m_registers([this](u64 offset, unsigned) { return u64{read(offset)}; },
                  [this](u64 offset, unsigned, u64 value) { write(offset, static_cast<u32>(value)); }) {
    m_lint0.apic = m_lint1.apic = this;
    m_lint1.n = 1;
    reset();
}

void LocalApic::reset() {
    m_state = {};
    m_state.base_msr = default_base | base_enable | (m_bootstrap ? base_bootstrap : 0);
    m_state.id = m_initial_id;
    init_reset();
}

void LocalApic::init_reset() {
    State fresh;
    fresh.base_msr = m_state.base_msr;
    fresh.id = m_state.id;
    fresh.lint = m_state.lint;
    fresh.lvt.fill(lvt_masked);
    // Firmware leaves the bootstrap processor in virtual wire mode; boot code without firmware finds the same.
    if (m_bootstrap) fresh.lvt[lvt_lint0] = static_cast<u32>(DeliveryMode::ExtInt) << 8;
    m_state = fresh;
    m_clock.cancel(m_timer);
    update_intr();
}

// ---- IA32_APIC_BASE -----------------------------------------------------------------------------------------------

bool LocalApic::enabled() const { return m_state.base_msr & base_enable; }

bool LocalApic::software_enabled() const { return enabled() && (m_state.spurious & spurious_enable); }

bool LocalApic::write_base_msr(u64 value) {
    if (value & ~(base_address | base_enable | base_bootstrap)) return false;
    const bool switched = (value ^ m_state.base_msr) & base_enable;
    m_state.base_msr = value;
    if (switched) init_reset(); // disabling loses the state (SDM vol. 3A, 11.4.3)
    return true;
}

// ---- requests and priorities --------------------------------------------------------------------------------------

u8 LocalApic::processor_priority() const {
    const int serving = m_state.isr.highest();
    const u8 service_class = static_cast<u8>(serving < 0 ? 0 : serving & 0xF0);
    return (m_state.tpr & 0xF0) >= service_class ? m_state.tpr : service_class;
}

int LocalApic::deliverable() const {
    if (!software_enabled()) return -1;
    const int vector = m_state.irr.highest();
    return vector >= 0 && (vector & 0xF0) > (processor_priority() & 0xF0) ? vector : -1;
}

bool LocalApic::ext_int_pending() const {
    if (!enabled()) return m_state.lint[0]; // the pin is the CPU's INTR
    if (m_state.ext_int) return true;
    const u32 entry = m_state.lvt[lvt_lint0];
    return m_state.lint[0] && !(entry & lvt_masked) && mode_of(entry) == DeliveryMode::ExtInt;
}

void LocalApic::update_intr() { m_wires.intr.set(deliverable() >= 0 || ext_int_pending()); }

int LocalApic::acknowledge() {
    const int vector = deliverable();
    if (vector >= 0) {
        const u8 v = static_cast<u8>(vector);
        const u64 now = m_clock.now();
        const bool timer = v == static_cast<u8>(m_state.lvt[lvt_timer]);
        if (timer) advance_timer(now); // what has expired until now is one request with this one
        m_state.irr.clear(v);
        m_state.isr.set(v);
        if (timer) arm_timer(now);
        update_intr();
        return vector;
    }
    if (ext_int_pending() || !software_enabled()) {
        m_state.ext_int = false;
        update_intr();
        return ask_pic;
    }
    // The request went away between INTR and the acknowledge (SDM vol. 3A, 11.9).
    return static_cast<int>(m_state.spurious & 0xFF);
}

void LocalApic::request(u8 vector, bool level_triggered) {
    if (vector < 16) return error(error_receive_vector);
    m_state.irr.set(vector);
    level_triggered ? m_state.tmr.set(vector) : m_state.tmr.clear(vector);
    update_intr();
}

void LocalApic::set_task_priority(u8 value) {
    m_state.tpr = value;
    update_intr();
}

void LocalApic::end_of_interrupt() {
    const int serving = m_state.isr.highest();
    if (serving < 0) return;
    const u8 vector = static_cast<u8>(serving);
    m_state.isr.clear(vector);
    if (m_state.tmr.test(vector)) m_bus.end_of_interrupt(vector);
    // A level-triggered LINT0 that is still asserted asks again.
    const u32 entry = m_state.lvt[lvt_lint0];
    const bool level = (entry & lvt_level) && !(entry & lvt_masked) && mode_of(entry) == DeliveryMode::Fixed;
    if (level && m_state.lint[0] && static_cast<u8>(entry) == vector) request(vector, true);
    update_intr();
}

void LocalApic::error(u32 bit) {
    m_state.errors |= bit;
    const u32 entry = m_state.lvt[lvt_error];
    const u8 vector = static_cast<u8>(entry);
    if (!(entry & lvt_masked) && vector >= 16 && software_enabled()) request(vector, false);
}

void LocalApic::set_lint(unsigned n, bool level) {
    const bool rises = level && !m_state.lint[n];
    m_state.lint[n] = level;
    const u32 entry = m_state.lvt[lvt_lint0 + n];
    if (!enabled()) {
        if (n == 1 && rises) m_wires.nmi();
    } else if (rises && !(entry & lvt_masked)) {
        switch (mode_of(entry)) {
        case DeliveryMode::Fixed:
            if (software_enabled()) request(static_cast<u8>(entry), n == 0 && (entry & lvt_level));
            break;
        case DeliveryMode::Nmi: m_wires.nmi(); break;
        case DeliveryMode::Init: m_wires.init(); break;
        default: break; // ExtINT is a level, see ext_int_pending(); there is no SMM
        }
    }
    update_intr();
}

// ---- messages -----------------------------------------------------------------------------------------------------

bool LocalApic::matches(const ApicMessage& message) const {
    if (!enabled()) return false;
    const u8 destination = message.destination;
    if (!message.logical) return destination == 0xFF || destination == m_state.id;
    const u8 logical_id = static_cast<u8>(m_state.ldr >> 24);
    if (m_state.dfr >> 28 == 0xF) return destination & logical_id; // flat model
    // Cluster model: the upper half names the cluster (F is all), the lower half its members.
    const bool cluster = destination >> 4 == 0xF || destination >> 4 == logical_id >> 4;
    return cluster && (destination & logical_id & 0x0F);
}

bool LocalApic::accept(const ApicMessage& message) {
    if (!enabled()) return false;
    switch (message.mode) {
    case DeliveryMode::Fixed:
    case DeliveryMode::LowestPriority:
        if (!software_enabled()) return false;
        request(message.vector, message.level_triggered);
        return message.vector >= 16;
    case DeliveryMode::Nmi: m_wires.nmi(); return true;
    case DeliveryMode::Init:
        if (message.assert_level) m_wires.init();
        return true;
    case DeliveryMode::Startup: m_wires.startup(message.vector); return true;
    case DeliveryMode::ExtInt:
        m_state.ext_int = true;
        update_intr();
        return true;
    default: return false; // there is no SMM
    }
}

void LocalApic::send_ipi() {
    ApicMessage message;
    message.destination = static_cast<u8>(m_state.icr_high >> 24);
    message.logical = m_state.icr_low >> 11 & 1;
    message.mode = mode_of(m_state.icr_low);
    message.vector = static_cast<u8>(m_state.icr_low);
    message.assert_level = m_state.icr_low >> 14 & 1;
    const bool level = m_state.icr_low >> 15 & 1;
    if (message.mode == DeliveryMode::Init && !level) message.assert_level = true;
    const bool fixed = message.mode == DeliveryMode::Fixed || message.mode == DeliveryMode::LowestPriority;
    if (fixed && message.vector < 16) return error(error_send_vector);
    if (message.mode == DeliveryMode::ExtInt) return; // reserved in the ICR
    switch (m_state.icr_low >> 18 & 3) {
    case 0: m_bus.deliver(message); break;
    case 1:
        if (fixed) accept(message);
        break;
    case 2: m_bus.broadcast(message, nullptr); break;
    default: m_bus.broadcast(message, this); break;
    }
}

// ---- timer --------------------------------------------------------------------------------------------------------

u64 LocalApic::timer_tick_ns() const {
    // 0 divides by 2 and so on to 128; 7 by 1 (SDM vol. 3A, figure 11-10).
    const unsigned code = (m_state.divide & 3) | (m_state.divide >> 1 & 4);
    return (1'000'000'000 / bus_hz) << ((code + 1) & 7);
}

bool LocalApic::timer_periodic() const { return m_state.lvt[lvt_timer] & lvt_periodic; }

u32 LocalApic::timer_count(u64 now) const {
    if (m_state.start_count == 0 || now < m_state.start_ns) return m_state.start_count;
    const u64 elapsed = (now - m_state.start_ns) / timer_tick_ns();
    if (elapsed < m_state.start_count) return m_state.start_count - static_cast<u32>(elapsed);
    if (!timer_periodic() || m_state.initial_count == 0) return 0;
    return m_state.initial_count - static_cast<u32>((elapsed - m_state.start_count) % m_state.initial_count);
}

/// Counts down from `count` from now on.
void LocalApic::restart_timer(u32 count, u64 now) {
    m_state.start_count = count;
    m_state.start_ns = now;
    arm_timer(now);
}

bool LocalApic::timer_requests() const {
    const u32 entry = m_state.lvt[lvt_timer];
    const u8 vector = static_cast<u8>(entry);
    return !(entry & lvt_masked) && vector >= 16 && software_enabled() && !m_state.irr.test(vector);
}

/// Moves the start over the expiries that have passed, and requests their interrupt.
void LocalApic::advance_timer(u64 now) {
    if (m_state.start_count == 0 || now < m_state.start_ns) return;
    const u64 tick = timer_tick_ns();
    const u64 first = m_state.start_ns + m_state.start_count * tick;
    if (now < first) return;
    const bool again = timer_periodic() && m_state.initial_count != 0;
    const u64 period = m_state.initial_count * tick;
    m_state.start_count = again ? m_state.initial_count : 0;
    m_state.start_ns = again ? first + (now - first) / period * period : now;
    if (timer_requests()) request(static_cast<u8>(m_state.lvt[lvt_timer]), false);
}

void LocalApic::arm_timer(u64 now) {
    advance_timer(now);
    if (m_state.start_count != 0 && timer_requests()) {
        m_clock.arm(m_timer, m_state.start_ns + m_state.start_count * timer_tick_ns());
    } else {
        m_clock.cancel(m_timer);
    }
}

// ---- read ---------------------------------------------------------------------------------------------------------

u32 LocalApic::read(u64 offset) {
    if (offset & 0xF) return 0;
    const unsigned word = static_cast<unsigned>(offset >> 4 & 7);
    if (offset >= reg_isr && offset < reg_isr + 0x80) return m_state.isr.words[word];
    if (offset >= reg_tmr && offset < reg_tmr + 0x80) return m_state.tmr.words[word];
    if (offset >= reg_irr && offset < reg_irr + 0x80) return m_state.irr.words[word];
    if (offset >= reg_lvt && offset < reg_lvt + 0x10 * lvt_count) return m_state.lvt[(offset - reg_lvt) >> 4];
    switch (offset) {
    case reg_id: return u32{m_state.id} << 24;
    case reg_version: return version;
    case reg_tpr: return m_state.tpr;
    case reg_apr:
    case reg_ppr: return processor_priority();
    case reg_eoi: return 0;
    case reg_ldr: return m_state.ldr;
    case reg_dfr: return m_state.dfr;
    case reg_spurious: return m_state.spurious;
    case reg_error_status: return m_state.error_status;
    case reg_icr_low: return m_state.icr_low;
    case reg_icr_high: return m_state.icr_high;
    case reg_initial_count: return m_state.initial_count;
    case reg_current_count: return timer_count(m_clock.now());
    case reg_divide: return m_state.divide;
    default: error(error_register); return 0;
    }
}

// ---- write --------------------------------------------------------------------------------------------------------

void LocalApic::write(u64 offset, u32 value) {
    if (offset & 0xF) return;
    if (offset >= reg_lvt && offset < reg_lvt + 0x10 * lvt_count) {
        return write_lvt(static_cast<unsigned>((offset - reg_lvt) >> 4), value);
    }
    switch (offset) {
    case reg_id: m_state.id = static_cast<u8>(value >> 24); break;
    case reg_tpr: set_task_priority(static_cast<u8>(value)); break;
    case reg_eoi: end_of_interrupt(); break;
    case reg_ldr: m_state.ldr = value & 0xFF00'0000; break;
    case reg_dfr: m_state.dfr = value | 0x0FFF'FFFF; break;
    case reg_spurious: write_spurious(value); break;
    case reg_error_status:
        m_state.error_status = m_state.errors;
        m_state.errors = 0;
        break;
    case reg_icr_low:
        m_state.icr_low = value & icr_writable;
        send_ipi();
        break;
    case reg_icr_high: m_state.icr_high = value & 0xFF00'0000; break;
    case reg_initial_count: {
        const u64 now = m_clock.now();
        advance_timer(now);
        m_state.initial_count = value;
        restart_timer(value, now);
        break;
    }
    case reg_divide: {
        const u64 now = m_clock.now();
        advance_timer(now);
        const u32 count = timer_count(now);
        m_state.divide = value & 0xB;
        restart_timer(count, now);
        break;
    }
    default: error(error_register); break;
    }
}

void LocalApic::write_spurious(u32 value) {
    const u64 now = m_clock.now();
    advance_timer(now); // while its entry is what it was
    m_state.spurious = value & spurious_writable;
    if (!(value & spurious_enable)) {
        for (u32& entry : m_state.lvt) entry |= lvt_masked; // SDM vol. 3A, 11.4.7.2
    }
    arm_timer(now);
    update_intr();
}

void LocalApic::write_lvt(unsigned entry, u32 value) {
    const u64 now = m_clock.now();
    if (entry == lvt_timer) advance_timer(now); // with the mode that it had
    m_state.lvt[entry] = value & lvt_writable[entry];
    if (!(m_state.spurious & spurious_enable)) m_state.lvt[entry] |= lvt_masked;
    if (entry == lvt_timer) arm_timer(now);
    update_intr();
}

// ---- archive ------------------------------------------------------------------------------------------------------

void LocalApic::archive(Archive& ar) {
    State& s = m_state;
    ar(s.base_msr, s.id, s.tpr, s.ldr, s.dfr, s.spurious, s.irr, s.isr, s.tmr, s.error_status, s.errors);
    ar(s.icr_low, s.icr_high, s.lvt, s.ext_int, s.lint, s.initial_count, s.divide, s.start_count, s.start_ns);
    ar.check((s.base_msr & ~(base_address | base_enable | base_bootstrap)) == 0, "local APIC base");
    ar.check((s.spurious & ~spurious_writable) == 0 && (s.divide & ~0xBu) == 0, "local APIC registers");
    ar.check((s.error_status & ~error_bits) == 0 && (s.errors & ~error_bits) == 0, "local APIC errors");
    ar.check((s.irr.words[0] | s.isr.words[0] | s.tmr.words[0]) << 16 == 0, "local APIC vector below 16");
    for (unsigned i = 0; i < lvt_count; ++i) ar.check((s.lvt[i] & ~lvt_writable[i]) == 0, "local APIC LVT entry");
    ar.check(s.start_ns < u64{1} << 62, "local APIC timer");
}

} // namespace ringshift
