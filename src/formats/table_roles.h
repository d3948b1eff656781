/* What the columns of a table are for: features, targets, or nothing. */
#ifndef LS_FORMATS_TABLE_ROLES_H
#define LS_FORMATS_TABLE_ROLES_H

#include "formats/encoding.h"
#include "formats/table_scan.h"

/* Local. Gives the columns, whose names are known, the roles that were wished for. LS_ERR_USAGE: a column that is not
 * there (with a list of those that are), two roles for one, no target by its name, nothing left for the features. */
ls_status ls_table_assign_roles(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding);

/* Local. Says of the columns of a list that their texts are categories; after the roles and the formats of dates.
 * LS_ERR_USAGE: a column that is not there, or that is neither feature nor target, or has a format of dates. */
ls_status ls_table_name_categories(const char *path, const char *list, const ls_encoding *encoding,
                                   ls_gathered *gathered);

/* Local. The column that an option names, by its name or else its number, from 1 or from the end with -1. LS_ERR_USAGE
 * lists those that are there. */
ls_status ls_table_find_column(const char *path, const ls_encoding *encoding, const char *option, const char *word,
                               int64_t *column);

#endif
