/* Telling which columns are missing. */
#include "formats/table_missing.h"

#include "base/visible.h"
#include "formats/table_internal.h"

#include <string.h>

/* Columns that a message tells. */
#define TOLD 8

static bool is_missing(const ls_table *t, int64_t column, ls_column_role role)
{
    return t->encoding->column[column].role == role && t->field[column] == 0;
}

/* Appends a field of the header that seems to be the column. */
static void put_alike(const ls_table *t, const char *name, ls_text *text)
{
    for (int64_t i = 0; i < t->fields; i++) {
        const ls_csv_field *field = &ls_csv_fields(t->csv)[i];
        if (t->column[i] == NULL && ls_visible_explain(name, field->text, (size_t)field->length, text))
            return;
    }
}

ls_status ls_table_check_header(ls_table *table, bool need_targets)
{
    const ls_encoding *e = table->encoding;
    ls_text text = {0};
    int64_t missing = 0;
    for (int64_t i = 0; i < e->count; i++) {
        if (!need_targets && is_missing(table, i, LS_ROLE_TARGET))
            put_alike(table, ls_column_called(&e->column[i]), &table->alike);
        const bool target = need_targets && is_missing(table, i, LS_ROLE_TARGET);
        if ((!target && !is_missing(table, i, LS_ROLE_FEATURE)) || ++missing > TOLD)
            continue;
        const char *name = ls_column_called(&e->column[i]);
        ls_text_append(&text, missing > 1 ? ", '" : "'");
        ls_visible_put(name, strlen(name), &text);
        ls_text_append(&text, target ? "' (the target)" : "'");
        put_alike(table, name, &text);
    }
    if (missing > TOLD)
        ls_text_printf(&text, " and %lld more", (long long)(missing - TOLD));
    const ls_status status = missing == 0 ? LS_OK
                                          : ls_csv_fail(table->csv, "the header lacks the column%s %s",
                                                        missing == 1 ? "" : "s", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

ls_status ls_table_fail_targets(const ls_table *table)
{
    const ls_encoding *e = table->encoding;
    const char *path = ls_csv_path(table->csv);
    ls_text text = {0};
    int64_t missing = 0;
    if (e->targets == 0)
        return ls_fail(
            LS_ERR_DATA,
            "%s: the model knows no name of its target, by which a column of a CSV file is found; evaluate an "
            "HDF5 file, predict does without",
            path);
    if (!e->header)
        return ls_fail(LS_ERR_DATA,
                       "%s has no header and %lld columns, the table that the model was trained on had %lld with the "
                       "target%s; evaluate needs %s, predict does not",
                       path, (long long)table->fields, (long long)e->count, e->targets == 1 ? "" : "s",
                       e->targets == 1 ? "it" : "them");
    for (int64_t i = 0; i < e->count; i++)
        if (is_missing(table, i, LS_ROLE_TARGET) && ++missing <= TOLD)
            ls_text_printf(&text, "%s'%s'", missing > 1 ? ", " : "", ls_column_called(&e->column[i]));
    if (missing > TOLD)
        ls_text_printf(&text, " and %lld more", (long long)(missing - TOLD));
    const ls_status status =
        ls_fail(LS_ERR_DATA, "%s has no column%s %s%s, which %s; evaluate needs %s, predict does not", path,
                missing == 1 ? "" : "s", ls_text_string(&text), ls_text_string(&table->alike),
                missing == 1 ? "is the target" : "are targets", missing == 1 ? "it" : "them");
    ls_text_free(&text);
    return status;
}
