#include "devices/ide_rig.h"

using namespace ringshift;

namespace {
struct CdRig : IdeRig {
    CdRig() : IdeRig(false) {
        insert_cd();
        ide.reset(); // the medium stays
    }
};
} // namespace

TEST_CASE("a CD-ROM with a medium keeps the device contract") {
    check_device_contract(
        [] {
            auto rig = std::make_unique<CdRig>();
            rig->event = [r = rig.get()](Random& random) {
                if (random() % 8 == 0) r->enable();
                // Valid packets reach further than random bytes.
                static constexpr u8 opcodes[] = {0x00, 0x03, 0x12, 0x15, 0x1A, 0x1B, 0x25, 0x28, 0x42, 0x43,
                                                 0x46, 0x4A, 0x51, 0x55, 0x5A, 0xA8, 0xB9, 0xBD, 0xBE};
                if (random() % 4 == 0) {
                    r->out(1, 6, 0);
                    r->out(1, 1, random() & 1);
                    r->out(1, 7, 0xA0);
                    r->clock.advance(1'000'000);
                }
                std::vector<u8> packet(12);
                for (u8& byte : packet) byte = random() % 3 ? u8{0} : static_cast<u8>(random());
                packet[0] = opcodes[random() % std::size(opcodes)];
                r->data_out(1, packet);
                r->clock.advance(1'000'000);
            };
            return rig;
        },
        8'000);
}

TEST_CASE("IDENTIFY PACKET DEVICE works and IDENTIFY DEVICE aborts with the signature") {
    IdeRig rig;
    rig.out(1, 7, 0xEC);
    CHECK((rig.wait(1) & rig.err) != 0);
    CHECK((rig.in(1, 4) | rig.in(1, 5) << 8) == 0xEB14);
    rig.out(1, 7, 0xA1);
    CHECK((rig.wait(1) & rig.drq) != 0);
    CHECK(rig.irq15.level);
    const auto block = rig.data_in(1, 512);
    CHECK((block[0] | block[1] << 8) == 0x85C0);
    CHECK((rig.wait(1) & rig.drq) == 0);
}

TEST_CASE("an empty CD-ROM answers INQUIRY and is not ready") {
    IdeRig rig;
    rig.packet({0x12, 0, 0, 0, 36});
    const auto inquiry = rig.packet_reply();
    REQUIRE(inquiry.size() == 36);
    CHECK(inquiry[0] == 0x05);
    CHECK(inquiry[1] == 0x80);
    CHECK((rig.packet({0x00}) & rig.err) != 0);
    CHECK((rig.in(1, 1) >> 4) == 2);
    CHECK(rig.in(1, 2) == 3);
    CHECK(rig.sense() == 0x023A00);
    CHECK(rig.sense() == 0);
    CHECK((rig.packet({0xFF}) & rig.err) != 0);
    CHECK(rig.sense() == 0x052000);
}

TEST_CASE("a change of medium is a UNIT ATTENTION once and an event") {
    IdeRig rig;
    rig.insert_cd();
    rig.packet({0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8});
    const auto event = rig.packet_reply();
    REQUIRE(event.size() == 8);
    CHECK(event[4] == 2);
    CHECK(event[5] == 2);
    CHECK((rig.packet({0x00}) & rig.err) != 0);
    CHECK((rig.in(1, 1) >> 4) == 6);
    CHECK(rig.sense() == 0x062800);
    CHECK((rig.packet({0x00}) & rig.err) == 0);
    CHECK(rig.cdrom.eject() != nullptr);
    CHECK((rig.packet({0x25}) & rig.err) != 0);
    CHECK(rig.sense() == 0x023A00);
    CHECK(rig.cdrom.eject() == nullptr);
}

TEST_CASE("READ by PIO honours the byte count limit") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.packet({0x25});
    const auto capacity = rig.packet_reply();
    CHECK(capacity == std::vector<u8>{0, 0, 0x02, 0xBB, 0, 0, 8, 0});
    for (const unsigned limit : {0xFFFEu, 2048u, 1001u}) {
        const unsigned before = rig.irq15.rises;
        rig.packet({0x28, 0, 0, 0, 0, 16, 0, 0, 20}, limit);
        const auto data = rig.packet_reply(limit);
        CHECK(data == rig.cd_blocks(16, 20));
        CHECK(rig.in(1, 2) == 3);
        CHECK((rig.in(1, 7) & rig.err) == 0);
        CHECK(rig.irq15.rises > before + 1);
    }
    rig.packet({0xA8, 0, 0, 0, 2, 0xBB, 0, 0, 0, 1});
    CHECK(rig.packet_reply() == rig.cd_blocks(699, 1));
    CHECK((rig.packet({0x28, 0, 0, 0, 2, 0xBB, 0, 0, 2}) & rig.err) != 0);
    CHECK(rig.sense() == 0x052100);
    CHECK((rig.packet({0x28, 0, 0, 0, 0, 16, 0, 0, 0}) & (rig.err | rig.drq)) == 0);
}

