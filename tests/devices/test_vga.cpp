#include "devices/contract.h"

#include "devices/vga.h"

using namespace ringshift;

namespace {

struct WrittenPages final : DirtyPages {
    std::vector<u32> pages;
    void collect(std::span<u64> bitmap) override {
        for (const u32 page : pages) bitmap[page / 64] |= u64{1} << (page % 64);
        pages.clear();
    }
};

struct VgaRig : Rig {
    std::vector<u8> vram;
    WrittenPages direct;
    Vga vga;
    explicit VgaRig(std::size_t size = 256u << 10)
        : vram(size), vga(clock, vram, &direct, std::vector<u8>{0x55, 0xAA, 0x4E}) {
        use(vga);
        block(vga.ports(), 0x30);
        block(vga.dispi_ports(), 4, 2);
        block(vga.window(), 0x20000, 8);
        block(vga.mmio(), 0x1000);
        block(vga.rom(), vga.rom_size());
        event = [this](Random& random) {
            if (random() % 8 == 0) dispi(4, static_cast<u16>(random() & 0xE3));
            Picture picture;
            if (random() % 4 == 0) vga.render(picture);
            if (vga.text_mode()) CHECK(vga.text().cells.size() >= 1);
        };
    }
    void out(unsigned port, unsigned value) { vga.ports().write(port - 0x3B0, 1, value); }
    u8 in(unsigned port) { return static_cast<u8>(vga.ports().read(port - 0x3B0, 1)); }
    void indexed(unsigned port, unsigned index, unsigned value) {
        out(port, index);
        out(port + 1, value);
    }
    void attribute(unsigned index, unsigned value) {
        in(0x3DA);
        out(0x3C0, index);
        out(0x3C0, value);
        out(0x3C0, 0x20);
    }
    void dac(unsigned index, unsigned red, unsigned green, unsigned blue) {
        out(0x3C8, index);
        out(0x3C9, red);
        out(0x3C9, green);
        out(0x3C9, blue);
    }
    void dispi(unsigned index, u16 value) {
        vga.dispi_ports().write(0, 2, index);
        vga.dispi_ports().write(1, 2, value);
    }
    u16 dispi(unsigned index) {
        vga.dispi_ports().write(0, 2, index);
        return static_cast<u16>(vga.dispi_ports().read(1, 2));
    }
    void poke(u32 address, unsigned value, unsigned size = 1) { vga.window().write(address - 0xA0000, size, value); }
    u8 peek(u32 address) { return static_cast<u8>(vga.window().read(address - 0xA0000, 1)); }
    Picture picture() {
        Picture result;
        vga.render(result);
        return result;
    }

