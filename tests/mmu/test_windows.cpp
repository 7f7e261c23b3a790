#include "low_memory.h"
#include "mmu/guest_ram.h"
#include "mmu/windows.h"

#include <catch2/catch.hpp>

#include <cerrno>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

using namespace ringshift;

namespace {

constexpr u64 ram_size = 1 << 20;

struct Rig {
    explicit Rig(u32 mappings = 0)
        : ram(GuestRam::create(ram_size).release()), windows(Windows::create({ram.shared()}, mappings).release()),
          first(windows->open().release()), second(windows->open().release()) {}
    const u8* frame(u32 number) { return ram.data() + number * page_size; }
    GuestRam ram;
    std::unique_ptr<Windows> windows;
    Windows::Id first, second;
};

/// What a read of one byte at a host address finds; -1: it would fault.
int peek(u64 address) {
    u8 value = 0;
    const iovec to{&value, 1}, from{reinterpret_cast<void*>(address), 1};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1 ? value : -1;
}
bool poke(u64 address, u8 value) {
    const iovec from{&value, 1}, to{reinterpret_cast<void*>(address), 1};
    return process_vm_writev(getpid(), &from, 1, &to, 1, 0) == 1;
}

/// How many mappings of the host lie within the window.
u32 host_mappings(const Windows& windows, Windows::Id id) {
    std::ifstream maps("/proc/self/maps");
    u32 count = 0;
    for (std::string line; std::getline(maps, line);) {
        const u64 begin = std::stoull(line, nullptr, 16);
        if (begin - windows.base(id) < Windows::size) ++count;
    }
    return count;
}

} // namespace

TEST_CASE("A window shows the frames that were mapped and nothing else") {
    Rig rig;
    const u64 base = rig.windows->base(rig.first);
    rig.ram.data()[3 * page_size + 5] = 0x5A;
    CHECK(peek(base + 0x10005) == -1);
    CHECK(rig.windows->map(rig.first, 0x10, 1, rig.frame(3), false));
    CHECK(peek(base + 0x10005) == 0x5A);
    CHECK_FALSE(poke(base + 0x10005, 1));
    CHECK_FALSE(rig.windows->map(rig.first, 0x10, 1, rig.frame(3), false)); // nothing to be gained
    CHECK(rig.windows->map(rig.first, 0x10, 1, rig.frame(3), true));
    CHECK(poke(base + 0x10005, 0x77));
    CHECK(rig.ram.data()[3 * page_size + 5] == 0x77);
    CHECK(peek(base + 0xFFFF) == -1);
    CHECK(peek(base + 0x11000) == -1);
    CHECK(peek(rig.windows->base(rig.second) + 0x10005) == -1);
    rig.windows->unmap(rig.first, 0x10);
    CHECK(peek(base + 0x10005) == -1);
}

