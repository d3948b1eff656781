/* Regularizers and constraints: their tables, "name(settings)" in and out. */
#include "model/regularizers.h"

#include "base/parse.h"
#include "base/settings.h"

#include <stdio.h>
#include <string.h>

enum { ARGUMENTS_MAX = 256 };

/* What the rows of both tables begin with. Settings are written by their names, or without in this order. */
typedef struct thing {
    const char *name, *keras;
    const ls_setting *settings;
    size_t count;
} thing;

#define MOST 1e30

/* ---- regularizers ---- */

static const ls_setting penalties[] = {
    LS_SETTING(ls_regularizer, l1, REAL, 0, MOST, NULL),
    LS_SETTING(ls_regularizer, l2, REAL, 0, MOST, NULL),
};

static const struct {
    thing thing;
    ls_regularizer initial;
} regularizers[] = {
    {{"l1", "L1", &penalties[0], 1}, {0.01, 0}},
    {{"l2", "L2", &penalties[1], 1}, {0, 0.01}},
    {{"l1_l2", "L1L2", penalties, 2}, {0, 0}},
};
enum { REGULARIZERS = sizeof regularizers / sizeof *regularizers };

static const thing *regularizer_at(size_t i)
{
    return &regularizers[i].thing;
}

/* The row that writes it shortest. */
static const thing *regularizer_thing(const ls_regularizer *r)
{
    return regularizer_at(r->l2 == 0 ? 0 : r->l1 == 0 ? 1 : 2);
}

/* ---- constraints ---- */

static const ls_setting norms[] = {LS_SETTING(ls_constraint, max_value, REAL, 0, MOST, NULL)};

static const struct {
    thing thing;
    ls_constraint initial;
} constraints[] = {
    {{"max_norm", "MaxNorm", norms, 1}, {LS_CONSTRAINT_MAX_NORM, 2}},
    {{"non_neg", "NonNeg", NULL, 0}, {LS_CONSTRAINT_NON_NEG, 0}},
};
enum { CONSTRAINTS = sizeof constraints / sizeof *constraints };

static const thing *constraint_at(size_t i)
{
    return &constraints[i].thing;
}

static const thing *constraint_thing(const ls_constraint *c)
{
    return constraint_at(c->kind == LS_CONSTRAINT_MAX_NORM ? 0 : 1);
}

/* ---- reading ---- */

/* One of the two tables. */
typedef struct table {
    const char *kind; /* for messages */
    const thing *(*at)(size_t i);
    size_t count;
} table;

static const char *name_at(const void *context, size_t i)
{
    return ((const table *)context)->at(i)->name;
}