    /// The registers that a VGA BIOS sets, as lists by index.
    void set_mode(u8 misc, std::vector<u8> sequencer, std::vector<u8> crtc, std::vector<u8> graphics,
                  std::vector<u8> attributes) {
        out(0x3C2, misc);
        for (unsigned i = 0; i < sequencer.size(); ++i) indexed(0x3C4, i, sequencer[i]);
        indexed(0x3D4, 0x11, 0);
        for (unsigned i = 0; i < crtc.size(); ++i) indexed(0x3D4, i, crtc[i]);
        for (unsigned i = 0; i < graphics.size(); ++i) indexed(0x3CE, i, graphics[i]);
        for (unsigned i = 0; i < attributes.size(); ++i) attribute(i, attributes[i]);
        // Colours 0-15 are distinct greys; the colour of index n is grey(n).
        for (unsigned i = 0; i < 64; ++i) dac(i, i, i, i);
    }
    static u32 grey(unsigned index) { return (index << 2 | index >> 4) * 0x010101u; }
    static std::vector<u8> palette(u8 mode) {
        std::vector<u8> result;
        for (u8 i = 0; i < 16; ++i) result.push_back(i);
        result.insert(result.end(), {mode, 0, 0x0F, 0, 0});
        return result;
    }
    /// 80 x 25 characters of 9 x 16 dots.
    void text_80x25(u8 attribute_mode = 0x0C) {
        auto attributes = palette(attribute_mode);
        attributes[attr_panning_index] = 8;
        set_mode(0x67, {3, 0x00, 3, 0, 2},
                 {0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00,
                  0x00, 0x00, 0x00, 0x9C, 0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF},
                 {0, 0, 0, 0, 0, 0x10, 0x0E, 0, 0xFF}, attributes);
    }
    static constexpr unsigned attr_panning_index = 0x13;
    /// 640 x 480 in 16 colours.
    void planar_640x480() {
        set_mode(0xE3, {3, 0x01, 0x0F, 0, 6}, {0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0x0B, 0x3E, 0x00, 0x40, 0,    0,   0,
                                               0,    0,    0,    0xEA, 0x8C, 0xDF, 0x28, 0x00, 0xE7, 0x04, 0xE3, 0xFF},
                 {0, 0, 0, 0, 0, 0, 0x05, 0x0F, 0xFF}, palette(1));
    }
    /// 320 x 200 in 256 colours.
    void linear_320x200() {
        set_mode(0x63, {3, 0x01, 0x0F, 0, 0x0E},
                 {0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0x00, 0x41, 0,    0,   0,
                  0,    0,    0,    0x9C, 0x8E, 0x8F, 0x28, 0x40, 0x96, 0xB9, 0xA3, 0xFF},
                 {0, 0, 0, 0, 0, 0x40, 0x05, 0x0F, 0xFF}, palette(0x41));
    }
    /// A glyph in plane 2, as a BIOS loads it.
    void font(unsigned character, std::vector<u8> rows, u32 at = 0) {
        indexed(0x3C4, 2, 4);
        indexed(0x3C4, 4, 6);
        indexed(0x3CE, 5, 0);
        indexed(0x3CE, 6, 4);
        for (unsigned i = 0; i < rows.size(); ++i) poke(0xA0000 + at + character * 32 + i, rows[i]);
        indexed(0x3C4, 2, 3);
        indexed(0x3C4, 4, 2);
        indexed(0x3CE, 5, 0x10);
        indexed(0x3CE, 6, 0x0E);
    }
    void vbe(u16 width, u16 height, u16 bits, u16 flags = 0x41) {
        dispi(4, 0);
        dispi(1, width);
        dispi(2, height);
        dispi(3, bits);
        dispi(4, flags);
        out(0x3C2, 0x67);
        in(0x3DA);
        out(0x3C0, 0x20);
    }
};

} // namespace

TEST_CASE("the VGA keeps the device contract") {
    check_device_contract([] { return std::make_unique<VgaRig>(); }, 4000);
}

TEST_CASE("VGA text is read by rows with its cursor") {
    VgaRig rig;
    rig.text_80x25();
    CHECK(rig.vga.text_mode());
    const std::string hello = "Hello \xC9";
    for (unsigned i = 0; i < hello.size(); ++i)
        rig.poke(0xB8000 + (80 + 3 + i) * 2, static_cast<u8>(hello[i]) | 0x1700, 2);
    rig.indexed(0x3D4, 0x0F, 80 + 10);
    TextScreen screen = rig.vga.text();
    CHECK(screen.columns == 80);
    CHECK(screen.rows == 25);
    CHECK(screen.cells[83].character == 'H');
    CHECK(screen.cells[83].attribute == 0x17);
    CHECK(screen.text().substr(0, 18) == "\n   Hello \u2554\n\n\n\n\n");
    CHECK(screen.cursor_visible);
    CHECK(screen.cursor_row == 1);
    CHECK(screen.cursor_column == 10);
    CHECK(rig.peek(0xB8000 + 83 * 2) == 'H');
    CHECK(rig.peek(0xB8001 + 83 * 2) == 0x17);
    CHECK(rig.peek(0xB0000) == 0xFF); // not in the mapped range

    rig.indexed(0x3D4, 0x0D, 80); // start one row further
    screen = rig.vga.text();
    CHECK(screen.cells[3].character == 'H');
    CHECK(screen.cursor_row == 0);
    rig.indexed(0x3D4, 0x0A, 0x20);
    CHECK_FALSE(rig.vga.text().cursor_visible);
}

