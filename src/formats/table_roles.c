/* Roles of columns: lists of names and numbers, and the target that is found by its name. */
#include "formats/table_roles.h"

#include "base/parse.h"
#include "base/visible.h"

#include <string.h>
#include <strings.h>

typedef struct roles {
    const char *path;
    const ls_table_wishes *wishes;
    ls_encoding *encoding;
} roles;

static void list_columns(const ls_encoding *e, ls_text *text)
{
    for (int64_t i = 0; i < e->count && i < 40; i++) {
        ls_text_printf(text, "%s%lld", i > 0 ? ", " : "", (long long)i + 1);
        if (!e->header)
            continue;
        ls_text_append(text, " ");
        ls_visible_put(e->column[i].name, strlen(e->column[i].name), text);
    }
    if (e->count > 40)
        ls_text_printf(text, " and %lld more", (long long)(e->count - 40));
}

static const char *column_name_at(const void *context, size_t i)
{
    return ((const ls_encoding *)context)->column[i].name;
}

/* What was meant: a column that looks the same, or nearly so. */
static void put_meant(const ls_encoding *e, const char *word, ls_text *text)
{
    for (int64_t i = 0; i < e->count; i++)
        if (ls_visible_explain(word, e->column[i].name, strlen(e->column[i].name), text))
            return;
    const char *near = ls_parse_nearest(word, (size_t)e->count, column_name_at, e);
    if (near == NULL)
        return;
    ls_text_append(text, "; did you mean '");
    ls_visible_put(near, strlen(near), text);
    ls_text_append(text, "'?");
}

static ls_status no_such_column(const char *path, const ls_encoding *e, const char *option, const char *word)
{
    ls_text text = {0};
    if (e->header)
        put_meant(e, word, &text);
    ls_text_append(&text, "; the columns are ");
    list_columns(e, &text);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "--%s: %s has no column '%s'%s", option, path, word, ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

/* A name goes before a number; numbers count from 1, and from the end when negative. */
ls_status ls_table_find_column(const char *path, const ls_encoding *encoding, const char *option, const char *word,
                               int64_t *column)
{
    const ls_encoding *e = encoding;
    for (*column = 0; *column < e->count; (*column)++)
        if (strcmp(e->column[*column].name, word) == 0)
            return LS_OK;
    int64_t number;
    if (!ls_parse_int64(word, &number) || number == 0 || number > e->count || number < -e->count)
        return no_such_column(path, e, option, word);
    *column = number > 0 ? number - 1 : e->count + number;
    return LS_OK;
}

/* The option that gives a role. */
static const char *option_of(ls_column_role role)
{
    static const char *const options[] = {NULL, "target", "ignore", "weights", "group", "id"};
    return options[role];
}

static ls_status give(const roles *s, int64_t column, ls_column_role role, int64_t place)
{
    ls_column *c = &s->encoding->column[column];
    if (c->role != LS_ROLE_FEATURE && c->role != role)
        return ls_fail(LS_ERR_USAGE, "column '%s' is in --%s and in --%s; it can be one of them", c->name,
                       option_of(role), option_of(c->role));
    if (c->role == LS_ROLE_TARGET)
        return ls_fail(LS_ERR_USAGE, "--target names the column '%s' twice", c->name);
    c->role = role;
    c->place = role == LS_ROLE_TARGET ? place : 0;
    return LS_OK;
}

/* Gives all columns of a list a role. A name with a comma in it is written in the list with quotes around it. */
static ls_status assign(const roles *s, const char *list, ls_column_role role, int64_t most)
{
    char word[LS_TEXT_MAX];
    int64_t count = 0, column;
    while (list != NULL && ls_parse_listed(&list, word, sizeof word)) {
        LS_TRY(ls_table_find_column(s->path, s->encoding, option_of(role), word, &column));
        if (++count > most)
            return ls_fail(LS_ERR_USAGE, "--%s names more than %lld column%s", option_of(role), (long long)most,
                           most == 1 ? "" : "s");
        LS_TRY(give(s, column, role, count));
    }
    return LS_OK;
}

static ls_status default_target(const roles *s)
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
                s->path, ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

ls_status ls_table_name_categories(const char *path, const char *list, const ls_encoding *encoding,
                                   ls_gathered *gathered)
{
    char word[LS_TEXT_MAX];
    int64_t column;
    while (list != NULL && ls_parse_listed(&list, word, sizeof word)) {
        LS_TRY(ls_table_find_column(path, encoding, "categories", word, &column));
        const ls_column *c = &encoding->column[column];
        ls_gathered *g = &gathered[column];
        if (c->role > LS_ROLE_TARGET || g->told)
            return ls_fail(LS_ERR_USAGE, "column '%s' is in --categories and in --%s; it can be one of them", c->name,
                           g->told ? "date-format" : option_of(c->role));
        g->named = true;
        g->state = LS_GATHERED_TEXTS;
    }
    return LS_OK;
}

ls_status ls_table_assign_roles(const char *path, const ls_table_wishes *wishes, ls_encoding *encoding)
{
    const roles s = {.path = path, .wishes = wishes, .encoding = encoding};
    LS_TRY(assign(&s, wishes->ignore, LS_ROLE_IGNORED, INT64_MAX));
    LS_TRY(assign(&s, wishes->weight, LS_ROLE_WEIGHT, 1));
    LS_TRY(assign(&s, wishes->group, LS_ROLE_GROUP, 1));
    LS_TRY(assign(&s, wishes->id, LS_ROLE_ID, LS_TABLE_IDS));
    if (wishes->target[0] == '\0')
        LS_TRY(default_target(&s));
    else if (strcmp(wishes->target, "none") != 0)
        LS_TRY(assign(&s, wishes->target, LS_ROLE_TARGET, INT64_MAX));
    for (int64_t i = 0; i < encoding->count; i++)
        if (encoding->column[i].role == LS_ROLE_FEATURE)
            return LS_OK;
    return ls_fail(LS_ERR_USAGE, "%s: no column is left for the features", path);
}
