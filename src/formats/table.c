/* Tables: records of a CSV file turned into numbers. */
#include "formats/table_internal.h"

#include "base/decimal.h"
#include "base/halt.h"
#include "base/memory.h"
#include "base/shell.h"
#include "base/text.h"
#include "base/visible.h"
#include "formats/almost.h"
#include "formats/table_head.h"
#include "formats/table_missing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- which field is which column ---- */

static ls_status match_header(ls_table *t, bool need_targets)
{
    const ls_encoding *e = t->encoding;
    ls_dictionary names = {0};
    ls_status status = LS_OK;
    for (int64_t i = 0; i < e->count; i++) {
        int64_t number;
        const char *name = ls_column_called(&e->column[i]);
        LS_TRY_CLEANUP(ls_dictionary_add(&names, name, (int64_t)strlen(name), &number));
    }
    for (int64_t i = 0; i < t->fields; i++) {
        char number[24];
        const char *name;
        int64_t length;
        ls_table_name_of(t->csv, i, number, &name, &length);
        const int64_t column = ls_dictionary_find(&names, name, length);
        if (column < 0 || e->column[column].role == LS_ROLE_IGNORED)
            continue;
        if (t->field[column] > 0)
            LS_TRY_CLEANUP(ls_csv_fail(t->csv, "the header has the column '%s' twice", e->column[column].name));
        t->column[i] = &e->column[column];
        t->field[column] = i + 1;
    }
    t->targets = e->targets > 0;
    for (int64_t i = 0; i < e->count; i++)
        t->targets = t->targets && (t->field[i] > 0 || e->column[i].role != LS_ROLE_TARGET);
    status = ls_table_check_header(t, need_targets);
cleanup:
    ls_dictionary_free(&names);
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
        t->column[field++] = e->column[i].role == LS_ROLE_IGNORED ? NULL : &e->column[i];
        t->field[i] = field;
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
    LS_TRY(ls_memory_allocate(&t->field, t->encoding->count, sizeof *t->field, "columns"));
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

static ls_status mark_plain(ls_table *t)
{
    const bool plain = ls_fields_are_plain(&t->encoding->fields);
    LS_TRY(ls_memory_allocate(&t->is_plain, t->fields, sizeof *t->is_plain, "columns"));
    for (int64_t i = 0; i < t->fields; i++)
        t->is_plain[i] = plain && t->column[i] != NULL && t->column[i]->role == LS_ROLE_FEATURE &&
                         t->column[i]->kind == LS_COLUMN_NUMBER;
    return LS_OK;
}

ls_status ls_table_open(const char *path, const ls_csv_style *style, const ls_encoding *encoding, bool need_targets,
                        ls_table **table)
{
    ls_table *t;
    *table = NULL;
    LS_TRY(ls_memory_allocate(&t, 1, sizeof *t, "table"));
    t->encoding = encoding;
    ls_status status = ls_csv_open(path, style, &t->csv);
    if (status == LS_OK)
        status = match(t, need_targets);
    if (status == LS_OK)
        status = mark_plain(t);
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
    ls_unknown_free(&table->unknown);
    ls_text_free(&table->alike);
    ls_memory_free(table->column);
    ls_memory_free(table->is_plain);
    ls_memory_free(table->field);
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

void ls_table_ignore_unknown(ls_table *table)
{
    table->unknown.ignored = true;
}

const ls_unknown *ls_table_unknown(const ls_table *table)
{
    return &table->unknown;
}

/* ---- values ---- */

static ls_status wrong_value(const ls_table *t, const ls_column *c, const ls_csv_field *field, const char *expected)
{
    const int64_t shown = field->length < 40 ? field->length : 40;
    ls_text text = {0};
    ls_visible_put(field->text, (size_t)shown, &text);
    const ls_status status = ls_csv_fail(t->csv, "column '%s' has '%s'%s, expected %s", c->name, ls_text_string(&text),
                                         shown < field->length ? "..." : "", expected);
    ls_text_free(&text);
    return status;
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
    char expected[320];
    (void)snprintf(expected, sizeof expected, "one of the categories it was converted with: %s%s", known,
                   c->role == LS_ROLE_FEATURE ? "; --unknown ignore takes it as none of them" : "");
    return wrong_value(t, c, field, expected);
}

static ls_status put_category(const ls_table *t, const ls_column *c, const ls_csv_field *field, float *x)
{
    const bool missing = ls_fields_is_missing(&t->encoding->fields, field->text, field->length);
    int64_t number = missing ? -1 : ls_dictionary_find(&c->categories, field->text, field->length);
    const bool unknown = !missing && number < 0;
    if (unknown && !t->unknown.ignored)
        return unknown_category(t, c, field);
    if (unknown)
        number = c->categories.count;
    if (c->kind == LS_COLUMN_CODES) {
        x[c->first] = missing ? NAN : (float)number;
        return LS_OK;
    }
    for (int64_t k = 0; k < c->categories.count; k++)
        x[c->first + k] = missing ? NAN : 0.0f;
    if (!missing && !unknown)
        x[c->first + number] = 1.0f;
    return LS_OK;
}

/* Digits that float32 has no room for. */
static ls_status too_large(const ls_table *t, const ls_column *c, const ls_csv_field *field)
{
    ls_text expected = {0};
    ls_text_append(&expected, "a number of at most 3.4e38, as float32 has them");
    if (c->role == LS_ROLE_FEATURE) {
        ls_text_append(&expected, "; --missing-values ");
        ls_shell_put_item(&expected, "%.*s", (int)field->length, field->text);
        ls_text_append(&expected, " takes it as no value");
    }
    const ls_status status = wrong_value(t, c, field, ls_text_string(&expected));
    ls_text_free(&expected);
    return status;
}

/* Where it is a number in another way of writing, the options that read it. */
static ls_status no_number(const ls_table *t, const ls_column *c, const ls_csv_field *field)
{
    char sign[8];
    ls_text expected = {0};
    const ls_fields *fields = &t->encoding->fields;
    if (ls_fields_is_beyond(fields, field->text, field->length))
        return too_large(t, c, field);
    const unsigned writings = ls_almost_number(field->text, field->length, sign);
    const int way = sign[0] != '\0' ? -1 : ls_almost_choose(writings, fields, false);
    ls_text_append(&expected, "a number");
    if (way >= 0) {
        ls_text_printf(&expected, "; numbers with %s are read with ", ls_almost_name(way));
        ls_almost_put_options(way, fields, &expected);
    } else if (sign[0] != '\0' && writings != 0) {
        ls_text_printf(&expected, " without '%s'", sign);
    }
    const ls_status status = wrong_value(t, c, field, ls_text_string(&expected));
    ls_text_free(&expected);
    return status;
}

/* "inf" is what it says. */
static ls_status check_endless(const ls_table *t, const ls_column *c, const ls_csv_field *field)
{
    bool digits = false;
    for (int64_t i = 0; i < field->length; i++)
        digits = digits || (unsigned char)(field->text[i] - '0') < 10;
    return digits ? too_large(t, c, field) : LS_OK;
}

/* A number or a moment in float64; LS_FIELD_TEXT when the field is neither. */
static ls_field_kind read_value(const ls_table *t, const ls_column *c, const ls_csv_field *field, double *value,
                                ls_date *date)
{
    const ls_fields *fields = &t->encoding->fields;
    if (c->kind != LS_COLUMN_DATE)
        return ls_fields_read(fields, field->text, field->length, value);
    if (ls_fields_is_missing(fields, field->text, field->length))
        return LS_FIELD_MISSING;
    if (!ls_date_parse(c->date_format, field->text, field->length, date))
        return LS_FIELD_TEXT;
    *value = ls_date_value(date, LS_DATE_DAYS);
    return LS_FIELD_REAL;
}

/* The features of a date whose parts they are. */
static void put_parts(const ls_column *c, const ls_date *date, bool missing, float *x)
{
    int64_t k = c->first;
    for (int i = 0; i < LS_DATE_PARTS; i++) {
        if ((c->date_parts >> i & 1) == 0)
            continue;
        const double offset = i == LS_DATE_DAYS ? c->offset : 0;
        x[k++] = missing ? NAN : (float)(ls_date_value(date, (ls_date_part)i) - offset);
    }
}

/* As float32; a number beyond it would be endless, which only a field that says so is. */
static inline ls_status put_number(const ls_table *t, const ls_column *c, const ls_csv_field *field, double value,
                                   float *to)
{
    *to = (float)(value - c->offset);
    return isinf(*to) ? check_endless(t, c, field) : LS_OK;
}

/* A feature that is no category. */
static ls_status put_value(const ls_table *t, const ls_column *c, const ls_csv_field *field, float *x)
{
    double value = 0;
    ls_date date;
    const ls_field_kind kind = read_value(t, c, field, &value, &date);
    if (kind == LS_FIELD_TEXT) {
        char expected[160];
        (void)snprintf(expected, sizeof expected, "a date of the form %s",
                       c->date_format == NULL ? "2021-03-04 12:30:00 (ISO 8601)" : c->date_format);
        return c->kind == LS_COLUMN_DATE ? wrong_value(t, c, field, expected) : no_number(t, c, field);
    }
    if (c->kind == LS_COLUMN_DATE && c->date_parts != 0)
        put_parts(c, &date, kind == LS_FIELD_MISSING, x);
    else if (kind == LS_FIELD_MISSING)
        x[c->first] = NAN;
    else
        return put_number(t, c, field, value, &x[c->first]);
    return LS_OK;
}

static ls_status put_target(const ls_table *t, const ls_column *c, const ls_csv_field *field, double *y)
{
    double value = 0;
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
    if (ls_fields_read(&t->encoding->fields, field->text, field->length, &value) == LS_FIELD_TEXT)
        return no_number(t, c, field);
    float narrow = 0;
    if (c->kind != LS_COLUMN_INTEGER)
        LS_TRY(put_number(t, c, field, value, &narrow));
    y[c->first] = c->kind == LS_COLUMN_INTEGER ? value : (double)narrow;
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
    double value;
    for (int64_t i = 0; i < t->fields; i++) {
        const ls_column *c = t->column[i];
        if (t->is_plain[i] && x != NULL && /* nearly all */
            ls_decimal_parse(field[i].text, field[i].text + field[i].length, &value) != LS_DECIMAL_NONE) {
            LS_TRY(put_number(t, c, &field[i], value, &x[c->first]));
            continue;
        }
        if (c == NULL || c->role > LS_ROLE_TARGET)
            continue;
        if (c->role == LS_ROLE_TARGET) {
            if (y != NULL)
                LS_TRY(put_target(t, c, &field[i], y));
            continue;
        }
        if (x == NULL)
            continue;
        LS_TRY(c->kind >= LS_COLUMN_ONEHOT ? put_category(t, c, &field[i], x) : put_value(t, c, &field[i], x));
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
        if (table->passed % LS_TABLE_STRIDE == 0)
            LS_TRY(ls_halt());
        table->passed++;
        if (table->missing == LS_TABLE_DROPPED && ls_csv_count(table->csv) == table->fields && lacks_target(table))
            continue;
        LS_TRY(
            put_record(table, x == NULL ? NULL : x + *rows * e->features, y == NULL ? NULL : y + *rows * e->targets));
        if (table->watch != NULL)
            LS_TRY(table->watch(table->user, table));
        (*rows)++;
    }
    return LS_OK;
}
