/* The order of a shard's rows in an epoch: windows of rows permuted, then the rows inside each window, by keyed
 * permutations that are computed and never stored. */
#ifndef LS_SOURCE_SHUFFLE_H
#define LS_SOURCE_SHUFFLE_H

#include <stdbool.h>
#include <stdint.h>

#define LS_PERMUTATION_ROUNDS 6

/* A permutation of [0, n): rounds of multiply by an odd key, add, xor-shift on the bits of n, walking the cycle until
 * the value is below n again. The definition is part of the contract (src/source/README.md). */
typedef struct ls_permutation {
    uint64_t n;
    uint64_t mask;
    int shift;
    uint64_t multiply[LS_PERMUTATION_ROUNDS]; /* odd */
    uint64_t add[LS_PERMUTATION_ROUNDS];
} ls_permutation;

/* From four random words (one Philox block). n >= 1. */
void ls_permutation_make(ls_permutation *permutation, uint64_t n, const uint32_t words[4]);
uint64_t ls_permutation_at(const ls_permutation *permutation, uint64_t i);

/* Windows of up to this many rows have their order looked up in a table, made when the window begins: most of their
 * walks are long, since the permutation's domain is at least 64. */
#define LS_SHUFFLE_SMALL 256

/* One shard's order in one epoch, read position by position. */
typedef struct ls_shuffle {
    uint32_t seed;
    bool on;        /* false: file order */
    int64_t first;  /* first row of the shard in the dataset */
    int64_t rows;   /* rows of the shard */
    int64_t window; /* rows of a window; the last may be shorter */
    int64_t windows;
    uint32_t epoch;
    int64_t short_at;     /* position at which the short last window comes in this epoch */
    ls_permutation order; /* of windows */
    int64_t slot;         /* place in that order whose window is held, -1 none */
    int64_t current;      /* the window held */
    ls_permutation inside;
    uint8_t small[LS_SHUFFLE_SMALL]; /* the order inside, when the window held is small */
} ls_shuffle;

/* Sets up for one epoch (0 is the first). O(windows) once. */
void ls_shuffle_start(ls_shuffle *shuffle, uint32_t seed, bool on, int64_t first, int64_t rows, int64_t window,
                      uint32_t epoch);
/* Row of the shard (0 .. rows-1) at shuffled position p. Any order of calls works, ascending p is fast. */
int64_t ls_shuffle_at(ls_shuffle *shuffle, int64_t position);

/* For reading ahead. The slot of a position: the place of its window in the order of the epoch. In file order windows
 * come as they lie. */
int64_t ls_shuffle_slot(const ls_shuffle *shuffle, int64_t position);
/* The window at a slot: rows [first, first + count) of the shard, at positions [begin, begin + count). */
typedef struct ls_shuffle_window {
    int64_t begin, first, count;
} ls_shuffle_window;
ls_shuffle_window ls_shuffle_window_at(const ls_shuffle *shuffle, int64_t slot);

#endif
