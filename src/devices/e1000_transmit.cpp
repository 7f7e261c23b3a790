// Transmission: descriptors are collected to packets; what a context descriptor asked for (checksums, segmentation of
// large TCP packets) is done to a packet when its last descriptor has come (317453, 3.3 to 3.5).
#include "devices/e1000.h"

#include <algorithm>
#include <bit>

namespace ringshift {

using namespace e1000;

namespace {

/// One turn of transmit(): then the guest goes on, and a timer of about the time that a gigabit wire needs.
constexpr u64 turn_bytes = 256 << 10;
constexpr u64 rest_ns = 50'000;
constexpr u64 descriptor_cost = 64; ///< an empty descriptor counts as so many bytes

constexpr u8 option_ip_checksum = 1, option_tcp_checksum = 2;

u32 dword(std::span<const u8> bytes, std::size_t at) {
    return u32{bytes[at]} | u32{bytes[at + 1]} << 8 | u32{bytes[at + 2]} << 16 | u32{bytes[at + 3]} << 24;
}
u32 network_word(std::span<const u8> bytes, std::size_t at) { return static_cast<u32>(bytes[at] << 8 | bytes[at + 1]); }
void put_network_word(std::span<u8> bytes, std::size_t at, u32 value) {
    bytes[at] = static_cast<u8>(value >> 8);
    bytes[at + 1] = static_cast<u8>(value);
}

/// Puts the inverted sum of [start, end] where the driver wants it; `end` 0 means to the end of the packet.
void insert_checksum(std::span<u8> frame, u32 start, u32 offset, u32 end) {
    const std::size_t stop = end == 0 ? frame.size() : std::min<std::size_t>(end + 1, frame.size());
    if (start >= stop || offset + 2 > frame.size()) return;
    const u16 sum = static_cast<u16>(~internet_sum(frame.subspan(start, stop - start)));
    put_network_word(frame, offset, sum == 0 ? 0xFFFF : sum);
}

} // namespace

u16 internet_sum(std::span<const u8> bytes, u32 sum) {
    u64 total = sum;
    std::size_t i = 0;
    for (; i + 1 < bytes.size(); i += 2) total += static_cast<u32>(bytes[i] << 8 | bytes[i + 1]);
    if (i < bytes.size()) total += static_cast<u32>(bytes[i] << 8);
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return static_cast<u16>(total);
}

struct E1000::TransmitDescriptor {
    u64 address = 0;
    u32 low = 0;  ///< bytes 8-11: length, and type and command or CSO and command
    u32 high = 0; ///< bytes 12-15: status, and options or CSS, and VLAN tag

