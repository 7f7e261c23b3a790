// The 16550 UART at COM1, the second face of the console.
#pragma once

#include "lib/types.h"

void serial_init(void);
bool serial_present(void);
/// One code page 437 character; what is not ASCII goes out as UTF-8, a newline as CR LF.
void serial_put(u8 character);
void serial_irq(void);
