#include "kernel/multiboot.h"
#include "lib/string.h"

enum { has_memory = 1 << 0, has_command_line = 1 << 2, has_map = 1 << 6 };

struct information {
    u32 flags, memory_lower, memory_upper, boot_device, command_line, modules[2], symbols[4], map_length, map_address;
};

struct __attribute__((packed)) map_entry {
    u32 size; // of the rest
    struct memory_range range;
};

static struct memory_range ranges[32];
static u32 range_count;
static u32 memory_top = 4u << 20; // the least that we ask for, should the loader say nothing
static char command_line[256];

void multiboot_init(u32 address) {
    const struct information* info = (const struct information*)address;
    if (info->flags & has_memory) memory_top = (1u << 20) + info->memory_upper * 1024;
    if (info->flags & has_command_line && info->command_line) {
        const char* text = (const char*)info->command_line;
        for (u32 i = 0; i < sizeof command_line - 1 && text[i]; i++) command_line[i] = text[i];
    }
    if (info->flags & has_map)
        for (u32 at = info->map_address;
             at < info->map_address + info->map_length && range_count < ARRAY_SIZE(ranges);) {
            const struct map_entry* entry = (const struct map_entry*)at;
            ranges[range_count++] = entry->range;
            at += entry->size + 4;
        }
}

u32 multiboot_memory_top(void) { return memory_top; }

bool multiboot_range(u32 index, struct memory_range* range) {
    if (index >= range_count) return false;
    *range = ranges[index];
    return true;
}

const char* multiboot_command_line(void) { return command_line; }
