// The VGA text screen: a title, 23 lines that scroll, a status line. What scrolls goes to COM1 as well.
#pragma once

#include "lib/types.h"

void console_init(void);
void console_put(char c);
void console_write(const char* text, u32 length);
void console_print(const char* format, ...) __attribute__((format(printf, 1, 2)));
void console_clear(void);
/// Writes over the status line from `column` on; nothing of it goes to COM1.
void console_status(u32 column, const char* text, u32 length);
