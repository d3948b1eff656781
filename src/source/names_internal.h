/* What names.c and names_join.c share. */
#ifndef LS_SOURCE_NAMES_INTERNAL_H
#define LS_SOURCE_NAMES_INTERNAL_H

#include "source/layout.h"
#include "source/table_names.h"

/* The columns of a matrix, features or targets, and the names of the datasets they are of. */
typedef struct ls_named_matrix {
    int64_t columns;
    int *table;      /* (columns) whose names, */
    int64_t *column; /* and there which column */
    int tables;
    ls_table_names *names; /* (tables) of the first of each stack; else {0} */
    bool named;            /* all columns have names */
} ls_named_matrix;

/* Local. One encoding of both, which takes columns out of the tables' encodings. It has no features, or no targets,
 * where they have no names or two columns would have the same. */
ls_status ls_names_join(ls_named_matrix *features, ls_named_matrix *targets, ls_encoding *encoding);

#endif
