// What the parts of the user program share: system calls, output and the commands.
#pragma once

#include "lib/abi.h"
#include "lib/format.h"

u32 system_call(u32 number, u32 a, u32 b, u32 c); // start.asm
u32 try(void (*attempt)(void), u32 fault[2]);     // start.asm

void print(const char* format, ...) __attribute__((format(printf, 1, 2)));
static inline void sleep(u32 ticks) { system_call(SYS_SLEEP, ticks, 0, 0); }
/// "#GP(0000)" and the like for what `try` returned; `buffer` of 24 bytes.
const char* fault_name(u32 result, const u32 fault[2], char* buffer);
void heading(const char* text);

void shell_main(void);
void clock_main(void);
void worker_main(void);

/// Commands get the words of the line; [0] is the command itself.
typedef void command_function(u32 count, char** words);
command_function command_rings, command_ports, command_mem, command_cpuid, command_fault, command_selfmod,
    command_bench, command_ps, command_ticks;
