/* Scanning tables. A column is one of numbers until a field shows otherwise. */
#include "formats/table_scan.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/shell.h"
#include "base/utf8.h"
#include "formats/dates.h"
#include "formats/table_counter.h"
#include "formats/table_dates.h"
#include "formats/table_head.h"
#include "formats/table_refuse.h"
#include "formats/table_roles.h"

#include <math.h>
#include <string.h>

/* Whole numbers below are exact as doubles, and no others are read as them. */
#define EXACT_END 9007199254740992.0
/* Records between two questions whether to stop. */
#define ASK_EVERY 4096
/* Records that are still looked at when it is clear that the table is refused, so that all reasons are told at once. */
#define LOOK_ON 100000

typedef struct scan {
    ls_csv *csv;
    const ls_table_wishes *wishes;
    ls_encoding *encoding;
    ls_table_facts *facts;
    ls_table_dates dates;
    bool plain;         /* fields->missing and the like ask nothing of numbers */
    int64_t last;       /* records at which to end; -1: none */
    int64_t first_line; /* of the first row that is kept */
    bool again;         /* not all texts of some column are known yet */
    ls_table_counter counter;
} scan;

/* In front of the first row. */
static ls_status to_first_row(scan *s)
{
    bool more;
    LS_TRY(ls_csv_rewind(s->csv));
    return s->encoding->header ? ls_csv_next(s->csv, &more) : LS_OK;
}

/* ---- fields ---- */

/* A text that is new, of a column that has room for no more, is left out and remembered. */
static ls_status add_category(scan *s, int64_t i, const ls_csv_field *field)
{
    int64_t number;
    ls_column *c = &s->encoding->column[i];
    const int64_t before = c->categories.count, most = ls_table_categories_most(s->wishes, c->role);
    if (before >= most) {
        s->facts->gathered[i].full =
            s->facts->gathered[i].full || ls_dictionary_find(&c->categories, field->text, field->length) < 0;
        return LS_OK;
    }
    LS_TRY(ls_dictionary_add(&c->categories, field->text, field->length, &number));
    if (number == before && !ls_utf8_valid(c->categories.text[number]))
        return ls_csv_fail(s->csv,
                           "the text in column '%s' is not UTF-8; convert the file, for example with iconv -f "
                           "LATIN1 -t UTF-8",
                           c->name);
    return LS_OK;
}

static ls_status fail_missing_target(const scan *s, int64_t i, const ls_csv_field *field)
{
    const ls_gathered *g = &s->facts->gathered[i];
    const int length = field->length < 40 ? (int)field->length : 40;
    ls_text keep = {0};
    if (length > 0 && g->numbers + g->dates == 0) {
        ls_text_printf(&keep, "; if '%.*s' is a class, --missing-values ", length, field->text);
        ls_shell_put_item(&keep, "!%.*s", length, field->text);
        ls_text_append(&keep, " takes it as one");
    }
    const ls_status status = ls_csv_fail(s->csv,
                                         "the target '%s' is missing ('%.*s'), and a row without a target cannot be "
                                         "used; --missing drop leaves such rows out%s",
                                         s->encoding->column[i].name, length, field->text, ls_text_string(&keep));
    ls_text_free(&keep);
    return status;
}

static ls_status take_target(scan *s, int64_t i, double value)
{
    ls_gathered *g = &s->facts->gathered[i];
    if (fabs(value) >= EXACT_END) { /* which may be a neighbour, rounded */
        g->real = true;
        s->facts->far_line = s->facts->far_line > 0 ? s->facts->far_line : ls_csv_line(s->csv);
    }
    s->facts->least = value < s->facts->least ? value : s->facts->least;
    s->facts->most = value > s->facts->most ? value : s->facts->most;
    return LS_OK;
}