TEST_CASE("VGA text is drawn nine dots wide from the font in plane 2") {
    VgaRig rig;
    rig.text_80x25();
    rig.font('A', {0x81, 0xFF, 0x01});
    rig.font(0xC4, {0x01});
    rig.poke(0xB8000, 0x1E41, 2);
    rig.poke(0xB8002, 0x1EC4, 2);
    rig.indexed(0x3D4, 0x0A, 0x20); // no cursor
    const Picture p = rig.picture();
    CHECK(p.width == 720);
    CHECK(p.height == 400);
    const u32 yellow = VgaRig::grey(14), blue = VgaRig::grey(1);
    CHECK(p.pixels[0] == yellow);
    CHECK(p.pixels[1] == blue);
    CHECK(p.pixels[7] == yellow);
    CHECK(p.pixels[8] == blue); // the ninth dot is background
    CHECK(p.pixels[720 + 8] == blue);
    CHECK(p.pixels[9 + 7] == yellow);
    CHECK(p.pixels[9 + 8] == yellow); // but for line graphics
    CHECK(p.pixels[2 * 720 + 6] == blue);
    CHECK(p.pixels[2 * 720 + 7] == yellow);
    CHECK(p.pixels[18] == VgaRig::grey(0));
}

TEST_CASE("the VGA chooses between two fonts by attribute bit 3") {
    VgaRig rig;
    rig.text_80x25();
    rig.font('A', {0x00});
    rig.font('A', {0xFF}, 0x4000);
    rig.indexed(0x3C4, 3, 0x04); // font A, of bright characters, is the second one
    rig.indexed(0x3D4, 0x0A, 0x20);
    rig.poke(0xB8000, 0x0741, 2);
    rig.poke(0xB8002, 0x0F41, 2);
    const Picture p = rig.picture();
    CHECK(p.pixels[0] == VgaRig::grey(0));
    CHECK(p.pixels[9] == VgaRig::grey(15));
}

TEST_CASE("the VGA cursor and blinking characters follow the clock") {
    VgaRig rig;
    rig.text_80x25();
    rig.font('A', {0xFF});
    rig.poke(0xB8000, 0x8741, 2);
    rig.poke(0xB8002, 0x0720, 2);
    rig.indexed(0x3D4, 0x0A, 0);
    rig.indexed(0x3D4, 0x0B, 15);
    rig.indexed(0x3D4, 0x0F, 1);
    Picture p;
    CHECK(rig.vga.render(p));
    CHECK(p.pixels[0] == VgaRig::grey(7));
    CHECK(p.pixels[9] == VgaRig::grey(7));
    CHECK_FALSE(rig.vga.render(p));
    rig.clock.advance(115'000'000);
    CHECK(rig.vga.render(p));
    CHECK(p.pixels[9] == VgaRig::grey(0));
    CHECK(p.pixels[0] == VgaRig::grey(7));
    rig.clock.advance(115'000'000);
    CHECK(rig.vga.render(p));
    CHECK(p.pixels[9] == VgaRig::grey(7));
    CHECK(p.pixels[0] == VgaRig::grey(0));
    rig.attribute(0x10, 0x04); // bright backgrounds instead of blinking
    CHECK(rig.vga.render(p));
    CHECK(p.pixels[0] == VgaRig::grey(7));
    CHECK(p.pixels[15 * 720] == VgaRig::grey(8));
}

TEST_CASE("the VGA underlines where the underline location says") {
    VgaRig rig;
    rig.text_80x25();
    rig.indexed(0x3D4, 0x0A, 0x20);
    rig.indexed(0x3D4, 0x14, 12);
    rig.poke(0xB8000, 0x0120, 2);
    rig.poke(0xB8002, 0x0720, 2);
    const Picture p = rig.picture();
    CHECK(p.pixels[12 * 720] == VgaRig::grey(1));
    CHECK(p.pixels[12 * 720 + 9] == VgaRig::grey(0));
    CHECK(p.pixels[11 * 720] == VgaRig::grey(0));
}