    bool extended() const { return low >> 29 & 1; }
    bool is_context() const { return extended() && (low >> 20 & 15) == 0; }
    bool end_of_packet() const { return low >> 24 & 1; }
    /// IC of a legacy descriptor, TSE of an extended one.
    bool insert_or_segment() const { return low >> 26 & 1; }
    bool report() const { return low >> 27 & 3; } ///< RS or RPS
    bool vlan() const { return low >> 30 & 1; }
    u32 length() const { return low & (extended() ? 0xFFFFF : 0xFFFF); }
};

void E1000::transmit() {
    if (!(reg(TCTL) & tctl_enable) || !bus_master_enabled()) return;
    const u32 ring = reg(TDLEN) / descriptor_size;
    if (reg(TDH) >= ring || reg(TDT) >= ring) return;
    const u64 base = u64{reg(TDBAH)} << 32 | reg(TDBAL);
    u32 causes = 0;
    for (m_sent_bytes = 0; reg(TDH) != reg(TDT); m_sent_bytes += descriptor_cost) {
        if (m_sent_bytes >= turn_bytes) {
            m_clock.arm(m_transmit_timer, m_clock.now() + rest_ns);
            break;
        }
        const PhysAddr at(base + u64{reg(TDH)} * descriptor_size);
        std::array<u8, descriptor_size> raw{};
        m_memory.read(at, raw);
        const TransmitDescriptor d{u64{dword(raw, 0)} | u64{dword(raw, 4)} << 32, dword(raw, 8), dword(raw, 12)};
        take_descriptor(d);
        if (d.report()) {
            const std::array<u8, 1> status = {static_cast<u8>((raw[12] & 0xF0) | 1)}; // DD
            m_memory.write(PhysAddr(at.value + 12), status);
            causes |= cause_transmitted;
        }
        reg(TDH) = reg(TDH) + 1 == ring ? 0 : reg(TDH) + 1;
    }
    if (reg(TDH) == reg(TDT)) causes |= cause_queue_empty;
    raise(causes);
}

void E1000::set_context(const TransmitDescriptor& d) {
    const bool segmentation = d.insert_or_segment();
    Offload& o = segmentation ? m_state.segmentation : m_state.checksums;
    o.ip_start = static_cast<u8>(d.address);
    o.ip_offset = static_cast<u8>(d.address >> 8);
    o.ip_end = static_cast<u16>(d.address >> 16);
    o.tcp_start = static_cast<u8>(d.address >> 32);
    o.tcp_offset = static_cast<u8>(d.address >> 40);
    o.tcp_end = static_cast<u16>(d.address >> 48);
    o.header_length = static_cast<u8>(d.high >> 8);
    o.segment_size = static_cast<u16>(d.high >> 16);
    o.tcp = d.low >> 24 & 1;
    o.ipv4 = d.low >> 25 & 1;
}

void E1000::take_descriptor(const TransmitDescriptor& d) {
    State& s = m_state;
    if (d.is_context()) return set_context(d);
    if (s.packet.empty() && !s.packet_too_long) {
        s.packet_options = d.extended() ? static_cast<u8>(d.high >> 8) : u8{0};
        s.packet_segmented = d.extended() && d.insert_or_segment();
    }
    const std::size_t before = s.packet.size();
    if (d.length() > longest_packet - before) {
        s.packet_too_long = true;
    } else {
        s.packet.resize(before + d.length());
        m_memory.read(PhysAddr(d.address), std::span(s.packet).subspan(before));
    }
    if (!d.end_of_packet()) return;
    // What was read counts in the turn as well if nothing of it goes out.
    const u64 read = m_sent_bytes + s.packet.size();
    if (!s.packet_too_long) finish_packet(d);
    m_sent_bytes = std::max(m_sent_bytes, read);
    s.packet.clear();
    s.packet_too_long = false;
}

void E1000::finish_packet(const TransmitDescriptor& d) {
    State& s = m_state;
    if (s.packet_segmented) return send_segments(s.segmentation);
    const Offload& o = s.checksums;
    if (!d.extended()) {
        if (d.insert_or_segment()) insert_checksum(s.packet, d.high >> 8 & 0xFF, d.low >> 16 & 0xFF, 0);
    } else {
        if (s.packet_options & option_ip_checksum) insert_checksum(s.packet, o.ip_start, o.ip_offset, o.ip_end);
        if (s.packet_options & option_tcp_checksum) insert_checksum(s.packet, o.tcp_start, o.tcp_offset, o.tcp_end);
    }
    if (d.vlan() && (reg(CTRL) & ctrl_vlan) && s.packet.size() >= 12) {
        const u32 type = reg(VET), tag = d.high >> 16;
        const std::array<u8, 4> inserted = {static_cast<u8>(type >> 8), static_cast<u8>(type),
                                            static_cast<u8>(tag >> 8), static_cast<u8>(tag)};
        s.packet.insert(s.packet.begin() + 12, inserted.begin(), inserted.end());
    }
    send_frame(s.packet);
}

/// One header, and a payload that goes out in pieces of `segment_size`, each with the header brought up to date (3.5).
void E1000::send_segments(const Offload& o) {
    const std::span<const u8> packet = m_state.packet;
    const std::size_t header = o.header_length, size = o.segment_size;
    const std::size_t tcp_header = o.tcp ? 14 : 8;
    if (size == 0 || header >= packet.size() || o.tcp_start + tcp_header > header || o.ip_start + 20u > header) return;
    std::vector<u8> frame;
    u32 index = 0;
    for (std::size_t at = header; at < packet.size(); at += size, ++index) {
        const std::size_t n = std::min(size, packet.size() - at);
        frame.assign(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
        frame.insert(frame.end(), packet.begin() + static_cast<std::ptrdiff_t>(at),
                     packet.begin() + static_cast<std::ptrdiff_t>(at + n));
        const u32 ip_length = static_cast<u32>(frame.size()) - o.ip_start;
        if (o.ipv4) {
            put_network_word(frame, o.ip_start + 2u, ip_length);
            put_network_word(frame, o.ip_start + 4u, network_word(frame, o.ip_start + 4u) + index);
        } else {
            put_network_word(frame, o.ip_start + 4u, ip_length - 40); // IPv6: without its header
        }
        const u32 tcp_length = static_cast<u32>(frame.size()) - o.tcp_start;
        if (o.tcp) {
            const std::size_t sequence = o.tcp_start + 4u;
            const u32 number = (network_word(frame, sequence) << 16 | network_word(frame, sequence + 2)) +
                               static_cast<u32>(at - header);
            put_network_word(frame, sequence, number >> 16);
            put_network_word(frame, sequence + 2, number);
            constexpr u8 fin = 0x01, psh = 0x08;
            if (at + n < packet.size()) frame[o.tcp_start + 13u] &= static_cast<u8>(~(fin | psh));
        } else {
            put_network_word(frame, o.tcp_start + 4u, tcp_length);
        }
        if (m_state.packet_options & option_tcp_checksum) {
            // The driver has put the pseudo-header's sum there, without a length.
            if (o.tcp_offset + 2u <= frame.size()) {
                const u32 sum = network_word(frame, o.tcp_offset) + tcp_length;
                put_network_word(frame, o.tcp_offset, (sum & 0xFFFF) + (sum >> 16));
            }
            insert_checksum(frame, o.tcp_start, o.tcp_offset, o.tcp_end);
        }
        if (m_state.packet_options & option_ip_checksum) insert_checksum(frame, o.ip_start, o.ip_offset, o.ip_end);
        send_frame(frame);
    }
}

void E1000::send_frame(std::vector<u8>& frame) {
    if (frame.size() < 14) return;
    if (frame.size() < shortest_frame && (reg(TCTL) & tctl_pad_short)) frame.resize(shortest_frame);
    m_sent_bytes += frame.size() + descriptor_cost;
    if (!m_state.connected || frame.size() > longest_frame + 4) return; // no jumbo frames
    reg(TPT) += 1;
    reg(GPTC) += 1;
    count(GOTCL, frame.size() + 4);
    count(TOTL, frame.size() + 4);
    m_network.send(frame);
}

} // namespace ringshift
