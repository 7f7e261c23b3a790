// The system call interface between the kernel and the user program, and the addresses that both agree on.
//
// INT 80h with the number in EAX and up to three arguments in EBX, ECX, EDX; the result comes back in EAX (-1: failed).
#pragma once

#include "lib/selfmod.h"
#include "lib/types.h"

enum system_call {
    SYS_EXIT,          // (code): ends the task
    SYS_WRITE,         // (text, length)
    SYS_READ_KEY,      // -> a character or a KEY_ value; waits
    SYS_SLEEP,         // (ticks)
    SYS_TICKS,         // -> 10 ms ticks since boot
    SYS_PIT_CLOCKS,    // -> PIT input clocks (1,193,182 a second) since boot, modulo 2^32
    SYS_GETPID,        //
    SYS_YIELD,         //
    SYS_STATUS,        // (column, text, length): writes on the status line
    SYS_TASK_INFO,     // (index, struct task_info*)
    SYS_RING0_VIEW,    // (struct ring_view*): the view from ring 0
    SYS_RING0_SELFMOD, // (struct selfmod_result*)
    SYS_PORTS,         // (struct port_view*)
    SYS_PCI,           // (index, struct pci_info*)
    SYS_MEMORY_MAP,    // (index, struct memory_range*)
    SYS_MEMORY_STATE,  // (struct memory_state*)
    SYS_TRANSLATE,     // (address, struct translation*)
    SYS_CATCH,      // -> 0; and again, with 100h | vector, error code in EDX and CR2 in ECX, when the task next faults
    SYS_UNCATCH,    //
    SYS_DISCARD,    // (address, pages): gives demand-zero pages back
    SYS_CLEAR,      //
    SYS_REBOOT,     //
    SYS_POWER_OFF,  //
    SYS_DEBUG_EXIT, // (code): isa-debug-exit
    SYS_COMMAND_LINE, // (text, size) -> length
    SYS_COUNT
};

// Keys that are not characters.
enum { KEY_UP = 0x100, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE };

// The address space of a task. The kernel lies below 1 GiB, in pages that only ring 0 may touch.
enum {
    USER_IMAGE = 0x40000000, // the user program
    USER_HEAP = 0x50000000,  // demand-zero pages
    USER_HEAP_END = 0x50400000,
    USER_STACK = 0x7FFF0000, // demand-zero pages, too
    USER_STACK_END = 0x80000000,
};
#define USER_END 0x80000000u

// The first bytes of the flat user program. Pages below `data` are read-only.
struct user_header {
    u32 magic, entry, data, end;
};
#define USER_MAGIC 0x52554F54u // "TOUR"

// What a user task starts as; its argument (in EAX).
enum user_role { ROLE_SHELL, ROLE_CLOCK, ROLE_WORKER };

enum task_state { TASK_FREE, TASK_READY, TASK_SLEEPING, TASK_WAITING, TASK_DEAD };

struct task_info {
    u32 pid, state, cpl, ticks, switches, page_directory;
    char name[12];
};

struct ring_view {
    u16 cs, ss, ds, tr, ldtr, msw;
    u32 eflags, gdt_base, idt_base, cr0, cr2, cr3, cr4;
    u16 gdt_limit, idt_limit;
    u32 eflags_after_cli; // after CLI and STI in ring 0
};

struct port_view {
    u8 pic_mask[2], pic_request[2], pic_service[2];
    u16 pit_count;
    u8 keyboard_status;
    u8 rtc_second, rtc_minute, rtc_hour, rtc_day, rtc_month;
    u16 rtc_year;
    u8 rtc_status_b;
    u16 pm1a_control, pm1b_control, sleep_type_a;
    bool has_serial, has_acpi;
};

struct pci_info {
    u8 bus, device, function;
    u16 vendor, device_id;
    u8 class_code, subclass, interface, irq;
};

struct memory_range {
    u32 base, base_high, length, length_high, type;
};

struct memory_state {
    u32 total_frames, free_frames, kernel_start, kernel_text_end, kernel_end, page_faults, top;
    u32 installed; // the end of memory, whether we use all of it or not
};

struct translation {
    u32 directory_entry, table_entry;
};
