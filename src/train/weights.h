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

/* Collective. Gives this rank's training rows the weights of options->class_weights: "LABEL=WEIGHT, ..." with 1 for the
 * others, or "balanced". `total`: rows of all ranks. Nothing without that option. */
ls_status ls_class_weights_apply(ls_context *context, const ls_options *options, const ls_network *network,
                                 int64_t total, ls_rows *rows);

#endif
