// What every device is tested against: fakes of the outside world, and the contract that all devices keep.
//
// A test file describes its device once, as a Rig, and gives a function that makes a fresh one:
//
//     struct PitRig : Rig {
//         FakeIrqLine irq;
//         Pit pit{clock, irq};
//         PitRig() { use(pit); block(pit.counters(), 4); }
//     };
//     TEST_CASE("the PIT keeps the device contract") { check_device_contract([] { return std::make_unique<PitRig>();
//     }); }
//
// The contract:
// - reset() gives the archived bytes of a new device, whatever happened before;
// - an archive loads into a new device and is saved from it again, equal byte for byte;
// - an archive cut anywhere fails to load, and a corrupt one never makes a device that crashes when used;
// - no sequence of accesses of any size, at any offset, crashes or takes unbounded time.
// Loading an archive arms no timer: deadlines are the Timeline's and are archived there.
#pragma once

#include "base/device.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace ringshift {

/// A Clock that stands still until the test advances it. Timers fire in order of deadline, then of arming, each at
/// exactly its deadline plus `lateness`.
class FakeClock final : public Clock {
  public:
    u64 lateness = 0;
    /// Callbacks run so far.
    u64 fired = 0;
    /// Callbacks allowed within one advance; more is a device that would stall the guest.
    u64 fire_limit = 2'000'000;
    /// Nanoseconds between one look at the clock and the next, as when time is the host's.
    u64 runs_on = 0;

    u64 now() const override { return std::exchange(m_now, m_now + runs_on); }
    TimerId create_timer(std::string_view name, Callback callback) override {
        m_timers.push_back({std::string(name), std::move(callback), 0, 0, false});
        return static_cast<TimerId>(m_timers.size() - 1);
    }
    void arm(TimerId timer, u64 deadline_ns) override {
        Timer& t = m_timers.at(timer);
        t.deadline = deadline_ns;
        t.order = ++m_order;
        t.armed = true;
    }
    void cancel(TimerId timer) override { m_timers.at(timer).armed = false; }

    bool armed(TimerId timer) const { return m_timers.at(timer).armed; }
    /// The earliest deadline, or none.
    std::optional<u64> next_deadline() const {
        const Timer* timer = earliest();
        return timer ? std::optional<u64>(timer->deadline) : std::nullopt;
    }
    /// Runs what is due up to and including `ns`, then stands there.
    void advance_to(u64 ns) {
        const u64 first = fired;
        for (;;) {
            Timer* timer = const_cast<Timer*>(earliest());
            if (!timer || timer->deadline + lateness > ns) break;
            m_now = std::max(m_now, timer->deadline + lateness);
            timer->armed = false;
            if (++fired - first > fire_limit) {
                FAIL("timer " << timer->name << " fires without end");
            }
            timer->callback(m_now - timer->deadline);
        }
        m_now = std::max(m_now, ns);
    }
    void advance(u64 ns) { advance_to(m_now + ns); }
    /// Moves time without running what is due, as a long block of guest code does; the next advance runs it late.
    void skip(u64 ns) { m_now += ns; }

  private:
    struct Timer {
        std::string name;
        Callback callback;
        u64 deadline;
        u64 order;
        bool armed;
    };
    const Timer* earliest() const {
        const Timer* best = nullptr;
        for (const Timer& t : m_timers) {
            if (!t.armed) continue;
            if (!best || t.deadline < best->deadline || (t.deadline == best->deadline && t.order < best->order))
                best = &t;
        }
        return best;
    }
    mutable u64 m_now = 0;
    u64 m_order = 0;
    std::vector<Timer> m_timers;
};

/// Remembers the level and counts edges; `changes` holds the level after each change and the time, if given a clock.
class FakeIrqLine final : public IrqLine {
  public:
    struct Change {
        bool level;
        u64 ns;
    };
    explicit FakeIrqLine(const Clock* clock = nullptr) : m_clock(clock) {}
    bool level = false;
    unsigned rises = 0;
    std::vector<Change> changes;
    void set(bool to) override {
        if (to == level) return;
        level = to;
        rises += to;
        if (changes.size() < 100'000) changes.push_back({to, m_clock ? m_clock->now() : 0});
    }

  private:
    const Clock* m_clock;
};

/// Guest memory as a vector; outside of it reads ones and swallows writes.
class FakeDmaView final : public DmaView {
  public:
    explicit FakeDmaView(std::size_t size) : memory(size) {}
    std::vector<u8> memory;
    void read(PhysAddr from, std::span<u8> out) override {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const u64 at = from.value + i;
            out[i] = at < memory.size() ? memory[at] : 0xFF;
        }
    }
    void write(PhysAddr to, std::span<const u8> in) override {
        for (std::size_t i = 0; i < in.size(); ++i) {
            const u64 at = to.value + i;
            if (at < memory.size()) memory[at] = in[i];
        }
    }
};

