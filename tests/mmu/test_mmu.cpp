#include "low_memory.h"
#include "mmu/guest_ram.h"
#include "mmu/mmu.h"

#include <catch2/catch.hpp>

#include <random>

using namespace ringshift;

namespace {

struct Listener final : CodeWriteListener {
    std::vector<std::pair<u64, u64>> writes;
    unsigned maps = 0, codes_gone = 0;
    void code_written(PhysAddr address, u64 size, CodeRange&) override { writes.emplace_back(address.value, size); }
    void mark_again(PhysAddr, u64) override {}
    void map_changed(bool code_has_gone) override {
        ++maps;
        codes_gone += code_has_gone;
    }
};

struct Registers final : MmioHandler {
    std::vector<std::string> log;
    u64 read(PhysAddr address, unsigned size) override {
        log.push_back("r" + std::to_string(address.value & 0xFFF) + ":" + std::to_string(size));
        return 0x8877665544332211;
    }
    void write(PhysAddr address, unsigned size, u64) override {
        log.push_back("w" + std::to_string(address.value & 0xFFF) + ":" + std::to_string(size));
    }
    void read_range(PhysAddr address, std::span<u8> out) override {
        log.push_back("R" + std::to_string(address.value & 0xFFF) + ":" + std::to_string(out.size()));
        std::fill(out.begin(), out.end(), u8{0});
    }
    void write_range(PhysAddr address, std::span<const u8> in) override {
        log.push_back("W" + std::to_string(address.value & 0xFFF) + ":" + std::to_string(in.size()));
    }
};

/// RAM with page tables at 1000h (directory) and 2000h (table of the lowest 4 MiB), all pages mapped to themselves.
struct Rig {
    GuestRam ram = GuestRam::create(4 << 20).release();
    PhysicalMap map;
    Listener listener;
    Mmu mmu{map};
    Rig() {
        map.map_ram(PhysAddr(0), ram.size(), ram.data());
        map.share(ram.shared());
        map.add_listener(listener);
        map.write_value<u32>(PhysAddr(0x1000), 0x2007);
        for (u32 i = 0; i < 1024; ++i) set(i, (i << 12) | 7);
        PagingContext c;
        c.cr0 = 0x80010001;
        c.cr3 = 0x1000;
        c.cr4 = 0x80;
        mmu.set_context(c);
    }
    void set(u32 page, u32 entry) { map.write_value<u32>(PhysAddr(0x2000 + 4 * page), entry); }
    u32 get(u32 page) { return map.read_value<u32>(PhysAddr(0x2000 + 4 * page)); }
    template <typename T>
    MemoryOutcome write(u32 address, T value, Privilege privilege = Privilege::Supervisor) {
        return mmu.write(LinearAddr(address), {reinterpret_cast<const u8*>(&value), sizeof value}, privilege);
    }
    template <typename T>
    T read(u32 address) {
        T value{};
        REQUIRE(mmu.read(LinearAddr(address), {reinterpret_cast<u8*>(&value), sizeof value}, Privilege::Supervisor).ok);
        return value;
    }
};

} // namespace

TEST_CASE("the TLB keeps a translation until it is flushed") {
    Rig rig;
    rig.map.write_value<u32>(PhysAddr(0x5000), 0x55555555);
    rig.map.write_value<u32>(PhysAddr(0x6000), 0x66666666);
    CHECK(rig.read<u32>(0x5000) == 0x55555555);
    rig.set(5, 0x6007);
    CHECK(rig.read<u32>(0x5000) == 0x55555555);
    rig.mmu.flush_page(LinearAddr(0x5000));
    CHECK(rig.read<u32>(0x5000) == 0x66666666);
}

