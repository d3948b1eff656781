/* Columns as they were in another table. */
#include "formats/table_like.h"

#include "base/memory.h"
#include "base/visible.h"

#include <string.h>

#define LISTED 8

void ls_table_like_free(ls_table_like *like)
{
    ls_memory_free(like->column);
    ls_unknown_free(&like->unknown);
    memset(like, 0, sizeof *like);
}

/* The names of a table, for looking them up. */
static ls_status list_names(const ls_encoding *e, ls_dictionary *names)
{
    int64_t number;
    for (int64_t i = 0; i < e->count; i++)
        LS_TRY(ls_dictionary_add(names, ls_column_called(&e->column[i]),
                                 (int64_t)strlen(ls_column_called(&e->column[i])), &number));
    return LS_OK;
}

static bool is_needed(const ls_column *c, bool targets)
{
    return c->role == LS_ROLE_FEATURE || (c->role == LS_ROLE_TARGET && targets);
}

/* Appends a column of the table that seems to be the one called `name`. */
static void put_alike(const ls_table_like *like, const ls_encoding *e, const char *name, ls_text *text)
{
    for (int64_t i = 0; i < e->count; i++)
        if (like->column[i] == NULL && ls_visible_explain(name, e->column[i].name, strlen(e->column[i].name), text))
            return;
}

static ls_status fail_missing(const ls_table_like *like, const char *path, const ls_encoding *e, const bool *found,
                              bool targets)
{
    const ls_encoding *of = like->of;
    ls_text text = {0};
    int64_t count = 0;
    for (int64_t i = 0; i < of->count; i++)
        if (is_needed(&of->column[i], targets) && !found[i] && count++ < LISTED) {
            ls_text_printf(&text, "%s'%s'%s", count > 1 ? ", " : "", of->column[i].name,
                           of->column[i].role == LS_ROLE_TARGET ? " (the target; --target none does without)" : "");
            put_alike(like, e, of->column[i].name, &text);
        }
    if (count > LISTED)
        ls_text_printf(&text, " and %lld more", (long long)(count - LISTED));
    const ls_status status = count == 0 ? LS_OK
                                        : ls_fail(LS_ERR_DATA, "%s: lacks the column%s %s of the table of --like", path,
                                                  count == 1 ? "" : "s", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

/* Without names: all columns, or all but the targets. */
static ls_status match_places(ls_table_like *like, const char *path, bool *found, bool targets, const ls_encoding *e)
{
    const ls_encoding *of = like->of;
    const bool whole = e->count == of->count;
    if (!whole && (targets || e->count != of->count - of->targets))
        return ls_fail(LS_ERR_DATA, "%s: has %lld columns, the table of --like has %lld, and neither names them%s",
                       path, (long long)e->count, (long long)of->count,
                       e->count == of->count - of->targets ? "; --target none does without the target" : "");
    for (int64_t k = 0, i = 0; k < of->count; k++) {
        if (!whole && of->column[k].role == LS_ROLE_TARGET)
            continue;
        like->column[i++] = &of->column[k];
        found[k] = true;
    }
    return LS_OK;
}

/* By names where both have them, else by place. */
static ls_status match(ls_table_like *like, const char *path, bool *found, bool targets, const ls_encoding *e)
{
    const ls_encoding *of = like->of;
    ls_dictionary names = {0};
    if (of->header != e->header)
        return ls_fail(LS_ERR_DATA, "%s: has %s header, but the table of --like has %s", path, e->header ? "a" : "no",
                       of->header ? "one" : "none");
    if (!of->header)
        return match_places(like, path, found, targets, e);
    ls_status status = list_names(of, &names);
    for (int64_t i = 0; status == LS_OK && i < e->count; i++) {
        const char *name = e->column[i].name;
        const int64_t k = ls_dictionary_find(&names, name, (int64_t)strlen(name));
        if (k < 0)
            continue;
        like->column[i] = &of->column[k];
        found[k] = true;
    }
    ls_dictionary_free(&names);
    return status;
}

ls_status ls_table_like_assign(ls_table_like *like, const char *path, bool targets, ls_encoding *encoding)
{
    bool *found = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&found, like->of->count, sizeof *found, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&like->column, encoding->count, sizeof(ls_column *), "columns"));
    LS_TRY_CLEANUP(match(like, path, found, targets, encoding));
    for (int64_t i = 0; i < encoding->count; i++) {
        ls_column *c = &encoding->column[i];
        const ls_column *there = like->column[i];
        c->role = there == NULL || (there->role == LS_ROLE_TARGET && !targets) ? LS_ROLE_IGNORED : there->role;
        c->place = c->role == LS_ROLE_TARGET ? there->first + 1 : 0;
    }
    status = fail_missing(like, path, encoding, found, targets);
cleanup:
    ls_memory_free(found);
    return status;
}

ls_status ls_table_like_see(ls_table_like *like, int64_t i, const ls_csv_field *field, bool *first)
{
    const ls_column *there = like->column[i];
    if (!like->unknown.ignored || there->role != LS_ROLE_FEATURE || there->categories.count == 0 ||
        ls_dictionary_find(&there->categories, field->text, field->length) >= 0)
        return LS_OK;
    return ls_unknown_note(&like->unknown, there->name, field->text, field->length, first);
}

static ls_status take_column(const ls_column *there, ls_column *c)
{
    int64_t number;
    c->kind = there->kind;
    c->offset = there->offset;
    c->date_parts = there->date_parts;
    ls_dictionary_free(&c->categories);
    for (int64_t k = 0; k < there->categories.count; k++) {
        const char *text = there->categories.text[k];
        LS_TRY(ls_dictionary_add(&c->categories, text, (int64_t)strlen(text), &number));
    }
    if (there->date_format == NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&c->date_format, (int64_t)strlen(there->date_format) + 1, 1, "format of a date"));
    strcpy(c->date_format, there->date_format);
    return LS_OK;
}

ls_status ls_table_like_settle(const ls_table_like *like, ls_encoding *encoding)
{
    for (int64_t i = 0; i < encoding->count; i++)
        if (encoding->column[i].role <= LS_ROLE_TARGET)
            LS_TRY(take_column(like->column[i], &encoding->column[i]));
    ls_encoding_number(encoding);
    return LS_OK;
}
