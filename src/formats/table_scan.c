/* Scanning tables. A column is one of numbers until a field shows otherwise. */
#include "formats/table_scan.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "formats/csv.h"
#include "formats/table_head.h"
#include "formats/table_roles.h"

#include <math.h>
#include <string.h>

/* Whole numbers up to here are exact as doubles. */
#define EXACT 9007199254740992.0
/* Records between two questions whether to stop. */
#define ASK_EVERY 4096

typedef struct scan {
    ls_csv *csv;
    const ls_table_wishes *wishes;
    ls_encoding *encoding;
    ls_table_facts *facts;
    bool *text;           /* (columns) holds something that is no number */
    bool *real;           /* (columns) holds a number that is not whole */
    int64_t *numbers;     /* (columns) so far */
    bool again;           /* a column of text began with numbers, so its categories are not all known */
    bool unnamed;         /* the first column is a feature without a name of its own in the header */
    int64_t counted_from; /* its first number, while it counts the rows; -1: it does not */
} scan;

/* In front of the first row. */
static ls_status to_first_row(scan *s)
{
    bool more;
    LS_TRY(ls_csv_seek(s->csv, 0, 1));
    return s->encoding->header ? ls_csv_next(s->csv, &more) : LS_OK;
}

/* ---- fields ---- */

static ls_status too_many(const scan *s, const ls_column *c, int64_t most)
{
    if (c->role == LS_ROLE_TARGET)
        return ls_csv_fail(s->csv, "the target '%s' has more than %lld different texts; is it a class?", c->name,
                           (long long)most);
    return ls_csv_fail(
        s->csv,
        "column '%s' has more than %lld different texts, each of which would become %s; leave it out with "
        "--ignore '%s'%s",
        c->name, (long long)most, s->wishes->codes ? "a code" : "a feature", c->name,
        s->wishes->codes ? "" : ", or give --categorical codes");
}

static ls_status add_category(const scan *s, ls_column *c, const ls_csv_field *field)
{
    int64_t number;
    const int64_t before = c->categories.count;
    const int64_t most = s->wishes->codes || c->role == LS_ROLE_TARGET ? LS_CODES_MOST : LS_ONEHOT_MOST;
    LS_TRY(ls_dictionary_add(&c->categories, field->text, field->length, &number));
    if (number < before)
        return LS_OK;
    if (!ls_utf8_valid(c->categories.text[number]))
        return ls_csv_fail(s->csv,
                           "the text in column '%s' is not UTF-8; convert the file, for example with iconv -f "
                           "LATIN1 -t UTF-8",
                           c->name);
    return c->categories.count > most ? too_many(s, c, most) : LS_OK;
}

/* A field of a column that may still be one of numbers. */
static ls_status take_number(scan *s, int64_t i, const ls_csv_field *field)
{
    ls_column *c = &s->encoding->column[i];
    const char *end = field->text + field->length;
    double value = 0;
    const ls_decimal_form form =
        c->role == LS_ROLE_TARGET ? ls_decimal_parse(field->text, end, &value) : ls_decimal_form_of(field->text, end);
    if (form == LS_DECIMAL_NONE)
        return LS_ERR_DATA; /* for the caller, without a message */
    s->numbers[i]++;
    s->real[i] = s->real[i] || form == LS_DECIMAL_REAL || fabs(value) > EXACT;
    if (c->role == LS_ROLE_TARGET) {
        s->facts->least = value < s->facts->least ? value : s->facts->least;
        s->facts->most = value > s->facts->most ? value : s->facts->most;
    }
    return LS_OK;
}

static ls_status take_field(scan *s, int64_t i, const ls_csv_field *field)
{
    ls_column *c = &s->encoding->column[i];
    if (!s->text[i] && take_number(s, i, field) == LS_OK)
        return LS_OK;
    if (ls_fields_is_missing(&s->encoding->fields, field->text, field->length)) {
        s->facts->missing[i]++;
        if (c->role == LS_ROLE_TARGET)
            return ls_csv_fail(s->csv,
                               "the target '%s' is missing ('%.*s'), and a row without a target cannot be used; "
                               "--missing drop leaves such rows out",
                               c->name, (int)field->length, field->text);
        return LS_OK;
    }
    if (!s->text[i]) {
        s->text[i] = true;
        s->again = s->again || s->numbers[i] > 0;
    }
    return add_category(s, c, field);
}

static bool lacks_target(const scan *s, const ls_csv_field *field)
{
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role == LS_ROLE_TARGET &&
            ls_fields_is_missing(&s->encoding->fields, field[i].text, field[i].length))
            return true;
    return false;
}

/* R's write.table leaves the names of the rows without a name of their column. */
static ls_status wrong_count(const scan *s)
{
    const ls_encoding *e = s->encoding;
    const int64_t count = ls_csv_count(s->csv);
    if (e->header && s->facts->rows + s->facts->dropped == 0 && count == e->count + 1)
        return ls_csv_fail(s->csv,
                           "has %lld fields, but the header names %lld columns, as R's write.table does it with row "
                           "names; write the table with row.names=FALSE, or with col.names=NA and give --ignore 1",
                           (long long)count, (long long)e->count);
    return ls_csv_fail(s->csv, "has %lld fields, expected %lld", (long long)count, (long long)e->count);
}

/* Whether the first column still counts the rows, as a data frame's index does that was written without a name: pandas
 * leaves the name empty, and calls such a column "Unnamed: 0" when it has read one. */
