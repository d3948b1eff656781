/* The shuffled order, computed and never stored. */
#include "source/shuffle.h"

#include "base/philox.h"

#define SMALLEST_BITS 6
#define GOLDEN        0x9E3779B97F4A7C15u

/* The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
 */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void ls_permutation_make(ls_permutation *permutation, uint64_t n, const uint32_t words[4])
{
    int bits = SMALLEST_BITS; /* with fewer, the rounds have too few keys to reach all orders about equally often */
    while (bits < 64 && (n - 1) >> bits != 0)
        bits++;
    permutation->n = n;
    permutation->mask = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    permutation->shift = (bits + 1) / 2;
    uint64_t a = words[0] | (uint64_t)words[1] << 32, c = words[2] | (uint64_t)words[3] << 32;
    for (unsigned i = 0; i < LS_PERMUTATION_ROUNDS; i++) {
        permutation->multiply[i] = mix(a + (2 * i + 1) * GOLDEN) | 1;
        permutation->add[i] = mix(c + (2 * i + 2) * GOLDEN);
    }
}

/* Each round is a bijection of [0, 2^bits): an odd multiplier has an inverse there, and x ^ x >> shift undoes
 * itself when applied twice, as 2 shift >= bits. Walking the cycle until it is below n again makes it one of
 * [0, n). */
uint64_t ls_permutation_at(const ls_permutation *permutation, uint64_t i)
{
    uint64_t x = i;
    if (permutation->n == 1)
        return 0; /* where the walk would end too, later */
    do {
        for (int round = 0; round < LS_PERMUTATION_ROUNDS; round++) {
            x = (x * permutation->multiply[round] + permutation->add[round]) & permutation->mask;
            x ^= x >> permutation->shift;
        }
    } while (x >= permutation->n);
    return x;
}

/* Eight values side by side. Written as vectors, since loops over 16-bit numbers compute in int. */
typedef uint16_t lanes __attribute__((vector_size(16)));
enum { LANES = sizeof(lanes) / sizeof(uint16_t) };

/* order[i] = ls_permutation_at(permutation, i) for all i < n <= LS_SHUFFLE_SMALL. The rounds keep no more than eight
 * bits, so sixteen do; all values go through them side by side, and the walks become look-ups without branches. */
static void tabulate(const ls_permutation *permutation, uint8_t *order)
{
    const int n = (int)permutation->n, all = (int)permutation->mask + 1;
    union {
        lanes group[LS_SHUFFLE_SMALL / LANES];
        uint16_t of[LS_SHUFFLE_SMALL];
    } image;
    for (int group = 0; group < all / LANES; group++) {
        lanes x = {0, 1, 2, 3, 4, 5, 6, 7};
        x += (uint16_t)(group * LANES);
        for (int round = 0; round < LS_PERMUTATION_ROUNDS; round++) {
            x = (x * (uint16_t)permutation->multiply[round] + (uint16_t)permutation->add[round]) &
                (uint16_t)permutation->mask;
            x ^= x >> (uint16_t)permutation->shift;
        }
        image.group[group] = x;
    }
    /* Each cycle once: what is left in order[last] is the first value below n behind it. */
    bool done[LS_SHUFFLE_SMALL] = {false};
    for (int i = 0; i < n; i++) {
        int x = done[i] ? -1 : i, last = i;
        while (x >= 0) {
            x = image.of[x];
            order[last] = (uint8_t)x;
            last = x < n ? x : last;
            done[last] = true;
            x = x == i ? -1 : x;
        }
    }
}

void ls_shuffle_start(ls_shuffle *shuffle, uint32_t seed, bool on, int64_t first, int64_t rows, int64_t window,
                      uint32_t epoch)
{
    if (window > rows)
        window = rows;
    if (window < 1)
        window = 1;
    *shuffle = (ls_shuffle){.seed = seed,
                            .on = on,
                            .first = first,
                            .rows = rows,
                            .window = window,
                            .windows = rows / window + (rows % window != 0),
                            .epoch = epoch,
                            .short_at = rows,
                            .slot = -1};
    if (!on || rows < 1 || shuffle->windows == 1) /* one window has one order, and none is short */
        return;
    uint32_t words[4];
    ls_philox_unit(seed, LS_PURPOSE_WINDOWS, 0, 0, first, epoch, words);
    ls_permutation_make(&shuffle->order, (uint64_t)shuffle->windows, words);
    if (rows % window == 0)
        return; /* no window is short, and no position is behind the short one */
    for (int64_t slot = 0; slot < shuffle->windows; slot++)
        if (ls_permutation_at(&shuffle->order, (uint64_t)slot) == (uint64_t)(shuffle->windows - 1)) {
            shuffle->short_at = slot * window;
            break;
        }
}

ls_shuffle_window ls_shuffle_window_at(const ls_shuffle *shuffle, int64_t slot)
{
    const int64_t window = shuffle->window, begin = slot * window;
    const int64_t chosen =
        shuffle->on && shuffle->windows > 1 ? (int64_t)ls_permutation_at(&shuffle->order, (uint64_t)slot) : slot;
    const int64_t first = chosen * window, left = shuffle->rows - first;
    const bool early = begin > shuffle->short_at; /* the short window was before it */
    return (ls_shuffle_window){.begin = early ? begin - window + shuffle->rows % window : begin,
                               .first = first,
                               .count = left < window ? left : window};
}

static void take_window(ls_shuffle *shuffle, int64_t slot)
{
    uint32_t words[4];
    const ls_shuffle_window taken = ls_shuffle_window_at(shuffle, slot);
    ls_philox_unit(shuffle->seed, LS_PURPOSE_ROWS, 0, 0, shuffle->first + taken.first, shuffle->epoch, words);
    ls_permutation_make(&shuffle->inside, (uint64_t)taken.count, words);
    if (taken.count <= LS_SHUFFLE_SMALL)
        tabulate(&shuffle->inside, shuffle->small);
    shuffle->slot = slot;
    shuffle->current = taken.first / shuffle->window;
}

int64_t ls_shuffle_slot(const ls_shuffle *shuffle, int64_t position)
{
    const int64_t behind = position - shuffle->short_at, shorter = shuffle->rows % shuffle->window;
    if (behind < 0)
        return position / shuffle->window;
    return shuffle->short_at / shuffle->window + (behind < shorter ? 0 : 1 + (behind - shorter) / shuffle->window);
}

int64_t ls_shuffle_at(ls_shuffle *shuffle, int64_t position)
{
    if (!shuffle->on)
        return position;
    const int64_t window = shuffle->window;
    const bool single = shuffle->windows == 1; /* by far the usual case, and then no division is needed */
    int64_t slot = single ? 0 : position / window, within = single ? position : position % window;
    if (position >= shuffle->short_at) {
        const int64_t shorter = shuffle->rows % window;
        /* the slots behind the short one begin early */
        slot = shuffle->short_at / window;
        within = position - shuffle->short_at;
        if (within >= shorter) {
            slot += 1 + (within - shorter) / window;
            within = (within - shorter) % window;
        }
    }
    if (slot != shuffle->slot)
        take_window(shuffle, slot);
    const int64_t row = shuffle->inside.n <= LS_SHUFFLE_SMALL
                            ? shuffle->small[within]
                            : (int64_t)ls_permutation_at(&shuffle->inside, (uint64_t)within);
    return shuffle->current * window + row;
}
