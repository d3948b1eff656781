/* Column statistics of a dataset over all ranks: the same bits for every split. */
#ifndef LS_DATA_STATISTICS_H
#define LS_DATA_STATISTICS_H

#include "context/context.h"
#include "data/dataset.h"
#include "model/network.h"

#include <stdint.h>

typedef struct ls_statistics {
    int64_t columns;
    int64_t rows;
    double *mean;   /* (columns), owned by `memory` */
    double *square; /* (columns) sum of squared differences from the mean, in a second pass */
    double *least;  /* (columns) */
    double *most;   /* (columns) */
    double *memory;
} ls_statistics;

/* Local. Columns without values yet: sums 0, the range empty. */
ls_status ls_statistics_create(int64_t columns, int64_t rows, ls_statistics *statistics);
/* Into a column's range, where -0 and +0 count as equal and give +0. */
static inline void ls_statistics_add_range(double value, double *least, double *most)
{
    value += 0.0;
    *least = value < *least ? value : *least;
    *most = value > *most ? value : *most;
}
/* Collective. Every column's range over all ranks (columns each), in the place of this rank's. */
ls_status ls_statistics_join_ranges(ls_context *context, int64_t columns, double *least, double *most);

/* Collective. Of the features with the network's fill for missing values, or (targets true) of the targets as numbers.
 */
ls_status ls_statistics_find(ls_context *context, const ls_dataset *dataset, const ls_network *network, bool targets,
                             ls_statistics *statistics);
void ls_statistics_free(ls_statistics *statistics);

#endif
