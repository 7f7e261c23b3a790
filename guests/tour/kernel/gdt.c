// Protected mode needs segments, and ring 3 needs a TSS.
//
// The segments are flat: base 0, limit 4 GiB, so that only paging separates tasks. What they still carry is the
// privilege level: code that runs from USER_CODE has CPL 3. The one TSS has two duties. On an interrupt from ring 3 the
// processor takes SS0:ESP0 from it; and at each IN or OUT in ring 3 it looks up the I/O permission bitmap behind it.
// Ours permits one port, 80h (the POST code display, harmless), so that the `rings` command can show both outcomes.

#include "kernel/gdt.h"
#include "lib/string.h"

struct __attribute__((packed)) table_register {
    u16 limit;
    u32 base;
};

static struct __attribute__((packed)) {
    u32 link, esp0, ss0, unused[22];
    u16 trap, io_map_base;
    u8 io_map[8192];
    u8 io_map_end; // the processor reads two bytes at a time: all ones behind the last (SDM vol. 1, 19.5.2)
} task_state;

static u64 gdt[6];

static u64 descriptor(u32 base, u32 limit, u32 type) {
    return (u64)(limit & 0xFFFF) | (u64)(base & 0xFFFFFF) << 16 | (u64)type << 40 | (u64)(limit >> 16 & 15) << 48 |
           (u64)(base >> 24) << 56;
}

void gdt_init(void) {
    enum { flat_32bit = 0xC000 }; // G and D/B, in the place where `descriptor` shifts them to
    gdt[KERNEL_CODE >> 3] = descriptor(0, 0xFFFFF, flat_32bit | 0x9A);
    gdt[KERNEL_DATA >> 3] = descriptor(0, 0xFFFFF, flat_32bit | 0x92);
    gdt[USER_CODE >> 3] = descriptor(0, 0xFFFFF, flat_32bit | 0xFA);
    gdt[USER_DATA >> 3] = descriptor(0, 0xFFFFF, flat_32bit | 0xF2);
    gdt[TASK_STATE >> 3] = descriptor((u32)&task_state, sizeof task_state - 1, 0x89);

    memset(task_state.io_map, 0xFF, sizeof task_state.io_map + 1);
    task_state.io_map[0x80 / 8] = 0xFE;
    task_state.io_map_base = (u16)((u8*)task_state.io_map - (u8*)&task_state);
    task_state.ss0 = KERNEL_DATA;

    struct table_register gdtr = {sizeof gdt - 1, (u32)gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %1, $1f\n"
                     "1:\n\t"
                     "movw %w2, %%ds\n\t"
                     "movw %w2, %%es\n\t"
                     "movw %w2, %%ss\n\t"
                     "movw %w3, %%fs\n\t"
                     "movw %w3, %%gs\n\t"
                     "lldt %w3\n\t"
                     "ltr %w4"
                     :
                     : "m"(gdtr), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(0), "r"(TASK_STATE)
                     : "memory");
}

void gdt_set_kernel_stack(u32 esp) { task_state.esp0 = esp; }
