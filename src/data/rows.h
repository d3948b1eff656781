/* Rows in memory: a range of a dataset's features, in the type they are stored in, and targets; and batches of pointers
 * into it. */
#ifndef LS_DATA_ROWS_H
#define LS_DATA_ROWS_H

#include "base/hash64.h"
#include "data/dataset.h"
#include "model/network.h"
#include "model/pass.h"

typedef struct ls_rows {
    int64_t first; /* row of the dataset that row 0 here is */
    int64_t count;
    int64_t features;
    int64_t outputs;
    ls_h5_number type; /* of x: what the dataset stores, or float32 where that is larger */
    int64_t row_bytes; /* of x */
    void *x;           /* (count, features), owned */
    float *y;          /* (count, outputs), owned; NULL for labels or none */
    int32_t *label;    /* (count), owned; NULL for values or none */
    float *weight;     /* (count) of each row's loss, owned; NULL: all 1 */
} ls_rows;

/* Local. Reads rows [first, first + count) as `network` takes them: features less its offsets and with its fill for
 * missing values, and with `targets` also the targets its loss takes, checked for their range, and weights. NULL:
 * features as they are, all finite. Features stay in the type they are stored in where float32 has all its values and
 * nothing is filled in or subtracted. */
ls_status ls_rows_load(const ls_dataset *dataset, const ls_network *network, bool targets, int64_t first, int64_t count,
                       ls_rows *rows);
/* The type in which features are kept: the stored one if all sources agree and nothing is filled in or subtracted. */
ls_h5_number ls_rows_type(const ls_dataset *dataset, bool prepared);
/* The same without the features: x stays NULL. */
ls_status ls_rows_load_beside(const ls_dataset *dataset, const ls_network *network, int64_t first, int64_t count,
                              ls_rows *rows);
void ls_rows_free(ls_rows *rows); /* back to {0} */
/* Bytes that one such row takes, with targets and weights (`weighted`: even where the dataset has none). */
int64_t ls_rows_bytes_each(const ls_dataset *dataset, const ls_network *network, bool targets, bool weighted);

/* Row i's features as float32 (features): in place, or made in `buffer` (features). */
const float *ls_rows_features(const ls_rows *rows, int64_t i, float *buffer);

/* Local. A hash of the values, whatever their type, of rows begin .. begin + count - 1 here, targets and weights
 * included. */
uint64_t ls_rows_fingerprint(const ls_rows *rows, int64_t begin, int64_t count);

/* The same in parts, for rows that are not there all at once: one hash over the features of all of them, then, begun
 * with what that came to, over their targets, then over their weights. */
typedef enum ls_rows_part { LS_ROWS_FEATURES, LS_ROWS_TARGETS, LS_ROWS_WEIGHTS } ls_rows_part;
bool ls_rows_have(const ls_rows *rows, ls_rows_part part);
void ls_rows_hash(const ls_rows *rows, ls_rows_part part, int64_t begin, int64_t count, ls_hash64 *hash);

/* Local. Calls `read` for each piece of [first, first + count) that lies in one source, with its file open; `at` is the
 * piece's place in the range. */
typedef ls_status (*ls_rows_reader)(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                    int64_t at);
ls_status ls_rows_for_each_piece(const ls_dataset *dataset, int64_t first, int64_t count, ls_rows_reader read,
                                 void *user);

/* Targets as numbers, for statistics: y (count, outputs), of labels that `network` maps the class. Local. */
ls_status ls_rows_load_targets(const ls_dataset *dataset, const ls_network *network, int64_t first, int64_t count,
                               float *y);

/* The arrays a batch points to. */
typedef struct ls_batch_arrays {
    int64_t capacity;
    int64_t *row;
    const void **x;
    const float **y;
    int32_t *label;
    float *weight;
} ls_batch_arrays;

/* Local. */
ls_status ls_batch_arrays_create(int64_t capacity, ls_batch_arrays *arrays);
void ls_batch_arrays_free(ls_batch_arrays *arrays);
/* Puts row i of `rows` at place `at`; `dataset_row` keys dropout. */
static inline void ls_batch_arrays_put(ls_batch_arrays *arrays, const ls_rows *rows, int64_t at, int64_t i,
                                       int64_t dataset_row)
{
    arrays->row[at] = dataset_row;
    arrays->x[at] = (const char *)rows->x + i * rows->row_bytes;
    if (rows->y)
        arrays->y[at] = rows->y + i * rows->outputs;
    if (rows->label)
        arrays->label[at] = rows->label[i];
    if (rows->weight)
        arrays->weight[at] = rows->weight[i];
}
/* The batch of the first `count` places. */
ls_batch ls_batch_arrays_batch(const ls_batch_arrays *arrays, const ls_rows *rows, int64_t count, uint32_t epoch);

#endif