class CollectingSink final : public ByteSink {
  public:
    std::string text;
    void put(u8 byte) override {
        if (text.size() < (1u << 20)) text.push_back(static_cast<char>(byte));
    }
};

using Random = std::mt19937_64;

/// One device with its fake surroundings, as a test file describes it. Derived classes own the device.
struct Rig {
    struct Block {
        RegisterBlock* registers;
        u64 size;
        unsigned largest; // access size in bytes
    };
    FakeClock clock;
    Device* device = nullptr;
    std::vector<Block> blocks;
    /// Events other than register accesses (keys, host input, wires), chosen at random; may stay empty.
    std::function<void(Random&)> event;
    /// What a battery or a medium keeps over reset: the reset check then compares with a device reset in between only.
    bool keeps_state_over_reset = false;

    Rig() = default;
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    virtual ~Rig() = default;
    void use(Device& d) { device = &d; }
    void block(RegisterBlock& registers, u64 size, unsigned largest = 4) {
        blocks.push_back({&registers, size, largest});
    }
};

inline std::vector<u8> saved_state(Device& device) {
    std::vector<u8> bytes;
    auto saver = Archive::saver(bytes);
    device.archive(saver);
    REQUIRE(saver.ok());
    return bytes;
}

/// Whether `bytes` load; all of them must have been consumed for true.
inline bool load_state(Device& device, std::span<const u8> bytes) {
    auto loader = Archive::loader(bytes);
    device.archive(loader);
    return loader.ok() && loader.remaining() == 0;
}

/// One random access, event or lapse of time.
inline void fuzz_step(Rig& rig, Random& random) {
    const u64 choice = random() % 64;
    if (choice == 0) {
        static constexpr u64 lapses[] = {1, 100, 1'000, 50'000, 1'000'000, 40'000'000};
        rig.clock.advance(lapses[random() % std::size(lapses)]);
        return;
    }
    if (rig.event && choice < 6) return rig.event(random);
    if (rig.blocks.empty()) return;
    const Rig::Block& block = rig.blocks[random() % rig.blocks.size()];
    unsigned size = 1u << (random() % 4);
    if (choice < 40 || size > block.largest) size = std::min(size, random() % 2 ? 1u : block.largest);
    const u64 offset = random() % block.size;
    // Small and all-ones values reach more states than uniformly random ones.
    static constexpr u64 favourites[] = {0, 1, 2, 0x80, 0xFF, 0xFFFF, 0xFFFFFFFF};
    const u64 mask = size == 8 ? ~u64{0} : (u64{1} << (8 * size)) - 1;
    switch (random() % 16) {
    case 0: {
        std::vector<u8> data(size * (random() % 64));
        block.registers->read_block(offset, size, data);
        break;
    }
    case 1: {
        std::vector<u8> data(size * (random() % 64));
        for (u8& byte : data) byte = static_cast<u8>(random());
        block.registers->write_block(offset, size, data);
        break;
    }
    case 2:
    case 3:
    case 4:
    case 5:
    case 6: block.registers->read(offset, size); break;
    case 7:
    case 8: block.registers->write(offset, size, favourites[random() % std::size(favourites)] & mask); break;
    default: block.registers->write(offset, size, random() & mask);
    }
}

inline void fuzz(Rig& rig, Random& random, unsigned steps) {
    for (unsigned i = 0; i < steps; ++i) fuzz_step(rig, random);
}

