/* Weights by class: rows get them as they get those of a dataset (weights.h). */
#ifndef LS_DATA_CLASS_WEIGHTS_H
#define LS_DATA_CLASS_WEIGHTS_H

#include "context/context.h"
#include "data/class_names.h"
#include "data/dataset.h"
#include "data/rows.h"

/* Local. LS_ERR_USAGE when options->class_weights cannot be used with this network or together with sample weights. */
ls_status ls_class_weights_check(const ls_options *options, const ls_network *network, const ls_dataset *train);

/* Local. Adds the rows of each class to counts (ls_class_names_count). */
void ls_class_weights_count(const ls_rows *rows, int64_t *counts);
/* Local. Reads "CLASS=WEIGHT, ..." into weight (classes), of which those that the list leaves out stay as they are. A
 * class is its label or its name; names with commas stand in quotes, as in CSV files. LS_ERR_USAGE names what is wrong,
 * and the classes there are. *shadowed (may be NULL): the first class whose name is the label of another that was
 * given, -1: none. */
ls_status ls_class_weights_parse(const char *list, const ls_class_names *names, float *weight, int64_t *shadowed);

/* Collective. The classes' weights by options->class_weights: such a list, with 1 for the others, or "balanced", by how
 * many rows of each this rank has: counts (classes), which become those of all ranks. `total`: rows of all ranks.
 * `encoding`: JSON, or NULL, where names come from. *weights (classes) is the caller's; NULL without that option.
 * LS_ERR_USAGE also where no row would have a weight above 0. */
ls_status ls_class_weights_find(ls_context *context, const ls_options *options, const ls_network *network,
                                const char *encoding, int64_t total, int64_t *counts, float **weights);
/* Local. Gives rows their classes' weights. */
ls_status ls_class_weights_apply(const float *weights, ls_rows *rows);

#endif
