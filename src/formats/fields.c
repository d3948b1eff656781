/* Fields of tables: words for no value, and numbers as people write them. */
#include "formats/fields.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

/* Longest number that is written with groups, a decimal comma or Fortran's exponent. */
#define WRITTEN_MOST 128

void ls_fields_free(ls_fields *fields)
{
    ls_dictionary_free(&fields->missing);
    ls_memory_free(fields->number);
    memset(fields, 0, sizeof *fields);
}

bool ls_fields_are_usual(const ls_fields *fields)
{
    return fields->decimal == 0 && fields->thousands == 0 && !fields->usual_off && fields->missing.count == 0;
}

bool ls_fields_are_plain(const ls_fields *fields)
{
    return fields->decimal == 0 && fields->missing.count == 0;
}

ls_status ls_fields_add_missing(ls_fields *fields, const char *word)
{
    const int64_t length = (int64_t)strlen(word), before = fields->missing.count;
    int64_t number;
    double value, *larger;
    if (!ls_utf8_valid(word)) /* it is kept as JSON, which would keep another one */
        return ls_fail(LS_ERR_USAGE, "the word '%s' for missing values is not UTF-8, which text of tables is", word);
    LS_TRY(ls_dictionary_add(&fields->missing, word, length, &number));
    if (number < before || ls_decimal_parse(word, word + length, &value) == LS_DECIMAL_NONE)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&larger, fields->numbers + 1, sizeof *larger, "numbers that stand for no value"));
    if (fields->numbers > 0)
        memcpy(larger, fields->number, (size_t)fields->numbers * sizeof *larger);
    larger[fields->numbers++] = value;
    ls_memory_free(fields->number);
    fields->number = larger;
    return LS_OK;
}

ls_status ls_fields_copy(const ls_fields *fields, ls_fields *copy)
{
    *copy = (ls_fields){.decimal = fields->decimal, .thousands = fields->thousands, .usual_off = fields->usual_off};
    for (int64_t i = 0; i < fields->missing.count; i++)
        LS_TRY(ls_fields_add_missing(copy, fields->missing.text[i]));
    return LS_OK;
}

/* ---- words ---- */

/* As the first character; nearly no other word's. */
static bool may_be_usual(char c)
{
    return c == 'n' || c == 'N' || c == '#' || c == '-' || c == '1' || c == '<' || c == '.' || c == '?' || c == '\\';
}

/* The first fourteen, without regard to case, are the defaults of pandas' read_csv. */
static bool is_usual_word(const char *text, int64_t length)
{
    static const char *const words[] = {"#n/a",   "#n/a n/a", "#na",  "-1.#ind", "-1.#qnan", "-nan",
                                        "1.#ind", "1.#qnan",  "<na>", "n/a",     "na",       "null",
                                        "nan",    "none",     ".",    "?",       "na()",     "\\n"};
    if (length > 8 || !may_be_usual(text[0]))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == (size_t)length && strncasecmp(words[i], text, (size_t)length) == 0)
            return true;
    return false;
}

/* "!None" among the words takes "None" back. */
static bool is_kept(const ls_fields *fields, const char *text, int64_t length)
{
    char word[16] = "!";
    if (fields->missing.count == 0)
        return false;
    memcpy(word + 1, text, (size_t)length); /* a usual word is shorter */
    return ls_dictionary_find(&fields->missing, word, length + 1) >= 0;
}

static bool is_missing_number(const ls_fields *fields, double value)
{
    for (int64_t i = 0; i < fields->numbers; i++)
        if (fields->number[i] == value)
            return true;
    return false;
}

/* But for numbers. */
static bool is_missing_word(const ls_fields *fields, const char *text, int64_t length)
{
    if (length == 0)
        return true;
    if (!fields->usual_off && is_usual_word(text, length) && !is_kept(fields, text, length))
        return true;
    return fields->missing.count > 0 && ls_dictionary_find(&fields->missing, text, length) >= 0;
}