TEST_CASE("VGA write mode 0 rotates and sets and resets and masks") {
    VgaRig rig;
    rig.planar_640x480();
    rig.poke(0xA0000, 0xF0);
    CHECK(rig.vram[0] == 0xF0);
    CHECK(rig.vram[3] == 0xF0);
    rig.indexed(0x3C4, 2, 0x05);
    rig.poke(0xA0001, 0xAA);
    CHECK(std::vector<u8>(rig.vram.begin() + 4, rig.vram.begin() + 8) == std::vector<u8>{0xAA, 0, 0xAA, 0});
    rig.indexed(0x3C4, 2, 0x0F);
    rig.indexed(0x3CE, 3, 4); // rotate by four
    rig.poke(0xA0002, 0x1E);
    CHECK(rig.vram[8] == 0xE1);
    rig.indexed(0x3CE, 3, 0);
    rig.indexed(0x3CE, 1, 0x03); // planes 0 and 1 from set/reset
    rig.indexed(0x3CE, 0, 0x02);
    rig.poke(0xA0003, 0x55);
    CHECK(std::vector<u8>(rig.vram.begin() + 12, rig.vram.begin() + 16) == std::vector<u8>{0, 0xFF, 0x55, 0x55});
    rig.indexed(0x3CE, 1, 0);
    rig.indexed(0x3CE, 8, 0x0F);
    rig.peek(0xA0000); // latches F0 in all planes
    rig.poke(0xA0004, 0x33);
    CHECK(rig.vram[16] == 0xF3);
}

TEST_CASE("VGA logical operations combine with the latches") {
    for (const auto& [function, expected] : {std::pair(1, 0xC0), std::pair(2, 0xFC), std::pair(3, 0x3C)}) {
        VgaRig rig;
        rig.planar_640x480();
        rig.poke(0xA0000, 0xF0);
        rig.peek(0xA0000);
        rig.indexed(0x3CE, 3, static_cast<unsigned>(function) << 3);
        rig.poke(0xA0001, 0xCC);
        CHECK(int{rig.vram[4]} == expected);
    }
}

TEST_CASE("VGA write modes 1 and 2 and 3") {
    VgaRig rig;
    rig.planar_640x480();
    rig.indexed(0x3CE, 5, 2);
    rig.poke(0xA0000, 0x06);
    CHECK(std::vector<u8>(rig.vram.begin(), rig.vram.begin() + 4) == std::vector<u8>{0, 0xFF, 0xFF, 0});
    rig.peek(0xA0000);
    rig.indexed(0x3CE, 5, 1);
    rig.poke(0xA0001, 0x12);
    CHECK(std::vector<u8>(rig.vram.begin() + 4, rig.vram.begin() + 8) == std::vector<u8>{0, 0xFF, 0xFF, 0});
    rig.indexed(0x3CE, 5, 3);
    rig.indexed(0x3CE, 0, 0x09);
    rig.indexed(0x3CE, 8, 0x3C);
    rig.poke(0xA0002, 0xF0); // as a bit mask: F0 & 3C
    CHECK(std::vector<u8>(rig.vram.begin() + 8, rig.vram.begin() + 12) == std::vector<u8>{0x30, 0xCF, 0xCF, 0x30});
}

TEST_CASE("VGA read mode 1 compares colours of the planes that count") {
    VgaRig rig;
    rig.planar_640x480();
    rig.indexed(0x3CE, 5, 2);
    rig.indexed(0x3CE, 8, 0xF0);
    rig.poke(0xA0000, 0x05);
    rig.indexed(0x3CE, 8, 0xFF);
    rig.indexed(0x3CE, 4, 2);
    CHECK(rig.peek(0xA0000) == 0xF0); // plane 2
    rig.indexed(0x3CE, 4, 1);
    CHECK(rig.peek(0xA0000) == 0x00);
    rig.indexed(0x3CE, 5, 0x08);
    rig.indexed(0x3CE, 2, 0x05);
    CHECK(rig.peek(0xA0000) == 0xF0);
    rig.indexed(0x3CE, 2, 0x00);
    CHECK(rig.peek(0xA0000) == 0x0F);
    rig.indexed(0x3CE, 7, 0x00); // none counts: all alike
    CHECK(rig.peek(0xA0000) == 0xFF);
}

