#include "devices/contract.h"

#include "devices/debug_console.h"
#include "devices/debug_exit.h"
#include "devices/port92.h"
#include "devices/post_code.h"
#include "devices/reset_control.h"

using namespace ringshift;

namespace {

struct ConsoleRig : Rig {
    CollectingSink sink;
    DebugConsole console{sink};
    ConsoleRig() {
        use(console);
        block(console.ports(), 1);
    }
};

struct ExitRig : Rig {
    std::vector<int> statuses;
    DebugExit exit{[this](int status) { statuses.push_back(status); }};
    ExitRig() {
        use(exit);
        block(exit.ports(), 4);
    }
};

struct Port92Rig : Rig {
    bool a20 = true;
    unsigned resets = 0;
    Port92 port{[this](bool on) { a20 = on; }, [this] { ++resets; }};
    Port92Rig() {
        use(port);
        block(port.ports(), 1);
    }
};

struct ResetRig : Rig {
    std::vector<ResetType> resets;
    ResetControl control{[this](ResetType type) { resets.push_back(type); }};
    ResetRig() {
        use(control);
        block(control.ports(), 1);
    }
};

struct PostRig : Rig {
    PostCode post;
    PostRig() {
        use(post);
        block(post.ports(), 1);
    }
};

} // namespace

TEST_CASE("the small ports of the board keep the device contract") {
    check_device_contract([] { return std::make_unique<ConsoleRig>(); });
    check_device_contract([] { return std::make_unique<ExitRig>(); });
    check_device_contract([] { return std::make_unique<Port92Rig>(); });
    check_device_contract([] { return std::make_unique<ResetRig>(); });
    check_device_contract([] { return std::make_unique<PostRig>(); });
}

TEST_CASE("the debug console prints and is found by its own number") {
    ConsoleRig rig;
    CHECK(rig.console.ports().read(0, 1) == 0xE9);
    for (const char c : {'h', 'i'}) rig.console.ports().write(0, 1, static_cast<u64>(c));
    const std::string block = " all";
    rig.console.ports().write_block(0, 1, std::span(reinterpret_cast<const u8*>(block.data()), block.size()));
    CHECK(rig.sink.text == "hi all");
}

TEST_CASE("the debug exit gives an odd status") {
    ExitRig rig;
    rig.exit.ports().write(0, 4, 0);
    rig.exit.ports().write(0, 1, 0x10);
    CHECK(rig.statuses == std::vector<int>{1, 0x21});
}

TEST_CASE("port 92 switches A20 and resets at a rising edge") {
    Port92Rig rig;
    CHECK(rig.port.ports().read(0, 1) == 0x02);
    rig.port.ports().write(0, 1, 0x00);
    CHECK_FALSE(rig.a20);
    rig.port.note_a20(true);
    CHECK(rig.port.ports().read(0, 1) == 0x02);
    rig.port.ports().write(0, 1, 0x03);
    rig.port.ports().write(0, 1, 0x03);
    CHECK(rig.resets == 1);
}

TEST_CASE("the reset control register tells soft from hard resets") {
    ResetRig rig;
    rig.control.ports().write(0, 1, 0x02);
    CHECK(rig.resets.empty());
    rig.control.ports().write(0, 1, 0x06);
    rig.control.ports().write(0, 1, 0x00);
    rig.control.ports().write(0, 1, 0x04);
    CHECK(rig.resets == std::vector<ResetType>{ResetType::Hard, ResetType::Cpu});
}

TEST_CASE("the POST code port remembers the last code") {
    PostRig rig;
    rig.post.ports().write(0, 1, 0x55);
    CHECK(rig.post.code() == 0x55);
    CHECK(rig.post.ports().read(0, 1) == 0x55);
}
