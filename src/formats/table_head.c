/* Heads of tables: the names of the columns. */
#include "formats/table_head.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static ls_status name_column(const ls_csv *csv, ls_encoding *e, int64_t i, const char *name, int64_t length)
{
    char number[24];
    if (length == 0) {
        length = snprintf(number, sizeof number, "%lld", (long long)i + 1);
        name = number;
    }
    ls_column *c = &e->column[i];
    LS_TRY(ls_memory_allocate(&c->name, length + 1, 1, "name of a column"));
    memcpy(c->name, name, (size_t)length);
    if (!ls_utf8_valid(c->name))
        return ls_csv_fail(csv,
                           "the name of column %lld is not UTF-8; convert the file, for example with iconv -f "
                           "LATIN1 -t UTF-8",
                           (long long)i + 1);
    return LS_OK;
}

static bool looks_like_header(const ls_csv *csv)
{
    const ls_csv_field *field = ls_csv_fields(csv);
    for (int64_t i = 0; i < ls_csv_count(csv); i++)
        if (ls_decimal_form_of(field[i].text, field[i].text + field[i].length) != LS_DECIMAL_NONE)
            return false;
    return true;
}

static ls_status check_unique(const ls_csv *csv, const ls_encoding *e)
{
    ls_dictionary names = {0};
    ls_status status = LS_OK;
    for (int64_t i = 0; i < e->count && status == LS_OK; i++) {
        int64_t number;
        const char *name = e->column[i].name;
        status = ls_dictionary_add(&names, name, (int64_t)strlen(name), &number);
        if (status == LS_OK && number != i)
            status = ls_csv_fail(csv,
                                 "columns %lld and %lld are both called '%s'; rename one, or give --header off if this "
                                 "is no header",
                                 (long long)number + 1, (long long)i + 1, name);
    }
    ls_dictionary_free(&names);
    return status;
}

ls_status ls_table_read_head(ls_csv *csv, ls_header header, ls_encoding *encoding)
{
    ls_encoding *e = encoding;
    bool more;
    LS_TRY(ls_csv_next(csv, &more));
    if (!more)
        return ls_fail(LS_ERR_DATA, "%s: has no rows", ls_csv_path(csv));
    const int64_t count = ls_csv_count(csv);
    e->header = header == LS_HEADER_AUTO ? looks_like_header(csv) : header == LS_HEADER_ON;
    LS_TRY(ls_memory_allocate(&e->column, count, sizeof *e->column, "columns"));
    e->count = count;
    for (int64_t i = 0; i < count; i++) {
        const ls_csv_field *field = &ls_csv_fields(csv)[i];
        LS_TRY(e->header ? name_column(csv, e, i, field->text, field->length) : name_column(csv, e, i, "", 0));
    }
    return check_unique(csv, e);
}
