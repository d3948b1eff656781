/* bfloat16: the upper half of a float32. What the products of --precision bfloat16 take is rounded so, by integer
 * arithmetic alone, which no mode of the processor changes. A table may use instructions of which that is true, too,
 * and which give the same bits (simd_pairs_avx512.h). */
#ifndef LS_MATH_BFLOAT16_H
#define LS_MATH_BFLOAT16_H

#include "math/kernels.h"
#include "math/scalar.h"

/* The float32 that holds x rounded to bfloat16: to nearest, ties to even; overflow gives an infinity. What is below
 * 2^-54 in magnitude becomes +0: products of the others are multiples of 2^-122, and so is every sum of them that a
 * chain can come to, so none is a denormal, which VDPBF16PS takes for 0. NaN stays one. */
LS_INLINE uint32_t ls_bfloat16_bits(float x)
{
    const uint32_t bits = ls_float_bits(x), magnitude = bits & 0x7FFFFFFFu;
    const uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) & 0xFFFF0000u;
    const uint32_t number = magnitude < 0x24800000u ? 0u : rounded;
    return magnitude > 0x7F800000u ? 0x7FC00000u : number;
}

/* ---- sizes of operands (ls_bfloat16_kernels), `values` to a lane ---- */

/* Lanes of an inner index of n values. */
static inline int64_t ls_bfloat16_inner(int values, int64_t n)
{
    return (n + 1) / 2 * 2 / values;
}

static inline int64_t ls_bfloat16_samples(int values, int64_t units)
{
    return (values == 1 ? units + 1 : ls_bfloat16_inner(values, units)) * LS_PANEL;
}

static inline int64_t ls_bfloat16_weights(int values, int64_t inputs, bool bias)
{
    return (ls_bfloat16_inner(values, inputs) + bias) * LS_PANEL;
}

#endif
