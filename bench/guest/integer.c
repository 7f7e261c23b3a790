// Integer code as compilers make it: loops, tables, branches, calls.
#include "workload.h"

#include <string.h>

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))

static uint8_t bytes[1 << 18];
static uint32_t words[1 << 16];

static void fill_bytes(void) {
    uint32_t state = 1;
    for (unsigned i = 0; i < ELEMENTS(bytes); i++) bytes[i] = (uint8_t)next_random(&state);
}

static uint32_t sieve(unsigned scale) {
    uint32_t sum = 0;
    for (unsigned round = 0; round < 4 * scale; round++) {
        for (unsigned i = 0; i < ELEMENTS(bytes); i++) bytes[i] = 1;
        for (unsigned i = 2; i * i < ELEMENTS(bytes); i++) {
            if (!bytes[i]) continue;
            for (unsigned multiple = i * i; multiple < ELEMENTS(bytes); multiple += i) bytes[multiple] = 0;
        }
        for (unsigned i = 2; i < ELEMENTS(bytes); i++) sum += bytes[i];
    }
    return sum;
}

static uint32_t crc32(unsigned scale) {
    uint32_t table[256], crc = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
        table[i] = value;
    }
    for (unsigned round = 0; round < 2 * scale; round++) {
        for (unsigned i = 0; i < ELEMENTS(bytes); i++) crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    }
    return ~crc;
}

static void quicksort(uint32_t* from, uint32_t* to) {
    while (to - from > 12) {
        uint32_t pivot = from[(to - from) / 2], *low = from, *high = to - 1;
        while (low <= high) {
            while (*low < pivot) low++;
            while (*high > pivot) high--;
            if (low > high) break;
            uint32_t held = *low;
            *low++ = *high;
            *high-- = held;
        }
        quicksort(from, high + 1);
        from = low;
    }
    for (uint32_t* at = from + 1; at < to; at++) {
        uint32_t held = *at, *hole = at;
        for (; hole > from && hole[-1] > held; hole--) *hole = hole[-1];
        *hole = held;
    }
}

static uint32_t sort(unsigned scale) {
    uint32_t state = 7, sum = 0;
    for (unsigned round = 0; round < scale; round++) {
        for (unsigned i = 0; i < 32768; i++) words[i] = next_random(&state);
        quicksort(words, words + 32768);
        for (unsigned i = 0; i < 32768; i += 511) sum = mix(sum, words[i]);
    }
    return sum;
}

// Inserts into and looks up in a table with open addressing.
static uint32_t hash(unsigned scale) {
    uint32_t state = 99, found = 0;
    for (unsigned round = 0; round < scale; round++) {
        memset(words, 0, sizeof words);
        for (unsigned i = 0; i < 60000; i++) {
            uint32_t key = next_random(&state) & 0x1FFFF;
            if (!key) continue;
            unsigned slot = (key * 0x9E3779B1u) >> 16, probes = 0;
            while (words[slot] && words[slot] != key && probes++ < 64) slot = (slot + 1) & (ELEMENTS(words) - 1);
            if (words[slot] == key) found++;
            words[slot] = key;
        }
    }
    return found;
}