TEST_CASE("READ by DMA goes through the bus master of the second channel") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.in(1, 7);
    const unsigned before = rig.irq15.rises;
    rig.start_dma(1, 0x1000, {{0x10000, 0}, {0x30000, 40 * 2048 - 0x10000}}, true);
    rig.packet({0x28, 0, 0, 0, 0, 100, 0, 0, 40}, 0, true);
    rig.clock.advance(10'000'000);
    CHECK(rig.irq15.rises == before + 1);
    CHECK(rig.dma_status(1) == 0x04);
    CHECK(rig.in(1, 2) == 3);
    const auto expected = rig.cd_blocks(100, 40);
    CHECK(std::equal(expected.begin(), expected.begin() + 0x10000, rig.memory.memory.begin() + 0x10000));
    CHECK(std::equal(expected.begin() + 0x10000, expected.end(), rig.memory.memory.begin() + 0x30000));
}

TEST_CASE("READ TOC gives its three formats") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.packet({0x43, 0, 0, 0, 0, 0, 0, 0, 100});
    const auto toc = rig.packet_reply();
    CHECK(toc == std::vector<u8>{0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xAA, 0, 0, 0, 0x02, 0xBC});
    rig.packet({0x43, 2, 0, 0, 0, 0, 0xAA, 0, 100});
    const auto lead_out = rig.packet_reply();
    CHECK(lead_out == std::vector<u8>{0, 10, 1, 1, 0, 0x14, 0xAA, 0, 0, 0, 11, 25}); // 700 + 150 frames
    rig.packet({0x43, 0, 1, 0, 0, 0, 0, 0, 100});
    CHECK(rig.packet_reply().size() == 12);
    rig.packet({0x43, 2, 2, 0, 0, 0, 0, 0, 100});
    CHECK(rig.packet_reply().size() == 4 + 4 * 11);
    rig.packet({0x43, 0, 0, 0, 0, 0, 0, 0, 4}); // allocation length cuts
    CHECK(rig.packet_reply() == std::vector<u8>{0, 18, 1, 1});
    CHECK((rig.packet({0x43, 0, 5, 0, 0, 0, 0, 0, 100}) & rig.err) != 0);
    CHECK(rig.sense() == 0x052400);
}

TEST_CASE("READ CD returns whole sectors with sync and header and a right EDC") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.packet({0xBE, 0, 0, 0, 0, 10, 0, 0, 2, 0xF8});
    const auto raw = rig.packet_reply();
    REQUIRE(raw.size() == 2 * 2352);
    CHECK(raw[0] == 0x00);
    CHECK(raw[1] == 0xFF);
    CHECK(raw[11] == 0x00);
    CHECK(raw[12] == 0x00);
    CHECK(raw[13] == 0x02);
    CHECK(raw[14] == 0x10);
    CHECK(raw[15] == 0x01);
    const auto expected = rig.cd_blocks(10, 1);
    CHECK(std::equal(expected.begin(), expected.end(), raw.begin() + 16));
    // Division of data and EDC by the generator polynomial leaves nothing.
    u32 remainder = 0;
    for (std::size_t i = 0; i < 2068; ++i) {
        remainder ^= raw[i];
        for (unsigned bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ (remainder & 1 ? 0xD8018001u : 0);
    }
    CHECK(remainder == 0);
    // Each P code word sums to zero.
    for (unsigned column = 0; column < 86; ++column) {
        u8 sum = 0;
        for (unsigned row = 0; row < 26; ++row) sum ^= raw[12 + column + 86 * row];
        REQUIRE(sum == 0);
    }
    rig.packet({0xB9, 0, 0, 0, 2, 10, 0, 2, 11, 0x10});
    CHECK(rig.packet_reply() == rig.cd_blocks(10, 1));
    rig.packet({0xBE, 4, 0, 0, 0, 10, 0, 0, 1, 0x10}); // as CD-DA
    CHECK(rig.sense() == 0x056400);
}

TEST_CASE("MODE SENSE and GET CONFIGURATION describe the drive") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.packet({0x5A, 0, 0x2A, 0, 0, 0, 0, 1, 0});
    const auto ten = rig.packet_reply();
    REQUIRE(ten.size() == 8 + 20);
    CHECK((ten[0] << 8 | ten[1]) == 26);
    CHECK(ten[8] == 0x2A);
    rig.packet({0x1A, 0, 0x3F, 0, 255});
    const auto six = rig.packet_reply();
    CHECK(six[0] + 1u == six.size());
    CHECK((rig.packet({0x5A, 0, 0x07, 0, 0, 0, 0, 1, 0}) & rig.err) != 0);
    CHECK(rig.sense() == 0x052400);
    CHECK((rig.packet({0x5A, 0, 0xEA, 0, 0, 0, 0, 1, 0}) & rig.err) != 0);
    CHECK(rig.sense() == 0x053900);
    rig.packet({0x46, 0, 0, 0, 0, 0, 0, 1, 0});
    const auto configuration = rig.packet_reply();
    CHECK((configuration[2] << 8 | configuration[3]) == static_cast<int>(configuration.size()) - 4);
    CHECK(configuration[7] == 0x08);
    rig.packet({0x46, 2, 0, 0x1E, 0, 0, 0, 1, 0});
    CHECK(rig.packet_reply().size() == 16);
    rig.packet({0xBD, 0, 0, 0, 0, 0, 0, 0, 0, 8});
    CHECK(rig.packet_reply().size() == 8);
    rig.packet({0x42, 2, 0x40, 1, 0, 0, 0, 0, 16});
    CHECK(rig.packet_reply().size() == 16);
}

