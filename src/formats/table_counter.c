/* Telling a written index from a feature. pandas leaves its name empty, and calls such a column "Unnamed: 0" when it
 * has read one. */
#include "formats/table_counter.h"

#include "formats/table_beside.h"

#include <string.h>

void ls_table_counter_start(ls_table_counter *counter, const ls_encoding *encoding)
{
    const ls_column *c = &encoding->column[0];
    counter->from = -1;
    counter->unnamed = c->role == LS_ROLE_FEATURE &&
                       /* a column without a name in the header is called by its place */
                       (!encoding->header || strcmp(c->name, "1") == 0 || strcmp(c->name, "Unnamed: 0") == 0);
}

bool ls_table_counter_see(ls_table_counter *counter, int64_t row, const ls_csv_field *field)
{
    int64_t number;
    if (!counter->unnamed)
        return false;
    if (row == 0)
        counter->from = ls_beside_integer(field, &number) && (number == 0 || number == 1) ? number : -1;
    if (counter->from >= 0 && (!ls_beside_integer(field, &number) || number != row + counter->from))
        counter->from = -1;
    return counter->from >= 0 && row >= 2; /* 0 and 1 alone may be anything */
}
