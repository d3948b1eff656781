/* Rounding to bfloat16 and chains of pairs, a second time from src/math/README.md: in float64 and with fmaf. */
#ifndef LS_TESTS_BFLOAT16_REFERENCE_H
#define LS_TESTS_BFLOAT16_REFERENCE_H

#include <math.h>
#include <stdint.h>

/* The nearest number of 8 significant bits, the tie to the even one; +0 below 2^-54. */
static inline float reference_bfloat16(float x)
{
    const double magnitude = fabs((double)x);
    int exponent;
    if (isnan(x) || isinf(x))
        return x;
    if (magnitude < 0x1p-54)
        return 0.0f;
    frexp(magnitude, &exponent); /* magnitude / 2^exponent is in [1/2, 1) */
    const double unit = ldexp(1, exponent - 8), rounded = rint(magnitude / unit) * unit;
    return copysignf(rounded >= 0x1p128 ? INFINITY : (float)rounded, x);
}

/* A chain over n numbers of x, x_step apart, times those of y: pairs ascending, the odd member first; behind an odd
 * number one 0 more. */
static inline float reference_pairs(int64_t n, const float *x, int64_t x_step, const float *y, int64_t y_step)
{
    float chain = 0.0f;
    for (int64_t k = 0; k < n; k += 2) {
        const float x1 = k + 1 < n ? reference_bfloat16(x[(k + 1) * x_step]) : 0.0f;
        const float y1 = k + 1 < n ? reference_bfloat16(y[(k + 1) * y_step]) : 0.0f;
        chain = fmaf(x1, y1, chain);
        chain = fmaf(reference_bfloat16(x[k * x_step]), reference_bfloat16(y[k * y_step]), chain);
    }
    return chain;
}

#endif
