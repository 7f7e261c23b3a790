// What a window shows beside the page that was wanted: large pages and neighbours, and nothing that could be seen by
// it.
#include "mmu/guest_ram.h"
#include "mmu/mmu.h"

#include <catch2/catch.hpp>

using namespace ringshift;

namespace {

struct Registers final : MmioHandler {
    u64 read(PhysAddr, unsigned) override { return 0; }
    void write(PhysAddr, unsigned, u64) override {}
    void read_range(PhysAddr, std::span<u8>) override {}
    void write_range(PhysAddr, std::span<const u8>) override {}
};

constexpr u32 accessed = 0x20, dirty = 0x40, user_page = 7, read_only = 5, large = 0x80;
constexpr u32 directory = 0x1000, table = 0x2000;
constexpr u32 large_page = 0x400; ///< number of the first page of 4 MiB, behind it the upper half of the RAM

/// RAM whose lower half is mapped to itself by small pages, the upper one by a large page.
struct Rig {
    GuestRam ram = GuestRam::create(8 << 20).release();
    PhysicalMap map;
    Mmu mmu{map};
    explicit Rig(const Mmu::WindowOptions& options = {}) {
        map.map_ram(PhysAddr(0), ram.size(), ram.data());
        map.share(ram.shared());
        map.write_value<u32>(PhysAddr(directory), table | user_page);
        map.write_value<u32>(PhysAddr(directory + 4), 0x400000 | large | user_page);
        for (u32 i = 0; i < 1024; ++i) set(i, i << 12 | user_page);
        enter(directory);
        REQUIRE(mmu.open_windows(options).ok());
        REQUIRE(mmu.window(true).has_value());
    }
    void enter(u64 cr3) {
        PagingContext c;
        c.cr0 = 0x80010001;
        c.cr3 = cr3;
        c.cr4 = 0x90;
        mmu.set_context(c);
        mmu.flush_non_global();
    }
    void set(u32 page, u32 entry) { map.write_value<u32>(PhysAddr(table + 4 * page), entry); }
    u32 get(u32 page) { return map.read_value<u32>(PhysAddr(table + 4 * page)); }
    bool touch(u32 page, bool write) {
        return mmu
            .check(LinearAddr(u64{page} << 12), 1, {write ? AccessKind::Write : AccessKind::Read, Privilege::User})
            .ok;
    }
    bool fill(u32 page, bool write) { return mmu.fill_window(LinearAddr(u64{page} << 12), true, write); }
    /// What is wanted, as after a fault.
    void want(u32 page, bool write) {
        REQUIRE(touch(page, write));
        REQUIRE(fill(page, write));
    }
    u32 mappings() { return mmu.windows()->mappings(); }
    u64 pages() { return mmu.windows()->counts().pages; }
    /// 'w', 'r' or '-' for each page.
    std::string shown(u32 first, u32 count) {
        std::string text;
        for (u32 page = first; page < first + count; ++page)
            text += mmu.windows()->shows(0, page, true) ? 'w' : mmu.windows()->maps(0, page) ? 'r' : '-';
        return text;
    }
    u32 large_entry() { return map.read_value<u32>(PhysAddr(directory + 4)); }
};

} // namespace

TEST_CASE("A large page is shown in one mapping and becomes writable with its D bit") {
    Rig rig;
    rig.want(large_page + 5, false);
    CHECK(rig.mappings() == 1);
    CHECK(rig.pages() == 1024);
    CHECK(rig.shown(large_page + 1023, 2) == "r-");
    CHECK_FALSE(rig.fill(large_page + 77, true));
    CHECK((rig.large_entry() & dirty) == 0);
    rig.want(large_page + 77, true);
    CHECK(rig.mappings() == 1);
    CHECK(rig.shown(large_page, 4) == "wwww");
    rig.map.write_value<u32>(PhysAddr(directory + 4), 0);
    CHECK(rig.mappings() == 0);
    CHECK(rig.pages() == 0);
}

