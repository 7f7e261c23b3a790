#include "machine/host_clock.h"
#include "machine/timeline.h"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ringshift;

TEST_CASE("The host's clock never goes back and is where the monotonic clock is") {
    HostClock clock(GENERATE(false, true));
    const u64 begin = Timeline::host_now();
    u64 latest = 0, farthest = 0;
    while (latest < begin + 100'000'000) {
        const u64 before = Timeline::host_now();
        const u64 now = clock.now();
        const u64 after = Timeline::host_now();
        REQUIRE(now >= latest);
        latest = now;
        farthest = std::max({farthest, before - std::min(before, now), now - std::min(after, now)});
    }
    CHECK(farthest < 20'000); // ns
}
