/* What stands in front of a table's rows: the names of its columns, or nothing. */
#ifndef LS_FORMATS_TABLE_HEAD_H
#define LS_FORMATS_TABLE_HEAD_H

#include "formats/csv.h"
#include "formats/encoding.h"
#include "formats/table_scan.h"

/* Local. Takes the first record: number and names of columns, all of them features so far. With LS_HEADER_AUTO it is a
 * header when none of its fields is a number (in the encoding's way of writing them, or another one), and also when its
 * numbers ascend and are names by all that is below: whole numbers from 0 on; texts over columns of numbers, with two
 * whole numbers or more beside them. LS_ERR_DATA: no record, a name twice, a name that is not UTF-8. The record stays
 * the reader's present one. */
ls_status ls_table_read_head(ls_csv *csv, ls_header header, ls_encoding *encoding, ls_head *head);

/* The name of column i by the present record, which is a header: the field's text, without a "# " in front of the first
 * one; a column without a name is named by its place, in `number`. */
void ls_table_name_of(const ls_csv *csv, int64_t i, char number[24], const char **name, int64_t *length);

/* Whether the present record has such a field. */
bool ls_table_first_has(const ls_csv *csv, const char *word);

#endif
