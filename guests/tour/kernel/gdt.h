// Segments: flat code and data for rings 0 and 3, and one TSS.
#pragma once

#include "lib/types.h"

enum {
    KERNEL_CODE = 0x08,
    KERNEL_DATA = 0x10,
    USER_CODE = 0x18 | 3,
    USER_DATA = 0x20 | 3,
    TASK_STATE = 0x28,
};

void gdt_init(void);
/// The stack that the processor switches to when an interrupt comes from ring 3.
void gdt_set_kernel_stack(u32 esp);
