/* Datasets: one or more sources of rows, one behind the other. */
#ifndef LS_DATA_DATASET_H
#define LS_DATA_DATASET_H

#include "base/status.h"
#include "formats/table.h"
#include "source/source.h"

#include <lockstep.h>

#define LS_DATASET_PARTS 3

/* What a dataset over a CSV file holds open (dataset_table.h). */
typedef struct ls_dataset_table {
    ls_encoding encoding;
    ls_table *table;
    ls_table
        *beside; /* the same once more on rank 0, for identifiers, which are read behind the features; NULL: none */
} ls_dataset_table;

/* Holds the selections and layouts of its sources and weights (ls_source_hold). */
struct ls_dataset {
    int count; /* sources: 1, or up to 3 for `--part all` */
    ls_source source[LS_DATASET_PARTS];
    ls_source weight[LS_DATASET_PARTS]; /* targets are the weights of the source's rows; rows 0: none */
    int64_t rows;                       /* of all sources */
    char prepared[512];                 /* how rows were chosen, for people; empty: all, or a range of them */
    char *encoding;                     /* of the columns, as JSON; NULL when they have no names; owned */
    char *conflict;             /* why its targets are not those of the model it was opened for, or NULL; owned */
    ls_dataset_table *table;    /* NULL for HDF5 files and arrays; owned */
    struct ls_holding *holding; /* features that were read already; NULL where none ever are; owned */
    struct ls_datafiles *files; /* open ones, shared with the datasets opened with this one; NULL for others */
};

/* Collective. As ls_datasets_open and ls_dataset_open, for a model (rank 0's): columns are put in the order of its
 * columns by their names, and those it does not have are passed over; or it is LS_ERR_DATA, but for the targets of rows
 * that may only be predicted: see `conflict`. NULL: for none. */
struct ls_names_reference;
ls_status ls_datasets_open_for(ls_context *context, const ls_options *options,
                               const struct ls_names_reference *reference, ls_datasets *datasets);
/* `predicted`: its targets do not count, and rows without them are not left out. */
ls_status ls_dataset_open_for(ls_context *context, const ls_options *options,
                              const struct ls_names_reference *reference, bool predicted, ls_dataset **dataset);

/* Collective. As ls_datasets_open, but any part may be without targets, and the training part may be missing. */
ls_status ls_datasets_look(ls_context *context, const ls_options *options, ls_datasets *datasets);

/* Local. Adds the files that its rows come from, as far as this rank knows them: rank 0 knows all. */
ls_status ls_dataset_inputs(const ls_dataset *dataset, ls_inputs *inputs);

/* The source all sources agree with in features and targets. */
static inline const ls_source *ls_dataset_source(const ls_dataset *dataset)
{
    return &dataset->source[0];
}

/* The weights of source `place`; NULL: none. */
static inline const ls_source *ls_dataset_weight(const ls_dataset *dataset, int place)
{
    return dataset->weight[place].rows > 0 ? &dataset->weight[place] : NULL;
}

/* Row of its source's datasets that row `row` of all sources is. */
static inline int64_t ls_dataset_row(const ls_dataset *dataset, int64_t row)
{
    const ls_source *source = dataset->source;
    for (; row >= source->rows; source++)
        row -= source->rows;
    return ls_source_row(source, row);
}

/* Local. Where the targets of row `row` of all sources come from, for messages: ls_source_place of its source. */
const char *ls_dataset_target_place(const ls_dataset *dataset, int64_t row, char *buffer, int capacity);

#endif
