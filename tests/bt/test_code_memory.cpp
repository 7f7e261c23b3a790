// What is executed is never writable.
#include "bt/code_cache.h"
#include "suites/bare_cpu.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace ringshift;

namespace {

struct Mapping {
    u64 begin = 0;
    u64 end = 0;
    std::string rights; ///< as in "r-xp"
    std::string name;
};

std::vector<Mapping> mappings() {
    std::vector<Mapping> result;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        Mapping m;
        char dash = 0;
        std::string offset, device, inode;
        std::istringstream words(line);
        words >> std::hex >> m.begin >> dash >> m.end >> m.rights >> offset >> device >> inode;
        std::getline(words, m.name);
        result.push_back(m);
    }
    return result;
}

} // namespace

TEST_CASE("Nothing in the process is writable and executable while translated code runs") {
    BareCpu bare(1 << 20, "max", "bt");
    bare.flat_32bit();
    bare.put(0x1000, std::vector<u8>{0x40, 0xD9, 0xE8, 0xDD, 0xD8, 0xEB, 0xF9}); // INC EAX; FLD1; FSTP; JMP
    bare.state().rip = 0x1000;
    CHECK(bare.engine->run(10'000) == Exit::budget);
    const auto all = mappings();
    REQUIRE(all.size() > 10);
    for (const Mapping& m : all) {
        INFO(fmt::format("{:x}-{:x} {} {}", m.begin, m.end, m.rights, m.name));
        CHECK_FALSE((m.rights[1] == 'w' && m.rights[2] == 'x'));
    }
}

TEST_CASE("Generated code is written at one address and executed at another") {
    auto memory = bt::CodeMemory::create(64 << 10).release();
    const auto address = [](const void* p) { return reinterpret_cast<u64>(p); };
    const u64 writable = address(memory->readable(0)), executable = address(memory->executable(0));
    CHECK(writable != executable);
    CHECK((writable + memory->size() <= executable || executable + memory->size() <= writable));
    unsigned found = 0;
    for (const Mapping& m : mappings()) {
        if (writable >= m.begin && writable < m.end) {
            CHECK(m.rights.substr(0, 3) == "rw-");
            ++found;
        }
        if (executable >= m.begin && executable < m.end) {
            CHECK(m.rights.substr(0, 3) == "r-x");
            ++found;
        }
    }
    CHECK(found == 2);
    const std::vector<u8> code{0xB8, 42, 0, 0, 0, 0xC3}; // MOV EAX, 42; RET
    memory->publish(16, code);
    memory->synchronise();
    const auto function = reinterpret_cast<int (*)()>(address(memory->executable(16)));
    CHECK(function() == 42);
}
