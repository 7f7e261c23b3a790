#include "devices/contract.h"
#include "devices/e1000.h"
#include "devices/network_rig.h"

namespace ringshift {

namespace {

using namespace e1000;

struct E1000Rig : Rig {
    static constexpr u32 receive_ring = 0x1000, transmit_ring = 0x2000, buffers = 0x10000, count = 16;

    CollectingNetwork network;
    FakeDmaView memory{1 << 20};
    E1000 card{clock, memory, network, test_mac};
    RegisterBlock& registers = *card.bar(E1000::memory_bar);

    E1000Rig() {
        use(card);
        block(registers, E1000::memory_size, 8);
        block(*card.bar(E1000::io_bar), E1000::io_size);
        event = [this](Random& random) {
            switch (random() % 6) {
            case 0: return start();
            case 1: return card.config_write(static_cast<u8>(random() % 64 * 4), 4, static_cast<u32>(random()));
            case 2: // descriptors of nonsense
                for (u32 i = 0; i < count * 16; ++i) memory.memory[transmit_ring + i] = static_cast<u8>(random());
                return write(TDT, static_cast<u32>(random() % count));
            case 3: return write(RDT, static_cast<u32>(random() % count));
            default: return card.receive(random_frame(random));
            }
        };
    }
    void write(u32 offset, u32 value) { registers.write(offset, 4, value); }
    u32 read(u32 offset) { return static_cast<u32>(registers.read(offset, 4)); }

