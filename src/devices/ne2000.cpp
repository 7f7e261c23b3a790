#include "devices/ne2000.h"

#include <algorithm>

namespace ringshift {

// --- registers

namespace {

/// CR. Bits 7-6 are the page of registers 1 to F, bits 5-3 the remote DMA command.
constexpr u8 cr_stop = 0x01, cr_transmit = 0x04, cr_dma = 0x38, cr_dma_abort = 0x20, cr_page = 0xC0;
constexpr u8 isr_received = 0x01, isr_transmitted = 0x02, isr_overwrite = 0x10, isr_counter = 0x20, isr_dma_done = 0x40,
             isr_reset = 0x80;
constexpr u8 rcr_broadcast = 0x04, rcr_multicast = 0x08, rcr_promiscuous = 0x10, rcr_monitor = 0x20;
constexpr u8 tcr_loopback = 0x06, dcr_word = 0x01;
constexpr u8 tsr_transmitted = 0x01, rsr_received = 0x01, rsr_not_physical = 0x20;

constexpr unsigned data_port = 0x10, reset_port = 0x18;
constexpr u32 page_bytes = 256, header_bytes = 4;

u8 high(u16 value) { return static_cast<u8>(value >> 8); }
void set_low(u16& value, u8 byte) { value = static_cast<u16>((value & 0xFF00) | byte); }
void set_high(u16& value, u8 byte) { value = static_cast<u16>((value & 0x00FF) | byte << 8); }

} // namespace

Ne2000::Ne2000(IrqLine& irq, PacketSink& network, const MacAddress& mac)
    : m_irq(irq), m_network(network),
      m_ports([this](u64 offset, unsigned size) { return read(offset, size); },
              [this](u64 offset, unsigned size, u64 value) { write(offset, size, value); }) {
    // On a 16-bit card each byte of the PROM appears twice; 57h at its end tells drivers so.
    for (unsigned i = 0; i < mac.size(); ++i) m_prom[2 * i] = m_prom[2 * i + 1] = mac[i];
    for (unsigned i = 28; i < 32; ++i) m_prom[i] = 0x57;
}

// --- reset

void Ne2000::reset() {
    m_state = {};
    update_irq();
}

/// A read of the reset port: the controller stops; memory and addresses stay.
void Ne2000::soft_reset() {
    m_state.command = 0x21;
    m_state.imr = 0;
    m_state.isr = isr_reset;
    update_irq();
}

void Ne2000::raise(u8 causes) {
    m_state.isr |= causes;
    update_irq();
}

void Ne2000::update_irq() { m_irq.set((m_state.isr & m_state.imr & 0x7F) != 0); }

// --- read

u64 Ne2000::read(u64 offset, unsigned size) {
    if (offset >= reset_port) {
        soft_reset();
        return 0;
    }
    if (offset >= data_port) return read_data(size);
    u64 value = 0;
    for (unsigned i = 0; i < size && offset + i < data_port; ++i)
        value |= u64{read_register(static_cast<unsigned>(offset) + i)} << (8 * i);
    return value;
}

u8 Ne2000::read_register(unsigned offset) {
    State& s = m_state;
    if (offset == 0) return s.command;
    switch (s.command & cr_page) {
    case 0x00:
        switch (offset) {
        case 0x3: return s.bnry;
        case 0x4: return s.tsr;
        case 0x7: return s.isr;
        case 0x8: return static_cast<u8>(s.rsar);
        case 0x9: return high(s.rsar);
        case 0xA: return 'P'; // the RTL8029's identification
        case 0xB: return 'C';
        case 0xC: return s.rsr;
        case 0xF: return s.missed;
        default: return 0;
        }
    case 0x40:
        if (offset < 7) return s.physical[offset - 1];
        if (offset > 7) return s.multicast[offset - 8];
        s.unseen = false;
        return s.curr;
    case 0x80:
        switch (offset) {
        case 0x1: return s.pstart;
        case 0x2: return s.pstop;
        case 0x4: return s.tpsr;
        case 0xC: return s.rcr;
        case 0xD: return s.tcr;
        case 0xE: return s.dcr;
        case 0xF: return s.imr;
        default: return 0;
        }
    default: return 0;
    }
}

u8 Ne2000::memory_byte(u32 address) const {
    if (address < m_prom.size()) return m_prom[address];
    const u32 at = address - memory_begin;
    return at < memory_size ? m_state.memory[at] : u8{0xFF};
}

/// What one access of the data port moves: a word in word mode, whatever its width; the RTL8029 takes dwords too.
unsigned Ne2000::data_step(unsigned size) const { return size == 4 ? 4 : (m_state.dcr & dcr_word) ? 2 : 1; }

u64 Ne2000::read_data(unsigned size) {
    const unsigned step = data_step(size);
    u64 value = 0;
    for (unsigned i = 0; i < step; ++i) value |= u64{memory_byte(m_state.rsar + i)} << (8 * i);
    advance_dma(step);
    return value & ((u64{1} << (8 * size)) - 1);
}

void Ne2000::advance_dma(unsigned step) {
    State& s = m_state;
    s.rsar = static_cast<u16>(s.rsar + step);
    if (s.rsar == s.pstop * page_bytes) s.rsar = static_cast<u16>(s.pstart * page_bytes);
    const bool was_running = s.rbcr != 0;
    s.rbcr = static_cast<u16>(s.rbcr > step ? s.rbcr - step : 0);
    if (was_running && s.rbcr == 0) raise(isr_dma_done);
}

// --- write

void Ne2000::write(u64 offset, unsigned size, u64 value) {
    if (offset >= reset_port) return; // the reset began with the read and ends here
    if (offset >= data_port) return write_data(size, value);
    for (unsigned i = 0; i < size && offset + i < data_port; ++i) {
        const unsigned at = static_cast<unsigned>(offset) + i;
        const u8 byte = static_cast<u8>(value >> (8 * i));
        if (at == 0) {
            write_command(byte);
        } else if ((m_state.command & cr_page) == 0x00) {
            write_page0(at, byte);
        } else if ((m_state.command & cr_page) == 0x40) {
            if (at < 7) {
                m_state.physical[at - 1] = byte;
            } else if (at == 7) {
                m_state.curr = byte;
            } else {
                m_state.multicast[at - 8] = byte;
            }
        }
    }
}

void Ne2000::write_command(u8 value) {
    m_state.command = value;
    if (value & cr_stop) {
        m_state.isr |= isr_reset;
        m_state.command &= static_cast<u8>(~cr_transmit);
        return update_irq();
    }
    m_state.isr &= static_cast<u8>(~isr_reset);
    const u8 dma = value & cr_dma;
    if (dma != 0 && dma < cr_dma_abort && m_state.rbcr == 0) m_state.isr |= isr_dma_done;
    if (value & cr_transmit) transmit();
    update_irq();
    m_network.ready();
}

void Ne2000::write_page0(unsigned offset, u8 value) {
    State& s = m_state;
    switch (offset) {
    case 0x1: s.pstart = value; break;
    case 0x2: s.pstop = value; break;
    case 0x3:
        s.bnry = value;
        m_network.ready();
        break;
    case 0x4: s.tpsr = value; break;
    case 0x5: set_low(s.tbcr, value); break;
    case 0x6: set_high(s.tbcr, value); break;
    case 0x7:
        s.isr &= static_cast<u8>(~(value & 0x7F));
        // Drivers that read CURR first and acknowledge then lose the interrupt of a frame in between. On the wire the
        // next frame repairs that; here all that fits into the ring comes at once, and there may be no next one.
        if ((value & isr_received) && s.unseen) s.isr |= isr_received;
        update_irq();
        break;
    case 0x8: set_low(s.rsar, value); break;
    case 0x9: set_high(s.rsar, value); break;
    case 0xA: set_low(s.rbcr, value); break;
    case 0xB: set_high(s.rbcr, value); break;
    case 0xC: s.rcr = value; break;
    case 0xD: s.tcr = value; break;
    case 0xE: s.dcr = value; break;
    case 0xF:
        s.imr = value;
        update_irq();
        break;
    default: break;
    }
}

void Ne2000::write_data(unsigned size, u64 value) {
    if (m_state.rbcr == 0) return; // no remote DMA under way
    const unsigned step = data_step(size);
    for (unsigned i = 0; i < step; ++i) {
        const u32 at = m_state.rsar + i - memory_begin;
        if (at < memory_size) m_state.memory[at] = static_cast<u8>(value >> (8 * i));
    }
    advance_dma(step);
}

/// The frame leaves at once: nothing here makes the guest wait for the wire.
void Ne2000::transmit() {
    State& s = m_state;
    const u32 begin = s.tpsr * page_bytes - memory_begin;
    const u32 length = s.tbcr;
    const bool sane = begin < memory_size && length <= memory_size - begin && length >= 14 && length <= longest_frame;
    if (sane && !(s.tcr & tcr_loopback)) m_network.send(std::span(s.memory).subspan(begin, length));
    s.command &= static_cast<u8>(~cr_transmit);
    s.tsr = tsr_transmitted;
    raise(isr_transmitted);
}

// --- receive

u32 Ne2000::free_bytes() const {
    const u32 size = (m_state.pstop - m_state.pstart) * page_bytes;
    const u32 used = (m_state.curr >= m_state.bnry ? 0 : size) + m_state.curr * page_bytes - m_state.bnry * page_bytes;
    return used <= size ? size - used : 0;
}

bool Ne2000::can_receive() const {
    if ((m_state.command & cr_stop) || !ring_is_sane()) return true;
    return free_bytes() >= longest_frame + 2 * page_bytes;
}

bool Ne2000::accepts(std::span<const u8> frame) const {
    if (m_state.rcr & rcr_promiscuous) return true;
    if (is_broadcast(frame)) return m_state.rcr & rcr_broadcast;
    if (is_multicast(frame)) {
        const u32 index = address_crc(frame) >> 26;
        return (m_state.rcr & rcr_multicast) && (m_state.multicast[index >> 3] >> (index & 7) & 1);
    }
    return std::equal(m_state.physical.begin(), m_state.physical.end(), frame.begin());
}

void Ne2000::receive(std::span<const u8> frame) {
    State& s = m_state;
    if ((s.command & cr_stop) || !ring_is_sane() || (s.rcr & rcr_monitor) || frame.size() < 14 ||
        frame.size() > longest_frame || !accepts(frame))
        return;
    if (!can_receive()) {
        if (s.missed < 0xFF) ++s.missed;
        return raise(static_cast<u8>(isr_overwrite | (s.missed >= 0x80 ? isr_counter : 0)));
    }
    const u32 length = static_cast<u32>(std::max(frame.size(), shortest_frame)) + header_bytes;
    const u32 begin = s.pstart * page_bytes, end = s.pstop * page_bytes;
    u32 next = s.curr * page_bytes + (length + header_bytes + page_bytes - 1) / page_bytes * page_bytes;
    if (next >= end) next -= end - begin;
    s.rsr = static_cast<u8>(rsr_received | (is_multicast(frame) ? rsr_not_physical : 0));
    const std::array<u8, header_bytes> header = {s.rsr, static_cast<u8>(next / page_bytes), static_cast<u8>(length),
                                                 static_cast<u8>(length >> 8)};
    u32 at = s.curr * page_bytes;
    const auto put = [&](u8 byte) {
        if (at - memory_begin < memory_size) s.memory[at - memory_begin] = byte;
        if (++at == end) at = begin;
    };
    for (const u8 byte : header) put(byte);
    for (const u8 byte : frame) put(byte);
    for (std::size_t i = frame.size(); i < shortest_frame; ++i) put(0);
    s.curr = static_cast<u8>(next / page_bytes);
    s.unseen = true;
    raise(isr_received);
}

// --- archive

void Ne2000::archive(Archive& ar) {
    State& s = m_state;
    ar(s.command, s.pstart, s.pstop, s.bnry, s.curr, s.tsr, s.tpsr, s.isr, s.imr, s.tbcr, s.rsar, s.rbcr, s.rsr, s.rcr,
       s.tcr, s.dcr, s.missed, s.unseen, s.physical, s.multicast, s.memory);
}

// --- RTL8029

Ne2000Pci::Ne2000Pci(PacketSink& network, const MacAddress& mac)
    : PciFunction({.vendor = 0x10EC,
                   .device = 0x8029,
                   .class_code = 0x020000,
                   .interrupt_pin = 1,
                   .subsystem_vendor = 0x10EC,
                   .subsystem = 0x8029}),
      m_pin(*this), m_core(m_pin, network, mac) {
    add_bar(0, BarKind::io, Ne2000::port_count);
}

void Ne2000Pci::reset() {
    reset_config();
    m_core.reset();
}

void Ne2000Pci::archive(Archive& ar) {
    archive_config(ar);
    m_core.archive(ar);
}

} // namespace ringshift
