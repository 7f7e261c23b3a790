#include "machine/timeline.h"

#include <catch2/catch.hpp>

#include <thread>

using namespace ringshift;

namespace {

/// Runs a Timeline as the machine does, with an "engine" that only counts.
struct Rig {
    explicit Rig(Timeline::Mode mode = Timeline::Mode::deterministic, u32 ns = 10)
        : timeline(mode, ns, cpu, [this] { ended_early = true; }) {}

    /// Executes up to `count` instructions in slices; `each` is called before every one of them.
    void run(
        i64 count, const std::function<void()>& each = [] {}) {
        while (count > 0) {
            timeline.fire_due();
            const i64 n = timeline.begin_slice(count);
            ended_early = false;
            while (cpu.budget > 0 && !ended_early) {
                each();
                --cpu.budget;
                --count;
            }
            (void)n;
            timeline.end_slice();
        }
        timeline.fire_due();
    }

    CpuState cpu;
    bool ended_early = false;
    Timeline timeline;
};

} // namespace

TEST_CASE("deterministic time is instructions times the constant and exact inside a slice") {
    Rig rig;
    std::vector<u64> seen;
    rig.run(5, [&] { seen.push_back(rig.timeline.now()); });
    CHECK(seen == std::vector<u64>{0, 10, 20, 30, 40});
    CHECK(rig.timeline.now() == 50);
    CHECK(rig.timeline.retired() == 5);
}

TEST_CASE("a deadline falls after the first instruction that reaches it") {
    Rig rig;
    std::vector<std::pair<u64, u64>> fired;
    const TimerId timer =
        rig.timeline.create_timer("t", [&](u64 late) { fired.emplace_back(rig.timeline.retired(), late); });
    rig.timeline.arm(timer, 95);
    rig.run(1000);
    REQUIRE(fired.size() == 1);
    CHECK(fired[0] == std::pair<u64, u64>{10, 5});
}

TEST_CASE("a deadline armed in the middle of a slice ends the slice after the instruction") {
    Rig rig;
    u64 at = 0;
    const TimerId timer = rig.timeline.create_timer("t", [&](u64) { at = rig.timeline.retired(); });
    u64 count = 0;
    rig.run(1000, [&] {
        if (++count == 100) rig.timeline.arm(timer, rig.timeline.now() + 30);
    });
    CHECK(at == 102);
}

TEST_CASE("equal deadlines fire in the order of arming and cancelled ones do not fire") {
    Rig rig;
    std::string order;
    std::vector<TimerId> timers;
    for (char name = 'a'; name <= 'h'; ++name)
        timers.push_back(rig.timeline.create_timer(std::string(1, name), [&order, name](u64) { order += name; }));
    for (const std::size_t i : {3u, 1u, 7u, 0u, 5u}) rig.timeline.arm(timers[i], 500);
    rig.timeline.arm(timers[2], 400);
    rig.timeline.arm(timers[6], 600);
    rig.timeline.cancel(timers[7]);
    rig.timeline.arm(timers[1], 500); // again: now the last
    rig.run(100);
    CHECK(order == "cdafbg");
    CHECK(rig.timeline.next_deadline() == Timeline::never);
}

TEST_CASE("the heap agrees with sorting for many random operations") {
    Rig rig;
    constexpr u32 count = 40;
    std::vector<std::pair<u64, u32>> fired;
    std::vector<u64> armed(count, Timeline::never);
    for (u32 i = 0; i < count; ++i)
        rig.timeline.create_timer(std::to_string(i), [&, i](u64) {
            fired.emplace_back(armed[i], i);
            armed[i] = Timeline::never;
        });
    u32 random = 12345;
    const auto next = [&] { return random = random * 1664525 + 1013904223, random >> 8; };
    for (int step = 0; step < 5000; ++step) {
        const u32 timer = next() % count;
        if (next() % 4 == 0) {
            rig.timeline.cancel(timer);
            armed[timer] = Timeline::never;
        } else {
            armed[timer] = rig.timeline.now() + next() % 1000;
            rig.timeline.arm(timer, armed[timer]);
        }
        const u64 earliest = *std::min_element(armed.begin(), armed.end());
        REQUIRE(rig.timeline.next_deadline() == earliest);
        fired.clear();
        rig.run(1 + next() % 5);
        for (const auto& [deadline, i] : fired) REQUIRE(deadline <= rig.timeline.now());
        for (const u64 deadline : armed) REQUIRE((deadline == Timeline::never || deadline > rig.timeline.now()));
    }
}

TEST_CASE("a timer that re-arms itself into the past does not hold the machine up") {
    Rig rig;
    u64 calls = 0;
    TimerId timer = 0;
    timer = rig.timeline.create_timer("t", [&](u64) {
        ++calls;
        rig.timeline.arm(timer, 0);
    });
    rig.timeline.arm(timer, 0);
    rig.run(10);
    CHECK(rig.timeline.retired() == 10);
    CHECK(calls > 10);
}