TEST_CASE("A large page is split where it holds code or a device or page tables") {
    Rig rig;
    Registers registers;
    rig.map.map_mmio(PhysAddr(0x404000), 2 * page_size, registers);
    rig.map.mark_code(PhysAddr(0x408010), 4);
    rig.map.write_value<u32>(PhysAddr(directory + 8), 0x40B000 | user_page);
    rig.map.write_value<u32>(PhysAddr(0x40B000), 0x10000 | user_page);
    rig.want(2 * large_page, false); // now 40B000h is watched
    rig.want(large_page + 1, true);
    CHECK(rig.shown(large_page, 16) == "wwww------------");
    rig.want(large_page + 9, true);
    CHECK(rig.shown(large_page, 16) == "wwww-----ww-----");
    rig.want(large_page + 100, true);
    CHECK(rig.shown(large_page, 16) == "wwww-----ww-wwww");
    rig.want(large_page + 8, false);
    CHECK(rig.shown(large_page, 16) == "wwww----rww-wwww");

    // The first code in a frame that is shown writable with others.
    rig.map.mark_code(PhysAddr(0x40E000), 1);
    rig.mmu.protect_frame(PhysAddr(0x40E000));
    CHECK(rig.shown(large_page, 16) == "wwww----rww-ww-w");
}

TEST_CASE("Neighbours are shown if their A bits are set and writable if their D bits are") {
    Rig rig;
    for (u32 page = 0x41; page < 0x44; ++page) rig.set(page, page << 12 | user_page | accessed | dirty);
    rig.set(0x44, 0x44 << 12 | user_page | accessed);
    rig.set(0x46, 0x55 << 12 | user_page | accessed | dirty);
    rig.set(0x47, 0x66 << 12 | read_only | accessed);
    rig.set(0x48, 0x48 << 12 | 3 | accessed | dirty); // not user code's
    rig.set(0x49, 0x49 << 12 | accessed | dirty);     // not present
    rig.set(0x50, 0x50 << 12 | user_page | accessed | dirty);
    rig.want(0x42, true);
    CHECK(rig.shown(0x40, 17) == "-wwwr-wr---------");
    CHECK(rig.mappings() == 4);
    CHECK(rig.get(0x44) == (0x44 << 12 | user_page | accessed));
    CHECK(rig.get(0x45) == (0x45 << 12 | user_page));

    // A is taken away behind the window's back, and comes back with the next access alone.
    rig.set(0x43, 0x43 << 12 | user_page | dirty);
    CHECK(rig.shown(0x40, 8) == "-ww-r-wr");
    rig.want(0x44, true);
    CHECK(rig.shown(0x40, 8) == "-ww-w-wr");
}

TEST_CASE("A foreign global page is not shown beside another") {
    Rig rig;
    rig.set(5, 0x5000 | 0x100 | user_page);
    rig.want(5, false);
    rig.map.write_value<u32>(PhysAddr(0x3000), 0x4000 | user_page);
    rig.map.write_value<u32>(PhysAddr(0x4000 + 4 * 5), 0x5000 | 0x100 | user_page | accessed);
    rig.map.write_value<u32>(PhysAddr(0x4000 + 4 * 6), 0x6000 | user_page | accessed);
    rig.enter(0x3000);
    REQUIRE(rig.mmu.window(true).has_value());
    REQUIRE(rig.touch(5, false));
    REQUIRE(rig.touch(6, false));
    REQUIRE(rig.fill(6, false));
    CHECK(rig.mmu.windows()->maps(1, 6));
    CHECK_FALSE(rig.mmu.windows()->maps(1, 5));
}

TEST_CASE("Watchpoints and switches leave one page at a time") {
    const auto pages = [](const Mmu::WindowOptions& options, u32 page, bool watch) {
        Rig rig(options);
        for (u32 i = 0x40; i < 0x50; ++i) rig.set(i, (i ^ 2) << 12 | user_page | accessed | dirty);
        if (watch) rig.mmu.set_watched_pages({large_page + 3});
        rig.want(page, true);
        return rig.pages();
    };
    CHECK(pages({}, 0x41, false) == 16);
    CHECK(pages({.around = false}, 0x41, false) == 2);
    CHECK(pages({.runs = false}, 0x41, false) == 1);
    CHECK(pages({.enter = false}, large_page, false) == 1024);
    CHECK(pages({.runs = false}, large_page, false) == 1);
    CHECK(pages({}, large_page, true) == 1);
    CHECK(pages({}, 0x41, true) == 1);
}

TEST_CASE("What is near by empties no window") {
    Rig rig({.most_mappings = 64});
    for (u32 i = 0; i < 1024; ++i) rig.set(i, (i ^ 1) << 12 | read_only | accessed);
    for (u32 page = 0x40; page < 0x100; page += 16) rig.want(page, false);
    CHECK(rig.mappings() <= 64);
    CHECK(rig.mmu.windows()->counts().emptied == 0);
    CHECK(rig.pages() > 48);
}