TEST_CASE("MODE SELECT takes its parameters") {
    IdeRig rig;
    rig.packet({0x55, 0x10, 0, 0, 0, 0, 0, 0, 16});
    REQUIRE((rig.alt(1) & rig.drq) != 0);
    CHECK(rig.in(1, 2) == 0);
    CHECK(rig.in(1, 4) == 16);
    rig.data_out(1, std::vector<u8>(16));
    CHECK((rig.wait(1) & (rig.drq | rig.err)) == 0);
    CHECK(rig.in(1, 2) == 3);
}

TEST_CASE("a locked tray stays shut and an unlocked one opens and closes") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.packet({0x1E, 0, 0, 0, 1});
    CHECK(rig.cdrom.locked());
    CHECK((rig.packet({0x1B, 0, 0, 0, 2}) & rig.err) != 0);
    CHECK(rig.sense() == 0x055302);
    rig.cdrom.press_eject();
    CHECK_FALSE(rig.cdrom.tray_open());
    rig.packet({0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8});
    CHECK(rig.packet_reply()[4] == 1);
    rig.packet({0x1E, 0, 0, 0, 0});
    CHECK((rig.packet({0x1B, 0, 0, 0, 2}) & rig.err) == 0);
    CHECK(rig.cdrom.tray_open());
    CHECK((rig.packet({0x00}) & rig.err) != 0);
    CHECK(rig.sense() == 0x023A00);
    rig.packet({0x1B, 0, 0, 0, 3});
    CHECK_FALSE(rig.cdrom.tray_open());
    CHECK((rig.packet({0x00}) & rig.err) != 0);
    CHECK(rig.sense() == 0x062800);
    CHECK((rig.packet({0x00}) & rig.err) == 0);
}

TEST_CASE("a medium taken out in the middle of a read ends it with NOT READY") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.packet({0x28, 0, 0, 0, 0, 0, 0, 0, 64}, 2048);
    rig.data_in(1, 2048);
    auto medium = rig.cdrom.eject();
    while (rig.wait(1) & rig.drq) rig.data_in(1, 2048);
    CHECK((rig.alt(1) & rig.err) != 0);
    CHECK(rig.sense() == 0x023A00);
}

TEST_CASE("a host error keeps the CD request until it is retried") {
    IdeRig rig;
    rig.insert_ready_cd();
    rig.cd.failing_reads = 1;
    rig.out(1, 6, 0);
    rig.out(1, 1, 0);
    rig.out(1, 4, 0xFE);
    rig.out(1, 5, 0xFF);
    rig.out(1, 7, 0xA0);
    rig.wait(1);
    rig.data_out(1, std::vector<u8>{0x28, 0, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0});
    rig.clock.advance(10'000'000);
    CHECK(rig.ide.host_failed());
    CHECK(rig.errors.messages.size() == 1);
    rig.ide.retry();
    CHECK(rig.packet_reply() == rig.cd_blocks(3, 1));
}

TEST_CASE("a snapshot in the middle of a CD read continues to the same data") {
    IdeRig before;
    before.insert_ready_cd();
    before.packet({0x28, 0, 0, 0, 0, 5, 0, 0, 30}, 4096);
    auto data = before.data_in(1, 1000);
    IdeRig after;
    after.insert_cd();
    after.clock.advance_to(before.clock.now());
    REQUIRE(load_state(after.ide, saved_state(before.ide)));
    const auto rest_of_block = after.data_in(1, 4096 - 1000);
    data.insert(data.end(), rest_of_block.begin(), rest_of_block.end());
    const auto rest = after.packet_reply(4096);
    data.insert(data.end(), rest.begin(), rest.end());
    CHECK(data == before.cd_blocks(5, 30));
}

TEST_CASE("a snapshot loaded without its CD tells the guest that the medium went") {
    IdeRig before, after;
    before.insert_ready_cd();
    REQUIRE(load_state(after.ide, saved_state(before.ide)));
    CHECK((after.packet({0x00}) & after.err) != 0);
    CHECK(after.sense() == 0x062800);
    CHECK((after.packet({0x00}) & after.err) != 0);
    CHECK(after.sense() == 0x023A00);
}