TEST_CASE("global translations survive a flush of the others") {
    Rig rig;
    rig.set(5, 0x5107);
    rig.set(6, 0x6007);
    rig.read<u8>(0x5000);
    rig.read<u8>(0x6000);
    rig.map.write_value<u8>(PhysAddr(0x7000), 7);
    rig.set(5, 0x7107);
    rig.set(6, 0x7007);
    rig.mmu.flush_non_global();
    CHECK(rig.read<u8>(0x5000) == 0);
    CHECK(rig.read<u8>(0x6000) == 7);
    rig.mmu.flush_all();
    CHECK(rig.read<u8>(0x5000) == 7);
}

TEST_CASE("a read fills for reading only and the first write sets D") {
    Rig rig;
    rig.read<u8>(0x5000);
    CHECK((rig.get(5) & 0x60) == 0x20);
    CHECK(rig.mmu.fast_read(LinearAddr(0x5000), 4, false) != nullptr);
    CHECK(rig.mmu.fast_write(LinearAddr(0x5000), 4, false) == nullptr);
    CHECK(rig.write<u8>(0x5000, 1).ok);
    CHECK((rig.get(5) & 0x60) == 0x60);
    CHECK(rig.mmu.fast_write(LinearAddr(0x5000), 4, false) != nullptr);
}

TEST_CASE("an access across two pages changes nothing unless both pages allow it") {
    Rig rig;
    rig.set(6, 0x6005); // read-only
    const auto outcome = rig.write<u32>(0x5FFE, 0xAABBCCDD, Privilege::User);
    CHECK_FALSE(outcome.ok);
    CHECK(outcome.fault_address.value == 0x6000);
    CHECK(outcome.error_code == 7);
    CHECK(rig.map.read_value<u16>(PhysAddr(0x5FFE)) == 0);
    rig.set(6, 0x9007);
    rig.mmu.flush_all();
    CHECK(rig.write<u32>(0x5FFE, 0xAABBCCDD, Privilege::User).ok);
    CHECK(rig.map.read_value<u16>(PhysAddr(0x5FFE)) == 0xCCDD);
    CHECK(rig.map.read_value<u16>(PhysAddr(0x9000)) == 0xAABB);
    CHECK(rig.read<u32>(0x5FFE) == 0xAABBCCDD);
}

TEST_CASE("fast accesses do not cross a page and respect privilege") {
    Rig rig;
    rig.set(5, 0x5003); // supervisor
    CHECK(rig.write<u8>(0x5000, 1).ok);
    CHECK(rig.mmu.fast_read(LinearAddr(0x5FFC), 4, false) != nullptr);
    CHECK(rig.mmu.fast_read(LinearAddr(0x5FFD), 4, false) == nullptr);
    CHECK(rig.mmu.fast_read(LinearAddr(0x5000), 4, true) == nullptr);
    const auto outcome = rig.write<u8>(0x5000, 1, Privilege::User);
    CHECK_FALSE(outcome.ok);
    CHECK(outcome.error_code == 7);
}

TEST_CASE("stores to code bytes are told and stores beside them are not") {
    Rig rig;
    CHECK(rig.write<u8>(0x5000, 1).ok);
    REQUIRE(rig.mmu.fast_write(LinearAddr(0x5000), 1, false) != nullptr);
    rig.map.mark_code(PhysAddr(0x5100), 16);
    rig.mmu.protect_frame(PhysAddr(0x5000));
    CHECK(rig.mmu.fast_write(LinearAddr(0x5000), 1, false) == nullptr);
    CHECK(rig.write<u32>(0x5000, 1).ok);
    CHECK(rig.listener.writes.empty());
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x50FC), 4, false) != nullptr);
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x50FD), 4, false) == nullptr);
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x510F), 1, false) == nullptr);
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x5110), 16, false) != nullptr);
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x5FFD), 4, false) == nullptr); // across a page
    CHECK(rig.write<u32>(0x517C, 1).ok);                                       // the same 128 bytes
    REQUIRE(rig.listener.writes.size() == 1);
    CHECK(rig.listener.writes[0] == std::pair<u64, u64>(0x517C, 4));
    const std::vector<u8> block(64, 0xCC);
    rig.map.write(PhysAddr(0x50F0), block); // DMA
    CHECK(rig.listener.writes.size() == 2);
    rig.map.refresh_code(PhysAddr(0x5000));
    CHECK(rig.write<u32>(0x5100, 1).ok);
    CHECK(rig.listener.writes.size() == 2);
    CHECK(rig.mmu.fast_write(LinearAddr(0x5000), 1, false) != nullptr);
    rig.map.mark_code(PhysAddr(0x5200), 16);
    rig.map.mark_code(PhysAddr(0x5208), 32);
    rig.mmu.protect_frame(PhysAddr(0x5000));
    CHECK(rig.write<u32>(0x5000, 1).ok);
    rig.map.refresh_code(PhysAddr(0x5210), 3); // no multiple of anything
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x5210), 2, false) != nullptr);
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x5210), 4, false) == nullptr);
    CHECK(rig.mmu.write_beside_code(LinearAddr(0x520F), 1, false) == nullptr);
}

