#include "lib/format.h"
#include "lib/string.h"

struct output {
    char* at;
    char* end; // where the final NUL has to go at the latest
};

static void put(struct output* o, char c) {
    if (o->at < o->end) *o->at++ = c;
}

static void put_padded(struct output* o, const char* text, size_t length, size_t width, bool left, char pad) {
    size_t padding = width > length ? width - length : 0;
    if (!left)
        while (padding) put(o, pad), padding--;
    while (length--) put(o, *text++);
    while (padding--) put(o, ' ');
}

static size_t digits(char* end, u32 value, u32 base, bool upper) {
    const char* set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char* at = end;
    do *--at = set[value % base];
    while (value /= base);
    return (size_t)(end - at);
}

size_t format_va(char* out, size_t size, const char* format, va_list arguments) {
    struct output o = {out, out + size - 1};
    for (; *format; format++) {
        if (*format != '%') {
            put(&o, *format);
            continue;
        }
        bool left = false;
        char pad = ' ';
        size_t width = 0;
        for (format++; *format == '-' || *format == '0'; format++)
            if (*format == '-')
                left = true;
            else
                pad = '0';
        if (*format == '*') width = (size_t)va_arg(arguments, int), format++;
        for (; *format >= '0' && *format <= '9'; format++) width = width * 10 + (size_t)(*format - '0');
        char buffer[16];
        char* end = buffer + sizeof buffer;
        size_t length;
        switch (*format) {
        case 's': {
            const char* s = va_arg(arguments, const char*);
            put_padded(&o, s, strlen(s), width, left, ' ');
            break;
        }
        case 'c':
            buffer[0] = (char)va_arg(arguments, int);
            put_padded(&o, buffer, 1, width, left, ' ');
            break;
        case 'd': {
            int value = va_arg(arguments, int);
            length = digits(end, value < 0 ? 0u - (u32)value : (u32)value, 10, false);
            if (value < 0) *(end - ++length) = '-';
            put_padded(&o, end - length, length, width, left, pad);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
            length = digits(end, va_arg(arguments, u32), *format == 'u' ? 10 : 16, *format == 'X');
            put_padded(&o, end - length, length, width, left, pad);
            break;
        default: put(&o, *format); break;
        }
    }
    *o.at = 0;
    return (size_t)(o.at - out);
}

size_t format(char* out, size_t size, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t n = format_va(out, size, format, arguments);
    va_end(arguments);
    return n;
}
