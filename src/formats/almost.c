/* Numbers in disguise: every way of writing one is tried. */
#include "formats/almost.h"

#include "base/visible.h"

#include <string.h>

static const struct {
    char decimal, thousands;
    const char *option; /* of the groups */
    const char *name;
} writings[LS_WRITINGS] = {
    {'.', 0, NULL, "a decimal point"},
    {',', 0, NULL, "a decimal comma"},
    {'.', ',', "comma", "groups of digits"},
    {',', '.', "point", "groups of digits"},
    {'.', ' ', "space", "groups of digits"},
    {',', ' ', "space", "groups of digits and a decimal comma"},
    {'.', '\'', "apostrophe", "groups of digits"},
    {',', '\'', "apostrophe", "groups of digits and a decimal comma"},
};

/* The set of ways with a decimal point. */
#define POINT 0x55u

static const char *const signs[] = {"%", "$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"}; /* euro, pound, yen */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether the character at `c` cannot be seen; `sign` gets it as \u200b. */
static bool take_hidden(const char *c, const char *end, char sign[8])
{
    char shown[LS_VISIBLE_BYTES];
    if ((unsigned char)*c < 0x80 || ls_visible_next(c, (size_t)(end - c), shown) == 1 || shown[0] != '\\' ||
        strlen(shown) >= 8)
        return false;
    strcpy(sign, shown);
    return true;
}

/* Takes characters that cannot be seen off both ends. */
static void strip_hidden(const char **begin, const char **end, char sign[8])
{
    char shown[LS_VISIBLE_BYTES];
    while (*begin < *end && take_hidden(*begin, *end, sign))
        *begin += ls_visible_next(*begin, (size_t)(*end - *begin), shown);
    for (;;) {
        const char *last = *end;
        while (last > *begin && ((unsigned char)*--last & 0xC0u) == 0x80) {
        }
        if (last == *end || !take_hidden(last, *end, sign))
            return;
        *end = last;
    }
}

/* Takes a sign off either end. */
static void strip(const char **begin, const char **end, char sign[8])
{
    sign[0] = '\0';
    strip_hidden(begin, end, sign);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0] && sign[0] == '\0'; i++) {
        const size_t length = strlen(signs[i]);
        if ((size_t)(*end - *begin) <= length)
            continue;
        const char *minus = *begin + (**begin == '-' && (size_t)(*end - *begin) > length + 1); /* -$5 */
        if (memcmp(minus, signs[i], length) == 0) {
            *begin = minus + length;
            strcpy(sign, signs[i]);
        } else if (memcmp(*end - length, signs[i], length) == 0) {
            *end -= length;
            strcpy(sign, signs[i]);
        }
    }
    while (*begin < *end && is_blank(**begin))
        ++*begin;
    while (*begin < *end && is_blank((*end)[-1]))
        --*end;
}

unsigned ls_almost_number(const char *text, int64_t length, char sign[8])
{
    static const char parts[] = "0123456789+-.,'eE \xC2\xA0\xE2\x80\xAF\x99";
    const char *begin = text, *end = text + length;
    unsigned found = 0;
    bool digit = false;
    sign[0] = '\0';
    if (length == 0 || length > 40 || ((unsigned char)text[0] | 0x20u) - 'a' < 26u) /* nearly all texts */
        return 0;
    strip(&begin, &end, sign);
    for (const char *c = begin; c < end; c++) {
        if (*c == '\0' || strchr(parts, *c) == NULL)
            return 0;
        digit = digit || (unsigned char)(*c - '0') < 10;
    }
    for (int i = 0; digit && i < LS_WRITINGS; i++) {
        const ls_fields fields = {.decimal = writings[i].decimal, .thousands = writings[i].thousands};
        if (ls_fields_read(&fields, begin, end - begin, NULL) >= LS_FIELD_INTEGER)
            found |= 1u << i;
    }
    return found;
}

int ls_almost_choose(unsigned set, const ls_fields *fields, bool real)
{
    const bool comma = fields->decimal == ',';
    const unsigned alike = set & (comma ? ~POINT : POINT);
    const unsigned left = real || (comma && alike != 0) ? alike : set;
    return left == 0 ? -1 : __builtin_ctz(left);
}

void ls_almost_put_options(int writing, const ls_fields *fields, ls_text *text)
{
    const char decimal = writings[writing].decimal, *groups = writings[writing].option;
    if (groups == NULL || decimal == ',' || fields->decimal == ',')
        ls_text_printf(text, "--decimal %c", decimal);
    if (groups != NULL)
        ls_text_printf(text, "%s--thousands %s", decimal == ',' || fields->decimal == ',' ? " " : "", groups);
}

const char *ls_almost_name(int writing)
{
    return writings[writing].name;
}