TEST_CASE("VGA planar graphics are drawn with line compare and panning") {
    VgaRig rig;
    rig.planar_640x480();
    rig.indexed(0x3C4, 2, 0x09);
    rig.poke(0xA0000, 0x80);
    rig.poke(0xA0000 + 100 * 80, 0x01);
    Picture p = rig.picture();
    CHECK(p.width == 640);
    CHECK(p.height == 480);
    CHECK(p.pixels[0] == VgaRig::grey(9));
    CHECK(p.pixels[1] == VgaRig::grey(0));
    CHECK(p.pixels[100 * 640 + 7] == VgaRig::grey(9));
    rig.attribute(0x12, 0x01); // plane 3 is not shown
    CHECK(rig.picture().pixels[0] == VgaRig::grey(1));
    rig.attribute(0x12, 0x0F);
    rig.attribute(0x13, 3);
    p = rig.picture();
    CHECK(p.pixels[0] == VgaRig::grey(0));
    CHECK(p.pixels[100 * 640 + 4] == VgaRig::grey(9));
    rig.attribute(0x13, 0);
    // From line 300 on the picture starts again at address 0, whatever the start address.
    rig.indexed(0x3D4, 0x0C, (100 * 80) >> 8);
    rig.indexed(0x3D4, 0x0D, (100 * 80) & 0xFF);
    rig.indexed(0x3D4, 0x18, 299 & 0xFF);
    rig.indexed(0x3D4, 0x07, 0x3E);
    rig.indexed(0x3D4, 0x11, 0x0C); // registers 0-7 are writable
    rig.indexed(0x3D4, 0x07, 0x3E);
    rig.indexed(0x3D4, 0x09, 0x00);
    p = rig.picture();
    CHECK(p.pixels[7] == VgaRig::grey(9));
    CHECK(p.pixels[299 * 640] == VgaRig::grey(0));
    CHECK(p.pixels[300 * 640] == VgaRig::grey(9));
}

TEST_CASE("VGA mode 13h is linear with doubled dots and lines") {
    VgaRig rig;
    rig.linear_320x200();
    rig.dac(0xC8, 0x3F, 0x20, 0x01);
    const std::vector<u8> line(320, 0xC8);
    rig.vga.window().write_range(320, line);
    CHECK(rig.vram[320] == 0xC8);
    CHECK(rig.vram[639] == 0xC8);
    CHECK(rig.peek(0xA0000 + 639) == 0xC8);
    std::vector<u8> back(322);
    rig.vga.window().read_range(319, back);
    CHECK(back[0] == 0);
    CHECK(back[1] == 0xC8);
    CHECK(back[320] == 0xC8);
    CHECK(back[321] == 0);
    rig.poke(0xA0001, 0x05);
    const Picture p = rig.picture();
    CHECK(p.width == 640);
    CHECK(p.height == 400);
    CHECK(p.pixels[1] == VgaRig::grey(0));
    CHECK(p.pixels[2] == VgaRig::grey(5));
    CHECK(p.pixels[3] == VgaRig::grey(5));
    CHECK(p.pixels[640 + 2] == VgaRig::grey(5));
    CHECK(p.pixels[2 * 640] == 0xFF8204);
    CHECK(p.pixels[3 * 640 + 639] == 0xFF8204);
    CHECK(p.pixels[4 * 640] == VgaRig::grey(0));
    rig.out(0x3C6, 0x0F); // the DAC mask leaves 8 of C8
    CHECK(rig.picture().pixels[2 * 640] == VgaRig::grey(8));
}

TEST_CASE("VGA mode X shows planes that were written one by one") {
    VgaRig rig;
    rig.linear_320x200();
    rig.indexed(0x3C4, 4, 0x06);
    rig.indexed(0x3D4, 0x14, 0x00);
    rig.indexed(0x3D4, 0x17, 0xE3);
    rig.indexed(0x3C4, 2, 0x02); // pixels 1, 5, 9...
    rig.poke(0xA0000, 0x07);
    rig.indexed(0x3C4, 2, 0x08);
    rig.poke(0xA0000 + 80, 0x09); // the second line
    const Picture p = rig.picture();
    CHECK(p.pixels[2] == VgaRig::grey(7));
    CHECK(p.pixels[4] == VgaRig::grey(0));
    CHECK(p.pixels[2 * 640 + 6] == VgaRig::grey(9));
}

