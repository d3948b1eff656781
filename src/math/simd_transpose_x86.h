/* 16 x 16 transpose for the x86 tables: four 8 x 8 blocks in AVX registers. */
#ifndef LS_MATH_SIMD_TRANSPOSE_X86_H
#define LS_MATH_SIMD_TRANSPOSE_X86_H

#include "math/scalar.h"

#include <immintrin.h>

/* out[16 c + r] = row[r][c] for 8 rows and 8 columns: pairs, then fours, then halves change places. */
LS_INLINE void simd_transpose8(const float *const row[8], int64_t column, float *out)
{
    __m256 a[8], b[8];
    for (int i = 0; i < 8; i++)
        a[i] = _mm256_loadu_ps(row[i] + column);
    for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
        a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xEE);
        a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
        a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(out + 16 * i, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
        _mm256_storeu_ps(out + 16 * (i + 4), _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
    }
}

LS_INLINE void simd_transpose(const float *const row[16], float *out)
{
    simd_transpose8(row, 0, out);
    simd_transpose8(row, 8, out + 16 * 8);
    simd_transpose8(row + 8, 0, out + 8);
    simd_transpose8(row + 8, 8, out + 16 * 8 + 8);
}

#endif
