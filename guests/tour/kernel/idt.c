// The interrupt descriptor table: vectors 0-1F are the processor's exceptions, 20-2F the two PICs, 80 the system call.
//
// Exceptions and hardware interrupts use interrupt gates, which clear IF. The system call is a trap gate with DPL 3:
// ring 3 may call it with INT (any other INT from ring 3 is a general protection fault), and interrupts stay on while
// the kernel works, but the kernel itself is never pre-empted: only an interrupt that came from ring 3, or from the
// idle task, changes tasks on its way out.

#include "kernel/idt.h"
#include "kernel/fault.h"
#include "kernel/gdt.h"
#include "kernel/io.h"
#include "kernel/keyboard.h"
#include "kernel/paging.h"
#include "kernel/pic.h"
#include "kernel/pit.h"
#include "kernel/serial.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

static u64 idt[256];

extern const u32 trap_entries[0x30]; // traps.asm
extern void trap_entry_system_call(void);

static u64 gate(u32 handler, u32 type) {
    return (u64)(handler & 0xFFFF) | (u64)KERNEL_CODE << 16 | (u64)type << 40 | (u64)(handler >> 16) << 48;
}

void idt_init(void) {
    enum { interrupt_gate = 0x8E, trap_gate_for_ring_3 = 0xEF };
    for (u32 vector = 0; vector < 0x30; vector++) idt[vector] = gate(trap_entries[vector], interrupt_gate);
    idt[VECTOR_SYSTEM_CALL] = gate((u32)trap_entry_system_call, trap_gate_for_ring_3);
    struct __attribute__((packed)) {
        u16 limit;
        u32 base;
    } idtr = {sizeof idt - 1, (u32)idt};
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

static void irq(u32 line) {
    if (pic_is_spurious(line)) return;
    switch (line) {
    case 0: pit_irq(); break;
    case 1: keyboard_irq(); break;
    case 4: serial_irq(); break;
    default: break;
    }
    pic_end_of_interrupt(line);
}

/// Called by traps.asm for every vector.
void trap_dispatch(struct trap_frame* frame) {
    if (frame->vector == VECTOR_SYSTEM_CALL) {
        system_call(frame);
        return;
    }
    if (frame->vector >= VECTOR_IRQ0) {
        irq(frame->vector - VECTOR_IRQ0);
        if (task_switch_due() && (from_user(frame) || task_is_idle())) task_schedule();
        return;
    }
    if (frame->vector == VECTOR_PAGE_FAULT && paging_fault(READ_CR(2), frame->error)) return;
    fault(frame);
}
