/* Values rounded to bfloat16, in AVX-512 registers; see simd_pairs_portable.h for what each function means. */
#ifndef LS_MATH_SIMD_PAIRS_AVX512_H
#define LS_MATH_SIMD_PAIRS_AVX512_H

#include "math/bfloat16.h"
#include "math/simd_transpose_x86.h"

#include <immintrin.h>

/* The first row is the lower half. */
typedef __m512i simd_halves;

#ifdef __AVX512BF16__
/* VCVTNE2PS2BF16 rounds so whatever the processor's modes are, but it takes only denormals for 0, and keeps a NaN's
 * bits. */
LS_INLINE __m512 simd_number(__m512 x)
{
    /* by class of a value, four bits each: 0 takes the other operand, 1 the value; NaNs are the lowest two */
    const __m512i choice = _mm512_set1_epi32(0x11111100), bits = _mm512_castps_si512(x);
    const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(0x7FC00000));
    const __mmask16 large = _mm512_cmpge_epu32_mask(_mm512_add_epi32(bits, bits), _mm512_set1_epi32(0x49000000));
    return _mm512_maskz_fixupimm_ps(large, nan, x, choice, 0);
}

LS_INLINE simd_halves simd_round(__m512 first, __m512 second)
{
    return (__m512i)_mm512_cvtne2ps_pbh(simd_number(second), simd_number(first));
}
#else /* for tests on other processors */
LS_INLINE __m256i simd_round_row(__m512 x)
{
    float row[16];
    uint16_t half[16];
    _mm512_storeu_ps(row, x);
    for (int l = 0; l < 16; l++)
        half[l] = (uint16_t)(ls_bfloat16_bits(row[l]) >> 16);
    return _mm256_loadu_si256((const __m256i *)half);
}

LS_INLINE simd_halves simd_round(__m512 first, __m512 second)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(simd_round_row(first)), simd_round_row(second), 1);
}
#endif

LS_INLINE simd_halves simd_halves_of(const float *first, const float *second, uint32_t lanes)
{
    return simd_round(_mm512_maskz_loadu_ps((__mmask16)lanes, first),
                      second ? _mm512_maskz_loadu_ps((__mmask16)lanes, second) : _mm512_setzero_ps());
}

LS_INLINE void simd_halves_store(float *rows, simd_halves halves)
{
    _mm512_storeu_si512(rows, halves);
}

LS_INLINE void simd_halves_store_first(float *row, simd_halves halves)
{
    _mm256_storeu_si256((__m256i *)row, _mm512_castsi512_si256(halves));
}

LS_INLINE void simd_halves_store_pairs(float *pairs, simd_halves halves)
{
    const __m512i zip = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    _mm512_storeu_si512(pairs, _mm512_permutexvar_epi16(zip, halves));
}

LS_INLINE void simd_transpose_half(const float *const row[16], float *out)
{
    simd_transpose8(row, 0, out);
    simd_transpose8(row + 8, 0, out + 8);
}

#endif