TEST_CASE("A mark that stands for no code any more goes with the first write to it") {
    Rig rig;
    rig.map.mark_code(PhysAddr(0x5000), 1); // as where an instruction across pages has gone with its first page
    rig.mmu.protect_frame(PhysAddr(0x5000));
    CHECK(rig.write<u8>(0x5001, 1).ok);
    CHECK(rig.mmu.fast_write(LinearAddr(0x5000), 1, false) == nullptr);
    CHECK(rig.write<u8>(0x5000, 1).ok);
    CHECK_FALSE(rig.map.has_code(PhysAddr(0x5000)));
    CHECK(rig.write<u8>(0x5000, 1).ok);
    CHECK(rig.mmu.fast_write(LinearAddr(0x5000), 1, false) != nullptr);
    CHECK(rig.listener.writes.size() == 2); // those beside it, and of it
}

TEST_CASE("ROM is read directly and swallows writes and shadow RAM is split") {
    Rig rig;
    std::vector<u8> rom(page_size, 0x52);
    rig.map.map_rom(PhysAddr(0x8000), page_size, rom.data());
    rig.mmu.flush_all();
    CHECK(rig.write<u8>(0x8000, 1).ok);
    CHECK(rig.read<u8>(0x8000) == 0x52);
    CHECK(rig.mmu.fast_read(LinearAddr(0x8000), 1, false) != nullptr);
    CHECK(rig.mmu.fast_write(LinearAddr(0x8000), 1, false) == nullptr);
    rig.map.map_split(PhysAddr(0x8000), page_size, rom.data(), rig.ram.data() + 0x8000);
    rig.mmu.flush_all();
    CHECK(rig.write<u8>(0x8000, 0x77).ok);
    CHECK(rig.read<u8>(0x8000) == 0x52);
    CHECK(rig.ram.data()[0x8000] == 0x77);
}

TEST_CASE("MMIO sees each access with its size and nothing reads as ones") {
    Rig rig;
    Registers registers;
    rig.map.map_mmio(PhysAddr(0x8000), page_size, registers);
    rig.map.unmap(PhysAddr(0x9000), page_size);
    rig.mmu.flush_all();
    CHECK(rig.read<u16>(0x8004) == 0x2211);
    CHECK(rig.write<u32>(0x8010, 1).ok);
    CHECK(rig.read<u32>(0x9000) == 0xFFFFFFFF);
    CHECK(rig.write<u32>(0x9000, 1).ok);
    CHECK(registers.log == std::vector<std::string>{"r4:2", "w16:4"});
}

