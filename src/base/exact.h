/* Sums of floats, and of their squares, that do not depend on the order: whole numbers by exponent, which are added
 * over threads and ranks like any counts. */
#ifndef LS_BASE_EXACT_H
#define LS_BASE_EXACT_H

#include <stdint.h>
#include <string.h>

enum { LS_EXACT_BINS = 256 };

/* Mantissa (24 bits) and exponent: value = mantissa * 2^(exponent - 150). */
static inline int64_t ls_exact_mantissa(uint32_t bits, int *exponent)
{
    const uint32_t e = bits >> 23 & 0xff, m = bits & 0x7fffff;
    *exponent = e ? (int)e : 1;
    return (int64_t)(e ? m | 0x800000 : m);
}

/* Adds a finite value to bins (LS_EXACT_BINS): exact for up to 2^39 of them. */
static inline void ls_exact_add(int64_t *bins, float value)
{
    uint32_t bits;
    int exponent;
    memcpy(&bits, &value, sizeof bits);
    const int64_t mantissa = ls_exact_mantissa(bits, &exponent);
    bins[exponent] += bits >> 31 ? -mantissa : mantissa;
}

/* Adds its square, less what lies below 2^-30 of it: for up to 2^31 values. */
static inline void ls_exact_add_square(int64_t *bins, float value)
{
    uint32_t bits;
    int exponent;
    memcpy(&bits, &value, sizeof bits);
    const int64_t mantissa = ls_exact_mantissa(bits, &exponent);
    bins[exponent] += mantissa * mantissa >> 16;
}

/* What the bins add up to, rounded a few times on the way, always in the same order. */
double ls_exact_sum(const int64_t *bins);
double ls_exact_squares(const int64_t *bins);

#endif
