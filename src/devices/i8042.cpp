// 8042 keyboard controller (IBM AT and PS/2 Technical References).
//
// One byte at a time: the devices keep their bytes until the output buffer is empty, and a transfer takes its time on
// the serial wire, so that the guest sees the interrupt line fall and rise for every byte. What the controller itself
// answers is there at once.
#include "devices/i8042.h"

#include "devices/scan_codes.h"

namespace ringshift {

namespace {

enum : u8 {
    status_output = 0x01,
    status_system = 0x04,
    status_command = 0x08,
    status_unlocked = 0x10,
    status_mouse = 0x20
};
enum : u8 {
    keyboard_interrupt = 0x01,
    mouse_interrupt = 0x02,
    system_flag = 0x04,
    keyboard_off = 0x10,
    mouse_off = 0x20,
    translate = 0x40
};
enum : u8 { output_reset = 0x01, output_a20 = 0x02, output_irq1 = 0x10, output_irq12 = 0x20, output_idle = 0xC0 };
enum : u8 {
    read_command_byte = 0x20,
    write_command_byte = 0x60,
    password_installed = 0xA4,
    mouse_disable = 0xA7,
    mouse_enable = 0xA8,
    mouse_test = 0xA9,
    self_test = 0xAA,
    keyboard_test = 0xAB,
    keyboard_disable = 0xAD,
    keyboard_enable = 0xAE,
    read_input_port = 0xC0,
    read_output_port = 0xD0,
    write_output_port_command = 0xD1,
    write_keyboard_output = 0xD2,
    write_mouse_output = 0xD3,
    write_mouse = 0xD4,
    a20_off = 0xDD,
    a20_on = 0xDF,
    read_test_inputs = 0xE0,
    pulse = 0xF0
};

// A real serial transfer takes about a millisecond; a quarter of it still lets a driver finish its interrupt.
constexpr u64 transfer_ns = 250'000;
constexpr std::size_t reply_bytes = 2 * 16;

} // namespace

I8042::I8042(Clock& clock, Wires wires)
    : m_clock(clock), m_wires(std::move(wires)),
      m_transfer_timer(clock.create_timer("i8042.transfer", [this](u64) { transfer(); })),
      m_keyboard(clock, [this] { schedule(); }), m_mouse(clock, [this] { schedule(); }),
      m_data_port(
          1, [this](unsigned) { return read_data(); }, [this](unsigned, u8 value) { write_data(value); }),
      m_command_port(
          1, [this](unsigned) { return status(); }, [this](unsigned, u8 value) { write_command(value); }) {}

void I8042::reset() {
    m_state = {};
    m_keyboard.reset();
    m_mouse.reset();
    m_clock.cancel(m_transfer_timer);
    update_irqs();
}

void I8042::note_a20(bool enabled) { m_state.a20 = enabled; }

// ---- output buffer ------------------------------------------------------------------------------------------------

void I8042::put(u8 value, Source source) {
    m_state.output = value;
    m_state.output_full = true;
    m_state.source = source;
    update_irqs();
}

void I8042::reply(u8 value, Source source) {
    if (!m_state.output_full && m_state.replies.empty()) return put(value, source);
    if (m_state.replies.size() >= reply_bytes) return;
    m_state.replies.push_back(static_cast<u8>(source));
    m_state.replies.push_back(value);
    schedule();
}

void I8042::schedule() {
    if (m_state.scheduled || m_state.output_full) return;
    const bool keyboard = m_keyboard.has_byte() && !(m_state.command_byte & keyboard_off);
    const bool mouse = m_mouse.has_byte() && !(m_state.command_byte & mouse_off);
    if (m_state.replies.empty() && !keyboard && !mouse) return;
    m_state.scheduled = true;
    m_clock.arm(m_transfer_timer, m_clock.now() + transfer_ns);
}

void I8042::transfer() {
    m_state.scheduled = false;
    if (m_state.output_full) return;
    if (!m_state.replies.empty()) {
        const auto source = static_cast<Source>(m_state.replies[0]);
        const u8 value = m_state.replies[1];
        m_state.replies.erase(m_state.replies.begin(), m_state.replies.begin() + 2);
        put(value, source);
    } else if (m_keyboard.has_byte() && !(m_state.command_byte & keyboard_off)) {
        u8 value = m_keyboard.take();
        if (m_state.command_byte & translate) {
            if (value == 0xF0) {
                m_state.break_prefix = true;
                return schedule();
            }
            value = static_cast<u8>(translated_to_set1(value) | (m_state.break_prefix ? 0x80 : 0));
            m_state.break_prefix = false;
        }
        put(value, Source::Keyboard);
    } else if (m_mouse.has_byte() && !(m_state.command_byte & mouse_off)) {
        put(m_mouse.take(), Source::Mouse);
    }
}

void I8042::update_irqs() {
    const bool mouse = m_state.source == Source::Mouse;
    m_wires.keyboard_irq.set(m_state.output_full && !mouse && (m_state.command_byte & keyboard_interrupt));
    m_wires.mouse_irq.set(m_state.output_full && mouse && (m_state.command_byte & mouse_interrupt));
}

// ---- read ---------------------------------------------------------------------------------------------------------

u8 I8042::read_data() {
    m_state.output_full = false;
    update_irqs();
    schedule();
    return m_state.output;
}

u8 I8042::status() const {
    u8 value = status_unlocked;
    if (m_state.output_full) value |= status_output;
    if (m_state.output_full && m_state.source == Source::Mouse) value |= status_mouse;
    if (m_state.self_tested || (m_state.command_byte & system_flag)) value |= status_system;
    if (m_state.last_was_command) value |= status_command;
    return value;
}

u8 I8042::output_port() const {
    u8 value = output_reset | output_idle;
    if (m_state.a20) value |= output_a20;
    if (m_state.output_full) value |= m_state.source == Source::Mouse ? output_irq12 : output_irq1;
    return value;
}

// ---- write --------------------------------------------------------------------------------------------------------

void I8042::write_data(u8 value) {
    m_state.last_was_command = false;
    const u8 command = m_state.pending;
    m_state.pending = 0;
    if (command != 0) return parameter(command, value);
    // A byte for the keyboard switches its clock on.
    m_state.command_byte &= static_cast<u8>(~keyboard_off);
    m_keyboard.write(value);
    schedule();
}

void I8042::parameter(u8 command, u8 value) {
    switch (command) {
    case write_output_port_command: write_output_port(value); break;
    case write_keyboard_output: reply(value, Source::Keyboard); break;
    case write_mouse_output: reply(value, Source::Mouse); break;
    case write_mouse:
        m_state.command_byte &= static_cast<u8>(~mouse_off);
        m_mouse.write(value);
        schedule();
        break;
    case write_command_byte: set_command_byte(value); break;
    default: m_state.memory[command & 0x1F] = value; break;
    }
}

void I8042::set_command_byte(u8 value) {
    m_state.command_byte = value;
    m_state.break_prefix = m_state.break_prefix && (value & translate);
    update_irqs();
    schedule();
}

void I8042::write_output_port(u8 value) {
    const bool a20 = value & output_a20;
    if (a20 != m_state.a20) {
        m_state.a20 = a20;
        m_wires.set_a20(a20);
    }
    if (!(value & output_reset)) m_wires.reset_requested();
}

void I8042::write_command(u8 value) {
    m_state.last_was_command = true;
    m_state.pending = 0;
    if (value == read_command_byte) return reply(m_state.command_byte, Source::Controller);
    if (value > 0x20 && value < 0x40) return reply(m_state.memory[value & 0x1F], Source::Controller);
    if (value >= pulse) {
        // The low bits that are 0 are pulsed; bit 0 is the CPU's reset line.
        if (!(value & 1)) m_wires.reset_requested();
        return;
    }
    if (value >= 0x60 && value < 0x80) {
        m_state.pending = value;
        return;
    }
    const u8 bits = m_state.command_byte;
    switch (value) {
    case password_installed: reply(0xF1, Source::Controller); break; // none
    case mouse_disable: set_command_byte(bits | mouse_off); break;
    case mouse_enable: set_command_byte(bits & static_cast<u8>(~mouse_off)); break;
    case mouse_test:
    case keyboard_test: reply(0x00, Source::Controller); break;
    case self_test:
        m_state.self_tested = true;
        reply(0x55, Source::Controller);
        break;
    case keyboard_disable: set_command_byte(bits | keyboard_off); break;
    case keyboard_enable: set_command_byte(bits & static_cast<u8>(~keyboard_off)); break;
    case read_input_port: reply(0x80, Source::Controller); break; // the keyboard is not locked
    case read_output_port: reply(output_port(), Source::Controller); break;
    case write_output_port_command:
    case write_keyboard_output:
    case write_mouse_output:
    case write_mouse: m_state.pending = value; break;
    case a20_off: write_output_port(static_cast<u8>(output_port() & ~output_a20)); break;
    case a20_on: write_output_port(output_port() | output_a20); break;
    case read_test_inputs: reply(0x00, Source::Controller); break;
    default: break;
    }
}

// ---- archive ------------------------------------------------------------------------------------------------------

void I8042::archive(Archive& ar) {
    State& s = m_state;
    ar(s.command_byte, s.memory, s.a20, s.self_tested, s.last_was_command, s.pending, s.output, s.output_full,
       s.source);
    ar(s.break_prefix, s.scheduled, s.replies, m_keyboard, m_mouse);
    ar.check(s.source <= Source::Mouse, "i8042 source");
    ar.check(s.replies.size() <= reply_bytes && s.replies.size() % 2 == 0, "i8042 replies");
    for (std::size_t i = 0; i + 1 < s.replies.size(); i += 2) ar.check(s.replies[i] <= 2, "i8042 reply source");
}

} // namespace ringshift
