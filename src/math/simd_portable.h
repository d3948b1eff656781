/* Sixteen float lanes in plain C: the vector type of the portable table, and the pattern for a new
 * instruction set.
 *
 * A simd_<isa>.h gives
 *   v16                          sixteen floats, one per lane of a panel
 *   v16_zero() v16_load(p, stride) v16_store(p, stride, v)   (stride: to the second panel, for v32 only)
 *   v16_fma(v, b, a)             v * *b + a in every lane, one rounding; *b is one float, broadcast
 *   v16_dot(v, b, a)             where LS_PAIRED: v and *b have two bfloat16 a lane; (second of v) * (second of *b) is
 *                                added to a, then first * first, each with one rounding
 *   v16_add(a, b) v16_bias(a, b) a + b; a + *b in every lane
 *   v16_relu(a)                  a <= 0 ? +0 : a (NaN stays)
 *   v16_where_positive(a, b)     a > 0 ? b : +0
 *   simd_transpose(row, out)     out[c][r] = row[r][c], 16 x 16
 *   LS_V16_ROWS                  the most rows of a micro-tile, such that every accumulator is in a register
 *   LS_V16_EACH(X)               X(0) ... X(LS_V16_ROWS - 1)
 *   LS_V32_TWINS(X)              X(0) ... X(LS_V32_ROWS / 2 - 1)
 *   LS_V32_QUADS(X)              X(0) ... X(LS_V32_ROWS / 3 - 1)
 *   LS_V32_ROWS, LS_V32_EACH(X)  the same for v32, two panels side by side, with its own v32_zero, load, store, fma,
 *                                add, bias, relu, where_positive; LS_V32_ROWS is 0 where 16 lanes already fill the
 * registers
 *   LS_UNROLL(turns)             the pragma that writes out so many turns of a tile's loop, where products.inc's will
 *                                not do */
#ifndef LS_MATH_SIMD_PORTABLE_H
#define LS_MATH_SIMD_PORTABLE_H

#include "math/scalar.h"

typedef struct v16 {
    float lane[16];
} v16;

#define LS_V16_ROWS    6
#define LS_V16_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define LS_V32_ROWS    0

/* A link is 16 or 32 calls where fmaf is one: turns written out save nothing beside them, and fall out of the cache. */
#define LS_UNROLL(turns)

LS_INLINE v16 v16_zero(void)
{
    return (v16){{0.0f}};
}

LS_INLINE v16 v16_load(const float *p, int64_t stride)
{
    (void)stride;
    v16 v;
    memcpy(v.lane, p, sizeof v.lane);
    return v;
}

LS_INLINE void v16_store(float *p, int64_t stride, v16 v)
{
    (void)stride;
    memcpy(p, v.lane, sizeof v.lane);
}

LS_INLINE v16 v16_fma(v16 v, const float *b, v16 a)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] = __builtin_fmaf(v.lane[i], *b, a.lane[i]);
    return a;
}

LS_INLINE v16 v16_dot(v16 v, const float *b, v16 a)
{
    const uint32_t pair = ls_float_bits(*b);
    const float first = ls_float_from(pair << 16), second = ls_float_from(pair & 0xFFFF0000u);
    for (int i = 0; i < 16; i++) {
        const uint32_t bits = ls_float_bits(v.lane[i]);
        a.lane[i] = __builtin_fmaf(ls_float_from(bits & 0xFFFF0000u), second, a.lane[i]);
        a.lane[i] = __builtin_fmaf(ls_float_from(bits << 16), first, a.lane[i]);
    }
    return a;
}

LS_INLINE v16 v16_add(v16 a, v16 b)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] = a.lane[i] + b.lane[i];
    return a;
}

LS_INLINE v16 v16_bias(v16 a, const float *b)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] = a.lane[i] + *b;
    return a;
}

LS_INLINE v16 v16_relu(v16 a)
{
    for (int i = 0; i < 16; i++)
        a.lane[i] = a.lane[i] <= 0.0f ? 0.0f : a.lane[i];
    return a;
}

LS_INLINE v16 v16_where_positive(v16 a, v16 b)
{
    for (int i = 0; i < 16; i++)
        b.lane[i] = a.lane[i] > 0.0f ? b.lane[i] : 0.0f;
    return b;
}

LS_INLINE void simd_transpose(const float *const row[16], float *out)
{
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 16; c++)
            out[16 * c + r] = row[r][c];
}

#endif
