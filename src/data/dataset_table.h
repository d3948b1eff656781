/* Datasets that are tables: CSV files read through the encoding that a model was trained with. */
#ifndef LS_DATA_DATASET_TABLE_H
#define LS_DATA_DATASET_TABLE_H

#include "context/context.h"
#include "data/dataset.h"

/* Collective. The rows of the CSV file options->data by `encoding` (JSON, as a model carries it; NULL: the model has
 * none, which is LS_ERR_DATA), targets where the file has them. With `predicted` rows without
 * targets are not left out. Options that are for HDF5 files are LS_ERR_USAGE. */
ls_status ls_dataset_table_open(ls_context *context, const ls_options *options, const char *encoding, bool predicted,
                                ls_dataset **dataset);

/* Local. Has the table take a model's offsets (features; NULL: none) while its numbers are float64 still. */
void ls_dataset_table_take(ls_dataset *dataset, const double *offset);

#endif
