// One program, three tasks: which it is comes with the start.

#include "lib/string.h"
#include "user/user.h"

void user_main(u32 role) {
    switch (role) {
    case ROLE_SHELL: shell_main(); break;
    case ROLE_CLOCK: clock_main(); break;
    case ROLE_WORKER: worker_main(); break;
    default: break;
    }
}

void print(const char* format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    u32 length = (u32)format_va(line, sizeof line, format, arguments);
    va_end(arguments);
    system_call(SYS_WRITE, (u32)line, length, 0);
}

void heading(const char* text) { print(CYAN "%s" PLAIN "\n", text); }

const char* fault_name(u32 result, const u32 fault[2], char* buffer) {
    static const char names[][4] = {"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM",
                                    "#DF", "#09", "#TS", "#NP", "#SS", "#GP", "#PF"};
    u32 vector = result & 0xFF;
    if (!(result & 0x100)) return "no fault";
    bool has_error = vector == 8 || (vector >= 10 && vector <= 14);
    if (vector >= ARRAY_SIZE(names))
        format(buffer, 24, "vector %u", vector);
    else if (has_error)
        format(buffer, 24, "%s(%04x)", names[vector], fault[0]);
    else
        format(buffer, 24, "%s", names[vector]);
    return buffer;
}