TEST_CASE("a watched page and the always-slow mode have no fast path") {
    Rig rig;
    CHECK(rig.write<u8>(0x5000, 1).ok);
    REQUIRE(rig.mmu.fast_write(LinearAddr(0x5000), 1, false));
    rig.mmu.set_watched_pages({5});
    CHECK(rig.write<u8>(0x5000, 1).ok);
    CHECK_FALSE(rig.mmu.fast_write(LinearAddr(0x5000), 1, false));
    CHECK_FALSE(rig.mmu.fast_read(LinearAddr(0x5000), 1, false));
    CHECK(rig.write<u8>(0x6000, 1).ok);
    CHECK(rig.mmu.fast_write(LinearAddr(0x6000), 1, false));
    rig.mmu.set_watched_pages({});
    rig.mmu.set_always_slow(true);
    CHECK(rig.write<u8>(0x6000, 1).ok);
    CHECK_FALSE(rig.mmu.fast_write(LinearAddr(0x6000), 1, false));
}

TEST_CASE("the dirty byte of a page is set by the first write after it was cleared") {
    Rig rig;
    std::vector<u8> video(2 * page_size);
    std::vector<std::atomic<u8>> dirty(2);
    rig.map.map_ram(PhysAddr(0x8000), 2 * page_size, video.data(), dirty.data());
    rig.mmu.flush_all();
    rig.read<u8>(0x9000);
    CHECK(dirty[1] == 0);
    CHECK(rig.write<u8>(0x9000, 1).ok);
    CHECK(dirty[0] == 0);
    CHECK(dirty[1] == 1);
    CHECK(rig.write<u8>(0x9001, 1).ok);
    CHECK(rig.mmu.fast_write(LinearAddr(0x9000), 1, false) != nullptr);
    dirty[1] = 0;
    rig.mmu.drop_write_tags(PhysAddr(0x8000), 2 * page_size);
    CHECK(rig.mmu.fast_write(LinearAddr(0x9000), 1, false) == nullptr);
    CHECK(rig.write<u8>(0x9002, 1).ok);
    CHECK(dirty[1] == 1);
}

TEST_CASE("random accesses through the TLB agree with flat memory under random remapping") {
    Rig rig;
    std::mt19937 random(3);
    std::vector<u32> frame_of(64);
    std::vector<u8> shadow(rig.ram.size());
    const auto remap = [&](u32 page) {
        frame_of[page] = static_cast<u32>(0x100 + random() % 64);
        rig.set(0x100 + page, (frame_of[page] << 12) | 7);
        rig.mmu.flush_page(LinearAddr((0x100 + page) << 12));
    };
    for (u32 page = 0; page < 64; ++page) remap(page);
    for (unsigned i = 0; i < 200'000; ++i) {
        if (random() % 100 == 0) remap(static_cast<u32>(random() % 64));
        const auto offset = static_cast<u32>(random() % (64 * 4096 - 8));
        const u32 linear = 0x100000 + offset;
        const auto size = static_cast<unsigned>(1u << (random() % 4));
        const auto at = [&](u32 k) { return (frame_of[(offset + k) >> 12] << 12) | ((offset + k) & 0xFFF); };
        u64 value = random();
        if (random() % 2) {
            if (u8* host = rig.mmu.fast_write(LinearAddr(linear), size, false))
                std::memcpy(host, &value, size);
            else
                REQUIRE(
                    rig.mmu.write(LinearAddr(linear), {reinterpret_cast<u8*>(&value), size}, Privilege::Supervisor).ok);
            for (u32 k = 0; k < size; ++k) shadow[at(k)] = static_cast<u8>(value >> (8 * k));
        } else {
            u64 got = 0, want = 0;
            if (const u8* host = rig.mmu.fast_read(LinearAddr(linear), size, false))
                std::memcpy(&got, host, size);
            else
                REQUIRE(
                    rig.mmu.read(LinearAddr(linear), {reinterpret_cast<u8*>(&got), size}, Privilege::Supervisor).ok);
            for (u32 k = 0; k < size; ++k) want |= u64{shadow[at(k)]} << (8 * k);
            REQUIRE(got == want);
        }
    }
}

