#include "base/result.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace ringshift {

Error errno_error(int number, std::string_view what) {
    return make_error("{}: {}", what, std::generic_category().message(number));
}

void assertion_failed(const char* condition, const char* file, int line, const std::string& context) {
    std::fprintf(stderr, "ringshift: internal error at %s:%d: %s%s%s\n", file, line, condition,
                 context.empty() ? "" : ": ", context.c_str());
    std::abort();
}

} // namespace ringshift
