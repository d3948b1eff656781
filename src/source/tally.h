/* Distinct numbers: each with how often it occurs and where it does first. For class labels and for groups of rows. */
#ifndef LS_SOURCE_TALLY_H
#define LS_SOURCE_TALLY_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_tally_entry {
    double value; /* never -0 and never nan */
    int64_t count;
    int64_t first; /* row where it was found first */
} ls_tally_entry;

/* Start from {.limit = N}. */
typedef struct ls_tally {
    int64_t limit; /* distinct values at most; more than that set `beyond` */
    bool beyond;
    bool sorted;
    int64_t count;
    ls_tally_entry *entry; /* (count) in order of appearance; ascending once sorted */
    int64_t capacity;
    int64_t *slot; /* (slots) hash table: place of the entry + 1; 0: empty */
    int64_t slots;
} ls_tally;

/* Local. `count` occurrences of a value, the first in `row`. Memory is bounded by the limit: further values are only
 * noticed. Not on a sorted tally. */
ls_status ls_tally_add(ls_tally *tally, double value, int64_t count, int64_t row);
/* Local. Sorts by value; then ls_tally_find works by bisection. */
void ls_tally_sort(ls_tally *tally);
/* Place of a value in `entry`; -1 when it is not there. */
int64_t ls_tally_find(const ls_tally *tally, double value);
void ls_tally_free(ls_tally *tally); /* back to {0} */

#endif