TEST_CASE("a debugger reads and writes without setting A or D and never touches registers") {
    Rig rig;
    Registers registers;
    rig.map.map_mmio(PhysAddr(0x8000), page_size, registers);
    std::vector<u8> bytes(16);
    CHECK(rig.mmu.debug_read(LinearAddr(0x5000), bytes) == 16);
    CHECK(rig.mmu.debug_write(LinearAddr(0x5000), bytes) == 16);
    CHECK((rig.get(5) & 0x60) == 0);
    CHECK(rig.mmu.debug_read(LinearAddr(0x7FF8), bytes) == 8);
    CHECK(rig.mmu.debug_write(LinearAddr(0x8000), bytes) == 0);
    rig.set(9, 0);
    CHECK(rig.mmu.debug_read(LinearAddr(0x9000), bytes) == 0);
    CHECK(registers.log.empty());
}

TEST_CASE("a store to a watched page table takes effect at once") {
    Rig rig;
    rig.mmu.watch_page_tables(true);
    rig.map.write_value<u32>(PhysAddr(0x5000), 0x55555555);
    rig.map.write_value<u32>(PhysAddr(0x6000), 0x66666666);
    CHECK(rig.read<u32>(0x5000) == 0x55555555);
    rig.set(5, 0x6007);
    CHECK(rig.read<u32>(0x5000) == 0x66666666);
    // through the tables themselves, which are mapped to where they are
    CHECK(rig.write<u32>(0x2000 + 4 * 5, 0x5007).ok);
    CHECK(rig.read<u32>(0x5000) == 0x55555555);
    CHECK(rig.mmu.fast_write(LinearAddr(0x2000), 4, false) == nullptr);
    // A is set again after it was cleared without a flush
    CHECK((rig.get(5) & 0x20) != 0);
    rig.set(5, 0x5007);
    rig.read<u32>(0x5000);
    CHECK((rig.get(5) & 0x20) != 0);
}

TEST_CASE("a page table that is written all the time is no longer watched and nothing of it is left") {
    Rig rig;
    rig.mmu.watch_page_tables(true);
    rig.read<u8>(0x5000);
    for (u32 i = 100; i < 200; ++i) rig.set(i, 0);
    CHECK(rig.write<u32>(0x2000 + 4 * 200, 0).ok);
    CHECK(rig.mmu.fast_read(LinearAddr(0x5000), 1, false) == nullptr);
    rig.map.write_value<u8>(PhysAddr(0x7000), 7);
    rig.set(5, 0x7007);
    CHECK(rig.read<u8>(0x5000) == 7);
    rig.set(5, 0x5007);
    CHECK(rig.read<u8>(0x5000) == 0);
}

TEST_CASE("windows hold what the TLB allows and page tables take it back from every address space") {
    Rig rig;
    REQUIRE(rig.mmu.open_windows({}).ok());
    const auto fill = [&](u32 address, bool write) { return rig.mmu.fill_window(LinearAddr(address), true, write); };
    const auto touch = [&](u32 address, bool write) {
        u8 byte = 0;
        const std::span<u8> one(&byte, 1);
        return write ? rig.mmu.write(LinearAddr(address), one, Privilege::User).ok
                     : rig.mmu.read(LinearAddr(address), one, Privilege::User).ok;
    };
    const u64 first = rig.mmu.window(true).value();
    REQUIRE(first != 0);
    CHECK_FALSE(fill(0x5000, false)); // nobody has looked yet
    REQUIRE(touch(0x5000, false));
    CHECK(fill(0x5000, false));
    CHECK_FALSE(fill(0x5000, true)); // D is clear
    REQUIRE(touch(0x5000, true));
    CHECK(fill(0x5000, true));
    const u32 mapped = rig.mmu.windows()->mappings();

    // another address space, in which the same table is used
    rig.map.write_value<u32>(PhysAddr(0x3000), 0x2007);
    PagingContext other = rig.mmu.context();
    other.cr3 = 0x3000;
    const PagingContext before = rig.mmu.context();
    rig.mmu.set_context(other);
    rig.mmu.flush_non_global();
    const u64 second = rig.mmu.window(true).value();
    CHECK(second != first);
    CHECK(rig.mmu.windows()->mappings() == mapped);
    REQUIRE(touch(0x6000, true));
    CHECK(fill(0x6000, true));
    rig.set(5, 0x7007);
    CHECK(rig.mmu.windows()->mappings() == mapped);
    rig.mmu.set_context(before);
    rig.mmu.flush_non_global();
    CHECK(rig.mmu.window(true) == first);
    CHECK_FALSE(fill(0x5000, false));
    rig.mmu.flush_all();
    CHECK(rig.mmu.windows()->mappings() == 0);
}

