/* bfloat16: the upper half of a float32. What the products of --precision bfloat16 take is rounded here, by integer
 * arithmetic alone, so that no mode of the processor matters. */
#ifndef LS_MATH_BFLOAT16_H
#define LS_MATH_BFLOAT16_H

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

#endif
