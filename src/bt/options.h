// What can be chosen about the translator. Each mechanism is a flag: off means the dumb equivalent, and everything
// still works.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "cpu/interp/options.h"

#include <span>
#include <string>
#include <string_view>

namespace ringshift::bt {

class Observer;

struct Options : InterpreterOptions {
    u64 cache_size = 32 << 20;         ///< bytes of generated code, from minimum_cache_size to maximum_cache_size
    std::string cache_policy = "ring"; ///< flush, fifo:N, ring
    u32 hot_threshold = 12;            ///< times that the interpreter runs a block before it is translated
    u32 block_limit = 64;              ///< guest instructions in a block, 1 to 64
    u32 window_mappings = 0;           ///< of the host's at most, for memory windows; 0: what is reasonable
    bool native = true;
    bool inline_memory = true;
    bool fpu = true;
    bool share = true;
    bool used_segments = true;
    bool windows = true;
    bool windows_ring0 = false;
    bool windows_unpaged = true;
    bool windows_kernel = true;
    bool window_runs = true;
    bool window_around = true;
    bool window_enter = true;
    bool window_home = true;
    bool window_worth = true;
    bool wide_stack = true;
    bool strings = true;
    bool few_moves = true;
    bool rom = true;
    bool extend = true;
    bool behind_calls = true;
    bool late_check = true;
    bool cold_apart = true;
    bool link = true;
    bool link_pages = true;
    bool spaces = true;
    bool probe = true;
    bool inline_targets = false;
    bool pair_returns = true;
    bool go_on = true;
    bool revive = true;
    bool cool_down = true;
    bool as_before = true;
    bool moved_code = true;
    bool self_check = true;
    bool adapt = true;
    bool instrument = false;
#ifdef RINGSHIFT_DEBUG
    bool verify = true; ///< every block's code by bt/verifier.h; what it refuses is a bug of ours
#else
    bool verify = false; ///< every block's code by bt/verifier.h; what it refuses is a bug of ours
#endif

    Observer* observer = nullptr; ///< is told what happens to blocks (bt/observer.h); outlives the engine

    /// Instructions that generated code leaves to the interpreter before the end of its budget, so that it may run some
    /// on credit (translator.cpp).
    i64 slack() const { return late_check ? 2 * i64{most_on_credit} : 0; }
    bool goes_on_behind_calls() const { return behind_calls && native && pair_returns && link; }
    static constexpr u32 most_on_credit = 16;

    static constexpr u64 minimum_cache_size = 64 << 10;
    static constexpr u64 maximum_cache_size = 1 << 30;
};

/// A mechanism that can be switched off.
struct Mechanism {
    std::string_view name;
    bool Options::*flag;
    std::string_view what;
    bool of_interpreter = false; ///< wherever it runs: as an engine or for the translator
};
std::span<const Mechanism> mechanisms();

/// Changes `options` by a list such as "link=off,hot=0,block=1": the mechanisms with on or off, `hot` and `block` with
/// numbers, `verify` and `instrument` with on or off, `cache` with a size (K, M) and `policy` with a name.
Result<> apply_options(std::string_view list, Options& options);
/// The same for the engine "interp": its own mechanisms only.
Result<> apply_interpreter_options(std::string_view list, Options& options);

/// What apply_options() cannot see from one option alone: whether the policy goes with the size.
Result<> check_options(const Options& options);

} // namespace ringshift::bt
