// The table of options: what the parser, the help text, the manual page and the completion are made from.
#pragma once

#include "frontend/options.h"

#include <functional>
#include <string>
#include <vector>

namespace ringshift {

using OptionSetter = std::function<Result<>(Options&, const std::string& value)>;

/// Commands that have an option: bits.
inline constexpr unsigned for_run = 1, for_resume = 2, for_both = 3, for_explain = 4, for_all = 7, for_bench = 8,
                          for_nano = 16;

/// One option.
struct OptionRow {
    const char* name;  ///< with dashes
    const char* value; ///< what its argument is called, or null: a switch
    unsigned commands;
    const char* group;
    std::string help;
    OptionSetter set;
};

const std::vector<OptionRow>& option_table();

/// --stats and --engine of `bench nano`, which other commands' defaults use too.
Result<> set_statistics(Options& options, const std::string& text);
Result<> add_nano_engine(Options& options, const std::string& text);

} // namespace ringshift
