// Commands that look at the machine: ticks, ps, cpuid, ports, mem.

#include "lib/cpu.h"
#include "lib/string.h"
#include "user/user.h"

void command_ticks(u32 count, char** words) {
    (void)count, (void)words;
    u32 start = system_call(SYS_TICKS, 0, 0, 0), clocks = system_call(SYS_PIT_CLOCKS, 0, 0, 0);
    u64 tsc = cpu_tsc();
    sleep(25);
    u32 ticks = system_call(SYS_TICKS, 0, 0, 0) - start;
    clocks = system_call(SYS_PIT_CLOCKS, 0, 0, 0) - clocks;
    tsc = cpu_tsc() - tsc;
    print("  uptime %u ticks of 10 ms\n", start);
    print("  a sleep of 25 ticks took %u ticks, %u PIT clocks, %u us\n", ticks, clocks,
          multiply_divide(clocks, 1000000, 1193182));
    if (cpu_has_tsc()) {
        u32 thousands = (u32)tsc; // of a quarter of a second: fits up to 17 GHz
        print("  time stamp counter: %u cycles in that time, about %u MHz\n", thousands,
              clocks ? multiply_divide(thousands, 1193182, clocks) / 1000000 : 0);
    } else
        print("  this processor has no time stamp counter\n");
}

void command_ps(u32 count, char** words) {
    (void)count, (void)words;
    static const char* const states[] = {"free", "ready", "sleeping", "waiting", "dead"};
    heading("  pid  name     ring  state     ticks  switches  page directory");
    struct task_info t;
    for (u32 i = 0; system_call(SYS_TASK_INFO, i, (u32)&t, 0); i++) {
        bool self = t.pid == system_call(SYS_GETPID, 0, 0, 0);
        print("  %3u  %-8s %4u  %-8s %6u  %8u  %08x\n", t.pid, t.name, t.cpl, self ? "running" : states[t.state],
              t.ticks, t.switches, t.page_directory);
    }
}

static void print_bits(const char* title, u32 bits, const char* const names[32]) {
    bool any = false;
    for (u32 i = 0; i < 32; i++) any |= (bits >> i & 1) && names[i];
    if (!any) return;
    print("  %s", title);
    u32 column = 2 + (u32)strlen(title);
    for (u32 i = 0; i < 32; i++) {
        if (!(bits >> i & 1) || !names[i]) continue;
        u32 width = (u32)strlen(names[i]) + 1;
        if (column + width > 78) {
            print("\n              ");
            column = 14;
        }
        print(" %s", names[i]);
        column += width;
    }
    print("\n");
}

void command_cpuid(u32 count, char** words) {
    (void)count, (void)words;
    static const char* const edx[32] = {"fpu",  "vme",   "de",   "pse",   "tsc",  "msr", "pae",  "mce",
                                        "cx8",  "apic",  0,      "sep",   "mtrr", "pge", "mca",  "cmov",
                                        "pat",  "pse36", "psn",  "clfsh", 0,      "ds",  "acpi", "mmx",
                                        "fxsr", "sse",   "sse2", "ss",    "htt",  "tm",  0,      "pbe"};
    static const char* const ecx[32] = {
        "sse3",  "pclmul", 0,       0,     0,       "vmx",     0,     0,      0,        "ssse3",     0,
        0,       "fma",    "cx16",  0,     0,       0,         0,     0,      "sse4.1", "sse4.2",    "x2apic",
        "movbe", "popcnt", "tscdl", "aes", "xsave", "osxsave", "avx", "f16c", "rdrand", "hypervisor"};
    static const char* const extended[32] = {
        [11] = "syscall", [20] = "nx", [26] = "1gb", [27] = "rdtscp", [29] = "lm", [31] = "3dnow"};
    if (!cpu_has_cpuid()) {
        print("  no CPUID: EFLAGS.ID cannot be changed; an 80486 or older\n");
        return;
    }
    char vendor[16], brand[56];
    cpu_vendor(vendor);
    cpu_brand(brand);
    u32 signature = cpuid(1).eax, family = signature >> 8 & 15, model = signature >> 4 & 15;
    if (family == 6 || family == 15) model += (signature >> 16 & 15) << 4;
    if (family == 15) family += signature >> 20 & 255;
    print("  vendor       %s\n  brand        %s\n", vendor, brand);
    print("  signature    %08x: family %u, model %u, stepping %u\n", signature, family, model, signature & 15);
    print("  leaves       0..%x, 80000000..%x\n", cpuid(0).eax, cpuid(0x80000000).eax);
    print_bits("features    ", cpuid(1).edx, edx);
    print_bits("            ", cpuid(1).ecx, ecx);
    print_bits("extended    ", cpuid(0x80000001).edx, extended);
    if (cpuid(1).ecx >> 31) print("  This processor says that it is a virtual one.\n");
}

