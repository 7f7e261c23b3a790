#include "devices/contract.h"

#include "devices/fw_cfg.h"
#include "devices/memory_backend.h"

#include <cstring>

using namespace ringshift;

namespace {

struct FwCfgRig : Rig {
    FakeDmaView memory{65536};
    CollectingHostErrors host_errors;
    FwCfg fw_cfg{memory, host_errors};
    FwCfgRig() {
        fw_cfg.add_number(FwCfg::ram_size, u64{256} << 20, 8);
        fw_cfg.add_file("etc/second", {'h', 'e', 'l', 'l', 'o'});
        fw_cfg.add_file("bootorder", std::vector<u8>(3000, 0x5A));
        use(fw_cfg);
        block(fw_cfg.ports(), 2);
        block(fw_cfg.dma_ports(), 8);
        event = [this](Random& random) {
            dma(static_cast<u32>(random()) & 0x003F001F, random() % 4096, random() % 70000, random() % 66000);
        };
    }
    std::string read(u16 key, std::size_t count) {
        fw_cfg.ports().write(0, 2, key);
        std::string result(count, 0);
        for (char& c : result) c = static_cast<char>(fw_cfg.ports().read(1, 1));
        return result;
    }
    static void put(std::vector<u8>& to, u64 value, unsigned size) {
        for (unsigned i = size; i-- > 0;) to.push_back(static_cast<u8>(value >> (8 * i)));
    }
    /// Runs a DMA command from a structure at `at`; the status word after it.
    u32 dma(u32 control, u64 length, u64 address, u64 at = 0x100) {
        std::vector<u8> words;
        put(words, control, 4);
        put(words, length, 4);
        put(words, address, 8);
        memory.write(PhysAddr(at), words);
        fw_cfg.dma_ports().write(4, 4, __builtin_bswap32(static_cast<u32>(at)));
        u32 status = 0;
        memory.read(PhysAddr(at), {reinterpret_cast<u8*>(&status), 4});
        return __builtin_bswap32(status);
    }
    std::string text(std::size_t at, std::size_t count) const {
        return {memory.memory.begin() + static_cast<std::ptrdiff_t>(at),
                memory.memory.begin() + static_cast<std::ptrdiff_t>(at + count)};
    }
};

} // namespace

TEST_CASE("fw_cfg keeps the device contract") {
    check_device_contract([] { return std::make_unique<FwCfgRig>(); });
}

TEST_CASE("fw_cfg shows its signature and interface and items byte by byte") {
    FwCfgRig rig;
    CHECK(rig.read(FwCfg::signature, 6) == std::string("QEMU\0\0", 6));
    CHECK(rig.read(FwCfg::interface_id, 4) == std::string("\3\0\0\0", 4));
    CHECK(rig.read(FwCfg::ram_size, 8) == std::string("\0\0\0\x10\0\0\0\0", 8));
    CHECK(rig.read(0x1234, 2) == std::string("\0\0", 2)); // no such item
    CHECK(rig.read(FwCfg::signature | 0x4000, 4) == "QEMU");
}

TEST_CASE("fw_cfg lists its files by name with big endian sizes and keys") {
    FwCfgRig rig;
    const std::string directory = rig.read(FwCfg::file_directory, 4 + 2 * 64 + 4);
    CHECK(directory.substr(0, 4) == std::string("\0\0\0\2", 4));
    CHECK(directory.substr(4, 8) == std::string("\0\0\x0B\xB8\0\x21\0\0", 8));
    CHECK(directory.substr(12, 10) == std::string("bootorder\0", 10));
    CHECK(directory.substr(68, 8) == std::string("\0\0\0\5\0\x20\0\0", 8));
    CHECK(directory.substr(76, 11) == std::string("etc/second\0", 11));
    CHECK(rig.read(0x20, 6) == std::string("hello\0", 6));
    rig.fw_cfg.add_file("etc/second", {'b', 'y', 'e'});
    CHECK(rig.read(0x20, 4) == std::string("bye\0", 4));
}

TEST_CASE("fw_cfg reads a block of bytes at once") {
    FwCfgRig rig;
    rig.fw_cfg.ports().write(0, 2, 0x20);
    std::vector<u8> out(7, 0xFF);
    rig.fw_cfg.ports().read_block(1, 1, out);
    CHECK(out == std::vector<u8>{'h', 'e', 'l', 'l', 'o', 0, 0});
}

TEST_CASE("fw_cfg transfers items by DMA") {
    FwCfgRig rig;
    CHECK(rig.fw_cfg.dma_ports().read(0, 4) == 0x554D4551);
    CHECK(rig.fw_cfg.dma_ports().read(4, 4) == 0x47464320);
    CHECK(rig.dma(0x0020'0000 | 8 | 2, 7, 0x200) == 0);
    CHECK(rig.text(0x200, 7) == std::string("hello\0\0", 7));
    CHECK(rig.dma(0x0020'0000 | 8 | 4, 2, 0) == 0); // select and skip
    CHECK(rig.dma(2, 3, 0x300) == 0);               // goes on from there
    CHECK(rig.text(0x300, 3) == "llo");
    CHECK(rig.dma(0x0020'0000 | 8 | 16, 2, 0x300) == 1); // not writable
    CHECK(rig.read(0x20, 5) == "hello");
}

TEST_CASE("fw_cfg refuses a transfer that would fill memory with zeros") {
    FwCfgRig rig;
    rig.memory.memory[0x8000] = 0x77;
    CHECK(rig.dma(0x0020'0000 | 8 | 2, 0xFFFFFFFF, 0) == 1);
    CHECK(rig.memory.memory[0x8000] == 0x77);
}

TEST_CASE("fw_cfg says when the host cannot read an item any more") {
    struct Source final : SharedBytes::Source {
        bool good = true;
        u64 size() const override { return 8; }
        Result<> read(u64 offset, std::span<u8> out) const override {
            if (!good) return make_error("it has changed");
            for (u8& byte : out) byte = static_cast<u8>('a' + offset++);
            return Unit{};
        }
    };
    FwCfgRig rig;
    const auto source = std::make_shared<Source>();
    rig.fw_cfg.add_key(FwCfg::kernel_data, SharedBytes(source).from(2));
    CHECK(rig.read(FwCfg::kernel_data, 7) == std::string("cdefgh\0", 7));
    CHECK(rig.dma(FwCfg::kernel_data << 16 | 8 | 2, 6, 0x200) == 0);
    CHECK(rig.text(0x200, 6) == "cdefgh");
    CHECK(rig.host_errors.messages.empty());
    source->good = false;
    CHECK(rig.dma(FwCfg::kernel_data << 16 | 8 | 2, 6, 0x200) == 1);
    CHECK(rig.host_errors.messages == std::vector<std::string>{"fw_cfg: it has changed"});
    CHECK(rig.read(FwCfg::kernel_data, 2) == std::string("\0\0", 2));
    CHECK(rig.host_errors.messages.size() == 3);
    CHECK(rig.read(FwCfg::signature, 4) == "QEMU");
}

TEST_CASE("fw_cfg takes the high half of a DMA address once") {
    FwCfgRig rig;
    rig.fw_cfg.dma_ports().write(0, 4, __builtin_bswap32(1)); // structure at 4 GiB and up: not RAM here
    CHECK(rig.dma(0x0020'0000 | 8 | 2, 5, 0x200) == (0x0020'0000 | 8 | 2));
    CHECK(rig.dma(0x0020'0000 | 8 | 2, 5, 0x200) == 0);
    CHECK(rig.text(0x200, 5) == "hello");
}
