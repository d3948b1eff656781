/* Predictions as CSV text. */
#ifndef LS_TRAIN_PREDICT_CSV_H
#define LS_TRAIN_PREDICT_CSV_H

#include "base/text.h"
#include "data/class_names.h"

#include <stdint.h>

typedef struct ls_predict_csv {
    int fd;               /* of the file being written; not owned */
    const char *path;     /* for messages */
    ls_class_names names; /* the caller's */
    bool classes;
    bool numbered;  /* rows have numbers, since some are left out */
    int64_t length; /* bytes written */
    ls_text text;
} ls_predict_csv;

/* Local. The header: "class,probability_no,probability_yes", or "prediction_price"; with numbers "row" in front; names
 * that are not known are numbers from 0, and a single value is called "prediction". */
ls_status ls_predict_csv_begin(ls_predict_csv *csv);
/* Local. Lines for rows of prediction (rows, outputs), labels of their classes (rows) or NULL, and their numbers (rows)
 * or NULL: the shortest decimals that read back as the same float32. */
ls_status ls_predict_csv_rows(ls_predict_csv *csv, int64_t rows, const float *prediction, const int64_t *label,
                              const int64_t *row);
void ls_predict_csv_free(ls_predict_csv *csv);

#endif
