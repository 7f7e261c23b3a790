// INT 80h: the only way from ring 3 into the kernel that a task can take on purpose. A pointer from ring 3 is believed
// only after a look at the page tables: the kernel could write where the task must not.

#include "kernel/syscall.h"
#include "kernel/acpi.h"
#include "kernel/console.h"
#include "kernel/io.h"
#include "kernel/keyboard.h"
#include "kernel/multiboot.h"
#include "kernel/paging.h"
#include "kernel/pci.h"
#include "kernel/pic.h"
#include "kernel/pit.h"
#include "kernel/rtc.h"
#include "kernel/serial.h"
#include "kernel/task.h"
#include "lib/string.h"

enum { failed = -1, debug_exit_port = 0xF4 };

static void* user_buffer(u32 address, u32 length) {
    return paging_user_range(address, length, true) ? (void*)address : 0;
}

static u32 read_key(void) {
    for (;;) {
        interrupts_off();
        u16 key = keyboard_take();
        if (!key) task_wait_key();
        interrupts_on();
        if (key) return key;
    }
}

static void ring0_view(struct ring_view* view) {
    struct __attribute__((packed)) {
        u16 limit;
        u32 base;
    } table;
    memset(view, 0, sizeof *view);
    __asm__ volatile("movw %%cs, %0" : "=r"(view->cs));
    __asm__ volatile("movw %%ss, %0" : "=r"(view->ss));
    __asm__ volatile("movw %%ds, %0" : "=r"(view->ds));
    __asm__ volatile("str %0" : "=r"(view->tr));
    __asm__ volatile("sldt %0" : "=r"(view->ldtr));
    __asm__ volatile("smsw %0" : "=r"(view->msw));
    __asm__ volatile("sgdt %0" : "=m"(table));
    view->gdt_base = table.base;
    view->gdt_limit = table.limit;
    __asm__ volatile("sidt %0" : "=m"(table));
    view->idt_base = table.base;
    view->idt_limit = table.limit;
    view->cr0 = READ_CR(0);
    view->cr2 = READ_CR(2);
    view->cr3 = READ_CR(3);
    __asm__ volatile("pushfl\n\tpopl %0" : "=r"(view->eflags));
    __asm__ volatile("cli\n\tpushfl\n\tsti\n\tpopl %0" : "=r"(view->eflags_after_cli) : : "cc");
}

static void port_view(struct port_view* view) {
    memset(view, 0, sizeof *view);
    interrupts_off();
    pic_view(view);
    view->pit_count = pit_count();
    view->keyboard_status = keyboard_status();
    rtc_view(view);
    interrupts_on();
    acpi_view(view);
    view->has_serial = serial_present();
}

/// Calls that hand out information: 1 done, 0 no such index.
static u32 inspect(u32 number, u32 a, u32 b) {
    void* to;
    switch (number) {
    case SYS_TASK_INFO: return (to = user_buffer(b, sizeof(struct task_info))) && task_info(a, to);
    case SYS_PCI: return (to = user_buffer(b, sizeof(struct pci_info))) && pci_function(a, to);
    case SYS_MEMORY_MAP: return (to = user_buffer(b, sizeof(struct memory_range))) && multiboot_range(a, to);
    case SYS_TRANSLATE:
        if ((to = user_buffer(b, sizeof(struct translation)))) paging_translate(a, to);
        return to != 0;
    case SYS_RING0_VIEW:
        if ((to = user_buffer(a, sizeof(struct ring_view)))) ring0_view(to);
        return to != 0;
    case SYS_RING0_SELFMOD:
        if ((to = user_buffer(a, sizeof(struct selfmod_result)))) selfmod_run(to);
        return to != 0;
    case SYS_PORTS:
        if ((to = user_buffer(a, sizeof(struct port_view)))) port_view(to);
        return to != 0;
    case SYS_MEMORY_STATE:
        if ((to = user_buffer(a, sizeof(struct memory_state)))) paging_state(to);
        return to != 0;
    case SYS_COMMAND_LINE: {
        const char* text = multiboot_command_line();
        u32 length = (u32)strlen(text);
        if (length >= b || !(to = user_buffer(a, b))) return 0;
        memcpy(to, text, length + 1);
        return length;
    }
    default: return (u32)failed;
    }
}

void system_call(struct trap_frame* frame) {
    u32 a = frame->ebx, b = frame->ecx, c = frame->edx, result = 0;
    switch (frame->eax) {
    case SYS_EXIT: task_exit();
    case SYS_WRITE:
        if (paging_user_range(a, b, false))
            console_write((const char*)a, b);
        else
            result = (u32)failed;
        break;
    case SYS_STATUS:
        if (paging_user_range(b, c, false))
            console_status(a, (const char*)b, c);
        else
            result = (u32)failed;
        break;
    case SYS_READ_KEY: result = read_key(); break;
    case SYS_SLEEP: task_sleep(a); break;
    case SYS_TICKS: result = pit_ticks(); break;
    case SYS_PIT_CLOCKS: result = pit_clocks(); break;
    case SYS_GETPID: result = task_pid(); break;
    case SYS_YIELD: task_yield(); break;
    case SYS_CATCH:
        frame->eax = 0;
        task_catch(frame);
        break;
    case SYS_UNCATCH: task_uncatch(); break;
    case SYS_DISCARD: paging_discard(a, b); break;
    case SYS_CLEAR: console_clear(); break;
    case SYS_REBOOT:
        reboot();
        result = (u32)failed;
        break;
    case SYS_POWER_OFF:
        power_off();
        result = (u32)failed;
        break;
    case SYS_DEBUG_EXIT: out8(debug_exit_port, (u8)a); break;
    default: result = inspect(frame->eax, a, b); break;
    }
    frame->eax = result;
}