static void watch_counter(scan *s, const ls_csv_field *field)
{
    int64_t number;
    const int64_t row = s->facts->rows + s->facts->dropped;
    if (row == 0)
        s->counted_from = ls_beside_integer(field, &number) && (number == 0 || number == 1) ? number : -1;
    if (s->counted_from >= 0 && (!ls_beside_integer(field, &number) || number != row + s->counted_from))
        s->counted_from = -1;
    s->facts->counter = s->counted_from >= 0 && row >= 2; /* 0 and 1 alone may be anything */
}

static ls_status take_record(scan *s)
{
    const ls_csv_field *field = ls_csv_fields(s->csv);
    if (ls_csv_count(s->csv) != s->encoding->count)
        return wrong_count(s);
    if (s->unnamed)
        watch_counter(s, &field[0]);
    if (s->wishes->drop && lacks_target(s, field)) {
        s->facts->dropped++;
        return LS_OK;
    }
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role <= LS_ROLE_TARGET)
            LS_TRY(take_field(s, i, &field[i]));
    for (int i = 0; i < s->facts->besides; i++) {
        ls_beside *b = &s->facts->beside[i];
        LS_TRY(ls_beside_see(s->csv, s->encoding, b, &field[b->column], &s->again));
    }
    s->facts->rows++;
    return LS_OK;
}

static ls_status fail_empty(const scan *s)
{
    if (s->facts->dropped > 0)
        return ls_fail(LS_ERR_DATA, "%s: every one of its %lld rows lacks a target, so --missing drop leaves nothing",
                       ls_csv_path(s->csv), (long long)s->facts->dropped);
    return ls_fail(LS_ERR_DATA, "%s: has %s", ls_csv_path(s->csv),
                   s->encoding->header ? "a header and no rows" : "no rows");
}

static ls_status take_rows(scan *s)
{
    const ls_encoding *e = s->encoding;
    bool more;
    int64_t records = 0;
    s->facts->rows = s->facts->dropped = 0;
    s->facts->least = INFINITY;
    s->facts->most = -INFINITY;
    s->again = false;
    memset(s->facts->missing, 0, (size_t)e->count * sizeof *s->facts->missing);
    memset(s->numbers, 0, (size_t)e->count * sizeof *s->numbers);
    LS_TRY(to_first_row(s));
    for (;;) {
        LS_TRY(ls_csv_next(s->csv, &more));
        if (!more)
            break;
        LS_TRY(take_record(s));
        if (records++ % ASK_EVERY == 0 && s->wishes->stop != NULL && s->wishes->stop(s->wishes->user))
            return ls_fail(LS_STOPPED, "stopped");
    }
    return s->facts->rows == 0 ? fail_empty(s) : LS_OK;
}

/* ---- kinds ---- */

static ls_status choose_kinds(scan *s)
{
    ls_encoding *e = s->encoding;
    for (int i = 0; i < s->facts->besides; i++)
        ls_beside_settle(e, &s->facts->beside[i]);
    for (int64_t i = 0; i < e->count; i++) {
        ls_column *c = &e->column[i];
        const bool target = c->role == LS_ROLE_TARGET;
        if (c->role > LS_ROLE_TARGET)
            continue;
        if (s->text[i])
            c->kind = target ? LS_COLUMN_CLASSES : s->wishes->codes ? LS_COLUMN_CODES : LS_COLUMN_ONEHOT;
        else
            c->kind = target && !s->real[i] ? LS_COLUMN_INTEGER : LS_COLUMN_NUMBER;
        ls_dictionary_sort(&c->categories);
    }
    ls_encoding_number(e);
    const ls_column *classes = ls_encoding_classes(e);
    if (e->targets > 1 && classes != NULL)
        return ls_fail(LS_ERR_DATA,
                       "%s: the target '%s' is text and there are %lld targets; only a single target can be a class",
                       ls_csv_path(s->csv), classes->name, (long long)e->targets);
    return LS_OK;
}

/* A column without a name in the header is called by its place. */
static bool has_unnamed_front(const ls_encoding *e)
{
    const ls_column *c = &e->column[0];
    return c->role == LS_ROLE_FEATURE &&
           (!e->header || strcmp(c->name, "1") == 0 || strcmp(c->name, "Unnamed: 0") == 0);
}

static ls_status scan_open(scan *s)
{
    ls_status status;
    LS_TRY(ls_table_read_head(s->csv, s->wishes->header, s->encoding));
    const int64_t count = s->encoding->count;
    LS_TRY(ls_table_assign_roles(ls_csv_path(s->csv), s->wishes, s->encoding));
    s->facts->besides = ls_beside_list(s->encoding, s->facts->beside);
    s->unnamed = has_unnamed_front(s->encoding);
    LS_TRY_CLEANUP(ls_memory_allocate(&s->facts->missing, count, sizeof *s->facts->missing, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&s->text, count, sizeof *s->text, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&s->real, count, sizeof *s->real, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&s->numbers, count, sizeof *s->numbers, "columns"));
    LS_TRY_CLEANUP(take_rows(s));
    if (s->again) /* now that it is known which columns are text, all their fields are */
        LS_TRY_CLEANUP(take_rows(s));
    status = choose_kinds(s);
cleanup:
    ls_memory_free(s->text);
    ls_memory_free(s->real);
    ls_memory_free(s->numbers);
    return status;
}

ls_status ls_table_scan(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts)
{
    scan s = {.wishes = wishes, .encoding = encoding, .facts = facts};
    memset(encoding, 0, sizeof *encoding);
    memset(facts, 0, sizeof *facts);
    LS_TRY(ls_csv_open(path, wishes->delimiter, &s.csv));
    const ls_status status = scan_open(&s);
    ls_csv_close(s.csv);
    if (status != LS_OK) {
        ls_encoding_free(encoding);
        ls_memory_free(facts->missing);
        facts->missing = NULL;
    }
    return status;
}
