#include "bt/policy.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace ringshift;
using namespace ringshift::bt;

namespace {

std::unique_ptr<CachePolicy> policy(std::string_view name, u32 size) {
    auto made = make_policy(name, size);
    REQUIRE(made.ok());
    return made.release();
}

std::string error_of(std::string_view name, u32 size) {
    const auto made = make_policy(name, size);
    return made.ok() ? "" : made.error().message;
}

/// Places a block of each size and returns what was evicted for the last one.
std::vector<u32> fill(CachePolicy& p, std::initializer_list<u32> sizes) {
    std::vector<u32> evicted;
    for (const u32 size : sizes) {
        evicted.clear();
        p.place(size, 0, evicted);
    }
    return evicted;
}

} // namespace

TEST_CASE("Flush evicts everything when the end is reached") {
    const auto p = policy("flush", 65536);
    CHECK(fill(*p, {32768, 16384, 16384}).empty());
    CHECK(fill(*p, {16}) == std::vector<u32>{0, 32768, 49152});
    CHECK(fill(*p, {16}).empty());
}

TEST_CASE("Fifo empties the unit that it fills next and no other") {
    const auto p = policy("fifo:4", 65536);
    CHECK(p->largest() == 16384);
    CHECK(fill(*p, {16384, 16384, 16384, 16384}).empty());
    CHECK(fill(*p, {8192}) == std::vector<u32>{0});
    CHECK(fill(*p, {8192}).empty());
    CHECK(fill(*p, {16}) == std::vector<u32>{16384});
}

TEST_CASE("Ring evicts exactly the blocks in the way") {
    const auto p = policy("ring", 65536);
    CHECK(fill(*p, {16384, 16384, 16384, 16384}).empty());
    CHECK(fill(*p, {8192}) == std::vector<u32>{0});
    CHECK(fill(*p, {8192}).empty());
    CHECK(fill(*p, {8208}) == std::vector<u32>{16384});
    CHECK(fill(*p, {16384}) == std::vector<u32>{32768});
    CHECK(fill(*p, {32768}) == std::vector<u32>{0, 8192, 16384, 24592}); // no room before the end
}

TEST_CASE("A policy does not evict what was removed before") {
    const auto p = policy("ring", 65536);
    fill(*p, {32768, 32768});
    p->removed(0);
    p->removed(12345);
    CHECK(fill(*p, {32768}).empty());
    CHECK(fill(*p, {32768}) == std::vector<u32>{32768});
    p->clear();
    CHECK(fill(*p, {32768, 32768}).empty());
}

TEST_CASE("What runs is laid from below and what is cold from above until they meet") {
    const auto p = policy("fifo:2", 65536);
    std::vector<u32> evicted;
    const auto a = p->place(1024, 4096, evicted);
    const auto b = p->place(2048, 1024, evicted);
    CHECK(a.offset == 0);
    CHECK(a.cold == 32768 - 4096);
    CHECK(b.offset == 1024);
    CHECK(b.cold == a.cold - 1024);
    CHECK(p->place(24576 + 1, 0, evicted).offset == 32768); // one byte too large for what is left between them
    CHECK(evicted.empty());
    CHECK(p->place(1024, 24576, evicted).offset == 0);
    CHECK(evicted == std::vector<u32>{0, 1024});
}

TEST_CASE("Ring evicts blocks in the way of either part") {
    const auto p = policy("ring", 65536);
    std::vector<u32> evicted;
    for (int i = 0; i < 8; ++i) p->place(4096, 4096, evicted);
    CHECK(evicted.empty());
    p->place(4096, 12288, evicted); // over one block's part that runs, and three cold ones
    CHECK(evicted == std::vector<u32>{0, 4096, 8192});
    evicted.clear();
    p->place(12288, 0, evicted);
    CHECK(evicted == std::vector<u32>{12288});
}

TEST_CASE("Blocks of a policy never overlap and lie in the cache") {
    for (const std::string_view name : {"flush", "fifo:2", "fifo:16", "ring"}) {
        INFO(name);
        const u32 size = 65536;
        const auto p = policy(name, size);
        std::map<u32, u32> live;  // of all parts
        std::map<u32, u32> parts; // by offset: where the cold part is, or what is none
        std::minstd_rand random(1);
        std::vector<u32> evicted;
        const auto remove = [&](u32 gone) {
            REQUIRE(live.erase(gone) == 1);
            live.erase(parts.at(gone));
            parts.erase(gone);
        };
        const auto add = [&](u32 offset, u32 bytes) {
            REQUIRE(offset + bytes <= size);
            const auto next = live.lower_bound(offset);
            REQUIRE((next == live.end() || offset + bytes <= next->first));
            REQUIRE((next == live.begin() || std::prev(next)->first + std::prev(next)->second <= offset));
            live[offset] = bytes;
        };
        for (int i = 0; i < 20000; ++i) {
            evicted.clear();
            const u32 bytes = 16 * (1 + static_cast<u32>(random()) % (p->largest() / 16));
            const u32 cold = random() % 4 == 0 ? 0 : static_cast<u32>(random()) % (p->largest() - bytes + 1);
            const auto place = p->place(bytes, cold, evicted);
            for (const u32 gone : evicted) remove(gone);
            add(place.offset, bytes);
            if (cold != 0) add(place.cold, cold);
            parts[place.offset] = cold != 0 ? place.cold : size;
            if (random() % 5 == 0) {
                p->removed(parts.begin()->first);
                remove(parts.begin()->first);
            }
            const u32 anywhere = static_cast<u32>(random()) % (size + 100);
            std::optional<u32> there;
            for (const auto& [offset, cold_at] : parts)
                for (const u32 part : {offset, cold_at})
                    if (live.contains(part) && anywhere - part < live.at(part)) there = offset;
            REQUIRE(p->around(anywhere) == there);
        }
    }
}

TEST_CASE("The name of a policy is checked and the error says what there is") {
    CHECK(error_of("flush", 65536).empty());
    CHECK(error_of("fifo:16", 65536).empty());
    CHECK(error_of("lru", 65536) ==
          "cache policy \"lru\" is none of: flush, fifo:N (N units, for example fifo:8), ring");
    for (const std::string_view wrong : {"fifo:1", "fifo:17", "fifo:", "fifo:8x", "fifo:-2"})
        CHECK(error_of(wrong, 65536) == "cache policy \"" + std::string(wrong) +
                                            "\": a cache of 64 KiB has from 2 to 16 units, for example fifo:8");
}
