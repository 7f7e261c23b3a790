#include "bt/options.h"

#include "bt/policy.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ringshift::bt {

namespace {

constexpr std::array all_mechanisms{
    Mechanism{"native", &Options::native, "re-emit instructions; off: call the interpreter's handler for each"},
    Mechanism{"memory", &Options::inline_memory, "look the soft TLB up in generated code"},
    Mechanism{"fpu", &Options::fpu, "run x87, MMX and SSE instructions on the host's FPU"},
    Mechanism{"windows", &Options::windows, "access user code's memory through a window mapped by the host's MMU"},
    Mechanism{"windows-ring0", &Options::windows_ring0, "with windows: the same for Ring 0 and real mode"},
    Mechanism{"windows-unpaged", &Options::windows_unpaged,
              "with windows: the same for Ring 0 and real mode while paging is off"},
    Mechanism{"windows-kernel", &Options::windows_kernel,
              "with windows: the same for Ring 0 in address spaces in which no user code has run"},
    Mechanism{"window-runs", &Options::window_runs,
              "with windows: show neighbouring pages and large pages in one mapping, not page by page"},
    Mechanism{"window-around", &Options::window_around,
              "with window-runs: show pages near the one that is wanted too, if the guest has used them"},
    Mechanism{"window-enter", &Options::window_enter,
              "with windows: let the host enter pages in its tables when they are mapped, not when they are used"},
    Mechanism{"window-home", &Options::window_home,
              "with windows: let the busiest address space's lie where its addresses are the host's own"},
    Mechanism{"window-worth", &Options::window_worth,
              "with windows: take them from address spaces whose misses cost more than they run"},
    Mechanism{"wide-stack", &Options::wide_stack,
              "with windows: add to the stack pointer in 64 bits, which costs recent processors nothing"},
    Mechanism{"strings", &Options::strings, "with windows: run string instructions as the host's own"},
    Mechanism{"few-moves", &Options::few_moves, "LEA, POP and pushed memory without a register in between"},
    Mechanism{"rom", &Options::rom, "translate code in ROM"},
    Mechanism{"share", &Options::share, "look the TLB up once for operands near each other"},
    Mechanism{"used-segments", &Options::used_segments,
              "let blocks take FS and GS for granted only where code of their ring addresses memory by them"},
    Mechanism{"extend", &Options::extend, "let blocks go on behind forward conditional jumps"},
    Mechanism{"behind-calls", &Options::behind_calls,
              "with extend and returns: let blocks go on behind calls, where the returns land"},
    Mechanism{"late-check", &Options::late_check,
              "check the budget where the guest's flags are about to be overwritten, not at each entry"},
    Mechanism{"cold-apart", &Options::cold_apart, "keep what seldom runs of all blocks apart from what runs"},
    Mechanism{"link", &Options::link, "patch direct exits to jump to their targets"},
    Mechanism{"link-pages", &Options::link_pages, "link across pages too, until a TLB flush"},
    Mechanism{"spaces", &Options::spaces,
              "keep links across pages and jump targets over CR3 loads, with the address spaces they hold in"},
    Mechanism{"probe", &Options::probe, "look the targets of indirect branches up in generated code"},
    Mechanism{"inline", &Options::inline_targets,
              "with probe: each indirect branch remembers its last target, and looks there first"},
    Mechanism{"returns", &Options::pair_returns, "run guest calls and returns as host calls and returns"},
    Mechanism{"go-on", &Options::go_on,
              "behind an exit, a fault, a system call or an interrupt go on in translated code at once"},
    Mechanism{"revive", &Options::revive, "keep code that was written to, and compare it when it is wanted again"},
    Mechanism{"cool-down", &Options::cool_down, "leave code that keeps changing to the interpreter for a while"},
    Mechanism{"as-before", &Options::as_before,
              "code becomes hot by runs that begin with the same bytes as those before"},
    Mechanism{"moved-code", &Options::moved_code,
              "translate code later that was last translated for another address, as where addresses are randomised"},
    Mechanism{"self-check", &Options::self_check, "let code that keeps changing compare its own bytes at entry"},
    Mechanism{"adapt", &Options::adapt,
              "translate accesses again that the soft TLB keeps failing: to devices and beside code"},
    Mechanism{"beside-code", &Options::beside_code, "let stores beside code pass after a look at its marks", true},
    Mechanism{"block-links", &Options::block_links, "interpreter: a block knows those that came after it", true},
    Mechanism{"decode-cache", &Options::decode_cache, "interpreter: find decoded instructions by their bytes", true},
    Mechanism{"string-runs", &Options::string_runs, "interpreter: do many elements of a string at once", true},
    Mechanism{"new-code", &Options::new_code, "interpreter: make no block of code that runs for the first time", true},
};

Result<u64> number(std::string_view key, std::string_view text, u64 low, u64 high) {
    u64 value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "K" || unit == "k") value <<= 10;
    if (unit == "M" || unit == "m") value <<= 20;
    const bool known = unit.empty() || unit == "K" || unit == "k" || unit == "M" || unit == "m";
    if (error != std::errc{} || !known || value < low || value > high)
        return make_error("{}={} is not possible: from {} to {}", key, text, low, high);
    return value;
}

Result<> apply_one(std::string_view key, std::string_view value, Options& options) {
    for (const Mechanism& mechanism : all_mechanisms) {
        if (mechanism.name != key) continue;
        if (value != "on" && value != "off") return make_error("{} is on or off, not \"{}\"", key, value);
        options.*mechanism.flag = value == "on";
        return Unit{};
    }
    if (key == "hot") {
        options.hot_threshold = static_cast<u32>(TRY(number(key, value, 0, 255)));
    } else if (key == "block") {
        options.block_limit = static_cast<u32>(TRY(number(key, value, 1, 64)));
    } else if (key == "mappings") {
        options.window_mappings = static_cast<u32>(TRY(number(key, value, 64, 1 << 20)));
    } else if (key == "cache") {
        options.cache_size = TRY(number(key, value, Options::minimum_cache_size, Options::maximum_cache_size));
    } else if (key == "policy") {
        options.cache_policy = value;
    } else if (key == "verify" || key == "instrument") {
        if (value != "on" && value != "off") return make_error("{} is on or off, not \"{}\"", key, value);
        (key == "verify" ? options.verify : options.instrument) = value == "on";
    } else {
        return make_error("the translator has no option \"{}\"", key);
    }
    return Unit{};
}

} // namespace

std::span<const Mechanism> mechanisms() { return all_mechanisms; }

Result<> check_options(const Options& options) {
    TRY(make_policy(options.cache_policy, static_cast<u32>(options.cache_size)));
    return Unit{};
}

Result<> apply_interpreter_options(std::string_view list, Options& options) {
    for (std::string_view rest = list; !rest.empty();) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        const std::string_view key = item.substr(0, item.find('='));
        const auto its = [&](const Mechanism& m) { return m.of_interpreter && m.name == key; };
        if (std::none_of(all_mechanisms.begin(), all_mechanisms.end(), its))
            return make_error("the interpreter has no option \"{}\"", key);
    }
    return apply_options(list, options);
}

Result<> apply_options(std::string_view list, Options& options) {
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), item.size() + 1));
        const std::size_t equals = item.find('=');
        if (equals == std::string_view::npos) return make_error("\"{}\" is not of the form option=value", item);
        TRY(apply_one(item.substr(0, equals), item.substr(equals + 1), options));
    }
    return Unit{};
}

} // namespace ringshift::bt
