#include "devices/contract.h"
#include "devices/uhci.h"
#include "devices/usb_tablet.h"

namespace ringshift {

namespace {

constexpr u64 command = 0x00, status = 0x02, interrupt_enable = 0x04, frame_number = 0x06, frame_list = 0x08,
              port0 = 0x10;
constexpr u32 list_at = 0x1000, queue_at = 0x2000, transfers_at = 0x2100, data_at = 0x3000;
constexpr u8 in = 0x69, out = 0xE1, setup = 0x2D;
constexpr u32 active = 1u << 23, stalled = 1u << 22, babble = 1u << 20, nak = 1u << 19, timeout = 1u << 18,
              on_complete = 1u << 24, short_detect = 1u << 29, end = 1, queue = 2, depth_first = 4;
constexpr u64 ms = 1'000'000;

/// Says whatever a test wants.
class Puppet final : public UsbDevice {
  public:
    UsbPacket answer;
    unsigned asked = 0;

  private:
    std::vector<u8> descriptor(u8, u8) const override { return {}; }
    std::optional<std::vector<u8>> request(const UsbSetup&, std::span<const u8>) override { return std::nullopt; }
    UsbPacket interrupt_in(unsigned) override {
        ++asked;
        return answer;
    }
    bool has_endpoint(u8) const override { return true; }
    void configuration_changed() override {}
};

struct UhciRig : Rig {
    FakeDmaView memory{64 << 10};
    UsbTablet tablet{clock};
    Puppet puppet;
    Uhci uhci{clock, memory};