    void start() {
        card.config_write(0x04, 2, 7);
        write(RDBAL, receive_ring);
        write(RDBAH, 0);
        write(RDLEN, count * 16);
        write(RDH, 0);
        for (u32 i = 0; i < count; ++i) put(receive_ring + 16 * i, buffers + 2048 * i, 0);
        write(RDT, count - 1);
        write(TDBAL, transmit_ring);
        write(TDBAH, 0);
        write(TDLEN, count * 16);
        write(TDH, 0);
        write(TDT, 0);
        write(RCTL, rctl_enable | rctl_broadcast);
        write(TCTL, tctl_enable | tctl_pad_short);
        write(IMS, cause_received | cause_transmitted | cause_link);
    }
    void put(u32 at, u64 first, u64 second) {
        std::memcpy(&memory.memory[at], &first, 8);
        std::memcpy(&memory.memory[at + 8], &second, 8);
    }
    u64 get(u32 at) const {
        u64 value = 0;
        std::memcpy(&value, &memory.memory[at], 8);
        return value;
    }
    void place(u32 at, std::span<const u8> bytes) { std::copy(bytes.begin(), bytes.end(), memory.memory.begin() + at); }
    bool interrupting() { return card.config_read(0x06, 2) & 8; }
    u16 microwire(unsigned word) {
        const auto clock_in = [this](unsigned bit) {
            write(EECD, 2 | (bit ? 4 : 0));
            write(EECD, 3 | (bit ? 4 : 0));
            write(EECD, 2 | (bit ? 4 : 0));
        };
        write(EECD, 0);
        write(EECD, 2);
        for (int bit = 8; bit >= 0; --bit) clock_in(((6u << 6 | word) >> bit) & 1);
        u16 value = 0;
        for (unsigned i = 0; i < 16; ++i) {
            write(EECD, 3);
            value = static_cast<u16>(value << 1 | ((read(EECD) & 8) ? 1 : 0));
            write(EECD, 2);
        }
        write(EECD, 0);
        return value;
    }
};

/// An Ethernet frame with IPv4 and TCP, checksums zero but for the pseudo-header's where TCP's is.
std::vector<u8> tcp_packet(std::size_t payload, bool with_length) {
    std::vector<u8> p = frame_to(gateway_mac, 54 + payload);
    const std::size_t ip_length = 40 + payload;
    const u8 ip[20] = {0x45,
                       0,
                       static_cast<u8>(ip_length >> 8),
                       static_cast<u8>(ip_length),
                       0x12,
                       0x34,
                       0,
                       0,
                       64,
                       6,
                       0,
                       0,
                       10,
                       0,
                       2,
                       15,
                       10,
                       0,
                       2,
                       2};
    std::copy(ip, ip + 20, p.begin() + 14);
    const u8 tcp[20] = {0x1F, 0x90, 0, 80, 0xFF, 0xFF, 0xFF, 0x00, 0, 0, 0, 0, 0x50, 0x19, 0x10, 0, 0, 0, 0, 0};
    std::copy(tcp, tcp + 20, p.begin() + 34);
    const u16 pseudo =
        internet_sum(std::span(p).subspan(26, 8), 6 + (with_length ? static_cast<u32>(20 + payload) : 0));
    p[50] = static_cast<u8>(pseudo >> 8);
    p[51] = static_cast<u8>(pseudo);
    return p;
}

void check_tcp_sums(const std::vector<u8>& p) {
    const auto ip = std::span(p).subspan(14);
    CHECK(internet_sum(ip.first(20)) == 0xFFFF);
    const u32 pseudo = internet_sum(ip.subspan(12, 8), 6 + static_cast<u32>(ip.size() - 20));
    CHECK(internet_sum(ip.subspan(20), pseudo) == 0xFFFF);
}

u64 context(u32 segment, u32 payload) {
    return u64{payload & 0xFFFFF} | 0x27ull << 24 | (segment ? u64{segment} << 48 | u64{54} << 40 : 0);
}
constexpr u64 context_offsets = 14 | 24 << 8 | 33ull << 16 | 34ull << 32 | 50ull << 40;

} // namespace

TEST_CASE("the E1000 keeps the device contract") {
    check_device_contract([] { return std::make_unique<E1000Rig>(); }, 8'000);
}

TEST_CASE("the E1000 has its address in an EEPROM with the right sum") {
    E1000Rig rig;
    u16 sum = 0;
    for (unsigned i = 0; i < 64; ++i) sum = static_cast<u16>(sum + rig.microwire(i));
    CHECK(sum == 0xBABA);
    for (unsigned i = 0; i < 3; ++i) CHECK(rig.microwire(i) == (test_mac[2 * i] | test_mac[2 * i + 1] << 8));
    rig.write(EERD, 1 | 2 << 8);
    CHECK(rig.read(EERD) == (u32{0xEFCD} << 16 | 2 << 8 | 0x10));
    CHECK(rig.read(RAL) == 0xAB005352);
    CHECK(rig.read(RAL + 4) == 0x8000EFCD);
}

TEST_CASE("the E1000 has a PHY that shows the cable") {
    E1000Rig rig;
    rig.start();
    const auto phy = [&](u32 index) {
        rig.write(MDIC, 2u << 26 | 1u << 21 | index << 16);
        return rig.read(MDIC);
    };
    CHECK((phy(2) & 0xFFFF) == 0x0141);
    CHECK((phy(1) & 0x24) == 0x24);
    rig.read(ICR);
    rig.card.set_link(false);
    CHECK((phy(1) & 0x24) == 0);
    CHECK((rig.read(STATUS) & status_link_up) == 0);
    CHECK(rig.interrupting());
    CHECK((rig.read(ICR) & cause_link) != 0);
    CHECK_FALSE(rig.interrupting());
    rig.card.receive(frame_to(test_mac, 100));
    CHECK(rig.read(RDH) == 0);
    rig.write(MDIC, 2u << 26 | 2u << 21); // no PHY there
    CHECK((rig.read(MDIC) >> 30 & 1) == 1);
}

TEST_CASE("the E1000 sends a legacy descriptor and reports it") {
    E1000Rig rig;
    rig.start();
    const std::vector<u8> frame = frame_to(gateway_mac, 200);
    rig.place(E1000Rig::buffers, frame);
    rig.put(E1000Rig::transmit_ring, E1000Rig::buffers, 120 | 0u << 24);
    rig.put(E1000Rig::transmit_ring + 16, E1000Rig::buffers + 120, 80 | 9u << 24); // EOP, RS
    rig.write(TDT, 2);
    REQUIRE(rig.network.sent.size() == 1);
    CHECK(rig.network.sent[0] == frame);
    CHECK((rig.get(E1000Rig::transmit_ring + 24) >> 32 & 1) == 1);
    CHECK((rig.get(E1000Rig::transmit_ring + 8) >> 32 & 1) == 0);
    CHECK(rig.read(TDH) == 2);
    CHECK(rig.interrupting());
    CHECK((rig.read(ICR) & cause_transmitted) != 0);
    CHECK(rig.read(GPTC) == 1);
    CHECK(rig.read(GPTC) == 0);
}

TEST_CASE("the E1000 inserts checksums") {
    E1000Rig rig;
    rig.start();
    const std::vector<u8> packet = tcp_packet(333, true);
    rig.place(E1000Rig::buffers, packet);
    rig.put(E1000Rig::transmit_ring, context_offsets, context(0, 0) & ~(u64{4} << 24) | u64{0x20} << 24);
    rig.put(E1000Rig::transmit_ring + 16, E1000Rig::buffers, packet.size() | 1u << 20 | 0x29ull << 24 | 3ull << 40);
    rig.write(TDT, 2);
    REQUIRE(rig.network.sent.size() == 1);
    check_tcp_sums(rig.network.sent[0]);
}

TEST_CASE("the E1000 cuts a large TCP packet into segments") {
    E1000Rig rig;
    rig.start();
    const std::vector<u8> packet = tcp_packet(5000, false);
    rig.place(E1000Rig::buffers, packet);
    rig.put(E1000Rig::transmit_ring, context_offsets, context(1460, 5000));
    rig.put(E1000Rig::transmit_ring + 16, E1000Rig::buffers, packet.size() | 1u << 20 | 0x2Dull << 24 | 3ull << 40);
    rig.write(TDT, 2);
    REQUIRE(rig.network.sent.size() == 4);
    std::vector<u8> payload;
    u32 sequence = 0xFFFFFF00;
    for (unsigned i = 0; i < 4; ++i) {
        const std::vector<u8>& p = rig.network.sent[i];
        check_tcp_sums(p);
        CHECK((p[16] << 8 | p[17]) == static_cast<int>(p.size()) - 14);
        CHECK((p[18] << 8 | p[19]) == 0x1234 + static_cast<int>(i));
        CHECK((u32{p[38]} << 24 | u32{p[39]} << 16 | u32{p[40]} << 8 | p[41]) == sequence);
        CHECK(p[47] == (i == 3 ? 0x19 : 0x10)); // FIN and PSH with the last only
        sequence += static_cast<u32>(p.size()) - 54;
        payload.insert(payload.end(), p.begin() + 54, p.end());
    }
    CHECK(payload == std::vector<u8>(packet.begin() + 54, packet.end()));
}

TEST_CASE("the E1000 rests while it sends an endless ring") {
    E1000Rig rig;
    rig.start();
    const std::vector<u8> packet = tcp_packet(60'000, false);
    rig.place(E1000Rig::buffers, packet);
    for (u32 i = 0; i < E1000Rig::count; i += 2) {
        rig.put(E1000Rig::transmit_ring + 16 * i, context_offsets, context(64, 60'000));
        rig.put(E1000Rig::transmit_ring + 16 * i + 16, E1000Rig::buffers,
                packet.size() | 1u << 20 | 0x2Dull << 24 | 3ull << 40);
    }
    rig.write(TDT, E1000Rig::count - 2);
    const u64 at_once = rig.network.sent_frames;
    CHECK(at_once < 3000);
    rig.clock.advance(1'000'000);
    CHECK(rig.network.sent_frames == 7 * 938);
}

TEST_CASE("the E1000 rests while it reads packets of which nothing goes out") {
    E1000Rig rig;
    rig.start();
    // To be segmented, but no context says how; and longer than a packet can be.
    for (u32 i = 0; i < E1000Rig::count; ++i)
        rig.put(E1000Rig::transmit_ring + 16 * i, E1000Rig::buffers,
                0xFFFFu | 1u << 20 | (i % 3 == 1 ? 0x20u : 0x25u) << 24);
    rig.write(TDT, E1000Rig::count - 1);
    CHECK(rig.read(TDH) > 0);
    CHECK(rig.read(TDH) < 10);
    rig.clock.advance(1'000'000);
    CHECK(rig.read(TDH) == E1000Rig::count - 1);
    CHECK(rig.network.sent_frames == 0);
}

TEST_CASE("a saved E1000 packet that is longer than the card collects is refused") {
    E1000Rig rig;
    rig.start();
    const std::vector<u8> begun(300, 0xA7);
    rig.place(E1000Rig::buffers, begun);
    rig.put(E1000Rig::transmit_ring, E1000Rig::buffers, begun.size() | 1u << 20 | 0x20u << 24);
    rig.write(TDT, 1);
    std::vector<u8> bytes;
    Archive saver = Archive::saver(bytes);
    rig.card.archive(saver);
    const auto loads_with = [&](u64 size) {
        std::vector<u8> forged = bytes;
        const auto packet = std::search(forged.begin(), forged.end(), begun.begin(), begun.end());
        REQUIRE(packet != forged.end());
        std::memcpy(&*packet - 8, &size, 8);
        forged.insert(packet, size - begun.size(), 0xA7);
        E1000Rig other;
        Archive loader = Archive::loader(forged);
        other.card.archive(loader);
        return loader.ok() && loader.remaining() == 0;
    };
    CHECK(loads_with(begun.size()));
    CHECK(loads_with(longest_packet));
    CHECK_FALSE(loads_with(longest_packet + 1));
}

TEST_CASE("the E1000 receives a frame into as many buffers as it needs") {
    E1000Rig rig;
    rig.start();
    rig.write(RCTL, rctl_enable | rctl_broadcast | 2u << 16 | rctl_strip_crc); // 512-byte buffers
    const std::vector<u8> frame = frame_to(test_mac, 1300);
    rig.card.receive(frame);
    CHECK(rig.read(RDH) == 3);
    CHECK(rig.interrupting());
    std::vector<u8> stored;
    for (u32 i = 0; i < 3; ++i) {
        const u64 tail = rig.get(E1000Rig::receive_ring + 16 * i + 8);
        CHECK((tail >> 32 & 3) == (i == 2 ? 3u : 1u));
        const u32 at = E1000Rig::buffers + 2048 * i;
        stored.insert(stored.end(), rig.memory.memory.begin() + at, rig.memory.memory.begin() + at + (tail & 0xFFFF));
    }
    CHECK(stored == frame);
    rig.card.receive(frame_to(gateway_mac, 100)); // not for us
    CHECK(rig.read(RDH) == 3);
    rig.write(RCTL, rctl_enable | rctl_unicast_all);
    rig.card.receive(frame_to(gateway_mac, 100));
    CHECK((rig.get(E1000Rig::receive_ring + 16 * 3 + 8) & 0xFFFF) == 104); // with its check sequence
}

TEST_CASE("the E1000 judges checksums of what it receives") {
    E1000Rig rig;
    rig.start();
    rig.write(RXCSUM, rxcsum_ip | rxcsum_tcp);
    rig.write(RCTL, rctl_enable | rctl_unicast_all);
    std::vector<u8> packet = tcp_packet(100, true);
    const auto set_sum = [&](std::size_t at, u16 sum) {
        packet[at] = static_cast<u8>(sum >> 8);
        packet[at + 1] = static_cast<u8>(sum);
    };
    set_sum(24, static_cast<u16>(~internet_sum(std::span(packet).subspan(14, 20))));
    set_sum(50, static_cast<u16>(~internet_sum(std::span(packet).subspan(34))));
    rig.card.receive(packet);
    CHECK((rig.get(E1000Rig::receive_ring + 8) >> 32 & 0xFFFF) == 0x0063);
    packet[80] ^= 1;
    rig.card.receive(packet);
    CHECK((rig.get(E1000Rig::receive_ring + 24) >> 32 & 0xFFFF) == 0x2063);
}

TEST_CASE("the E1000 says when its ring is full and has room again") {
    E1000Rig rig;
    rig.start();
    unsigned frames = 0;
    while (rig.card.can_receive() && frames < 100) {
        rig.card.receive(frame_to(test_mac, 1514));
        ++frames;
    }
    CHECK(frames == E1000Rig::count - 1);
    rig.card.receive(frame_to(test_mac, 1514));
    CHECK(rig.read(MPC) == 1);
    const unsigned readies = rig.network.readies;
    rig.write(RDT, 5);
    CHECK(rig.network.readies == readies + 1);
    CHECK(rig.card.can_receive());
}

TEST_CASE("the E1000 throttles interrupts as ITR says") {
    E1000Rig rig;
    rig.start();
    rig.write(ITR, 1000); // 256 us
    rig.card.receive(frame_to(test_mac, 100));
    CHECK(rig.interrupting());
    rig.read(ICR);
    rig.card.receive(frame_to(test_mac, 100));
    CHECK_FALSE(rig.interrupting());
    rig.clock.advance(250'000);
    CHECK_FALSE(rig.interrupting());
    rig.clock.advance(10'000);
    CHECK(rig.interrupting());
}

TEST_CASE("the E1000 can be reset through its ports") {
    E1000Rig rig;
    rig.start();
    RegisterBlock& io = *rig.card.bar(E1000::io_bar);
    io.write(0, 4, CTRL);
    io.write(4, 4, ctrl_reset);
    CHECK(rig.read(RCTL) == 0);
    CHECK(rig.read(RAL) == 0xAB005352);
}

} // namespace ringshift
