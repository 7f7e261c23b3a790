// What is hard on translators and decode caches: code that changes, code that runs once, more code than caches hold.
#include "workload.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint32_t (*function)(uint32_t);
static const unsigned area_size = 1u << 20;
static uint8_t* area;

static void make_area(void) {
    if (!area) area = mmap(0, area_size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) _exit(3);
    memset(area, 0x90, area_size);
}

// Writes a function of 64 bytes: eax = its argument, then ten operations chosen by `seed`, then RET.
static void write_function(uint8_t* at, uint32_t seed) {
    static const uint8_t operations[] = {0x05, 0x35, 0x2D, 0x15}; // ADD, XOR, SUB, ADC eax, imm32
    static const uint8_t load[] = {0x8B, 0x44, 0x24, 0x04};       // mov eax, [esp+4]
    memcpy(at, load, sizeof load);
    at += sizeof load;
    for (int i = 0; i < 10; i++) {
        uint32_t constant = next_random(&seed);
        *at++ = operations[constant >> 30];
        memcpy(at, &constant, 4);
        at += 4;
    }
    *at = 0xC3;
}

static function function_at(uint8_t* at) {
    function result;
    memcpy(&result, &at, sizeof result);
    asm volatile("" : : : "memory");
    return result;
}

// One immediate operand is written before each call.
static uint32_t patched(unsigned scale) {
    uint32_t value = 1;
    write_function(area, 1);
    for (unsigned i = 0; i < 3000 * scale; i++) {
        memcpy(area + 5, &i, 4);
        value = function_at(area)(value);
    }
    return value;
}

// Data that changes next to code that does not, in one page.
static uint32_t data_beside(unsigned scale) {
    uint32_t value = 1;
    volatile uint32_t* cell = (volatile uint32_t*)(void*)(area + 2048);
    write_function(area, 2);
    for (unsigned i = 0; i < 100000 * scale; i++) {
        value = function_at(area)(value + *cell);
        *cell = value;
    }
    return value;
}

// Functions that are written, run once and thrown away.
static uint32_t run_once(unsigned scale) {
    uint32_t value = 1;
    for (unsigned i = 0; i < 4000 * scale; i++) {
        uint8_t* at = area + (i * 64 & (area_size - 1));
        write_function(at, i + 1);
        value = function_at(at)(value);
    }
    return value;
}

static void make_functions(void) {
    make_area();
    for (unsigned i = 0; i < area_size / 64; i++) write_function(area + i * 64, i + 1);
}

// 16,384 functions, 1 MiB of code, called one after the other.
static uint32_t large_code(unsigned scale) {
    uint32_t value = 1;
    for (unsigned round = 0; round < 2 * scale; round++) {
        for (unsigned i = 0; i < area_size / 64; i++) value = function_at(area + i * 64)(value);
    }
    return value;
}

const struct workload code_workloads[] = {
    {"code_patched", "code", make_area, patched}, {"code_data_beside", "code", make_area, data_beside}, {"code_run_once", "code", make_area, run_once},
    {"code_large", "code", make_functions, large_code}, {0, 0, 0, 0},
};