TEST_CASE("a halted processor in deterministic mode jumps to the next deadline") {
    Rig rig;
    u64 late = 99;
    const TimerId timer = rig.timeline.create_timer("t", [&](u64 ns) { late = ns; });
    rig.timeline.arm(timer, 1'000'000'007);
    rig.timeline.skip_to_next_deadline();
    CHECK(rig.timeline.now() == 1'000'000'007);
    CHECK(rig.timeline.retired() == 0);
    rig.timeline.fire_due();
    CHECK(late == 0);
}

TEST_CASE("a restored timeline goes on as the saved one") {
    const auto make = [](Rig& rig, std::vector<u64>& log) {
        auto timer = std::make_shared<TimerId>(0);
        *timer = rig.timeline.create_timer("tick", [&rig, &log, timer](u64) {
            log.push_back(rig.timeline.retired());
            rig.timeline.arm(*timer, rig.timeline.now() + 333);
        });
        rig.timeline.create_transient_timer([](u64) {});
        return *timer;
    };
    Rig first;
    std::vector<u64> log;
    first.timeline.arm(make(first, log), 100);
    first.run(1000);
    std::vector<u8> bytes;
    auto saver = Archive::saver(bytes);
    first.timeline.archive(saver);
    log.clear();
    first.run(1000);

    Rig second;
    std::vector<u64> other;
    make(second, other);
    auto loader = Archive::loader(bytes);
    second.timeline.archive(loader);
    REQUIRE(loader.ok());
    second.run(1000);
    CHECK(log == other);
    CHECK(first.timeline.now() == second.timeline.now());
}

TEST_CASE("a saved time at which sums would wrap is refused") {
    Rig first;
    first.run(100);
    std::vector<u8> bytes;
    auto saver = Archive::saver(bytes);
    first.timeline.archive(saver);
    const auto loads = [&] {
        Rig second;
        auto loader = Archive::loader(bytes);
        second.timeline.archive(loader);
        return loader.ok();
    };
    CHECK(loads());
    bytes[7] = 0x40; // the upper byte of the time
    CHECK_FALSE(loads());
}

TEST_CASE("transient timers leave no trace in the saved timeline") {
    const auto saved = [](bool with_transient) {
        Rig rig(Timeline::Mode::deterministic);
        const TimerId first = rig.timeline.create_timer("first", [](u64) {});
        const TimerId transient = rig.timeline.create_transient_timer([](u64) {});
        if (with_transient) rig.timeline.arm(transient, 500);
        rig.timeline.arm(first, 1000);
        std::vector<u8> bytes;
        Archive ar = Archive::saver(bytes);
        rig.timeline.archive(ar);
        return bytes;
    };
    CHECK(saved(true) == saved(false));
}

TEST_CASE("paced time stands while stopped and catches up at most 50 ms after a stall") {
    Rig rig(Timeline::Mode::paced);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(rig.timeline.now() == 0);
    rig.timeline.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    const u64 after_stall = rig.timeline.now();
    CHECK(after_stall == Timeline::catch_up_limit);
    rig.timeline.stop();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const u64 stopped = rig.timeline.now();
    CHECK(rig.timeline.now() == stopped);
}

TEST_CASE("an intended sleep is not a stall") {
    Rig rig(Timeline::Mode::paced);
    const TimerId timer = rig.timeline.create_timer("t", [](u64) {});
    rig.timeline.start();
    rig.timeline.arm(timer, rig.timeline.now() + 120'000'000);
    const u64 sleep = rig.timeline.begin_sleep();
    CHECK(sleep > 100'000'000);
    std::this_thread::sleep_for(std::chrono::nanoseconds(sleep));
    CHECK(rig.timeline.now() >= 120'000'000);
}

TEST_CASE("a paced slice ends as soon as somebody sees that its deadline has passed") {
    Rig rig(Timeline::Mode::paced);
    u64 late = 0;
    const TimerId timer = rig.timeline.create_timer("t", [&](u64 by) { late = by; });
    rig.timeline.start();
    const auto instructions_until_the_end = [&](const std::function<void()>& device_access) {
        late = 0;
        rig.timeline.arm(timer, rig.timeline.now() + 1'000'000);
        i64 executed = 0;
        const i64 slice = rig.timeline.begin_slice(100);
        REQUIRE(slice == 100); // each of them as slow as a device that the host has to be asked for
        for (rig.ended_early = false; !rig.ended_early && executed < slice; ++executed) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            device_access();
            --rig.cpu.budget;
        }
        rig.timeline.end_slice();
        rig.timeline.fire_due();
        return executed;
    };
    CHECK(instructions_until_the_end([&] { (void)rig.timeline.now(); }) <= 2);
    CHECK(late > 0);
    CHECK(instructions_until_the_end([&] { rig.timeline.look_at_clock(); }) <= 9);
    CHECK(late > 0);
    CHECK(instructions_until_the_end([] {}) == 100);
}
