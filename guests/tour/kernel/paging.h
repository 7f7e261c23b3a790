// Physical frames, page tables, and the address spaces of tasks.
#pragma once

#include "lib/abi.h"

void paging_init(void);
/// The page directory of the kernel alone, for tasks in ring 0.
u32 paging_kernel_directory(void);
/// A new page directory: the kernel, and the user program's image; 0 if memory is short.
u32 paging_new_user_space(void);
void paging_free_user_space(u32 directory);
/// Handles a page fault on a demand-zero page; false if the address has no business with memory.
bool paging_fault(u32 address, u32 error);
/// True if ring 3 may read (or write) all these bytes; demand-zero pages among them are filled in.
bool paging_user_range(u32 address, u32 length, bool write);
/// Unmaps pages of the heap; they read as zero again at the next touch.
void paging_discard(u32 address, u32 pages);
/// Maps physical memory (tables of the firmware) for the kernel, for good. Up to 4 MiB in all.
const void* paging_map_physical(u32 address, u32 length);
void paging_state(struct memory_state* state);
void paging_translate(u32 address, struct translation* translation);