static ls_status refuse_name(const char *what, const table *t, const char *name)
{
    const char *near = ls_parse_nearest(name, t->count, name_at, t);
    ls_text names = {0};
    for (size_t i = 0; i < t->count; i++)
        ls_text_printf(&names, "%s%s", t->at(i)->name, i + 1 < t->count ? ", " : " or none");
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "%s: no %s is called '%s'%s%s%s; expected %s", what, t->kind, name,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

/* "name(arguments)" into its two parts; without parentheses the arguments are empty. */
static ls_status split(const char *what, const char *text, char name[ARGUMENTS_MAX], char arguments[ARGUMENTS_MAX])
{
    const size_t length = strlen(text), name_length = strcspn(text, "(");
    if (length >= ARGUMENTS_MAX)
        return ls_fail(LS_ERR_USAGE, "%s: '%.40s...' is longer than %d bytes", what, text, ARGUMENTS_MAX - 1);
    if (name_length < length && strchr(text + name_length, ')') != text + length - 1)
        return ls_fail(LS_ERR_USAGE, "%s: '%s' has no ')' at its end; expected something like l2(0.01)", what, text);
    snprintf(name, ARGUMENTS_MAX, "%.*s", (int)name_length, text);
    arguments[0] = '\0';
    if (name_length < length)
        snprintf(arguments, ARGUMENTS_MAX, "%.*s", (int)(length - name_length - 2), text + name_length + 1);
    return LS_OK;
}

/* The words of the arguments, which commas may part, each with its setting's name: "1e-5, l2=0.1" becomes
 * "l1=1e-5 l2=0.1". */
static ls_status name_settings(const char *what, const thing *t, const char *arguments, ls_text *named)
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

/* The row that `text` names (for "none": t->count) and its settings by their names. */
static ls_status find(const char *what, const table *t, const char *text, size_t *found, ls_text *named)
{
    char name[ARGUMENTS_MAX], arguments[ARGUMENTS_MAX];
    LS_TRY(split(what, text, name, arguments));
    for (*found = 0; *found < t->count && strcmp(t->at(*found)->name, name) != 0; ++*found) {
    }
    if (*found < t->count)
        return name_settings(what, t->at(*found), arguments, named);
    return strcmp(text, "none") == 0 || strcmp(text, "off") == 0 ? LS_OK : refuse_name(what, t, name);
}

ls_status ls_regularizer_parse(const char *what, const char *text, ls_regularizer *regularizer)
{
    static const table all = {"regularizer", regularizer_at, REGULARIZERS};
    ls_text named = {0};
    size_t i;
    *regularizer = (ls_regularizer){0};
    ls_status status = find(what, &all, text, &i, &named);
    if (status == LS_OK && i < REGULARIZERS) {
        *regularizer = regularizers[i].initial;
        status = ls_settings_parse(what, ls_text_string(&named), regularizer_at(i)->settings, regularizer_at(i)->count,
                                   regularizer, NULL);
    }
    if (status == LS_OK && i < REGULARIZERS && regularizer_at(i)->count > 1 && ls_text_string(&named)[0] == '\0')
        status = ls_fail(LS_ERR_USAGE, "%s: %s needs l1 or l2, whose defaults are 0, as in l1_l2(l1=1e-5, l2=1e-4)",
                         what, regularizer_at(i)->name);
    ls_text_free(&named);
    return status;
}

ls_status ls_constraint_parse(const char *what, const char *text, ls_constraint *constraint)
{
    static const table all = {"constraint", constraint_at, CONSTRAINTS};
    ls_text named = {0};
    size_t i;
    *constraint = (ls_constraint){0};
    ls_status status = find(what, &all, text, &i, &named);
    if (status == LS_OK && i < CONSTRAINTS) {
        *constraint = constraints[i].initial;
        status = ls_settings_parse(what, ls_text_string(&named), constraint_at(i)->settings, constraint_at(i)->count,
                                   constraint, NULL);
    }
    ls_text_free(&named);
    return status;
}

/* ---- writing ---- */

/* "l2(0.01)", "l1_l2(l1=1e-5 l2=0.0001)", "non_neg". */
static void format(const thing *t, const void *source, ls_text *text)
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

void ls_regularizer_format(const ls_regularizer *regularizer, ls_text *text)
{
    format(regularizer_thing(regularizer), regularizer, text);
}

void ls_constraint_format(const ls_constraint *constraint, ls_text *text)
{
    format(constraint_thing(constraint), constraint, text);
}

/* ---- Keras' configuration ---- */

static void begin_object(const thing *t, const char *key, ls_json *json)
{
    ls_json_key(json, key);
    ls_json_object_begin(json);
    ls_json_put_string(json, "class_name", t->keras);
    ls_json_key(json, "config");
    ls_json_object_begin(json);
}

static void end_object(ls_json *json)
{
    ls_json_object_end(json);
    ls_json_object_end(json);
}

void ls_regularizer_config(const ls_regularizer *r, const char *key, ls_json *json)
{
    if (!ls_regularizer_is_set(r))
        return;
    begin_object(regularizer_thing(r), key, json);
    if (r->l1 != 0)
        ls_json_put_real(json, "l1", r->l1);
    if (r->l2 != 0)
        ls_json_put_real(json, "l2", r->l2);
    end_object(json);
}

void ls_constraint_config(const ls_constraint *c, const char *key, ls_json *json)
{
    if (c->kind == LS_CONSTRAINT_NONE)
        return;
    begin_object(constraint_thing(c), key, json);
    if (c->kind == LS_CONSTRAINT_MAX_NORM) {
        ls_json_put_real(json, "max_value", c->max_value);
        ls_json_put_integer(json, "axis", 0);
    }
    end_object(json);
}
