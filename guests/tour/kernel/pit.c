#include "kernel/pit.h"
#include "kernel/io.h"
#include "kernel/task.h"

enum { channel_0 = 0x40, command = 0x43 };

static volatile u32 ticks;

void pit_init(void) {
    out8(command, 0x34); // channel 0, low then high byte, mode 2 (rate generator), binary
    out8(channel_0, PIT_RELOAD & 0xFF);
    out8(channel_0, PIT_RELOAD >> 8);
}

void pit_irq(void) {
    ticks++;
    task_tick(ticks);
}

u32 pit_ticks(void) { return ticks; }

u16 pit_count(void) {
    out8(command, 0x00); // latch channel 0
    u16 low = in8(channel_0);
    return (u16)(low | in8(channel_0) << 8);
}

u32 pit_clocks(void) {
    // The counter runs down and reloads just before its interrupt is taken; with interrupts off a reload between the
    // two reads would look like time going backwards, so the result never does.
    static u32 last;
    u32 now = ticks * PIT_RELOAD + (PIT_RELOAD - pit_count());
    if ((int)(now - last) > 0) last = now;
    return last;
}
