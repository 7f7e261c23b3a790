#include "lib/cpu.h"
#include "lib/string.h"

enum { flag_id = 1 << 21 };

bool cpu_has_cpuid(void) {
    u32 before, after;
    __asm__ volatile("pushfl\n\t"
                     "popl %0\n\t"
                     "movl %0, %1\n\t"
                     "xorl %2, %1\n\t"
                     "pushl %1\n\t"
                     "popfl\n\t"
                     "pushfl\n\t"
                     "popl %1\n\t"
                     "pushl %0\n\t"
                     "popfl"
                     : "=&r"(before), "=&r"(after)
                     : "i"(flag_id)
                     : "cc");
    return ((before ^ after) & flag_id) != 0;
}

static struct cpuid_result cpuid_raw(u32 leaf) {
    struct cpuid_result r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

struct cpuid_result cpuid(u32 leaf) {
    struct cpuid_result none = {0, 0, 0, 0};
    if (!cpu_has_cpuid()) return none;
    u32 highest = cpuid_raw(leaf & 0x80000000).eax;
    if (highest < leaf || (highest ^ leaf) & 0x80000000) return none;
    return cpuid_raw(leaf);
}

bool cpu_has_tsc(void) { return (cpuid(1).edx & 1 << 4) != 0; }

u64 cpu_tsc(void) {
    static int known; // 1 there is none, 2 there is one
    if (!known) known = cpu_has_tsc() ? 2 : 1;
    if (known == 1) return 0;
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (u64)high << 32 | low;
}

void cpu_vendor(char* vendor) {
    if (!cpu_has_cpuid()) {
        memcpy(vendor, "(no CPUID)", 11);
        return;
    }
    struct cpuid_result r = cpuid(0);
    memcpy(vendor, &r.ebx, 4);
    memcpy(vendor + 4, &r.edx, 4);
    memcpy(vendor + 8, &r.ecx, 4);
    vendor[12] = 0;
}

void cpu_brand(char* brand) {
    brand[0] = 0;
    if (cpuid(0x80000004).eax)
        for (u32 i = 0; i < 3; i++) {
            struct cpuid_result r = cpuid(0x80000002 + i);
            memcpy(brand + i * 16, &r, 16);
        }
    brand[48] = 0;
    const char* start = brand;
    while (*start == ' ') start++;
    memcpy(brand, start, strlen(start) + 1);
    if (brand[0]) return;
    u32 family = cpuid(1).eax >> 8 & 15;
    const char* name = !cpu_has_cpuid() ? "80486 class"
                       : family == 4    ? "80486 class"
                       : family == 5    ? "Pentium class"
                                        : "Pentium Pro class or later";
    memcpy(brand, name, strlen(name) + 1);
}
