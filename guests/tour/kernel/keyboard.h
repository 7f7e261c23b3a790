// The PS/2 keyboard behind the i8042, and the queue of keys that COM1 feeds as well.
#pragma once

#include "lib/types.h"

void keyboard_init(void);
void keyboard_irq(void);
/// Puts a key (a character or a KEY_ value) into the queue and wakes who waits for one.
void keyboard_put(u16 key);
/// The next key, or 0.
u16 keyboard_take(void);
u8 keyboard_status(void);
/// Pulses the reset line of the processor, which the i8042 holds.
void keyboard_reset_processor(void);
