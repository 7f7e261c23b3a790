// Commands that look for trouble: fault and selfmod.

#include "lib/string.h"
#include "user/user.h"

static void fault_div(void) {
    __asm__ volatile("xorl %%edx, %%edx\n\txorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx", "cc");
}
static void fault_page(void) { __asm__ volatile("movl 0xDEAD0000, %%eax" : : : "eax"); }
static void fault_write(void) { __asm__ volatile("movl $0, 0x100000" : : : "memory"); }
static void fault_gp(void) { __asm__ volatile("cli"); }
static void fault_ud(void) { __asm__ volatile("ud2"); }

void command_fault(u32 count, char** words) {
    static const struct {
        const char* name;
        void (*commit)(void);
    } faults[] = {{"div", fault_div}, {"page", fault_page}, {"write", fault_write}, {"gp", fault_gp}, {"ud", fault_ud}};
    for (u32 i = 0; count == 2 && i < ARRAY_SIZE(faults); i++)
        if (!strcmp(words[1], faults[i].name)) {
            faults[i].commit();
            print("fault: nothing happened\n");
            return;
        }
    print("usage: fault div|page|write|gp|ud\n");
}

static void show(const char* title, const struct selfmod_result* r) {
    bool good = r->immediate == selfmod_rounds && r->opcode == selfmod_rounds && r->next == selfmod_rounds &&
                r->straddle == selfmod_rounds && r->copied == selfmod_copies;
    print("  %s: immediate %u/%u  opcode %u/%u  next %u/%u  across pages %u/%u  copied %u/%u  %s\n", title,
          r->immediate, selfmod_rounds + 0u, r->opcode, selfmod_rounds + 0u, r->next, selfmod_rounds + 0u, r->straddle,
          selfmod_rounds + 0u, r->copied, selfmod_copies + 0u, good ? GREEN "ok" PLAIN : RED "FAILED" PLAIN);
}

void command_selfmod(u32 count, char** words) {
    (void)count, (void)words;
    struct selfmod_result r;
    selfmod_run(&r);
    show("ring 3", &r);
    system_call(SYS_RING0_SELFMOD, (u32)&r, 0, 0);
    show("ring 0", &r);
}
