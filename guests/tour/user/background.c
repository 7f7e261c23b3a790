// The two tasks beside the shell: a clock, which writes on the status line five times a second, and a worker, which
// looks for prime numbers in short bursts, so that there is always something to pre-empt.

#include "user/user.h"

static void status(u32 column, const char* text, u32 length) { system_call(SYS_STATUS, column, (u32)text, length); }

void clock_main(void) {
    for (u32 turn = 0;; turn++) {
        u32 ticks = system_call(SYS_TICKS, 0, 0, 0), seconds = ticks / 100;
        char text[64];
        u32 length = (u32)format(text, sizeof text, " %c up %u:%02u:%02u " BOX_V " %8u ticks " BOX_V, "|/-\\"[turn & 3],
                                 seconds / 3600, seconds / 60 % 60, seconds % 60, ticks);
        status(0, text, length);
        sleep(20);
    }
}

static bool is_prime(u32 n) {
    for (u32 d = 3; d * d <= n; d += 2)
        if (n % d == 0) return false;
    return true;
}

void worker_main(void) {
    u32 found = 1, largest = 2, candidate = 3;
    for (;;) {
        for (u32 burst = 0; burst < 200; burst++, candidate += 2)
            if (is_prime(candidate)) found++, largest = candidate;
        char text[64];
        u32 length = (u32)format(text, sizeof text, "worker: %u primes up to %u", found, largest);
        status(36, text, length);
        if (candidate > 50000000) found = 1, candidate = 3;
        sleep(50);
    }
}
