#include "machine/config.h"
#include "machine/network.h"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

namespace ringshift {

namespace {

const std::vector<u8> arp_request = [] {
    // Who has 10.0.2.2? Tell 10.0.2.15.
    std::vector<u8> frame = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x52, 0x53, 0,    0x12, 0x34, 0x56, 0x08, 0x06,
                             0,    1,    8,    0,    6,    4,    0,    1,    0x52, 0x53, 0,    0x12, 0x34, 0x56,
                             10,   0,    2,    15,   0,    0,    0,    0,    0,    0,    10,   0,    2,    2};
    frame.resize(60);
    return frame;
}();

struct Guest {
    u64 now = 0;
    bool room = true;
    unsigned pumps_asked = 0;
    std::vector<std::vector<u8>> received;
    Network::Guest world() {
        return {.now = [this] { return now; },
                .can_receive = [this] { return room; },
                .receive = [this](std::vector<u8> frame) { received.push_back(std::move(frame)); },
                .pump_soon = [this] { ++pumps_asked; },
                .post = [](const std::function<void()>&) {}};
    }
};

} // namespace

TEST_CASE("a port to forward is read in all its forms") {
    const auto plain = parse_forward("2222:22");
    REQUIRE(plain.ok());
    CHECK_FALSE(plain.value().udp);
    CHECK(plain.value().host_address == "127.0.0.1");
    CHECK(plain.value().host_port == 2222);
    CHECK(plain.value().guest_address.empty());
    CHECK(plain.value().guest_port == 22);
    const auto full = parse_forward("udp:0.0.0.0:5353:10.0.2.16:53");
    REQUIRE(full.ok());
    CHECK(full.value().udp);
    CHECK(full.value().host_address == "0.0.0.0");
    CHECK(full.value().host_port == 5353);
    CHECK(full.value().guest_address == "10.0.2.16");
    CHECK(full.value().guest_port == 53);
    CHECK(parse_forward("tcp:80:80").ok());
    for (const char* wrong : {"", "80", "80:", ":80", "0:80", "80:65536", "a:80", "1.2.3:80:80", "80:80:80", "udp:80",
                              "1.2.3.4:80", "80:1.2.3.4:", "80:80 "})
        CHECK_FALSE(parse_forward(wrong).ok());
}

TEST_CASE("the network answers a guest and waits for room in the card") {
    Guest guest;
    auto network = Network::create({}, false, 0, guest.world());
    REQUIRE(network.ok());
    Network& n = *network.value();
    guest.room = false;
    n.card_sent(arp_request);
    CHECK(guest.pumps_asked == 1);
    n.pump();
    CHECK(guest.received.empty());
    guest.room = true;
    n.card_ready();
    CHECK(guest.pumps_asked == 2);
    n.pump();
    REQUIRE(guest.received.size() == 1);
    CHECK(guest.received[0][12] == 0x08);
    CHECK(guest.received[0][13] == 0x06);
    CHECK(guest.received[0][21] == 2); // a reply
    n.card_ready();
    CHECK(guest.pumps_asked == 2); // nothing waits
}

TEST_CASE("no frame passes while the cable is out") {
    Guest guest;
    auto network = Network::create({}, false, 0, guest.world());
    REQUIRE(network.ok());
    Network& n = *network.value();
    n.card_sent(arp_request);
    n.set_connected(false);
    n.pump();
    n.card_sent(arp_request);
    n.pump();
    CHECK(guest.received.empty());
    n.set_connected(true);
    n.card_sent(arp_request);
    n.pump();
    CHECK(guest.received.size() == 1);
}

TEST_CASE("a capture has both directions with their times") {
    const std::string path = "/tmp/ringshift-test-" + std::to_string(::getpid()) + ".pcap";
    {
        Guest guest;
        NetworkConfig config;
        config.capture = path;
        auto network = Network::create(config, false, u64{1'000'000'000} * 1'000'000'000, guest.world());
        REQUIRE(network.ok());
        guest.now = 1'500'000'000;
        network.value()->card_sent(arp_request);
        guest.now = 2'000'000'000;
        network.value()->pump();
        REQUIRE(guest.received.size() == 1);
    }
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    ::unlink(path.c_str());
    REQUIRE(bytes.size() > 24 + 16 + 60 + 16);
    const auto dword = [&](std::size_t at) {
        u32 value = 0;
        std::memcpy(&value, &bytes[at], 4);
        return value;
    };
    CHECK(dword(0) == 0xA1B23C4D);
    CHECK(dword(24) == 1'000'000'001);
    CHECK(dword(28) == 500'000'000);
    CHECK(dword(32) == 60);
    CHECK(dword(24 + 16 + 60) == 1'000'000'002);
}

TEST_CASE("a forwarded port that is taken is a message with its number") {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd, 1) == 0);
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    Guest guest;
    NetworkConfig config;
    ForwardConfig forward;
    forward.host_port = ntohs(address.sin_port);
    forward.guest_port = 22;
    config.forwards.push_back(forward);
    const auto network = Network::create(config, false, 0, guest.world());
    ::close(fd);
    REQUIRE_FALSE(network.ok());
    CHECK(network.error().message.find(std::to_string(forward.host_port)) != std::string::npos);
}

TEST_CASE("a datagram to a forwarded port reaches the guest") {
    const int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(probe); // a port that is free
    Guest guest;
    NetworkConfig config;
    ForwardConfig forward;
    forward.udp = true;
    forward.host_port = ntohs(address.sin_port);
    forward.guest_port = 9000;
    config.forwards.push_back(forward);
    const auto network = Network::create(config, false, 0, guest.world());
    REQUIRE(network.ok());
    network.value()->card_sent(arp_request); // the network learns where the guest is
    network.value()->pump();
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    REQUIRE(::sendto(fd, "hello", 5, 0, reinterpret_cast<sockaddr*>(&address), sizeof address) == 5);
    for (unsigned i = 0; i < 100 && guest.received.size() < 2; ++i) {
        ::usleep(1000);
        network.value()->pump();
    }
    ::close(fd);
    REQUIRE(guest.received.size() == 2);
    const std::vector<u8>& frame = guest.received[1];
    REQUIRE(frame.size() >= 47);
    CHECK(frame[23] == 17);
    CHECK((frame[36] << 8 | frame[37]) == 9000);
    CHECK(std::string(frame.begin() + 42, frame.begin() + 47) == "hello");
}

} // namespace ringshift
