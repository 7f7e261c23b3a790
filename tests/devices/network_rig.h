// The other end of a network card's cable, and frames.
#pragma once

#include "devices/contract.h"
#include "devices/network_card.h"

namespace ringshift {

inline constexpr MacAddress test_mac = {0x52, 0x53, 0x00, 0xAB, 0xCD, 0xEF};
inline constexpr MacAddress gateway_mac = {0x52, 0x55, 0x0A, 0x00, 0x02, 0x02};

struct CollectingNetwork final : PacketSink {
    std::vector<std::vector<u8>> sent;
    u64 sent_frames = 0;
    unsigned readies = 0;
    void send(std::span<const u8> frame) override {
        ++sent_frames;
        if (sent.size() < 1000) sent.emplace_back(frame.begin(), frame.end());
    }
    void ready() override { ++readies; }
};

inline std::vector<u8> frame_to(const MacAddress& to, std::size_t size) {
    std::vector<u8> frame(size);
    for (std::size_t i = 0; i < size; ++i) frame[i] = static_cast<u8>(i * 7 + size);
    std::copy(to.begin(), to.end(), frame.begin());
    std::copy(gateway_mac.begin(), gateway_mac.end(), frame.begin() + 6);
    frame[12] = 0x08;
    frame[13] = 0x00;
    return frame;
}

inline std::vector<u8> random_frame(Random& random) {
    const MacAddress broadcast = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    return frame_to(random() % 2 ? test_mac : random() % 2 ? gateway_mac : broadcast, 14 + random() % 1501);
}

} // namespace ringshift
