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

/* What stands beside them: a weight, a group, identifiers, the row's number in the table. */
#define LS_IMPORT_BESIDE (LS_TABLE_BESIDE + 1)
#define LS_IMPORT_ROW    "row"
typedef struct ls_import_beside {
    char name[200];             /* of its dataset: "w", "group", "id", "id_NAME", "row" */
    const char *column;         /* of the table, borrowed; NULL: it is none of its columns */
    const ls_dictionary *texts; /* what the numbers of a group stand for, borrowed; NULL: for themselves */
    ls_element element;
    int64_t text;  /* bytes of one text, filled up with zeros; 0: it is a number of `element` */
    int64_t bytes; /* of one value */
} ls_import_beside;

typedef struct ls_import {
    int64_t rows;
    ls_import_row x, y;
    int besides;
    ls_import_beside beside[LS_IMPORT_BESIDE];
    /* Local. Reads the next `count` rows into x and y (NULL when there are no targets, or they are not wanted) and
     * beside (besides), little endian. */
    ls_status (*next)(void *state, int64_t count, void *x, void *y, void *const *beside);
    /* Local. Goes back in front of the first row. */
    ls_status (*restart)(void *state);
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
 * int32; columns of further roles stand beside them (table_beside.h), and the rows' numbers where some are dropped. The
 * encoding and facts->missing are the caller's to free, after the import is closed. */
ls_status ls_import_csv(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts,
                        ls_import *import);

typedef struct ls_svm_wishes {
    bool targets;
    int64_t first_index;      /* 0 or 1; -1: 0 where that index is there, else 1 */
    int64_t features;         /* 0: up to the greatest index */
    bool (*stop)(void *user); /* asked now and then; may be NULL */
    void *user;
} ls_svm_wishes;

typedef struct ls_svm_facts {
    int64_t first_index; /* of the first feature: 0 or 1 */
    bool grouped;        /* the rows have a qid each, which stands beside them as their group */
} ls_svm_facts;

/* Local. libsvm text: float32 features, all of them in every row; labels int32 or int64 when they are whole, else
 * float32. LS_ERR_DATA names file and line. */
ls_status ls_import_svm(const char *path, const ls_svm_wishes *wishes, ls_svm_facts *facts, ls_import *import);

/* Local. Arrays with one row per example, in their own types; y may be NULL. Takes both over, also on failure. */
ls_status ls_import_arrays(ls_array *x, ls_array *y, ls_import *import);

#endif
