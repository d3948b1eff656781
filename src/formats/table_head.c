/* Heads of tables: the names of the columns, and whether there are any. */
#include "formats/table_head.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "formats/almost.h"

#include <stdio.h>
#include <string.h>

/* Rows whose fields say whether the first record is one of them. */
#define LOOK 20
/* So many whole numbers from 0 on are names, whatever is below; fewer only above other numbers than these. */
#define SURE_NAMES 10
/* So many ascending numbers with fractions are wavelengths or the like. */
#define SURE_AXIS 5

void ls_table_name_of(const ls_csv *csv, int64_t i, char number[24], const char **name, int64_t *length)
{
    const ls_csv_field *field = &ls_csv_fields(csv)[i];
    *name = field->text;
    *length = field->length;
    if (i == 0 && !field->quoted && field->length > 2 && field->text[0] == '#' && strchr(" \t", field->text[1]) != NULL)
        for (; *length > 0 && strchr("# \t", **name) != NULL; --*length)
            ++*name;
    if (*length > 0)
        return;
    *length = snprintf(number, 24, "%lld", (long long)i + 1);
    *name = number;
}

static ls_status name_column(const ls_csv *csv, ls_encoding *e, int64_t i)
{
    char number[24];
    const char *name = number;
    int64_t length = 0;
    if (e->header)
        ls_table_name_of(csv, i, number, &name, &length);
    else
        length = snprintf(number, sizeof number, "%lld", (long long)i + 1);
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

/* ---- whether the first record is a header ---- */

/* A field of the first record, and those below it. */
typedef struct place {
    ls_field_kind kind;
    double value;
    bool letter; /* it has one */
    bool real, text;
    int64_t numbers;
} place;

/* The first record as a whole. */
typedef struct first_record {
    int64_t count, numbers, texts, almost, missing;
    bool whole, ascending;
    bool index;       /* 0, 1, 2, ... in all fields */
    bool consecutive; /* whole numbers without a gap */
    int64_t over;     /* texts over numbers alone */
    bool other_below; /* there is something that is no whole number below */
} first_record;

static bool has_letter(const ls_csv_field *field)
{
    for (int64_t i = 0; i < field->length; i++) {
        const unsigned char c = (unsigned char)field->text[i];
        if ((c | 0x20u) - 'a' < 26u || c >= 0x80)
            return true;
    }
    return false;
}

static first_record take_first(const ls_csv *csv, const ls_fields *fields, place *places)
{
    first_record f = {.count = ls_csv_count(csv), .whole = true, .ascending = true, .index = true, .consecutive = true};
    double before = 0;
    for (int64_t i = 0; i < f.count; i++) {
        const ls_csv_field *field = &ls_csv_fields(csv)[i];
        place *p = &places[i];
        char sign[8];
        p->kind = ls_fields_read(fields, field->text, field->length, &p->value);
        p->letter = has_letter(field);
        if (p->kind < LS_FIELD_INTEGER) {
            f.texts += p->kind == LS_FIELD_TEXT;
            f.missing += p->kind == LS_FIELD_MISSING;
            f.almost += p->kind == LS_FIELD_TEXT && ls_almost_number(field->text, field->length, sign) != 0;
            continue;
        }
        f.whole = f.whole && p->kind == LS_FIELD_INTEGER;
        f.index = f.index && p->value == (double)i;
        f.ascending = f.ascending && (f.numbers == 0 || p->value > before);
        f.consecutive = f.consecutive && (f.numbers == 0 || p->value == before + 1);
        before = p->value;
        f.numbers++;
    }
    f.index = f.index && f.numbers == f.count;
    f.consecutive = f.consecutive && f.whole;
    return f;
}

/* Goes on to the rows behind the first record. */
static ls_status take_below(ls_csv *csv, const ls_fields *fields, first_record *f, place *places)
{
    bool more = true;
    for (int row = 0; row < LOOK; row++) {
        LS_TRY(ls_csv_next(csv, &more));
        if (!more)
            break;
        for (int64_t i = 0; i < f->count && i < ls_csv_count(csv); i++) {
            const ls_csv_field *field = &ls_csv_fields(csv)[i];
            const ls_field_kind kind = ls_fields_read(fields, field->text, field->length, NULL);
            places[i].text = places[i].text || kind == LS_FIELD_TEXT;
            places[i].real = places[i].real || kind == LS_FIELD_REAL;
            places[i].numbers += kind >= LS_FIELD_INTEGER;
        }
    }
    for (int64_t i = 0; i < f->count; i++) {
        f->other_below = f->other_below || places[i].real || places[i].text;
        f->over += places[i].kind == LS_FIELD_TEXT && places[i].letter && !places[i].text && places[i].numbers > 0;
    }
    return LS_OK;
}

/* The first record has numbers. */
static ls_head judge_numbers(const first_record *f)
{
    if (!f->ascending)
        return LS_HEAD_ROW;
    if (f->index)
        return f->numbers >= SURE_NAMES || (f->numbers > 2 && f->other_below) ? LS_HEAD_NUMBERS
               : f->numbers > 2 || f->other_below                             ? LS_HEAD_DOUBT
                                                                              : LS_HEAD_ROW;
    if (f->texts == 0)
        return f->whole && f->missing == 0 && f->numbers > 2 && f->other_below ? LS_HEAD_DOUBT : LS_HEAD_ROW;
    const bool axis = f->whole ? f->numbers > 1 : f->numbers >= SURE_AXIS;
    if (f->over > 0 && axis)
        return LS_HEAD_NUMBERS;
    return f->over > 0 || (f->consecutive && f->numbers > 2) ? LS_HEAD_DOUBT : LS_HEAD_ROW;
}

/* Of the present record; the reader is behind some others then. */
static ls_status judge(ls_csv *csv, const ls_fields *fields, ls_head *head)
{
    place *places;
    LS_TRY(ls_memory_allocate(&places, ls_csv_count(csv), sizeof *places, "columns"));
    first_record f = take_first(csv, fields, places);
    ls_status status = LS_OK;
    if (f.numbers == 0) {
        *head = f.almost > 0 && f.almost == f.texts ? LS_HEAD_ROW : LS_HEAD_NAMES;
    } else {
        status = take_below(csv, fields, &f, places);
        *head = status == LS_OK ? judge_numbers(&f) : LS_HEAD_ROW;
    }
    ls_memory_free(places);
    return status;
}

/* ---- reading it ---- */

static ls_status find_head(ls_csv *csv, ls_header header, const ls_fields *fields, ls_head *head)
{
    bool more;
    *head = header == LS_HEADER_ON ? LS_HEAD_NAMES : LS_HEAD_ROW;
    LS_TRY(ls_csv_next(csv, &more));
    if (!more)
        return ls_fail(LS_ERR_DATA, "%s: has no rows", ls_csv_path(csv));
    if (header != LS_HEADER_AUTO)
        return LS_OK;
    const ls_status status = judge(csv, fields, head);
    if (status == LS_ERR_MEMORY)
        return status;
    if (status != LS_OK)
        *head = LS_HEAD_ROW; /* what is wrong is told with the rows */
    LS_TRY(ls_csv_rewind(csv));
    return ls_csv_next(csv, &more);
}

ls_status ls_table_read_head(ls_csv *csv, ls_header header, ls_encoding *encoding, ls_head *head)
{
    ls_encoding *e = encoding;
    LS_TRY(find_head(csv, header, &e->fields, head));
    const int64_t count = ls_csv_count(csv);
    e->header = *head == LS_HEAD_NAMES || *head == LS_HEAD_NUMBERS;
    LS_TRY(ls_memory_allocate(&e->column, count, sizeof *e->column, "columns"));
    e->count = count;
    for (int64_t i = 0; i < count; i++)
        LS_TRY(name_column(csv, e, i));
    return check_unique(csv, e);
}

bool ls_table_first_has(const ls_csv *csv, const char *word)
{
    for (int64_t i = 0; i < ls_csv_count(csv); i++) {
        const ls_csv_field *field = &ls_csv_fields(csv)[i];
        if ((size_t)field->length == strlen(word) && memcmp(field->text, word, (size_t)field->length) == 0)
            return true;
    }
    return false;
}
