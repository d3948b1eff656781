/* Sixteen float lanes as two AVX2 registers; see simd_portable.h for what each function means. */
#ifndef LS_MATH_SIMD_AVX2_H
#define LS_MATH_SIMD_AVX2_H

#include "math/scalar.h"
#include "math/simd_transpose_x86.h"

#include <immintrin.h>

typedef struct v16 {
    __m256 low, high;
} v16;

/* 12 accumulators, 2 vectors and a broadcast: 15 of 16 registers. */
#define LS_V16_ROWS    6
#define LS_V16_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define LS_V32_ROWS    0

LS_INLINE v16 v16_zero(void)
{
    return (v16){_mm256_setzero_ps(), _mm256_setzero_ps()};
}

LS_INLINE v16 v16_load(const float *p, int64_t stride)
{
    (void)stride;
    return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

LS_INLINE void v16_store(float *p, int64_t stride, v16 v)
{
    (void)stride;
    _mm256_storeu_ps(p, v.low);
    _mm256_storeu_ps(p + 8, v.high);
}

LS_INLINE v16 v16_fma(v16 v, const float *b, v16 a)
{
    const __m256 factor = _mm256_broadcast_ss(b);
    return (v16){_mm256_fmadd_ps(v.low, factor, a.low), _mm256_fmadd_ps(v.high, factor, a.high)};
}

LS_INLINE v16 v16_add(v16 a, v16 b)
{
    return (v16){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}

LS_INLINE v16 v16_bias(v16 a, const float *b)
{
    const __m256 term = _mm256_broadcast_ss(b);
    return (v16){_mm256_add_ps(a.low, term), _mm256_add_ps(a.high, term)};
}

LS_INLINE __m256 simd_relu8(__m256 a)
{
    return _mm256_andnot_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_LE_OQ), a);
}

LS_INLINE v16 v16_relu(v16 a)
{
    return (v16){simd_relu8(a.low), simd_relu8(a.high)};
}

LS_INLINE v16 v16_where_positive(v16 a, v16 b)
{
    const __m256 zero = _mm256_setzero_ps();
    return (v16){_mm256_and_ps(_mm256_cmp_ps(a.low, zero, _CMP_GT_OQ), b.low),
                 _mm256_and_ps(_mm256_cmp_ps(a.high, zero, _CMP_GT_OQ), b.high)};
}

#endif
