#include "lib/selfmod.h"
#include "lib/string.h"

typedef u32 routine(void);

// lib/selfmod_code.asm
extern u8 selfmod_immediate[], selfmod_immediate_field[];
extern u8 selfmod_opcode[], selfmod_opcode_field[];
extern u8 selfmod_straddle[], selfmod_straddle_field[];
extern u8 selfmod_arena[];
extern u32 selfmod_next(u32 value);

static u32 call(u8* code) {
    __asm__ volatile("" : : : "memory"); // what was just written is code: the compiler must not keep it in a register
    return ((routine*)(void*)code)();
}

static void store32(u8* at, u32 value) { *(volatile u32*)(void*)at = value; }

void selfmod_run(struct selfmod_result* result) {
    memset(result, 0, sizeof *result);
    for (u32 i = 0; i < selfmod_rounds; i++) {
        u32 value = i * 2654435761u;
        store32(selfmod_immediate_field, value);
        result->immediate += call(selfmod_immediate) == value;

        // 40 is INC EAX and 48 is DEC EAX.
        *(volatile u8*)selfmod_opcode_field = i & 1 ? 0x48 : 0x40;
        u32 sum;
        __asm__ volatile("call *%1" : "=a"(sum) : "r"(selfmod_opcode), "a"(value) : "memory", "cc");
        result->opcode += sum == (i & 1 ? value - 1 : value + 1);

        result->next += selfmod_next(value) == value;

        store32(selfmod_straddle_field, ~value);
        result->straddle += call(selfmod_straddle) == ~value;
    }
    for (u32 i = 0; i < selfmod_copies; i++) {
        // mov eax, i; then i % 7 times inc eax; ret: each copy has another length and another set of instruction
        // borders.
        u8 code[16] = {0xB8, (u8)i, (u8)(i >> 8), 0, 0};
        u32 length = 5;
        for (u32 k = 0; k < i % 7; k++) code[length++] = 0x40;
        code[length++] = 0xC3;
        memcpy(selfmod_arena, code, length);
        result->copied += call(selfmod_arena) == i + i % 7;
    }
}
