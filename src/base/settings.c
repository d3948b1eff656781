/* Settings: words into members, and back. */
#include "base/settings.h"

#include "base/parse.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 1024 };

static bool same_key(const char *a, const char *b)
{
    for (; *a != '\0' && (*a == *b || (*a == '_' && *b == '-')); a++, b++) {
    }
    return *a == *b;
}

const ls_setting *ls_settings_find(const ls_setting *table, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (same_key(table[i].key, key))
            return &table[i];
    return NULL;
}

/* ---- one value ---- */

static ls_status refuse_number(const char *what, const ls_setting *s, const char *kind, const char *value)
{
    char least[32], most[32];
    return ls_fail(LS_ERR_USAGE, "%s: %s=%s; expected %s from %s to %s", what, s->key, value, kind,
                   ls_format_double(s->least, least), ls_format_double(s->most, most));
}

static ls_status set_real(const char *what, const ls_setting *s, const char *value, double *member)
{
    double number;
    if (!ls_parse_double(value, &number) || number < s->least || number > s->most)
        return refuse_number(what, s, "a number", value);
    *member = number == 0 ? 0 : number; /* -0 is 0: equal settings are equal bytes */
    return LS_OK;
}

static ls_status set_integer(const char *what, const ls_setting *s, const char *value, int64_t *member)
{
    int64_t number;
    if (!ls_parse_int64(value, &number) || (double)number < s->least || (double)number > s->most)
        return refuse_number(what, s, "a whole number", value);
    *member = number;
    return LS_OK;
}

static bool is_choice(const char *choices, const char *value)
{
    const size_t length = strlen(value);
    for (const char *c = choices;; c++) {
        const size_t n = strcspn(c, "|");
        if (n == length && strncmp(c, value, n) == 0)
            return true;
        c += n;
        if (*c == '\0')
            return false;
    }
}

static ls_status set_word(const char *what, const ls_setting *s, const char *value, char *member)
{
    if (strlen(value) >= LS_SETTING_TEXT_MAX)
        return ls_fail(LS_ERR_USAGE, "%s: the value of %s has %zu bytes; at most %d fit", what, s->key, strlen(value),
                       LS_SETTING_TEXT_MAX - 1);
    if (s->choices && !is_choice(s->choices, value))
        return ls_fail(LS_ERR_USAGE, "%s: %s=%s; expected one of %s", what, s->key, value, s->choices);
    memset(member, 0, LS_SETTING_TEXT_MAX);
    memcpy(member, value, strlen(value));
    return LS_OK;
}

static ls_status set_list(const char *what, const ls_setting *s, const char *value, ls_setting_list *member)
{
    ls_setting_list list = {0};
    char word[64];
    bool too_long;
    const char *cursor = value + (*value == '[');
    while (ls_parse_word(&cursor, ",]", word, sizeof word, &too_long)) {
        if (too_long)
            return refuse_number(what, s, "numbers, as in 1,2.5,3, each", value);
        if (list.count == LS_SETTING_LIST_MAX)
            return ls_fail(LS_ERR_USAGE, "%s: %s has more than %d numbers", what, s->key, LS_SETTING_LIST_MAX);
        double *number = &list.value[list.count++];
        LS_TRY(set_real(what, s, word, number));
        if (s->type == LS_SETTING_WHOLES && floor(*number) != *number)
            return refuse_number(what, s, "whole numbers", word);
        cursor += *cursor == ',';
    }
    cursor += *cursor == ']' && *value == '[';
    if (*cursor != '\0' || list.count == 0)
        return refuse_number(what, s, "numbers, as in 1,2.5,3, each", value);
    *member = list;
    return LS_OK;
}

ls_status ls_settings_set(const char *what, const ls_setting *s, const char *value, void *target)
{
    void *member = (char *)target + s->offset;
    switch (s->type) {
    case LS_SETTING_REAL:
        return set_real(what, s, value, member);
    case LS_SETTING_INTEGER:
        return set_integer(what, s, value, member);
    case LS_SETTING_SWITCH:
        if (ls_parse_bool(value, member))
            return LS_OK;
        return ls_fail(LS_ERR_USAGE, "%s: %s=%s; expected true or false", what, s->key, value);
    case LS_SETTING_TEXT:
        return set_word(what, s, value, member);
    case LS_SETTING_LIST:
    case LS_SETTING_WHOLES:
        break;
    }
    return set_list(what, s, value, member);
}

/* ---- all of a text ---- */

typedef struct keys {
    const ls_setting *table;
} keys;

static const char *key_at(const void *context, size_t i)
{
    return ((const keys *)context)->table[i].key;
}

