// Pre-emptive round robin.
//
// A task that is not running is a stack: everything that it needs to go on lies on its kernel stack, and changing tasks
// is changing ESP (switch_stacks in traps.asm), CR3 and the TSS's ESP0. The timer interrupt makes a change due every
// fifth tick; it happens on the way out of an interrupt that came from ring 3. Inside the kernel a task gives up the
// processor only by its own call.

#include "kernel/task.h"
#include "kernel/console.h"
#include "kernel/gdt.h"
#include "kernel/io.h"
#include "kernel/paging.h"
#include "kernel/pit.h"
#include "lib/string.h"

enum { max_tasks = 8, stack_size = 8192, ticks_per_turn = 5 };

struct task {
    u32 esp; // while not running
    u32 page_directory;
    u32 pid, role, wake_at, ticks, switches;
    enum task_state state;
    const char* name;
    bool catching;
    struct trap_frame catch_frame;
};

extern void switch_stacks(u32* save_esp, u32 load_esp); // traps.asm
extern void trap_return(void);

static struct task tasks[max_tasks]; // [0] is the idle task
static u8 stacks[max_tasks][stack_size] __attribute__((aligned(16)));
static struct task* current = &tasks[0];
static u32 next_pid, turn_ticks;
static bool switch_due;

static u32 stack_top(const struct task* t) { return (u32)stacks[t - tasks] + stack_size; }

static void start_user_task(enum user_role role, const char* name) {
    struct task* t = 0;
    for (u32 i = 1; i < max_tasks && !t; i++)
        if (tasks[i].state == TASK_FREE) t = &tasks[i];
    u32 directory = t ? paging_new_user_space() : 0;
    if (!directory) {
        console_print("kernel: no memory for the task %s\n", name);
        return;
    }
    memset(t, 0, sizeof *t);
    t->name = name;
    t->role = role;
    t->pid = next_pid++;
    t->page_directory = directory;

    // As if the task had been interrupted before its first instruction.
    extern const struct user_header user_program;
    struct trap_frame* frame = (struct trap_frame*)(stack_top(t) - sizeof *frame);
    memset(frame, 0, sizeof *frame);
    frame->ds = frame->es = frame->ss = USER_DATA;
    frame->cs = USER_CODE;
    frame->eip = user_program.entry;
    frame->esp = USER_STACK_END - 16;
    frame->eflags = 0x202; // IF
    frame->eax = role;
    u32* stack = (u32*)frame;
    *--stack = (u32)trap_return; // where switch_stacks returns to
    stack -= 4;                  // EBX, ESI, EDI, EBP
    memset(stack, 0, 16);
    t->esp = (u32)stack;
    t->state = TASK_READY;
}

void task_init(void) {
    tasks[0].name = "idle";
    tasks[0].state = TASK_READY;
    tasks[0].page_directory = paging_kernel_directory();
    next_pid = 1;
    start_user_task(ROLE_SHELL, "shell");
    start_user_task(ROLE_CLOCK, "clock");
    start_user_task(ROLE_WORKER, "worker");
}

static void bury_the_dead(void) {
    for (u32 i = 1; i < max_tasks; i++) {
        if (tasks[i].state != TASK_DEAD) continue;
        paging_free_user_space(tasks[i].page_directory);
        tasks[i].state = TASK_FREE;
        if (tasks[i].role == ROLE_SHELL) start_user_task(ROLE_SHELL, "shell");
    }
}

static bool any_ready(void) {
    for (u32 i = 1; i < max_tasks; i++)
        if (tasks[i].state == TASK_READY) return true;
    return false;
}

void task_idle_loop(void) {
    for (;;) {
        interrupts_off();
        bury_the_dead();
        if (any_ready())
            task_schedule();
        else
            wait_for_interrupt();
    }
}

void task_schedule(void) {
    switch_due = false;
    turn_ticks = 0;
    struct task* next = &tasks[0];
    u32 index = (u32)(current - tasks);
    for (u32 i = 1; i <= max_tasks; i++) {
        struct task* t = &tasks[(index + i) % max_tasks];
        if (t != &tasks[0] && t->state == TASK_READY) {
            next = t;
            break;
        }
    }
    // A dead task must be buried by the idle task before its turn would come again.
    for (u32 i = 1; i < max_tasks; i++)
        if (tasks[i].state == TASK_DEAD) next = &tasks[0];
    if (next == current) return;
    struct task* previous = current;
    current = next;
    next->switches++;
    gdt_set_kernel_stack(stack_top(next));
    if (next->page_directory != previous->page_directory) WRITE_CR(3, next->page_directory);
    switch_stacks(&previous->esp, next->esp);
}

bool task_switch_due(void) { return switch_due; }
bool task_is_idle(void) { return current == &tasks[0]; }

void task_tick(u32 now) {
    current->ticks++;
    if (++turn_ticks >= ticks_per_turn) switch_due = true;
    for (u32 i = 1; i < max_tasks; i++)
        if (tasks[i].state == TASK_SLEEPING && (int)(now - tasks[i].wake_at) >= 0) {
            tasks[i].state = TASK_READY;
            switch_due = true;
        }
}

void task_wake_readers(void) {
    for (u32 i = 1; i < max_tasks; i++)
        if (tasks[i].state == TASK_WAITING) {
            tasks[i].state = TASK_READY;
            switch_due = true;
        }
}

void task_sleep(u32 ticks) {
    interrupts_off();
    current->wake_at = pit_ticks() + ticks;
    current->state = TASK_SLEEPING;
    task_schedule();
    interrupts_on();
}

void task_wait_key(void) {
    current->state = TASK_WAITING;
    task_schedule();
}

void task_yield(void) {
    interrupts_off();
    task_schedule();
    interrupts_on();
}

void task_exit(void) {
    interrupts_off();
    current->state = TASK_DEAD;
    for (;;) task_schedule();
}

u32 task_pid(void) { return current->pid; }
const char* task_name(void) { return current->name; }

bool task_info(u32 index, struct task_info* info) {
    for (u32 i = 0; i < max_tasks; i++) {
        const struct task* t = &tasks[i];
        if (t->state == TASK_FREE || index--) continue;
        memset(info, 0, sizeof *info);
        info->pid = t->pid;
        info->state = t->state;
        info->cpl = i == 0 ? 0 : 3;
        info->ticks = t->ticks;
        info->switches = t->switches;
        info->page_directory = t->page_directory;
        memcpy(info->name, t->name, strlen(t->name) + 1);
        return true;
    }
    return false;
}

void task_catch(const struct trap_frame* frame) {
    current->catch_frame = *frame;
    current->catching = true;
}

void task_uncatch(void) { current->catching = false; }

bool task_take_fault(struct trap_frame* frame, u32 cr2) {
    if (!current->catching) return false;
    current->catching = false;
    u32 vector = frame->vector, error = frame->error;
    *frame = current->catch_frame;
    frame->eax = 0x100 | vector;
    frame->edx = error;
    frame->ecx = cr2;
    return true;
}
