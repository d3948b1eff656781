/* Stored numbers as numbers in memory, with the results of libhdf5's own conversions, without libhdf5: for threads that
 * unpack chunks. */
#ifndef LS_HDF5_RECAST_H
#define LS_HDF5_RECAST_H

#include "hdf5/element.h"
#include "hdf5/number.h"

#include <stdbool.h>
#include <stdint.h>

/* How values are stored. */
typedef struct ls_recast_from {
    ls_element element;
    bool swapped; /* in the byte order that this machine has not */
} ls_recast_from;

/* Whether there is such a conversion here: every type to float32, float64 and itself, integers to those integers that
 * hold all their values, and uint64 to int64, where too large becomes
 * the largest. */
bool ls_recast_can(ls_element from, ls_h5_number to);

/* `count` elements, `from_step` and `to_step` elements apart. Both are aligned as their types want it; the floating-
 * point mode is the contract's. */
void ls_recast(ls_recast_from from, int64_t count, const void *values, int64_t from_step, ls_h5_number to, void *out,
               int64_t to_step);

/* Where a box of elements lies on both sides: an index more along axis i is so many elements more. */
typedef struct ls_recast_box {
    int rank; /* at most LS_RECAST_RANK; 0: one element */
#define LS_RECAST_RANK 8
    int64_t extent[LS_RECAST_RANK];
    int64_t from_step[LS_RECAST_RANK];
    int64_t to_step[LS_RECAST_RANK];
} ls_recast_box;

/* All elements of a box, in the longest runs there are. */
void ls_recast_boxed(ls_recast_from from, const ls_recast_box *box, const void *values, ls_h5_number to, void *out);

#endif
