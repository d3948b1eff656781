/* Features and targets among the fields of one table. */
#ifndef LS_SOURCE_FIND_TABLE_H
#define LS_SOURCE_FIND_TABLE_H

#include "source/find.h"

/* Local. What options would say of a table with named fields (a compound dataset): its fields of numbers without the
 * target as features, and one field called y, label, target, output or class as the target, which may hold texts.
 * *clear: there is such a field; else y has FIELD in its place and x all fields. pandas' tables are known by their
 * blocks. Texts that would be too long have FIELD in place of names. */
ls_status ls_find_in_table(ls_h5_file *file, const ls_h5_dataset *table, ls_found_part *part, bool *clear);

#endif
