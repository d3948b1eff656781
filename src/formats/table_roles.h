/* What the columns of a table are for: features, targets, or nothing. */
#ifndef LS_FORMATS_TABLE_ROLES_H
#define LS_FORMATS_TABLE_ROLES_H

#include "formats/encoding.h"
#include "formats/table_scan.h"

/* Local. Gives the columns, whose names are known, the roles that were wished for. LS_ERR_USAGE: a column that is not
 * there (with a list of those that are), two roles for one, no target by its name, nothing left for the features. */
ls_status ls_table_assign_roles(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding);

#endif
