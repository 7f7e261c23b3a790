// The tour's kernel: brings the processor and the board up in the order in which each step needs the one before it,
// then starts the tasks and becomes the idle task. Read on in gdt.c, idt.c, paging.c, task.c and syscall.c.

#include "kernel/acpi.h"
#include "kernel/console.h"
#include "kernel/gdt.h"
#include "kernel/idt.h"
#include "kernel/io.h"
#include "kernel/keyboard.h"
#include "kernel/multiboot.h"
#include "kernel/paging.h"
#include "kernel/pic.h"
#include "kernel/pit.h"
#include "kernel/serial.h"
#include "kernel/task.h"
#include "lib/format.h"

__attribute__((noreturn)) void kernel_main(u32 magic, u32 information) {
    if (magic == multiboot_loader_magic) multiboot_init(information);
    gdt_init();
    idt_init();
    pic_init();
    serial_init();
    console_init();
    paging_init();
    keyboard_init();
    acpi_init();
    pit_init();
    pic_enable(0);
    console_print(DIM "kernel: GDT, IDT, TSS, paging, PIC, PIT at %u Hz, keyboard, COM1%s" PLAIN "\n",
                  TICKS_PER_SECOND + 0u, serial_present() ? "" : " (absent)");
    task_init();
    task_idle_loop();
}
