#include "devices/contract.h"

#include "devices/i8042.h"

using namespace ringshift;

namespace {

using Bytes = std::vector<u8>;

struct KeyboardRig : Rig {
    FakeIrqLine irq1{&clock};
    FakeIrqLine irq12{&clock};
    std::vector<bool> a20;
    unsigned resets = 0;
    I8042 i8042{clock, {irq1, irq12, [this](bool on) { a20.push_back(on); }, [this] { ++resets; }}};
    KeyboardRig() {
        use(i8042);
        block(i8042.data_port(), 1);
        block(i8042.command_port(), 1);
        event = [this](Random& random) {
            const int motion = static_cast<int>(random() % 2000) - 1000;
            switch (random() % 3) {
            case 0: i8042.key(static_cast<u16>(random() % 4 ? random() % 128 : random()), random() % 2); break;
            case 1: i8042.mouse_move(motion, -motion, motion / 300); break;
            default: i8042.mouse_button(static_cast<unsigned>(random() % 6), random() % 2); break;
            }
        };
    }
    u64 status() { return i8042.command_port().read(0, 1); }
    void command(u8 value) { i8042.command_port().write(0, 1, value); }
    void data(u8 value) { i8042.data_port().write(0, 1, value); }
    void command_byte(u8 value) {
        command(0x60);
        data(value);
    }
    void mouse(u8 value) {
        command(0xD4);
        data(value);
    }
    /// What the guest reads within `ms` of virtual time.
    Bytes read(unsigned ms = 20) {
        Bytes bytes;
        for (unsigned i = 0; i < ms * 10; ++i) {
            clock.advance(100'000);
            if (status() & 1) bytes.push_back(static_cast<u8>(i8042.data_port().read(0, 1)));
        }
        return bytes;
    }
    Bytes ask(u8 value) {
        data(value);
        return read();
    }
    Bytes ask_mouse(u8 value) {
        mouse(value);
        return read();
    }
    Bytes press(u16 code) {
        i8042.key(code, true);
        return read();
    }
    Bytes release(u16 code) {
        i8042.key(code, false);
        return read();
    }
};

} // namespace

TEST_CASE("the keyboard controller keeps the device contract") {
    check_device_contract([] { return std::make_unique<KeyboardRig>(); }, 10'000);
}

TEST_CASE("the keyboard controller passes its tests and keeps its command byte") {
    KeyboardRig rig;
    rig.command(0xAA);
    CHECK((rig.status() & 0x05) == 0x05);
    CHECK(rig.read() == Bytes{0x55});
    rig.command(0xAB);
    CHECK(rig.read() == Bytes{0x00});
    rig.command(0xA9);
    CHECK(rig.read() == Bytes{0x00});
    rig.command_byte(0x61);
    rig.command(0x20);
    CHECK(rig.read() == Bytes{0x61});
    rig.command(0xA8);
    rig.command(0x20);
    CHECK(rig.read() == Bytes{0x41});
    rig.command(0xAD);
    rig.command(0xA7);
    rig.command(0x20);
    CHECK(rig.read() == Bytes{0x71});
    rig.command(0x65);
    rig.data(0x99);
    rig.command(0x25);
    CHECK(rig.read() == Bytes{0x99});
}

TEST_CASE("keys arrive in set 2 and translated to set 1 with an interrupt for each byte") {
    KeyboardRig rig;
    CHECK(rig.press(0x1E) == Bytes{0x1C});
    CHECK(rig.release(0x1E) == Bytes{0xF0, 0x1C});
    CHECK(rig.irq1.rises == 3);
    rig.command_byte(0x41);
    CHECK(rig.press(0x1E) == Bytes{0x1E});
    CHECK(rig.release(0x1E) == Bytes{0x9E});
    CHECK(rig.press(0xE04B) == Bytes{0xE0, 0x4B});
    CHECK(rig.release(0xE04B) == Bytes{0xE0, 0xCB});
    CHECK(rig.press(0x41) == Bytes{0x41}); // F7, 83 in set 2
    CHECK(rig.release(0x41) == Bytes{0xC1});
    CHECK_FALSE(rig.irq12.level);
    CHECK(rig.irq12.rises == 0);
}

TEST_CASE("all keys survive the way through set 2") {
    KeyboardRig rig;
    rig.command_byte(0x41);
    for (u16 code = 1; code <= 0x58; ++code) {
        CHECK(rig.press(code) == Bytes{static_cast<u8>(code)});
        CHECK(rig.release(code) == Bytes{static_cast<u8>(code | 0x80)});
    }
}

TEST_CASE("Pause and Print Screen send what PC keyboards send") {
    KeyboardRig rig;
    rig.command_byte(0x41);
    CHECK(rig.press(key_pause) == Bytes{0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5});
    CHECK(rig.release(key_pause).empty());
    CHECK(rig.press(key_print_screen) == Bytes{0xE0, 0x2A, 0xE0, 0x37});
    CHECK(rig.release(key_print_screen) == Bytes{0xE0, 0xB7, 0xE0, 0xAA});
    CHECK(rig.press(0x38) == Bytes{0x38});
    CHECK(rig.press(key_print_screen) == Bytes{0x54});
    CHECK(rig.release(key_print_screen) == Bytes{0xD4});
    rig.release(0x38);
    rig.press(0x1D);
    CHECK(rig.press(key_pause) == Bytes{0xE0, 0x46, 0xE0, 0xC6});
    rig.release(key_pause);
    CHECK(rig.press(key_print_screen) == Bytes{0xE0, 0x37});
}

TEST_CASE("a key held down repeats at the typematic rate until another takes over") {
    KeyboardRig rig;
    rig.command_byte(0x41);
    CHECK(rig.ask(0xF3) == Bytes{0xFA});
    CHECK(rig.ask(0x00) == Bytes{0xFA}); // 250 ms, 30 a second
    rig.i8042.key(0x1E, true);
    CHECK(rig.read(200) == Bytes{0x1E});
    const Bytes repeats = rig.read(1000);
    CHECK(repeats.size() >= 27);
    CHECK(repeats.size() <= 31);
    rig.i8042.key(0x1F, true);
    CHECK(rig.read(200) == Bytes{0x1F});
    CHECK(rig.release(0x1E) == Bytes{0x9E});
    CHECK(rig.read(500).size() > 5); // still 1F
    rig.release(0x1F);
    CHECK(rig.read(500).empty());
}

TEST_CASE("the keyboard obeys its commands") {
    KeyboardRig rig;
    CHECK(rig.ask(0xFF) == Bytes{0xFA, 0xAA});
    CHECK(rig.ask(0xEE) == Bytes{0xEE});
    CHECK(rig.ask(0xF2) == Bytes{0xFA, 0xAB, 0x83});
    CHECK(rig.ask(0xED) == Bytes{0xFA});
    CHECK(rig.ask(0x05) == Bytes{0xFA});
    CHECK(rig.i8042.leds() == 5);
    CHECK(rig.ask(0xFE) == Bytes{0xFA});
    CHECK(rig.ask(0x00) == Bytes{0xFE});
    CHECK(rig.ask(0xF5) == Bytes{0xFA});
    CHECK_FALSE(rig.i8042.ready_for_key());
    CHECK(rig.press(0x1E).empty());
    rig.release(0x1E);
    CHECK(rig.ask(0xF4) == Bytes{0xFA});
    CHECK(rig.i8042.ready_for_key());
    CHECK(rig.ask(0xF0) == Bytes{0xFA});
    CHECK(rig.ask(0x00) == Bytes{0xFA, 0x02});
    rig.command_byte(0x41);
    CHECK(rig.ask(0xF2) == Bytes{0xFA, 0xAB, 0x41}); // the answer is translated as well
}

TEST_CASE("the keyboard speaks sets 1 and 3") {
    KeyboardRig rig;
    rig.ask(0xF0);
    CHECK(rig.ask(0x01) == Bytes{0xFA});
    CHECK(rig.press(0xE048) == Bytes{0xE0, 0x48});
    CHECK(rig.release(0xE048) == Bytes{0xE0, 0xC8});
    rig.ask(0xF0);
    CHECK(rig.ask(0x03) == Bytes{0xFA});
    CHECK(rig.press(0xE048) == Bytes{0x63});
    CHECK(rig.release(0xE048) == Bytes{0xF0, 0x63});
    CHECK(rig.ask(0xF9) == Bytes{0xFA}); // make only
    CHECK(rig.press(0x1D) == Bytes{0x11});
    CHECK(rig.release(0x1D).empty());
}

TEST_CASE("a guest that does not read never overflows the keyboard and gets its releases") {
    KeyboardRig rig;
    rig.command_byte(0x41);
    for (int i = 0; i < 1000; ++i) {
        rig.i8042.key(static_cast<u16>(1 + i % 80), true);
        rig.i8042.key(static_cast<u16>(1 + i % 80), false);
    }
    CHECK_FALSE(rig.i8042.ready_for_key());
    const Bytes bytes = rig.read(500);
    REQUIRE(bytes.size() > 20);
    REQUIRE(bytes.size() % 2 == 0);
    for (std::size_t i = 0; i < bytes.size(); i += 2) CHECK((bytes[i] | 0x80) == bytes[i + 1]);
    CHECK(rig.i8042.ready_for_key());
}

TEST_CASE("the controller holds back a disabled keyboard") {
    KeyboardRig rig;
    rig.command(0xAD);
    CHECK(rig.press(0x1E).empty());
    rig.command(0xAE);
    CHECK(rig.read() == Bytes{0x1C});
}

TEST_CASE("the output port drives A20 and reset") {
    KeyboardRig rig;
    rig.command(0xD0);
    CHECK((rig.read().at(0) & 3) == 3);
    rig.command(0xD1);
    rig.data(0xDD);
    rig.command(0xD1);
    rig.data(0xDF);
    rig.command(0xDD);
    rig.command(0xDF);
    CHECK(rig.a20 == std::vector<bool>{false, true, false, true});
    rig.i8042.note_a20(false);
    rig.command(0xD0);
    CHECK((rig.read().at(0) & 3) == 1);
    CHECK(rig.resets == 0);
    rig.command(0xFE);
    CHECK(rig.resets == 1);
    rig.command(0xFF);
    CHECK(rig.resets == 1);
    rig.command(0xD1);
    rig.data(0x02);
    CHECK(rig.resets == 2);
}

TEST_CASE("D2 and D3 put bytes where devices would") {
    KeyboardRig rig;
    rig.command(0xD2);
    rig.data(0x42);
    CHECK(rig.irq1.level);
    CHECK(rig.read() == Bytes{0x42});
    rig.command(0xD3);
    rig.data(0x43);
    CHECK(rig.irq12.level);
    CHECK((rig.status() & 0x21) == 0x21);
    CHECK(rig.read() == Bytes{0x43});
}

TEST_CASE("the mouse is found with wheel and five buttons by their knocks") {
    KeyboardRig rig;
    CHECK(rig.ask_mouse(0xFF) == Bytes{0xFA, 0xAA, 0x00});
    CHECK(rig.ask_mouse(0xF2) == Bytes{0xFA, 0x00});
    for (const int rate : {200, 100, 80}) {
        CHECK(rig.ask_mouse(0xF3) == Bytes{0xFA});
        CHECK(rig.ask_mouse(static_cast<u8>(rate)) == Bytes{0xFA});
    }
    CHECK(rig.ask_mouse(0xF2) == Bytes{0xFA, 0x03});
    for (const int rate : {200, 200, 80}) {
        rig.ask_mouse(0xF3);
        rig.ask_mouse(static_cast<u8>(rate));
    }
    CHECK(rig.ask_mouse(0xF2) == Bytes{0xFA, 0x04});
    rig.ask_mouse(0xF4);
    rig.i8042.mouse_button(4, true);
    rig.i8042.mouse_move(0, 0, 1);
    CHECK(rig.read(50) == Bytes{0x08, 0x00, 0x00, 0x2F});
    CHECK(rig.irq1.rises == 0);
}

TEST_CASE("the mouse streams motion and clicks") {
    KeyboardRig rig;
    rig.i8042.mouse_move(5, 5, 0);
    CHECK(rig.read(50).empty()); // not switched on
    CHECK_FALSE(rig.i8042.mouse_reporting());
    rig.ask_mouse(0xF6);
    rig.ask_mouse(0xF4);
    CHECK(rig.i8042.mouse_reporting());
    rig.i8042.mouse_move(3, 2, 0);
    CHECK(rig.read(50) == Bytes{0x28, 0x03, 0xFE});
    rig.i8042.mouse_move(-300, 0, 0);
    CHECK(rig.read(50) == Bytes{0x18, 0x01, 0x00, 0x18, 0xD3, 0x00});
    rig.i8042.mouse_button(0, true); // a click in no time
    rig.i8042.mouse_button(0, false);
    CHECK(rig.read(50) == Bytes{0x09, 0x00, 0x00, 0x08, 0x00, 0x00});
    CHECK(rig.ask_mouse(0xE7) == Bytes{0xFA});
    rig.i8042.mouse_move(4, 0, 0);
    CHECK(rig.read(50) == Bytes{0x08, 0x06, 0x00});
}

TEST_CASE("the mouse answers in remote and wrap mode and tells its status") {
    KeyboardRig rig;
    rig.ask_mouse(0xE8);
    CHECK(rig.ask_mouse(0x03) == Bytes{0xFA});
    rig.i8042.mouse_button(1, true);
    CHECK(rig.ask_mouse(0xE9) == Bytes{0xFA, 0x01, 0x03, 100});
    CHECK(rig.ask_mouse(0xF0) == Bytes{0xFA});
    rig.i8042.mouse_move(1, 0, 0);
    CHECK(rig.read(50).empty());
    CHECK(rig.ask_mouse(0xEB) == Bytes{0xFA, 0x0A, 0x01, 0x00});
    CHECK(rig.ask_mouse(0xEE) == Bytes{0xFA});
    CHECK(rig.ask_mouse(0xF4) == Bytes{0xF4});
    CHECK(rig.ask_mouse(0xEC) == Bytes{0xFA});
    CHECK(rig.ask_mouse(0x00) == Bytes{0xFE});
}
