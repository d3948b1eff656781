/* Gathering what the fields of a column are. */
#include "formats/table_gather.h"

#include "formats/almost.h"
#include "formats/dates.h"

#include <string.h>

/* Texts that look like no date are so many, and one in so many of those that do: then the column is none of dates, and
 * the others are not looked at. */
#define OTHERS_MOST 64
#define OTHERS_PART 16

/* Cuts off in front of a character of several bytes, not within. */
static void keep(char sample[40], const ls_csv_field *field)
{
    size_t length = field->length < 40 ? (size_t)field->length : 39;
    if (field->length >= 40)
        while (length > 0 && ((unsigned char)field->text[length] & 0xC0u) == 0x80)
            length--;
    memcpy(sample, field->text, length);
    sample[length] = '\0';
}

static bool is_sample(const char sample[40], const ls_csv_field *field)
{
    return field->length < 40 && sample[field->length] == '\0' &&
           memcmp(sample, field->text, (size_t)field->length) == 0;
}

/* Nearly no text has one, and what has none is neither a number nor a date, but for formats of names only. */
static bool has_digit(const ls_csv_field *field)
{
    for (int64_t i = 0; i < field->length; i++)
        if ((unsigned char)(field->text[i] - '0') < 10)
            return true;
    return false;
}

/* A date as the column has them; the first one says how. */
static bool take_date(ls_gathered *g, const ls_date_formats *formats, const ls_csv_field *field)
{
    ls_date date;
    const bool open = !g->told && g->dates == 0;
    if (ls_date_parse(g->format, field->text, field->length, &date))
        return true;
    for (int64_t i = 0; open && i < formats->count; i++)
        if (ls_date_parse(formats->format[i], field->text, field->length, &date)) {
            g->format = formats->format[i];
            return true;
        }
    return false;
}

/* In the column's first place that has it, or nothing. One that is cut off is known by none. */
static void count_word(ls_gathered *g, const ls_csv_field *field, int64_t line)
{
    for (int i = 0; i < LS_GATHERED_WORDS; i++) {
        ls_gathered_word *w = &g->word[i];
        if (w->count == 0) {
            w->line = line;
            keep(w->text, field);
        } else if (!is_sample(w->text, field)) {
            continue;
        }
        w->count++;
        return;
    }
}

/* A text with digits that is a number, or a date, written in another way. */
static bool take_almost(ls_gathered *g, const ls_csv_field *field)
{
    char sign[8];
    const unsigned writings = ls_almost_number(field->text, field->length, sign);
    if (writings != 0) {
        g->writings = g->almost++ == 0 ? writings : g->writings & writings;
        if (g->sign[0] == '\0')
            strcpy(g->sign, sign);
        return true;
    }
    if (g->texts - g->alike > OTHERS_MOST + g->alike / OTHERS_PART)
        return false;
    const uint64_t guesses = ls_date_guesses(field->text, field->length, g->alike == 0 ? ~(uint64_t)0 : g->guesses);
    if (guesses != 0) {
        g->guesses = guesses;
        g->alike++;
    }
    return guesses != 0;
}

/* "1e999": no other way of writing numbers would read it. */
static void take_beyond(ls_gathered *g, const ls_fields *fields, const ls_csv_field *field, int64_t line)
{
    if (!ls_fields_is_beyond(fields, field->text, field->length) || g->beyond++ > 0)
        return;
    g->beyond_line = line;
    keep(g->beyond_sample, field);
}

static void take_text(ls_gathered *g, const ls_fields *fields, const ls_csv_field *field, int64_t line, bool digits)
{
    if (g->texts++ == 0) {
        g->line = line;
        g->same = field->length < 40;
        keep(g->sample, field);
    } else {
        g->same = g->same && is_sample(g->sample, field);
    }
    if (!digits || !take_almost(g, field))
        count_word(g, field, line);
    else
        take_beyond(g, fields, field, line);
}

void ls_table_gather_digits(ls_gathered *gathered, const ls_date_formats *formats, const ls_csv_field *field)
{
    ls_date date;
    for (int64_t i = 0; i < formats->count && gathered->digits == NULL; i++)
        if (ls_date_parse(formats->format[i], field->text, field->length, &date))
            gathered->digits = formats->format[i];
}

void ls_table_gather_padding(ls_gathered *gathered, const ls_csv_field *field, int64_t line)
{
    if (field->length < 2 || field->text[0] != '0' || (unsigned char)(field->text[1] - '0') > 9)
        return;
    if (gathered->padded++ > 0)
        return;
    gathered->padded_line = line;
    keep(gathered->padded_sample, field);
}

ls_field_kind ls_table_gather(ls_gathered *gathered, const ls_fields *fields, const ls_date_formats *formats,
                              const ls_csv_field *field, int64_t line, bool first, double *value)
{
    ls_gathered *g = gathered;
    ls_field_kind kind = LS_FIELD_TEXT;
    if (!g->told && !g->named)
        kind = ls_fields_read(fields, field->text, field->length, value);
    else if (ls_fields_is_missing(fields, field->text, field->length))
        kind = LS_FIELD_MISSING;
    if (kind == LS_FIELD_MISSING) {
        g->missing++;
        return kind;
    }
    if (g->named) {
        g->texts++;
        return kind;
    }
    const int64_t before = g->numbers + g->dates;
    const bool digits = kind == LS_FIELD_TEXT && has_digit(field);
    if (kind >= LS_FIELD_INTEGER) {
        g->numbers++;
        g->real = g->real || kind == LS_FIELD_REAL;
        if (kind == LS_FIELD_INTEGER)
            ls_table_gather_padding(g, field, line);
        g->first_is_value = g->first_is_value || first;
        if (g->state != LS_GATHERED_DATES)
            return kind;
    } else if ((digits || g->told || formats->count > 0) && take_date(g, formats, field)) {
        g->dates++;
        g->first_is_value = g->first_is_value || first;
        if (g->state == LS_GATHERED_NUMBERS && before == 0)
            g->state = LS_GATHERED_DATES;
        if (g->state == LS_GATHERED_DATES)
            return kind;
    } else {
        take_text(g, fields, field, line, digits);
    }
    if (g->state != LS_GATHERED_TEXTS) {
        g->state = LS_GATHERED_TEXTS;
        g->late = before > 0;
    }
    return kind;
}
