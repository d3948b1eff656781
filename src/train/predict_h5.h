/* Predictions as an HDF5 file. */
#ifndef LS_TRAIN_PREDICT_H5_H
#define LS_TRAIN_PREDICT_H5_H

#include "data/identities.h"
#include "hdf5/h5.h"
#include "train/predict_names.h"

typedef struct ls_predict_h5 {
    ls_h5_file *file;
    const ls_predict_names *names; /* the caller's */
    ls_identities *identities;     /* the caller's; read for the rows that are written */
    int64_t *number;               /* (capacity) */
    int32_t *class_;               /* (capacity) */
    int64_t capacity;
} ls_predict_h5;

/* Local. Makes the file `path` with /prediction (rows, outputs) and its column_names, /row, /id or /id_NAME, /class and
 * /class_names. */
ls_status ls_predict_h5_begin(ls_predict_h5 *h5, const char *path, int64_t rows);
/* Local. The same rows as ls_predict_csv_rows; `first` is the first of them. */
ls_status ls_predict_h5_rows(ls_predict_h5 *h5, int64_t first, int64_t rows, const float *prediction,
                             const int64_t *row, const int64_t *label);
/* Local. Writes what was put together. */
ls_status ls_predict_h5_finish(ls_predict_h5 *h5);
void ls_predict_h5_free(ls_predict_h5 *h5);

#endif
