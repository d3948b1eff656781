/* Class labels: which there are, and how they become class numbers. */
#ifndef LS_DATA_CLASSES_H
#define LS_DATA_CLASSES_H

#include "base/text.h"
#include "context/context.h"
#include "data/dataset.h"
#include "model/network.h"
#include "source/tally.h"

/* The labels of some rows, numbered as the part's, and the first value that is none: not whole, or from 2^53 on, where
 * float64 does not tell whole numbers apart. Start from {.tally = {.limit = N},
 * .odd_row = -1}; ls_tally_free frees it. */
typedef struct ls_labels {
    ls_tally tally;
    int64_t odd_row; /* -1: none */
    double odd;
    bool all_columns; /* count all columns of the targets, not the first */
} ls_labels;

/* Local. Counts the first column, or all, of the targets of rows [first, first + count), through a small buffer. */
ls_status ls_labels_count(const ls_dataset *dataset, int64_t first, int64_t count, ls_labels *labels);

/* Collective. The same of all rows, each rank counting its blocks: what all ranks then have, ascending, is the same on
 * every split, unless there are more than the limit (tally.beyond). */
ls_status ls_labels_find(ls_context *context, const ls_dataset *dataset, ls_labels *labels);

/* Appends "-1, 1"; of many the first few and the last. */
void ls_labels_list(const ls_labels *labels, ls_text *text);

/* Collective. Several sigmoid outputs: their targets are mapped when they hold two whole numbers other than 0 and 1,
 * such as -1 and +1. Where the loss takes classes and one label a row, finds the labels of the training rows. When they
 * are not class numbers of the last layer already, they are mapped in ascending order: network->classes. LS_ERR_DATA
 * when there are more or fewer than the layer has, naming them and what would fit. Classes of the layer that no
 * training row has are warned of, and so is either where options leave out the last rows, which may be sorted by class.
 */
ls_status ls_classes_fit(ls_context *context, const ls_options *options, const ls_dataset *train, ls_network *network);

/* Appends "-1, 1"; of many the first few. */
void ls_classes_list(const int64_t *classes, int64_t count, ls_text *text);

#endif
