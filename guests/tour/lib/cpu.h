// What any code may ask the processor at any privilege level: CPUID (if there is one), the time stamp counter, segment
// selectors.
#pragma once

#include "lib/types.h"

struct cpuid_result {
    u32 eax, ebx, ecx, edx;
};

/// A 486 may lack CPUID: it is there if software can change EFLAGS.ID (SDM vol. 1, 20.1.2).
bool cpu_has_cpuid(void);
/// All zero without CPUID or above the highest leaf.
struct cpuid_result cpuid(u32 leaf);
bool cpu_has_tsc(void);
/// 0 without a time stamp counter.
u64 cpu_tsc(void);
/// "GenuineIntel" and the like; "486 (no CPUID)" without one. At least 13 and 49 bytes.
void cpu_vendor(char* vendor);
void cpu_brand(char* brand);

/// a * b / c with a 64-bit product; the quotient must fit 32 bits.
static inline u32 multiply_divide(u32 a, u32 b, u32 c) {
    u32 high;
    __asm__("mull %2\n\tdivl %3" : "+a"(a), "=&d"(high) : "rm"(b), "rm"(c) : "cc");
    return a;
}
