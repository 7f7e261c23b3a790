// Port and privileged register access.
#pragma once

#include "lib/types.h"

static inline void out8(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline void out16(u16 port, u16 value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static inline void out32(u16 port, u32 value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static inline u8 in8(u16 port) {
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline u16 in16(u16 port) {
    u16 value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
static inline u32 in32(u16 port) {
    u32 value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void interrupts_off(void) { __asm__ volatile("cli" : : : "memory"); }
static inline void interrupts_on(void) { __asm__ volatile("sti" : : : "memory"); }
/// Waits for one interrupt. STI's shadow covers the HLT, so none can slip in between and be missed.
static inline void wait_for_interrupt(void) { __asm__ volatile("sti\n\thlt" : : : "memory"); }

#define READ_CR(n)                                                                                                     \
    ({                                                                                                                 \
        u32 value_;                                                                                                    \
        __asm__ volatile("movl %%cr" #n ", %0" : "=r"(value_));                                                        \
        value_;                                                                                                        \
    })
#define WRITE_CR(n, value) __asm__ volatile("movl %0, %%cr" #n : : "r"(value) : "memory")
