// The few memory and string functions that freestanding C code needs (the compiler itself calls the first three).
#pragma once

#include "lib/types.h"

void* memcpy(void* to, const void* from, size_t n);
void* memset(void* to, int value, size_t n);
int memcmp(const void* a, const void* b, size_t n);
size_t strlen(const char* s);
int strcmp(const char* a, const char* b);
/// The number at `s`, decimal or 0x hexadecimal; false if there is none or anything follows it.
bool parse_number(const char* s, u32* value);
