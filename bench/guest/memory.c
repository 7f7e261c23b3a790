// String instructions and memory access patterns. Inline assembly throughout: the C library would choose other instructions on other CPUs.
#include "workload.h"

#include <sys/mman.h>

static uint8_t source[1 << 16], target[1 << 16];
static uint32_t* ring; // each element holds the index of the next

static void fill(void) {
    uint32_t state = 11;
    for (unsigned i = 0; i < sizeof source; i++) source[i] = target[i] = (uint8_t)(next_random(&state) | 1);
}

static uint32_t checksum(const uint8_t* at, unsigned size) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < size; i += 37) sum = mix(sum, at[i]);
    return sum;
}

static void move_bytes(void* to, const void* from, unsigned count) { asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory"); }
static void move_words(void* to, const void* from, unsigned count) { asm volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory"); }

static uint32_t rep_movs_page(unsigned scale) {
    for (unsigned i = 0; i < 4000 * scale; i++) move_words(target + (i & 7) * 4096, source + (i * 5 & 7) * 4096, 1024);
    return checksum(target, sizeof target);
}

static uint32_t rep_movs_short(unsigned scale) {
    for (unsigned i = 0; i < 60000 * scale; i++) move_bytes(target + (i * 48 & 0x7FFF), source + (i * 81 & 0x7FFF), 16 + (i & 31));
    return checksum(target, sizeof target);
}

static uint32_t rep_stos(unsigned scale) {
    for (unsigned i = 0; i < 4000 * scale; i++) {
        void* to = target + (i & 15) * 4096;
        unsigned count = 1024;
        asm volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(i) : "memory");
    }
    return checksum(target, sizeof target);
}

static uint32_t repne_scas(unsigned scale) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < 5000 * scale; i++) {
        unsigned end = 200 + (i * 13 & 511), left = sizeof source;
        const uint8_t* at = source;
        uint8_t held = source[end];
        source[end] = 0; // fill() left no zero
        asm volatile("repne scasb" : "+D"(at), "+c"(left) : "a"(0) : "memory", "cc");
        source[end] = held;
        sum = mix(sum, (uint32_t)(at - source));
    }
    return sum;
}

static uint32_t repe_cmps(unsigned scale) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < 5000 * scale; i++) {
        unsigned end = 200 + (i * 17 & 511), left = sizeof source;
        const uint8_t *a = source, *b = target;
        target[end] = (uint8_t)~source[end];
        asm volatile("repe cmpsb" : "+S"(a), "+D"(b), "+c"(left) : : "memory", "cc");
        target[end] = source[end];
        sum = mix(sum, (uint32_t)(a - source));
    }
    return sum;
}

static uint32_t copy_loop(unsigned scale) {
    for (unsigned round = 0; round < 80 * scale; round++) {
        const uint32_t* from = (const uint32_t*)source;
        uint32_t* to = (uint32_t*)target;
        for (unsigned i = 0; i < sizeof source / 4; i++) {
            to[i] = from[i] + round;
            asm volatile("" : : : "memory");
        }
    }
    return checksum(target, sizeof target);
}

// A ring through all elements in random order (Sattolo's shuffle).
static void make_ring(unsigned count) {
    static uint32_t* area;
    const unsigned size = 16u << 20;
    if (!area) area = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ring = area;
    uint32_t state = 17;
    for (unsigned i = 0; i < count; i++) ring[i] = i;
    for (unsigned i = count - 1; i > 0; i--) {
        unsigned other = (unsigned)((uint64_t)next_random(&state) * i >> 32);
        uint32_t held = ring[i];
        ring[i] = ring[other];
        ring[other] = held;
    }
}
static void make_small_ring(void) { make_ring(1 << 15); } // 128 KiB
static void make_large_ring(void) { make_ring(1 << 21); } // 8 MiB: 2,048 pages, more than a TLB holds

static uint32_t chase_cached(unsigned scale) {
    uint32_t at = 0;
    for (unsigned i = 0; i < 400000 * scale; i++) at = ring[at];
    return at;
}

static uint32_t chase_pages(unsigned scale) {
    uint32_t at = 0;
    for (unsigned i = 0; i < 60000 * scale; i++) at = ring[at];
    return at;
}

const struct workload memory_workloads[] = {
    {"rep_movs_page", "strings", fill, rep_movs_page}, {"rep_movs_short", "strings", fill, rep_movs_short}, {"rep_stos", "strings", fill, rep_stos},
    {"repne_scas", "strings", fill, repne_scas}, {"repe_cmps", "strings", fill, repe_cmps}, {"copy_loop", "memory", fill, copy_loop},
    {"chase_cached", "memory", make_small_ring, chase_cached}, {"chase_pages", "memory", make_large_ring, chase_pages}, {0, 0, 0, 0},
};