TEST_CASE("CGA graphics take two bits for a pixel and odd lines from 8 KiB on") {
    VgaRig rig;
    // 320 x 200 in 4 colours.
    rig.set_mode(0x63, {3, 0x09, 3, 0, 2}, {0x2D, 0x27, 0x28, 0x90, 0x2B, 0x80, 0xBF, 0x1F, 0x00, 0xC1, 0,    0,   0,
                                            0,    0,    0,    0x9C, 0x8E, 0x8F, 0x14, 0x00, 0x96, 0xB9, 0xA2, 0xFF},
                 {0, 0, 0, 0, 0, 0x30, 0x0F, 0, 0xFF}, VgaRig::palette(1));
    rig.poke(0xB8000, 0x1B);
    rig.poke(0xB8001, 0xC0);
    rig.poke(0xBA000, 0x40);
    const Picture p = rig.picture();
    CHECK(p.width == 640);
    CHECK(p.height == 400);
    for (unsigned i = 0; i < 8; ++i) CHECK(p.pixels[i] == VgaRig::grey(i / 2));
    CHECK(p.pixels[8] == VgaRig::grey(3));
    CHECK(p.pixels[640] == VgaRig::grey(0)); // the line again
    CHECK(p.pixels[642] == VgaRig::grey(1));
    CHECK(p.pixels[2 * 640] == VgaRig::grey(1));
    CHECK(p.pixels[2 * 640 + 2] == VgaRig::grey(0));
}

TEST_CASE("the VGA attribute controller selects colours and blanks the screen") {
    VgaRig rig;
    rig.planar_640x480();
    rig.indexed(0x3C4, 2, 0x01);
    rig.poke(0xA0000, 0x80);
    rig.dac(0xC1, 0x3F, 0, 0);
    rig.attribute(0x14, 0x0C);
    CHECK(rig.picture().pixels[0] == 0xFF0000);
    rig.dac(0xE1, 0, 0x3F, 0);
    rig.attribute(0x10, 0x81);
    rig.attribute(0x14, 0x0E);
    CHECK(rig.picture().pixels[0] == 0x00FF00);
    rig.in(0x3DA);
    rig.out(0x3C0, 0x00); // the palette is the CPU's: nothing shows
    CHECK(rig.picture().pixels[0] == 0);
    CHECK(rig.in(0x3C0) == 0x00);
    rig.in(0x3DA);
    rig.out(0x3C0, 0x14);
    CHECK(rig.in(0x3C1) == 0x0E);
}

TEST_CASE("the VGA DAC counts through its components") {
    VgaRig rig;
    rig.dac(5, 1, 2, 0xFF);
    rig.out(0x3C9, 7);
    rig.out(0x3C7, 5);
    CHECK(rig.in(0x3C7) == 3);
    CHECK(rig.in(0x3C9) == 1);
    CHECK(rig.in(0x3C9) == 2);
    CHECK(rig.in(0x3C9) == 0x3F);
    CHECK(rig.in(0x3C9) == 0); // of colour 6: one component alone does not change it
    rig.out(0x3C8, 9);
    CHECK(rig.in(0x3C7) == 0);
    CHECK(rig.in(0x3C8) == 9);
}

TEST_CASE("VGA registers have the bits that exist and CRTC registers can be protected") {
    VgaRig rig;
    rig.out(0x3C2, 0x67);
    CHECK(rig.in(0x3CC) == 0x67);
    rig.indexed(0x3CE, 6, 0xFF);
    CHECK(rig.in(0x3CF) == 0x0F);
    rig.indexed(0x3D4, 0x11, 0x80);
    rig.indexed(0x3D4, 0x00, 0x5F);
    CHECK(rig.in(0x3D5) == 0);
    rig.indexed(0x3D4, 0x07, 0xFF);
    CHECK(rig.in(0x3D5) == 0x10);
    rig.indexed(0x3D4, 0x0E, 0x77);
    CHECK(rig.in(0x3D5) == 0x77);
    CHECK(rig.in(0x3B5) == 0xFF);
    rig.out(0x3C2, 0x66); // monochrome: the CRTC moves
    CHECK(rig.in(0x3B5) == 0x77);
    CHECK(rig.in(0x3D5) == 0xFF);
    rig.vga.ports().write(0x14, 2, 0x0502); // as one word: index and data
    CHECK(rig.in(0x3C5) == 0x05);
}

