#include "../suites/bare_cpu.h"
#include "bt/observer.h"

#include <catch2/catch.hpp>

#include <vector>

using namespace ringshift;

namespace {

struct Recorder final : bt::Observer {
    std::vector<u32> translated_at, invalidated_at, linked_to;
    unsigned unlinked_count = 0, flushes = 0;
    void translated(const bt::Block& block) override {
        CHECK(block.code_size > 0);
        translated_at.push_back(block.key.eip);
    }
    void linked(const bt::Link& link) override {
        REQUIRE(link.to != nullptr);
        CHECK(link.to->key.eip == link.target);
        linked_to.push_back(link.target);
    }
    void unlinked(const bt::Link& link) override {
        CHECK(link.to == nullptr);
        ++unlinked_count;
    }
    void invalidated(const bt::Block& block) override { invalidated_at.push_back(block.key.eip); }
    void flushed() override { ++flushes; }
};

bool contains(const std::vector<u32>& list, u32 value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

} // namespace

TEST_CASE("An observer is told of blocks that are translated and linked and changed and flushed") {
    BareCpu bare;
    bare.flat_32bit();
    Recorder recorder;
    bt::Options options;
    options.hot_threshold = 0;
    options.verify = true;
    options.observer = &recorder;
    bare.engine.reset();
    const auto engine = make_translator(*bare.cpu, options).release();
    const auto run = [&] {
        bare.state().activity = Activity::running;
        bare.state().rip = 0x1000;
        CHECK(engine->run(100'000) == Exit::halted);
    };
    // mov ecx, 1000; again: inc eax; nop; loop again; hlt
    bare.put(0x1000, std::vector<u8>{0xB9, 0xE8, 3, 0, 0, 0x40, 0x90, 0xE2, 0xFC, 0xF4});
    run();
    CHECK(contains(recorder.translated_at, 0x1005));
    CHECK(contains(recorder.linked_to, 0x1005));
    CHECK(recorder.invalidated_at.empty());
    CHECK(recorder.flushes == 0);

    bare.put(0x1006, std::vector<u8>{0x48}); // dec eax
    bare.state().gpr[0] = 7;
    run();
    CHECK(bare.state().gpr[0] == 7);
    CHECK(contains(recorder.invalidated_at, 0x1005));
    CHECK(recorder.unlinked_count > 0);

    engine->invalidate_all();
    CHECK(recorder.flushes == 1);
}
