/* Runs small user-mode programs natively: the host CPU as the reference for everything unprivileged.
 *
 * A 32-bit process. Each request on standard input (struct request, then the arena) is loaded into a fixed arena of 64 KiB and
 * entered by a signal return, which sets all registers at once; the first fault, normally that of the final HLT, ends it.
 * The reply (struct reply, then the arena) goes to standard output. 16-bit requests run in LDT segments over the arena. */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "host_protocol.h"

static struct request request;
static uint8_t* const arena = (uint8_t*)(uintptr_t)ARENA_BASE;
static int running;

static void transfer(int fd, void* data, size_t size, int out) {
    uint8_t* at = data;
    while (size > 0) {
        const ssize_t n = out ? write(fd, at, size) : read(fd, at, size);
        if (n <= 0) _exit(n == 0 ? 0 : 1);
        at += n;
        size -= (size_t)n;
    }
}

static void segment(unsigned entry, int code) {
    struct user_desc d = {.entry_number = entry, .base_addr = ARENA_BASE, .limit = 0xFFFF, .contents = code ? 2 : 0, .useable = 1};
    if (syscall(SYS_modify_ldt, 1, &d, sizeof d) != 0) _exit(3);
}

static void next(greg_t* g, uint8_t* fp) {
    static const int order[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
    static greg_t flat_cs, flat_ss, flat_ds;
    if (!flat_cs) {
        flat_cs = g[REG_CS];
        flat_ss = g[REG_SS];
        flat_ds = g[REG_DS];
    }
    transfer(0, &request, sizeof request, 0);
    transfer(0, arena, ARENA_SIZE, 0);
    for (int i = 0; i < 8; ++i) g[order[i]] = (greg_t)request.gpr[i];
    g[REG_EIP] = (greg_t)request.eip;
    g[REG_EFL] = (greg_t)((request.eflags & 0x244CD5) | 0x202); /* arithmetic flags, DF, AC, ID */
    if (request.bits == 16) {
        g[REG_CS] = 0xF;
        g[REG_SS] = g[REG_DS] = g[REG_ES] = 0x17;
    } else {
        g[REG_CS] = flat_cs;
        g[REG_SS] = flat_ss;
        g[REG_DS] = g[REG_ES] = flat_ds;
    }
    if (fp) { /* struct _fpstate: FSAVE image, then FXSAVE image; both as after FNINIT and reset of MXCSR */
        uint32_t* legacy = (uint32_t*)fp;
        memset(fp, 0, 108);
        legacy[0] = 0xFFFF037F;
        legacy[1] = 0xFFFF0000;
        legacy[2] = 0xFFFFFFFF;
        memset(fp + 112, 0, 416);
        *(uint16_t*)(fp + 112) = 0x37F;
        *(uint32_t*)(fp + 112 + 24) = 0x1F80;
        *(uint32_t*)(fp + 112 + 28) = 0xFFFF;
    }
    const struct itimerval limit = {{0, 0}, {1, 0}};
    setitimer(ITIMER_REAL, &limit, 0);
    running = 1;
}

static void on_signal(int number, siginfo_t* info, void* context) {
    (void)info;
    static const int order[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
    ucontext_t* u = context;
    greg_t* g = u->uc_mcontext.gregs;
    uint8_t* fp = (uint8_t*)u->uc_mcontext.fpregs;
    /* The time limit is over, or a late one of a program that has ended: then the process is between requests. */
    const int was_running = running;
    running = 0;
    const struct itimerval off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &off, 0);
    if (number == SIGALRM && !was_running) return;
    if (was_running) {
        struct reply reply;
        memset(&reply, 0, sizeof reply);
        for (int i = 0; i < 8; ++i) reply.gpr[i] = (uint32_t)g[order[i]];
        reply.eip = (uint32_t)g[REG_EIP];
        reply.eflags = (uint32_t)g[REG_EFL];
        reply.vector = number == SIGALRM ? TIMED_OUT : (uint32_t)g[REG_TRAPNO];
        reply.error_code = (uint32_t)g[REG_ERR];
        reply.cr2 = u->uc_mcontext.cr2;
        if (fp) memcpy(reply.fxsave, fp + 112, sizeof reply.fxsave);
        transfer(1, &reply, sizeof reply, 1);
        transfer(1, arena, ARENA_SIZE, 1);
    }
    next(g, fp);
}

int main(void) {
    if (mmap(arena, ARENA_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void*)arena) return 2;
    segment(1, 1);
    segment(2, 0);
    const stack_t stack = {.ss_sp = mmap(0, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = 1 << 18};
    sigaltstack(&stack, 0);
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    const int signals[] = {SIGSEGV, SIGILL, SIGFPE, SIGBUS, SIGTRAP, SIGALRM};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; ++i) sigaction(signals[i], &action, 0);
    raise(SIGSEGV);
    for (;;) pause();
}
