/* Rows from files of other formats, in order and as they are to be stored, whatever the format: what `lockstep convert`
 * reads from. */
#ifndef LS_FORMATS_IMPORT_H
#define LS_FORMATS_IMPORT_H

#include "base/status.h"
#include "formats/array.h"
#include "formats/table_scan.h"
#include "hdf5/element.h"
#include "hdf5/h5.h"

#include <stdbool.h>
#include <stdint.h>

/* What one row of features or of targets is. */
typedef struct ls_import_row {
    ls_element element;
    int rank; /* 0: a single number */
    int64_t shape[LS_H5_MAX_RANK - 1];
    int64_t text;  /* bytes of one text, filled up with zeros, in place of an element; 0: numbers */
    int64_t bytes; /* of the row; 0: there are none (targets) */
} ls_import_row;

typedef struct ls_import {
    int64_t rows;
    ls_import_row x, y;
    /* Local. Reads the next `count` rows into x and y (NULL when there are no targets), little endian. */
    ls_status (*next)(void *state, int64_t count, void *x, void *y);
    void (*close)(void *state);
    void *state;
} ls_import;

/* NULL members are accepted. Back to {0}. */
static inline void ls_import_close(ls_import *import)
{
    if (import->close != NULL)
        import->close(import->state);
    *import = (ls_import){0};
}

/* Sets bytes from the other members; LS_ERR_DATA when they are too many. */
ls_status ls_import_row_set(ls_import_row *row, const char *what);

/* Local. A CSV file: scanned first, and then read again. Features are float32; targets float32, int32 or int64, classes
 * int32. The encoding and facts->missing are the caller's to free, after the import is closed. */
ls_status ls_import_csv(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts,
                        ls_import *import);

/* Local. libsvm text: float32 features, all of them in every row; labels int32 or int64 when they are whole, else
 * float32. Of the wishes target ("none") and stop count. */
ls_status ls_import_svm(const char *path, const ls_table_wishes *wishes, ls_import *import);

/* Local. Arrays with one row per example, in their own types; y may be NULL. Takes both over, also on failure. */
ls_status ls_import_arrays(ls_array *x, ls_array *y, ls_import *import);

#endif
