#include "frontend/explain.h"

#include "base/log.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ringshift {

namespace {

bool wants_colour(const Options& options) {
    if (options.colour != "auto") return options.colour == "always";
    const char* no_colour = std::getenv("NO_COLOR"); // https://no-color.org
    return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == 0);
}

/// Side by side needs this many columns.
constexpr unsigned wide = 150;

CodeView view_of(const Options& options) {
    CodeView view = options.explain.view;
    view.colour = wants_colour(options);
    winsize size{};
    if (::isatty(STDOUT_FILENO) == 1 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        view.narrow = size.ws_col < wide;
    return view;
}

Result<std::vector<u8>> read_code(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return make_error("cannot open {}", path);
    std::vector<u8> code((std::istreambuf_iterator<char>(file)), {});
    if (file.bad() || code.empty()) return make_error("{} cannot be read, or is empty", path);
    if (code.size() > 16u << 20) return make_error("{} has {} bytes: more than 16 MiB of code", path, code.size());
    return code;
}

} // namespace

Result<int> explain_file(const Options& options) {
    ExplainWishes wishes = options.explain;
    wishes.view = view_of(options);
    const std::vector<u8> code = TRY(read_code(options.files.front()));
    const std::string text = TRY(explain_code(code, wishes));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return std::fflush(stdout) == 0 ? exit_status::success : exit_status::error;
}

void show_code(Machine& machine, const Options& options) {
    const ShownCode& shown = *options.shown_code;
    CodeView view = view_of(options);
    view.blocks = shown.blocks;
    const std::string text = machine.explain(shown.address, view);
    if (text.empty()) {
        tell("nothing to explain: the engine {} translates nothing, or no code is mapped there",
             machine.config().engine);
        return;
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

} // namespace ringshift
