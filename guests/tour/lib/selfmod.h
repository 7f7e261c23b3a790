// Self-modifying code, run at whatever privilege level the caller has.
//
// A processor fetches instructions ahead of executing them, and a virtual machine goes further: it keeps what it
// decoded or translated. Either way a store into code must be seen by the next execution of that code. The patched
// routines stand in lib/selfmod_code.asm, in a writable section.
#pragma once

#include "lib/types.h"

struct selfmod_result {
    u32 immediate; // calls that returned the immediate just written into the routine
    u32 opcode;    // rounds in which INC became DEC and back, with the right sum
    u32 next;      // stores to the instruction directly after the store
    u32 copied;    // routines copied with REP MOVSB over an older routine and called
    u32 straddle;  // patches of an instruction that crosses a page boundary
};

enum { selfmod_rounds = 1000, selfmod_copies = 256 };

void selfmod_run(struct selfmod_result* result);
