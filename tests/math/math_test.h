/* What the tests of src/math share: the tables this CPU runs, blocks of random operands, comparison bit by bit, and
 * scalar references of exp, tanh, sigmoid and log written from src/math/README.md. */
#ifndef LS_TEST_MATH_H
#define LS_TEST_MATH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "math/kernels_tables.h"
#include "operands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* for (each table this CPU runs) */
static inline const ls_kernels *table_next(int *index)
{
    const ls_kernels *table;
    while ((table = ls_kernels_at((*index)++)))
        if (table->supported())
            return table;
    return NULL;
}
#define EACH_TABLE(table)                                                                                              \
    for (int index_ = 0, once_ = 1; once_; once_ = 0)                                                                  \
        for (const ls_kernels *table; (table = table_next(&index_));)

/* 64-byte aligned and filled with random operands; for free(). */
static inline float *random_block(int64_t count)
{
    float *block = aligned_alloc(64, ((size_t)(count > 0 ? count : 1) * sizeof *block + 63) / 64 * 64);
    assert_non_null(block);
    for (int64_t i = 0; i < count; i++)
        block[i] = random_operand();
    return block;
}

static inline float *copy_block(const float *from, int64_t count)
{
    float *block = random_block(count);
    memcpy(block, from, (size_t)count * sizeof *block);
    return block;
}

static inline void check_floats(const ls_kernels *table, const char *what, int64_t count, const float *got,
                                const float *want)
{
    for (int64_t i = 0; i < count; i++)
        if (!same_float(got[i], want[i]))
            fail_msg("%s, %s: element %lld of %lld is %a, expected %a", table->name, what, (long long)i,
                     (long long)count, (double)got[i], (double)want[i]);
}

static inline void check_doubles(const ls_kernels *table, const char *what, int64_t count, const double *got,
                                 const double *want)
{
    for (int64_t i = 0; i < count; i++)
        if (!same_double(got[i], want[i]))
            fail_msg("%s, %s: element %lld of %lld is %a, expected %a", table->name, what, (long long)i,
                     (long long)count, got[i], want[i]);
}

static inline void check_near(const ls_kernels *table, const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fmax(1.0, fabs(want))))
        fail_msg("%s, %s: %.9g, expected %.9g within %g", table->name, what, got, want, tolerance);
}

/* The references scale with ldexpf, which rounds once, as the two exact-then-rounded products of the kernels must.
 * exp(x) = 2^*n times what is returned; *r and *h: that is 1 + r + r^2 h. */
static inline float reference_exp_parts(float x, int *n, float *r, float *h)
{
    /* exact in float64: the nearest integer to x / ln(2), the tie to even */
    const float nearest = isnan(x) ? 0.0f : (float)rint((double)x * (double)0x1.715476p+0f);
    static const float coefficient[] = {0x1.6a2432p-10f, 0x1.123a3p-7f, 0x1.5558f2p-5f, 0x1.55549p-3f, 0x1.fffffcp-2f};
    *n = (int)nearest;
    *r = fmaf(nearest, 0x1.bd0106p-13f, fmaf(nearest, -0x1.63p-1f, x));
    *h = coefficient[0];
    for (int i = 1; i < 5; i++)
        *h = fmaf(*h, *r, coefficient[i]);
    return fmaf(fmaf(*h, *r, 1.0f), *r, 1.0f);
}

/* y exp(x), the power of two applied last. */
static inline float reference_exp_times(float x, float y)
{
    int n;
    float r, h;
    const float p = reference_exp_parts(x, &n, &r, &h);
    return ldexpf(y * p, n);
}

static inline float reference_exp(float x)
{
    return reference_exp_times(x < -104.0f ? -104.0f : x > 89.0f ? 89.0f : x, 1.0f);
}

static inline float reference_tanh(float x)
{
    const float a = fabsf(x);
    if (!(a < 0.55f))
        return copysignf(1.0f - 2.0f / (reference_exp(2.0f * a) + 1.0f), x);
    static const float coefficient[] = {-0x1.9b2eeap-8f, 0x1.593cb4p-6f, -0x1.b9286ep-5f, 0x1.110d26p-3f,
                                        -0x1.55554ap-2f};
    const float z = a * a;
    float p = coefficient[0];
    for (int i = 1; i < 5; i++)
        p = fmaf(p, z, coefficient[i]);
    return copysignf(fmaf(a, z * p, a), x);
}

static inline float reference_sigmoid(float x)
{
    const float e = reference_exp(-fabsf(x));
    return x < 0.0f ? e / (1.0f + e) : 1.0f / (1.0f + e);
}

/* x = 2^k (1 + f) by frexp instead of bits; the sum is fdlibm's, its polynomial one chain. */
static inline double reference_log(double x)
{
    if (isnan(x) || x < 0.0)
        return NAN;
    if (x == 0.0 || isinf(x))
        return x == 0.0 ? -INFINITY : x;
    int k;
    double m = frexp(x, &k); /* 1/2 <= m < 1 */
    if (m < 0x1.6a09e667f3bcdp-1) {
        m = 2.0 * m;
        k--;
    }
    static const double coefficient[] = {
        0x1.2f112df3e5244p-3, 0x1.39a09d078c69fp-3, 0x1.7466496cb03dep-3, 0x1.c71c51d8e78afp-3,
        0x1.2492494229359p-2, 0x1.999999997fa04p-2, 0x1.5555555555593p-1,
    };
    const double f = m - 1.0, s = f / (2.0 + f), z = s * s, half = 0.5 * f * f;
    double r = coefficient[0];
    for (int i = 1; i < 7; i++)
        r = fma(r, z, coefficient[i]);
    const double low = fma((double)k, 0x1.a39ef35793c76p-33, s * (half + r * z));
    return fma((double)k, 0x1.62e42feep-1, f - (half - low));
}

#endif
