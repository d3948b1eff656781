/* What stands in front of a table's rows: the names of its columns, or nothing. */
#ifndef LS_FORMATS_TABLE_HEAD_H
#define LS_FORMATS_TABLE_HEAD_H

#include "formats/csv.h"
#include "formats/encoding.h"
#include "formats/table_scan.h"

/* Local. Takes the first record: number and names of columns, all of them features so far; one without a name is named
 * by its place. LS_ERR_DATA: no record, a name twice, a name that is not UTF-8. */
ls_status ls_table_read_head(ls_csv *csv, ls_header header, ls_encoding *encoding);

#endif