/* Of a column that is what it is in another table. */
static ls_status take_like(scan *s, int64_t i, const ls_csv_field *field, bool *first)
{
    const bool target = s->encoding->column[i].role == LS_ROLE_TARGET;
    double value = 0;
    if (ls_fields_is_missing(&s->encoding->fields, field->text, field->length)) {
        s->facts->missing[i]++;
        return target ? fail_missing_target(s, i, field) : LS_OK;
    }
    const ls_field_kind kind =
        target ? ls_fields_read(&s->encoding->fields, field->text, field->length, &value) : LS_FIELD_MISSING;
    s->facts->gathered[i].real = s->facts->gathered[i].real || kind == LS_FIELD_REAL;
    if (kind >= LS_FIELD_INTEGER)
        LS_TRY(take_target(s, i, value));
    return ls_table_like_see(s->wishes->like, i, field, first);
}

/* What nearly all fields are: numbers of a feature that has had nothing but numbers, in the usual way of writing. */
static inline bool take_plain(const scan *s, ls_gathered *g, const ls_csv_field *field)
{
    if (g->state != LS_GATHERED_NUMBERS)
        return false;
    const ls_decimal_form form = ls_decimal_form_of(field->text, field->text + field->length);
    g->numbers += form != LS_DECIMAL_NONE;
    g->real = g->real || form == LS_DECIMAL_REAL;
    if (form == LS_DECIMAL_INTEGER && field->text[0] == '0')
        ls_table_gather_padding(g, field, ls_csv_line(s->csv));
    return form != LS_DECIMAL_NONE;
}

static ls_status take_field(scan *s, int64_t i, const ls_csv_field *field)
{
    ls_gathered *g = &s->facts->gathered[i];
    const bool target = s->encoding->column[i].role == LS_ROLE_TARGET;
    double value = 0;
    if (s->dates.any.count > 0 && g->numbers == 0)
        ls_table_gather_digits(g, &s->dates.any, field);
    const ls_field_kind kind = ls_table_gather(g, &s->encoding->fields, &s->dates.any, field, ls_csv_line(s->csv),
                                               s->facts->rows == 0, target ? &value : NULL);
    if (kind == LS_FIELD_MISSING) {
        s->facts->missing[i]++;
        return target ? fail_missing_target(s, i, field) : LS_OK;
    }
    if (target && kind >= LS_FIELD_INTEGER)
        LS_TRY(take_target(s, i, value));
    return g->state == LS_GATHERED_TEXTS && !g->told ? add_category(s, i, field) : LS_OK;
}

/* ---- records ---- */

static bool lacks_target(const scan *s, const ls_csv_field *field, const ls_csv_field **missing)
{
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role == LS_ROLE_TARGET &&
            ls_fields_is_missing(&s->encoding->fields, field[i].text, field[i].length)) {
            *missing = &field[i];
            return true;
        }
    return false;
}

/* Remembers the word that all rows without a target have in common: it may be a class. */
static void drop(scan *s, const ls_csv_field *missing)
{
    char *word = s->facts->dropped_word;
    const bool fits = missing->length > 0 && missing->length < (int64_t)sizeof s->facts->dropped_word;
    if (s->facts->dropped++ == 0 && fits)
        memcpy(word, missing->text, (size_t)missing->length);
    else if (!fits || strlen(word) != (size_t)missing->length || memcmp(word, missing->text, strlen(word)) != 0)
        memset(word, 0, sizeof s->facts->dropped_word);
}

/* Numbers with a decimal comma between commas are two fields each. */
static bool has_split_numbers(const scan *s)
{
    const ls_csv_field *field = ls_csv_fields(s->csv);
    const int64_t count = ls_csv_count(s->csv);
    bool numbers = s->wishes->style.delimiter == ',' && count == 2 * s->encoding->count;
    for (int64_t i = 0; i < count && numbers; i++)
        numbers = ls_decimal_form_of(field[i].text, field[i].text + field[i].length) == LS_DECIMAL_INTEGER;
    return numbers;
}

