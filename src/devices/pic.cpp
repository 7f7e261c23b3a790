// 8259A (Intel data sheet 231468) and the ELCR of PIIX3.
//
// A request is the product of a wire and, for an edge-triggered input, of a latch that a rising edge sets and an
// acknowledge clears. A wire that falls before the acknowledge takes its request away; the CPU, which has seen INTR
// already, is then given IRQ 7 (15 on the slave) without a bit in the ISR: the spurious interrupt.
// The slave's INT output is the master's input 2. It drops during each acknowledge, so that the next request of the
// slave is a new edge there.
#include "devices/pic.h"

namespace ringshift {

namespace {

enum : u8 {
    icw1_wants_icw4 = 0x01,
    icw1_single = 0x02,
    icw1 = 0x10,
    ocw3 = 0x08,
    ocw3_read_isr = 0x01,
    ocw3_read = 0x02,
    ocw3_poll = 0x04,
    ocw3_special_mask = 0x20,
    ocw3_set_special_mask = 0x40,
    icw4_auto_eoi = 0x02,
    icw4_special_fully_nested = 0x10,
};

constexpr unsigned cascade = 2;
// IRQ 0, 1, 2, 8 and 13 belong to edge devices of the board (PIIX3 data sheet, ELCR1 and ELCR2).
constexpr std::array<u8, 2> elcr_writable = {0xF8, 0xDE};

constexpr u8 bit(unsigned n) { return static_cast<u8>(1u << n); }

} // namespace

Pic::Pic(IrqLine& intr)
    : m_intr(intr), m_ports{ByteRegisters(
                                2, [this](unsigned offset) { return read(0, offset); },
                                [this](unsigned offset, u8 value) { write(0, offset, value); }),
                            ByteRegisters(
                                2, [this](unsigned offset) { return read(1, offset); },
                                [this](unsigned offset, u8 value) { write(1, offset, value); })},
      m_elcr_ports(
          2, [this](unsigned offset) { return m_chips[offset].elcr; },
          [this](unsigned offset, u8 value) { write_elcr(offset, value); }) {
    for (unsigned n = 0; n < 16; ++n) {
        m_inputs[n].pic = this;
        m_inputs[n].n = n;
    }
}

void Pic::reset() {
    m_chips = {};
    m_intr.set(false);
}

// ---- one chip -----------------------------------------------------------------------------------------------------

void Pic::Chip::set_line(unsigned n, bool level) {
    const u8 mask = bit(n);
    const bool rises = level && !(lines & mask);
    if (level) {
        lines = lines | mask;
        if (rises || (elcr & mask)) irr = irr | mask;
    } else {
        lines = lines & static_cast<u8>(~mask);
        irr = irr & static_cast<u8>(~mask);
    }
}

unsigned Pic::Chip::rank(u8 bits) const {
    for (unsigned i = 0; i < 8; ++i) {
        if (bits & bit((lowest + 1 + i) & 7)) return i;
    }
    return 8;
}

int Pic::Chip::request(bool is_master) const {
    const unsigned wanted = rank(irr & static_cast<u8>(~imr));
    u8 in_service = isr;
    if (special_mask) in_service = in_service & static_cast<u8>(~imr);
    // In special fully nested mode the slave may interrupt its own service (data sheet, "The Special Fully Nested
    // Mode").
    if (special_fully_nested && is_master) in_service = in_service & static_cast<u8>(~bit(cascade));
    const unsigned serving = rank(in_service);
    if (wanted >= serving) return -1; // also when nothing is wanted
    return static_cast<int>((lowest + 1 + wanted) & 7);
}

void Pic::Chip::serve(unsigned n) {
    if (auto_eoi) {
        if (rotate_on_auto_eoi) lowest = static_cast<u8>(n);
    } else {
        isr = isr | bit(n);
    }
    if (!(elcr & bit(n))) irr = irr & static_cast<u8>(~bit(n));
}

void Pic::Chip::end_of_interrupt(u8 ocw2) {
    const u8 level = ocw2 & 7;
    // In special mask mode a masked bit is not cleared by a non-specific EOI.
    const unsigned serving = rank(special_mask ? isr & static_cast<u8>(~imr) : isr);
    switch (ocw2 >> 5) {
    case 0: rotate_on_auto_eoi = false; break;
    case 4: rotate_on_auto_eoi = true; break;
    case 1:
    case 5:
        if (serving < 8) {
            const u8 n = (lowest + 1 + serving) & 7;
            isr = isr & static_cast<u8>(~bit(n));
            if (ocw2 >> 5 == 5) lowest = n;
        }
        break;
    case 3: isr = isr & static_cast<u8>(~bit(level)); break;
    case 6: lowest = level; break;
    case 7:
        isr = isr & static_cast<u8>(~bit(level));
        lowest = level;
        break;
    default: break; // 2: no operation
    }
}

// ---- the pair -----------------------------------------------------------------------------------------------------

void Pic::set_input(unsigned n, bool level) {
    if (n == cascade) return;
    m_chips[n / 8].set_line(n % 8, level);
    update();
}

void Pic::update() {
    m_chips[0].set_line(cascade, m_chips[1].request(false) >= 0);
    m_intr.set(m_chips[0].request(true) >= 0);
}

u8 Pic::acknowledge() {
    auto& [master, slave] = m_chips;
    const int request = master.request(true);
    u8 vector = 0;
    if (request < 0) {
        vector = master.vector_base | 7;
    } else if (request == cascade) {
        master.serve(cascade);
        const int slave_request = slave.request(false);
        if (slave_request >= 0) slave.serve(static_cast<unsigned>(slave_request));
        vector = slave.vector_base | static_cast<u8>(slave_request >= 0 ? slave_request : 7);
        master.set_line(cascade, false);
    } else {
        master.serve(static_cast<unsigned>(request));
        vector = master.vector_base | static_cast<u8>(request);
    }
    update();
    return vector;
}

// ---- read ---------------------------------------------------------------------------------------------------------

u8 Pic::read(unsigned chip, unsigned offset) {
    Chip& c = m_chips[chip];
    if (c.poll) {
        // The read is the acknowledge (data sheet, "Poll Command").
        c.poll = false;
        const int request = c.request(chip == 0);
        if (request < 0) return 0;
        c.serve(static_cast<unsigned>(request));
        update();
        return static_cast<u8>(0x80 | request);
    }
    if (offset == 1) return c.imr;
    return c.read_isr ? c.isr : c.irr;
}

// ---- write --------------------------------------------------------------------------------------------------------

void Pic::write(unsigned chip, unsigned offset, u8 value) {
    if (offset == 0) {
        write_command(chip, value);
    } else {
        write_data(chip, value);
    }
    update();
}

void Pic::write_command(unsigned chip, u8 value) {
    Chip& c = m_chips[chip];
    if (value & icw1) {
        // ICW1 clears masks, services and the edge latches; levels stay what they are.
        Chip fresh;
        fresh.lines = c.lines;
        fresh.elcr = c.elcr;
        fresh.vector_base = c.vector_base;
        fresh.irr = c.lines & c.elcr;
        fresh.next_word = 2;
        fresh.wants_icw4 = value & icw1_wants_icw4;
        fresh.single = value & icw1_single;
        c = fresh;
        return;
    }
    if (value & ocw3) {
        c.poll = value & ocw3_poll;
        if (value & ocw3_read) c.read_isr = value & ocw3_read_isr;
        if (value & ocw3_set_special_mask) c.special_mask = value & ocw3_special_mask;
        return;
    }
    c.end_of_interrupt(value);
}

void Pic::write_data(unsigned chip, u8 value) {
    Chip& c = m_chips[chip];
    switch (c.next_word) {
    case 2:
        c.vector_base = value & 0xF8;
        c.next_word = c.single ? (c.wants_icw4 ? 4 : 0) : 3;
        break;
    case 3: c.next_word = c.wants_icw4 ? 4 : 0; break; // the cascade is wired, whatever ICW3 says
    case 4:
        c.special_fully_nested = value & icw4_special_fully_nested;
        c.auto_eoi = value & icw4_auto_eoi;
        c.next_word = 0;
        break;
    default: c.imr = value; break;
    }
}

void Pic::write_elcr(unsigned chip, u8 value) {
    Chip& c = m_chips[chip];
    c.elcr = value & elcr_writable[chip];
    c.irr = c.irr | (c.lines & c.elcr);
    update();
}

// ---- archive ------------------------------------------------------------------------------------------------------

void Pic::Chip::archive(Archive& ar) {
    ar(irr, isr, imr, lines, elcr, vector_base, lowest, next_word);
    ar(wants_icw4, single, auto_eoi, rotate_on_auto_eoi, special_mask, special_fully_nested, poll, read_isr);
    ar.check(lowest < 8, "lowest PIC priority");
    ar.check(next_word == 0 || (next_word >= 2 && next_word <= 4), "PIC initialisation word");
    ar.check((vector_base & 7) == 0, "PIC vector base");
}

void Pic::archive(Archive& ar) { ar(m_chips); }

} // namespace ringshift
