// What makes an operating system work: system calls, processes, page faults, signals.
#include "workload.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const unsigned page_size = 4096;

static void require(int condition) {
    if (!condition) _exit(3);
}

static uint32_t int80(unsigned scale) {
    uint32_t answers = 0;
    for (unsigned i = 0; i < 500 * scale; i++) {
        int result;
        asm volatile("int $0x80" : "=a"(result) : "0"(SYS_getppid) : "memory");
        answers += result >= 0;
    }
    return answers;
}

// The vDSO's entry: SYSENTER where the CPU has it.
static uint32_t sysenter(unsigned scale) {
    uint32_t answers = 0;
    unsigned long entry = getauxval(AT_SYSINFO);
    require(entry != 0);
    for (unsigned i = 0; i < 10000 * scale; i++) {
        int result;
        asm volatile("call *%1" : "=a"(result) : "r"(entry), "0"(SYS_getppid) : "memory", "ecx", "edx");
        answers += result >= 0;
    }
    return answers;
}

static uint32_t clock_reads(unsigned scale) {
    uint32_t forward = 0;
    struct timespec now, before = {0, 0};
    for (unsigned i = 0; i < 10000 * scale; i++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        forward += now.tv_sec > before.tv_sec || (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec);
        before = now;
    }
    return forward;
}

static uint32_t fork_exit(unsigned scale) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < 20 * scale; i++) {
        pid_t child = fork();
        require(child >= 0);
        if (child == 0) _exit((int)(i & 63));
        int status;
        require(waitpid(child, &status, 0) == child);
        sum = mix(sum, (uint32_t)WEXITSTATUS(status));
    }
    return sum;
}

// One byte to another process and back: two context switches a round.
static uint32_t pipe_pingpong(unsigned scale) {
    int there[2], back[2];
    require(pipe(there) == 0 && pipe(back) == 0);
    pid_t child = fork();
    require(child >= 0);
    uint8_t byte = 1;
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            byte = (uint8_t)(byte * 5 + 3);
            require(write(back[1], &byte, 1) == 1);
        }
        _exit(0);
    }
    uint32_t sum = 0;
    for (unsigned i = 0; i < 400 * scale; i++) {
        require(write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1);
        sum = mix(sum, byte);
    }
    close(there[0]), close(there[1]), close(back[0]), close(back[1]);
    waitpid(child, 0, 0);
    return sum;
}

static uint32_t page_faults(unsigned scale) {
    const unsigned pages = 256;
    uint32_t sum = 0;
    for (unsigned round = 0; round < 4 * scale; round++) {
        uint8_t* area = mmap(0, pages * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(area != MAP_FAILED);
        madvise(area, pages * page_size, MADV_NOHUGEPAGE);
        for (unsigned i = 0; i < pages; i++) area[i * page_size] = (uint8_t)(i + round);
        for (unsigned i = 0; i < pages; i += 17) sum = mix(sum, area[i * page_size]);
        munmap(area, pages * page_size);
    }
    return sum;
}

static volatile uint32_t signals_seen;
static uint8_t* guarded;
static void count_signal(int number) { (void)number, signals_seen++; }
static void open_page(int number) {
    (void)number, signals_seen++;
    mprotect(guarded, page_size, PROT_READ | PROT_WRITE);
}

static uint32_t signals(unsigned scale) {
    signals_seen = 0;
    signal(SIGUSR1, count_signal);
    for (unsigned i = 0; i < 300 * scale; i++) kill(getpid(), SIGUSR1);
    return signals_seen;
}

static uint32_t fault_signals(unsigned scale) {
    signals_seen = 0;
    guarded = mmap(0, page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(guarded != MAP_FAILED);
    signal(SIGSEGV, open_page);
    for (unsigned i = 0; i < 200 * scale; i++) {
        *(volatile uint8_t*)guarded = (uint8_t)i;
        mprotect(guarded, page_size, PROT_NONE);
    }
    signal(SIGSEGV, SIG_DFL);
    munmap(guarded, page_size);
    return signals_seen;
}

const struct workload system_workloads[] = {
    {"int80", "system", 0, int80}, {"sysenter", "system", 0, sysenter}, {"clock_reads", "system", 0, clock_reads}, {"fork_exit", "system", 0, fork_exit},
    {"pipe_pingpong", "system", 0, pipe_pingpong}, {"page_faults", "system", 0, page_faults}, {"signals", "system", 0, signals},
    {"fault_signals", "system", 0, fault_signals}, {0, 0, 0, 0},
};
