/* What insn tests and the native runner say to each other (C and C++). */
#ifndef RINGSHIFT_HOST_PROTOCOL_H
#define RINGSHIFT_HOST_PROTOCOL_H

#include <stdint.h>

#define ARENA_BASE 0x10000000u /* linear; 16-bit segments start here, 32-bit code sees it at this address */
#define ARENA_SIZE 0x10000u
#define TIMED_OUT 0xFFu

struct request {
    uint32_t bits; /* 16 or 32 */
    uint32_t gpr[8];
    uint32_t eip;
    uint32_t eflags;
};

struct reply {
    uint32_t gpr[8];
    uint32_t eip; /* of the instruction that faulted */
    uint32_t eflags;
    uint32_t vector; /* 13 at a HLT, or TIMED_OUT */
    uint32_t error_code;
    uint32_t cr2;
    uint8_t fxsave[416]; /* FXSAVE's layout up to the end of the XMM registers (288) */
};

#endif