/* R's write.table leaves the names of the rows without a name of their column. */
static ls_status wrong_count(const scan *s)
{
    const ls_encoding *e = s->encoding;
    const ls_csv_field *first = ls_csv_fields(s->csv);
    const int64_t count = ls_csv_count(s->csv);
    if (has_split_numbers(s))
        return ls_csv_fail(s->csv, "has %lld fields, expected %lld; if its numbers have a decimal comma, %s",
                           (long long)count, (long long)e->count,
                           e->count == 1 ? "--delimiter semicolon --decimal , reads them"
                                         : "write the table with semicolons between its fields, and give --decimal ,");
    if (e->header && s->facts->rows + s->facts->dropped == 0 && count == e->count + 1)
        return ls_csv_fail(s->csv,
                           "has %lld fields, but the header names %lld columns, as R's write.table does it with row "
                           "names; write the table with row.names=FALSE, or with col.names=NA and give --ignore 1 (or "
                           "--skip-lines, if that was no header)",
                           (long long)count, (long long)e->count);
    const bool comment = first->length > 0 && strchr("#%", first->text[0]) != NULL;
    return ls_csv_fail(s->csv, "has %lld fields, expected %lld%s%.1s%s", (long long)count, (long long)e->count,
                       comment ? "; if it is a comment, --comment '" : "", comment ? first->text : "",
                       comment ? "' passes over such lines" : "");
}

static ls_status see_beside(scan *s, const ls_csv_field *field)
{
    for (int i = 0; i < s->facts->besides; i++) {
        ls_beside *b = &s->facts->beside[i];
        LS_TRY(ls_beside_see(s->csv, s->encoding, b, &field[b->column], &s->again));
    }
    return LS_OK;
}

static ls_status take_record(scan *s)
{
    const ls_csv_field *field = ls_csv_fields(s->csv), *missing;
    if (ls_csv_count(s->csv) != s->encoding->count)
        return wrong_count(s);
    s->facts->counter = ls_table_counter_see(&s->counter, s->facts->rows + s->facts->dropped, &field[0]);
    if (s->wishes->drop && lacks_target(s, field, &missing)) {
        drop(s, missing);
        return LS_OK;
    }
    if (s->facts->rows == 0)
        s->first_line = ls_csv_line(s->csv);
    bool first = true;
    for (int64_t i = 0; i < s->encoding->count; i++) {
        const ls_column_role role = s->encoding->column[i].role;
        ls_gathered *g = &s->facts->gathered[i];
        if (s->plain && role == LS_ROLE_FEATURE && g->numbers > 0 && take_plain(s, g, &field[i]))
            continue;
        if (role <= LS_ROLE_TARGET)
            LS_TRY(s->wishes->like != NULL ? take_like(s, i, &field[i], &first) : take_field(s, i, &field[i]));
    }
    LS_TRY(see_beside(s, field));
    s->facts->rows++;
    return LS_OK;
}

/* Once more, for the categories of columns that began otherwise. */
static ls_status take_categories(scan *s)
{
    const ls_csv_field *field = ls_csv_fields(s->csv), *missing;
    if (ls_csv_count(s->csv) != s->encoding->count)
        return wrong_count(s);
    if (s->wishes->drop && lacks_target(s, field, &missing))
        return LS_OK;
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role <= LS_ROLE_TARGET && s->facts->gathered[i].late &&
            !ls_fields_is_missing(&s->encoding->fields, field[i].text, field[i].length))
            LS_TRY(add_category(s, i, &field[i]));
    return see_beside(s, field);
}

