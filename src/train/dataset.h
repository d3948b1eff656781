/* Datasets: one or more sources of rows, one behind the other. */
#ifndef LS_TRAIN_DATASET_H
#define LS_TRAIN_DATASET_H

#include "base/status.h"
#include "io/source.h"

#define LS_DATASET_PARTS 3

struct ls_dataset {
    int count; /* sources: 1, or up to 3 for `--part all` */
    ls_source source[LS_DATASET_PARTS];
    int64_t rows;               /* of all sources */
    struct ls_datafiles *files; /* open ones, shared with the datasets opened with this one; NULL for arrays */
};

/* The source all sources agree with in features and targets. */
static inline const ls_source *ls_dataset_source(const ls_dataset *dataset)
{
    return &dataset->source[0];
}

#endif
