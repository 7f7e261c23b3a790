#include "devices/contract.h"
#include "devices/sb16.h"

#include <cmath>

namespace ringshift {

namespace {

constexpr u64 ms = 1'000'000;
constexpr u32 memory_at = 0x12000;

class CollectingSound final : public SoundSink {
  public:
    std::array<std::vector<SoundFrame>, Sb16::source_count> heard;
    void play(unsigned source, std::span<const SoundFrame> frames) override {
        for (const SoundFrame& frame : frames) {
            if (!heard[source].empty()) CHECK(frame.ns > heard[source].back().ns);
            if (heard[source].size() < 1'000'000) heard[source].push_back(frame);
        }
    }
};

struct Sb16Rig : Rig {
    FakeDmaView memory{1 << 20};
    Dma8237 dma{memory};
    std::array<FakeIrqLine, 4> lines;
    Sb16 card{clock, dma, {&lines[0], &lines[1], &lines[2], &lines[3]}};

    Sb16Rig() {
        use(card);
        block(card.ports(), Sb16::port_count);
        block(card.music_ports(), 2);
        event = [this](Random& random) {
            if (random() % 4 == 0) {
                program(1, static_cast<u16>(random() % 3000), random() % 2);
                program(5, static_cast<u16>(random() % 3000), random() % 2);
            }
            const std::array<u8, 16> commands = {0x14, 0x1C, 0x90, 0x91, 0xB6, 0xC6, 0xBE, 0xB0,
                                                 0x40, 0x41, 0x48, 0x80, 0xD0, 0xD4, 0xE3, 0xDA};
            out(0xC, commands[random() % commands.size()]);
            for (unsigned i = 0; i < 3; ++i) out(0xC, static_cast<u8>(random() % 2 ? random() : random() % 4));
        };
    }
    void out(unsigned port, u8 value) { card.ports().write(port, 1, value); }
    u8 in(unsigned port) { return static_cast<u8>(card.ports().read(port, 1)); }
    void dsp(std::initializer_list<int> bytes) {
        for (const int byte : bytes) out(0xC, static_cast<u8>(byte));
    }
    u8 answer() {
        CHECK(in(0xE) == 0xFF);
        return in(0xA);
    }
    void mixer(u8 index, u8 value) {
        out(4, index);
        out(5, value);
    }
    u8 mixer(u8 index) {
        out(4, index);
        return in(5);
    }
    void fm(u8 index, u8 value) {
        card.music_ports().write(0, 1, index);
        card.music_ports().write(1, 1, value);
    }
    u8 fm_status() { return static_cast<u8>(card.music_ports().read(0, 1)); }
    /// A run of `count` bytes or words from memory_at, over and over.
    void program(unsigned channel, u16 count, bool repeat) {
        const bool words = channel >= 4;
        RegisterBlock& controller = words ? dma.second() : dma.first();
        const unsigned step = words ? 2 : 1, number = channel % 4;
        dma.second().write(0x0A * 2, 1, 0x00); // the cascade
        controller.write(0x0C * step, 1, 0);
        controller.write(0x0B * step, 1, 0x48u | (repeat ? 0x10u : 0) | number);
        const u32 address = words ? (memory_at >> 1) & 0xFFFF : memory_at & 0xFFFF;
        for (const unsigned shift : {0u, 8u}) controller.write(2 * number * step, 1, (address >> shift) & 0xFF);
        for (const unsigned shift : {0u, 8u})
            controller.write((2 * number + 1) * step, 1, (static_cast<unsigned>(count - 1) >> shift) & 0xFF);
        dma.pages().write(words ? 0xB : 0x3, 1, memory_at >> 16);
        controller.write(0x0A * step, 1, number);
    }
};

/// The mean square and the frequency (by rising crossings of zero) of a stretch of samples.
struct Tone {
    double level = 0, hz = 0;
};
Tone tone_of(std::span<const SoundFrame> frames) {
    Tone tone;
    std::vector<u64> rises;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        tone.level += double(frames[i].left) * frames[i].left;
        if (i > 0 && frames[i - 1].left < 0 && frames[i].left >= 0) rises.push_back(frames[i].ns);
    }
    tone.level = std::sqrt(tone.level / static_cast<double>(std::max<std::size_t>(frames.size(), 1)));
    if (rises.size() > 1)
        tone.hz = 1e9 * static_cast<double>(rises.size() - 1) / static_cast<double>(rises.back() - rises.front());
    return tone;
}

} // namespace

TEST_CASE("the Sound Blaster keeps the device contract") {
    check_device_contract([] { return std::make_unique<Sb16Rig>(); }, 6000);
}