static ls_status take_rows(scan *s, ls_status (*take)(scan *))
{
    bool more;
    LS_TRY(to_first_row(s));
    for (int64_t records = 0; s->last < 0 || records < s->last; records++) {
        LS_TRY(ls_csv_next(s->csv, &more));
        if (!more)
            break;
        LS_TRY(take(s));
        if (records % ASK_EVERY != 0)
            continue;
        if (s->wishes->stop != NULL && s->wishes->stop(s->wishes->user))
            return ls_fail(LS_STOPPED, "stopped");
        for (int64_t i = 0; i < s->encoding->count && s->last < 0; i++)
            s->last = s->facts->gathered[i].full ? records + LOOK_ON : -1;
    }
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

static ls_status scan_rows(scan *s)
{
    s->again = false;
    s->facts->least = INFINITY;
    s->facts->most = -INFINITY;
    s->last = -1;
    s->plain = ls_fields_are_plain(&s->encoding->fields);
    LS_TRY(take_rows(s, take_record));
    if (s->facts->rows == 0)
        return fail_empty(s);
    if (s->wishes->like != NULL)
        return s->again ? take_rows(s, take_categories) : LS_OK;
    LS_TRY(ls_table_dates_check(ls_csv_path(s->csv), &s->dates, s->encoding, s->facts->gathered));
    LS_TRY(ls_table_refuse(ls_csv_path(s->csv), s->wishes, s->encoding, s->facts, s->first_line));
    for (int64_t i = 0; i < s->encoding->count; i++)
        s->again = s->again || (s->facts->gathered[i].late && s->encoding->column[i].role <= LS_ROLE_TARGET);
    if (!s->again)
        return LS_OK;
    LS_TRY(take_rows(s, take_categories)); /* now that it is known which columns are text, all their fields are */
    for (int64_t i = 0; i < s->encoding->count; i++)
        s->facts->gathered[i].late = false;
    return ls_table_refuse(ls_csv_path(s->csv), s->wishes, s->encoding, s->facts, s->first_line);
}

/* ---- kinds ---- */

static ls_status choose_date(const scan *s, ls_column *c, const ls_gathered *g)
{
    c->kind = LS_COLUMN_DATE;
    c->date_parts = s->wishes->date_parts & (ls_date_is_time(g->format) ? LS_DATE_TIME_PARTS : ~0u);
    if (g->format == NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&c->date_format, (int64_t)strlen(g->format) + 1, 1, "format of a date"));
    strcpy(c->date_format, g->format);
    return LS_OK;
}

/* Targets that were whole numbers there need not be so here. */
static ls_status settle_like(const scan *s)
{
    ls_encoding *e = s->encoding;
    LS_TRY(ls_table_like_settle(s->wishes->like, e));
    for (int64_t i = 0; i < e->count; i++)
        if (e->column[i].kind == LS_COLUMN_INTEGER && s->facts->gathered[i].real)
            e->column[i].kind = LS_COLUMN_NUMBER;
    ls_encoding_number(e);
    return LS_OK;
}

static ls_status check_date_parts(const scan *s)
{
    for (int64_t i = 0; i < s->encoding->count; i++)
        if (s->encoding->column[i].role == LS_ROLE_FEATURE && s->encoding->column[i].kind == LS_COLUMN_DATE)
            return LS_OK;
    return s->wishes->date_parts == 0
               ? LS_OK
               : ls_fail(LS_ERR_USAGE,
                         "--date-parts: no feature of %s is a date; dates that are not written as ISO 8601 has them "
                         "need --date-format",
                         ls_csv_path(s->csv));
}

