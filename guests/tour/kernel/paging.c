// Two-level paging with 4 KiB pages.
//
// The kernel sees physical memory at its own addresses: its page tables map the first 32 MiB (or less) one to one, for
// ring 0 only, and are shared by every page directory, so that a task switch changes nothing for the kernel. Page 0 is
// left out, to catch null pointers; code and constants are read-only, and CR0.WP makes the kernel itself respect that.
// Above 1 GiB each task has its own pages: a copy of the user program, and heap and stack that appear, zeroed, when
// they are first touched: the page fault handler puts a frame there and the faulting instruction runs again.

#include "kernel/paging.h"
#include "kernel/io.h"
#include "kernel/multiboot.h"
#include "lib/string.h"

enum { present = 1, writable = 2, user = 4, cache_disable = 0x10 };
enum { fault_present = 1, fault_write = 2, fault_user = 4 }; // bits of the error code
enum { page = 4096, mapped_limit = 32 << 20 };
#define window 0xFFC00000u
enum { cr0_wp = 1 << 16, cr0_pg = (int)0x80000000, cr0_em = 4, cr0_mp = 2, cr0_ne = 0x20 };

extern u8 kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[]; // tour.ld
extern const u8 user_program[], user_program_end[];                             // boot.asm

static u32 kernel_directory[1024] __attribute__((aligned(4096)));
static u32 window_table[1024] __attribute__((aligned(4096)));
static u32 window_used;
static u32 memory_top, total_frames, free_frames, page_faults;
static u32 next_fresh; // frames from here to memory_top were never used
static u32 free_list;  // each free frame holds the address of the next

static u32 allocate_frame(void) {
    u32 frame = free_list;
    if (frame)
        free_list = *(u32*)frame;
    else if (next_fresh < memory_top) {
        frame = next_fresh;
        next_fresh += page;
    } else
        return 0;
    free_frames--;
    memset((void*)frame, 0, page);
    return frame;
}

static void free_frame(u32 frame) {
    *(u32*)frame = free_list;
    free_list = frame;
    free_frames++;
}

/// The entry for `address`, or null without a page table; `make` makes one.
static u32* entry_of(u32 directory, u32 address, bool make) {
    u32* directory_entry = (u32*)directory + (address >> 22);
    if (!(*directory_entry & present)) {
        u32 table = make ? allocate_frame() : 0;
        if (!table) return 0;
        *directory_entry = table | present | writable | user;
    }
    return (u32*)(*directory_entry & ~0xFFFu) + (address >> 12 & 1023);
}

static bool map_new(u32 directory, u32 address, u32 rights) {
    u32* entry = entry_of(directory, address, true);
    u32 frame = entry ? allocate_frame() : 0;
    if (!frame) return false;
    *entry = frame | present | user | rights;
    return true;
}

static void invalidate(u32 address) { __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory"); }

void paging_init(void) {
    u32 top = multiboot_memory_top() & ~0xFFFu;
    memory_top = top < mapped_limit ? top : mapped_limit;
    next_fresh = (u32)kernel_end;
    total_frames = free_frames = (memory_top - next_fresh) / page;

    u32 directory = (u32)kernel_directory;
    for (u32 address = page; address < memory_top; address += page) {
        bool read_only = address >= (u32)kernel_start && address < (u32)kernel_rodata_end;
        bool device = address >= 0xA0000 && address < 0x100000;
        *entry_of(directory, address, true) =
            address | present | (read_only ? 0 : writable) | (device ? cache_disable : 0);
    }
    // Supervisor only, whatever the entries below say.
    for (u32 i = 0; i < 1024; i++) kernel_directory[i] &= ~(u32)user;
    kernel_directory[window >> 22] = (u32)window_table | present | writable;

    WRITE_CR(3, directory);
    WRITE_CR(0, (READ_CR(0) & ~(u32)cr0_em) | cr0_pg | cr0_wp | cr0_mp | cr0_ne);
}

u32 paging_kernel_directory(void) { return (u32)kernel_directory; }

u32 paging_new_user_space(void) {
    u32 directory = allocate_frame();
    if (!directory) return 0;
    memcpy((void*)directory, kernel_directory, page);
    const struct user_header* header = (const struct user_header*)user_program;
    u32 file_size = (u32)(user_program_end - user_program);
    for (u32 offset = 0; offset < header->end - USER_IMAGE; offset += page) {
        if (!map_new(directory, USER_IMAGE + offset, USER_IMAGE + offset >= header->data ? writable : 0)) {
            paging_free_user_space(directory);
            return 0;
        }
        if (offset >= file_size) continue; // .bss
        u32 part = file_size - offset < page ? file_size - offset : page;
        memcpy((void*)(*entry_of(directory, USER_IMAGE + offset, false) & ~0xFFFu), user_program + offset, part);
    }
    return directory;
}

void paging_free_user_space(u32 directory) {
    u32* entries = (u32*)directory;
    for (u32 i = USER_IMAGE >> 22; i < USER_END >> 22; i++) {
        if (!(entries[i] & present)) continue;
        u32* table = (u32*)(entries[i] & ~0xFFFu);
        for (u32 k = 0; k < 1024; k++)
            if (table[k] & present) free_frame(table[k] & ~0xFFFu);
        free_frame((u32)table);
    }
    free_frame(directory);
}

static bool is_demand_zero(u32 address) {
    return (address >= USER_HEAP && address < USER_HEAP_END) || (address >= USER_STACK && address < USER_STACK_END);
}

bool paging_fault(u32 address, u32 error) {
    page_faults++;
    if (error & fault_present || !is_demand_zero(address)) return false;
    return map_new(READ_CR(3), address, writable);
}

bool paging_user_range(u32 address, u32 length, bool write) {
    if (address < USER_IMAGE || address >= USER_END || length > USER_END - address) return false;
    for (u32 at = address & ~0xFFFu; at < address + length; at += page) {
        u32* entry = entry_of(READ_CR(3), at, false);
        bool mapped = entry && *entry & present;
        if (!mapped && !(is_demand_zero(at) && map_new(READ_CR(3), at, writable))) return false;
        if (mapped && write && !(*entry & writable)) return false;
    }
    return true;
}

void paging_discard(u32 address, u32 pages) {
    for (; pages && address >= USER_HEAP && address < USER_HEAP_END; pages--, address += page) {
        u32* entry = entry_of(READ_CR(3), address, false);
        if (!entry || !(*entry & present)) continue;
        free_frame(*entry & ~0xFFFu);
        *entry = 0;
        invalidate(address);
    }
}

const void* paging_map_physical(u32 address, u32 length) {
    u32 first = address & ~0xFFFu;
    u32 pages = (u32)(((u64)address + length + page - 1 - first) / page);
    if (pages > ARRAY_SIZE(window_table) - window_used) return 0;
    u32 at = window + window_used * page;
    for (u32 i = 0; i < pages; i++) window_table[window_used++] = (first + i * page) | present;
    return (const void*)(at + (address & 0xFFF));
}

void paging_state(struct memory_state* state) {
    state->total_frames = total_frames;
    state->free_frames = free_frames;
    state->kernel_start = (u32)kernel_start;
    state->kernel_text_end = (u32)kernel_text_end;
    state->kernel_end = (u32)kernel_end;
    state->page_faults = page_faults;
    state->top = memory_top;
    state->installed = multiboot_memory_top();
}

void paging_translate(u32 address, struct translation* translation) {
    translation->directory_entry = ((u32*)READ_CR(3))[address >> 22];
    u32* entry = entry_of(READ_CR(3), address, false);
    translation->table_entry = entry ? *entry : 0;
}
