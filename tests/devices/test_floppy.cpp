#include "devices/floppy.h"

#include "devices/contract.h"
#include "devices/memory_backend.h"

using namespace ringshift;

namespace {

struct FloppyRig : Rig {
    Medium disk{1440 * 1024};
    Medium small{360 * 1024};
    FakeDmaView memory{1 << 18};
    FakeIrqLine irq;
    CollectingHostErrors errors;
    Dma8237 dma{memory};
    Floppy fdc{clock, irq, dma.channel(2), errors};

    explicit FloppyRig(bool ready = true) {
        disk.fill_pattern();
        small.fill_pattern();
        fdc.attach_drive(0);
        fdc.attach_drive(1);
        fdc.insert(0, std::make_unique<MemoryBackend>(disk));
        use(fdc);
        block(fdc.registers(), 8, 1);
        event = [this](Random& random) {
            // Whole commands get further than random bytes.
            if (random() % 4 == 0) return out(2, random() % 8 ? 0x1C : 0x18);
            if (random() % 4 == 0) return program_dma(random() % 2, 0x1000, static_cast<u16>(random() % 4096 + 1));
            static constexpr u8 commands[] = {0xE6, 0xC5, 0x4D, 0x4A, 0x42, 0xEC, 0x51, 0x56, 0x07, 0x0F, 0x8F};
            const u8 command = commands[random() % std::size(commands)];
            const unsigned track = random() % 2;
            send({command, 0, command == 0x4D ? 2u : track, command == 0x4D ? 3u : 0u, 1, 2, 18, 0x1B, 0xFF});
            clock.advance(random() % 3'000'000);
            while (random() % 8) in(5);
        };
        if (!ready) return;
        // As the BIOS leaves it: out of reset, 500 kbit/s, DMA, the reset's interrupts taken.
        out(2, 0x1C);
        clock.advance(1'000'000);
        REQUIRE(irq.level);
        for (unsigned unit = 0; unit < 4; ++unit) {
            send({0x08});
            const auto answer = result();
            REQUIRE(answer.size() == 2);
            REQUIRE(answer[0] == (0xC0 | unit));
        }
        REQUIRE_FALSE(irq.level);
        out(7, 0);
        send({0x03, 0xAF, 0x02});
    }

