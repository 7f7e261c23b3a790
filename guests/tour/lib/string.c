#include "lib/string.h"

// Written with the string instructions: a virtual machine has to get REP right anyhow, and this makes every guest copy
// test it.

void* memcpy(void* to, const void* from, size_t n) {
    void* d = to;
    size_t words = n / 4, bytes = n % 4;
    __asm__ volatile("rep movsl" : "+D"(d), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(bytes) : : "memory");
    return to;
}

void* memset(void* to, int value, size_t n) {
    void* d = to;
    size_t words = n / 4, bytes = n % 4;
    u32 pattern = (u8)value * 0x01010101u;
    __asm__ volatile("rep stosl" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(bytes) : "a"(pattern) : "memory");
    return to;
}

int memcmp(const void* a, const void* b, size_t n) {
    const u8 *x = a, *y = b;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char* s) {
    size_t n = 0;
    while (s[n]) n++;
    return n;
}

int strcmp(const char* a, const char* b) {
    while (*a && *a == *b) a++, b++;
    return (u8)*a - (u8)*b;
}

bool parse_number(const char* s, u32* value) {
    u32 base = 10, result = 0;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) base = 16, s += 2;
    if (!*s) return false;
    for (; *s; s++) {
        u32 digit;
        if (*s >= '0' && *s <= '9')
            digit = (u32)(*s - '0');
        else if ((*s | 32) >= 'a' && (*s | 32) <= 'f')
            digit = (u32)((*s | 32) - 'a' + 10);
        else
            return false;
        if (digit >= base) return false;
        result = result * base + digit;
    }
    *value = result;
    return true;
}
