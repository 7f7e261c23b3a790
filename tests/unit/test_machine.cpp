// A Machine without an operating system: where it stops, and what it takes along into a snapshot.
#include "machine/machine.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace ringshift;

namespace {

/// A ROM that counts in AX for ever, and files for drives.
struct Folder {
    Folder() : path(std::filesystem::temp_directory_path() / fmt::format("ringshift-machine-test-{}", ::getpid())) {
        std::filesystem::create_directories(path);
        std::vector<u8> rom(0x10000, 0xF4);
        const std::vector<u8> code = {0x40, 0xEB, 0xFD}; // inc ax; jmp to it
        std::copy(code.begin(), code.end(), rom.begin());
        const std::vector<u8> reset = {0xEA, 0x00, 0x00, 0x00, 0xF0}; // jmp 0F000h:0
        std::copy(reset.begin(), reset.end(), rom.begin() + 0xFFF0);
        write("bios.bin", rom);
        write("vgabios-stdvga.bin", std::vector<u8>(512));
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string write(const char* name, const std::vector<u8>& bytes) const {
        std::ofstream(path / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return path / name;
    }
    MachineConfig config() const {
        MachineConfig config;
        config.engine = "interp";
        config.deterministic = true;
        config.memory_size = 1 << 20;
        config.firmware_folder = path;
        return config;
    }
    std::filesystem::path path;
};

std::unique_ptr<Machine> made(Result<std::unique_ptr<Machine>> result) {
    INFO((result.ok() ? "" : result.error().message));
    REQUIRE(result.ok());
    return result.release();
}

} // namespace

TEST_CASE("a machine stops at the limit of a run and goes on from there") {
    const Folder folder;
    const auto straight = made(Machine::create(folder.config(), {}));
    CHECK(straight->run(100'000).kind == Ending::Kind::stopped);
    CHECK(straight->statistics().retired == 100'000);
    const auto parts = made(Machine::create(folder.config(), {}));
    for (const u64 count : {u64{1}, u64{33'333}, u64{66'666}}) CHECK(parts->run(count).kind == Ending::Kind::stopped);
    CHECK(parts->statistics().retired == 100'000);
    CHECK(parts->state_hash() == straight->state_hash());
}

TEST_CASE("ticks of a restored machine come when those of the straight run do") {
    const Folder folder;
    std::vector<u64> ticks;
    Machine* now = nullptr;
    MachineHost host;
    host.tick = [&] { ticks.push_back(now->statistics().virtual_ns); };
    auto machine = made(Machine::create(folder.config(), host));
    now = machine.get();
    machine->run(5'000'001); // 50 ms
    CHECK(ticks == std::vector<u64>{20'000'000, 40'000'000});
    REQUIRE(machine->save(folder.path / "saved").ok());
    machine = made(Machine::restore(folder.path / "saved", {.engine = "interp"}, host));
    now = machine.get();
    machine->run(3'000'000);
    CHECK(ticks == std::vector<u64>{20'000'000, 40'000'000, 60'000'000, 80'000'000});
}

TEST_CASE("a snapshot has the medium that was put in last") {
    const Folder folder;
    MachineConfig config = folder.config();
    config.cdroms.emplace_back().path = folder.write("first.iso", std::vector<u8>(4096));
    config.floppies.emplace_back().path = folder.write("first.img", std::vector<u8>(1440 * 1024));
    const std::string iso = folder.write("second.iso", std::vector<u8>(8192));
    auto machine = made(Machine::create(config, {}));
    REQUIRE(machine->change_medium(Machine::Drive::cdrom, 0, iso).ok());
    REQUIRE_FALSE(machine->change_medium(Machine::Drive::floppy, 0, folder.path / "missing.img").ok());
    machine->run(1000);
    const u64 hash = machine->state_hash();
    REQUIRE(machine->save(folder.path / "saved").ok());
    machine.reset();
    machine = made(Machine::restore(folder.path / "saved", {.engine = "interp"}, {}));
    CHECK(machine->config().cdroms.at(0).path == iso);
    CHECK(machine->config().floppies.at(0).path.empty());
    CHECK(machine->state_hash() == hash);
}
