// workloads [SCALE [NAME,NAME...]]: runs them one after the other. The marks on standard output, which is the serial console in a guest:
//     @> NAME GROUP                begins
//     @< NAME SECONDS CHECKSUM     has ended; seconds by this machine's own clock
//     @. all                       nothing follows
// The host reads its clock when a mark arrives, so each is sent to the last byte before time is taken.
#include "workload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void mark(const char* format, ...) {
    char line[160];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (write(1, line, (size_t)length) != length) exit(1);
    tcdrain(1);
}

static int wanted(const char* list, const char* name) {
    size_t length = strlen(name);
    for (const char* at = list; (at = strstr(at, name)); at += length) {
        if ((at == list || at[-1] == ',') && (at[length] == 0 || at[length] == ',')) return 1;
    }
    return 0;
}

int main(int argc, char** argv) {
    unsigned scale = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    const char* only = argc > 2 ? argv[2] : "";
    const struct workload* groups[] = {integer_workloads, memory_workloads, x87_workloads, sse_workloads, code_workloads, system_workloads};
    for (unsigned g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const struct workload* w = groups[g]; w->name; w++) {
            if (*only && !wanted(only, w->name)) continue;
            if (w->prepare) w->prepare();
            struct timespec from, to;
            mark("@> %s %s\n", w->name, w->group);
            clock_gettime(CLOCK_MONOTONIC, &from);
            uint32_t sum = w->run(scale);
            clock_gettime(CLOCK_MONOTONIC, &to);
            mark("@< %s %.6f %08x\n", w->name, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9, (unsigned)sum);
        }
    }
    mark("@. all\n");
}
