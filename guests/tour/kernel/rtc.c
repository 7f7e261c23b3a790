#include "kernel/rtc.h"
#include "kernel/io.h"
#include "lib/abi.h"

enum {
    seconds = 0,
    minutes = 2,
    hours = 4,
    day = 7,
    month = 8,
    year = 9,
    status_a = 0x0A,
    status_b = 0x0B,
    century = 0x32
};
enum { update_in_progress = 0x80, binary = 4, hours_24 = 2, pm = 0x80 };

static u8 read(u8 index) {
    out8(0x70, index);
    return in8(0x71);
}

static u8 number(u8 value, u8 mode) { return mode & binary ? value : (u8)((value >> 4) * 10 + (value & 15)); }

void rtc_view(struct port_view* view) {
    u8 mode = read(status_b), hour, again;
    for (u32 patience = 100000; patience && read(status_a) & update_in_progress; patience--) {
    }
    do { // once more if a second passed in the middle
        again = read(seconds);
        view->rtc_minute = number(read(minutes), mode);
        hour = read(hours);
        view->rtc_day = number(read(day), mode);
        view->rtc_month = number(read(month), mode);
        view->rtc_year = (u16)(number(read(century), mode) * 100 + number(read(year), mode));
    } while (read(seconds) != again);
    view->rtc_second = number(again, mode);
    view->rtc_hour = number(hour & (u8)~pm, mode);
    if (!(mode & hours_24)) view->rtc_hour = (u8)(view->rtc_hour % 12 + (hour & pm ? 12 : 0));
    view->rtc_status_b = mode;
}
