/* Vectors of symbols for tests of the reduction's order: "adding" mixes two bit patterns by a function that is neither
 * commutative nor associative, so any other order, grouping or side gives another symbol. */
#ifndef LS_TESTS_SYMBOLS_H
#define LS_TESTS_SYMBOLS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS_WIDTH = 3 }; /* columns of a shard's numbers */

static inline uint32_t scramble(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static inline uint32_t mix(uint32_t left, uint32_t right)
{
    return scramble(left * 0x9e3779b1u + scramble(right + 0x85ebca6bu));
}

static inline uint32_t leaf_symbol(int64_t shard, int64_t element)
{
    return scramble((uint32_t)shard * 0x01000193u ^ scramble((uint32_t)element));
}

/* Summands of very different size, so that rounding depends on the grouping. */
static inline double leaf_number(int64_t shard, int64_t column)
{
    uint32_t x = scramble((uint32_t)(shard * SYMBOLS_WIDTH + column) + 77u);
    double value = 1.0 + (double)x / 4294967296.0;
    for (uint32_t i = 0; i < x % 50; i++)
        value *= 2;
    return value;
}

static inline void add_symbols(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    (void)user;
    for (int64_t i = 0; i < n; i++) {
        uint32_t left, right, mixed;
        memcpy(&left, a + i, 4);
        memcpy(&right, b + i, 4);
        mixed = mix(left, right);
        memcpy(sum + i, &mixed, 4);
    }
}

/* The oracle: the tree's definition, by recursion. */

static inline int64_t left_size(int64_t count)
{
    int64_t size = 1;
    while (size * 2 < count)
        size *= 2;
    return size;
}

static inline void tree_symbols(int64_t first, int64_t count, int64_t n, uint32_t *out)
{
    if (count == 1) {
        for (int64_t i = 0; i < n; i++)
            out[i] = leaf_symbol(first, i);
        return;
    }
    int64_t left = left_size(count);
    uint32_t *right = malloc((size_t)n * sizeof *right + 1);
    tree_symbols(first, left, n, out);
    tree_symbols(first + left, count - left, n, right);
    for (int64_t i = 0; i < n; i++)
        out[i] = mix(out[i], right[i]);
    free(right);
}

static inline double tree_number(int64_t first, int64_t count, int64_t column)
{
    if (count == 1)
        return leaf_number(first, column);
    int64_t left = left_size(count);
    return tree_number(first, left, column) + tree_number(first + left, count - left, column);
}

#endif
