#include "base/crash_hook.h"

#include <atomic>

namespace ringshift {

namespace {
std::atomic<void (*)()> current{nullptr};
static_assert(std::atomic<void (*)()>::is_always_lock_free);
} // namespace

void set_crash_hook(void (*hook)()) { current = hook; }

void run_crash_hook() {
    if (void (*hook)() = current.exchange(nullptr)) hook();
}

} // namespace ringshift
