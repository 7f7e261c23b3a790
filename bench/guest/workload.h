// The benchmark's workloads: each does a fixed amount of work and returns a checksum that must be the same on every machine.
#pragma once

#include <stdint.h>

struct workload {
    const char* name;
    const char* group;
    void (*prepare)(void);          // not timed; may be null
    uint32_t (*run)(unsigned scale); // `scale` times the unit of work
};

extern const struct workload integer_workloads[], memory_workloads[], x87_workloads[], sse_workloads[], system_workloads[], code_workloads[]; // end: name is null

// Marsaglia's xorshift32: the source of all "random" data here.
static inline uint32_t next_random(uint32_t* state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static inline uint32_t mix(uint32_t sum, uint32_t value) { return (sum << 5 | sum >> 27) * 0x9E3779B1u + value; }
