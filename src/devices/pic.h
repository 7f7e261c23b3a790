// The pair of 8259A interrupt controllers of a PC, with PIIX3's edge/level control registers (ELCR).
#pragma once

#include "devices/byte_registers.h"

#include <array>

namespace ringshift {

/// Inputs are wires: reset() forgets their levels, so the machine resets the PIC before the devices that drive it.
class Pic final : public Device {
  public:
    /// `intr` is the wire to the CPU (or to LINT0 of the local APIC).
    explicit Pic(IrqLine& intr);

    /// The wire of IRQ `n`, 0..15. Input 2 is the cascade and ignored.
    IrqLine& input(unsigned n) { return m_inputs[n]; }
    /// The CPU's interrupt-acknowledge cycle: the vector. Without a request any more it is the spurious IRQ 7 or 15.
    u8 acknowledge();

    RegisterBlock& master() { return m_ports[0]; } ///< ports 20-21
    RegisterBlock& slave() { return m_ports[1]; }  ///< ports A0-A1
    RegisterBlock& elcr() { return m_elcr_ports; } ///< ports 4D0-4D1

    std::string_view name() const override { return "pic"; }
    void reset() override;
    void archive(Archive& ar) override;

  private:
    /// One 8259A.
    struct Chip {
        u8 irr = 0;
        u8 isr = 0;
        u8 imr = 0;
        u8 lines = 0; // levels of the inputs
        u8 elcr = 0;  // inputs that are level-triggered
        u8 vector_base = 0;
        u8 lowest = 7;    // the input with the lowest priority
        u8 next_word = 0; // the ICW (2..4) expected next; 0 when initialised
        bool wants_icw4 = false;
        bool single = false;
        bool auto_eoi = false;
        bool rotate_on_auto_eoi = false;
        bool special_mask = false;
        bool special_fully_nested = false;
        bool poll = false;
        bool read_isr = false;

        void archive(Archive& ar);
        void set_line(unsigned n, bool level);
        /// The request to serve now, or -1.
        int request(bool is_master) const;
        /// Takes request `n` into service.
        void serve(unsigned n);
        /// The rank of the highest priority in `bits` (0 is highest), 8 if none.
        unsigned rank(u8 bits) const;
        void end_of_interrupt(u8 ocw2);
    };
    struct Input final : IrqLine {
        Pic* pic = nullptr;
        unsigned n = 0;
        void set(bool level) override { pic->set_input(n, level); }
    };

    u8 read(unsigned chip, unsigned offset);
    void write(unsigned chip, unsigned offset, u8 value);
    void write_command(unsigned chip, u8 value);
    void write_data(unsigned chip, u8 value);
    void write_elcr(unsigned chip, u8 value);
    void set_input(unsigned n, bool level);
    void update();

    IrqLine& m_intr;
    std::array<Input, 16> m_inputs;
    std::array<ByteRegisters, 2> m_ports;
    ByteRegisters m_elcr_ports;
    std::array<Chip, 2> m_chips; // master, slave: the whole State
};

} // namespace ringshift
