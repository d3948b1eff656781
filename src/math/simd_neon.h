/* Sixteen float lanes as four NEON registers; see simd_portable.h for what each function means. */
#ifndef LS_MATH_SIMD_NEON_H
#define LS_MATH_SIMD_NEON_H

#include "math/scalar.h"

#include <arm_neon.h>

typedef struct v16 {
    float32x4_t q0, q1, q2, q3;
} v16;

/* 24 accumulators, 4 vectors and a broadcast: 29 of 32 registers, if they are loaded one after the other (see
 * CMakeLists.txt). */
#define LS_V16_ROWS    6
#define LS_V16_EACH(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define LS_V32_ROWS    0

LS_INLINE v16 v16_zero(void)
{
    const float32x4_t zero = vdupq_n_f32(0.0f);
    return (v16){zero, zero, zero, zero};
}

LS_INLINE v16 v16_load(const float *p, int64_t stride)
{
    (void)stride;
    return (v16){vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)};
}

LS_INLINE void v16_store(float *p, int64_t stride, v16 v)
{
    (void)stride;
    vst1q_f32(p, v.q0);
    vst1q_f32(p + 4, v.q1);
    vst1q_f32(p + 8, v.q2);
    vst1q_f32(p + 12, v.q3);
}

LS_INLINE v16 v16_fma(v16 v, const float *b, v16 a)
{
    const float32x4_t factor = vld1q_dup_f32(b);
    return (v16){vfmaq_f32(a.q0, v.q0, factor), vfmaq_f32(a.q1, v.q1, factor), vfmaq_f32(a.q2, v.q2, factor),
                 vfmaq_f32(a.q3, v.q3, factor)};
}

LS_INLINE v16 v16_add(v16 a, v16 b)
{
    return (v16){vaddq_f32(a.q0, b.q0), vaddq_f32(a.q1, b.q1), vaddq_f32(a.q2, b.q2), vaddq_f32(a.q3, b.q3)};
}

LS_INLINE v16 v16_bias(v16 a, const float *b)
{
    const float32x4_t term = vld1q_dup_f32(b);
    return (v16){vaddq_f32(a.q0, term), vaddq_f32(a.q1, term), vaddq_f32(a.q2, term), vaddq_f32(a.q3, term)};
}

/* out[c][r] = row[r][c] for 4 rows and 4 columns: neighbours, then pairs change places. */
LS_INLINE void simd_transpose4(const float *const row[4], int column, float *out)
{
    const float32x4_t r0 = vld1q_f32(row[0] + column), r1 = vld1q_f32(row[1] + column);
    const float32x4_t r2 = vld1q_f32(row[2] + column), r3 = vld1q_f32(row[3] + column);
    const float64x2_t even01 = vreinterpretq_f64_f32(vtrn1q_f32(r0, r1));
    const float64x2_t odd01 = vreinterpretq_f64_f32(vtrn2q_f32(r0, r1));
    const float64x2_t even23 = vreinterpretq_f64_f32(vtrn1q_f32(r2, r3));
    const float64x2_t odd23 = vreinterpretq_f64_f32(vtrn2q_f32(r2, r3));
    vst1q_f32(out, vreinterpretq_f32_f64(vtrn1q_f64(even01, even23)));
    vst1q_f32(out + 16, vreinterpretq_f32_f64(vtrn1q_f64(odd01, odd23)));
    vst1q_f32(out + 32, vreinterpretq_f32_f64(vtrn2q_f64(even01, even23)));
    vst1q_f32(out + 48, vreinterpretq_f32_f64(vtrn2q_f64(odd01, odd23)));
}

LS_INLINE void simd_transpose(const float *const row[16], float *out)
{
    for (int r = 0; r < 16; r += 4)
        for (int c = 0; c < 16; c += 4)
            simd_transpose4(row + r, c, out + 16 * c + r);
}

#endif
