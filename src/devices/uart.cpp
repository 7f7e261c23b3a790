// 16550A (National Semiconductor PC16550D data sheet).
#include "devices/uart.h"

#include <algorithm>

namespace ringshift {

namespace {

enum : unsigned {
    data,
    interrupt_enable,
    interrupt_id,
    line_control,
    modem_control,
    line_status_reg,
    modem_status,
    scratch
};
enum : u8 { ier_received = 1, ier_thre = 2, ier_line = 4, ier_modem = 8 };
enum : u8 {
    iir_modem = 0,
    iir_none = 1,
    iir_thre = 2,
    iir_received = 4,
    iir_line = 6,
    iir_timeout = 0x0C,
    iir_fifo = 0xC0
};
enum : u8 { fcr_enable = 1, fcr_clear_receiver = 2, fcr_stored = 0xC9 };
enum : u8 { lcr_divisor_latch = 0x80 };
enum : u8 { mcr_dtr = 1, mcr_rts = 2, mcr_out1 = 4, mcr_out2 = 8, mcr_loop = 16, mcr_writable = 0x1F };
enum : u8 { lsr_data = 1, lsr_overrun = 2, lsr_thre = 0x20, lsr_idle = 0x40 };
enum : u8 { msr_cts = 0x10, msr_dsr = 0x20, msr_ri = 0x40, msr_dcd = 0x80, msr_lines = 0xF0 };

constexpr u64 clock_hz = 1'843'200;
constexpr std::size_t fifo_size = 16;
constexpr std::size_t host_queue_size = 4096;
// Slower than 9600 baud serves nobody.
constexpr u64 longest_character_ns = 1'041'667;

} // namespace

Uart::Uart(std::string_view name, Clock& clock, IrqLine& irq, ByteSink& sink)
    : m_name(name), m_clock(clock), m_irq(irq), m_sink(sink),
      m_arrival_timer(clock.create_timer(m_name + ".arrival", [this](u64) { take_from_host(); })),
      m_timeout_timer(clock.create_timer(m_name + ".timeout",
                                         [this](u64) {
                                             m_state.timeout = !m_state.fifo.empty();
                                             update_irq();
                                         })),
      m_ports(
          8, [this](unsigned offset) { return read(offset); },
          [this](unsigned offset, u8 value) { write(offset, value); }) {
    m_state.msr = modem_lines();
}

void Uart::reset() {
    m_state = {};
    m_state.msr = modem_lines();
    m_clock.cancel(m_arrival_timer);
    m_clock.cancel(m_timeout_timer);
    m_irq.set(false);
}

// ---- receiver -----------------------------------------------------------------------------------------------------

std::size_t Uart::room() const { return host_queue_size - m_state.host.size(); }

void Uart::receive(u8 byte) {
    if (room() == 0) return;
    m_state.host.push_back(byte);
    arm_arrival();
}

u64 Uart::character_ns() const {
    const u64 divisor = m_state.divisor ? m_state.divisor : 65'536;
    return std::min(longest_character_ns, divisor * 16 * 10 * 1'000'000'000 / clock_hz);
}

void Uart::arm_arrival() {
    const bool room_in_fifo = m_state.fifo.size() < (m_state.fcr & fcr_enable ? fifo_size : 1);
    if (m_state.arriving || m_state.host.empty() || !room_in_fifo || (m_state.mcr & mcr_loop)) return;
    m_state.arriving = true;
    m_clock.arm(m_arrival_timer, m_clock.now() + character_ns());
}

void Uart::take_from_host() {
    m_state.arriving = false;
    // The line waits for the guest: bytes of the host are never overrun.
    const bool room_in_fifo = m_state.fifo.size() < (m_state.fcr & fcr_enable ? fifo_size : 1);
    if (m_state.host.empty() || !room_in_fifo || (m_state.mcr & mcr_loop)) return;
    const u8 byte = m_state.host.front();
    m_state.host.pop_front();
    arrive(byte);
    arm_arrival();
}

void Uart::arrive(u8 byte) {
    const std::size_t size = m_state.fcr & fcr_enable ? fifo_size : 1;
    if (m_state.fifo.size() >= size) {
        m_state.overrun = true;
        // Without FIFO the new byte takes the place of the old one; a full FIFO keeps what it has.
        if (size == 1) m_state.fifo.front() = byte;
    } else {
        m_state.fifo.push_back(byte);
    }
    arm_timeout();
    update_irq();
}

// A byte that waits in the FIFO below the trigger level is reported after four character times of silence.
void Uart::arm_timeout() {
    m_state.timeout = false;
    if ((m_state.fcr & fcr_enable) && !m_state.fifo.empty()) {
        m_clock.arm(m_timeout_timer, m_clock.now() + 4 * character_ns());
    } else {
        m_clock.cancel(m_timeout_timer);
    }
}

unsigned Uart::trigger_level() const {
    static constexpr unsigned levels[] = {1, 4, 8, 14};
    return m_state.fcr & fcr_enable ? levels[m_state.fcr >> 6] : 1;
}

// ---- interrupts and modem lines -----------------------------------------------------------------------------------

u8 Uart::interrupt_cause() const {
    const State& s = m_state;
    if ((s.ier & ier_line) && s.overrun) return iir_line;
    if ((s.ier & ier_received) && s.fifo.size() >= trigger_level()) return iir_received;
    if ((s.ier & ier_received) && s.timeout) return iir_timeout;
    if ((s.ier & ier_thre) && s.thre_interrupt) return iir_thre;
    if ((s.ier & ier_modem) && (s.msr & 0x0F)) return iir_modem;
    return iir_none;
}

// On a PC, OUT2 connects the interrupt to the bus.
void Uart::update_irq() { m_irq.set(interrupt_cause() != iir_none && (m_state.mcr & mcr_out2)); }

// The other end is always there and ready; in loopback the outputs are the inputs.
u8 Uart::modem_lines() const {
    if (!(m_state.mcr & mcr_loop)) return msr_cts | msr_dsr | msr_dcd;
    u8 lines = 0;
    if (m_state.mcr & mcr_rts) lines |= msr_cts;
    if (m_state.mcr & mcr_dtr) lines |= msr_dsr;
    if (m_state.mcr & mcr_out1) lines |= msr_ri;
    if (m_state.mcr & mcr_out2) lines |= msr_dcd;
    return lines;
}

void Uart::set_modem_lines(u8 lines) {
    const u8 before = m_state.msr & msr_lines;
    u8 changed = before ^ lines;
    if ((changed & msr_ri) && (lines & msr_ri)) changed &= static_cast<u8>(~msr_ri); // RI tells only its trailing edge
    m_state.msr = static_cast<u8>(lines | (m_state.msr & 0x0F) | changed >> 4);
}

u8 Uart::line_status() const {
    return static_cast<u8>(lsr_thre | lsr_idle | (m_state.fifo.empty() ? 0 : lsr_data) |
                           (m_state.overrun ? lsr_overrun : 0));
}

// ---- read ---------------------------------------------------------------------------------------------------------

u8 Uart::read(unsigned offset) {
    const bool latch = m_state.lcr & lcr_divisor_latch;
    switch (offset) {
    case data: return latch ? static_cast<u8>(m_state.divisor) : read_data();
    case interrupt_enable: return latch ? static_cast<u8>(m_state.divisor >> 8) : m_state.ier;
    case interrupt_id: return read_interrupt_id();
    case line_control: return m_state.lcr;
    case modem_control: return m_state.mcr;
    case line_status_reg: {
        const u8 value = line_status();
        m_state.overrun = false;
        update_irq();
        return value;
    }
    case modem_status: {
        const u8 value = m_state.msr;
        m_state.msr &= msr_lines;
        update_irq();
        return value;
    }
    default: return m_state.scratch;
    }
}

u8 Uart::read_data() {
    if (m_state.fifo.empty()) return 0;
    const u8 byte = m_state.fifo.front();
    m_state.fifo.pop_front();
    arm_timeout();
    arm_arrival();
    update_irq();
    return byte;
}

u8 Uart::read_interrupt_id() {
    const u8 cause = interrupt_cause();
    if (cause == iir_thre) {
        m_state.thre_interrupt = false; // reading it as the cause is what clears it
        update_irq();
    }
    return cause | (m_state.fcr & fcr_enable ? iir_fifo : 0);
}

// ---- write --------------------------------------------------------------------------------------------------------

void Uart::write(unsigned offset, u8 value) {
    const bool latch = m_state.lcr & lcr_divisor_latch;
    switch (offset) {
    case data:
        if (latch) {
            m_state.divisor = static_cast<u16>((m_state.divisor & 0xFF00) | value);
        } else {
            transmit(value);
        }
        break;
    case interrupt_enable:
        if (latch) {
            m_state.divisor = static_cast<u16>((m_state.divisor & 0x00FF) | value << 8);
        } else {
            // Enabling the interrupt of an empty transmitter gives one at once; drivers start sending that way.
            if ((value & ier_thre) && !(m_state.ier & ier_thre)) m_state.thre_interrupt = true;
            m_state.ier = value & 0x0F;
        }
        break;
    case interrupt_id: write_fifo_control(value); break;
    case line_control: m_state.lcr = value; break;
    case modem_control: write_modem_control(value); break;
    case scratch: m_state.scratch = value; break;
    default: break; // the status registers are written by factory tests only
    }
    update_irq();
}

void Uart::transmit(u8 byte) {
    // The byte occupies the transmitter for no time: the interrupt goes away and comes again.
    m_state.thre_interrupt = false;
    update_irq();
    if (m_state.mcr & mcr_loop) {
        arrive(byte);
    } else {
        m_sink.put(byte);
    }
    m_state.thre_interrupt = true;
}

void Uart::write_fifo_control(u8 value) {
    const bool switched = (value ^ m_state.fcr) & fcr_enable;
    // The other bits are programmed only while bit 0 is written as 1.
    m_state.fcr = value & fcr_enable ? value & fcr_stored : 0;
    if (switched || (value & (fcr_enable | fcr_clear_receiver)) == (fcr_enable | fcr_clear_receiver))
        m_state.fifo.clear();
    if (switched) m_state.thre_interrupt = true;
    arm_timeout();
    arm_arrival();
}

void Uart::write_modem_control(u8 value) {
    m_state.mcr = value & mcr_writable;
    set_modem_lines(modem_lines());
    arm_arrival();
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Uart::archive(Archive& ar) {
    State& s = m_state;
    ar(s.ier, s.fcr, s.lcr, s.mcr, s.msr, s.scratch, s.divisor, s.overrun, s.thre_interrupt, s.timeout, s.arriving);
    ar(s.fifo, s.host);
    ar.check(s.fifo.size() <= fifo_size && s.host.size() <= host_queue_size, "UART queue");
    ar.check(s.fcr == 0 || (s.fcr & fcr_enable), "UART FIFO control");
}

} // namespace ringshift
