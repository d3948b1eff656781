/* Which rows those of a dataset are, to the people who have them: their numbers in the file or table that they come
 * from, and their identifiers. In HDF5 files these stand beside the features, as convert writes them: /test/row and
 * /test/id, or /test/id_NAME where there are several; in a CSV file they are the columns that were named with --id. */
#ifndef LS_DATA_IDENTITIES_H
#define LS_DATA_IDENTITIES_H

#include "context/context.h"
#include "data/dataset.h"

typedef struct ls_identities ls_identities;

/* What all identifiers of a column are. */
typedef enum ls_identity_kind {
    LS_IDENTITY_TEXT,   /* anything; of numbers that are not whole the shortest decimals */
    LS_IDENTITY_WHOLE,  /* whole numbers that int64 has */
    LS_IDENTITY_NATURAL /* those of uint64 datasets */
} ls_identity_kind;

/* Local, by one rank. What there is of identifiers: those that all files and parts of the dataset have, by name. A
 * warning says which are left out. */
ls_status ls_identities_open(const ls_context *context, const ls_dataset *dataset, ls_identities **identities);
void ls_identities_close(ls_identities *identities); /* NULL is accepted */

int ls_identities_count(const ls_identities *identities);
const char *ls_identities_name(const ls_identities *identities, int column);
/* Local. A CSV file is read once for it. */
ls_status ls_identities_kind(ls_identities *identities, int column, ls_identity_kind *kind);

/* Local. Reads those of rows [first, first + count) of the dataset, best in order; row (count): their numbers, from 0.
 * Where no numbers are kept beside them, the rows of the features' dataset count. */
ls_status ls_identities_read(ls_identities *identities, int64_t first, int64_t count, int64_t *row);
/* The texts of a column that were read, (count), good until the next call. */
const char *const *ls_identities_texts(const ls_identities *identities, int column);

#endif
