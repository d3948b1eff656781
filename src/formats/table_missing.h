/* Columns of an encoding that a table does not have. */
#ifndef LS_FORMATS_TABLE_MISSING_H
#define LS_FORMATS_TABLE_MISSING_H

#include "formats/table.h"

/* Local. Of a table whose header is the reader's present record and has been compared with the encoding: LS_ERR_DATA
 * lists the features that are not there, and the targets when `need_targets`; else what seems to be one of these is
 * kept for ls_table_fail_targets. */
ls_status ls_table_check_header(ls_table *table, bool need_targets);

/* Local. LS_ERR_DATA for a table that is to be scored and does not have all targets: which columns these are. */
ls_status ls_table_fail_targets(const ls_table *table);

#endif