bool ls_fields_is_missing(const ls_fields *fields, const char *text, int64_t length)
{
    double value;
    return is_missing_word(fields, text, length) ||
           (fields->numbers > 0 && ls_fields_read(fields, text, length, &value) == LS_FIELD_MISSING);
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static int64_t digits_at(const char *c, const char *end)
{
    const char *begin = c;
    while (c < end && is_digit(*c))
        c++;
    return c - begin;
}

/* Bytes of what is between two groups at `c`, 0: nothing is. */
static int64_t separator_at(char thousands, const char *c, const char *end)
{
    static const struct {
        char instead;
        const char *bytes;
    } others[] = {{' ', "\xC2\xA0"}, {' ', "\xE2\x80\xAF"}, {'\'', "\xE2\x80\x99"}};
    if (thousands == 0 || c == end)
        return 0;
    if (*c == thousands)
        return 1;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const size_t length = strlen(others[i].bytes);
        if (others[i].instead == thousands && (size_t)(end - c) > length && memcmp(c, others[i].bytes, length) == 0)
            return (int64_t)length;
    }
    return 0;
}

/* The number in the form that base/decimal.h knows; returns its length, 0 when it is none. */
static int64_t rewrite(const ls_fields *fields, const char *text, int64_t length, char *plain)
{
    const char *c = text, *const end = text + length;
    const char decimal = fields->decimal == ',' ? ',' : '.';
    int64_t to = 0;
    bool point = false;
    if (length >= WRITTEN_MOST)
        return 0;
    if (c < end && (*c == '+' || *c == '-'))
        plain[to++] = *c++;
    for (int64_t group = 0;; group++) {
        const int64_t digits = digits_at(c, end);
        memcpy(plain + to, c, (size_t)digits);
        to += digits;
        c += digits;
        const int64_t separator = separator_at(fields->thousands, c, end);
        if ((group > 0 && digits != 3) || (separator > 0 && (digits == 0 || digits > 3)))
            return 0;
        if (separator == 0)
            break;
        c += separator;
    }
    if (c < end && *c == decimal) {
        plain[to++] = '.';
        point = true;
        c++;
        const int64_t digits = digits_at(c, end);
        memcpy(plain + to, c, (size_t)digits);
        to += digits;
        c += digits;
    }
    if (c < end && (*c == 'd' || *c == 'D') && point && c + 1 < end && (c[1] == '+' || c[1] == '-')) {
        plain[to++] = 'e'; /* "1d6" may be anything */
        c++;
    } else if (c < end && *c != 'e' && *c != 'E') {
        return 0;
    }
    memcpy(plain + to, c, (size_t)(end - c));
    return to + (end - c);
}

static ls_field_kind kind_of(ls_decimal_form form)
{
    return form == LS_DECIMAL_NONE ? LS_FIELD_TEXT : form == LS_DECIMAL_INTEGER ? LS_FIELD_INTEGER : LS_FIELD_REAL;
}

static ls_field_kind parse(const char *text, int64_t length, double *value)
{
    return kind_of(value != NULL ? ls_decimal_parse(text, text + length, value)
                                 : ls_decimal_form_of(text, text + length));
}

/* Where a number may begin, with those that are words: inf and infinity. */
static bool may_begin(char c)
{
    return is_digit(c) || c == '-' || c == '+' || c == '.' || c == ',' || c == 'i' || c == 'I';
}

static ls_field_kind read_number(const ls_fields *fields, const char *text, int64_t length, double *value)
{
    char plain[WRITTEN_MOST + 1];
    ls_field_kind kind = LS_FIELD_TEXT;
    if (length == 0 || !may_begin(text[0]))
        return kind;
    if (fields->decimal != ',' || memchr(text, '.', (size_t)length) == NULL)
        kind = parse(text, length, value);
    if (kind != LS_FIELD_TEXT)
        return kind;
    const int64_t written = rewrite(fields, text, length, plain);
    return written == 0 ? LS_FIELD_TEXT : parse(plain, written, value);
}

ls_field_kind ls_fields_read(const ls_fields *fields, const char *text, int64_t length, double *value)
{
    double number = 0, *into = value == NULL && fields->numbers > 0 ? &number : value;
    const ls_field_kind kind = read_number(fields, text, length, into);
    if (kind == LS_FIELD_TEXT)
        return is_missing_word(fields, text, length) ? LS_FIELD_MISSING : LS_FIELD_TEXT;
    if (fields->missing.count == 0)
        return kind;
    return (fields->numbers > 0 && is_missing_number(fields, *into)) || is_missing_word(fields, text, length)
               ? LS_FIELD_MISSING
               : kind;
}

bool ls_fields_is_beyond(const ls_fields *fields, const char *text, int64_t length)
{
    double value;
    return read_number(fields, text, length, NULL) != LS_FIELD_TEXT &&
           read_number(fields, text, length, &value) == LS_FIELD_TEXT;
}
