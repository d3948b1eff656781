/* "name(settings)" in and out, for any table of named things. */
#include "model/named.h"

#include "base/parse.h"

#include <stdio.h>
#include <string.h>

enum { ARGUMENTS_MAX = 256 };

static const char *name_at(const void *context, size_t i)
{
    return ((const ls_named_table *)context)->at(i)->name;
}

static ls_status refuse_name(const char *what, const ls_named_table *t, const char *name)
{
    const char *near = ls_parse_nearest(name, t->count, name_at, t);
    ls_text names = {0};
    for (size_t i = 0; i < t->count; i++)
        ls_text_printf(&names, "%s%s", i == 0 ? "" : i + 1 < t->count || t->or_none ? ", " : " or ", t->at(i)->name);
    ls_text_append(&names, t->or_none ? " or none" : "");
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "%s: no %s is called '%s'%s%s%s; expected %s", what, t->kind, name,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

/* "name(arguments)" into its two parts; without parentheses the arguments are empty. */
static ls_status split(const char *what, const char *example, const char *text, char name[ARGUMENTS_MAX],
                       char arguments[ARGUMENTS_MAX])
{
    const size_t length = strlen(text), name_length = strcspn(text, "(");
    if (length >= ARGUMENTS_MAX)
        return ls_fail(LS_ERR_USAGE, "%s: '%.40s...' is longer than %d bytes", what, text, ARGUMENTS_MAX - 1);
    if (name_length < length && strchr(text + name_length, ')') != text + length - 1)
        return ls_fail(LS_ERR_USAGE, "%s: '%s' has no ')' at its end; expected something like %s", what, text, example);
    snprintf(name, ARGUMENTS_MAX, "%.*s", (int)name_length, text);
    arguments[0] = '\0';
    if (name_length < length)
        snprintf(arguments, ARGUMENTS_MAX, "%.*s", (int)(length - name_length - 2), text + name_length + 1);
    return LS_OK;
}

/* The words of the arguments, which commas may part, each with its setting's name: "1e-5, l2=0.1" becomes
 * "l1=1e-5 l2=0.1". */
static ls_status name_settings(const char *what, const ls_named *t, const char *arguments, ls_text *named)
{
    char word[ARGUMENTS_MAX];
    bool too_long;
    for (size_t i = 0;; i++) {
        arguments += strspn(arguments, ", \t\r\n");
        if (!ls_parse_word(&arguments, ",", word, sizeof word, &too_long))
            return ls_text_status(named);
        if (i >= t->count)
            return ls_fail(LS_ERR_USAGE, "%s: %s takes %zu setting%s, and '%s' is one more", what, t->name, t->count,
                           t->count == 1 ? "" : "s", word);
        ls_text_printf(named, " %s%s%s", strchr(word, '=') ? "" : t->settings[i].key, strchr(word, '=') ? "" : "=",
                       word);
    }
}

ls_status ls_named_find(const char *what, const ls_named_table *t, const char *text, size_t *found, ls_text *settings)
{
    char name[ARGUMENTS_MAX], arguments[ARGUMENTS_MAX];
    LS_TRY(split(what, t->example, text, name, arguments));
    for (*found = 0; *found < t->count && strcmp(t->at(*found)->name, name) != 0; ++*found) {
    }
    if (*found < t->count)
        return name_settings(what, t->at(*found), arguments, settings);
    const bool none = t->or_none && (strcmp(text, "none") == 0 || strcmp(text, "off") == 0);
    return none ? LS_OK : refuse_name(what, t, name);
}

void ls_named_format(const ls_named *t, const void *source, ls_text *text)
{
    ls_text settings = {0};
    ls_settings_format(t->settings, t->count, source, &settings);
    ls_text_append(text, t->name);
    text->failed = text->failed || settings.failed;
    if (t->count > 0 && !text->failed) {
        const char *words = ls_text_string(&settings) + 1;
        ls_text_printf(text, "(%s)", t->count == 1 ? strchr(words, '=') + 1 : words);
    }
    ls_text_free(&settings);
}

void ls_named_config_begin(const ls_named *t, const char *key, ls_json *json)
{
    ls_json_key(json, key);
    ls_json_object_begin(json);
    ls_json_put_string(json, "class_name", t->keras);
    ls_json_key(json, "config");
    ls_json_object_begin(json);
}

void ls_named_config_end(ls_json *json)
{
    ls_json_object_end(json);
    ls_json_object_end(json);
}
