/* Values rounded to bfloat16, sixteen bits each, in plain C: for tables that multiply pairs (LS_PAIRED; bfloat16.inc),
 * and the pattern for a new one of them.
 *
 *   simd_halves                            two rows of 16 values, each as ls_bfloat16_bits has it
 *   simd_halves_of(first, second, lanes)   those of floats; lanes that are not in the set become 0; NULL: a row of 0
 *   simd_halves_store(rows, halves)        row after row; ..._store_first: the first row only
 *   simd_halves_store_pairs(pairs, halves) value by value: the first row's is the lower half of a lane
 *   simd_transpose_half(row, out)          out[c][r] = row[r][c], 16 rows of 8 */
#ifndef LS_MATH_SIMD_PAIRS_PORTABLE_H
#define LS_MATH_SIMD_PAIRS_PORTABLE_H

#include "math/bfloat16.h"

typedef struct simd_halves {
    uint16_t row[2][16];
} simd_halves;

LS_INLINE void simd_round_row(const float *row, uint32_t lanes, uint16_t half[16])
{
    for (int l = 0; l < 16; l++)
        half[l] = (uint16_t)(row && (lanes >> l & 1u) ? ls_bfloat16_bits(row[l]) >> 16 : 0u);
}

LS_INLINE simd_halves simd_halves_of(const float *first, const float *second, uint32_t lanes)
{
    simd_halves halves;
    simd_round_row(first, lanes, halves.row[0]);
    simd_round_row(second, lanes, halves.row[1]);
    return halves;
}

LS_INLINE void simd_halves_store(float *rows, simd_halves halves)
{
    memcpy(rows, halves.row, sizeof halves.row);
}

LS_INLINE void simd_halves_store_first(float *row, simd_halves halves)
{
    memcpy(row, halves.row[0], sizeof halves.row[0]);
}

LS_INLINE void simd_halves_store_pairs(float *pairs, simd_halves halves)
{
    for (int l = 0; l < 16; l++)
        pairs[l] = ls_float_from((uint32_t)halves.row[1][l] << 16 | halves.row[0][l]);
}

LS_INLINE void simd_transpose_half(const float *const row[16], float *out)
{
    for (int r = 0; r < 16; r++)
        for (int c = 0; c < 8; c++)
            out[16 * c + r] = row[r][c];
}

#endif
