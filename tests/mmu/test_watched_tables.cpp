// Page tables edited at random, with and without flushes, under two directories that share a table, with large pages, a
// directory that maps itself, both privileges, CR0.WP on and off: whatever the soft TLB and the windows have kept must
// be what a walk finds.
#include "mmu/guest_ram.h"
#include "mmu/mmu.h"

#include <catch2/catch.hpp>

#include <random>
#include <sys/uio.h>
#include <unistd.h>

using namespace ringshift;

namespace {

constexpr u32 frames = 512, tables = 8; ///< of the first frames 1 to 7 are page directories and tables
constexpr u32 marker = 0x10;            ///< offset of a byte that is different in neighbouring frames

struct Torture {
    GuestRam ram = GuestRam::create(frames * page_size).release();
    PhysicalMap map;
    Mmu mmu{map};
    std::mt19937 random;

    explicit Torture(u32 seed) : random(seed) {
        map.map_ram(PhysAddr(0), ram.size(), ram.data());
        map.share(ram.shared());
        for (u32 i = tables; i < frames; ++i) ram.data()[i * page_size + marker] = mark(i);
        for (const u32 directory : {1u, 2u}) {
            put(directory, 0, 3 << 12 | 7);
            put(directory, 1, (3 + directory) << 12 | 7);
            put(directory, 2, directory << 12 | 3); // itself
            put(directory, 3, 0x87);                // a large page over everything
        }
        enter(0);
    }
    static u8 mark(u32 frame) { return static_cast<u8>(frame * 7 + 1); }
    u32 below(u32 limit) { return static_cast<u32>(random()) % limit; }
    void put(u32 table, u32 index, u32 entry) { map.write_value<u32>(PhysAddr(table * page_size + 4 * index), entry); }
    void enter(u32 which) {
        PagingContext c;
        c.cr0 = 0x80000001 | (which & 2 ? 1u << 16 : 0);
        c.cr3 = (1 + (which & 1)) * page_size;
        c.cr4 = 0x90;
        const bool more = (mmu.context().cr0 ^ c.cr0) != 0;
        mmu.set_context(c);
        more ? mmu.flush_all() : mmu.flush_non_global();
    }
    u32 some_page() {
        static constexpr std::array<u32, 4> starts{0, 1024, 2048, 3072};
        return starts[below(4)] + below(24);
    }
    void edit() {
        const u32 index = below(24);
        const u32 flags = below(8) | (below(2) ? 0x60 : below(2) ? 0x20 : 0);
        const u32 entry = (tables + below(frames - tables)) << 12 | flags;
        switch (below(12)) {
        case 0: put(1 + below(2), 3, 0x80 | (flags & 0x67)); break;
        case 1: put(1 + below(2), 1, (4 + below(2)) << 12 | flags | 1); break;
        case 2: { // by its linear address, through the directory that maps itself
            const LinearAddr at((2u << 22) + 4 * index);
            (void)mmu.write(at, {reinterpret_cast<const u8*>(&entry), 4}, Privilege::Supervisor);
            break;
        }
        case 3: // a flood
            for (u32 i = 0; i < 60; ++i) put(3, i, entry);
            break;
        default: put(3 + below(3), index, entry); break;
        }
    }
    void access() {
        const bool user = below(2) != 0, write = below(3) == 0;
        const Privilege privilege = user ? Privilege::User : Privilege::Supervisor;
        const LinearAddr at(u64{some_page()} * page_size + marker);
        const Translation expected =
            probe(map, mmu.context(), at, {write ? AccessKind::Write : AccessKind::Read, privilege});
        u8 byte = 0;
        if (write && expected.ok) byte = *(ram.data() + expected.address.value % ram.size()); // what is there anyway
        const bool in_ram = expected.ok && expected.address.value < ram.size();
        if (write && !in_ram) return;
        const std::span<u8> one(&byte, 1);
        const MemoryOutcome outcome = write ? mmu.write(at, one, privilege) : mmu.read(at, one, privilege);
        REQUIRE(outcome.ok == expected.ok);
        if (!outcome.ok) {
            CHECK(outcome.error_code == expected.error_code);
            return;
        }
        if (!write && in_ram) CHECK(byte == ram.data()[expected.address.value]);
        if (mmu.window(user)) mmu.fill_window(at, user, write);
    }
    void check_windows() {
        for (const bool user : {false, true}) {
            const std::optional<u64> base = mmu.window(user);
            if (!base) continue;
            const Privilege privilege = user ? Privilege::User : Privilege::Supervisor;
            for (u32 start : {0u, 1024u, 2048u, 3072u}) {
                for (u32 page = start; page < start + 24; ++page) {
                    const LinearAddr at(u64{page} * page_size + marker);
                    void* host = reinterpret_cast<void*>(*base + at.value);
                    u8 byte = 0;
                    const iovec here{&byte, 1}, there{host, 1};
                    if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != 1) continue;
                    const Translation t = probe(map, mmu.context(), at, {AccessKind::Read, privilege});
                    INFO("page " << page << (user ? " user" : " supervisor"));
                    REQUIRE(t.ok);
                    REQUIRE(t.address.value < ram.size());
                    CHECK(byte == ram.data()[t.address.value]);
                    if (process_vm_writev(getpid(), &here, 1, &there, 1, 0) != 1) continue;
                    CHECK(t.writable);
                    CHECK_FALSE(map.has_table(t.address));
                    ++writable;
                }
            }
        }
    }
    u64 writable = 0;
};

} // namespace

TEST_CASE("Whatever is kept of edited page tables is what a walk finds") {
    u64 writable = 0;
    for (u32 seed = 1; seed <= 12; ++seed) {
        INFO("seed " << seed);
        Torture torture(seed);
        const Mmu::WindowOptions options{.most_mappings = seed % 3 == 0 ? 64u : 0u,
                                         .runs = seed % 4 != 0,
                                         .around = seed % 4 != 1,
                                         .enter = seed % 5 != 0,
                                         .home = seed % 2 == 0};
        REQUIRE(torture.mmu.open_windows(options).ok());
        for (int step = 0; step < 1500; ++step) {
            switch (torture.below(8)) {
            case 0: torture.enter(torture.below(4)); break;
            case 1:
            case 2: torture.edit(); break;
            case 3: torture.mmu.flush_page(LinearAddr(u64{torture.some_page()} * page_size)); break;
            default: torture.access(); break;
            }
            if (step % 10 == 0) torture.check_windows();
        }
        writable += torture.writable;
    }
    CHECK(writable > 100);
}
