// Tasks: one in ring 0 (idle), the others in ring 3, each with its own address space and kernel stack.
#pragma once

#include "kernel/idt.h"
#include "lib/abi.h"

/// Makes the caller the idle task and starts the first user tasks. Interrupts must be off.
void task_init(void);
/// The idle task's loop: waits for interrupts and buries the dead.
__attribute__((noreturn)) void task_idle_loop(void);
/// Gives the processor to the next ready task. Interrupts must be off.
void task_schedule(void);
bool task_switch_due(void);
bool task_is_idle(void);
void task_tick(u32 now);
void task_wake_readers(void);
void task_sleep(u32 ticks);
/// Waits for a key. Interrupts must be off; another task may take it first.
void task_wait_key(void);
void task_yield(void);
/// Ends the current task. The shell is started again.
__attribute__((noreturn)) void task_exit(void);
u32 task_pid(void);
const char* task_name(void);
bool task_info(u32 index, struct task_info* info);
/// SYS_CATCH: remembers where the current task goes on after its next fault.
void task_catch(const struct trap_frame* frame);
void task_uncatch(void);
/// Sends the task to where it asked for; false if it did not ask.
bool task_take_fault(struct trap_frame* frame, u32 cr2);
