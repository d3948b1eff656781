/* An unnamed column in front that counts the rows: a data frame's index that was written, too. */
#ifndef LS_FORMATS_TABLE_COUNTER_H
#define LS_FORMATS_TABLE_COUNTER_H

#include "formats/csv.h"
#include "formats/encoding.h"

typedef struct ls_table_counter {
    bool unnamed; /* the first column is a feature without a name of its own in the header */
    int64_t from; /* its first number, while it counts the rows; -1: it does not */
} ls_table_counter;

/* Of columns that have their roles. */
void ls_table_counter_start(ls_table_counter *counter, const ls_encoding *encoding);
/* Takes the first field of a row, numbered from 0; true while it counts the rows, from the third on. */
bool ls_table_counter_see(ls_table_counter *counter, int64_t row, const ls_csv_field *field);

#endif
