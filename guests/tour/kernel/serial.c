// COM1 at 115,200 baud, 8 data bits, no parity. Output waits for the transmitter; input comes by IRQ 4.

#include "kernel/serial.h"
#include "kernel/io.h"
#include "kernel/keyboard.h"
#include "kernel/pic.h"
#include "lib/abi.h"

enum {
    com1 = 0x3F8,
    data = com1,
    interrupt_enable = com1 + 1,
    fifo_control = com1 + 2,
    line_control = com1 + 3,
    modem_control = com1 + 4,
    line_status = com1 + 5,
    scratch = com1 + 7,
};
enum { data_ready = 1, transmitter_empty = 0x20 };

static bool present;

void serial_init(void) {
    // No UART: the bus reads as ones, whatever was written.
    out8(scratch, 0x5A);
    present = in8(scratch) == 0x5A && in8(line_status) != 0xFF;
    if (!present) return;
    out8(interrupt_enable, 0);
    out8(line_control, 0x80); // divisor latch
    out8(data, 1);
    out8(interrupt_enable, 0);
    out8(line_control, 0x03);
    out8(fifo_control, 0x07);  // enable and clear both FIFOs, interrupt at one character
    out8(modem_control, 0x0B); // DTR, RTS, OUT2 (the gate of the interrupt line on a PC)
    out8(interrupt_enable, 1);
    pic_enable(4);
}

bool serial_present(void) { return present; }

static void put_byte(u8 byte) {
    for (u32 patience = 1000000; patience && !(in8(line_status) & transmitter_empty); patience--) {
    }
    out8(data, byte);
}

void serial_put(u8 character) {
    // Code page 437, B0-DF: shades and box drawing.
    static const u16 unicode[0x30] = {
        0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
        0x255D, 0x255C, 0x255B, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F,
        0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
        0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    };
    if (!present) return;
    if (character == '\n') put_byte('\r');
    if (character < 0x80) {
        put_byte(character);
        return;
    }
    u16 code = character >= 0xB0 && character < 0xE0 ? unicode[character - 0xB0] : '?';
    if (code >= 0x80) {
        put_byte((u8)(0xE0 | code >> 12));
        put_byte((u8)(0x80 | (code >> 6 & 0x3F)));
        code = (u16)(0x80 | (code & 0x3F));
    }
    put_byte((u8)code);
}

/// Terminals send arrow keys as ESC [ letter, and Home, End, Delete as that or as ESC [ digit ~.
static void receive(u8 byte) {
    static enum { plain, escape, bracket } state;
    static u8 digit;
    if (state == bracket) {
        static const u16 letters[] = {
            ['A'] = KEY_UP, ['B'] = KEY_DOWN, ['C'] = KEY_RIGHT, ['D'] = KEY_LEFT, ['F'] = KEY_END, ['H'] = KEY_HOME};
        static const u16 digits[10] = {[1] = KEY_HOME, [3] = KEY_DELETE, [4] = KEY_END};
        if (byte >= '0' && byte <= '9') {
            digit = (u8)(byte - '0');
            return;
        }
        state = plain;
        u16 key = byte < ARRAY_SIZE(letters) ? letters[byte] : byte == '~' ? digits[digit] : 0;
        if (key) keyboard_put(key);
        return;
    }
    if (state == escape) {
        state = byte == '[' || byte == 'O' ? bracket : plain;
        digit = 0;
        return;
    }
    if (byte == 0x1B)
        state = escape;
    else
        keyboard_put(byte == '\r' ? '\n' : byte == 0x7F ? '\b' : byte);
}

void serial_irq(void) {
    while (in8(line_status) & data_ready) receive(in8(data));
}