namespace contract {

template <typename Make>
void check_reset(Make& make, unsigned steps) {
    auto fresh = make();
    const std::vector<u8> at_construction = saved_state(*fresh->device);
    fresh->device->reset();
    const bool reset_is_construction = saved_state(*fresh->device) == at_construction;
    CHECK(reset_is_construction);

    auto used = make();
    Random random(1);
    fuzz(*used, random, steps);
    used->device->reset();
    if (used->keeps_state_over_reset) {
        const std::vector<u8> once = saved_state(*used->device);
        used->device->reset();
        const bool stable = saved_state(*used->device) == once;
        CHECK(stable);
        return;
    }
    auto unused = make();
    unused->clock.advance_to(used->clock.now());
    unused->device->reset();
    const std::vector<u8> expected = saved_state(*unused->device);
    const std::vector<u8> actual = saved_state(*used->device);
    REQUIRE(actual.size() == expected.size());
    const auto difference = std::mismatch(actual.begin(), actual.end(), expected.begin());
    INFO("first different byte of the archive: " << difference.first - actual.begin());
    const bool equal = difference.first == actual.end();
    CHECK(equal);
}

template <typename Make>
void check_round_trip(Make& make, unsigned steps) {
    for (u64 seed = 0; seed < 8; ++seed) {
        auto used = make();
        Random random(seed);
        fuzz(*used, random, steps / 4);
        const std::vector<u8> bytes = saved_state(*used->device);
        auto loaded = make();
        loaded->clock.advance_to(used->clock.now());
        auto loader = Archive::loader(bytes);
        loaded->device->archive(loader);
        INFO(loader.error());
        REQUIRE(loader.ok());
        REQUIRE(loader.remaining() == 0);
        const std::vector<u8> again = saved_state(*loaded->device);
        REQUIRE(again.size() == bytes.size());
        const auto difference = std::mismatch(again.begin(), again.end(), bytes.begin());
        INFO("first different byte of the archive: " << difference.first - again.begin());
        const bool equal = difference.first == again.end();
        CHECK(equal);
    }
}

/// All lengths of a small archive, ends and a sample of a large one.
template <typename Make>
void check_truncation(Make& make, unsigned steps) {
    auto used = make();
    Random random(2);
    fuzz(*used, random, steps / 4);
    const std::vector<u8> bytes = saved_state(*used->device);
    const std::size_t tries = std::clamp<std::size_t>((std::size_t{256} << 20) / (bytes.size() + 1), 16, 4096);
    auto loaded = make();
    for (std::size_t i = 0; i < std::min(tries, bytes.size()); ++i) {
        std::size_t length = i;
        if (bytes.size() > tries)
            length = i % 3 == 0 ? i / 3 : i % 3 == 1 ? bytes.size() - 1 - i / 3 : random() % bytes.size();
        const std::vector<u8> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        auto loader = Archive::loader(cut);
        loaded->device->archive(loader);
        if (loader.ok()) FAIL("loads although cut at byte " << length << " of " << bytes.size());
    }
}

/// A corrupt archive is refused or makes a device that works on; the sanitizers see the rest.
template <typename Make>
void check_corruption(Make& make, unsigned steps) {
    auto used = make();
    Random random(3);
    fuzz(*used, random, steps / 4);
    const std::vector<u8> bytes = saved_state(*used->device);
    if (bytes.empty()) return;
    const std::size_t tries = std::clamp<std::size_t>((std::size_t{64} << 20) / (bytes.size() + 1), 8, 256);
    for (std::size_t i = 0; i < tries; ++i) {
        std::vector<u8> corrupt = bytes;
        for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips) {
            const std::size_t at =
                random() % 2 ? random() % bytes.size() : random() % std::min<std::size_t>(bytes.size(), 64);
            corrupt[at] = random() % 2 ? static_cast<u8>(random()) : u8{0xFF};
        }
        auto loaded = make();
        loaded->clock.advance_to(used->clock.now());
        if (!load_state(*loaded->device, corrupt)) continue;
        fuzz(*loaded, random, 200);
        loaded->device->reset();
    }
}

} // namespace contract

/// Runs the contract on the device that `make` makes: a function that returns a new std::unique_ptr to a Rig each time.
/// `steps` random accesses in each part: fewer for a slow device.
template <typename Make>
void check_device_contract(Make make, unsigned steps = 20'000) {
    {
        auto rig = make();
        REQUIRE_FALSE(rig->device->name().empty());
        Random random(4);
        fuzz(*rig, random, steps);
    }
    contract::check_reset(make, steps);
    contract::check_round_trip(make, steps);
    contract::check_truncation(make, steps);
    contract::check_corruption(make, steps);
}

} // namespace ringshift
