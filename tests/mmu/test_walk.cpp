// The page walk against a model written in another way: the model collects every entry of the path first, as a list of
// levels, and then states the rules of SDM vol. 3A, 4.6 and 4.7 over that list. Tables, contexts and accesses are
// random.
#include "mmu/guest_ram.h"
#include "mmu/mmu.h"

#include <catch2/catch.hpp>

#include <random>

using namespace ringshift;

namespace {

constexpr u64 ram_size = 8 << 20;

struct Memory {
    GuestRam ram = GuestRam::create(ram_size).release();
    PhysicalMap map;
    Memory() { map.map_ram(PhysAddr(0), ram_size, ram.data()); }
    u64 entry(u64 at, unsigned size) {
        u64 value = 0;
        map.read(PhysAddr(at), {reinterpret_cast<u8*>(&value), size});
        return value;
    }
};

struct Expected {
    bool ok = false;
    u32 error_code = 0;
    u64 address = 0;
    std::vector<u64> used; ///< addresses of the entries that get A, the last also D on a write
};

Expected model(Memory& memory, const PagingContext& c, u32 address, Access access) {
    const bool pae = c.cr4 >> 5 & 1, nx = pae && (c.efer >> 11 & 1), smep = c.cr4 >> 20 & 1, wp = c.cr0 >> 16 & 1;
    const bool user = access.privilege == Privilege::User, write = access.kind == AccessKind::Write,
               fetch = access.kind == AccessKind::Fetch;
    const u32 base_code = (write ? 2u : 0u) | (user ? 4u : 0u) | (fetch && (nx || smep) ? 16u : 0u);
    Expected e;
    struct Level {
        u64 at, value;
        unsigned page_bits; ///< 0: not a leaf
        u64 reserved;
    };
    std::vector<Level> levels;
    const u64 above = pae ? (~u64{0} << c.physical_bits) & 0x7FFFFFFFFFFFFFFF : 0;
    const u64 nx_reserved = pae && !nx ? u64{1} << 63 : 0;
    const unsigned size = pae ? 8 : 4;
    if (pae && !(c.pdpte[address >> 30] & 1)) {
        e.error_code = base_code;
        return e;
    }
    const u64 frame_mask = ((u64{1} << c.physical_bits) - 1) & ~u64{0xFFF};
    const u64 directory = pae ? c.pdpte[address >> 30] & frame_mask : c.cr3 & 0xFFFFF000;
    const u64 pde_at = directory + (pae ? (address >> 21 & 511) : (address >> 22)) * size;
    const u64 pde = memory.entry(pde_at, size);
    const bool large = (pde & 0x80) && (pae || (c.cr4 >> 4 & 1));
    u64 reserved = above | nx_reserved;
    if (large && pae) reserved |= 0x1FE000;
    if (large && !pae) { // bits 21 down to M - 19; with M = 32 that is 21 to 13, with 36: 21 to 17, with 40: 21
        const unsigned m = std::min<unsigned>(c.physical_bits, 40);
        for (unsigned bit = m - 19; bit <= 21; ++bit) reserved |= u64{1} << bit;
    }
    levels.push_back({pde_at, pde, large ? (pae ? 21u : 22u) : 0u, reserved});
    if (!large && (pde & 1) && !(pde & reserved)) {
        const u64 table = pae ? pde & frame_mask : pde & 0xFFFFF000;
        const u64 pte_at = table + (address >> 12 & (pae ? 511 : 1023)) * size;
        levels.push_back({pte_at, memory.entry(pte_at, size), 12, above | nx_reserved});
    }
    for (const Level& level : levels) {
        if (!(level.value & 1)) {
            e.error_code = base_code;
            return e;
        }
        if (level.value & level.reserved) {
            e.error_code = base_code | 1 | 8;
            return e;
        }
    }
    bool writable = true, user_page = true, executable = true;
    for (const Level& level : levels) {
        writable = writable && (level.value & 2);
        user_page = user_page && (level.value & 4);
        executable = executable && !(nx && (level.value >> 63));
    }
    bool allowed = !user || user_page;
    if (write && !writable && (user || wp)) allowed = false;
    if (fetch && (!executable || (smep && !user && user_page))) allowed = false;
    if (!allowed) {
        e.error_code = base_code | 1;
        return e;
    }
    const Level& leaf = levels.back();
    u64 frame = leaf.value & (pae ? frame_mask | 0xFFF : 0xFFFFFFFF);
    if (large && !pae && c.physical_bits > 32) {
        const unsigned extra = std::min<unsigned>(c.physical_bits, 40) - 32;
        frame |= (leaf.value >> 13 & ((1u << extra) - 1)) << 32;
    }
    const u64 offset_mask = (u64{1} << leaf.page_bits) - 1;
    e.ok = true;
    e.address = ((frame & ~offset_mask) & ~u64{0xFFF}) | (address & offset_mask);
    for (const Level& level : levels) e.used.push_back(level.at);
    return e;
}

/// Entries that mostly lead somewhere: within RAM, with a few bits wrong now and then.
u64 random_entry(std::mt19937_64& random, bool pae) {
    u64 value = (random() % (ram_size / page_size)) << 12;
    for (const unsigned bit : {0u, 1u, 2u})
        if (random() % 8 != 0) value |= u64{1} << bit;
    for (const unsigned bit : {5u, 6u, 8u})
        if (random() % 2 != 0) value |= u64{1} << bit;
    if (random() % 6 == 0) value |= 0x80;
    if (random() % 16 == 0) value |= u64{1} << (12 + random() % 12);
    if (pae && random() % 6 == 0) value |= u64{1} << 63;
    if (pae && random() % 24 == 0) value |= u64{1} << (32 + random() % 31);
    return value;
}

} // namespace

