// Interrupts and exceptions: how they enter the kernel, and the registers they interrupt.
#pragma once

#include "lib/types.h"

/// What traps.asm leaves on the kernel stack. `esp` and `ss` are there only if the interrupt came from ring 3.
struct trap_frame {
    u32 gs, fs, es, ds;
    u32 edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;
    u32 vector, error;
    u32 eip, cs, eflags, esp, ss;
};

enum {
    VECTOR_GENERAL_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_IRQ0 = 0x20,
    VECTOR_SYSTEM_CALL = 0x80,
};

static inline bool from_user(const struct trap_frame* frame) { return (frame->cs & 3) == 3; }

void idt_init(void);
