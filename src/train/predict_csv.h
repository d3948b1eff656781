/* Predictions as text: CSV, or with tabs between the fields. */
#ifndef LS_TRAIN_PREDICT_CSV_H
#define LS_TRAIN_PREDICT_CSV_H

#include "base/text.h"
#include "data/identities.h"
#include "files/textout.h"
#include "train/predict_names.h"

#include <stdint.h>

typedef struct ls_predict_csv {
    ls_textout out;
    char delimiter;
    const ls_predict_names *names; /* the caller's */
    ls_identities *identities;     /* the caller's; read for the rows that are written */
    ls_text text;
} ls_predict_csv;

/* Local. The header: "row,ticket,class,probability_no,probability_yes", or "row,price". */
ls_status ls_predict_csv_begin(ls_predict_csv *csv);
/* Local. Lines for rows of prediction (rows, outputs), their numbers (rows), and labels of their classes (rows) or
 * NULL: the shortest decimals that read back as the same float32. */
ls_status ls_predict_csv_rows(ls_predict_csv *csv, int64_t rows, const float *prediction, const int64_t *row,
                              const int64_t *label);
void ls_predict_csv_free(ls_predict_csv *csv);

#endif
