/* What one dataset of one file calls its columns. */
#ifndef LS_SOURCE_TABLE_NAMES_H
#define LS_SOURCE_TABLE_NAMES_H

#include "hdf5/h5.h"
#include "source/column_list.h"

typedef struct ls_table_names {
    char *text;           /* the file's encoding, of which these are the features or targets; else NULL */
    ls_encoding encoding; /* that, or one that was made of attributes: as many features, or targets, as columns */
    ls_column_list list;  /* of `encoding`; count 0: they have no names */
    int64_t first_index;  /* of libsvm text that is too wide for names; else -1 */
} ls_table_names;

/* Local. `width` columns of the dataset as features or as targets (source/names.h says where from); `integers`: they
 * are stored as such; `field` of texts, else NULL, is the name of its only column. */
ls_status ls_table_names_find(ls_h5_file *file, const char *path, const char *field, int64_t width, ls_column_role role,
                              bool integers, ls_table_names *names);
void ls_table_names_free(ls_table_names *names);

#endif
