// 16550A UART.
#pragma once

#include "devices/byte_registers.h"

#include <deque>

namespace ringshift {

/// Bytes to the host leave at once, so the transmitter is always empty; bytes from the host arrive at the pace of the
/// programmed rate, so that a driver that takes one byte per interrupt gets an interrupt for each.
class Uart final : public Device {
  public:
    /// `name` as in Device::name(): "uart0", "uart1".
    Uart(std::string_view name, Clock& clock, IrqLine& irq, ByteSink& sink);

    RegisterBlock& ports() { return m_ports; } ///< 8 ports: 3F8-3FF, 2F8-2FF

    /// A byte from the host; lost if room() is 0.
    void receive(u8 byte);
    /// How many bytes receive() takes now.
    std::size_t room() const;

    std::string_view name() const override { return m_name; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    u8 read(unsigned offset);
    void write(unsigned offset, u8 value);
    void write_fifo_control(u8 value);
    void write_modem_control(u8 value);
    void transmit(u8 byte);
    u8 read_data();
    u8 read_interrupt_id();
    u8 line_status() const;
    u8 modem_lines() const;
    void set_modem_lines(u8 lines);
    /// A byte on the wire: into the FIFO, or lost with an overrun error.
    void arrive(u8 byte);
    void take_from_host();
    void arm_arrival();
    void arm_timeout();
    unsigned trigger_level() const;
    u64 character_ns() const;
    /// The pending cause of the highest priority, as in IIR bits 0-3.
    u8 interrupt_cause() const;
    void update_irq();

    std::string m_name;
    Clock& m_clock;
    IrqLine& m_irq;
    ByteSink& m_sink;
    TimerId m_arrival_timer;
    TimerId m_timeout_timer;
    ByteRegisters m_ports;
    struct State {
        u8 ier = 0;
        u8 fcr = 0;
        u8 lcr = 0;
        u8 mcr = 0;
        u8 msr = 0;
        u8 scratch = 0;
        u16 divisor = 12;
        bool overrun = false;
        bool thre_interrupt = false;
        bool timeout = false;
        bool arriving = false; // the arrival timer is armed
        std::deque<u8> fifo;   // what the guest reads
        std::deque<u8> host;   // what is still on the wire
    } m_state;
};

} // namespace ringshift