    u8 in(u64 reg) { return static_cast<u8>(fdc.registers().read(reg, 1)); }
    void out(u64 reg, unsigned value) { fdc.registers().write(reg, 1, value); }
    void send(std::initializer_list<unsigned> bytes) {
        for (const unsigned byte : bytes) out(5, byte);
    }
    std::vector<u8> result() {
        std::vector<u8> bytes;
        while ((in(4) & 0xD0) == 0xD0 && bytes.size() < 20) bytes.push_back(in(5));
        return bytes;
    }
    /// Waits for the interrupt that ends a command.
    std::vector<u8> finish() {
        for (unsigned i = 0; i < 1000 && !irq.level; ++i) clock.advance(100'000);
        REQUIRE(irq.level);
        auto bytes = result();
        CHECK_FALSE(irq.level);
        return bytes;
    }
    void seek(unsigned unit, unsigned cylinder) {
        send({0x0F, unit, cylinder});
        CHECK((in(4) & (1u << unit)) != 0);
        clock.advance(10'000'000);
        REQUIRE(irq.level);
        send({0x08});
        const auto answer = result();
        REQUIRE(answer == std::vector<u8>{static_cast<u8>(0x20 | unit), static_cast<u8>(cylinder)});
    }
    void program_dma(bool to_memory, u16 address, u16 bytes) {
        dma.second().write(0xA << 1, 1, 0);
        dma.first().write(0xA, 1, 6);
        dma.first().write(0xC, 1, 0);
        dma.first().write(0xB, 1, to_memory ? 0x46 : 0x4A);
        const u16 count = static_cast<u16>(bytes - 1);
        dma.first().write(4, 1, address & 0xFF);
        dma.first().write(4, 1, address >> 8);
        dma.first().write(5, 1, count & 0xFF);
        dma.first().write(5, 1, count >> 8);
        dma.pages().write(1, 1, 0);
        dma.first().write(0xA, 1, 2);
    }
    static std::ptrdiff_t at(unsigned c, unsigned h, unsigned r) {
        return ((c * 2 + h) * 18 + r - 1) * std::ptrdiff_t{512};
    }
    bool memory_is(std::ptrdiff_t address, std::ptrdiff_t offset, std::ptrdiff_t size) const {
        return std::equal(disk.bytes.begin() + offset, disk.bytes.begin() + offset + size,
                          memory.memory.begin() + address);
    }
};

using Bytes = std::vector<u8>;

} // namespace

TEST_CASE("the floppy controller keeps the device contract") {
    check_device_contract([] { return std::make_unique<FloppyRig>(false); }, 8'000);
}

TEST_CASE("floppy formats follow from the size of the image") {
    CHECK_FALSE(floppy_geometry(0));
    CHECK(floppy_geometry(160 * 1024)->sectors == 8);
    CHECK(floppy_geometry(360 * 1024)->tracks == 40);
    CHECK(floppy_geometry(720 * 1024)->rate == 2);
    CHECK(floppy_geometry(1200 * 1024)->sectors == 15);
    CHECK(floppy_geometry(1440 * 1024)->sectors == 18);
    CHECK(floppy_geometry(1440 * 1024 - 100)->sectors == 18);
    CHECK(floppy_geometry(2880 * 1024)->rate == 3);
    CHECK_FALSE(floppy_geometry(2880 * 1024 + 1));
}

TEST_CASE("the floppy controller identifies itself as an 82077") {
    FloppyRig rig;
    CHECK(rig.in(4) == 0x80);
    rig.send({0x10});
    CHECK(rig.in(4) == 0xD0);
    CHECK(rig.result() == Bytes{0x90});
    rig.send({0x13, 0, 0x57, 0x10});
    rig.send({0x94});
    CHECK(rig.result() == Bytes{0x10});
    rig.send({0x0E});
    CHECK(rig.result() == Bytes{0, 0, 0, 0, 0xAF, 0x02, 0, 0x80, 0x57, 0x10});
    rig.send({0x14});
    CHECK(rig.result() == Bytes{0x00});
    for (const unsigned invalid : {0x18u, 0x00u, 0x1Fu, 0x08u}) { // PART ID came with the 82078; no interrupt to sense
        rig.send({invalid});
        CHECK(rig.result() == Bytes{0x80});
    }
}

TEST_CASE("a seek clears the disk change line only when the head steps") {
    FloppyRig rig;
    CHECK(rig.in(7) == 0x80);
    rig.send({0x07, 0});
    rig.clock.advance(1'000'000);
    rig.send({0x08});
    CHECK(rig.result() == Bytes{0x20, 0});
    CHECK(rig.in(7) == 0x80);
    rig.seek(0, 1);
    CHECK(rig.in(7) == 0x00);
    rig.seek(0, 0);
    auto medium = rig.fdc.eject(0);
    CHECK(rig.in(7) == 0x80);
    rig.seek(0, 1);
    CHECK(rig.in(7) == 0x80);
    rig.fdc.insert(0, std::move(medium));
    CHECK(rig.in(7) == 0x80);
    rig.seek(0, 5);
    CHECK(rig.in(7) == 0x00);
    rig.send({0xCF, 0, 3}); // RELATIVE SEEK inwards
    rig.clock.advance(1'000'000);
    rig.send({0x08});
    CHECK(rig.result() == Bytes{0x20, 8});
    rig.send({0x04, 4});
    CHECK(rig.result() == Bytes{0x2C});
}

TEST_CASE("READ DATA by DMA ends with TC and names the next sector") {
    FloppyRig rig;
    rig.seek(0, 3);
    rig.program_dma(true, 0x1000, 3 * 512);
    rig.send({0xE6, 0, 3, 0, 5, 2, 18, 0x1B, 0xFF});
    CHECK((rig.in(4) & 0x90) == 0x10);
    CHECK(rig.finish() == Bytes{0, 0, 0, 3, 0, 8, 2});
    CHECK(rig.memory_is(0x1000, rig.at(3, 0, 5), 3 * 512));
    CHECK(rig.memory.memory[0x1000 + 3 * 512] == 0);
}

TEST_CASE("a multi-track READ goes on to the second side and a whole cylinder ends on the next") {
    FloppyRig rig;
    rig.program_dma(true, 0x1000, 36 * 512);
    rig.send({0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish() == Bytes{0x00, 0, 0, 1, 0, 1, 2});
    CHECK(rig.memory_is(0x1000, 0, 36 * 512));
    // More asked than the cylinder has: end of cylinder.
    rig.program_dma(true, 0x1000, 4096);
    rig.send({0x46, 0, 0, 0, 17, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish() == Bytes{0x40, 0x80, 0, 1, 0, 1, 2});
}

TEST_CASE("WRITE DATA by DMA stores sectors and respects write protection") {
    FloppyRig rig;
    for (unsigned i = 0; i < 1024; ++i) rig.memory.memory[0x2000 + i] = static_cast<u8>(i * 11 + 5);
    rig.program_dma(false, 0x2000, 1024);
    rig.send({0xC5, 4, 0, 1, 9, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish() == Bytes{0x04, 0, 0, 0, 1, 11, 2});
    CHECK(rig.memory_is(0x2000, rig.at(0, 1, 9), 1024));
    CHECK(rig.fdc.sectors_written() == 2);
    rig.disk.read_only = true;
    rig.program_dma(false, 0x2000, 1024);
    rig.send({0xC5, 4, 0, 1, 9, 2, 18, 0x1B, 0xFF});
    const auto answer = rig.finish();
    CHECK((answer[0] & 0xC0) == 0x40);
    CHECK((answer[1] & 0x02) != 0);
    rig.send({0x04, 0});
    CHECK((rig.result()[0] & 0x40) != 0);
}

TEST_CASE("sectors that are not there end with the right status bits") {
    FloppyRig rig;
    const auto read = [&rig](unsigned c, unsigned h, unsigned r, unsigned n) {
        rig.program_dma(true, 0x1000, 512);
        rig.send({0x46, h << 2, c, h, r, n, 18, 0x1B, 0xFF});
        return rig.finish();
    };
    CHECK(read(0, 0, 19, 2)[1] == 0x04);
    CHECK(read(0, 0, 0, 2)[1] == 0x04);
    CHECK(read(0, 0, 1, 3)[1] == 0x04);
    const auto wrong = read(7, 0, 1, 2);
    CHECK(wrong[1] == 0x04);
    CHECK(wrong[2] == 0x10);
    rig.out(7, 2); // 250 kbit/s
    CHECK(read(0, 0, 1, 2)[1] == 0x01);
    rig.out(7, 0);
    CHECK(read(0, 0, 1, 2)[0] == 0x00);
    rig.dma.first().write(0xA, 1, 6);
    rig.send({0x46, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF}); // the channel is masked
    CHECK(rig.finish()[1] == 0x10);
    rig.fdc.eject(0);
    CHECK((read(0, 0, 1, 2)[0] & 0xC8) == 0x48);
    rig.send({0x4A, 1});
    CHECK((rig.finish()[0] & 0xC0) == 0x40);
}

TEST_CASE("READ ID tells the format and the implied seek moves the head") {
    FloppyRig rig;
    rig.seek(0, 2);
    rig.send({0x4A, 4});
    const auto id = rig.finish();
    CHECK(id[0] == 0x04);
    CHECK(id[3] == 2);
    CHECK(id[4] == 1);
    CHECK((id[5] >= 1 && id[5] <= 18));
    CHECK(id[6] == 2);
    rig.send({0x13, 0, 0x57, 0});
    rig.program_dma(true, 0x1000, 512);
    rig.send({0x46, 0, 40, 0, 1, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish()[0] == 0);
    CHECK(rig.memory_is(0x1000, rig.at(40, 0, 1), 512));
}

TEST_CASE("FORMAT TRACK fills the sectors that its table names") {
    FloppyRig rig;
    rig.seek(0, 1);
    for (unsigned r = 0; r < 18; ++r) {
        const u8 id[4] = {1, 0, static_cast<u8>(r + 1), 2};
        std::memcpy(&rig.memory.memory[0x3000 + 4 * r], id, 4);
    }
    auto expected = rig.disk.bytes;
    std::fill_n(expected.begin() + rig.at(1, 0, 1), 18 * 512, u8{0xF6});
    rig.program_dma(false, 0x3000, 18 * 4);
    rig.send({0x4D, 0, 2, 18, 0x54, 0xF6});
    CHECK(rig.finish()[0] == 0);
    CHECK((rig.disk.bytes == expected));
}

TEST_CASE("VERIFY and READ TRACK and SCAN and READ DELETED end as the manual says") {
    FloppyRig rig;
    rig.send({0x56, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish()[0] == 0);
    CHECK(rig.fdc.sectors_read() == 18);
    rig.program_dma(true, 0x1000, 4 * 512);
    rig.send({0x42, 0, 0, 0, 7, 2, 4, 0x1B, 0xFF}); // from the index hole
    CHECK(rig.finish()[0] == 0);
    CHECK(rig.memory_is(0x1000, 0, 4 * 512));
    rig.program_dma(false, 0x1000, 512);
    rig.send({0x51, 0, 0, 0, 1, 2, 1, 0x1B, 1});
    CHECK(rig.finish()[2] == 0x08);
    rig.memory.memory[0x1005] ^= 1;
    rig.program_dma(false, 0x1000, 512);
    rig.send({0x51, 0, 0, 0, 1, 2, 1, 0x1B, 1});
    CHECK(rig.finish()[2] == 0x04);
    rig.program_dma(true, 0x1000, 1024);
    rig.send({0x4C, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish() == Bytes{0, 0, 0x40, 0, 0, 2, 2});
    rig.program_dma(true, 0x1000, 1024);
    rig.send({0x6C, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    CHECK(rig.finish()[1] == 0x04);
}

TEST_CASE("without DMA the bytes go through the FIFO") {
    FloppyRig rig;
    rig.send({0x03, 0xAF, 0x03});
    rig.send({0x46, 0, 0, 0, 2, 2, 3, 0x1B, 0xFF});
    Bytes data;
    for (unsigned i = 0; i < 2; ++i) {
        rig.clock.advance(1'000'000);
        REQUIRE(rig.irq.level);
        while ((rig.in(4) & 0xF0) == 0xF0) data.push_back(rig.in(5));
    }
    REQUIRE(data.size() == 1024);
    CHECK(std::equal(data.begin(), data.end(), rig.disk.bytes.begin() + 512));
    auto answer = rig.finish();
    CHECK(answer[0] == 0x40); // no TC without DMA
    CHECK(answer[1] == 0x80);
    rig.send({0x45, 0, 0, 0, 4, 2, 4, 0x1B, 0xFF});
    rig.clock.advance(1'000'000);
    for (unsigned i = 0; i < 512; ++i) {
        REQUIRE((rig.in(4) & 0xF0) == 0xB0);
        rig.out(5, 0x5A);
    }
    answer = rig.finish();
    CHECK(answer[1] == 0x80);
    CHECK(rig.disk.bytes[3 * 512] == 0x5A);
    CHECK(rig.disk.bytes[4 * 512 - 1] == 0x5A);
}

TEST_CASE("a snapshot in the middle of a floppy transfer continues to the same memory") {
    FloppyRig straight, before;
    for (FloppyRig* rig : {&straight, &before}) {
        rig->program_dma(true, 0x1000, 36 * 512);
        rig->send({0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    }
    straight.clock.advance(50'000'000);
    while (before.fdc.sectors_read() < 10) before.clock.advance(10'000);
    FloppyRig after(false);
    after.clock.advance_to(before.clock.now());
    REQUIRE(load_state(after.fdc, saved_state(before.fdc)));
    REQUIRE(load_state(after.dma, saved_state(before.dma)));
    after.memory.memory = before.memory.memory;
    after.clock.arm(0, *before.clock.next_deadline()); // what the machine's Timeline restores: floppy.transfer
    after.clock.advance(50'000'000);
    CHECK(after.memory.memory == straight.memory.memory);
    CHECK(saved_state(after.fdc) == saved_state(straight.fdc));
    CHECK(after.irq.level);
}

TEST_CASE("a host error keeps the floppy request until it is retried") {
    FloppyRig rig;
    rig.disk.failing_reads = 1;
    rig.program_dma(true, 0x1000, 512);
    rig.send({0x46, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    rig.clock.advance(10'000'000);
    CHECK(rig.fdc.host_failed());
    CHECK_FALSE(rig.irq.level);
    CHECK(rig.errors.messages.size() == 1);
    rig.fdc.retry();
    CHECK(rig.finish()[0] == 0);
    CHECK(rig.memory_is(0x1000, 0, 512));
    rig.disk.failing_writes = 1;
    rig.memory.memory[0x1000] ^= 0xFF;
    rig.program_dma(false, 0x1000, 512);
    rig.send({0x45, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF});
    rig.clock.advance(10'000'000);
    CHECK(rig.fdc.host_failed());
    rig.fdc.retry();
    CHECK(rig.finish()[0] == 0);
    CHECK(rig.memory_is(0x1000, 0, 512));
}

TEST_CASE("the second drive has its own medium and a missing one fails to recalibrate") {
    FloppyRig rig;
    rig.fdc.insert(1, std::make_unique<MemoryBackend>(rig.small));
    rig.out(2, 0x2D);
    rig.out(7, 2);
    rig.program_dma(true, 0x1000, 9 * 512);
    rig.send({0x46, 5, 0, 1, 1, 2, 9, 0x1B, 0xFF});
    CHECK(rig.finish()[0] == 0x05);
    CHECK(rig.memory.memory[0x1003] == rig.small.bytes[9 * 512 + 3]);

    Floppy alone(rig.clock, rig.irq, rig.dma.channel(2), rig.errors);
    alone.registers().write(2, 1, 0x0C);
    rig.clock.advance(1'000'000);
    for (unsigned i = 0; i < 4; ++i) {
        alone.registers().write(5, 1, 0x08);
        alone.registers().read(5, 1);
        alone.registers().read(5, 1);
    }
    alone.registers().write(5, 1, 0x07);
    alone.registers().write(5, 1, 0x00);
    rig.clock.advance(1'000'000);
    alone.registers().write(5, 1, 0x08);
    CHECK(alone.registers().read(5, 1) == 0x70);
}

TEST_CASE("the DOR gate holds the interrupt and a reset in the middle of a command ends it") {
    FloppyRig rig;
    rig.out(2, 0x14);
    rig.send({0x07, 0});
    rig.clock.advance(1'000'000);
    CHECK_FALSE(rig.irq.level);
    rig.out(2, 0x1C);
    CHECK(rig.irq.level);
    rig.send({0x08});
    rig.result();
    rig.send({0x46, 0, 0, 0, 1, 2});
    rig.out(2, 0x18);
    CHECK(rig.in(4) == 0x00);
    rig.out(2, 0x1C);
    rig.clock.advance(1'000'000);
    CHECK(rig.in(4) == 0x80);
    CHECK(rig.irq.level);
    rig.out(4, 0x80); // the reset that ends by itself
    CHECK(rig.in(4) == 0x00);
    rig.clock.advance(1'000'000);
    CHECK(rig.in(4) == 0x80);
}
