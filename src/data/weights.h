/* Weights of rows: from a dataset, or by class. A row's loss and gradient are scaled by its weight, and the sums are
 * divided by the number of rows, as Keras does by default (sum_over_batch_size); metrics are not weighted. */
#ifndef LS_DATA_WEIGHTS_H
#define LS_DATA_WEIGHTS_H

#include "context/context.h"
#include "data/datafiles.h"
#include "data/dataset.h"
#include "data/rows.h"

/* Local. Describes what `option` names as weights of the rows of `part`, into a source whose targets they are, and
 * which holds its layout; path empty: none. */
ls_status ls_weights_describe(const ls_datanames *names, const char *option, const char *path, const ls_source *part,
                              ls_source *weight);

/* Local. Reads weights of part rows [first, first + count): finite and not negative. */
ls_status ls_weights_read(const ls_source *weight, ls_h5_file *file, int64_t first, int64_t count, float *values);

/* Collective. LS_ERR_DATA where the dataset has weights and none of them is above 0: its rows, which are `used`
 * ("trained on"), would come to a loss of 0. Each rank looks at its blocks of rows, up to the first weight that is. */
ls_status ls_weights_check(ls_context *context, const ls_dataset *dataset, const char *used);

/* Local. Warns of weights and groups that a converted table (its encoding, JSON or NULL) keeps beside the features, and
 * that options say nothing of: rows weigh the same then, and groups are torn apart by a random choice of validation
 * rows. */
ls_status ls_weights_unused(const ls_context *context, const ls_options *options, const char *encoding);

#endif
