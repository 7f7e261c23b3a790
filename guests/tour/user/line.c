#include "user/line.h"
#include "lib/string.h"
#include "user/user.h"

enum { history_size = 16, control_l = 'L' & 31, control_u = 'U' & 31, control_c = 'C' & 31 };

static char history[history_size][line_size];
static u32 history_count; // ever stored

struct edit {
    char* text;
    u32 length, cursor;
};

static void back(u32 n) {
    while (n--) print("\b");
}

/// Shows the line again from the cursor on; `erased` blanks wipe what was behind its end.
static void redraw_tail(const struct edit* e, u32 erased) {
    print("%s", e->text + e->cursor);
    for (u32 i = 0; i < erased; i++) print(" ");
    back(e->length - e->cursor + erased);
}

static void replace(struct edit* e, const char* with) {
    back(e->cursor);
    u32 old_length = e->length;
    e->length = (u32)strlen(with);
    memcpy(e->text, with, e->length + 1);
    u32 erased = old_length > e->length ? old_length - e->length : 0;
    print("%s%*s", e->text, (int)erased, "");
    back(erased);
    e->cursor = e->length;
}

static void insert(struct edit* e, char c) {
    if (e->length + 1 >= 72) return; // stays on one screen line
    for (u32 i = ++e->length; i > e->cursor; i--) e->text[i] = e->text[i - 1];
    e->text[e->cursor++] = c;
    print("%c", c);
    if (e->cursor < e->length) redraw_tail(e, 0);
}

static void erase_at_cursor(struct edit* e) {
    if (e->cursor == e->length) return;
    for (u32 i = e->cursor; i < e->length; i++) e->text[i] = e->text[i + 1];
    e->length--;
    redraw_tail(e, 1);
}

static void move(struct edit* e, u32 to) {
    if (to < e->cursor)
        back(e->cursor - to);
    else
        for (u32 i = e->cursor; i < to; i++) print("%c", e->text[i]);
    e->cursor = to;
}

static void recall(struct edit* e, u32* position, int step) {
    u32 oldest = history_count > history_size ? history_count - history_size : 0;
    if (step < 0 ? *position == oldest : *position == history_count) return;
    *position += (u32)step;
    replace(e, *position == history_count ? "" : history[*position % history_size]);
}

static void edit_key(struct edit* e, u32 key, u32* position, const char* prompt) {
    switch (key) {
    case KEY_UP: recall(e, position, -1); break;
    case KEY_DOWN: recall(e, position, 1); break;
    case KEY_LEFT: move(e, e->cursor ? e->cursor - 1 : 0); break;
    case KEY_RIGHT: move(e, e->cursor < e->length ? e->cursor + 1 : e->length); break;
    case KEY_HOME: move(e, 0); break;
    case KEY_END: move(e, e->length); break;
    case KEY_DELETE: erase_at_cursor(e); break;
    case '\b':
        if (!e->cursor) break;
        move(e, e->cursor - 1);
        erase_at_cursor(e);
        break;
    case control_u:
    case control_c:
    case 0x1B: replace(e, ""); break;
    case control_l:
        system_call(SYS_CLEAR, 0, 0, 0);
        print("%s%s", prompt, e->text);
        back(e->length - e->cursor);
        break;
    default:
        if (key >= ' ' && key < 0x7F) insert(e, (char)key);
    }
}

void line_read(const char* prompt, char line[line_size]) {
    struct edit e = {line, 0, 0};
    u32 position = history_count;
    line[0] = 0;
    print("%s", prompt);
    for (;;) {
        u32 key = system_call(SYS_READ_KEY, 0, 0, 0);
        if (key == '\n') break;
        edit_key(&e, key, &position, prompt);
    }
    print("\n");
    if (!e.length) return;
    if (history_count && !strcmp(history[(history_count - 1) % history_size], line)) return;
    memcpy(history[history_count++ % history_size], line, e.length + 1);
}