static const char* pci_class(const struct pci_info* f) {
    switch (f->class_code << 8 | f->subclass) {
    case 0x0101: return "IDE controller";
    case 0x0106: return "SATA controller";
    case 0x0200: return "Ethernet";
    case 0x0300: return "VGA display";
    case 0x0401: return "audio";
    case 0x0600: return "host bridge";
    case 0x0601: return "ISA bridge";
    case 0x0604: return "PCI bridge";
    case 0x0680: return "bridge (power management)";
    case 0x0C03: return "USB controller";
    default: return "other";
    }
}

void command_ports(u32 count, char** words) {
    (void)count, (void)words;
    struct port_view v;
    system_call(SYS_PORTS, (u32)&v, 0, 0);
    print("  PIC      mask %02x %02x  request %02x %02x  in service %02x %02x\n", v.pic_mask[0], v.pic_mask[1],
          v.pic_request[0], v.pic_request[1], v.pic_service[0], v.pic_service[1]);
    print("  PIT      count %u of 11932, 100 Hz\n", v.pit_count);
    print("  RTC      %04u-%02u-%02u %02u:%02u:%02u  status B %02x\n", v.rtc_year, v.rtc_month, v.rtc_day, v.rtc_hour,
          v.rtc_minute, v.rtc_second, v.rtc_status_b);
    print("  i8042    status %02x\n", v.keyboard_status);
    print("  COM1     %s\n", v.has_serial ? "16550 at 3F8" : "absent");
    if (v.has_acpi)
        print("  ACPI     PM1a control at %03x, sleep type %u for S5\n", v.pm1a_control, v.sleep_type_a);
    else
        print("  ACPI     no tables found\n");
    struct pci_info f;
    for (u32 i = 0; system_call(SYS_PCI, i, (u32)&f, 0); i++)
        print("  PCI      %02x:%02x.%x  %04x:%04x  class %02x%02x%02x  %s\n", f.bus, f.device, f.function, f.vendor,
              f.device_id, f.class_code, f.subclass, f.interface, pci_class(&f));
}

static u32 bss_word; // something to look up

void command_mem(u32 count, char** words) {
    (void)count, (void)words;
    static const char* const types[] = {"?", "available", "reserved", "ACPI tables", "ACPI NVS", "bad"};
    heading("  from the firmware     length    type");
    struct memory_range r;
    for (u32 i = 0; system_call(SYS_MEMORY_MAP, i, (u32)&r, 0); i++)
        print("  %08x%08x  %08x%08x  %s\n", r.base_high, r.base, r.length_high, r.length,
              types[r.type < ARRAY_SIZE(types) ? r.type : 2]);
    struct memory_state m;
    system_call(SYS_MEMORY_STATE, (u32)&m, 0, 0);
    print("  kernel %08x-%08x, code to %08x; %u of %u frames free; %u page faults\n", m.kernel_start, m.kernel_end,
          m.kernel_text_end, m.free_frames, m.total_frames, m.page_faults);
    heading("  address   what            directory  table     rights");
    const struct {
        u32 address;
        const char* what;
    } samples[] = {{0, "page 0"},
                   {0xB8000, "video memory"},
                   {m.kernel_start, "kernel code"},
                   {m.kernel_end - 4096, "kernel data"},
                   {USER_IMAGE, "shell's code"},
                   {(u32)&bss_word, "shell's data"},
                   {USER_HEAP_END - 4096, "heap, unused"},
                   {USER_STACK_END - 4096, "stack"}};
    for (u32 i = 0; i < ARRAY_SIZE(samples); i++) {
        struct translation t;
        system_call(SYS_TRANSLATE, samples[i].address, (u32)&t, 0);
        u32 both = t.directory_entry & t.table_entry, e = t.table_entry;
        if (!(both & 1))
            print("  %08x  %-14s  %08x   %08x  not present\n", samples[i].address, samples[i].what, t.directory_entry,
                  e);
        else
            print("  %08x  %-14s  %08x   %08x  %s %s%s%s\n", samples[i].address, samples[i].what, t.directory_entry, e,
                  both & 4 ? "user" : "supervisor", both & 2 ? "read-write" : "read-only", e & 0x20 ? " accessed" : "",
                  e & 0x40 ? " dirty" : "");
    }
}
