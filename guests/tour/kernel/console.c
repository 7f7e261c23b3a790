// 80 x 25 cells of two bytes at B8000: the character in code page 437, and its attribute (background, foreground).
// Between the title (row 0) and the status line (row 24) the screen scrolls by moving memory.

#include "kernel/console.h"
#include "kernel/io.h"
#include "kernel/serial.h"
#include "lib/format.h"
#include "lib/string.h"

enum { columns = 80, rows = 25, first_row = 1, last_row = rows - 2, status_row = rows - 1 };
enum { crtc_index = 0x3D4, crtc_data = 0x3D5, cursor_start = 0x0A, cursor_high = 0x0E, cursor_low = 0x0F };
enum { text_attribute = 0x07, title_attribute = 0x1F, status_attribute = 0x30 };

static u16* const screen = (u16*)0xB8000;
static u32 row = first_row, column;
static u8 attribute = text_attribute;
static bool attribute_follows;

static u16 cell(u8 character, u8 attr) { return (u16)(character | attr << 8); }

static void fill(u32 from_row, u32 to_row, u8 attr) {
    for (u32 i = from_row * columns; i < to_row * columns; i++) screen[i] = cell(' ', attr);
}

static void crtc(u8 index, u8 value) {
    out8(crtc_index, index);
    out8(crtc_data, value);
}

static void move_cursor(void) {
    u32 position = row * columns + column;
    crtc(cursor_high, (u8)(position >> 8));
    crtc(cursor_low, (u8)position);
}

static void write_at(u32 at_row, u32 at_column, const char* text, u32 length, u8 attr) {
    for (u32 i = 0; i < length && at_column + i < columns; i++)
        screen[at_row * columns + at_column + i] = cell((u8)text[i], attr);
}

void console_init(void) {
    static const char title[] = " RINGSHIFT \xB3 the tour: a 32-bit operating system in a virtual PC";
    static const char right[] = "VGA and COM1 ";
    fill(0, 1, title_attribute);
    write_at(0, 0, title, sizeof title - 1, title_attribute);
    write_at(0, columns - sizeof right + 1, right, sizeof right - 1, title_attribute);
    fill(status_row, rows, status_attribute);
    crtc(cursor_start, 13); // a two-line cursor at the foot of the cell
    crtc(cursor_start + 1, 14);
    console_clear();
}

void console_clear(void) {
    fill(first_row, status_row, text_attribute);
    row = first_row;
    column = 0;
    move_cursor();
}

static void new_line(void) {
    column = 0;
    if (row < last_row) {
        row++;
        return;
    }
    memcpy(screen + first_row * columns, screen + (first_row + 1) * columns, (last_row - first_row) * columns * 2);
    fill(last_row, last_row + 1, text_attribute);
}

static void put(char c) {
    if (attribute_follows) {
        attribute = (u8)c;
        attribute_follows = false;
        return;
    }
    if (c == 1) {
        attribute_follows = true;
        return;
    }
    serial_put((u8)c);
    switch (c) {
    case '\n': new_line(); break;
    case '\r': column = 0; break;
    case '\b':
        if (column)
            column--;
        else if (row > first_row)
            row--, column = columns - 1;
        break;
    default:
        screen[row * columns + column] = cell((u8)c, attribute);
        if (++column == columns) new_line();
    }
}

void console_put(char c) {
    put(c);
    move_cursor();
}

void console_write(const char* text, u32 length) {
    while (length--) put(*text++);
    move_cursor();
}

void console_print(const char* format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    console_write(line, format_va(line, sizeof line, format, arguments));
    va_end(arguments);
}

void console_status(u32 at_column, const char* text, u32 length) {
    write_at(status_row, at_column, text, length, status_attribute);
}
