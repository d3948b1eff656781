/* Rows of a table in any order, and what of them is neither feature nor target. */
#include "formats/table_internal.h"

#include "base/halt.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- beside features and targets ---- */

void ls_table_set_watch(ls_table *table, ls_table_watch watch, void *user)
{
    table->watch = watch;
    table->user = user;
}

const ls_csv_field *ls_table_field(const ls_table *table, int64_t column)
{
    return table->field[column] > 0 ? ls_csv_fields(table->csv) + table->field[column] - 1 : NULL;
}

int64_t ls_table_row(const ls_table *table)
{
    return table->passed - 1;
}

const ls_csv *ls_table_csv(const ls_table *table)
{
    return table->csv;
}

ls_status ls_table_restart(ls_table *table)
{
    table->passed = 0;
    return ls_csv_seek(table->csv, table->start, table->start_line);
}

/* ---- any range ---- */

/* What of the present record is no category of the encoding. */
static ls_status note_unknown(ls_table *t)
{
    const ls_csv_field *field = ls_csv_fields(t->csv);
    bool first = true;
    for (int64_t i = 0; i < t->fields && i < ls_csv_count(t->csv); i++) {
        const ls_column *c = t->column[i];
        if (c != NULL && c->role == LS_ROLE_FEATURE && c->categories.count > 0 &&
            !ls_fields_is_missing(&t->encoding->fields, field[i].text, field[i].length) &&
            ls_dictionary_find(&c->categories, field[i].text, field[i].length) < 0)
            LS_TRY(ls_unknown_note(&t->unknown, c->name, field[i].text, field[i].length, &first));
    }
    return LS_OK;
}

ls_status ls_table_index(ls_table *table, int64_t *rows, ls_table_mark **marks, int64_t *count)
{
    ls_table_mark *list = NULL;
    int64_t capacity = 0;
    bool more = true;
    ls_status status;
    *rows = *count = 0;
    *marks = NULL;
    LS_TRY_CLEANUP(ls_csv_seek(table->csv, table->start, table->start_line));
    for (;;) {
        LS_TRY_CLEANUP(ls_csv_next(table->csv, &more));
        if (!more)
            break;
        if (table->unknown.ignored)
            LS_TRY_CLEANUP(note_unknown(table));
        if ((*rows)++ % LS_TABLE_STRIDE != 0)
            continue;
        LS_TRY_CLEANUP(ls_halt());
        LS_TRY_CLEANUP(ls_memory_grow(&list, &capacity, *count + 1, sizeof *list, "index of a table"));
        list[(*count)++] = (ls_table_mark){ls_csv_offset(table->csv), ls_csv_line(table->csv)};
    }
    *marks = list;
    table->next = -1;
    return LS_OK;
cleanup:
    ls_memory_free(list);
    return status;
}

void ls_table_set_index(ls_table *table, ls_table_mark *marks, int64_t count)
{
    ls_memory_free(table->marks);
    table->marks = marks;
    table->marked = count;
    table->next = -1;
}

static ls_status go_to_row(ls_table *table, int64_t row)
{
    const int64_t mark = row / LS_TABLE_STRIDE, next = table->next;
    int64_t passed;
    table->next = -1;
    if (next >= 0 && next <= row && next / LS_TABLE_STRIDE == mark) /* going back costs much in a compressed file */
        return ls_table_next(table, row - next, NULL, NULL, &passed);
    if (mark >= table->marked)
        return ls_fail(LS_ERR_DATA, "%s: has no row %lld; it became shorter meanwhile", ls_csv_path(table->csv),
                       (long long)row);
    LS_TRY(ls_csv_seek(table->csv, table->marks[mark].offset, table->marks[mark].line));
    return ls_table_next(table, row % LS_TABLE_STRIDE, NULL, NULL, &passed);
}

/* Goes in front of a row; those that are passed on the way are nobody's. */
static ls_status seek_row(ls_table *table, int64_t row)
{
    const ls_table_watch watch = table->watch;
    table->watch = NULL;
    const ls_status status = go_to_row(table, row);
    table->watch = watch;
    return status;
}

ls_status ls_table_line(ls_table *table, int64_t row, int64_t *line)
{
    bool more;
    LS_TRY(seek_row(table, row));
    LS_TRY(ls_csv_next(table->csv, &more));
    *line = ls_csv_line(table->csv);
    return LS_OK;
}

void ls_table_name(const ls_table *table, bool target, int64_t number, char *buffer, int capacity)
{
    const ls_encoding *e = table->encoding;
    for (int64_t i = 0; i < e->count; i++) {
        const ls_column *c = &e->column[i];
        const int64_t width = ls_column_width(c);
        if (c->role == (target ? LS_ROLE_TARGET : LS_ROLE_FEATURE) && number >= c->first && number < c->first + width)
            (void)snprintf(buffer, (size_t)capacity, ", column '%s'", c->name);
    }
}

ls_status ls_table_read(ls_table *table, int64_t first, int64_t count, float *x, double *y)
{
    int64_t rows = 0;
    if (count == 0)
        return LS_OK;
    if (table->next != first)
        LS_TRY(seek_row(table, first));
    table->next = -1;
    LS_TRY(ls_table_next(table, count, x, y, &rows));
    if (rows != count)
        return ls_fail(LS_ERR_DATA, "%s: ends after row %lld; it became shorter meanwhile", ls_csv_path(table->csv),
                       (long long)(first + rows));
    table->next = first + count;
    return LS_OK;
}
