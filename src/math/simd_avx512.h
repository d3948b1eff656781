/* Sixteen float lanes as one AVX-512 register, and thirty-two (two panels side by side) as two; see
 * simd_portable.h for what each function means. */
#ifndef LS_MATH_SIMD_AVX512_H
#define LS_MATH_SIMD_AVX512_H

#include "math/scalar.h"
#include "math/simd_transpose_x86.h"

#include <immintrin.h>

typedef __m512 v16;
typedef struct v32 {
    __m512 first, second;
} v32;

/* v16: 16 accumulators and a vector, the broadcast being part of the instruction. v32: 24 accumulators, 2
 * vectors and a broadcast, with fewer loads for each fma. Both fit 32 registers. */
#define LS_V16_ROWS     16
#define LS_V16_EACH(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define LS_V32_TWINS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define LS_V32_QUADS(X) X(0) X(1) X(2) X(3)
#define LS_V32_ROWS     12
#define LS_V32_EACH(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)

LS_INLINE v16 v16_zero(void)
{
    return _mm512_setzero_ps();
}

LS_INLINE v16 v16_load(const float *p, int64_t stride)
{
    (void)stride;
    return _mm512_loadu_ps(p);
}

LS_INLINE void v16_store(float *p, int64_t stride, v16 v)
{
    (void)stride;
    _mm512_storeu_ps(p, v);
}

LS_INLINE v16 v16_fma(v16 v, const float *b, v16 a)
{
    return _mm512_fmadd_ps(v, _mm512_set1_ps(*b), a);
}

#ifdef __AVX512BF16__
LS_INLINE v16 simd_dot(v16 a, v16 v, v16 b)
{
    return _mm512_dpbf16_ps(a, (__m512bh)v, (__m512bh)b);
}
#else /* its formula, for tests on other processors */
LS_INLINE v16 simd_dot(v16 a, v16 v, v16 b)
{
    const __m512i upper = _mm512_set1_epi32((int)0xFFFF0000u), x = _mm512_castps_si512(v), y = _mm512_castps_si512(b);
    a = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_and_si512(x, upper)),
                        _mm512_castsi512_ps(_mm512_and_si512(y, upper)), a);
    return _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_slli_epi32(x, 16)), _mm512_castsi512_ps(_mm512_slli_epi32(y, 16)),
                           a);
}
#endif

LS_INLINE v16 v16_dot(v16 v, const float *b, v16 a)
{
    return simd_dot(a, v, _mm512_set1_ps(*b));
}

LS_INLINE v16 v16_add(v16 a, v16 b)
{
    return _mm512_add_ps(a, b);
}

LS_INLINE v16 v16_bias(v16 a, const float *b)
{
    return _mm512_add_ps(a, _mm512_set1_ps(*b));
}

LS_INLINE v16 v16_relu(v16 a)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_NLE_UQ), a);
}

LS_INLINE v16 v16_where_positive(v16 a, v16 b)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), b);
}

LS_INLINE v32 v32_zero(void)
{
    return (v32){_mm512_setzero_ps(), _mm512_setzero_ps()};
}

LS_INLINE v32 v32_load(const float *p, int64_t stride)
{
    return (v32){_mm512_loadu_ps(p), _mm512_loadu_ps(p + stride)};
}

LS_INLINE void v32_store(float *p, int64_t stride, v32 v)
{
    _mm512_storeu_ps(p, v.first);
    _mm512_storeu_ps(p + stride, v.second);
}

LS_INLINE v32 v32_fma(v32 v, const float *b, v32 a)
{
    const __m512 factor = _mm512_set1_ps(*b);
    return (v32){_mm512_fmadd_ps(v.first, factor, a.first), _mm512_fmadd_ps(v.second, factor, a.second)};
}

LS_INLINE v32 v32_dot(v32 v, const float *b, v32 a)
{
    const __m512 factor = _mm512_set1_ps(*b);
    return (v32){simd_dot(a.first, v.first, factor), simd_dot(a.second, v.second, factor)};
}

LS_INLINE v32 v32_add(v32 a, v32 b)
{
    return (v32){_mm512_add_ps(a.first, b.first), _mm512_add_ps(a.second, b.second)};
}

LS_INLINE v32 v32_bias(v32 a, const float *b)
{
    const __m512 term = _mm512_set1_ps(*b);
    return (v32){_mm512_add_ps(a.first, term), _mm512_add_ps(a.second, term)};
}

LS_INLINE v32 v32_relu(v32 a)
{
    return (v32){v16_relu(a.first), v16_relu(a.second)};
}

LS_INLINE v32 v32_where_positive(v32 a, v32 b)
{
    return (v32){v16_where_positive(a.first, b.first), v16_where_positive(a.second, b.second)};
}

#endif
