// printf-style formatting: %d %u %x %X %s %c %%, with '-', '0', a width and '*'.
#pragma once

#include "lib/types.h"

/// Writes at most `size` bytes with the final NUL; returns how many characters it wrote (without the NUL).
size_t format_va(char* out, size_t size, const char* format, va_list arguments);
size_t format(char* out, size_t size, const char* format, ...) __attribute__((format(printf, 3, 4)));

// The console reads byte 1 as "the next byte is the VGA attribute from here on" (low nibble foreground, high nibble
// background). COM1 gets neither byte, so serial output is plain text.
#define COLOUR(attribute) "\x01" attribute
#define PLAIN COLOUR("\x07")
#define BRIGHT COLOUR("\x0F")
#define DIM COLOUR("\x08")
#define GREEN COLOUR("\x0A")
#define CYAN COLOUR("\x0B")
#define RED COLOUR("\x0C")
#define YELLOW COLOUR("\x0E")

// Box drawing of code page 437, the character set in the VGA's font ROM. COM1 gets the same shapes as UTF-8.
#define BOX_H "\xC4"
#define BOX_V "\xB3"
#define BOX_TL "\xDA"
#define BOX_TR "\xBF"
#define BOX_BL "\xC0"
#define BOX_BR "\xD9"