TEST_CASE("A window takes no global translation that another address space's tables have given") {
    Rig rig;
    REQUIRE(rig.mmu.open_windows({}).ok());
    const auto fill = [&] { return rig.mmu.fill_window(LinearAddr(0x5000), true, false); };
    const auto touch = [&] {
        u8 byte = 0;
        return rig.mmu.read(LinearAddr(0x5000), {&byte, 1}, Privilege::User).ok;
    };
    rig.set(5, 0x5107);
    const PagingContext before = rig.mmu.context();
    REQUIRE(rig.mmu.window(true).has_value());
    REQUIRE(touch());
    CHECK(fill());

    // Tables of its own, with the same page: the TLB still answers, and sets no A there.
    rig.map.write_value<u32>(PhysAddr(0x3000), 0x4007);
    rig.map.write_value<u32>(PhysAddr(0x4000 + 4 * 5), 0x5107);
    PagingContext other = before;
    other.cr3 = 0x3000;
    rig.mmu.set_context(other);
    rig.mmu.flush_non_global();
    REQUIRE(rig.mmu.window(true).has_value());
    REQUIRE(touch());
    CHECK((rig.map.read_value<u32>(PhysAddr(0x4000 + 4 * 5)) & 0x20) == 0);
    CHECK_FALSE(fill());
    rig.mmu.flush_page(LinearAddr(0x5000));
    REQUIRE(touch());
    CHECK((rig.map.read_value<u32>(PhysAddr(0x4000 + 4 * 5)) & 0x20) != 0);
    CHECK(fill());
}

TEST_CASE("The window at home is the busiest address space's") {
    NEEDS_LOW_MEMORY();
    Rig rig;
    REQUIRE(rig.mmu.open_windows({.home = true}).ok());
    const auto window = [&] { return rig.mmu.window(true).value(); };
    const PagingContext before = rig.mmu.context();
    PagingContext other = before;
    other.cr3 = 0x3000;
    rig.map.write_value<u32>(PhysAddr(0x3000), 0x2007);
    CHECK(window() == 0); // nobody else is there
    rig.mmu.add_window_work(50'000'000);
    rig.mmu.set_context(other);
    CHECK(window() != 0);
    const u64 elsewhere = window();
    rig.mmu.add_window_work(50'000'000);
    CHECK(window() == elsewhere); // they take turns
    rig.mmu.set_context(before);
    rig.mmu.add_window_work(50'000'000);
    rig.mmu.set_context(other);
    CHECK(window() == elsewhere);
    for (int i = 0; i < 8; ++i) rig.mmu.add_window_work(50'000'000);
    CHECK(window() == 0);
    rig.mmu.set_context(before);
    CHECK(window() != 0);

    // A page that was shown at home is not shown to the next one there.
    rig.mmu.set_context(other);
    rig.set(0x20, 0x5007);
    u8 byte = 0;
    REQUIRE(rig.mmu.read(LinearAddr(0x20000), {&byte, 1}, Privilege::User).ok);
    CHECK(rig.mmu.fill_window(LinearAddr(0x20000), true, false));
    CHECK(rig.mmu.windows()->mappings() == 1);
    rig.mmu.set_context(before);
    for (int i = 0; i < 8; ++i) rig.mmu.add_window_work(50'000'000);
    CHECK(window() == 0);
    CHECK(rig.mmu.windows()->mappings() == 0);
}

