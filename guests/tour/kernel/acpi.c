// How a PC is switched off: the firmware leaves a chain of tables in memory, RSDP -> RSDT -> FADT -> DSDT. The FADT has
// the port of the PM1a control register; the DSDT, which is byte code, has an object \_S5_ with the number to write
// there for "soft off". We do not interpret byte code: a package of integers is easy to recognise.

#include "kernel/acpi.h"
#include "kernel/io.h"
#include "kernel/keyboard.h"
#include "kernel/paging.h"
#include "kernel/pit.h"
#include "lib/string.h"

enum { sci_enable = 1, sleep_type_shift = 10, sleep_enable = 1 << 13 };
enum { max_table = 1 << 20 };

struct __attribute__((packed)) rsdp {
    char signature[8];
    u8 checksum;
    char oem[6];
    u8 revision;
    u32 rsdt;
};

struct __attribute__((packed)) table {
    char signature[4];
    u32 length;
    u8 revision, checksum;
    char oem[26];
    u8 body[];
};

// Offsets in the FADT (ACPI specification, 5.2.9).
enum {
    fadt_dsdt = 40,
    fadt_smi_command = 48,
    fadt_acpi_enable = 52,
    fadt_pm1a_control = 64,
    fadt_pm1b_control = 68,
    fadt_least = 72
};

static struct {
    u16 smi_command, pm1a_control, pm1b_control;
    u8 acpi_enable, sleep_type_a, sleep_type_b;
    bool found;
} power;

static bool sums_to_zero(const void* data, u32 length) {
    const u8* bytes = data;
    u8 sum = 0;
    while (length--) sum = (u8)(sum + *bytes++);
    return sum == 0;
}

static const struct rsdp* find_rsdp_in(const u8* start, u32 length) {
    if (!start) return 0;
    for (u32 i = 0; i + 20 <= length; i += 16)
        if (!memcmp(start + i, "RSD PTR ", 8) && sums_to_zero(start + i, 20)) return (const struct rsdp*)(start + i);
    return 0;
}

static const struct rsdp* find_rsdp(void) {
    // The first KiB of the extended BIOS data area, whose segment stands at 40:0E; then the BIOS ROM.
    const u16* ebda_segment = paging_map_physical(0x40E, 2);
    u32 ebda = *ebda_segment * 16u;
    const struct rsdp* found = 0;
    if (ebda >= 0x80000 && ebda < 0xA0000) found = find_rsdp_in((const u8*)ebda, 1024);
    return found ? found : find_rsdp_in((const u8*)0xE0000, 0x20000);
}

static const struct table* map_table(u32 address) {
    if (!address) return 0;
    const struct table* header = paging_map_physical(address, sizeof *header);
    if (!header || header->length < sizeof *header || header->length > max_table) return 0;
    const struct table* whole = paging_map_physical(address, header->length);
    return whole && sums_to_zero(whole, whole->length) ? whole : 0;
}

static u32 field32(const struct table* t, u32 offset) {
    u32 value;
    memcpy(&value, (const u8*)t + offset, 4);
    return value;
}

/// An AML integer that fits a byte: ZeroOp, OneOp, or BytePrefix and the byte.
static bool aml_byte(const u8** at, u8* value) {
    const u8* p = *at;
    if (*p == 0x00 || *p == 0x01)
        *value = *p;
    else if (*p == 0x0A)
        *value = *++p;
    else
        return false;
    *at = p + 1;
    return true;
}

static bool find_s5(const struct table* dsdt) {
    const u8 *start = dsdt->body, *end = (const u8*)dsdt + dsdt->length;
    for (const u8* p = start; p + 5 < end; p++) {
        // Name (_S5_, Package (n) {a, b, ...}): 08 "_S5_" 12 PkgLength n ...
        if (memcmp(p, "_S5_\x12", 5)) continue;
        u8 object[16] = {0}; // it may be the last thing in the table
        memcpy(object, p, (u32)(end - p) < sizeof object ? (u32)(end - p) : sizeof object);
        const u8* at = object + 5;
        at += 1 + (*at >> 6); // PkgLength says in its top bits how many bytes follow
        at++;                 // the number of elements
        if (aml_byte(&at, &power.sleep_type_a) && aml_byte(&at, &power.sleep_type_b)) return true;
    }
    return false;
}

void acpi_init(void) {
    const struct rsdp* rsdp = find_rsdp();
    const struct table* rsdt = rsdp ? map_table(rsdp->rsdt) : 0;
    if (!rsdt) return;
    for (u32 offset = sizeof *rsdt; offset + 4 <= rsdt->length; offset += 4) {
        const struct table* fadt = map_table(field32(rsdt, offset));
        if (!fadt || memcmp(fadt->signature, "FACP", 4) || fadt->length < fadt_least) continue;
        const struct table* dsdt = map_table(field32(fadt, fadt_dsdt));
        if (!dsdt || !find_s5(dsdt)) return;
        power.smi_command = (u16)field32(fadt, fadt_smi_command);
        power.acpi_enable = (u8)field32(fadt, fadt_acpi_enable);
        power.pm1a_control = (u16)field32(fadt, fadt_pm1a_control);
        power.pm1b_control = (u16)field32(fadt, fadt_pm1b_control);
        power.found = power.pm1a_control != 0;
        return;
    }
}

void acpi_view(struct port_view* view) {
    view->has_acpi = power.found;
    view->pm1a_control = power.pm1a_control;
    view->pm1b_control = power.pm1b_control;
    view->sleep_type_a = power.sleep_type_a;
}

static void wait_ticks(u32 n) {
    for (u32 start = pit_ticks(); pit_ticks() - start < n;) wait_for_interrupt();
}

void power_off(void) {
    if (power.found) {
        if (!(in16(power.pm1a_control) & sci_enable) && power.smi_command) {
            out8(power.smi_command, power.acpi_enable); // the firmware hands the power management over
            for (u32 i = 0; i < 100 && !(in16(power.pm1a_control) & sci_enable); i++) wait_ticks(1);
        }
        out16(power.pm1a_control, (u16)(power.sleep_type_a << sleep_type_shift | sleep_enable));
        if (power.pm1b_control) out16(power.pm1b_control, (u16)(power.sleep_type_b << sleep_type_shift | sleep_enable));
        wait_ticks(10);
    }
    // No tables (a loader without a BIOS): where QEMU and Bochs are known to have their register.
    out16(0x604, 0x2000);
    out16(0xB004, 0x2000);
    wait_ticks(10);
}

void reboot(void) {
    out8(0xCF9, 0x02); // reset control: a hard reset, prepared
    out8(0xCF9, 0x06); // and done
    wait_ticks(10);
    keyboard_reset_processor();
    wait_ticks(10);
}
