#include "kernel/pci.h"
#include "kernel/io.h"

enum { address_port = 0xCF8, data_port = 0xCFC };
static const u32 enable = 1u << 31;

static u32 read(u32 bus, u32 device, u32 function, u32 offset) {
    out32(address_port, enable | bus << 16 | device << 11 | function << 8 | offset);
    return in32(data_port);
}

static bool present(void) {
    out32(address_port, enable);
    return in32(address_port) == enable;
}

bool pci_function(u32 index, struct pci_info* info) {
    if (!present()) return false;
    for (u32 bus = 0; bus < 4; bus++)
        for (u32 device = 0; device < 32; device++)
            for (u32 function = 0; function < 8; function++) {
                u32 id = read(bus, device, function, 0);
                if ((id & 0xFFFF) == 0xFFFF) {
                    if (function == 0) break; // no device here
                    continue;
                }
                if (index-- == 0) {
                    u32 class = read(bus, device, function, 8);
                    *info =
                        (struct pci_info){(u8)bus,           (u8)device,       (u8)function,
                                          (u16)id,           (u16)(id >> 16),  (u8)(class >> 24),
                                          (u8)(class >> 16), (u8)(class >> 8), (u8)read(bus, device, function, 0x3C)};
                    return true;
                }
                bool several = read(bus, device, 0, 0x0C) & 0x800000;
                if (!several) break;
            }
    return false;
}
