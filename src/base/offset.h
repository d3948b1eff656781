/* Offsets: what is taken from a column of float64 numbers before they are rounded to float32, where too little of their
 * differences would be left: times, dates, positions far from their origin. */
#ifndef LS_BASE_OFFSET_H
#define LS_BASE_OFFSET_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Sums of a column's finite values, taken from a place near them so that their squares keep their digits. */
typedef struct ls_offset_sums {
    double shift;  /* that place */
    double count;  /* values */
    double sum;    /* of value - shift */
    double square; /* of (value - shift)^2 */
    double least, most;
} ls_offset_sums;

/* Without values yet. */
static inline ls_offset_sums ls_offset_start(double shift)
{
    return (ls_offset_sums){.shift = shift, .least = INFINITY, .most = -INFINITY};
}

/* The offset of a column; 0: it has none. There is one where rounding the largest value to float32 (by up to
 * largest 2^-24) may move it by more than 2^-10 of the column's deviation: the mean, rounded to a multiple of float32's
 * step at the largest value, or of the greatest power of two that the deviation reaches where that is less. So float64
 * holds it exactly, it is a short number, and it is no further than half a deviation from the mean. A column whose
 * values differ by rounding only has none. */
double ls_offset_of(const ls_offset_sums *sums);

/* Whether the values differ by no more than rounding leaves of computing one number in different ways: their deviation
 * is not above 2^-44 of the largest, 256 to 512 of float64's steps there (float32's are 2^-24, so no two of its values
 * are this near). Such a column counts as constant. */
bool ls_offset_is_rounding(const ls_offset_sums *sums);

/* Whether a column cannot have an offset, whatever the other values of its `rows` are, when `sums` are those of some of
 * them. */
bool ls_offset_is_excluded(const ls_offset_sums *sums, int64_t rows);

/* Whether the shift was too far from the values: their squares then say too little of the deviation, and are to be
 * summed again from their mean. */
bool ls_offset_is_far(const ls_offset_sums *sums);

/* Onto the sums; the value is finite. */
static inline void ls_offset_add(ls_offset_sums *sums, double value)
{
    const double difference = value - sums->shift;
    sums->count += 1;
    sums->sum += difference;
    sums->square += difference * difference;
    sums->least = value < sums->least ? value : sums->least;
    sums->most = value > sums->most ? value : sums->most;
}

/* Neighbouring values of a column that differ, and those of them that are one number as float32. */
typedef struct ls_offset_pairs {
    double last; /* start with NaN */
    int64_t differ, merged;
} ls_offset_pairs;

/* Whether so many merge that the column has hardly the values that it seems to have. */
static inline bool ls_offset_merges(const ls_offset_pairs *pairs)
{
    return pairs->merged > 1 && pairs->merged >= pairs->differ / 16;
}

static inline double ls_offset_mean(const ls_offset_sums *sums)
{
    return sums->shift + sums->sum / sums->count;
}

/* A value less its column's offset, as float32. */
static inline float ls_offset_take(double value, double offset)
{
    return (float)(value - offset);
}

static inline void ls_offset_pair(ls_offset_pairs *pairs, double value, double offset)
{
    if (value < pairs->last || value > pairs->last) {
        pairs->differ++;
        pairs->merged += ls_offset_take(value, offset) == ls_offset_take(pairs->last, offset);
    }
    pairs->last = value;
}

#endif