TEST_CASE("Guards lie on both sides of a window and are never mapped") {
    Rig rig;
    const u64 base = rig.windows->base(rig.first);
    CHECK(rig.windows->map(rig.first, 0, 1, rig.frame(0), true));
    CHECK(rig.windows->map(rig.first, 0xFFFFF, 1, rig.frame(1), true));
    CHECK(peek(base) == 0);
    CHECK(peek(base + Windows::size - 1) == 0);
    for (const u64 at :
         {base - 1, base - Windows::guard, base + Windows::size, base + Windows::size + Windows::guard - 1}) {
        CHECK(peek(at) == -1);
        void* there = mmap(reinterpret_cast<void*>(at & ~page_mask), page_size, PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        CHECK(there == MAP_FAILED);
        CHECK(errno == EEXIST);
    }
}

TEST_CASE("Writing to a frame ends in every window that shows it") {
    Rig rig;
    REQUIRE(rig.windows->map(rig.first, 1, 1, rig.frame(7), true));
    REQUIRE(rig.windows->map(rig.first, 0x80000, 1, rig.frame(7), true));
    REQUIRE(rig.windows->map(rig.second, 1, 1, rig.frame(7), true));
    REQUIRE(rig.windows->map(rig.second, 2, 1, rig.frame(7), false));
    REQUIRE(rig.windows->map(rig.second, 3, 1, rig.frame(8), true));
    rig.windows->protect(rig.frame(7), page_size);
    CHECK_FALSE(poke(rig.windows->base(rig.first) + 0x1000, 1));
    CHECK_FALSE(poke(rig.windows->base(rig.first) + 0x80000000, 1));
    CHECK_FALSE(poke(rig.windows->base(rig.second) + 0x1000, 1));
    CHECK(peek(rig.windows->base(rig.second) + 0x2000) == 0);
    CHECK(poke(rig.windows->base(rig.second) + 0x3000, 1));
}

TEST_CASE("Mappings are counted as the host counts them") {
    Rig rig;
    const auto both = [&] { return host_mappings(*rig.windows, rig.first) + host_mappings(*rig.windows, rig.second); };
    u32 random = 1;
    for (int i = 0; i < 2000; ++i) {
        random = random * 1664525 + 1013904223;
        const u32 page = 0x100 + (random >> 8) % 24,
                  frame = (random >> 16) % 3 == 0 ? (random >> 20) % 64 : page - 0x100;
        const Windows::Id id = (random & 0x10) ? rig.first : rig.second;
        switch ((random >> 24) % 8) {
        case 0: rig.windows->unmap(id, page); break;
        case 1: rig.windows->protect(rig.frame(frame), page_size); break;
        case 2: rig.windows->unmap(id, page, page + 3); break;
        default: rig.windows->map(id, page, 1, rig.frame(frame), (random & 0x20) != 0); break;
        }
        if (i % 16 == 0) {
            INFO("step " << i);
            REQUIRE(rig.windows->mappings() == both());
        }
    }
    rig.windows->clear_all();
    CHECK(rig.windows->mappings() == 0);
    CHECK(both() == 0);
}

TEST_CASE("The window that was used longest ago makes room") {
    Rig rig(64);
    rig.windows->touch(rig.first);
    for (u32 i = 0; i < 30; ++i) REQUIRE(rig.windows->map(rig.first, 2 * i, 1, rig.frame(i), true));
    rig.windows->touch(rig.second);
    for (u32 i = 0; i < 40; ++i) REQUIRE(rig.windows->map(rig.second, 2 * i, 1, rig.frame(i), true));
    CHECK_FALSE(rig.windows->maps(rig.first, 0));
    CHECK(rig.windows->maps(rig.second, 78));
    CHECK(rig.windows->mappings() <= 64);
    for (u32 i = 40; i < 200; ++i) REQUIRE(rig.windows->map(rig.second, 2 * i, 1, rig.frame(i % 64), false));
    CHECK(rig.windows->mappings() <= 64);
}

TEST_CASE("Memory that is not shared cannot be in a window") {
    Rig rig;
    std::vector<u8> other(2 * page_size);
    CHECK_FALSE(rig.windows->map(rig.first, 1, 1, other.data(), false));
    CHECK(rig.windows->mappings() == 0);
}

TEST_CASE("Windows leave nothing behind") {
    const auto lines = [] {
        std::ifstream maps("/proc/self/maps");
        u32 count = 0;
        for (std::string line; std::getline(maps, line);) ++count;
        return count;
    };
    { Rig warm_up; }
    const u32 before = lines();
    for (int i = 0; i < 100; ++i) {
        Rig rig;
        rig.windows->map(rig.first, 5, 1, rig.frame(1), true);
    }
    CHECK(lines() <= before + 2); // the allocator's own
}

TEST_CASE("The window at home has base 0 and leaves the first 64 KiB and its end alone") {
    NEEDS_LOW_MEMORY();
    Rig rig;
    const Windows::Id home = rig.windows->open_home().release();
    CHECK(rig.windows->base(home) == 0);
    CHECK(rig.windows->map(home, 0x10, 1, rig.frame(3), true));
    CHECK(rig.windows->map(home, 0xFFFFF, 1, rig.frame(4), true));
    rig.ram.data()[3 * page_size + 5] = 0x5A;
    CHECK(peek(0x10005) == 0x5A);
    CHECK(poke(Windows::size - 1, 0x77));
    CHECK(rig.ram.data()[5 * page_size - 1] == 0x77);
    for (u32 page = 0; page < Windows::first_at_home; ++page) {
        CHECK_FALSE(rig.windows->map(home, page, 1, rig.frame(5), true));
        CHECK(peek(u64{page} * page_size) == -1);
    }
    CHECK(peek(Windows::size) == -1);
    CHECK(peek(Windows::size + Windows::guard - 1) == -1);
    rig.windows->clear(home);
    CHECK(peek(0x10005) == -1);
    CHECK(peek(Windows::size - 1) == -1);
}

TEST_CASE("A process has one window at home") {
    NEEDS_LOW_MEMORY();
    Rig rig;
    {
        Rig other;
        CHECK(other.windows->open_home().ok());
        CHECK_FALSE(rig.windows->open_home().ok());
    }
    CHECK(rig.windows->open_home().ok());
}
