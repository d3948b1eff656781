/* Column statistics of a dataset over all ranks: the same bits for every split. */
#ifndef LS_TRAIN_STATISTICS_H
#define LS_TRAIN_STATISTICS_H

#include "model/network.h"
#include "train/context.h"
#include "train/dataset.h"

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

/* Collective. Of the features with the network's fill for missing values, or (targets true) of the targets as numbers.
 */
ls_status ls_statistics_find(ls_context *context, const ls_dataset *dataset, const ls_network *network, bool targets,
                             ls_statistics *statistics);
void ls_statistics_free(ls_statistics *statistics);

#endif
