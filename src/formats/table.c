/* Tables: records of a CSV file turned into numbers. */
#include "formats/table.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct ls_table {
    ls_csv *csv;
    const ls_encoding *encoding;
    int64_t fields;           /* of every record */
    const ls_column **column; /* (fields) what each field is; NULL: passed over */
    bool targets;             /* are there */
    ls_table_missing missing;
    int64_t start, start_line; /* of the first row */
    ls_table_mark *marks;
    int64_t marked;
    int64_t next; /* row that ls_csv_next will give, -1 unknown */
};

/* ---- which field is which column ---- */

static ls_status missing_columns(const ls_table *t, const bool *found, bool need_targets)
{
    const ls_encoding *e = t->encoding;
    ls_text text = {0};
    int64_t missing = 0, listed = 0;
    for (int64_t i = 0; i < e->count; i++) {
        const bool needed =
            e->column[i].role == LS_ROLE_FEATURE || (need_targets && e->column[i].role == LS_ROLE_TARGET);
        if (!needed || found[i])
            continue;
        if (++missing <= 8) {
            ls_text_printf(&text, "%s'%s'", listed++ > 0 ? ", " : "", e->column[i].name);
            if (e->column[i].role == LS_ROLE_TARGET)
                ls_text_append(&text, " (the target)");
        }
    }
    if (missing > 8)
        ls_text_printf(&text, " and %lld more", (long long)(missing - 8));
    ls_status status = LS_OK;
    if (missing > 0)
        status =
            ls_csv_fail(t->csv, "the header lacks the column%s %s", missing == 1 ? "" : "s", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

static ls_status match_header(ls_table *t, bool need_targets)
{
    const ls_encoding *e = t->encoding;
    const ls_csv_field *field = ls_csv_fields(t->csv);
    ls_dictionary names = {0};
    bool *found = NULL;
    ls_status status = LS_OK;
    LS_TRY_CLEANUP(ls_memory_allocate(&found, e->count, sizeof *found, "columns"));
    for (int64_t i = 0; i < e->count; i++) {
        int64_t number;
        const char *name = ls_column_called(&e->column[i]);
        LS_TRY_CLEANUP(ls_dictionary_add(&names, name, (int64_t)strlen(name), &number));
    }
    for (int64_t i = 0; i < t->fields; i++) {
        char number[24]; /* the name of a column that has none, as in the first pass */
        const int length = snprintf(number, sizeof number, "%lld", (long long)i + 1);
        const bool named = field[i].length > 0;
        const int64_t column =
            ls_dictionary_find(&names, named ? field[i].text : number, named ? field[i].length : length);
        if (column < 0 || e->column[column].role > LS_ROLE_TARGET)
            continue;
        if (found[column])
            LS_TRY_CLEANUP(ls_csv_fail(t->csv, "the header has the column '%s' twice", e->column[column].name));
        found[column] = true;
        t->column[i] = &e->column[column];
    }
    t->targets = e->targets > 0;
    for (int64_t i = 0; i < e->count; i++)
        t->targets = t->targets && (found[i] || e->column[i].role != LS_ROLE_TARGET);
    status = missing_columns(t, found, need_targets);
cleanup:
    ls_dictionary_free(&names);
    ls_memory_free(found);
    return status;
}

static ls_status match_places(ls_table *t, bool need_targets)
{
    const ls_encoding *e = t->encoding;
    t->targets = e->targets > 0 && t->fields == e->count;
    if (t->fields != e->count && (need_targets || t->fields != e->count - e->targets))
        return ls_csv_fail(t->csv, "has %lld fields, expected %lld as in the table of the encoding",
                           (long long)t->fields, (long long)e->count);
    for (int64_t i = 0, field = 0; i < e->count; i++) {
        if (e->column[i].role == LS_ROLE_TARGET && !t->targets)
            continue;
        t->column[field++] = e->column[i].role > LS_ROLE_TARGET ? NULL : &e->column[i];
    }
    return LS_OK;
}

static ls_status match(ls_table *t, bool need_targets)
{
    bool more;
    LS_TRY(ls_csv_next(t->csv, &more));
    if (!more)
        return ls_fail(LS_ERR_DATA, "%s: has no rows", ls_csv_path(t->csv));
    t->fields = ls_csv_count(t->csv);
    LS_TRY(ls_memory_allocate(&t->column, t->fields, sizeof *t->column, "columns"));
    t->start = ls_csv_offset(t->csv);
    t->start_line = ls_csv_line(t->csv);
    if (!t->encoding->header) {
        LS_TRY(match_places(t, need_targets));
        return ls_csv_seek(t->csv, t->start, t->start_line);
    }
    LS_TRY(match_header(t, need_targets));
    LS_TRY(ls_csv_next(t->csv, &more));
    if (!more)
        return ls_fail(LS_ERR_DATA, "%s: has a header and no rows", ls_csv_path(t->csv));
    t->start = ls_csv_offset(t->csv);
    t->start_line = ls_csv_line(t->csv);
    return ls_csv_seek(t->csv, t->start, t->start_line);
}

ls_status ls_table_open(const char *path, char delimiter, const ls_encoding *encoding, bool need_targets,
                        ls_table **table)
{
    ls_table *t;
    *table = NULL;
    LS_TRY(ls_memory_allocate(&t, 1, sizeof *t, "table"));
    t->encoding = encoding;
    ls_status status = ls_csv_open(path, delimiter, &t->csv);
    if (status == LS_OK)
        status = match(t, need_targets);
    if (status != LS_OK) {
        ls_table_close(t);
        return status;
    }
    *table = t;
    return LS_OK;
}

void ls_table_close(ls_table *table)
{
    if (table == NULL)
        return;
    ls_csv_close(table->csv);
    ls_memory_free(table->column);
    ls_memory_free(table->marks);
    ls_memory_free(table);
}

bool ls_table_has_targets(const ls_table *table)
{
    return table->targets;
}

void ls_table_set_missing(ls_table *table, ls_table_missing missing)
{
    table->missing = missing;
}

/* ---- values ---- */

static ls_status wrong_value(const ls_table *t, const ls_column *c, const ls_csv_field *field, const char *expected)
{
    const int shown = field->length < 40 ? (int)field->length : 40;
    return ls_csv_fail(t->csv, "column '%s' has '%.*s'%s, expected %s", c->name, shown, field->text,
                       shown < field->length ? "..." : "", expected);
}

static ls_status unknown_category(const ls_table *t, const ls_column *c, const ls_csv_field *field)
{
    char known[160] = "";
    size_t length = 0;
    int64_t k = 0;
    for (; k < c->categories.count && length + 48 < sizeof known; k++)
        length += (size_t)snprintf(known + length, sizeof known - length, "%s%.40s", k > 0 ? ", " : "",
                                   c->categories.text[k]);
    if (k < c->categories.count)
        (void)snprintf(known + length, sizeof known - length, ", ... (%lld in all)", (long long)c->categories.count);
    char expected[256];
    (void)snprintf(expected, sizeof expected, "one of the categories it was converted with: %s", known);
    return wrong_value(t, c, field, expected);
}

static ls_status put_category(const ls_table *t, const ls_column *c, const ls_csv_field *field, float *x)
{
    const bool missing = ls_fields_is_missing(&t->encoding->fields, field->text, field->length);
    const int64_t number = missing ? -1 : ls_dictionary_find(&c->categories, field->text, field->length);
    if (!missing && number < 0)
        return unknown_category(t, c, field);
    if (c->kind == LS_COLUMN_CODES) {
        x[c->first] = missing ? NAN : (float)number;
        return LS_OK;
    }
    for (int64_t k = 0; k < c->categories.count; k++)
        x[c->first + k] = missing ? NAN : 0.0f;
    if (!missing)
        x[c->first + number] = 1.0f;
    return LS_OK;
}

static ls_status put_target(const ls_table *t, const ls_column *c, const ls_csv_field *field, double *y)
{
    double value;
    if (ls_fields_is_missing(&t->encoding->fields, field->text, field->length))
        return wrong_value(t, c, field,
                           "a value: rows without a target cannot be used; --missing drop leaves them out");
    if (c->kind == LS_COLUMN_CLASSES) {
        const int64_t number = ls_dictionary_find(&c->categories, field->text, field->length);
        if (number < 0)
            return unknown_category(t, c, field);
        y[c->first] = (double)number;
        return LS_OK;
    }
    if (ls_decimal_parse(field->text, field->text + field->length, &value) == LS_DECIMAL_NONE)
        return wrong_value(t, c, field, "a number");
    y[c->first] = c->kind == LS_COLUMN_INTEGER ? value : (double)(float)value;
    return LS_OK;
}

static bool lacks_target(const ls_table *t)
{
    const ls_csv_field *field = ls_csv_fields(t->csv);
    for (int64_t i = 0; i < t->fields && i < ls_csv_count(t->csv); i++)
        if (t->column[i] != NULL && t->column[i]->role == LS_ROLE_TARGET &&
            ls_fields_is_missing(&t->encoding->fields, field[i].text, field[i].length))
            return true;
    return false;
}

/* What else stands in the row does not matter. */
static void put_nan(const ls_encoding *e, float *x, double *y)
{
    for (int64_t i = 0; x != NULL && i < e->features; i++)
        x[i] = NAN;
    for (int64_t i = 0; y != NULL && i < e->targets; i++)
        y[i] = NAN;
}

static ls_status put_record(const ls_table *t, float *x, double *y)
{
    const ls_csv_field *field = ls_csv_fields(t->csv);
    if (ls_csv_count(t->csv) != t->fields)
        return ls_csv_fail(t->csv, "has %lld fields, expected %lld", (long long)ls_csv_count(t->csv),
                           (long long)t->fields);
    if (t->missing == LS_TABLE_NAN && lacks_target(t)) {
        put_nan(t->encoding, x, y);
        return LS_OK;
    }
    for (int64_t i = 0; i < t->fields; i++) {
        const ls_column *c = t->column[i];
        if (c == NULL)
            continue;
        if (c->role == LS_ROLE_TARGET) {
            if (y != NULL)
                LS_TRY(put_target(t, c, &field[i], y));
            continue;
        }
        if (x == NULL)
            continue;
        double value;
        if (c->kind != LS_COLUMN_NUMBER) {
            LS_TRY(put_category(t, c, &field[i], x));
        } else if (ls_decimal_parse(field[i].text, field[i].text + field[i].length, &value) != LS_DECIMAL_NONE) {
            x[c->first] = (float)(value - c->offset);
        } else if (ls_fields_is_missing(&t->encoding->fields, field[i].text, field[i].length)) {
            x[c->first] = NAN;
        } else {
            return wrong_value(t, c, &field[i], "a number");
        }
    }
    return LS_OK;
}

ls_status ls_table_next(ls_table *table, int64_t most, float *x, double *y, int64_t *rows)
{
    const ls_encoding *e = table->encoding;
    for (*rows = 0; *rows < most;) {
        bool more;
        LS_TRY(ls_csv_next(table->csv, &more));
        if (!more)
            break;
        if (table->missing == LS_TABLE_DROPPED && ls_csv_count(table->csv) == table->fields && lacks_target(table))
            continue;
        LS_TRY(
            put_record(table, x == NULL ? NULL : x + *rows * e->features, y == NULL ? NULL : y + *rows * e->targets));
        (*rows)++;
    }
    return LS_OK;
}

/* ---- any range ---- */

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
        if ((*rows)++ % LS_TABLE_STRIDE != 0)
            continue;
        if (*count == capacity) {
            ls_table_mark *larger;
            capacity = capacity == 0 ? 256 : 2 * capacity;
            LS_TRY_CLEANUP(ls_memory_allocate(&larger, capacity, sizeof *larger, "index of a table"));
            if (*count > 0)
                memcpy(larger, list, (size_t)*count * sizeof *larger);
            ls_memory_free(list);
            list = larger;
        }
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

/* Goes in front of a row. */
static ls_status seek_row(ls_table *table, int64_t row)
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
