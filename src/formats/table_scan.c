/* Scanning tables. A column is one of numbers until a field shows otherwise. */
#include "formats/table_scan.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "formats/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whole numbers up to here are exact as doubles. */
#define EXACT 9007199254740992.0
/* Records between two questions whether to stop. */
#define ASK_EVERY 4096

typedef struct scan {
    ls_csv *csv;
    const ls_table_wishes *wishes;
    ls_encoding *encoding;
    ls_table_facts *facts;
    bool *text;       /* (columns) holds something that is no number */
    bool *real;       /* (columns) holds a number that is not whole */
    int64_t *numbers; /* (columns) so far */
    bool again;       /* a column of text began with numbers, so its categories are not all known */
} scan;

/* ---- names ---- */

static ls_status name_column(scan *s, int64_t i, const char *name, int64_t length)
{
    char number[24];
    if (length == 0) {
        length = snprintf(number, sizeof number, "%lld", (long long)i + 1);
        name = number;
    }
    ls_column *c = &s->encoding->column[i];
    LS_TRY(ls_memory_allocate(&c->name, length + 1, 1, "name of a column"));
    memcpy(c->name, name, (size_t)length);
    if (!ls_utf8_valid(c->name))
        return ls_csv_fail(s->csv,
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

static ls_status check_unique(const scan *s)
{
    ls_dictionary names = {0};
    ls_status status = LS_OK;
    for (int64_t i = 0; i < s->encoding->count && status == LS_OK; i++) {
        int64_t number;
        const char *name = s->encoding->column[i].name;
        status = ls_dictionary_add(&names, name, (int64_t)strlen(name), &number);
        if (status == LS_OK && number != i)
            status = ls_csv_fail(s->csv,
                                 "columns %lld and %lld are both called '%s'; rename one, or give --header off if this "
                                 "is no header",
                                 (long long)number + 1, (long long)i + 1, name);
    }
    ls_dictionary_free(&names);
    return status;
}

/* The first record: number and names of columns. Leaves the reader in front of the first row. */
static ls_status read_header(scan *s)
{
    ls_encoding *e = s->encoding;
    bool more;
    LS_TRY(ls_csv_next(s->csv, &more));
    if (!more)
        return ls_fail(LS_ERR_DATA, "%s: has no rows", ls_csv_path(s->csv));
    const int64_t count = ls_csv_count(s->csv);
    e->header = s->wishes->header == LS_HEADER_AUTO ? looks_like_header(s->csv) : s->wishes->header == LS_HEADER_ON;
    LS_TRY(ls_memory_allocate(&e->column, count, sizeof *e->column, "columns"));
    e->count = count;
    for (int64_t i = 0; i < count; i++) {
        const ls_csv_field *field = &ls_csv_fields(s->csv)[i];
        LS_TRY(e->header ? name_column(s, i, field->text, field->length) : name_column(s, i, "", 0));
    }
    return check_unique(s);
}

/* In front of the first row. */
static ls_status to_first_row(scan *s)
{
    bool more;
    LS_TRY(ls_csv_seek(s->csv, 0, 1));
    return s->encoding->header ? ls_csv_next(s->csv, &more) : LS_OK;
}

/* ---- roles ---- */

static void list_columns(const ls_encoding *e, ls_text *text)
{
    for (int64_t i = 0; i < e->count && i < 40; i++) {
        ls_text_printf(text, "%s%lld", i > 0 ? ", " : "", (long long)i + 1);
        if (e->header)
            ls_text_printf(text, " %s", e->column[i].name);
    }
    if (e->count > 40)
        ls_text_printf(text, " and %lld more", (long long)(e->count - 40));
}

static const char *column_name_at(const void *context, size_t i)
{
    return ((const ls_encoding *)context)->column[i].name;
}

static ls_status no_such_column(const scan *s, const char *option, const char *word)
{
    ls_text text = {0};
    const char *near = ls_parse_nearest(word, (size_t)s->encoding->count, column_name_at, s->encoding);
    if (near != NULL && s->encoding->header)
        ls_text_printf(&text, "; did you mean '%s'?", near);
    ls_text_append(&text, "; the columns are ");
    list_columns(s->encoding, &text);
    const ls_status status = ls_fail(LS_ERR_USAGE, "--%s: %s has no column '%s'%s", option, ls_csv_path(s->csv), word,
                                     ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

/* A name goes before a number; numbers count from 1, and from the end when negative. */
static ls_status find_column(const scan *s, const char *option, const char *word, int64_t *column)
{
    const ls_encoding *e = s->encoding;
    for (*column = 0; *column < e->count; (*column)++)
        if (strcmp(e->column[*column].name, word) == 0)
            return LS_OK;
    int64_t number;
    if (!ls_parse_int64(word, &number) || number == 0 || number > e->count || number < -e->count)
        return no_such_column(s, option, word);
    *column = number > 0 ? number - 1 : e->count + number;
    return LS_OK;
}

/* Gives all columns of a list a role. A name with a comma in it is written in the list with quotes around it. */
static ls_status assign(scan *s, const char *option, const char *list, ls_column_role role)
{
    char word[LS_TEXT_MAX];
    while (*list != '\0') {
        size_t length = 0;
        bool quoted = false;
        list += strspn(list, " ");
        for (; *list != '\0' && (quoted || *list != ','); list++) {
            if (*list == '"')
                quoted = !quoted;
            else
                word[length++] = *list; /* the option's text is no longer than LS_TEXT_MAX */
        }
        while (length > 0 && word[length - 1] == ' ')
            length--;
        word[length] = '\0';
        list += *list == ',';
        int64_t column;
        LS_TRY(find_column(s, option, word, &column));
        if (s->encoding->column[column].role != LS_ROLE_FEATURE && s->encoding->column[column].role != role)
            return ls_fail(LS_ERR_USAGE, "column '%s' is in --target and in --ignore",
                           s->encoding->column[column].name);
        s->encoding->column[column].role = role;
    }
    return LS_OK;
}

static ls_status default_target(scan *s)
{
    static const char *const names[] = {"target", "label", "labels", "class", "y"};
    ls_encoding *e = s->encoding;
    ls_column *found = NULL;
    int64_t matches = 0;
    for (int64_t i = 0; i < e->count; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (strcasecmp(e->column[i].name, names[k]) == 0 && e->column[i].role == LS_ROLE_FEATURE) {
                found = &e->column[i];
                matches++;
            }
    if (matches == 1) {
        found->role = LS_ROLE_TARGET;
        return LS_OK;
    }
    ls_text text = {0};
    list_columns(e, &text);
    const ls_status status =
        ls_fail(LS_ERR_USAGE,
                "%s: which column is the target? Give --target with its name or number (or none); the columns are %s",
                ls_csv_path(s->csv), ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

static ls_status assign_roles(scan *s)
{
    LS_TRY(assign(s, "ignore", s->wishes->ignore, LS_ROLE_IGNORED));
    if (s->wishes->target[0] == '\0')
        LS_TRY(default_target(s));
    else if (strcmp(s->wishes->target, "none") != 0)
        LS_TRY(assign(s, "target", s->wishes->target, LS_ROLE_TARGET));
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role == LS_ROLE_FEATURE)
            return LS_OK;
    return ls_fail(LS_ERR_USAGE, "%s: no column is left for the features", ls_csv_path(s->csv));
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

static ls_status take_record(scan *s)
{
    const ls_csv_field *field = ls_csv_fields(s->csv);
    if (ls_csv_count(s->csv) != s->encoding->count)
        return wrong_count(s);
    if (s->wishes->drop && lacks_target(s, field)) {
        s->facts->dropped++;
        return LS_OK;
    }
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role <= LS_ROLE_TARGET)
            LS_TRY(take_field(s, i, &field[i]));
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
    for (int64_t i = 0; i < e->count; i++) {
        ls_column *c = &e->column[i];
        const bool target = c->role == LS_ROLE_TARGET;
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

static ls_status scan_open(scan *s)
{
    ls_status status;
    LS_TRY(read_header(s));
    const int64_t count = s->encoding->count;
    LS_TRY(assign_roles(s));
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