static ls_status choose_kinds(scan *s)
{
    ls_encoding *e = s->encoding;
    for (int i = 0; i < s->facts->besides; i++)
        ls_beside_settle(e, &s->facts->beside[i]);
    if (s->wishes->like != NULL)
        return settle_like(s);
    for (int64_t i = 0; i < e->count; i++) {
        ls_column *c = &e->column[i];
        const ls_gathered *g = &s->facts->gathered[i];
        const bool target = c->role == LS_ROLE_TARGET;
        if (c->role > LS_ROLE_TARGET)
            continue;
        if (g->state == LS_GATHERED_TEXTS)
            c->kind = target ? LS_COLUMN_CLASSES : s->wishes->codes ? LS_COLUMN_CODES : LS_COLUMN_ONEHOT;
        else if (g->state == LS_GATHERED_DATES && c->role == LS_ROLE_FEATURE)
            LS_TRY(choose_date(s, c, g));
        else
            c->kind = target && !g->real ? LS_COLUMN_INTEGER : LS_COLUMN_NUMBER;
        ls_dictionary_sort(&c->categories);
    }
    LS_TRY(check_date_parts(s));
    ls_encoding_number(e);
    const ls_column *classes = ls_encoding_classes(e);
    if (e->targets > 1 && classes != NULL)
        return ls_fail(LS_ERR_DATA,
                       "%s: the target '%s' is text and there are %lld targets; only a single target can be a class",
                       ls_csv_path(s->csv), classes->name, (long long)e->targets);
    return LS_OK;
}

/* ---- all of it ---- */

/* An option may have named a field of the first line, which was taken as a row. */
static ls_status assign_roles(const scan *s)
{
    char word[LS_TEXT_MAX];
    if (s->wishes->like != NULL)
        return ls_table_like_assign(s->wishes->like, ls_csv_path(s->csv), strcmp(s->wishes->target, "none") != 0,
                                    s->encoding);
    const ls_status status = ls_table_assign_roles(ls_csv_path(s->csv), s->wishes, s->encoding);
    if (status != LS_ERR_USAGE || s->encoding->header)
        return status;
    for (const char *list = s->wishes->target; ls_parse_listed(&list, word, sizeof word);)
        if (ls_table_first_has(s->csv, word))
            return ls_fail(status,
                           "%s; the first line, which was taken as a row, has a field '%s': give --header on if "
                           "it names the columns",
                           ls_error_message(), word);
    return status;
}

static ls_status scan_open(scan *s)
{
    ls_table_facts *f = s->facts;
    if (s->wishes->fields != NULL)
        LS_TRY(ls_fields_copy(s->wishes->fields, &s->encoding->fields));
    LS_TRY(ls_table_read_head(s->csv, s->wishes->header, s->encoding, &f->head));
    LS_TRY(assign_roles(s));
    f->besides = ls_beside_list(s->encoding, f->beside);
    ls_table_counter_start(&s->counter, s->encoding);
    LS_TRY(ls_memory_allocate(&f->missing, s->encoding->count, sizeof *f->missing, "columns"));
    LS_TRY(ls_memory_allocate(&f->gathered, s->encoding->count, sizeof *f->gathered, "columns"));
    LS_TRY(ls_table_dates_take(ls_csv_path(s->csv), s->wishes->date_format, s->encoding, f->gathered, &s->dates));
    if (s->wishes->like == NULL)
        LS_TRY(ls_table_name_categories(ls_csv_path(s->csv), s->wishes->categories, s->encoding, f->gathered));
    LS_TRY(scan_rows(s));
    return choose_kinds(s);
}

void ls_table_facts_free(ls_table_facts *facts)
{
    ls_memory_free(facts->missing);
    ls_memory_free(facts->gathered);
    memset(facts, 0, sizeof *facts);
}

ls_status ls_table_scan(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding, ls_table_facts *facts)
{
    scan s = {.wishes = wishes, .encoding = encoding, .facts = facts};
    memset(encoding, 0, sizeof *encoding);
    memset(facts, 0, sizeof *facts);
    LS_TRY(ls_csv_open(path, &wishes->style, &s.csv));
    const ls_status status = scan_open(&s);
    for (int64_t i = 0; facts->gathered != NULL && i < encoding->count; i++)
        facts->gathered[i].format = facts->gathered[i].digits = NULL; /* which s.dates owns */
    ls_table_dates_free(&s.dates);
    ls_csv_close(s.csv);
    if (status != LS_OK) {
        ls_encoding_free(encoding);
        ls_table_facts_free(facts);
    }
    return status;
}
