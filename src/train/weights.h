/* Weights of rows: from a dataset, or by class. A row's loss and gradient are scaled by its weight, and the sums are
 * divided by the number of rows, as Keras does by default (sum_over_batch_size); metrics are not weighted. */
#ifndef LS_TRAIN_WEIGHTS_H
#define LS_TRAIN_WEIGHTS_H

#include "train/context.h"
#include "train/datafiles.h"
#include "train/dataset.h"
#include "train/rows.h"

/* Local. Describes what `option` names as weights of the rows of `part`, into a source whose targets they are, and
 * which holds its layout; path empty: none. */
ls_status ls_weights_describe(const ls_datanames *names, const char *option, const char *path, const ls_source *part,
                              ls_source *weight);

/* Local. Reads weights of part rows [first, first + count): finite and not negative. */
ls_status ls_weights_read(const ls_source *weight, ls_h5_file *file, int64_t first, int64_t count, float *values);

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
