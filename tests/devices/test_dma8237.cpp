#include "devices/dma8237.h"

#include "devices/contract.h"

using namespace ringshift;

namespace {
struct DmaRig : Rig {
    FakeDmaView memory{1 << 18};
    Dma8237 dma{memory};
    DmaRig() {
        use(dma);
        block(dma.first(), 16);
        block(dma.second(), 32);
        block(dma.pages(), 16);
        event = [this](Random& random) {
            std::vector<u8> data(random() % 2000);
            dma.channel(random() % 8).transfer(random() % 2 ? DmaDirection::ToMemory : DmaDirection::FromMemory, data);
        };
    }
    /// Channel 2, as the BIOS does: `mode` without the channel number.
    void program(u8 mode, u8 page, u16 address, u16 count) {
        dma.second().write(0xA << 1, 1, 0); // cascade
        dma.first().write(0xA, 1, 6);
        dma.first().write(0xC, 1, 0);
        dma.first().write(0xB, 1, mode | 2u);
        dma.first().write(4, 1, address & 0xFF);
        dma.first().write(4, 1, address >> 8);
        dma.first().write(5, 1, count & 0xFF);
        dma.first().write(5, 1, count >> 8);
        dma.pages().write(1, 1, page);
        dma.first().write(0xA, 1, 2);
    }
    u16 read16(u64 reg) {
        dma.first().write(0xC, 1, 0);
        const u64 low = dma.first().read(reg, 1);
        return static_cast<u16>(low | dma.first().read(reg, 1) << 8);
    }
};
std::vector<u8> counting(std::size_t n) {
    std::vector<u8> data(n);
    for (std::size_t i = 0; i < n; ++i) data[i] = static_cast<u8>(i + 1);
    return data;
}
} // namespace

TEST_CASE("the DMA controllers keep the device contract") {
    check_device_contract([] { return std::make_unique<DmaRig>(); });
}

TEST_CASE("a DMA channel moves its count and ends with TC and the mask set") {
    DmaRig rig;
    rig.program(0x44, 1, 0x2000, 99);
    auto data = counting(60);
    auto result = rig.dma.channel(2).transfer(DmaDirection::ToMemory, data);
    CHECK(result.moved == 60);
    CHECK_FALSE(result.terminal_count);
    CHECK(rig.read16(4) == 0x203C);
    CHECK(rig.read16(5) == 39);
    result = rig.dma.channel(2).transfer(DmaDirection::ToMemory, data);
    CHECK(result.moved == 40);
    CHECK(result.terminal_count);
    CHECK(rig.memory.memory[0x12000] == 1);
    CHECK(rig.memory.memory[0x12000 + 99] == 40);
    CHECK(rig.memory.memory[0x12000 + 100] == 0);
    CHECK(rig.dma.first().read(8, 1) == 0x04);
    CHECK(rig.dma.first().read(8, 1) == 0x00);
    CHECK(rig.dma.channel(2).transfer(DmaDirection::ToMemory, data).moved == 0);
}

TEST_CASE("a DMA address wraps within its 64 KiB page") {
    DmaRig rig;
    rig.program(0x44, 1, 0xFFFE, 3);
    auto data = counting(4);
    CHECK(rig.dma.channel(2).transfer(DmaDirection::ToMemory, data).terminal_count);
    CHECK(rig.memory.memory[0x1FFFF] == 2);
    CHECK(rig.memory.memory[0x10000] == 3);
    CHECK(rig.memory.memory[0x20000] == 0);
}

TEST_CASE("auto-initialise reloads and decrement goes down and verify leaves memory alone") {
    DmaRig rig;
    rig.program(0x54, 0, 0x100, 3);
    auto data = counting(10);
    auto result = rig.dma.channel(2).transfer(DmaDirection::ToMemory, data);
    CHECK(result.moved == 4);
    CHECK(result.terminal_count);
    CHECK(rig.read16(4) == 0x100);
    CHECK(rig.dma.channel(2).transfer(DmaDirection::ToMemory, data).moved == 4);

    rig.program(0x64, 0, 0x203, 3);
    rig.dma.channel(2).transfer(DmaDirection::ToMemory, data);
    CHECK(rig.memory.memory[0x203] == 1);
    CHECK(rig.memory.memory[0x200] == 4);

    rig.program(0x40, 0, 0x300, 3);
    CHECK(rig.dma.channel(2).transfer(DmaDirection::ToMemory, data).terminal_count);
    CHECK(rig.memory.memory[0x300] == 0);

    rig.program(0x48, 0, 0x200, 3); // memory to device
    CHECK(rig.dma.channel(2).transfer(DmaDirection::ToMemory, data).moved == 0);
    CHECK(rig.dma.channel(2).transfer(DmaDirection::FromMemory, data).moved == 4);
    CHECK(data[0] == 4);
}

TEST_CASE("channels 0 to 3 need the cascade and 5 to 7 move words") {
    DmaRig rig;
    rig.program(0x44, 0, 0x100, 3);
    rig.dma.second().write(0xA << 1, 1, 4);
    auto data = counting(6);
    CHECK(rig.dma.channel(2).transfer(DmaDirection::ToMemory, data).moved == 0);
    rig.dma.second().write(0xC << 1, 1, 0);
    rig.dma.second().write(0xB << 1, 1, 0x45);
    for (const u64 reg : {2u, 3u}) {
        rig.dma.second().write(reg << 1, 1, reg == 2 ? 0x80 : 2);
        rig.dma.second().write(reg << 1, 1, 0);
    }
    rig.dma.pages().write(0xB, 1, 0x03); // bit 0 is not used
    rig.dma.second().write(0xA << 1, 1, 1);
    const auto result = rig.dma.channel(5).transfer(DmaDirection::ToMemory, data);
    CHECK(result.moved == 6);
    CHECK(result.terminal_count);
    CHECK(rig.memory.memory[0x20100] == 1);
}
