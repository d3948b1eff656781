/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11): a counter in, four
 * random words out, no state. So any rank and thread draws the number of any row and unit without the others. */
#ifndef LS_BASE_PHILOX_H
#define LS_BASE_PHILOX_H

#include <stdint.h>

/* The second key word: what the numbers are for. Part of the contract: never renumber. */
enum ls_purpose {
    LS_PURPOSE_INITIALIZER = 1, /* initial weights: unit = output, row = input                          */
    LS_PURPOSE_DROPOUT = 2,     /* unit = unit, row = row of the dataset, epoch                         */
    LS_PURPOSE_WINDOWS = 3,     /* order of a shard's windows: row = first row of the shard, epoch      */
    LS_PURPOSE_ROWS = 4,        /* order of rows in a window: row = first row of the window, epoch      */
    LS_PURPOSE_DATA = 5,        /* generated example data                                               */
    LS_PURPOSE_VALIDATION = 6,  /* which rows validate: row of the dataset; layer 1: a group by its bits */
    LS_PURPOSE_NOISE = 7,       /* gaussian noise: unit = unit, row = row of the dataset, epoch         */
    LS_PURPOSE_TEST_SPLIT = 16  /* rows that convert gives to the test part: row = row of the input     */
};

/* One block of four words for key (k0, k1) and counter c. */
static inline void ls_philox(uint32_t k0, uint32_t k1, const uint32_t c[4], uint32_t out[4])
{
    uint32_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* The contract's counter: (unit/4, layer<<16 | row>>32, row, epoch); word unit%4 of the result belongs to `unit`. */
static inline void ls_philox_unit(uint32_t seed, enum ls_purpose purpose, uint32_t unit, uint32_t layer, int64_t row,
                                  uint32_t epoch, uint32_t out[4])
{
    const uint32_t counter[4] = {unit / 4, layer << 16 | (uint32_t)((uint64_t)row >> 32), (uint32_t)row, epoch};
    ls_philox(seed, (uint32_t)purpose, counter, out);
}

/* Uniform in [0, 1): (word >> 8) * 2^-24, exact in float32. */
static inline float ls_philox_uniform(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

#endif
