/* Strict parsing of what users type. Letters are ASCII here and the locale has no say. */
#include "base/parse.h"

#include "base/plain_locale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const char *skip_spaces(const char *text)
{
    while (is_space(*text))
        text++;
    return text;
}

static const char *skip_digits(const char *text)
{
    while (is_digit(*text))
        text++;
    return text;
}

bool ls_parse_int64(const char *text, int64_t *value)
{
    const char *c = skip_spaces(text);
    bool negative = *c == '-';
    if (*c == '-' || *c == '+')
        c++;
    if (!is_digit(*c))
        return false;
    int64_t result = 0; /* built on the negative side, which has one number more */
    for (; is_digit(*c); c++) {
        if (__builtin_mul_overflow(result, 10, &result) || __builtin_sub_overflow(result, *c - '0', &result))
            return false;
    }
    if (*skip_spaces(c) != '\0' || (!negative && result == INT64_MIN))
        return false;
    *value = negative ? result : -result;
    return true;
}

/* The end of a decimal number at `text`, NULL when there is none. strtod would also take hex, inf and nan. */
static const char *decimal_end(const char *text)
{
    const char *c = text;
    if (*c == '-' || *c == '+')
        c++;
    const char *whole = c;
    c = skip_digits(c);
    ptrdiff_t digits = c - whole;
    if (*c == '.') {
        const char *fraction = ++c;
        c = skip_digits(c);
        digits += c - fraction;
    }
    if (digits == 0)
        return NULL;
    if (*c == 'e' || *c == 'E') {
        c++;
        if (*c == '-' || *c == '+')
            c++;
        if (!is_digit(*c))
            return NULL;
        c = skip_digits(c);
    }
    return c;
}

bool ls_parse_double(const char *text, double *value)
{
    const char *begin = skip_spaces(text);
    const char *end = decimal_end(begin);
    if (end == NULL || *skip_spaces(end) != '\0')
        return false;
    ls_plain_locale saved = ls_plain_locale_enter();
    double result = strtod(begin, NULL);
    ls_plain_locale_leave(saved);
    if (!isfinite(result))
        return false;
    *value = result;
    return true;
}

/* The factor of a unit of bytes; 0: no such unit. */
static double unit_of(const char *unit)
{
    static const char prefixes[] = "kmgt";
    char text[4] = "";
    size_t length = strlen(unit);
    while (length > 0 && is_space(unit[length - 1]))
        length--;
    if (length >= sizeof text)
        return 0;
    for (size_t i = 0; i < length; i++)
        text[i] = lower(unit[i]);
    if (length == 0 || strcmp(text, "b") == 0)
        return 1;
    const char *prefix = strchr(prefixes, text[0]);
    const bool decimal = strcmp(text + 1, "b") == 0;
    if (prefix == NULL || !(decimal || text[1] == '\0' || strcmp(text + 1, "ib") == 0))
        return 0;
    double factor = 1;
    for (const char *p = prefixes; p <= prefix; p++)
        factor *= decimal ? 1000 : 1024;
    return factor;
}

bool ls_parse_bytes(const char *text, int64_t *value)
{
    const char *begin = skip_spaces(text);
    const char *end = decimal_end(begin);
    if (end == NULL)
        return false;
    ls_plain_locale saved = ls_plain_locale_enter();
    const double bytes = strtod(begin, NULL) * unit_of(skip_spaces(end));
    ls_plain_locale_leave(saved);
    if (unit_of(skip_spaces(end)) == 0 || !(bytes >= 0 && bytes < 0x1p62))
        return false;
    *value = (int64_t)bytes;
    return true;
}

bool ls_parse_bool(const char *text, bool *value)
{
    static const struct {
        const char *name;
        bool value;
    } names[] = {{"on", true},  {"off", false}, {"true", true}, {"false", false},
                 {"yes", true}, {"no", false},  {"1", true},    {"0", false}};
    const char *begin = skip_spaces(text);
    size_t length = strlen(begin);
    while (length > 0 && is_space(begin[length - 1]))
        length--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t same = 0;
        while (same < length && lower(begin[same]) == names[i].name[same])
            same++;
        if (same == length && names[i].name[same] == '\0' && length > 0) {
            *value = names[i].value;
            return true;
        }
    }
    return false;
}

#define NEAREST_MAX 64 /* longer names are not suggested */

static bool same_letter(char a, char b)
{
    a = a == '_' ? '-' : lower(a);
    b = b == '_' ? '-' : lower(b);
    return a == b;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Edit distance with swaps of neighbours (optimal string alignment), by the three rows that the recurrence
 * needs. */
static int edit_distance(const char *a, int a_length, const char *b, int b_length)
{
    int rows[3][NEAREST_MAX + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    for (int j = 0; j <= b_length; j++)
        row[j] = j;
    for (int i = 1; i <= a_length; i++) {
        int *spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            int change = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b_length];
}

const char *ls_parse_nearest(const char *word, size_t count, const char *(*name_at)(const void *context, size_t i),
                             const void *context)
{
    size_t length = strlen(word);
    int allowed = (int)(length / 3);
    allowed = allowed < 1 ? 1 : allowed > 3 ? 3 : allowed;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_at(context, i);
        size_t name_length = strlen(name);
        if (name_length > NEAREST_MAX)
            continue;
        int distance = edit_distance(word, (int)length, name, (int)name_length);
        if (distance <= allowed) {
            nearest = name;
            allowed = distance - 1; /* of equally near names the first */
        }
    }
    return nearest;
}

static const char *plain_name_at(const void *context, size_t i)
{
    return ((const char *const *)context)[i];
}

const char *ls_name_suggest(const char *word, const char *const *names)
{
    size_t count = 0;
    while (names[count] != NULL)
        count++;
    return ls_parse_nearest(word, count, plain_name_at, names);
}

bool ls_parse_word(const char **cursor, const char *stops, char *word, size_t capacity, bool *too_long)
{
    const char *c = skip_spaces(*cursor);
    size_t length = 0;
    *too_long = false;
    for (; *c != '\0' && !is_space(*c) && strchr(stops, *c) == NULL; c++, length++) {
        if (length + 1 < capacity)
            word[length] = *c;
    }
    *too_long = length >= capacity;
    if (capacity > 0)
        word[*too_long ? capacity - 1 : length] = '\0';
    *cursor = c;
    return length > 0;
}

bool ls_parse_listed(const char **cursor, char *word, size_t capacity)
{
    const char *c = *cursor + strspn(*cursor, " ");
    size_t length = 0, kept = 0; /* bytes that were in quotes stay, blanks too */
    bool quoted = false;
    if (*c == '\0')
        return false;
    for (; *c != '\0' && (quoted || *c != ','); c++) {
        const bool twice = quoted && c[0] == '"' && c[1] == '"';
        c += twice;
        if (*c == '"' && !twice && (quoted || length == 0 || c[-1] == '=' || c[-1] == '!'))
            quoted = !quoted;
        else if (length + 1 < capacity)
            word[length++] = *c;
        kept = quoted ? length : kept;
    }
    while (length > kept && word[length - 1] == ' ')
        length--;
    word[length] = '\0';
    *cursor = c + (*c == ',');
    return true;
}
