/* What identities*.c share. */
#ifndef LS_DATA_IDENTITIES_INTERNAL_H
#define LS_DATA_IDENTITIES_INTERNAL_H

#include "base/text.h"
#include "data/identities.h"
#include "formats/table_beside.h"

typedef struct ls_identity {
    char name[256];
    char dataset[256]; /* in the features' group: "id_NAME" */
    int64_t of_table;  /* column of the encoding */
    ls_identity_kind kind;
    ls_text text;       /* of the rows read, one behind the other, each with a NUL */
    const char **texts; /* (capacity) */
} ls_identity;

struct ls_identities {
    const ls_dataset *dataset;
    int count;
    ls_identity column[LS_TABLE_IDS];
    int64_t capacity;
    bool kinds_known; /* of a table */
    int64_t wanted;   /* of a table, while it is read: the next row to keep, */
    int64_t at;       /* the row at hand, */
    int64_t kept;     /* and how many are kept */
    const int64_t *row;
    int64_t rows;
};

/* "/test/x" and "id" make "/test/id". */
void ls_identities_beside(const char *path, const char *name, char *to, size_t capacity);
/* Whether a dataset has one value for each row of the source's features, `x` of one of its files. */
bool ls_identities_fit(const ls_source *source, const ls_h5_dataset *d, const ls_h5_dataset *x);
bool ls_identities_are_texts(const ls_h5_dataset *d);
ls_identity_kind ls_identities_kind_of(const ls_h5_dataset *d);

#endif