    explicit UhciRig(u64 since_power_on = 100 * ms) {
        clock.advance(since_power_on);
        use(uhci);
        uhci.attach(0, tablet);
        uhci.attach(1, puppet);
        block(uhci.registers(), Uhci::register_count);
        event = [this](Random& random) {
            if (random() % 2) uhci.config_write(4, 2, 5);
            if (random() % 8 == 0) uhci.config_write(static_cast<u8>(random() % 64 * 4), 4, static_cast<u32>(random()));
            if (random() % 2) tablet.point(static_cast<i32>(random()), static_cast<i32>(random()), 1, 1);
            // A schedule that leads anywhere, itself included.
            for (u32 at = 0; at < 0x1000; at += 4)
                poke(at, static_cast<u32>(random() % 2 ? random() & 0x0000'0FFF : random()));
        };
    }
    u16 word(u64 at) { return static_cast<u16>(uhci.registers().read(at, 2)); }
    void word(u64 at, unsigned value) { uhci.registers().write(at, 2, value); }
    void poke(u32 at, u32 value) {
        for (unsigned i = 0; i < 4; ++i) memory.memory[at + i] = static_cast<u8>(value >> (8 * i));
    }
    u32 peek(u32 at) {
        u32 value = 0;
        for (unsigned i = 0; i < 4; ++i) value |= u32{memory.memory[at + i]} << (8 * i);
        return value;
    }
    /// Both ports enabled, all frames lead to one queue, running.
    void start() {
        uhci.config_write(4, 2, 5);
        for (u32 i = 0; i < 1024; ++i) poke(list_at + 4 * i, queue_at | queue);
        poke(queue_at, end);
        poke(queue_at + 4, end);
        uhci.registers().write(frame_list, 4, list_at);
        for (const u64 port : {port0, port0 + 2}) {
            word(port, 0x0200);
            word(port, 0);
            word(port, 0x0004 | 0x000A);
        }
        word(interrupt_enable, 0xF);
        word(command, 1);
    }
    /// Puts the device of a port to an address and configures it, as a driver does.
    void set_up(UsbDevice& device, u8 address) {
        for (const auto& [request, value] : {std::pair{u8{5}, address}, std::pair{u8{9}, u8{1}}}) {
            const std::array<u8, 8> bytes = {0, request, value, 0, 0, 0, 0, 0};
            REQUIRE(device.setup(bytes) == UsbHandshake::ack);
            REQUIRE(device.in(0).handshake == UsbHandshake::ack);
        }
        REQUIRE(device.configured());
        REQUIRE(device.address() == address);
    }
    u32 transfer(unsigned index) const { return transfers_at + 32 * index; }
    void describe(unsigned index, u32 link, u32 bits, u8 pid, unsigned address, unsigned endpoint, u32 length,
                  u32 buffer) {
        poke(transfer(index), link);
        poke(transfer(index) + 4, active | 3u << 27 | bits | 0x7FF);
        poke(transfer(index) + 8, pid | address << 8 | endpoint << 15 | ((length - 1) & 0x7FF) << 21);
        poke(transfer(index) + 12, buffer);
    }
    void begin(unsigned index = 0) { poke(queue_at + 4, transfer(index)); }
    u32 control(unsigned index = 0) { return peek(transfer(index) + 4); }
    bool interrupt() { return uhci.config_read(6, 2) & 8; }
};

} // namespace

TEST_CASE("the UHCI controller keeps the device contract") {
    check_device_contract([] { return std::make_unique<UhciRig>(); }, 4000);
}

TEST_CASE("the USB tablet keeps the device contract") {
    struct TabletRig : Rig {
        UsbTablet tablet{clock};
        TabletRig() {
            use(tablet);
            event = [this](Random& random) {
                std::array<u8, 8> bytes{};
                for (u8& byte : bytes) byte = static_cast<u8>(random() % 4 ? random() % 16 : random());
                switch (random() % 4) {
                case 0: tablet.setup(bytes); break;
                case 1: tablet.in(static_cast<unsigned>(random() % 3)); break;
                case 2: tablet.out(static_cast<unsigned>(random() % 2), bytes); break;
                default: tablet.point(static_cast<i32>(random()), 5, static_cast<i32>(random()), 7);
                }
            };
        }
    };
    check_device_contract([] { return std::make_unique<TabletRig>(); });
}

TEST_CASE("a control transfer reads the tablet's descriptors through a queue") {
    UhciRig rig;
    rig.start();
    const std::array<u8, 8> get_device = {0x80, 6, 0, 1, 0, 0, 64, 0};
    std::copy(get_device.begin(), get_device.end(), rig.memory.memory.begin() + data_at);
    rig.describe(0, rig.transfer(1) | depth_first, 0, setup, 0, 0, 8, data_at);
    for (unsigned i = 0; i < 3; ++i)
        rig.describe(1 + i, rig.transfer(2 + i) | depth_first, 0, in, 0, 0, 8, data_at + 16 + 8 * i);
    rig.describe(4, end, on_complete, out, 0, 0, 0x800, 0);
    rig.begin();
    rig.clock.advance(2 * ms);
    for (unsigned i = 0; i < 5; ++i) CHECK((rig.control(i) & (active | stalled)) == 0);
    CHECK((rig.control(0) & 0x7FF) == 7);
    CHECK((rig.control(3) & 0x7FF) == 1); // 18 = 8 + 8 + 2
    CHECK((rig.control(4) & 0x7FF) == 0x7FF);
    CHECK(rig.peek(queue_at + 4) == end);
    const u8* descriptor = rig.memory.memory.data() + data_at + 16;
    CHECK(descriptor[0] == 18);
    CHECK(descriptor[1] == 1);
    CHECK(descriptor[7] == 8);
    CHECK(rig.word(status) == 1);
    CHECK(rig.interrupt());
    rig.word(status, 1);
    CHECK_FALSE(rig.interrupt());
}

TEST_CASE("the tablet's descriptors agree with each other and with its reports") {
    UhciRig rig;
    const auto read = [&](u8 type, u8 request_type, u8 length) {
        const std::array<u8, 8> bytes = {request_type, 6, 0, type, 0, 0, length, 0};
        CHECK(rig.tablet.setup(bytes) == UsbHandshake::ack);
        std::vector<u8> all;
        for (UsbPacket packet; (packet = rig.tablet.in(0)).handshake == UsbHandshake::ack && packet.size != 0;)
            all.insert(all.end(), packet.data.begin(), packet.data.begin() + packet.size);
        return all;
    };
    const std::vector<u8> configuration = read(2, 0x80, 255);
    REQUIRE(configuration.size() == 34);
    CHECK(configuration[2] == 34);
    CHECK(configuration[14] == 3);    // HID
    CHECK(configuration[29] == 0x81); // endpoint 1, IN
    const std::vector<u8> report = read(0x22, 0x81, 255);
    CHECK(report.size() == configuration[25]);
    CHECK(std::vector<u8>(configuration.begin() + 18, configuration.begin() + 27) == read(0x21, 0x81, 255));
    CHECK(read(2, 0x80, 9).size() == 9);
    // What the items of the report descriptor add up to is the size of a report.
    unsigned bits = 0, size = 0, count = 0, depth = 0;
    for (std::size_t at = 0; at < report.size(); at += 1u + ((report[at] & 3) == 3 ? 4u : report[at] & 3u)) {
        const u8 item = report[at] & 0xFC, value = at + 1 < report.size() ? report[at + 1] : u8{0};
        if (item == 0x74) size = value;
        if (item == 0x94) count = value;
        if (item == 0x80) bits += size * count;
        if (item == 0xA0) ++depth;
        if (item == 0xC0) --depth;
    }
    CHECK(depth == 0);
    CHECK(bits == 48);
    CHECK(read(7, 0x80, 8).empty());
    CHECK(rig.tablet.in(0).handshake == UsbHandshake::stall);
}

TEST_CASE("the tablet reports where the pointer is and loses no click") {
    UhciRig rig;
    rig.start();
    rig.set_up(rig.tablet, 5);
    CHECK_FALSE(rig.tablet.in_use());
    const auto poll = [&] {
        rig.describe(0, end, 0, in, 5, 1, 8, data_at);
        rig.begin();
        rig.clock.advance(2 * ms);
        const u8* d = rig.memory.memory.data() + data_at;
        return (rig.control() & active) != 0
                   ? std::vector<int>{}
                   : std::vector<int>{d[0], d[1] | d[2] << 8, d[3] | d[4] << 8, static_cast<i8>(d[5])};
    };
    CHECK(poll().empty());
    CHECK((rig.control() & nak) != 0);
    CHECK(rig.tablet.in_use());
    rig.tablet.point(100, 200, 0, 0);
    rig.tablet.point(300, 40000, 2, 0);
    rig.tablet.point(300, 32767, 1, 0);
    rig.tablet.point(300, 32767, 0, 1);
    rig.tablet.point(300, 32767, 0, 0);
    CHECK(poll() == std::vector<int>{0, 300, 32767, 3});
    CHECK(poll() == std::vector<int>{1, 300, 32767, 0});
    CHECK(poll() == std::vector<int>{0, 300, 32767, 0});
    CHECK(poll().empty());
    rig.poke(queue_at + 4, end);
    rig.clock.advance(1000 * ms);
    CHECK_FALSE(rig.tablet.in_use());
}

TEST_CASE("stalls and babble end a transfer and an absent device is tried three times") {
    UhciRig rig;
    rig.start();
    rig.set_up(rig.puppet, 9);
    rig.puppet.answer.handshake = UsbHandshake::stall;
    rig.describe(0, end, on_complete, in, 9, 1, 8, data_at);
    rig.begin();
    rig.clock.advance(ms);
    CHECK((rig.control() & (active | stalled | babble)) == stalled);
    CHECK(rig.word(status) == 3);
    CHECK(rig.peek(queue_at + 4) == rig.transfer(0)); // the queue stands
    rig.word(status, 3);

    rig.puppet.answer.handshake = UsbHandshake::ack;
    rig.puppet.answer.size = 9;
    rig.poke(data_at + 8, 0x5555'5555);
    rig.describe(0, end, 0, in, 9, 1, 8, data_at);
    rig.clock.advance(ms);
    CHECK((rig.control() & (active | stalled | babble)) == (stalled | babble));
    CHECK(rig.peek(data_at + 8) == 0x5555'5555);
    rig.word(status, 3);

    rig.describe(0, end, 0, in, 77, 1, 8, data_at);
    rig.clock.advance(ms);
    CHECK((rig.control() & (active | timeout)) == (active | timeout));
    CHECK(rig.word(status) == 0);
    rig.clock.advance(2 * ms);
    CHECK((rig.control() & (active | stalled | timeout)) == (stalled | timeout));
    CHECK((rig.word(status) & 2) != 0);
    rig.describe(0, end, 0, in, 77, 1, 8, data_at);
    rig.poke(rig.transfer(0) + 4, active); // without a limit of errors
    rig.clock.advance(20 * ms);
    CHECK((rig.control() & active) != 0);
}

TEST_CASE("a short packet stops a queue that asks for it and nothing else") {
    UhciRig rig;
    rig.start();
    rig.set_up(rig.puppet, 9);
    rig.puppet.answer.handshake = UsbHandshake::ack;
    rig.puppet.answer.size = 3;
    rig.describe(0, rig.transfer(1), short_detect, in, 9, 1, 8, data_at);
    rig.describe(1, end, 0, in, 9, 1, 8, data_at);
    rig.begin();
    rig.clock.advance(3 * ms);
    CHECK((rig.control(0) & (active | 0x7FF)) == 2);
    CHECK((rig.control(1) & active) != 0);
    CHECK(rig.peek(queue_at + 4) == rig.transfer(0));
    CHECK(rig.word(status) == 1);
    CHECK(rig.puppet.asked == 1);
}

TEST_CASE("a descriptor that is not active interrupts if it asks for it") {
    UhciRig rig;
    rig.start();
    rig.describe(0, end, on_complete, in, 9, 1, 8, data_at);
    rig.poke(rig.transfer(0) + 4, on_complete);
    rig.begin();
    rig.clock.advance(ms);
    CHECK(rig.word(status) == 1);
    CHECK(rig.interrupt());
}

TEST_CASE("an impossible descriptor halts the controller") {
    for (const u32 token : {u32{0x11} | 7u << 21, u32{in} | 0x500u << 21}) {
        UhciRig rig;
        rig.start();
        rig.describe(0, end, 0, in, 9, 1, 8, data_at);
        rig.poke(rig.transfer(0) + 8, token);
        rig.begin();
        rig.clock.advance(ms);
        CHECK(rig.word(status) == 0x30);
        CHECK((rig.word(command) & 1) == 0);
        CHECK(rig.interrupt());
        CHECK_FALSE(rig.clock.next_deadline());
    }
}

TEST_CASE("a schedule that goes round in circles takes a bounded time") {
    UhciRig rig;
    rig.start();
    rig.set_up(rig.puppet, 9);
    rig.puppet.answer.handshake = UsbHandshake::ack;
    rig.puppet.answer.size = 8;
    rig.poke(queue_at, queue_at | queue); // to itself
    rig.clock.advance(ms);
    rig.poke(list_at + 4 * 1, rig.transfer(0)); // a descriptor to itself, outside of a queue
    rig.poke(queue_at + 4, end);
    for (u32 i = 0; i < 1024; ++i) rig.poke(list_at + 4 * i, rig.transfer(0));
    rig.describe(0, rig.transfer(0), 0, in, 9, 1, 8, data_at);
    rig.clock.advance(ms);
    CHECK(rig.puppet.asked == 1);
    rig.clock.advance(100 * ms);
    CHECK(rig.puppet.asked == 1);
}

TEST_CASE("the controller costs nothing while it is stopped and little while nothing moves") {
    UhciRig rig;
    CHECK_FALSE(rig.clock.next_deadline());
    rig.start();
    rig.set_up(rig.tablet, 5);
    rig.describe(0, end, 0, in, 5, 1, 8, data_at);
    rig.begin();
    rig.clock.advance(200 * ms);
    const u64 before = rig.clock.fired;
    rig.clock.advance(800 * ms);
    CHECK(rig.clock.fired - before <= 101);
    CHECK((rig.control() & active) != 0);
    const u16 frame = rig.word(frame_number);
    rig.clock.advance(5 * ms);
    CHECK(((rig.word(frame_number) - frame) & 0x7FF) == 5); // goes on in pauses too
    rig.clock.advance(200 * ms);
    rig.tablet.point(7, 8, 0, 0);
    rig.clock.advance(1 * ms); // no pause when there is something to say
    CHECK((rig.control() & active) == 0);
    rig.word(command, 0);
    CHECK((rig.word(status) & 0x20) != 0);
    CHECK_FALSE(rig.clock.next_deadline());
}

TEST_CASE("devices say that they are there within a tenth of a second of power-on") {
    UhciRig rig(ms);
    CHECK(rig.word(port0) == 0x0080);
    rig.word(port0, 0x0002 | 0x0004); // clears no change that is still to come, and enables nothing
    CHECK(rig.word(port0) == 0x0080);
    rig.clock.advance(99 * ms);
    CHECK(rig.word(port0) == 0x0093); // connected, connect status change
    rig.word(port0, 0x0004);
    CHECK((rig.word(port0) & 4) != 0);
}

TEST_CASE("a reset of a port puts its device back to address zero and a disabled port is silent") {
    UhciRig rig;
    CHECK((rig.word(port0) & 0x1) != 0);
    CHECK(rig.word(port0 + 4) == 0); // where drivers look for a third port
    rig.start();
    rig.set_up(rig.tablet, 5);
    CHECK((rig.word(port0) & 0x95) == 0x95);
    rig.word(port0, 0x0200);
    CHECK((rig.word(port0) & 4) == 0);
    CHECK(rig.tablet.address() == 0);
    CHECK_FALSE(rig.tablet.configured());
    rig.word(port0, 0);
    rig.word(port0 + 2, 0);
    rig.describe(0, end, 0, in, 0, 0, 8, data_at);
    rig.begin();
    rig.clock.advance(ms);
    CHECK((rig.control() & timeout) != 0);
}

} // namespace ringshift
