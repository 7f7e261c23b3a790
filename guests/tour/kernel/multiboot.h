// What the Multiboot loader tells: memory sizes, the memory map and the command line.
#pragma once

#include "lib/abi.h"

enum { multiboot_loader_magic = 0x2BADB002 };

/// Copies what the kernel needs out of the loader's memory, which is free for use afterwards.
void multiboot_init(u32 address);
/// The end of the memory that begins at 1 MiB.
u32 multiboot_memory_top(void);
/// False behind the last range.
bool multiboot_range(u32 index, struct memory_range* range);
const char* multiboot_command_line(void);