// A register machine with a switch for its dispatcher. Its program counts the steps of Collatz sequences.
enum { op_set, op_add, op_half, op_triple, op_jump_odd, op_jump_not_one, op_jump_below, op_jump, op_halt };
static uint32_t interpreter(unsigned scale) {
    const struct { uint8_t operation, target; uint16_t operand; } program[] = {
        {op_set, 0, 1},           // r0: the start
        {op_set, 1, 0},           // r1: its sequence (set from r0 by op_add with operand 0x8000)
        {op_add, 1, 0x8000},      // r1 += r0
        {op_jump_odd, 1, 6},      // 3
        {op_half, 1, 0},          // 4
        {op_jump, 0, 7},          // 5
        {op_triple, 1, 0},        // 6
        {op_add, 2, 1},           // 7: r2 counts the steps
        {op_jump_not_one, 1, 3},  // 8
        {op_add, 0, 1},           // 9
        {op_jump_below, 0, 1},    // 10
        {op_halt, 0, 0},
    };
    uint32_t registers[3] = {0}, limit = 1000 * scale;
    for (unsigned at = 0;; at++) {
        uint32_t* target = &registers[program[at].target];
        unsigned operand = program[at].operand;
        switch (program[at].operation) {
        case op_set: *target = operand; break;
        case op_add: *target += operand == 0x8000 ? registers[0] : operand; break;
        case op_half: *target >>= 1; break;
        case op_triple: *target = *target * 3 + 1; break;
        case op_jump_odd: if (*target & 1) at = operand - 1; break;
        case op_jump_not_one: if (*target > 1) at = operand - 1; break;
        case op_jump_below: if (*target < limit) at = operand - 1; break;
        case op_jump: at = operand - 1; break;
        case op_halt: return registers[2];
        }
    }
}

#define STEP(name, expression) static uint32_t name(uint32_t x) { return expression; }
STEP(step_add, x + 0x1234567) STEP(step_xor, x ^ x >> 7) STEP(step_multiply, x * 2654435761u) STEP(step_rotate, x << 9 | x >> 23)
STEP(step_not, ~x) STEP(step_negate, 0 - x) STEP(step_swap, __builtin_bswap32(x)) STEP(step_shift, x + (x << 3))
static uint32_t (*volatile const steps[])(uint32_t) = {step_add, step_xor, step_multiply, step_rotate, step_not, step_negate, step_swap, step_shift};

static uint32_t indirect_calls(unsigned scale) {
    uint32_t state = 5, value = 1;
    for (unsigned i = 0; i < 100000 * scale; i++) value = steps[next_random(&state) >> 29](value);
    return value;
}

static uint32_t __attribute__((noinline)) fibonacci(uint32_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static uint32_t recursion(unsigned scale) {
    uint32_t sum = 0;
    for (unsigned round = 0; round < scale; round++) sum += fibonacci(28);
    return sum;
}

static uint32_t long_division(unsigned scale) {
    uint32_t state = 3, sum = 0;
    for (unsigned i = 0; i < 60000 * scale; i++) {
        uint64_t dividend = (uint64_t)next_random(&state) << 32 | next_random(&state);
        uint64_t divisor = (uint64_t)(next_random(&state) >> (i & 31)) + 1;
        sum = mix(sum, (uint32_t)(dividend / divisor));
        sum = mix(sum, (uint32_t)(dividend % (divisor << 7)));
    }
    return sum;
}

static uint32_t matrix(unsigned scale) {
    enum { n = 64 };
    uint32_t *a = words, *b = a + n * n, *c = b + n * n, sum = 0;
    for (unsigned i = 0; i < n * n; i++) a[i] = i * 7 + 1, b[i] = i * i + 3;
    for (unsigned round = 0; round < 6 * scale; round++) {
        for (unsigned i = 0; i < n; i++) {
            for (unsigned j = 0; j < n; j++) {
                uint32_t dot = round;
                for (unsigned k = 0; k < n; k++) dot += a[i * n + k] * b[k * n + j];
                c[i * n + j] = dot;
            }
        }
        sum = mix(sum, c[(round * 67) & (n * n - 1)]);
    }
    return sum;
}

const struct workload integer_workloads[] = {
    {"sieve", "integer", 0, sieve}, {"crc32", "integer", fill_bytes, crc32}, {"sort", "integer", 0, sort}, {"hash", "integer", 0, hash},
    {"interpreter", "integer", 0, interpreter}, {"indirect_calls", "integer", 0, indirect_calls}, {"recursion", "integer", 0, recursion},
    {"long_division", "integer", 0, long_division}, {"matrix", "integer", 0, matrix}, {0, 0, 0, 0},
};
