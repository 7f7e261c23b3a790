// The `bench` command: small loops, each with a result that is checked, timed by the PIT and the time stamp counter.

#include "lib/cpu.h"
#include "lib/string.h"
#include "user/user.h"

static u8* const heap = (u8*)USER_HEAP;
enum { page = 4096, buffer_size = 64 * 1024 };

static u32 bench_sieve(void) {
    enum { limit = 100000, rounds = 10 };
    u32 primes = 0;
    for (u32 round = 0; round < rounds; round++) {
        memset(heap, 0, limit);
        for (u32 i = 2; i < limit; i++) {
            if (heap[i]) continue;
            primes++;
            for (u32 k = i * 2; k < limit; k += i) heap[k] = 1;
        }
    }
    return primes / rounds;
}

static u32 bench_crc(void) {
    static u32 table[256];
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (u32 k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0xEDB88320 : c >> 1;
        table[i] = c;
    }
    for (u32 i = 0; i < buffer_size; i++) heap[i] = (u8)(i * 7);
    u32 crc = ~0u;
    for (u32 round = 0; round < 8; round++)
        for (u32 i = 0; i < buffer_size; i++) crc = table[(u8)(crc ^ heap[i])] ^ crc >> 8;
    return ~crc;
}

static u32 bench_divide(void) {
    u32 sum = 0;
    for (u32 i = 1; i <= 1000000; i++) sum += (0xFFFFFFFFu - i) / (i | 1) + 12345 * i;
    return sum;
}

static u32 fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static u32 bench_calls(void) { return fibonacci(27); }

static u32 bench_strings(void) {
    for (u32 i = 0; i < buffer_size; i++) heap[i] = (u8)(i ^ i >> 8);
    for (u32 round = 0; round < 64; round++) memcpy(heap + buffer_size, heap, buffer_size);
    u32 same = 0, left = buffer_size / 4;
    const void *a = heap, *b = heap + buffer_size;
    __asm__ volatile("repe cmpsl\n\tsete %b0" : "+q"(same), "+c"(left), "+S"(a), "+D"(b) : : "memory", "cc");
    return same;
}

static u32 bench_system_calls(void) {
    u32 sum = 0, pid = system_call(SYS_GETPID, 0, 0, 0);
    for (u32 i = 0; i < 10000; i++) sum += system_call(SYS_GETPID, 0, 0, 0) == pid;
    return sum;
}

static u32 bench_page_faults(void) {
    u32 zero = 0, base = USER_HEAP + 0x100000;
    for (u32 round = 0; round < 20; round++) {
        for (u32 i = 0; i < 50; i++) {
            u32* word = (u32*)(base + i * page);
            zero += *word == 0;
            *word = i + 1;
        }
        system_call(SYS_DISCARD, base, 50, 0);
    }
    return zero;
}

static u32 bench_yields(void) {
    for (u32 i = 0; i < 2000; i++) system_call(SYS_YIELD, 0, 0, 0);
    return 2000;
}

static const struct {
    const char* name;
    u32 (*run)(void);
    u32 expected;
    const char* unit;
} benches[] = {
    {"sieve", bench_sieve, 9592, "primes below 100000"},
    {"crc32", bench_crc, 884813997u, "is the CRC of 512 KiB"},
    {"divide", bench_divide, 2880315959u, "is the sum of 1000000 quotients and products"},
    {"calls", bench_calls, 196418, "is Fibonacci number 27"},
    {"strings", bench_strings, 1, "copy equals its source after 4 MiB"},
    {"syscalls", bench_system_calls, 10000, "round trips to ring 0"},
    {"faults", bench_page_faults, 1000, "demand-zero pages"},
    {"yields", bench_yields, 2000, "visits to the scheduler"},
};

void command_bench(u32 count, char** words) {
    (void)count, (void)words;
    bool tsc = cpu_has_tsc();
    print(CYAN "  %-9s %8s  %10s  result" PLAIN "\n", "loop", "us", tsc ? "cycles" : "(no TSC)");
    for (u32 i = 0; i < ARRAY_SIZE(benches); i++) {
        u32 clocks = system_call(SYS_PIT_CLOCKS, 0, 0, 0);
        u64 cycles = cpu_tsc();
        u32 result = benches[i].run();
        cycles = cpu_tsc() - cycles;
        clocks = system_call(SYS_PIT_CLOCKS, 0, 0, 0) - clocks;
        print("  %-9s %8u  ", benches[i].name, multiply_divide(clocks, 1000000, 1193182));
        if (!tsc)
            print("%10s", "-");
        else if (cycles >> 32)
            print("%9uM", (u32)(cycles >> 20));
        else
            print("%10u", (u32)cycles);
        print("  %s%u" PLAIN " %s\n", result == benches[i].expected ? GREEN : RED, result, benches[i].unit);
    }
    system_call(SYS_DISCARD, USER_HEAP, (USER_HEAP_END - USER_HEAP) / page, 0);
}
