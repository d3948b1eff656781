/* Random numbers for tests, the same ones in every run, with awkward values among them; and comparison bit by bit. */
#ifndef LS_TESTS_OPERANDS_H
#define LS_TESTS_OPERANDS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static uint64_t random_state = 1;

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t random_word(void)
{
    uint64_t z = random_state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static inline int64_t random_below(int64_t n)
{
    return (int64_t)(random_word() % (uint64_t)n);
}

/* Uniform in [-range, range). */
static inline float random_float(float range)
{
    return range * ((float)(random_word() >> 40) * 0x1p-23f - 1.0f);
}

/* Mostly in [-2, 2), else a zero of either sign or a denormal. */
static inline float random_operand(void)
{
    switch (random_word() % 16) {
    case 0:
        return 0.0f;
    case 1:
        return -0.0f;
    case 2:
        return random_float(0x1p-130f);
    default:
        return random_float(2.0f);
    }
}

/* All bits the same; NaNs are equal to each other, their payload is not part of the contract. */
static inline bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static inline bool same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

#endif
