// The manual page and the shell's completion, made from the table of options: `ringshift --manual` and `--completion`.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace ringshift {

/// Section 1, for man(1).
std::string manual_page(const CLI::App& app);
/// For bash.
std::string shell_completion(const CLI::App& app);

} // namespace ringshift
