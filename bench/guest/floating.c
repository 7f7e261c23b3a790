// Floating-point code, compiled twice: for the x87 (-mfpmath=387) and for SSE2 (-mfpmath=sse -DWITH_SSE).
#include "workload.h"

#include <string.h>
#ifdef WITH_SSE
#include <emmintrin.h>
#endif

static uint32_t bits(double value) {
    uint64_t raw;
    memcpy(&raw, &value, sizeof raw);
    return (uint32_t)raw ^ (uint32_t)(raw >> 32);
}

struct body { double at[3], speed[3], mass; };

static uint32_t nbody(unsigned scale) {
    enum { bodies = 5 };
    struct body all[bodies];
    for (int i = 0; i < bodies; i++) {
        all[i] = (struct body){{i * 1.5, 0.25 * i * i, 1.0 - i}, {0.01 * i, 0.02, -0.015 * i}, 1.0 / (1 + i)};
    }
    for (unsigned step = 0; step < 3000 * scale; step++) {
        for (int i = 0; i < bodies; i++) {
            for (int j = i + 1; j < bodies; j++) {
                double apart[3], square = 0.01; // softened: no two bodies get too near
                for (int k = 0; k < 3; k++) apart[k] = all[i].at[k] - all[j].at[k], square += apart[k] * apart[k];
                double pull = 0.001 / (square * __builtin_sqrt(square));
                for (int k = 0; k < 3; k++) {
                    all[i].speed[k] -= apart[k] * all[j].mass * pull;
                    all[j].speed[k] += apart[k] * all[i].mass * pull;
                }
            }
        }
        for (int i = 0; i < bodies; i++) {
            for (int k = 0; k < 3; k++) all[i].at[k] += 0.001 * all[i].speed[k];
        }
    }
    uint32_t sum = 0;
    for (int i = 0; i < bodies; i++) sum = mix(sum, bits(all[i].at[0]));
    return sum;
}

static uint32_t mandelbrot(unsigned scale) {
    uint32_t sum = 0;
    for (unsigned round = 0; round < scale; round++) {
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 64; x++) {
                double cr = x * 0.046875 - 2.25, ci = y * 0.0520833 - 1.25, zr = 0, zi = 0;
                unsigned step = 0;
                for (; step < 200 + round && zr * zr + zi * zi < 4; step++) {
                    double next = zr * zr - zi * zi + cr;
                    zi = 2 * zr * zi + ci;
                    zr = next;
                }
                sum += step;
            }
        }
    }
    return sum;
}

#ifndef WITH_SSE
// Transcendental instructions. Their last bits differ between implementations, so the checksum takes six decimals.
static uint32_t trigonometry(unsigned scale) {
    double sum = 0;
    for (unsigned i = 0; i < 20000 * scale; i++) {
        double angle = (i % 6000) * 0.001, sine, cosine, arc;
        asm("fsincos" : "=t"(cosine), "=u"(sine) : "0"(angle));
        asm("fpatan" : "=t"(arc) : "0"(cosine), "u"(sine) : "st(1)");
        sum += sine * 0.5 + arc;
        sum *= 0.999;
    }
    return (uint32_t)(int32_t)(sum * 1e6 / 1000);
}
const struct workload x87_workloads[] = {
    {"x87_nbody", "x87", 0, nbody}, {"x87_mandelbrot", "x87", 0, mandelbrot}, {"x87_trigonometry", "x87", 0, trigonometry}, {0, 0, 0, 0},
};
#else
static uint32_t packed_floats(unsigned scale) {
    static float values[4096] __attribute__((aligned(16)));
    for (int i = 0; i < 4096; i++) values[i] = (float)(i % 97) * 0.5f;
    const __m128 factor = _mm_set1_ps(0.875f), term = _mm_set_ps(1, 2, 3, 4);
    for (unsigned round = 0; round < 500 * scale; round++) {
        for (int i = 0; i < 4096; i += 4) {
            __m128 value = _mm_add_ps(_mm_mul_ps(_mm_load_ps(values + i), factor), term);
            _mm_store_ps(values + i, _mm_min_ps(value, _mm_shuffle_ps(value, value, 0x4E)));
        }
    }
    uint32_t sum = 0;
    for (int i = 0; i < 4096; i += 63) sum = mix(sum, bits(values[i]));
    return sum;
}

static uint32_t packed_integers(unsigned scale) {
    static uint32_t values[4096] __attribute__((aligned(16)));
    for (uint32_t i = 0; i < 4096; i++) values[i] = i * 2654435761u;
    __m128i sum = _mm_setzero_si128();
    for (unsigned round = 0; round < 150 * scale; round++) {
        for (int i = 0; i < 4096; i += 4) {
            __m128i value = _mm_load_si128((const __m128i*)(values + i));
            sum = _mm_add_epi32(sum, _mm_madd_epi16(value, _mm_shuffle_epi32(value, 0x1B)));
            sum = _mm_xor_si128(sum, _mm_srli_epi32(_mm_unpacklo_epi8(value, sum), 3));
        }
    }
    uint32_t parts[4];
    _mm_storeu_si128((__m128i*)parts, sum);
    return mix(mix(parts[0], parts[1]), mix(parts[2], parts[3]));
}
const struct workload sse_workloads[] = {
    {"sse_nbody", "sse", 0, nbody}, {"sse_mandelbrot", "sse", 0, mandelbrot}, {"sse_packed_floats", "sse", 0, packed_floats},
    {"sse_packed_integers", "sse", 0, packed_integers}, {0, 0, 0, 0},
};
#endif
