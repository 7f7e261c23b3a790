// The keyboard sends its own (set 2) scan codes; the i8042 translates them to set 1, in which a key's release is its
// press with bit 7 set, and E0 goes before the keys that the first PC did not have.

#include "kernel/keyboard.h"
#include "kernel/io.h"
#include "kernel/pic.h"
#include "kernel/task.h"
#include "lib/abi.h"

enum { data = 0x60, status = 0x64, command = 0x64 };
enum { output_full = 1, input_full = 2, from_mouse = 0x20 };
enum { read_configuration = 0x20, write_configuration = 0x60, enable_keyboard = 0xAE, pulse_reset = 0xFE };
enum { irq1 = 1, keyboard_disabled = 0x10, translate = 0x40 };
enum { left_shift = 0x2A, right_shift = 0x36, control = 0x1D, caps_lock = 0x3A, released = 0x80, extended = 0xE0 };

static const char plain_map[] = "\0\x1b"
                                "1234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shift_map[] = "\0\x1b"
                                "!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static u16 queue[128];
static volatile u32 queue_in, queue_out;

static bool wait_status(u8 mask, u8 value) {
    for (u32 patience = 100000; patience; patience--)
        if ((in8(status) & mask) == value) return true;
    return false;
}

static void send_command(u8 value) {
    wait_status(input_full, 0);
    out8(command, value);
}

void keyboard_init(void) {
    send_command(enable_keyboard);
    while (in8(status) & output_full) in8(data);
    send_command(read_configuration);
    u8 configuration = irq1 | translate;
    if (wait_status(output_full, output_full)) configuration = in8(data);
    send_command(write_configuration);
    wait_status(input_full, 0);
    out8(data, (u8)((configuration | irq1 | translate) & ~keyboard_disabled));
    wait_status(input_full, 0);
    pic_enable(1);
}

void keyboard_put(u16 key) {
    if (queue_in - queue_out < ARRAY_SIZE(queue)) queue[queue_in++ % ARRAY_SIZE(queue)] = key;
    task_wake_readers();
}

u16 keyboard_take(void) { return queue_in == queue_out ? 0 : queue[queue_out++ % ARRAY_SIZE(queue)]; }

u8 keyboard_status(void) { return in8(status); }

static u16 extended_key(u8 code) {
    switch (code) {
    case 0x1C: return '\n'; // keypad Enter
    case 0x35: return '/';
    case 0x47: return KEY_HOME;
    case 0x48: return KEY_UP;
    case 0x4B: return KEY_LEFT;
    case 0x4D: return KEY_RIGHT;
    case 0x4F: return KEY_END;
    case 0x50: return KEY_DOWN;
    case 0x53: return KEY_DELETE;
    default: return 0;
    }
}

static void scan_code(u8 code) {
    static bool shift[2], ctrl, caps, after_extended;
    if (code == extended) {
        after_extended = true;
        return;
    }
    bool is_extended = after_extended, down = !(code & released);
    after_extended = false;
    code &= 0x7F;
    if (code == control)
        ctrl = down;
    else if (is_extended) {
        if (down && extended_key(code)) keyboard_put(extended_key(code));
    } else if (code == left_shift || code == right_shift)
        shift[code == right_shift] = down;
    else if (code == caps_lock)
        caps ^= down;
    else if (down && code < sizeof plain_map - 1) {
        bool shifted = shift[0] || shift[1];
        char character = shifted ? shift_map[code] : plain_map[code];
        if (caps && (character | 32) >= 'a' && (character | 32) <= 'z') character ^= 32;
        if (ctrl) character &= 0x1F;
        if (character) keyboard_put((u8)character);
    }
}

void keyboard_irq(void) {
    for (u8 s = in8(status); s & output_full; s = in8(status)) {
        u8 code = in8(data);
        if (!(s & from_mouse)) scan_code(code);
    }
}

void keyboard_reset_processor(void) { send_command(pulse_reset); }
