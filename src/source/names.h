/* What the columns of a source are called, as an encoding: where it was converted from a table that of its file, else
 * made of what its datasets say. So models know their columns wherever they were trained on some that have names. */
#ifndef LS_SOURCE_NAMES_H
#define LS_SOURCE_NAMES_H

#include "source/column_list.h"
#include "source/source.h"

/* The attribute of "/" in converted files, and of "/lockstep" in model files. */
#define LS_ENCODING_ATTRIBUTE "lockstep_encoding"

typedef struct ls_names {
    char *text;           /* the encoding as JSON; NULL: nothing has names; owned */
    ls_encoding encoding; /* its features are the source's, or there are none; its targets likewise */
    bool stated[2];       /* features, targets: those of converted tables, whose kinds and offsets are known */
    int64_t first_index;  /* of the features of libsvm text that are too many to have names; else -1 */
} ls_names;

/* Local. The attribute that a file states, read and checked; *text is NULL when there is none, else freed with
 * ls_memory_free; LS_ERR_DATA when it is damaged. `encoding` may be NULL. */
ls_status ls_names_attribute(ls_h5_file *file, const char *object, char **text, ls_encoding *encoding);

/* Local. The same of the file where a dataset really lies, which links may lead to; `home`: its path there. */
ls_status ls_names_at_home(ls_h5_file *file, const char *path, char home[LS_H5_PATH_MAX], char **text,
                           ls_encoding *encoding);

/* Local. The names of a source of HDF5 files; nothing for arrays and tables. In order of preference
 *   features  the encoding of a converted file whose features these are: /train/x, /validation/x, /test/x, or whatever
 *             has their names as its attribute; names from an attribute of the dataset (source/columns.h); "index N"
 *             counted from its attribute first_index, of up to LS_NAMES_INDEXED columns
 *   targets   the same of y; of one column also names of classes by an attribute class_names, classes or categories,
 * and without a name the dataset's path in place of it (of several columns class_names are their names) Chosen columns
 * have their names, those of an encoding keep their categories; columns put together have names if all of them do, and
 * no two the same. Where several files make up the source, each must have the columns and categories of the first
 * (LS_ERR_DATA names both); the source is read in the order of the first, for which it gets another layout: the one it
 * had is the caller's to release, whatever is returned. Remarks, one a line, are appended to `remarks`. */
#define LS_NAMES_INDEXED 4096
ls_status ls_names_find(ls_h5_file *main, ls_source *source, ls_names *names, ls_text *remarks);
void ls_names_free(ls_names *names);

#endif
