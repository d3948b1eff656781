/* What table*.c share. */
#ifndef LS_FORMATS_TABLE_INTERNAL_H
#define LS_FORMATS_TABLE_INTERNAL_H

#include "base/text.h"
#include "formats/table.h"

struct ls_table {
    ls_csv *csv;
    const ls_encoding *encoding;
    int64_t fields;           /* of every record */
    const ls_column **column; /* (fields) what each field is; NULL: passed over */
    int64_t *field;           /* (encoding->count) which field each column is, from 1; 0: it is not there */
    bool targets;             /* are there */
    ls_text alike;            /* what seems to be those that are not */
    bool *is_plain;           /* (fields) a feature of numbers as base/decimal.h reads them: nearly all are */
    ls_table_missing missing;
    ls_unknown unknown;
    int64_t start, start_line; /* of the first row */
    ls_table_mark *marks;
    int64_t marked;
    int64_t next;   /* row that ls_csv_next will give, -1 unknown */
    int64_t passed; /* rows since the first, of reading in order */
    ls_table_watch watch;
    void *user;
};

#endif