TEST_CASE("An address space loses its windows when their misses cost more than it has run") {
    const bool worth = GENERATE(false, true);
    Rig rig;
    REQUIRE(rig.mmu.open_windows({.worth = worth}).ok());
    CHECK_FALSE(rig.mmu.deserves_window(1000));
    rig.mmu.add_window_work(1000);
    CHECK(rig.mmu.deserves_window(1000));
    rig.set(5, 0x5107);
    REQUIRE(rig.mmu.window(true).has_value());
    u8 byte = 0;
    REQUIRE(rig.mmu.read(LinearAddr(0x5000), {&byte, 1}, Privilege::User).ok);
    REQUIRE(rig.mmu.fill_window(LinearAddr(0x5000), true, false));
    rig.mmu.charge_window(400);
    CHECK(rig.mmu.deserves_window(1000));
    rig.mmu.charge_window(600);
    CHECK(rig.mmu.deserves_window(1000) == !worth);
    rig.mmu.add_window_work(1500);
    CHECK(rig.mmu.deserves_window(1000) == !worth); // it takes twice as much now
    rig.mmu.add_window_work(500);
    CHECK(rig.mmu.deserves_window(1000));
    CHECK(rig.mmu.windows()->mappings() == (worth ? 0 : 1)); // and begins anew
}

TEST_CASE("Memory that was a page table is written fast again once it is filled at once") {
    Rig rig;
    rig.mmu.watch_page_tables(true);
    const PagingContext before = rig.mmu.context();
    PagingContext other = before;
    other.cr3 = 0x3000;
    rig.map.write_value<u32>(PhysAddr(0x3000), 0x4007);
    rig.map.write_value<u32>(PhysAddr(0x4000 + 4 * 5), 0x5107);
    u8 byte = 0;
    rig.mmu.set_context(other);
    rig.mmu.flush_non_global();
    REQUIRE(rig.mmu.read(LinearAddr(0x5000), {&byte, 1}, Privilege::User).ok);
    rig.mmu.set_context(before);
    rig.mmu.flush_non_global();
    rig.set(6, 0x4007);
    const LinearAddr there(0x6000);
    REQUIRE(rig.mmu.write(there, {&byte, 1}, Privilege::Supervisor).ok);
    CHECK(rig.map.has_table(PhysAddr(0x4000)));
    CHECK(rig.mmu.fast_write(there, 1, false) == nullptr);
    rig.mmu.note_long_write(there, 8, false); // as an entry is written
    CHECK(rig.mmu.fast_write(there, 1, false) == nullptr);
    rig.mmu.note_long_write(there, page_size, false);
    REQUIRE(rig.mmu.write(there, {&byte, 1}, Privilege::Supervisor).ok);
    CHECK(rig.mmu.fast_write(there, 1, false) != nullptr);
    CHECK_FALSE(rig.map.has_table(PhysAddr(0x4000)));
}

TEST_CASE("A change of the map takes code away only where there was memory that may have held it") {
    Rig rig;
    Listener listener;
    Registers registers;
    rig.map.add_listener(listener);
    const PhysAddr device(0x8000000), screen(0x9000000);
    rig.map.map_mmio(device, page_size, registers);
    rig.map.unmap(device, page_size);
    CHECK(listener.maps == 2);
    CHECK(listener.codes_gone == 0);

    GuestRam memory = GuestRam::create(page_size).release();
    std::atomic<u8> dirty{0};
    rig.map.map_ram(screen, page_size, memory.data(), &dirty);
    rig.map.unmap(screen, page_size);
    CHECK(listener.codes_gone == 0);
    rig.map.map_ram(screen, page_size, memory.data(), &dirty);
    rig.map.mark_code(screen + 100, 5);
    rig.map.unmap(screen, page_size);
    CHECK(listener.codes_gone == 1);
    rig.map.unmap(PhysAddr(0x8000), page_size);
    CHECK(listener.codes_gone == 2);
    CHECK(listener.maps == 7);
    rig.map.remove_listener(listener);
}