static ls_status refuse_key(const char *what, const ls_setting *table, size_t count, const char *key)
{
    const keys all = {table};
    const char *near = ls_parse_nearest(key, count, key_at, &all);
    ls_text names = {0};
    for (size_t i = 0; i < count; i++)
        ls_text_printf(&names, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", table[i].key);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "%s: no setting is called '%s'%s%s%s; expected %s", what, key,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

/* A word without a value: where it is a key, it is the example. */
static ls_status refuse_word(const char *what, const ls_setting *table, size_t count, const char *word)
{
    const ls_setting *s = ls_settings_find(table, count, word);
    const char *key = s ? s->key : count > 0 ? table[0].key : "key";
    return ls_fail(LS_ERR_USAGE,
                   "%s: '%s' is not a setting; expected key=value, without spaces around or in it, as in \"%s=...\"",
                   what, word, key);
}

ls_status ls_settings_parse(const char *what, const char *text, const ls_setting *table, size_t count, void *target,
                            bool *given)
{
    const char *cursor = text;
    char word[WORD_MAX];
    bool too_long, taken[LS_SETTINGS_MAX] = {false};
    while (ls_parse_word(&cursor, "", word, sizeof word, &too_long)) {
        char *equals = strchr(word, '=');
        const size_t length = strlen(word);
        if (length > 1 && word[length - 1] == ',') /* as in Python */
            word[length - 1] = '\0';
        if (too_long)
            return ls_fail(LS_ERR_USAGE, "%s: the setting '%.40s...' is longer than %d bytes", what, word,
                           WORD_MAX - 1);
        if (!equals)
            return refuse_word(what, table, count, word);
        *equals = '\0';
        const ls_setting *s = ls_settings_find(table, count, word);
        if (!s)
            return refuse_key(what, table, count, word);
        if (taken[s - table])
            return ls_fail(LS_ERR_USAGE, "%s: %s is given twice; leave one of them out", what, s->key);
        taken[s - table] = true;
        LS_TRY(ls_settings_set(what, s, equals + 1, target));
    }
    for (size_t i = 0; given && i < count; i++)
        given[i] = taken[i];
    return LS_OK;
}

ls_status ls_settings_parse_switched(const char *what, const char *text, const ls_setting *table, size_t count,
                                     void *target, bool *on)
{
    *on = *text != '\0';
    if (*text == '\0' || ls_parse_bool(text, on))
        return LS_OK;
    return ls_settings_parse(what, text, table, count, target, NULL);
}

static void format_list(const ls_setting_list *list, ls_text *text)
{
    char number[32];
    for (int64_t i = 0; i < list->count; i++)
        ls_text_printf(text, "%s%s", i == 0 ? "" : ",", ls_format_double(list->value[i], number));
}

void ls_settings_format(const ls_setting *table, size_t count, const void *source, ls_text *text)
{
    char number[32];
    for (size_t i = 0; i < count; i++) {
        const void *member = (const char *)source + table[i].offset;
        const bool is_list = table[i].type == LS_SETTING_LIST || table[i].type == LS_SETTING_WHOLES;
        if ((table[i].type == LS_SETTING_TEXT && *(const char *)member == '\0') ||
            (is_list && ((const ls_setting_list *)member)->count == 0) ||
            (table[i].type == LS_SETTING_REAL && isnan(*(const double *)member)))
            continue;
        ls_text_printf(text, " %s=", table[i].key);
        switch (table[i].type) {
        case LS_SETTING_REAL:
            ls_text_append(text, ls_format_double(*(const double *)member, number));
            break;
        case LS_SETTING_INTEGER:
            ls_text_printf(text, "%" PRId64, *(const int64_t *)member);
            break;
        case LS_SETTING_SWITCH:
            ls_text_append(text, *(const bool *)member ? "true" : "false");
            break;
        case LS_SETTING_TEXT:
            ls_text_append(text, member);
            break;
        case LS_SETTING_LIST:
        case LS_SETTING_WHOLES:
            format_list(member, text);
            break;
        }
    }
}

static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static bool same_list(const ls_setting_list *a, const ls_setting_list *b)
{
    bool same = a->count == b->count;
    for (int64_t i = 0; i < a->count && same; i++)
        same = same_number(a->value[i], b->value[i]);
    return same;
}

bool ls_settings_same(const ls_setting *setting, const void *a, const void *b)
{
    const void *x = (const char *)a + setting->offset, *y = (const char *)b + setting->offset;
    switch (setting->type) {
    case LS_SETTING_REAL:
        return same_number(*(const double *)x, *(const double *)y);
    case LS_SETTING_INTEGER:
        return *(const int64_t *)x == *(const int64_t *)y;
    case LS_SETTING_SWITCH:
        return *(const bool *)x == *(const bool *)y;
    case LS_SETTING_TEXT:
        return strcmp(x, y) == 0;
    case LS_SETTING_LIST:
    case LS_SETTING_WHOLES:
        break;
    }
    return same_list(x, y);
}
