// The engine that a test runs on: that of the environment variable RINGSHIFT_TEST_ENGINE, or the interpreter.
//
//     interp    interp:decode-cache=off    bt    bt:hot=0,block=1,link=off     (bt/options.h, apply_options)
#pragma once

#include "bt/engine.h"
#include "cpu/interp/interpreter.h"

#include <cstdlib>

namespace ringshift {

inline std::unique_ptr<Engine> make_test_engine(Cpu& cpu, std::string_view name) {
    bt::Options options;
    if (name.starts_with("interp:")) {
        const auto known = bt::apply_interpreter_options(name.substr(7), options);
        ASSERT(known.ok(), "{}", known.error().message);
    }
    if (!name.starts_with("bt")) return make_interpreter_with(cpu, options);
    options.cache_size = 1 << 20;
    options.hot_threshold = 0;
    options.verify = true;
    const auto applied = bt::apply_options(name.substr(name.starts_with("bt:") ? 3 : 2), options);
    ASSERT(applied.ok(), "{}", applied.error().message);
    auto engine = make_translator(cpu, options);
    ASSERT(engine.ok(), "{}", engine.error().message);
    return engine.release();
}

inline std::string_view test_engine_name() {
    const char* name = std::getenv("RINGSHIFT_TEST_ENGINE");
    return name ? name : "interp";
}

inline std::unique_ptr<Engine> make_test_engine(Cpu& cpu) { return make_test_engine(cpu, test_engine_name()); }

} // namespace ringshift
