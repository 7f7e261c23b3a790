// The `rings` command: sensitive instructions in ring 0 and in ring 3.
//
// Popek and Goldberg asked of a virtualizable processor that every instruction which reads or changes the machine's
// privileged state traps outside ring 0. The x86 breaks that: SGDT, SIDT, SLDT, STR and SMSW tell ring 3 what the
// kernel set up, and POPF drops a change of IF without a word. A virtual machine that merely ran the guest's kernel in
// ring 3 would be found out by each of them; so a translator must know them all.

#include "lib/cpu.h"
#include "user/user.h"

struct __attribute__((packed)) table_register {
    u16 limit;
    u32 base;
};

static u32 read_eflags(void) {
    u32 eflags;
    __asm__ volatile("pushfl\n\tpopl %0" : "=r"(eflags));
    return eflags;
}

enum { flag_if = 1 << 9, flag_iopl = 3 << 12 };

static void do_cli(void) { __asm__ volatile("cli"); }
static void do_sti(void) { __asm__ volatile("sti"); }
static void do_hlt(void) { __asm__ volatile("hlt"); }
static void do_read_cr0(void) { __asm__ volatile("movl %%cr0, %%eax" : : : "eax"); }
static void do_write_cr3(void) { __asm__ volatile("movl %%eax, %%cr3" : : : "memory"); }
static void do_read_dr7(void) { __asm__ volatile("movl %%dr7, %%eax" : : : "eax"); }
static void do_invlpg(void) { __asm__ volatile("invlpg (%0)" : : "r"(USER_HEAP)); }
static void do_clts(void) { __asm__ volatile("clts"); }
static void do_lgdt(void) {
    struct table_register none = {0, 0};
    __asm__ volatile("lgdt %0" : : "m"(none));
}
static void do_in_20(void) { __asm__ volatile("inb $0x20, %%al" : : : "eax"); }
static void do_in_80(void) { __asm__ volatile("inb $0x80, %%al" : : : "eax"); }
static void do_int_21(void) { __asm__ volatile("int $0x21"); }
static void do_load_kernel_ds(void) { __asm__ volatile("movw %w0, %%ds" : : "r"(0x10)); }
static void do_read_kernel(void) { __asm__ volatile("movl 0x100000, %%eax" : : : "eax"); }
static void do_write_code(void) { __asm__ volatile("movl $0, (%0)" : : "r"(do_read_kernel) : "memory"); }
static void do_far_call_kernel(void) { __asm__ volatile("lcall $0x08, $0"); }
static void do_ud2(void) { __asm__ volatile("ud2"); }
static void do_wrmsr(void) { __asm__ volatile("wrmsr" : : "a"(0), "d"(0), "c"(0x10)); }

static const struct {
    const char* name;
    void (*attempt)(void);
} attempts[] = {
    {"CLI", do_cli},
    {"STI", do_sti},
    {"HLT", do_hlt},
    {"MOV EAX,CR0", do_read_cr0},
    {"MOV CR3,EAX", do_write_cr3},
    {"MOV EAX,DR7", do_read_dr7},
    {"LGDT", do_lgdt},
    {"CLTS", do_clts},
    {"INVLPG", do_invlpg},
    {"IN AL,20h", do_in_20},
    {"INT 21h", do_int_21},
    {"MOV DS,0010h", do_load_kernel_ds},
    {"CALL 0008:0", do_far_call_kernel},
    {"read kernel", do_read_kernel},
    {"write code", do_write_code},
    {"UD2", do_ud2},
    {"IN AL,80h", do_in_80},
    {"WRMSR", do_wrmsr},
};

static void row(const char* name, u32 in_0, u32 in_3, u32 width, const char* note) {
    print("  %-13s %0*x%*s%0*x%*s%s\n", name, (int)width, in_0, (int)(18 - width), "", (int)width, in_3,
          (int)(17 - width), "", note);
}

static void table_row(const char* name, u32 base_0, u32 limit_0, const struct table_register* in_3, const char* note) {
    print("  %-13s %08x/%04x     %08x/%04x    %s\n", name, base_0, limit_0, in_3->base, in_3->limit + 0u, note);
}

static void show_reads(const struct ring_view* ring0) {
    struct table_register gdt, idt;
    u32 cs, ss, tr, ldtr, msw;
    __asm__ volatile("movl %%cs, %0" : "=r"(cs));
    __asm__ volatile("movl %%ss, %0" : "=r"(ss));
    __asm__ volatile("str %w0" : "=r"(tr) : "0"(0));
    __asm__ volatile("sldt %w0" : "=r"(ldtr) : "0"(0));
    __asm__ volatile("smsw %w0" : "=r"(msw) : "0"(0));
    __asm__ volatile("sgdt %0" : "=m"(gdt));
    __asm__ volatile("sidt %0" : "=m"(idt));
    row("CS", ring0->cs, cs & 0xFFFF, 4, "the low two bits are the CPL");
    row("SS", ring0->ss, ss & 0xFFFF, 4, "");
    row("SMSW", ring0->msw, msw, 4, "CR0, told to everyone");
    row("STR", ring0->tr, tr, 4, "the task register");
    row("SLDT", ring0->ldtr, ldtr, 4, "");
    table_row("SGDT", ring0->gdt_base, ring0->gdt_limit, &gdt, "the kernel's addresses,");
    table_row("SIDT", ring0->idt_base, ring0->idt_limit, &idt, "and no trap");
}

static void show_flags(const struct ring_view* ring0) {
    u32 before = read_eflags(), after;
    __asm__ volatile("pushfl\n\t"
                     "pushl %1\n\t"
                     "popfl\n\t" // asks for IF=0 and IOPL=3
                     "pushfl\n\t"
                     "popl %0\n\t"
                     "popfl"
                     : "=&r"(after)
                     : "r"((before & ~(u32)flag_if) | flag_iopl)
                     : "cc");
    print("  PUSHF         IF=%u IOPL=%u       IF=%u IOPL=%u\n", ring0->eflags >> 9 & 1, ring0->eflags >> 12 & 3,
          before >> 9 & 1, before >> 12 & 3);
    print("  POPF          obeyed            IF=%u IOPL=%u      IF=0 ignored, no trap\n", after >> 9 & 1,
          after >> 12 & 3);
    print("  CLI, PUSHF    IF=%u              see below\n", ring0->eflags_after_cli >> 9 & 1);
}

void command_rings(u32 count, char** words) {
    (void)count, (void)words;
    struct ring_view ring0;
    system_call(SYS_RING0_VIEW, (u32)&ring0, 0, 0);
    heading("  reads         ring 0            ring 3");
    show_reads(&ring0);
    show_flags(&ring0);
    heading("  what ring 3 gets for trying (the I/O bitmap permits port 80h)");
    bool has_msr = cpuid(1).edx & 1 << 5;
    u32 column = 0;
    for (u32 i = 0; i < ARRAY_SIZE(attempts); i++) {
        u32 fault[2] = {0, 0};
        char name[24];
        if (attempts[i].attempt == do_wrmsr && !has_msr) continue;
        u32 result = try(attempts[i].attempt, fault);
        print("  %-13s %s%-10s" PLAIN, attempts[i].name, result ? YELLOW : GREEN, fault_name(result, fault, name));
        if (++column % 3 == 0) print("\n");
    }
    if (column % 3) print("\n");
}