TEST_CASE("the DSP says what it is") {
    Sb16Rig rig;
    rig.out(6, 1);
    rig.out(6, 0);
    CHECK(rig.answer() == 0xAA);
    CHECK(rig.in(0xE) == 0x7F);
    rig.dsp({0xE1});
    CHECK(rig.answer() == 4);
    CHECK(rig.answer() == 5);
    rig.dsp({0xE0, 0x35});
    CHECK(rig.answer() == 0xCA);
    rig.dsp({0xE4, 0x77, 0xE8});
    CHECK(rig.answer() == 0x77);
    rig.dsp({0xE3});
    std::string text;
    for (u8 byte; (byte = rig.answer()) != 0;) text.push_back(static_cast<char>(byte));
    CHECK(text.find("CREATIVE") != std::string::npos);
    rig.dsp({0xD1, 0xD8});
    CHECK(rig.answer() == 0xFF);
    rig.dsp({0xD3, 0xD8});
    CHECK(rig.answer() == 0x00);
}

TEST_CASE("a single transfer of bytes plays each at its time and interrupts at the end") {
    Sb16Rig rig;
    CollectingSound sound;
    rig.card.set_sink(&sound);
    for (u32 i = 0; i < 1000; ++i) rig.memory.memory[memory_at + i] = static_cast<u8>(i);
    rig.program(1, 1000, false);
    rig.clock.advance(5 * ms);
    rig.dsp({0x41, 0x27, 0x10}); // 10,000 frames a second
    rig.dsp({0x14, 0xE7, 0x03});
    rig.clock.advance(100 * ms - 1);
    CHECK_FALSE(rig.lines[1].level);
    rig.clock.advance(1);
    CHECK(rig.lines[1].level);
    CHECK(rig.mixer(0x82) == 1);
    const auto& heard = sound.heard[Sb16::digital];
    REQUIRE(heard.size() == 1000);
    CHECK(heard[0].ns == 5 * ms);
    CHECK(heard[999].ns == 5 * ms + 999 * 100'000);
    CHECK(heard[0].left == -32768);
    CHECK(heard[0x90].left == 0x1000);
    CHECK(heard[0x90].right == 0x1000);
    (void)rig.in(0xE);
    CHECK_FALSE(rig.lines[1].level);
    rig.clock.advance(1000 * ms);
    CHECK(heard.size() == 1000);
    CHECK_FALSE(rig.clock.next_deadline());
}

TEST_CASE("words are played in stereo over and over until that is ended") {
    Sb16Rig rig;
    CollectingSound sound;
    rig.card.set_sink(&sound);
    for (u32 i = 0; i < 256; ++i) { // left 100, 102, ... right -101, -103, ...
        const i16 value = static_cast<i16>(i % 2 == 0 ? 100 + i : -100 - static_cast<int>(i));
        rig.memory.memory[memory_at + 2 * i] = static_cast<u8>(value);
        rig.memory.memory[memory_at + 2 * i + 1] = static_cast<u8>(value >> 8);
    }
    rig.program(5, 256, true);
    rig.dsp({0x41, 0x7D, 0x00}); // 32,000
    rig.dsp({0xB6, 0x30, 127, 0});
    rig.clock.advance(2 * ms); // 64 frames: a block
    CHECK(rig.lines[1].level);
    CHECK(rig.mixer(0x82) == 2);
    (void)rig.in(0xE);
    CHECK(rig.lines[1].level); // that was for bytes
    (void)rig.in(0xF);
    CHECK_FALSE(rig.lines[1].level);
    rig.clock.advance(2 * ms);
    CHECK(rig.lines[1].rises == 2);
    const auto& heard = sound.heard[Sb16::digital];
    REQUIRE(heard.size() == 128);
    CHECK(heard[0].left == 100);
    CHECK(heard[0].right == -101);
    CHECK(heard[127].left == 354);
    rig.dsp({0xD9});
    rig.clock.advance(10 * ms);
    CHECK(heard.size() == 192);
    CHECK(heard[128].left == 100);
}

TEST_CASE("a pause holds a transfer and what the DMA controller refuses is played later") {
    Sb16Rig rig;
    CollectingSound sound;
    rig.card.set_sink(&sound);
    rig.program(1, 100, true);
    rig.dsp({0x40, 156}); // 10,000
    rig.dsp({0x48, 99, 0, 0x1C});
    rig.clock.advance(5 * ms);
    const auto& heard = sound.heard[Sb16::digital];
    CHECK(heard.size() == 50);
    rig.dsp({0xD0});
    rig.clock.advance(50 * ms);
    CHECK(heard.size() == 50);
    CHECK_FALSE(rig.clock.next_deadline());
    rig.dsp({0xD4});
    rig.clock.advance(5 * ms);
    CHECK(heard.size() == 100);
    CHECK(rig.lines[1].rises == 1);
    rig.dma.first().write(0x0A, 1, 0x05); // masked
    rig.clock.advance(50 * ms);
    CHECK(heard.size() == 100);
    rig.dma.first().write(0x0A, 1, 0x01);
    rig.clock.advance(10 * ms);
    CHECK(heard.size() == 200);
}

TEST_CASE("a saved Sound Blaster transfer that began long ago makes good for little and an impossible one is refused") {
    Sb16Rig saved;
    saved.program(1, 100, true);
    saved.dsp({0x41, 12345 >> 8, 12345 & 0xFF});
    saved.dsp({0x48, 99, 0, 0x1C});
    std::vector<u8> bytes;
    Archive saver = Archive::saver(bytes);
    saved.card.archive(saver);

    Sb16Rig late;
    CollectingSound sound;
    late.card.set_sink(&sound);
    late.program(1, 100, true);
    late.clock.skip(100'000 * ms);
    Archive loader = Archive::loader(bytes);
    late.card.archive(loader);
    REQUIRE(loader.ok());
    constexpr TimerId transfer_timer = 0;
    late.clock.arm(transfer_timer, late.clock.now());
    late.clock.advance(0);
    CHECK(sound.heard[Sb16::digital].size() <= 24);
    late.clock.advance(10 * ms);
    CHECK(sound.heard[Sb16::digital].size() > 100);

    // The rate, then the origin and the number of frames since.
    const std::array<u8, 4> rate = {12345 & 0xFF, 12345 >> 8, 0, 0};
    const auto found = std::search(bytes.begin(), bytes.end(), rate.begin(), rate.end());
    REQUIRE(found != bytes.end());
    found[4 + 8 + 5] = 0x80;
    Archive forged = Archive::loader(bytes);
    Sb16Rig other;
    other.card.archive(forged);
    CHECK_FALSE(forged.ok());
}

TEST_CASE("recording gives silence and a silent block interrupts") {
    Sb16Rig rig;
    rig.program(1, 64, false);
    rig.dma.first().write(0x0B, 1, 0x45); // to memory
    rig.dsp({0x40, 156, 0x24, 63, 0});
    rig.clock.advance(10 * ms);
    CHECK(rig.memory.memory[memory_at] == 0x80);
    CHECK(rig.memory.memory[memory_at + 63] == 0x80);
    CHECK(rig.lines[1].rises == 1);
    (void)rig.in(0xE);
    rig.dsp({0x80, 99, 0});
    rig.clock.advance(10 * ms);
    CHECK(rig.lines[1].rises == 2);
}

TEST_CASE("the mixer chooses line and channel and sets levels") {
    Sb16Rig rig;
    CollectingSound sound;
    rig.card.set_sink(&sound);
    CHECK(rig.mixer(0x80) == 2);
    CHECK(rig.mixer(0x81) == 0x22);
    rig.mixer(0x80, 4);
    rig.dsp({0xF2});
    CHECK(rig.lines[2].level);
    CHECK_FALSE(rig.lines[1].level);
    rig.mixer(0x80, 2); // a line that is pending moves
    CHECK_FALSE(rig.lines[2].level);
    CHECK(rig.lines[1].level);
    rig.dsp({0x10, 0xFF});
    CHECK(sound.heard[0].back().left == 0x7F00);
    rig.mixer(0x22, 0xF7); // the right half of the old master register
    CHECK(rig.mixer(0x30) == 0xF8);
    CHECK(rig.mixer(0x31) == 0x78);
    rig.clock.advance(1);
    rig.dsp({0x10, 0xFF});
    CHECK(sound.heard[0].back().left == 0x7F00);
    CHECK(sound.heard[0].back().right == (0x7F00 * 1646) >> 16); // 32 dB
    rig.mixer(0, 0);
    CHECK(rig.mixer(0x31) == 0xF8);
    CHECK(rig.mixer(0x80) == 2);
}

TEST_CASE("programs find an OPL2 by its timers") {
    Sb16Rig rig;
    rig.fm(4, 0x60);
    rig.fm(4, 0x80);
    CHECK((rig.fm_status() & 0xE0) == 0);
    rig.fm(2, 0xFF);
    rig.fm(4, 0x21);
    rig.clock.advance(79'999);
    CHECK((rig.fm_status() & 0xE0) == 0);
    rig.clock.advance(1);
    CHECK(rig.fm_status() == 0xC6);
    rig.fm(4, 0x60);
    rig.fm(4, 0x80);
    CHECK(rig.fm_status() == 0x06);
    CHECK(rig.in(0x8) == 0x06);
    rig.fm(3, 0xF0);
    rig.fm(4, 0x42);
    rig.clock.advance(16 * 320'000);
    CHECK(rig.fm_status() == 0xA6);
}

TEST_CASE("FM plays the note that its numbers say at its level and lets it fade") {
    Sb16Rig rig;
    CollectingSound sound;
    rig.card.set_sink(&sound);
    const auto& heard = sound.heard[Sb16::music];
    rig.fm(0x20, 0x21);
    rig.fm(0x40, 0x3F); // the modulator is silent
    rig.fm(0x60, 0xF0);
    rig.fm(0x23, 0x21);
    rig.fm(0x43, 0x00);
    rig.fm(0x63, 0xF0);
    rig.fm(0x83, 0x05);
    rig.fm(0xA0, 0x44); // 244h in octave 4: 440 Hz
    rig.fm(0xB0, 0x32);
    rig.clock.advance(200 * ms);
    rig.card.catch_up();
    const std::size_t held = heard.size();
    CHECK(held > 9800);
    Tone tone = tone_of(std::span(heard).subspan(1000, 8000));
    CHECK(std::abs(tone.hz - 440.0) < 1.0);
    CHECK(std::abs(tone.level - 2 * 4084 / std::sqrt(2.0)) < 40);
    rig.fm(0x43, 0x10); // 12 dB less
    rig.clock.advance(100 * ms);
    rig.card.catch_up();
    CHECK(std::abs(tone_of(std::span(heard).subspan(held + 100, 4000)).level - tone.level / 4) < 30);
    rig.fm(0x43, 0x00);
    rig.fm(0x40, 0x00); // a modulator as loud as can be: sidebands, no pure tone
    rig.fm(0xC0, 0x0E);
    rig.clock.advance(100 * ms);
    rig.card.catch_up();
    CHECK(tone_of(std::span(heard).last(3000)).level > 1000);
    rig.fm(0xB0, 0x12);
    rig.clock.advance(3000 * ms);
    rig.card.catch_up();
    CHECK(heard.back().left == 0);
    const std::size_t end = heard.size();
    CHECK_FALSE(rig.clock.next_deadline()); // silence needs no attention
    rig.clock.advance(1000 * ms);
    rig.card.catch_up();
    CHECK(heard.size() == end);
}

TEST_CASE("each waveform and each drum sounds as it should") {
    const auto record = [](std::initializer_list<std::pair<int, int>> registers) {
        Sb16Rig rig;
        CollectingSound sound;
        rig.card.set_sink(&sound);
        for (const auto& [index, value] : registers) rig.fm(static_cast<u8>(index), static_cast<u8>(value));
        rig.clock.advance(60 * ms);
        rig.card.catch_up();
        return sound.heard[Sb16::music];
    };
    const auto range = [](const std::vector<SoundFrame>& frames) {
        std::pair<int, int> extremes{0, 0};
        for (const SoundFrame& frame : frames)
            extremes = {std::min<int>(extremes.first, frame.left), std::max<int>(extremes.second, frame.left)};
        return extremes;
    };
    const auto wave = [&](int form) {
        return range(record({{0x01, 0x20},
                             {0x40, 0x3F},
                             {0x63, 0xF0},
                             {0x83, 0x0F},
                             {0x23, 0x21},
                             {0xE3, form},
                             {0xA0, 0x44},
                             {0xB0, 0x32}}));
    };
    CHECK(wave(0).first < -8000);
    for (const int form : {1, 2, 3}) {
        CHECK(wave(form).first == 0);
        CHECK(wave(form).second > 8000);
    }
    for (const int drum : {0x01, 0x02, 0x04, 0x08, 0x10}) {
        std::vector<SoundFrame> frames = record(
            {{0x50, 0x08}, {0x53, 0x00}, {0x70, 0xF4},       {0x73, 0xF4}, {0x90, 0xF4}, {0x93, 0xF4}, {0x51, 0x00},
             {0x54, 0x00}, {0x71, 0xF4}, {0x74, 0xF4},       {0x91, 0xF4}, {0x94, 0xF4}, {0x52, 0x00}, {0x55, 0x00},
             {0x72, 0xF4}, {0x75, 0xF4}, {0x92, 0xF4},       {0x95, 0xF4}, {0x30, 0x01}, {0x33, 0x01}, {0x31, 0x01},
             {0x34, 0x01}, {0x32, 0x01}, {0x35, 0x01},       {0xA6, 0x20}, {0xB6, 0x0A}, {0xA7, 0x50}, {0xB7, 0x09},
             {0xA8, 0xC0}, {0xB8, 0x09}, {0xBD, 0x20 | drum}});
        INFO("drum " << drum);
        const auto [low, high] = range(frames);
        CHECK(high > 2000);
        CHECK(low < -2000);
        const std::size_t half = frames.size() / 2;
        CHECK(tone_of(std::span(frames).last(half / 4)).level < tone_of(std::span(frames).first(half / 4)).level);
    }
}

} // namespace ringshift
