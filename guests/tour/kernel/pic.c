// The BIOS leaves IRQ 0-7 on vectors 8-F, where protected mode has exceptions; so the first thing is to move them.

#include "kernel/pic.h"
#include "kernel/idt.h"
#include "kernel/io.h"
#include "lib/abi.h"

enum { master = 0x20, slave = 0xA0, cascade = 2 };
enum { read_request = 0x0A, read_service = 0x0B, end_of_interrupt = 0x20 }; // OCW3, OCW3, OCW2

static u8 read(u16 chip, u8 what) {
    out8(chip, what);
    return in8(chip);
}

void pic_init(void) {
    static const u16 chips[2] = {master, slave};
    for (u32 i = 0; i < 2; i++) {
        out8(chips[i], 0x11);                                       // ICW1: edge triggered, cascaded, ICW4 follows
        out8((u16)(chips[i] + 1), (u8)(VECTOR_IRQ0 + i * 8));       // ICW2: first vector
        out8((u16)(chips[i] + 1), i == 0 ? 1 << cascade : cascade); // ICW3: where the slave is; who the slave is
        out8((u16)(chips[i] + 1), 1);                               // ICW4: 8086 mode
        out8((u16)(chips[i] + 1), 0xFF);                            // all lines masked
    }
    pic_enable(cascade);
}

void pic_enable(u32 line) {
    u16 port = line < 8 ? master + 1 : slave + 1;
    out8(port, (u8)(in8(port) & ~(1u << (line & 7))));
}

bool pic_is_spurious(u32 line) {
    if ((line & 7) != 7 || read(line < 8 ? master : slave, read_service) & 0x80) return false;
    if (line == 15) out8(master, end_of_interrupt); // the master's own IRQ 2 was real
    return true;
}

void pic_end_of_interrupt(u32 line) {
    if (line >= 8) out8(slave, end_of_interrupt);
    out8(master, end_of_interrupt);
}

void pic_view(struct port_view* view) {
    for (u32 i = 0; i < 2; i++) {
        u16 chip = i == 0 ? master : slave;
        view->pic_mask[i] = in8((u16)(chip + 1));
        view->pic_request[i] = read(chip, read_request);
        view->pic_service[i] = read(chip, read_service);
    }
}
