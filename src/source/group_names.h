/* Groups of rows that are numbers of texts, as convert keeps them: `names`, an attribute of the dataset, says of which.
 * Each file numbers its own, so those of several files are numbered again, by their names. */
#ifndef LS_SOURCE_GROUP_NAMES_H
#define LS_SOURCE_GROUP_NAMES_H

#include "source/source.h"

typedef struct ls_group_names ls_group_names;

/* Local. Of the targets of `groups`, one column; NULL where their numbers stand for themselves: one file, or no file
 * has names. LS_ERR_DATA names two files of which one has names and the other has none, or a file that has too many
 * names to keep them. */
ls_status ls_group_names_join(ls_h5_file *main, const ls_source *groups, ls_group_names **names);
void ls_group_names_free(ls_group_names *names); /* NULL is accepted */

/* Local. The joined number of a row of the datasets, whose own is `value`; best in order. NULL: the value. LS_ERR_DATA:
 * no name has this number. */
ls_status ls_group_names_number(ls_group_names *names, int64_t row, double *value);

#endif