TEST_CASE("the page walk agrees with a model of the manual on random tables and accesses") {
    std::mt19937_64 random(7);
    Memory memory;
    unsigned translated = 0, faulted = 0;
    for (unsigned round = 0; round < 3000; ++round) {
        PagingContext c;
        const bool pae = random() % 2;
        c.cr0 = 0x80000001 | (random() % 2 ? 1u << 16 : 0);
        c.cr4 = (random() % 2 ? 0x10u : 0) | (pae ? 0x20u : 0) | (random() % 2 ? 0x80u : 0) |
                (random() % 4 == 0 ? 1u << 20 : 0);
        c.efer = random() % 2 ? 0x800 : 0;
        static constexpr u8 widths[] = {32, 36, 40};
        c.physical_bits = widths[random() % 3];
        c.cr3 = 0x1000;
        for (u64& pdpte : c.pdpte) pdpte = 0x1000 * (1 + random() % 4) | (random() % 8 != 0);
        for (u64 at = 0x1000; at < 0x6000; at += 8) {
            const u64 value = pae ? random_entry(random, true)
                                  : (random_entry(random, false) & 0xFFFFFFFF) | (random_entry(random, false) << 32);
            memory.map.write_value<u64>(PhysAddr(at), value);
        }
        // Some entries lead to tables that hold entries as well.
        for (unsigned i = 0; i < 200; ++i) {
            const u64 at = 0x1000 + random() % 0x4000 / 8 * 8;
            const u64 value = memory.map.read_value<u64>(PhysAddr(at));
            memory.map.write_value<u64>(PhysAddr(at), (value & ~u64{0xFFFFF080}) | (0x1000 * (1 + random() % 5)));
        }
        for (unsigned i = 0; i < 200; ++i) {
            const auto address = static_cast<u32>(random());
            const Access access{static_cast<AccessKind>(random() % 3), static_cast<Privilege>(random() % 3)};
            const Expected expected = model(memory, c, address, access);
            std::vector<u64> before;
            for (const u64 at : expected.used) before.push_back(memory.entry(at, pae ? 8 : 4));
            const Translation probed = probe(memory.map, c, LinearAddr(address), access);
            for (std::size_t k = 0; k < before.size(); ++k)
                REQUIRE(memory.entry(expected.used[k], pae ? 8 : 4) == before[k]);
            const Translation got = walk(memory.map, c, LinearAddr(address), access);
            INFO("round " << round << " address " << address << " pae " << pae << " error " << got.error_code
                          << " want " << expected.error_code);
            REQUIRE(got.ok == expected.ok);
            REQUIRE(probed.ok == expected.ok);
            if (!expected.ok) {
                REQUIRE(got.error_code == expected.error_code);
                ++faulted;
                continue;
            }
            ++translated;
            REQUIRE(got.address.value == expected.address);
            for (std::size_t k = 0; k < expected.used.size(); ++k) {
                u64 want = before[k] | 0x20;
                if (k + 1 == expected.used.size() && access.kind == AccessKind::Write) want |= 0x40;
                // One entry may serve as both levels of a walk; then it has the bits of both.
                const u64 now = memory.entry(expected.used[k], pae ? 8 : 4);
                REQUIRE((now & want) == want);
                REQUIRE((now & ~u64{0x60}) == (before[k] & ~u64{0x60}));
            }
        }
    }
    CHECK(translated > 20'000);
    CHECK(faulted > 50'000);
}

TEST_CASE("PDPTEs with reserved bits cannot be loaded") {
    Memory memory;
    PagingContext c;
    c.cr3 = 0x1000;
    c.physical_bits = 36;
    for (const unsigned bit : {1u, 2u, 5u, 6u, 7u, 8u, 36u, 51u, 63u}) {
        for (unsigned i = 0; i < 4; ++i) memory.map.write_value<u64>(PhysAddr(0x1000 + 8 * i), 0x2001);
        CHECK(load_pdptes(memory.map, c));
        memory.map.write_value<u64>(PhysAddr(0x1008), 0x2001 | (u64{1} << bit));
        INFO("bit " << bit);
        CHECK_FALSE(load_pdptes(memory.map, c));
        memory.map.write_value<u64>(PhysAddr(0x1008), u64{1} << bit); // not present: nothing is reserved
        CHECK(load_pdptes(memory.map, c));
    }
}
