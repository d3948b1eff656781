/* Weights by class: rows get them as they get those of a dataset (weights.h). */
#ifndef LS_DATA_CLASS_WEIGHTS_H
#define LS_DATA_CLASS_WEIGHTS_H

#include "context/context.h"
#include "data/dataset.h"
#include "data/rows.h"

/* Local. LS_ERR_USAGE when options->class_weights cannot be used with this network or together with sample weights. */
ls_status ls_class_weights_check(const ls_options *options, const ls_network *network, const ls_dataset *train);

/* Classes that such weights are for. */
int64_t ls_class_weights_classes(const ls_network *network);
/* Local. Adds the rows of each class to counts (classes). */
void ls_class_weights_count(const ls_rows *rows, int64_t *counts);
/* Collective. The classes' weights by options->class_weights: "LABEL=WEIGHT, ..." with 1 for the others, or "balanced",
 * by how many rows of each this rank has: counts (classes). `total`: rows of all ranks. *weights (classes) is the
 * caller's; NULL without that option. */
ls_status ls_class_weights_find(ls_context *context, const ls_options *options, const ls_network *network,
                                int64_t total, const int64_t *counts, float **weights);
/* Local. Gives rows their classes' weights. */
ls_status ls_class_weights_apply(const float *weights, ls_rows *rows);

#endif