TEST_CASE("VGA retrace comes 70 times a second for a hundredth of the time or less") {
    VgaRig rig;
    rig.text_80x25();
    unsigned rises = 0, in_retrace = 0, samples = 0;
    bool before = rig.in(0x3DA) & 8;
    for (u64 t = 0; t < 1'000'000'000; t += 20'000, ++samples) {
        rig.clock.skip(20'000);
        const u8 status = rig.in(0x3DA);
        if (status & 8) CHECK((status & 1) == 1);
        rises += (status & 8) && !before;
        in_retrace += (status & 8) != 0;
        before = status & 8;
    }
    CHECK(rises == 70);
    CHECK(in_retrace > 0);
    CHECK(in_retrace * 100 < samples);
}

TEST_CASE("VBE tells its version and limits and memory") {
    VgaRig rig(16u << 20);
    CHECK(rig.dispi(0) == 0xB0C5);
    rig.dispi(0, 0xB0C0);
    CHECK(rig.dispi(0) == 0xB0C0);
    rig.dispi(0, 0x1234);
    CHECK(rig.dispi(0) == 0xB0C0);
    CHECK(rig.dispi(10) == 256);
    rig.dispi(4, 2);
    CHECK(rig.dispi(1) >= 2560);
    CHECK(rig.dispi(2) >= 1600);
    CHECK(rig.dispi(3) == 32);
    rig.dispi(4, 0);
    CHECK(rig.dispi(1) == 0);
}

TEST_CASE("VBE modes show linear memory in all depths") {
    VgaRig rig(1u << 20);
    const auto first = [&rig](u16 bits, std::vector<u8> bytes) {
        rig.vbe(640, 400, bits);
        std::copy(bytes.begin(), bytes.end(), rig.vram.begin());
        Picture p = rig.picture();
        CHECK(p.width == 640);
        CHECK(p.height == 400);
        return std::vector<u32>{p.pixels[0], p.pixels[1]};
    };
    CHECK(first(32, {0x12, 0x34, 0x56, 0, 0xFF, 0, 0, 0}) == std::vector<u32>{0x563412, 0x0000FF});
    CHECK(first(24, {0x12, 0x34, 0x56, 0, 0xFF, 0}) == std::vector<u32>{0x563412, 0x00FF00});
    CHECK(first(16, {0x00, 0xF8, 0xE0, 0x07}) == std::vector<u32>{0xFF0000, 0x00FF00});
    CHECK(first(15, {0x00, 0x7C, 0xE0, 0x03}) == std::vector<u32>{0xFF0000, 0x00FF00});
    rig.dac(7, 0x3F, 0, 0x3F);
    CHECK(first(8, {7, 0}) == std::vector<u32>{0xFF00FF, 0x000000});
    rig.dac(3, 0, 0, 0x3F);
    for (unsigned i = 0; i < 16; ++i) rig.attribute(i, i);
    rig.attribute(0x12, 0x0F);
    CHECK(first(4, {0x80, 0x80, 0, 0}) == std::vector<u32>{0x0000FF, 0x000000});
}

TEST_CASE("VBE can take eight bits for each colour") {
    VgaRig rig(1u << 20);
    rig.vbe(640, 400, 8, 0x61);
    rig.dac(1, 0x81, 0x42, 0xFF);
    rig.vram[0] = 1;
    rig.direct.pages.push_back(0);
    CHECK(rig.picture().pixels[0] == 0x8142FF);
}

TEST_CASE("VBE clears memory unless it is told to keep it") {
    VgaRig rig(1u << 20);
    rig.vram[1000] = 0x55;
    rig.vbe(640, 400, 8, 0xC1);
    CHECK(rig.vram[1000] == 0x55);
    rig.vbe(640, 400, 8, 0x41);
    CHECK(rig.vram[1000] == 0);
}

TEST_CASE("VBE banks show in the window and virtual screens are panned") {
    VgaRig rig(1u << 20);
    rig.out(0x3C2, 0x67);
    rig.vbe(640, 400, 8, 0x01);
    for (const auto& [index, value] :
         {std::pair(1u, 0u), std::pair(3u, 0u), std::pair(5u, 0x40u), std::pair(8u, 0xFFu)})
        rig.indexed(0x3CE, index, value);
    rig.dispi(5, 3);
    CHECK(rig.dispi(5) == 3);
    rig.poke(0xA0010, 0x99);
    CHECK(rig.vram[0x30010] == 0x99);
    rig.dispi(5, 0x100); // beyond the memory
    CHECK(rig.dispi(5) == 3);

    rig.dispi(6, 800);
    CHECK(rig.dispi(6) == 800);
    CHECK(rig.dispi(7) == (1u << 20) / 800);
    rig.dispi(8, 16);
    rig.dispi(9, 2);
    rig.dac(0x21, 0x3F, 0x3F, 0x3F);
    rig.vram[2 * 800 + 16 + 5] = 0x21;
    rig.vram[3 * 800 + 16] = 0x21;
    rig.direct.pages.push_back(0);
    const Picture p = rig.picture();
    CHECK(p.pixels[5] == 0xFFFFFF);
    CHECK(p.pixels[640] == 0xFFFFFF);
    CHECK(p.pixels[6] == 0);
    rig.dispi(9, 0xFFFF);
    CHECK(rig.dispi(9) == (1u << 20) / 800 - 400);
}

TEST_CASE("VBE modes that do not fit in memory are made to fit") {
    VgaRig rig;
    rig.vbe(0xFFFF, 0xFFFF, 32);
    CHECK(rig.dispi(1) == 4096);
    CHECK(rig.dispi(2) == 16);
    rig.vbe(0, 0, 77);
    CHECK(rig.dispi(1) == 8);
    CHECK(rig.dispi(2) == 1);
    CHECK(rig.dispi(3) == 8);
    CHECK(rig.picture().width == 8);
}

TEST_CASE("the VGA draws only when something that shows has changed") {
    VgaRig rig(1u << 20);
    rig.vbe(640, 400, 8);
    Picture p;
    CHECK(rig.vga.render(p));
    CHECK_FALSE(rig.vga.render(p));
    rig.vram[0] = 1;
    rig.direct.pages.push_back(0);
    CHECK(rig.vga.render(p));
    CHECK_FALSE(rig.vga.render(p));
    rig.direct.pages.push_back(200); // below the picture
    CHECK_FALSE(rig.vga.render(p));
    rig.dispi(9, 1);
    CHECK(rig.vga.render(p));
    rig.dac(1, 5, 5, 5);
    CHECK(rig.vga.render(p));
    rig.dac(1, 5, 5, 5); // the same again
    CHECK_FALSE(rig.vga.render(p));
    p = Picture();
    CHECK(rig.vga.render(p));
}

TEST_CASE("the VGA has its registers in PCI memory space too") {
    VgaRig rig(1u << 20);
    rig.out(0x3C2, 0x67);
    CHECK(rig.vga.mmio().read(0x40C, 1) == 0x67);
    rig.vga.mmio().write(0x404, 2, 0x0302);
    CHECK(rig.in(0x3C5) == 3);
    CHECK(rig.vga.mmio().read(0x500, 2) == 0xB0C5);
    rig.vga.mmio().write(0x502, 2, 800);
    CHECK(rig.dispi(1) == 800);
    rig.vga.mmio().write(0x504, 4, 32u << 16 | 600);
    CHECK(rig.dispi(2) == 600);
    CHECK(rig.dispi(3) == 32);
    CHECK(rig.vga.mmio().read(0x514, 2) == 16);
    CHECK(rig.vga.mmio().read(0x600, 4) == 8);
    CHECK(rig.vga.mmio().read(0x604, 4) == 0x1E1E1E1E);
}

TEST_CASE("the VGA is PCI 1234:1111 with framebuffer and registers and ROM") {
    VgaRig rig(16u << 20);
    CHECK(rig.vga.config_read(0, 4) == 0x11111234);
    CHECK(rig.vga.config_read(8, 4) == 0x03000002);
    for (const u8 reg : {u8{0x10}, u8{0x14}, u8{0x18}, u8{0x30}}) rig.vga.config_write(reg, 4, 0xFFFFFFFE);
    CHECK(rig.vga.config_read(0x10, 4) == 0xFF000008);
    CHECK(rig.vga.config_read(0x14, 4) == 0);
    CHECK(rig.vga.config_read(0x18, 4) == 0xFFFFF000);
    CHECK(rig.vga.config_read(0x30, 4) == 0xFFFFF800);
    CHECK(rig.vga.rom().read(0, 4) == 0xFF4EAA55);
    CHECK(rig.vga.rom_size() == 2048);
}
