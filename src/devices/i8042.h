// The keyboard controller with its PS/2 keyboard and mouse.
#pragma once

#include "devices/byte_registers.h"
#include "devices/ps2_keyboard.h"
#include "devices/ps2_mouse.h"

namespace ringshift {

class I8042 final : public Device {
  public:
    struct Wires {
        IrqLine& keyboard_irq;                 ///< IRQ 1
        IrqLine& mouse_irq;                    ///< IRQ 12
        std::function<void(bool)> set_a20;     ///< the guest has changed the A20 gate
        std::function<void()> reset_requested; ///< the guest has pulsed the CPU's reset line
    };
    I8042(Clock& clock, Wires wires);

    RegisterBlock& data_port() { return m_data_port; }       ///< port 60
    RegisterBlock& command_port() { return m_command_port; } ///< port 64
    /// The A20 gate has another driver, port 92; the machine tells each what the other did.
    void note_a20(bool enabled);

    // What the user does; see Ps2Keyboard and Ps2Mouse.
    void key(u16 set1_code, bool pressed) { m_keyboard.key(set1_code, pressed); }
    /// Room for a key, for automated typing.
    bool ready_for_key() const { return m_keyboard.ready_for_key(); }
    u8 leds() const { return m_keyboard.leds(); }
    void mouse_move(int dx, int dy, int wheel) { m_mouse.move(dx, dy, wheel); }
    void mouse_button(unsigned index, bool pressed) { m_mouse.button(index, pressed); }
    bool mouse_reporting() const { return m_mouse.reporting(); }

    std::string_view name() const override { return "i8042"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    enum class Source : u8 { Controller, Keyboard, Mouse };

    u8 read_data();
    u8 status() const;
    void write_data(u8 value);
    void write_command(u8 value);
    void parameter(u8 command, u8 value);
    void write_output_port(u8 value);
    u8 output_port() const;
    void set_command_byte(u8 value);
    void reply(u8 value, Source source);
    void put(u8 value, Source source);
    void schedule();
    void transfer();
    void update_irqs();

    Clock& m_clock;
    Wires m_wires;
    TimerId m_transfer_timer;
    Ps2Keyboard m_keyboard;
    Ps2Mouse m_mouse;
    ByteRegisters m_data_port;
    ByteRegisters m_command_port;
    struct State {
        u8 command_byte = 0x03;
        std::array<u8, 32> memory{};
        bool a20 = true;
        bool self_tested = false;
        bool last_was_command = true;
        u8 pending = 0; // the command that waits for its parameter
        u8 output = 0;
        bool output_full = false;
        Source source = Source::Controller;
        bool break_prefix = false; // F0 has come from the keyboard and is translated with the next byte
        bool scheduled = false;    // the transfer timer is armed
        std::deque<u8> replies;    // of the controller itself: pairs of source and byte
    } m_state;
};

} // namespace ringshift
