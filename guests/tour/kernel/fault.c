// A fault in ring 3 is the task's own problem: the kernel prints what the processor said and ends the task. A fault in
// ring 0 is ours: print and stop.

#include "kernel/fault.h"
#include "kernel/console.h"
#include "kernel/io.h"
#include "kernel/task.h"
#include "lib/format.h"

static const char* const names[32] = {
    "#DE divide error",
    "#DB debug",
    "NMI",
    "#BP breakpoint",
    "#OF overflow",
    "#BR bound range exceeded",
    "#UD invalid opcode",
    "#NM device not available",
    "#DF double fault",
    "coprocessor segment overrun",
    "#TS invalid TSS",
    "#NP segment not present",
    "#SS stack-segment fault",
    "#GP general protection",
    "#PF page fault",
    "reserved",
    "#MF x87 floating-point error",
    "#AC alignment check",
    "#MC machine check",
    "#XM SIMD floating-point exception",
};

static void print_error_code(const struct trap_frame* frame) {
    u32 e = frame->error;
    if (frame->vector == VECTOR_PAGE_FAULT)
        console_print("%s, %s, in ring %u", e & 1 ? "protection" : "page not present", e & 2 ? "write" : "read",
                      e & 4 ? 3u : 0u);
    else if (e)
        console_print("selector index %u, %s", e >> 3, e & 2 ? "IDT" : e & 4 ? "LDT" : "GDT");
    else
        console_print("no selector");
}

static void print_registers(const struct trap_frame* f, u32 cr2) {
    u32 esp = from_user(f) ? f->esp : (u32)&f->esp;
    console_print("  EIP %08x  CS %04x  EFLAGS %08x  CR2 %08x\n", f->eip, f->cs, f->eflags, cr2);
    console_print("  EAX %08x  EBX %08x  ECX %08x  EDX %08x\n", f->eax, f->ebx, f->ecx, f->edx);
    console_print("  ESI %08x  EDI %08x  EBP %08x  ESP %08x\n", f->esi, f->edi, f->ebp, esp);
}

void fault(struct trap_frame* frame) {
    u32 cr2 = frame->vector == VECTOR_PAGE_FAULT ? READ_CR(2) : 0;
    if (from_user(frame) && task_take_fault(frame, cr2)) return;

    const char* name = frame->vector < 32 && names[frame->vector] ? names[frame->vector] : "reserved";
    console_print("\n" RED "*** exception %u: %s" PLAIN "\n", frame->vector, name);
    console_print("  error code %08x (", frame->error);
    print_error_code(frame);
    console_print(")\n");
    print_registers(frame, cr2);
    if (from_user(frame)) {
        console_print(YELLOW "*** task %u (%s) ended by the kernel" PLAIN "\n", task_pid(), task_name());
        task_exit();
    }
    console_print(RED "*** in the kernel: the machine stops here" PLAIN "\n");
    for (;;) {
        interrupts_off();
        __asm__ volatile("hlt");
    }
}
