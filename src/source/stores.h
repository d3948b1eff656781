/* What programs keep in several datasets that belong together: sparse matrices, data frames, plots, one group for each
 * example. By itself no part of them is a matrix of examples, whatever its shape. */
#ifndef LS_SOURCE_STORES_H
#define LS_SOURCE_STORES_H

#include "base/text.h"
#include "hdf5/h5.h"

#include <stdbool.h>

/* What was recognised in a list of datasets, as ls_h5_list gives it, which stays. Freed with ls_stores_free. */
typedef struct ls_stores {
    bool *hidden;   /* (count) part of a store, or counting something: not to be proposed as features or targets */
    bool instead;   /* what is in a store has to be written in another way first */
    int x, y;       /* in the list: features and targets that a store says are its; -1 */
    ls_text advice; /* "; /X is a sparse matrix ...; write it ...", for the first of each kind; or empty */
} ls_stores;

/* Local. */
ls_status ls_stores_find(ls_h5_file *file, const ls_h5_dataset *list, int count, ls_stores *stores);
void ls_stores_free(ls_stores *stores);

/* Local. `status` is how describing a dataset went. Where its path is a group's, the message says what is in it, and
 * which of it may be meant. Returns `status`. */
ls_status ls_stores_explain(ls_h5_file *file, const char *path, ls_status status);

/* Whether dataset `i` of the list is the values, or the places, of a sparse matrix, by the names beside it. */
bool ls_stores_is_sparse(const ls_h5_dataset *list, int count, int i);

#endif
