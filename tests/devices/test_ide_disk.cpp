#include "devices/ide_rig.h"

using namespace ringshift;

namespace {
u32 word(const std::vector<u8>& block, unsigned index) {
    return static_cast<u32>(block[2 * index] | block[2 * index + 1] << 8);
}
} // namespace

TEST_CASE("the IDE controller keeps the device contract") {
    check_device_contract([] { return std::make_unique<IdeRig>(false); }, 8'000);
}

TEST_CASE("IDENTIFY DEVICE describes the disk and interrupts") {
    IdeRig rig;
    rig.out(0, 6, 0xA0);
    rig.out(0, 7, 0xEC);
    CHECK((rig.alt(0) & rig.bsy) != 0);
    CHECK(rig.irq14.rises == 0);
    CHECK((rig.wait(0) & rig.drq) != 0);
    CHECK(rig.irq14.level);
    rig.in(0, 7);
    CHECK_FALSE(rig.irq14.level);
    const auto block = rig.data_in(0, 512);
    CHECK((rig.alt(0) & rig.drq) == 0);
    CHECK((word(block, 60) | word(block, 61) << 16) == 4000);
    CHECK(word(block, 100) == 4000);
    CHECK((word(block, 83) & 0x0400) != 0);
    CHECK(word(block, 1) * word(block, 3) * word(block, 6) <= 4000);
    u8 sum = 0;
    for (const u8 byte : block) sum = static_cast<u8>(sum + byte);
    CHECK(sum == 0);
}

TEST_CASE("READ SECTORS interrupts once for each sector and returns the data") {
    IdeRig rig;
    rig.lba28(0, 7, 3, 0x20);
    std::vector<u8> data;
    for (unsigned i = 0; i < 3; ++i) {
        REQUIRE((rig.wait(0) & rig.drq) != 0);
        CHECK(rig.irq14.rises == i + 1);
        rig.in(0, 7);
        const auto part = rig.data_in(0, 512);
        data.insert(data.end(), part.begin(), part.end());
    }
    CHECK(data == rig.sectors(7, 3));
    CHECK((rig.wait(0) & (rig.drq | rig.err)) == 0);
    CHECK(rig.irq14.rises == 3);
    CHECK(rig.in(0, 3) == 9);
    CHECK(rig.ide.sectors_read() == 3);
}

TEST_CASE("an IDE data block may be moved at once but for the access that ends it") {
    IdeRig rig;
    RegisterBlock& port = rig.ide.command_block(0);
    CHECK(port.block_room(0, 2) == 0);
    rig.lba28(0, 2, 1, 0x20);
    CHECK(port.block_room(0, 2) == 0); // busy
    rig.wait(0);
    CHECK(port.block_room(0, 2) == 510);
    CHECK(port.block_room(0, 4) == 508);
    CHECK(port.block_room(7, 1) == 0);
    rig.data_in(0, 508);
    CHECK(port.block_room(0, 4) == 0);
    CHECK(port.block_room(0, 2) == 2);
    rig.data_in(0, 4);
    CHECK(port.block_room(0, 2) == 0);
    rig.lba28(0, 2, 1, 0x30);
    rig.wait(0);
    CHECK(port.block_room(0, 2) == 510);
}

TEST_CASE("the IDE data port gives the same bytes to 16-bit and 32-bit reads") {
    IdeRig rig;
    rig.lba28(0, 1, 1, 0x20);
    rig.wait(0);
    std::vector<u8> data;
    for (unsigned i = 0; i < 64; ++i) {
        for (const unsigned size : {4u, 2u, 2u}) {
            const u64 value = rig.ide.command_block(0).read(0, size);
            for (unsigned b = 0; b < size; ++b) data.push_back(static_cast<u8>(value >> (8 * b)));
        }
    }
    CHECK(data == rig.sectors(1, 1));
}

TEST_CASE("CHS addresses follow INITIALIZE DEVICE PARAMETERS") {
    IdeRig rig;
    rig.out(0, 6, 0xA0 | 3); // 4 heads
    rig.out(0, 2, 10);
    rig.out(0, 7, 0x91);
    CHECK((rig.wait(0) & rig.err) == 0);
    rig.out(0, 6, 0xA0 | 2);
    rig.out(0, 2, 1);
    rig.out(0, 3, 5);
    rig.out(0, 4, 6);
    rig.out(0, 5, 0);
    rig.out(0, 7, 0x20);
    REQUIRE((rig.wait(0) & rig.drq) != 0);
    CHECK(rig.data_in(0, 512) == rig.sectors((6 * 4 + 2) * 10 + 4, 1));
    rig.out(0, 3, 11); // beyond the track
    rig.out(0, 7, 0x20);
    CHECK((rig.wait(0) & rig.err) != 0);
    CHECK(rig.in(0, 1) == 0x10);
}

TEST_CASE("WRITE SECTORS offers the first block without an interrupt and stores the data") {
    IdeRig rig;
    std::vector<u8> data(1024);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<u8>(i * 7 + 1);
    rig.lba28(0, 100, 2, 0x30);
    REQUIRE((rig.wait(0) & rig.drq) != 0);
    CHECK(rig.irq14.rises == 0);
    rig.data_out(0, std::span(data).first(512));
    REQUIRE((rig.wait(0) & rig.drq) != 0);
    CHECK(rig.irq14.rises == 1);
    rig.in(0, 7);
    rig.data_out(0, std::span(data).last(512));
    CHECK((rig.wait(0) & (rig.drq | rig.err)) == 0);
    CHECK(rig.irq14.rises == 2);
    CHECK(rig.sectors(100, 2) == data);
    CHECK(rig.disk.flushes == 0);
    rig.out(0, 7, 0xE7);
    rig.wait(0);
    CHECK(rig.disk.flushes == 1);
}

TEST_CASE("without a write cache each write reaches the medium before it completes") {
    IdeRig rig;
    rig.out(0, 1, 0x82);
    rig.out(0, 7, 0xEF);
    rig.wait(0);
    const unsigned before = rig.disk.flushes;
    rig.lba28(0, 5, 1, 0x30);
    rig.wait(0);
    rig.data_out(0, std::vector<u8>(512, 0x11));
    rig.wait(0);
    CHECK(rig.disk.flushes == before + 1);
}

TEST_CASE("READ and WRITE MULTIPLE move blocks and abort without SET MULTIPLE MODE") {
    IdeRig rig;
    rig.lba28(0, 0, 1, 0xC4);
    CHECK((rig.wait(0) & rig.err) != 0);
    CHECK(rig.in(0, 1) == 0x04);
    rig.out(0, 2, 4);
    rig.out(0, 7, 0xC6);
    CHECK((rig.wait(0) & rig.err) == 0);
    const unsigned before = rig.irq14.rises;
    rig.lba28(0, 20, 6, 0xC4);
    rig.wait(0);
    rig.in(0, 7);
    auto data = rig.data_in(0, 4 * 512);
    CHECK((rig.wait(0) & rig.drq) != 0);
    rig.in(0, 7);
    const auto rest = rig.data_in(0, 2 * 512);
    data.insert(data.end(), rest.begin(), rest.end());
    CHECK(data == rig.sectors(20, 6));
    CHECK(rig.irq14.rises == before + 2);
    rig.lba28(0, 40, 5, 0xC5);
    rig.wait(0);
    const std::vector<u8> written(5 * 512, 0xA5);
    rig.data_out(0, std::span(written).first(4 * 512));
    rig.wait(0);
    rig.data_out(0, std::span(written).first(512));
    rig.wait(0);
    CHECK(rig.sectors(40, 5) == written);
}

TEST_CASE("48-bit commands use the previous register contents and HOB reads them") {
    IdeRig rig;
    rig.lba48(0, 3000, 2, 0x24);
    REQUIRE((rig.wait(0) & rig.drq) != 0);
    auto data = rig.data_in(0, 512);
    rig.wait(0);
    const auto rest = rig.data_in(0, 512);
    data.insert(data.end(), rest.begin(), rest.end());
    CHECK(data == rig.sectors(3000, 2));
    rig.lba48(0, 0x1234'5678'9ABC, 1, 0x24);
    CHECK((rig.wait(0) & rig.err) != 0);
    CHECK(rig.in(0, 1) == 0x10);
    rig.ide.control_block(0).write(0, 1, 0x80);
    CHECK(rig.in(0, 3) == 0x56);
    CHECK(rig.in(0, 4) == 0x34);
    CHECK(rig.in(0, 5) == 0x12);
    rig.out(0, 2, 1); // clears HOB
    CHECK(rig.in(0, 3) == 0xBC);
    rig.lba48(0, 0, 0, 0x27);
    rig.wait(0);
    CHECK((rig.in(0, 3) | rig.in(0, 4) << 8) == 3999);
}

TEST_CASE("a transfer past the end of the disk moves nothing") {
    IdeRig rig;
    rig.lba28(0, 3999, 2, 0x20);
    CHECK((rig.wait(0) & (rig.err | rig.drq)) == rig.err);
    rig.lba28(0, 3999, 1, 0x20);
    CHECK((rig.wait(0) & (rig.err | rig.drq)) == rig.drq);
}

TEST_CASE("READ DMA scatters over regions and reports both ends") {
    IdeRig rig;
    rig.start_dma(0, 0x1000, {{0x2000, 512}, {0x8002, 1022}, {0x20000, 2}}, true);
    rig.lba28(0, 10, 3, 0xC8);
    rig.clock.advance(1'000'000);
    CHECK(rig.irq14.rises == 1);
    CHECK(rig.dma_status(0) == 0x04);
    const auto expected = rig.sectors(10, 3);
    CHECK(std::equal(expected.begin(), expected.begin() + 512, rig.memory.memory.begin() + 0x2000));
    CHECK(std::equal(expected.begin() + 512, expected.begin() + 1534, rig.memory.memory.begin() + 0x8002));
    CHECK(rig.memory.memory[0x20001] == expected[1535]);
    CHECK((rig.in(0, 7) & (rig.err | rig.drq)) == 0);
    rig.stop_dma(0);
}

TEST_CASE("a bus master with more regions than data stays active and with fewer leaves the drive waiting") {
    IdeRig rig;
    rig.lba28(0, 10, 1, 0xC8);
    rig.start_dma(0, 0x1000, {{0x2000, 1024}}, true);
    rig.clock.advance(1'000'000);
    CHECK(rig.dma_status(0) == 0x05);
    rig.stop_dma(0);
    CHECK(rig.dma_status(0) == 0x04);

    rig.start_dma(0, 0x1000, {{0x2000, 512}}, true);
    rig.lba28(0, 10, 2, 0xC8);
    rig.clock.advance(1'000'000);
    CHECK(rig.dma_status(0) == 0x00);
    CHECK((rig.in(0, 7) & rig.drq) != 0);
    rig.stop_dma(0);
    rig.start_dma(0, 0x1000, {{0x3000, 512}}, true); // the rest
    rig.clock.advance(1'000'000);
    CHECK(rig.dma_status(0) == 0x04);
    const auto expected = rig.sectors(11, 1);
    CHECK(std::equal(expected.begin(), expected.end(), rig.memory.memory.begin() + 0x3000));
}

TEST_CASE("WRITE DMA EXT gathers a large request in several steps") {
    IdeRig rig;
    for (std::size_t i = 0x20000; i < rig.memory.memory.size(); ++i)
        rig.memory.memory[i] = static_cast<u8>(i * 13 + i / 251);
    rig.lba48(0, 1000, 300, 0x35);
    rig.start_dma(0, 0x1000, {{0x20000, 0}, {0x30000, 0}, {0x40000, 300 * 512 - 0x20000}}, false);
    rig.clock.advance(10'000'000);
    CHECK(rig.irq14.rises == 1);
    CHECK(rig.dma_status(0) == 0x04);
    const auto written = rig.sectors(1000, 300);
    CHECK(std::equal(written.begin(), written.end(), rig.memory.memory.begin() + 0x20000));
    CHECK(rig.ide.sectors_written() == 300);
}

TEST_CASE("hostile descriptor tables end in bounded time and touch only what they name") {
    IdeRig rig;
    rig.ide.bus_master().write(4, 4, 0xFFFFFFFF); // beyond memory: descriptors of ones, which say end of table
    rig.ide.bus_master().write(0, 1, 0x09);
    rig.lba28(0, 0, 256, 0xC8);
    rig.clock.advance(100'000'000);
    CHECK((rig.dma_status(0) & 1) == 0);
    rig.ide.reset();
    rig.enable();
    // No end of table, odd address and size.
    const u32 words[2] = {0x0000'4001, 0x0000'0003};
    for (u32 at = 0x1000; at < 0x4000; at += 8) std::memcpy(&rig.memory.memory[at], words, 8);
    rig.ide.bus_master().write(4, 4, 0x1000);
    rig.ide.bus_master().write(0, 1, 0x09);
    rig.lba28(0, 0, 2, 0xC8);
    rig.clock.advance(100'000'000);
    CHECK(rig.memory.memory[0x4000] == rig.sectors(1, 1)[510]);
    CHECK(rig.memory.memory[0x4002] == 0);
}

TEST_CASE("a snapshot in the middle of a bus-master transfer continues to the same result") {
    IdeRig straight, before, after;
    const auto begin = [](IdeRig& rig) {
        rig.lba48(0, 0, 600, 0x25);
        rig.start_dma(0, 0x1000,
                      {{0x10000, 0}, {0x40000, 0}, {0x60000, 0}, {0x80000, 0}, {0xA0000, 600 * 512 - 4 * 65536}}, true);
    };
    begin(straight);
    straight.clock.advance(50'000'000);
    begin(before);
    while (before.ide.sectors_read() < 256) before.clock.advance(1'000);
    REQUIRE(before.irq14.rises == 0);
    const auto deadline = before.clock.next_deadline();
    REQUIRE(deadline);
    after.clock.advance_to(before.clock.now());
    REQUIRE(load_state(after.ide, saved_state(before.ide)));
    after.memory.memory = before.memory.memory;
    after.clock.arm(0, *deadline); // what the machine's Timeline restores: ide0.master
    after.clock.advance(50'000'000);
    CHECK(after.memory.memory == straight.memory.memory);
    CHECK(saved_state(after.ide) == saved_state(straight.ide));
    CHECK(after.irq14.rises == 1);
}

TEST_CASE("a host error keeps the IDE request until it is retried") {
    IdeRig rig;
    rig.disk.failing_writes = 2;
    rig.lba28(0, 50, 1, 0x30);
    rig.wait(0);
    rig.data_out(0, std::vector<u8>(512, 0x77));
    rig.clock.advance(10'000'000);
    REQUIRE(rig.errors.messages == std::vector<std::string>{"ide0: injected write error"});
    CHECK(rig.ide.host_failed());
    CHECK((rig.alt(0) & rig.bsy) != 0);
    rig.ide.retry();
    rig.clock.advance(10'000'000);
    CHECK(rig.errors.messages.size() == 2);
    rig.ide.retry();
    rig.clock.advance(10'000'000);
    CHECK_FALSE(rig.ide.host_failed());
    CHECK((rig.alt(0) & (rig.bsy | rig.err)) == 0);
    CHECK(rig.sectors(50, 1) == std::vector<u8>(512, 0x77));

    rig.disk.failing_reads = 1;
    rig.start_dma(0, 0x1000, {{0x2000, 512}}, true);
    rig.lba28(0, 50, 1, 0xC8);
    rig.clock.advance(1'000'000);
    CHECK(rig.ide.host_failed());
    rig.ide.retry();
    rig.clock.advance(1'000'000);
    CHECK(rig.memory.memory[0x2000] == 0x77);
    rig.disk.failing_flushes = 1;
    rig.out(0, 7, 0xE7);
    rig.clock.advance(1'000'000);
    CHECK(rig.ide.host_failed());
    rig.ide.reset(); // the guest gave up
    CHECK_FALSE(rig.ide.host_failed());
}

TEST_CASE("a software reset shows BSY and then the signature of each kind of drive") {
    IdeRig rig;
    for (unsigned channel = 0; channel < 2; ++channel) {
        rig.ide.control_block(channel).write(0, 1, 0x04);
        CHECK((rig.alt(channel) & rig.bsy) != 0);
        rig.clock.advance(5'000);
        rig.ide.control_block(channel).write(0, 1, 0x00);
        CHECK((rig.alt(channel) & rig.bsy) != 0);
        rig.wait(channel);
        CHECK(rig.in(channel, 1) == 1);
        CHECK(rig.in(channel, 2) == 1);
        CHECK(rig.in(channel, 3) == 1);
    }
    CHECK((rig.in(0, 4) | rig.in(0, 5) << 8) == 0x0000);
    CHECK((rig.in(1, 4) | rig.in(1, 5) << 8) == 0xEB14);
    CHECK(rig.in(0, 7) == 0x50);
    CHECK(rig.in(1, 7) == 0x00);
    CHECK(rig.irq14.rises == 0);
}

TEST_CASE("nIEN keeps the line down and a pending interrupt appears when it is cleared") {
    IdeRig rig;
    rig.ide.control_block(0).write(0, 1, 0x02);
    rig.out(0, 7, 0xE7);
    rig.wait(0);
    CHECK_FALSE(rig.irq14.level);
    rig.ide.control_block(0).write(0, 1, 0x00);
    CHECK(rig.irq14.level);
    rig.alt(0);
    CHECK(rig.irq14.level);
    rig.in(0, 7);
    CHECK_FALSE(rig.irq14.level);
}

TEST_CASE("an absent slave reads status zero and an empty channel floats high") {
    IdeRig rig;
    rig.out(0, 6, 0xB0);
    CHECK(rig.in(0, 7) == 0x00);
    CHECK(rig.in(0, 6) == 0xB0);
    rig.out(0, 7, 0xEC);
    rig.clock.advance(10'000'000);
    CHECK(rig.in(0, 7) == 0x00);
    CHECK(rig.irq14.rises == 0);

    Ide empty(rig.clock, rig.memory, rig.irq14, rig.irq15, rig.errors);
    empty.config_write(0x04, 2, 1);
    empty.config_write(0x40, 2, 0x8000);
    CHECK(empty.command_block(0).read(7, 1) == 0xFF);
    CHECK(empty.control_block(0).read(0, 1) == 0xFF);
    CHECK(empty.command_block(0).read(0, 2) == 0xFFFF);
}

TEST_CASE("a disk answers the power and feature commands and aborts what it does not have") {
    IdeRig rig;
    rig.out(0, 7, 0xE0);
    rig.wait(0);
    rig.out(0, 7, 0xE5);
    rig.wait(0);
    CHECK(rig.in(0, 2) == 0x00);
    rig.out(0, 7, 0xE1);
    rig.wait(0);
    rig.out(0, 7, 0xE5);
    rig.wait(0);
    CHECK(rig.in(0, 2) == 0x80);
    rig.out(0, 1, 0x03);
    rig.out(0, 2, 0x22);
    rig.out(0, 7, 0xEF);
    CHECK((rig.wait(0) & rig.err) == 0);
    rig.out(0, 7, 0xEC);
    rig.wait(0);
    const auto block = rig.data_in(0, 512);
    CHECK(word(block, 63) == 0x0407);
    CHECK(word(block, 88) == 0x003F);
    rig.out(0, 1, 0xDA);
    rig.out(0, 4, 0x4F);
    rig.out(0, 5, 0xC2);
    rig.out(0, 7, 0xB0);
    CHECK((rig.wait(0) & rig.err) == 0);
    CHECK(rig.in(0, 4) == 0x4F);
    for (const unsigned command : {0x00u, 0x08u, 0xA0u, 0xA1u, 0x22u, 0xF5u, 0xFFu}) {
        rig.out(0, 7, command);
        CHECK((rig.wait(0) & rig.err) != 0);
        CHECK(rig.in(0, 1) == 0x04);
    }
    for (const unsigned command : {0x10u, 0x70u, 0x40u}) {
        rig.lba28(0, 3, 1, static_cast<u8>(command));
        CHECK((rig.wait(0) & rig.err) == 0);
    }
}

TEST_CASE("a read-only disk refuses writes and still reads") {
    Medium medium(100 * 512, true);
    IdeRig rig;
    rig.ide.attach_disk(0, 1, std::make_unique<MemoryBackend>(medium));
    rig.out(0, 6, 0xF0);
    rig.out(0, 2, 1);
    rig.out(0, 3, 0);
    rig.out(0, 4, 0);
    rig.out(0, 5, 0);
    rig.out(0, 7, 0x30);
    CHECK((rig.wait(0) & (rig.err | rig.drq)) == rig.err);
    CHECK((rig.in(0, 1) & 0x40) != 0);
    rig.out(0, 7, 0x20);
    CHECK((rig.wait(0) & (rig.err | rig.drq)) == rig.drq);
}

TEST_CASE("EXECUTE DEVICE DIAGNOSTIC answers for both drives through the first") {
    IdeRig rig;
    rig.out(0, 6, 0xB0);
    rig.out(0, 7, 0x90);
    rig.wait(0);
    CHECK(rig.in(0, 1) == 1);
    CHECK(rig.in(0, 6) == 0);
    CHECK(rig.irq14.rises == 1);
}

TEST_CASE("an IDE channel answers only with I/O space and IDETIM enabled and masters the bus only when allowed") {
    IdeRig rig(false);
    CHECK(rig.in(0, 7) == 0xFF);
    CHECK(rig.alt(0) == 0xFF);
    rig.ide.config_write(0x04, 2, 1);
    CHECK(rig.in(0, 7) == 0xFF);
    rig.ide.config_write(0x40, 2, 0x8000);
    CHECK(rig.in(0, 7) == 0x50);
    CHECK(rig.in(1, 7) == 0xFF);
    rig.lba28(0, 1, 1, 0xC8);
    rig.start_dma(0, 0x1000, {{0x2000, 512}}, true);
    rig.clock.advance(1'000'000);
    CHECK(rig.memory.memory[0x2001] == 0);
    CHECK(rig.ide.config_read(0x08, 4) == 0x01018000);
    CHECK(rig.ide.config_read(0x00, 4) == 0x70108086);
}

TEST_CASE("a snapshot with another disk is refused") {
    IdeRig rig;
    const auto bytes = saved_state(rig.ide);
    Medium other(100 * 512);
    Ide ide(rig.clock, rig.memory, rig.irq14, rig.irq15, rig.errors);
    ide.attach_disk(0, 0, std::make_unique<MemoryBackend>(other));
    ide.attach_cdrom(1, 0);
    CHECK_FALSE(load_state(ide, bytes));
}
