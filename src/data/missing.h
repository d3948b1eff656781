/* Missing values: what is nan or infinite in features and targets, and what is done about it. */
#ifndef LS_DATA_MISSING_H
#define LS_DATA_MISSING_H

#include "context/context.h"
#include "data/datafiles.h"
#include "data/dataset.h"
#include "model/network.h"

/* Collective. Leaves rows with missing features, or with `targets` missing targets, out of a part, and says so;
 * *dropped: how many. The source, which had all rows of its datasets, owns its selection afterwards. LS_ERR_DATA when
 * nothing is left. */
ls_status ls_missing_drop(ls_context *context, ls_datafiles *files, const char *part, bool targets, ls_source *source,
                          int64_t *dropped);

/* Collective. Fits what stands for missing values to the training rows, as options->missing says, into network->fill:
 * the mean of a column's finite values, or 0, both of the values less the
 * column's offset, which is fitted before. Nothing for the other policies. */
ls_status ls_missing_fit(ls_context *context, const ls_options *options, const ls_dataset *train, ls_network *network);

/* Collective. `status` is how the reading of this dataset's rows went, agreed on. Where missing values are the reason
 * for a failure, the message becomes one that is the same for every split: the first of them, and how many there are.
 * With a network whose fill is set, features cannot be the reason. Returns `status`. */
ls_status ls_missing_explain(ls_context *context, const ls_dataset *dataset, const ls_network *network,
                             ls_status status);
/* Collective. The same where features alone were read. */
ls_status ls_missing_explain_features(ls_context *context, const ls_dataset *dataset, const ls_network *network,
                                      ls_status status);

#endif
