// The 8254 timer: 100 interrupts a second, and a finer clock from its counter.
#pragma once

#include "lib/types.h"

enum { PIT_HZ = 1193182, TICKS_PER_SECOND = 100, PIT_RELOAD = (PIT_HZ + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND };

void pit_init(void);
void pit_irq(void);
u32 pit_ticks(void);
u16 pit_count(void);
/// PIT input clocks since boot, modulo 2^32 (about an hour).
u32 pit_clocks(void);
