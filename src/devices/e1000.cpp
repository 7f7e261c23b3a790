#include "devices/e1000.h"

#include <algorithm>
#include <bit>

namespace ringshift {

using namespace e1000;

// --- registers

namespace {

constexpr u16 phy_id1 = 0x0141, phy_id2 = 0x0C20; // Marvell 88E1011
constexpr unsigned phy_address = 1;
enum Phy : unsigned {
    phy_control = 0,
    phy_status = 1,
    phy_identifier1 = 2,
    phy_identifier2 = 3,
    phy_advertised = 4,
    phy_partner = 5,
    phy_expansion = 6,
    phy_gigabit_control = 9,
    phy_gigabit_status = 10,
    phy_extended_status = 15,
    phy_specific_control = 16,
    phy_specific_status = 17,
    phy_extended_control = 20,
};
constexpr u16 phy_control_reset = 0x8000, phy_control_restart = 0x0200;

struct Plain {
    u32 offset;
    u32 writable;
    u32 reset;
};
/// Registers that hold what is written to them, and do nothing else when written.
constexpr Plain plain_registers[] = {
    {CTRL_EXT, 0xFFFFFFFF, 0},
    {FCAL, 0xFFFFFFFF, 0},
    {FCAH, 0xFFFF, 0},
    {FCT, 0xFFFF, 0},
    {VET, 0xFFFF, 0x8100},
    {ITR, 0xFFFF, 0},
    {FCTTV, 0xFFFF, 0},
    {TXCW, 0xFFFFFFFF, 0},
    {TIPG, 0x3FFFFFFF, 0},
    {AIFS, 0xFFFF, 0},
    {LEDCTL, 0xFFFFFFFF, 0x07061302},
    {PBA, 0xFFFF, 0x00100030},
    {FCRTL, 0x8000FFF8, 0},
    {FCRTH, 0xFFF8, 0},
    {RDBAL, 0xFFFFFFF0, 0},
    {RDBAH, 0xFFFFFFFF, 0},
    {RDLEN, 0xFFF80, 0},
    {RDH, 0xFFFF, 0},
    {RDTR, 0xFFFF, 0},
    {RXDCTL, 0xFFFFFFFF, 0x01010000},
    {RADV, 0xFFFF, 0},
    {RSRPD, 0xFFF, 0},
    {TDBAL, 0xFFFFFFF0, 0},
    {TDBAH, 0xFFFFFFFF, 0},
    {TDLEN, 0xFFF80, 0},
    {TDH, 0xFFFF, 0},
    {TIDV, 0xFFFF, 0},
    {TXDCTL, 0xFFFFFFFF, 0},
    {TADV, 0xFFFF, 0},
    {TSPMT, 0xFFFFFFFF, 0},
    {RXCSUM, 0x7FF, 0},
    {WUC, 0xFFFFFFFF, 0},
    {WUFC, 0xFFFFFFFF, 0},
    {MANC, 0xFFFFFFFF, 0},
};

constexpr bool in_range(u32 offset, u32 begin, u32 words) { return offset >= begin && offset < begin + 4 * words; }

/// Multicast table, receive addresses, VLAN table.
constexpr bool is_filter(u32 offset) {
    return in_range(offset, MTA, multicast_words) || in_range(offset, RAL, 2 * receive_addresses) ||
           in_range(offset, VFTA, vlan_words);
}

} // namespace

E1000::E1000(Clock& clock, DmaView& memory, PacketSink& network, const MacAddress& mac)
    : PciFunction({.vendor = 0x8086,
                   .device = 0x100E,
                   .class_code = 0x020000,
                   .revision = 3,
                   .interrupt_pin = 1,
                   .subsystem_vendor = 0x8086,
                   .subsystem = 0x001E}),
      m_clock(clock), m_memory(memory), m_network(network), m_mac(mac),
      m_registers(
          // Everything is a dword (13.3); a narrower read gets its part, a narrower write is ignored.
          [this](u64 offset, unsigned size) -> u64 {
              const u32 low = read_register(static_cast<u32>(offset) & ~3u);
              if (size == 8) return u64{low} | u64{read_register((static_cast<u32>(offset) & ~3u) + 4)} << 32;
              return (u64{low} >> (8 * (offset & 3))) & ((u64{1} << (8 * size)) - 1);
          },
          [this](u64 offset, unsigned size, u64 value) {
              if (size < 4 || offset % 4 != 0) return;
              write_register(static_cast<u32>(offset), static_cast<u32>(value));
              if (size == 8) write_register(static_cast<u32>(offset) + 4, static_cast<u32>(value >> 32));
          }),
      m_io([this](u64 offset, unsigned size) { return read_io(offset, size); },
           [this](u64 offset, unsigned size, u64 value) { write_io(offset, size, value); }),
      m_transmit_timer(clock.create_timer("e1000 transmit", [this](u64) { transmit(); })),
      m_interrupt_timer(clock.create_timer("e1000 interrupt", [this](u64) { update_interrupt(); })), m_eeprom(mac) {
    add_bar(memory_bar, BarKind::memory, memory_size);
    add_bar(io_bar, BarKind::io, io_size);
    reset();
}

// --- reset

void E1000::reset() {
    reset_config();
    const bool connected = m_state.connected;
    m_state = {};
    m_state.connected = connected;
    m_state.phy[phy_control] = 0x1140;
    m_state.phy[phy_advertised] = 0x0DE1;
    m_state.phy[phy_gigabit_control] = 0x0E00;
    m_state.phy[phy_specific_control] = 0x0360;
    m_state.phy[phy_extended_control] = 0x0D60;
    m_eeprom.reset();
    mac_reset();
}

/// CTRL.RST: all but PHY, EEPROM and PCI configuration (13.4.1). The first receive address comes from the EEPROM.
void E1000::mac_reset() {
    m_clock.cancel(m_transmit_timer);
    m_clock.cancel(m_interrupt_timer);
    m_state.registers.fill(0);
    for (const Plain& plain : plain_registers) reg(plain.offset) = plain.reset;
    reg(CTRL) = 0x00000201;
    reg(RAL) = u32{m_mac[0]} | u32{m_mac[1]} << 8 | u32{m_mac[2]} << 16 | u32{m_mac[3]} << 24;
    reg(RAL + 4) = u32{m_mac[4]} | u32{m_mac[5]} << 8 | address_valid;
    m_state.next_interrupt = 0;
    m_state.packet.clear();
    m_state.packet_too_long = m_state.packet_segmented = false;
    m_state.packet_options = 0;
    m_state.checksums = m_state.segmentation = {};
    update_status();
    set_interrupt(false);
}

void E1000::update_status() {
    reg(STATUS) = status_full_duplex | status_1000 | (m_state.connected ? status_link_up : 0);
}

void E1000::set_link(bool connected) {
    if (m_state.connected == connected) return;
    m_state.connected = connected;
    update_status();
    raise(cause_link);
    m_network.ready();
}

// --- interrupts

void E1000::raise(u32 causes) {
    reg(ICR) |= causes & cause_bits;
    update_interrupt();
}

/// ITR: so many units of 256 ns from one interrupt to the next at least (13.4.18).
void E1000::update_interrupt() {
    if (!(reg(ICR) & reg(IMS))) return set_interrupt(false);
    const u64 now = m_clock.now();
    if (now < m_state.next_interrupt) return m_clock.arm(m_interrupt_timer, m_state.next_interrupt);
    m_state.next_interrupt = now + u64{reg(ITR)} * 256;
    set_interrupt(true);
}

// --- read

u32 E1000::read_register(u32 offset) {
    if (offset >= register_end) return 0;
    switch (offset) {
    case EECD: return m_eeprom.read_pins();
    case ICR: {
        const u32 causes = reg(ICR) | (reg(ICR) & reg(IMS) ? cause_asserted : 0);
        reg(ICR) = 0;
        update_interrupt();
        return causes;
    }
    case IMC:
    case ICS: return 0;
    default: break;
    }
    const u32 value = reg(offset);
    if (offset >= statistics_begin && offset < statistics_end) reg(offset) = 0; // counters are cleared by reading
    return value;
}

u64 E1000::read_io(u64 offset, unsigned size) const {
    if (size != 4) return 0;
    if (offset == 0) return m_state.io_address;
    // IODATA. Reading registers with effects through it is no driver's habit, so they have none here.
    const u32 at = m_state.io_address;
    return offset == 4 && at < register_end && at % 4 == 0 ? reg(at) : 0;
}

u16 E1000::read_phy(unsigned index) const {
    const bool up = m_state.connected;
    switch (index) {
    case phy_status: return up ? 0x796D : 0x7949; // link, negotiation complete
    case phy_identifier1: return phy_id1;
    case phy_identifier2: return phy_id2;
    case phy_partner: return up ? 0xCDE1 : 0;
    case phy_expansion: return up ? 1 : 0;
    case phy_gigabit_status: return up ? 0x3C00 : 0;
    case phy_extended_status: return 0x3000;
    case phy_specific_status: return up ? 0xAC00 : 0x8000; // 1000 Mb/s, full duplex, resolved, link
    default: return m_state.phy[index];
    }
}

// --- write

void E1000::write_register(u32 offset, u32 value) {
    if (offset >= register_end) return;
    if (is_filter(offset)) {
        reg(offset) = value;
        return;
    }
    switch (offset) {
    case CTRL:
        if (value & ctrl_reset) return mac_reset();
        reg(CTRL) = value & ~(ctrl_reset | ctrl_phy_reset);
        return;
    case EECD: return m_eeprom.write_pins(value);
    case EERD:
        reg(EERD) = value & 1 ? u32{m_eeprom.word(value >> 8 & 0xFF)} << 16 | (value & 0xFF00) | 0x10 : value;
        return;
    case MDIC: return write_mdic(value);
    case ICR: reg(ICR) &= ~value; return update_interrupt();
    case ICS: return raise(value);
    case IMS: reg(IMS) |= value & cause_bits; return update_interrupt();
    case IMC: reg(IMS) &= ~value; return update_interrupt();
    case RCTL: reg(RCTL) = value; return m_network.ready();
    case RDT: reg(RDT) = value & 0xFFFF; return m_network.ready();
    case TCTL: reg(TCTL) = value; return transmit();
    case TDT: reg(TDT) = value & 0xFFFF; return transmit();
    default: break;
    }
    for (const Plain& plain : plain_registers)
        if (plain.offset == offset) reg(offset) = value & plain.writable;
}

void E1000::write_io(u64 offset, unsigned size, u64 value) {
    if (size != 4) return;
    if (offset == 0) {
        m_state.io_address = static_cast<u32>(value);
    } else if (offset == 4 && m_state.io_address % 4 == 0) {
        write_register(m_state.io_address, static_cast<u32>(value));
    }
}

/// The management bus to the PHY (13.4.9): done at once.
void E1000::write_mdic(u32 value) {
    constexpr u32 op_write = 1, op_read = 2, ready = 1u << 28, interrupt = 1u << 29, error = 1u << 30;
    const u32 op = value >> 26 & 3;
    const unsigned index = value >> 16 & 31;
    u32 result = (value & ~(error | 0x80000000)) | ready;
    if ((value >> 21 & 31) != phy_address) {
        result |= error;
    } else if (op == op_read) {
        result = (result & 0xFFFF0000) | read_phy(index);
    } else if (op == op_write) {
        write_phy(index, static_cast<u16>(value));
    }
    reg(MDIC) = result;
    if (value & interrupt) raise(cause_mdio);
}

void E1000::write_phy(unsigned index, u16 value) {
    if (index != phy_control) {
        m_state.phy[index] = value;
        return;
    }
    m_state.phy[phy_control] = value & static_cast<u16>(~(phy_control_reset | phy_control_restart));
    if (value & (phy_control_reset | phy_control_restart)) raise(cause_link); // negotiated at once
}

void E1000::count(u32 low, u64 amount) {
    u64 value = u64{reg(low)} | u64{reg(low + 4)} << 32;
    value += amount;
    reg(low) = static_cast<u32>(value);
    reg(low + 4) = static_cast<u32>(value >> 32);
}

// --- receive

u32 E1000::buffer_size() const {
    const u32 size = 2048u >> (reg(RCTL) >> 16 & 3);
    return reg(RCTL) & rctl_size_extended ? std::min(size * 16, 16384u) : size;
}

/// Descriptors that the driver has given to the card.
u32 E1000::free_descriptors() const {
    const u32 ring = reg(RDLEN) / descriptor_size, head = reg(RDH), tail = reg(RDT);
    if (head >= ring || tail >= ring) return 0;
    return tail >= head ? tail - head : ring - head + tail;
}

bool E1000::can_receive() const {
    const bool on = (reg(RCTL) & rctl_enable) && m_state.connected && bus_master_enabled() && reg(RDLEN) != 0;
    return !on || u64{free_descriptors()} * buffer_size() >= longest_frame + 4;
}

bool E1000::accepts(std::span<const u8> frame) const {
    if (is_broadcast(frame) && (reg(RCTL) & rctl_broadcast)) return true;
    if (is_multicast(frame)) {
        if (reg(RCTL) & rctl_multicast_all) return true;
        // 12 bits of the address, which ones RCTL.MO says (13.5.1).
        static constexpr unsigned shifts[] = {4, 3, 2, 0};
        const u32 hash = ((u32{frame[5]} << 8 | frame[4]) >> shifts[reg(RCTL) >> 12 & 3]) & 0xFFF;
        if (reg(MTA + 4 * (hash >> 5)) >> (hash & 31) & 1) return true;
    } else if (reg(RCTL) & rctl_unicast_all) {
        return true;
    }
    for (u32 i = 0; i < receive_addresses; ++i) {
        const u32 low = reg(RAL + 8 * i), high = reg(RAL + 8 * i + 4);
        const u64 address = u64{low} | u64{high & 0xFFFF} << 32;
        u64 wanted = 0;
        for (unsigned byte = 0; byte < 6; ++byte) wanted |= u64{frame[byte]} << (8 * byte);
        if ((high & address_valid) && address == wanted) return true;
    }
    return false;
}

void E1000::receive(std::span<const u8> frame) {
    if (!(reg(RCTL) & rctl_enable) || !m_state.connected || !bus_master_enabled()) return;
    if (frame.size() < 14 || frame.size() > longest_frame || !accepts(frame)) return;
    if (!can_receive() || reg(RDLEN) == 0) {
        reg(MPC) += 1;
        return raise(cause_overrun);
    }
    std::array<u8, shortest_frame> padded{};
    if (frame.size() < shortest_frame) {
        std::copy(frame.begin(), frame.end(), padded.begin());
        frame = padded;
    }
    reg(TPR) += 1;
    reg(GPRC) += 1;
    count(GORCL, frame.size() + 4);
    count(TORL, frame.size() + 4);
    store_frame(frame);
}

namespace {

/// What the receive checksum unit finds in a frame: DD's neighbours in the descriptor's status, and errors (3.2.9).
struct Findings {
    u8 status = 0, errors = 0;
};

Findings check_sums(std::span<const u8> frame, u32 rxcsum) {
    constexpr u8 ignore = 0x04, tcp_checked = 0x20, ip_checked = 0x40, tcp_error = 0x20, ip_error = 0x40;
    Findings found{ignore, 0};
    if (frame.size() < 34 || frame[12] != 0x08 || frame[13] != 0x00 || frame[14] >> 4 != 4) return found;
    const auto ip = frame.subspan(14);
    const std::size_t header = (ip[0] & 15u) * 4;
    const std::size_t length = static_cast<std::size_t>(ip[2] << 8 | ip[3]);
    if (header < 20 || length < header || length > ip.size()) return found;
    if (rxcsum & rxcsum_ip) {
        found.status = ip_checked;
        if (internet_sum(ip.first(header)) != 0xFFFF) found.errors |= ip_error;
    }
    const bool fragment = (ip[6] & 0x3F) != 0 || ip[7] != 0;
    const bool tcp = ip[9] == 6, udp = ip[9] == 17;
    if (!(rxcsum & rxcsum_tcp) || fragment || !(tcp || udp)) return found;
    const auto payload = ip.subspan(header, length - header);
    if (payload.size() < 8 || (udp && payload[6] == 0 && payload[7] == 0)) return found;
    const u32 pseudo = internet_sum(ip.subspan(12, 8)) + u32{ip[9]} + static_cast<u32>(payload.size());
    found.status = static_cast<u8>((found.status & ~ignore) | tcp_checked);
    if (internet_sum(payload, pseudo) != 0xFFFF) found.errors |= tcp_error;
    return found;
}

} // namespace

/// Spreads a frame over as many buffers as it needs; can_receive() has said that they are there.
void E1000::store_frame(std::span<const u8> frame) {
    constexpr u8 done = 0x01, end_of_packet = 0x02;
    const Findings found = check_sums(frame, reg(RXCSUM));
    const u32 ring = reg(RDLEN) / descriptor_size, size = buffer_size();
    const u64 base = u64{reg(RDBAH)} << 32 | reg(RDBAL);
    // The check sequence counts unless it is stripped; its bytes are not computed: nothing damages frames here.
    u32 left = static_cast<u32>(frame.size()) + (reg(RCTL) & rctl_strip_crc ? 0 : 4);
    while (left > 0) {
        const PhysAddr at(base + u64{reg(RDH)} * descriptor_size);
        std::array<u8, descriptor_size> raw{};
        m_memory.read(at, raw);
        u64 address = 0;
        for (unsigned i = 0; i < 8; ++i) address |= u64{raw[i]} << (8 * i);
        const u32 here = std::min(left, size);
        const std::size_t bytes = std::min<std::size_t>(here, frame.size());
        if (address != 0) m_memory.write(PhysAddr(address), frame.first(bytes)); // a null one is skipped (3.2.3)
        frame = frame.subspan(bytes);
        left -= here;
        const bool last = left == 0;
        const std::array<u8, 8> tail = {static_cast<u8>(here),
                                        static_cast<u8>(here >> 8),
                                        0,
                                        0,
                                        static_cast<u8>(done | (last ? end_of_packet | found.status : 0)),
                                        last ? found.errors : u8{0},
                                        0,
                                        0};
        m_memory.write(PhysAddr(at.value + 8), tail);
        reg(RDH) = reg(RDH) + 1 == ring ? 0 : reg(RDH) + 1;
    }
    const bool low = free_descriptors() <= ring >> (1 + (reg(RCTL) >> 8 & 3));
    raise(cause_received | (low ? cause_receive_low : 0));
}

// --- archive

void E1000::archive(Archive& ar) {
    archive_config(ar);
    State& s = m_state;
    ar(s.registers, s.phy, s.connected, s.io_address, s.next_interrupt, s.packet, s.packet_too_long, s.packet_options,
       s.packet_segmented, s.checksums, s.segmentation);
    m_eeprom.archive(ar);
    ar.check(s.packet.size() <= longest_packet, "E1000 packet");
    if (!ar.ok()) s.packet.clear();
}

// --- EEPROM

namespace {
constexpr u32 pin_clock = 1, pin_select = 2, pin_in = 4, pin_out = 8, pins_written = 0x77, pin_granted = 0x80,
              pin_present = 0x100;
} // namespace

E1000Eeprom::E1000Eeprom(const MacAddress& mac) {
    for (unsigned i = 0; i < 3; ++i) m_words[i] = static_cast<u16>(mac[2 * i] | mac[2 * i + 1] << 8);
    m_words[0x0A] = 0x640B; // initialization control 1: the identity that follows is valid
    m_words[0x0B] = 0x001E; // subsystem
    m_words[0x0C] = 0x8086;
    m_words[0x0D] = 0x100E;
    m_words[0x0E] = 0x8086;
    u16 sum = 0;
    for (unsigned i = 0; i < 63; ++i) sum = static_cast<u16>(sum + m_words[i]);
    m_words[63] = static_cast<u16>(0xBABA - sum);
}

u32 E1000Eeprom::read_pins() const {
    const bool bit = !m_state.reading || (word(m_state.position >> 4) >> (15 - (m_state.position & 15)) & 1);
    return m_state.pins | pin_present | pin_granted | (bit ? pin_out : 0);
}

/// A command is a start bit, two bits of opcode (10: read) and six of address; then data comes out, most significant
/// bit first, the next one after each fall of the clock, and goes on in the next word.
void E1000Eeprom::write_pins(u32 value) {
    constexpr unsigned command_bits = 9, read_opcode = 6;
    const u32 changed = value ^ m_state.pins;
    m_state.pins = value & pins_written;
    if (!(value & pin_select)) return;
    if (changed & pin_select) {
        m_state.shifted = 0;
        m_state.bits_in = 0;
        m_state.reading = false;
        m_state.position = 0;
    }
    if (!(changed & pin_clock)) return;
    if (!(value & pin_clock)) {
        if (m_state.reading) m_state.position = (m_state.position + 1) & 1023;
        return;
    }
    if (m_state.bits_in >= command_bits) return;
    m_state.shifted = static_cast<u16>(m_state.shifted << 1 | (value & pin_in ? 1 : 0));
    if (++m_state.bits_in < command_bits || m_state.shifted >> 6 != read_opcode) return;
    m_state.reading = true;
    m_state.position = static_cast<u16>(((m_state.shifted & 63) * 16 + 1023) & 1023); // a dummy bit comes first
}

void E1000Eeprom::archive(Archive& ar) {
    ar(m_state.pins, m_state.shifted, m_state.bits_in, m_state.reading, m_state.position);
    ar.check(m_state.bits_in <= 9 && m_state.position < 1024, "E1000 EEPROM");
}

} // namespace ringshift
