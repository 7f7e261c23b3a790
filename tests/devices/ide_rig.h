// An IDE controller with its surroundings, driven as a driver does.
#pragma once

#include "devices/contract.h"
#include "devices/ide.h"
#include "devices/memory_backend.h"

namespace ringshift {

struct IdeRig : Rig {
    static constexpr u8 bsy = 0x80, drdy = 0x40, drq = 0x08, err = 0x01;

    Medium disk{4000 * 512};
    Medium cd{700 * 2048, true};
    FakeDmaView memory{1 << 20};
    FakeIrqLine irq14, irq15;
    CollectingHostErrors errors;
    Ide ide{clock, memory, irq14, irq15, errors};
    AtaDisk& ata = ide.attach_disk(0, 0, std::make_unique<MemoryBackend>(disk));
    AtapiCdrom& cdrom = ide.attach_cdrom(1, 0);

    /// `enabled`: as firmware leaves it; else as after reset.
    explicit IdeRig(bool enabled = true) {
        disk.fill_pattern();
        cd.fill_pattern(2048);
        ide.reset();
        use(ide);
        for (unsigned channel = 0; channel < 2; ++channel) {
            block(ide.command_block(channel), 8);
            block(ide.control_block(channel), 1, 1);
        }
        block(ide.bus_master(), Ide::bus_master_size);
        event = [this](Random& random) {
            if (random() % 2) {
                enable();
            } else {
                ide.config_write(static_cast<u8>(random() % 64 * 4), 4, static_cast<u32>(random()));
            }
        };
        if (enabled) enable();
    }
    void enable() {
        ide.config_write(0x04, 2, 5);
        ide.config_write(0x40, 4, 0x8000'8000);
    }

    u8 in(unsigned channel, u64 reg) { return static_cast<u8>(ide.command_block(channel).read(reg, 1)); }
    void out(unsigned channel, u64 reg, unsigned value) { ide.command_block(channel).write(reg, 1, value); }
    u8 alt(unsigned channel) { return static_cast<u8>(ide.control_block(channel).read(0, 1)); }

    /// Polls until BSY is clear.
    u8 wait(unsigned channel) {
        for (unsigned i = 0; i < 1000 && (alt(channel) & bsy); ++i) clock.advance(10'000);
        REQUIRE((alt(channel) & bsy) == 0);
        return alt(channel);
    }

    void lba28(unsigned channel, u32 lba, unsigned count, u8 command) {
        out(channel, 6, 0xE0 | ((lba >> 24) & 15));
        out(channel, 2, count);
        out(channel, 3, lba & 0xFF);
        out(channel, 4, (lba >> 8) & 0xFF);
        out(channel, 5, (lba >> 16) & 0xFF);
        out(channel, 7, command);
    }
    void lba48(unsigned channel, u64 lba, unsigned count, u8 command) {
        out(channel, 6, 0x40);
        out(channel, 2, count >> 8);
        out(channel, 3, static_cast<unsigned>(lba >> 24) & 0xFF);
        out(channel, 4, static_cast<unsigned>(lba >> 32) & 0xFF);
        out(channel, 5, static_cast<unsigned>(lba >> 40) & 0xFF);
        out(channel, 2, count & 0xFF);
        out(channel, 3, static_cast<unsigned>(lba) & 0xFF);
        out(channel, 4, static_cast<unsigned>(lba >> 8) & 0xFF);
        out(channel, 5, static_cast<unsigned>(lba >> 16) & 0xFF);
        out(channel, 7, command);
    }
    std::vector<u8> data_in(unsigned channel, std::size_t bytes) {
        std::vector<u8> data(bytes);
        ide.command_block(channel).read_block(0, 2, data);
        return data;
    }
    void data_out(unsigned channel, std::span<const u8> data) { ide.command_block(channel).write_block(0, 2, data); }

    std::vector<u8> sectors(std::size_t lba, std::size_t count) const {
        const auto begin = disk.bytes.begin() + static_cast<std::ptrdiff_t>(lba * 512);
        return {begin, begin + static_cast<std::ptrdiff_t>(count * 512)};
    }
    std::vector<u8> cd_blocks(std::size_t lba, std::size_t count) const {
        const auto begin = cd.bytes.begin() + static_cast<std::ptrdiff_t>(lba * 2048);
        return {begin, begin + static_cast<std::ptrdiff_t>(count * 2048)};
    }

    struct Region {
        u32 address;
        u32 count;
    };
    /// Writes a descriptor table at `at` and starts the engine.
    void start_dma(unsigned channel, u32 at, std::initializer_list<Region> regions, bool to_memory) {
        u32 position = at;
        std::size_t left = regions.size();
        for (const Region& region : regions) {
            const u32 words[2] = {region.address, (region.count & 0xFFFF) | (--left ? 0 : 0x8000'0000)};
            std::memcpy(&memory.memory[position], words, 8);
            position += 8;
        }
        const u64 base = channel * 8;
        ide.bus_master().write(base + 4, 4, at);
        ide.bus_master().write(base + 2, 1, 0x06);
        ide.bus_master().write(base, 1, to_memory ? 0x09 : 0x01);
    }
    u8 dma_status(unsigned channel) { return static_cast<u8>(ide.bus_master().read(channel * 8 + 2, 1)); }
    void stop_dma(unsigned channel) { ide.bus_master().write(channel * 8, 1, 0); }

    /// Sends a packet; the status after it.
    u8 packet(std::initializer_list<u8> bytes, unsigned limit = 0xFFFE, bool dma = false) {
        out(1, 6, 0);
        out(1, 1, dma);
        out(1, 4, limit & 0xFF);
        out(1, 5, limit >> 8);
        out(1, 7, 0xA0);
        REQUIRE((wait(1) & drq) != 0);
        REQUIRE(in(1, 2) == 1); // CoD
        std::vector<u8> data(bytes);
        data.resize(12);
        data_out(1, data);
        return dma ? alt(1) : wait(1);
    }
    /// The whole PIO reply of the last packet, checking each block's size against the limit.
    std::vector<u8> packet_reply(unsigned limit = 0xFFFE) {
        std::vector<u8> reply;
        while (wait(1) & drq) {
            in(1, 7);
            const unsigned n = in(1, 4) | static_cast<unsigned>(in(1, 5)) << 8;
            REQUIRE(n > 0);
            REQUIRE(n <= limit);
            REQUIRE(in(1, 2) == 2); // IO
            const auto part = data_in(1, n + (n & 1));
            reply.insert(reply.end(), part.begin(), part.begin() + n);
        }
        return reply;
    }
    /// REQUEST SENSE: key << 16 | asc << 8 | ascq.
    unsigned sense() {
        packet({0x03, 0, 0, 0, 18});
        const auto reply = packet_reply();
        REQUIRE(reply.size() == 18);
        return static_cast<unsigned>(reply[2] << 16 | reply[12] << 8 | reply[13]);
    }
    void insert_cd() { cdrom.insert(std::make_unique<MemoryBackend>(cd)); }
    /// Inserts and takes the UNIT ATTENTION.
    void insert_ready_cd() {
        insert_cd();
        REQUIRE((packet({0x00}) & err) != 0);
        REQUIRE(sense() == 0x062800);
    }
};

} // namespace ringshift
