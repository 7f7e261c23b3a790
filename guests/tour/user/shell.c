// The shell: reads a line, splits it into words, calls a command. All of this runs in ring 3.

#include "lib/cpu.h"
#include "lib/string.h"
#include "user/line.h"
#include "user/user.h"

static const char prompt[] = GREEN "tour> " PLAIN;

static command_function command_help, command_clear, command_echo, command_reboot, command_poweroff, command_exit;

static const struct {
    const char* name;
    command_function* run;
    const char* arguments;
    const char* help;
} commands[] = {
    {"help", command_help, "", "this list"},
    {"rings", command_rings, "", "what each sensitive instruction gives in ring 0 and in ring 3"},
    {"ticks", command_ticks, "", "the timer, and how well a ring 3 task can measure it"},
    {"ps", command_ps, "", "the tasks"},
    {"cpuid", command_cpuid, "", "vendor, brand and features of the processor"},
    {"ports", command_ports, "", "interrupt controllers, timer, clock, keyboard, ACPI, PCI"},
    {"mem", command_mem, "", "the firmware's memory map, and our paging"},
    {"fault", command_fault, "div|page|write|gp|ud", "let the shell commit a fault and watch the kernel"},
    {"selfmod", command_selfmod, "", "code that changes itself, in ring 3 and in ring 0"},
    {"bench", command_bench, "", "small measurements"},
    {"echo", command_echo, "TEXT", "print the text"},
    {"clear", command_clear, "", "clear the screen (also Ctrl-L)"},
    {"reboot", command_reboot, "", "reset the machine"},
    {"poweroff", command_poweroff, "", "switch it off through ACPI"},
    {"exit", command_exit, "N", "end the virtual machine through its debug exit port, if it has one"},
};

static void command_help(u32 count, char** words) {
    (void)count, (void)words;
    for (u32 i = 0; i < ARRAY_SIZE(commands); i++) {
        u32 width = (u32)(strlen(commands[i].name) + 1 + strlen(commands[i].arguments));
        print("  " BRIGHT "%s " PLAIN "%s%*s%s\n", commands[i].name, commands[i].arguments,
              width < 28 ? (int)(28 - width) : 1, "", commands[i].help);
    }
}

static void command_clear(u32 count, char** words) {
    (void)count, (void)words;
    system_call(SYS_CLEAR, 0, 0, 0);
}

static void command_echo(u32 count, char** words) {
    for (u32 i = 1; i < count; i++) print("%s%s", words[i], i + 1 < count ? " " : "");
    print("\n");
}

static void command_reboot(u32 count, char** words) {
    (void)count, (void)words;
    print("rebooting\n");
    system_call(SYS_REBOOT, 0, 0, 0);
    print("reboot: neither port CF9 nor the keyboard controller reset the machine\n");
}

static void command_poweroff(u32 count, char** words) {
    (void)count, (void)words;
    print("switching off\n");
    system_call(SYS_POWER_OFF, 0, 0, 0);
    print("poweroff: no way found; the machine may be switched off now\n");
}

static void command_exit(u32 count, char** words) {
    u32 code = 0;
    if (count > 2 || (count == 2 && !parse_number(words[1], &code))) {
        print("usage: exit [N]\n");
        return;
    }
    system_call(SYS_DEBUG_EXIT, code, 0, 0); // the host sees the status 2 N + 1
    print("exit: there is no debug exit port (0xF4) in this machine\n");
}

static void run(char* line) {
    char* words[16];
    u32 count = 0;
    for (char* p = line; count < ARRAY_SIZE(words);) {
        while (*p == ' ' || *p == '\t') p++;
        if (!*p) break;
        words[count++] = p;
        while (*p && *p != ' ' && *p != '\t') p++;
        if (*p) *p++ = 0;
    }
    if (!count) return;
    for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(words[0], commands[i].name)) {
            commands[i].run(count, words);
            return;
        }
    print(RED "%s: unknown command" PLAIN ", try help\n", words[0]);
}

/// Commands given on the kernel's command line are run before the first prompt: run="first; second", or without quotes
/// up to the next space; GRUB makes "run=first; second" of the former.
static void run_command_line(void) {
    static char text[256];
    if (system_call(SYS_COMMAND_LINE, (u32)text, sizeof text, 0) == 0) return;
    char* start = text;
    while (*start && memcmp(start, "run=", 4)) start++;
    if (!*start) return;
    char last = start > text && start[-1] == '"' ? '"' : ' ';
    start += 4;
    if (*start == '"') last = *start++;
    for (char* p = start;; p++) {
        char end = *p;
        if (end != ';' && end != last && end) continue;
        *p = 0;
        while (*start == ' ') start++;
        print("%s%s\n", prompt, start);
        run(start);
        start = p + 1;
        if (end != ';') return;
    }
}

static void box_line(const char* text) { print(CYAN " " BOX_V PLAIN "  %-70s" CYAN BOX_V PLAIN "\n", text); }

static void box_edge(const char* left, const char* right) {
    char bar[73];
    memset(bar, BOX_H[0], 72);
    bar[72] = 0;
    print(CYAN " %s%s%s" PLAIN "\n", left, bar, right);
}

static void welcome(void) {
    char vendor[16], brand[56], text[96];
    struct memory_state memory;
    cpu_vendor(vendor);
    cpu_brand(brand);
    system_call(SYS_MEMORY_STATE, (u32)&memory, 0, 0);
    box_edge(BOX_TL, BOX_TR);
    box_line("Welcome. This is a small 32-bit operating system of its own: a kernel");
    box_line("in ring 0, and this shell, a clock and a worker as tasks in ring 3.");
    box_line("");
    format(text, sizeof text, "Processor   %s %s", vendor, brand);
    text[70] = 0;
    box_line(text);
    format(text, sizeof text, "Memory      %u MiB; the kernel manages %u, %u pages are free",
           (memory.installed + (1 << 19)) >> 20, (memory.top + (1 << 19)) >> 20, memory.free_frames);
    box_line(text);
    box_line("Timer       100 interrupts a second (look at the clock below)");
    box_line("");
    box_line("Type help for the commands; rings and selfmod show what is hard to");
    box_line("virtualize. The same shell answers on the serial port COM1.");
    box_edge(BOX_BL, BOX_BR);
    print("\n");
}

void shell_main(void) {
    char line[line_size];
    if (system_call(SYS_GETPID, 0, 0, 0) == 1) {
        welcome();
        run_command_line();
    } else
        print("a new shell, task %u\n", system_call(SYS_GETPID, 0, 0, 0));
    for (;;) {
        line_read(prompt, line);
        run(line);
    }
}
